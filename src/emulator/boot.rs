//! boot.sys: the boot stack of one management card, and what booting makes of it
//! (`staros-cli.md` 3.4 to 3.6).

use super::flash::{Content, Defect, Flash, Image};

/// Lowest and highest legal priority; 1 is tried first (3.4).
pub const PRIORITIES: std::ops::RangeInclusive<u8> = 1..=100;

/// A stack never holds more entries (3.4).
pub const MOST_ENTRIES: usize = 10;

/// One `boot system priority` entry.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// 1 to 100; 1 is tried first.
    pub priority: u8,
    /// Such as `/flash/asr5500-21.28.3.bin.SPA`.
    pub image: String,
    pub config: String,
}

/// A boot stack, sorted by priority.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stack {
    pub entries: Vec<Entry>,
}

/// What a management card does when it is told to boot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    Boots {
        image: Image,
        /// As the boot stack has it, such as `/flash/X.bin.SPA`.
        image_path: String,
        /// `None`: the configuration could not be loaded, the card waits in the Quick Setup wizard
        /// and nobody reaches it over the network.
        config: Option<Loaded>,
    },
    /// No entry can be booted: the card tries for ever.
    Loops,
}

/// A configuration file that was read at boot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    pub path: String,
    pub text: String,
}

/// What a missing configuration does; the sources disagree (3.6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MissingConfig {
    /// The image stays and the Quick Setup wizard comes up (TAC note; the worse one).
    #[default]
    Wizard,
    /// The next entry is tried (administration guide).
    NextEntry,
}

/// The names a card tries when boot.sys is missing, empty or damaged (3.6).
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BuiltIn {
    pub image: String,
    pub config: String,
}

/// What a card boots. Pure: every row of `staros-cli.md` 3.6.
pub fn decide(
    stack: &Stack,
    flash: &Flash,
    built_in: &BuiltIn,
    missing: MissingConfig,
) -> Decision {
    let default = Entry {
        priority: *PRIORITIES.start(),
        image: built_in.image.clone(),
        config: built_in.config.clone(),
    };
    let entries = match stack.entries.as_slice() {
        [] => std::slice::from_ref(&default),
        entries => entries,
    };
    for entry in entries {
        let Some(image) = bootable(flash, &entry.image) else {
            continue;
        };
        let config = flash.text(&entry.config).map(|text| Loaded {
            path: entry.config.clone(),
            text: text.to_owned(),
        });
        if config.is_none() && missing == MissingConfig::NextEntry {
            continue;
        }
        return Decision::Boots {
            image: image.clone(),
            image_path: entry.image.clone(),
            config,
        };
    }
    Decision::Loops
}

fn bootable<'a>(flash: &'a Flash, path: &str) -> Option<&'a Image> {
    match &flash.get(path)?.content {
        Content::Image(image) if image.defect.is_none() => Some(image),
        Content::Image(Image {
            defect: Some(Defect::Crc | Defect::Magic | Defect::DoesNotBoot),
            ..
        })
        | Content::Image(_)
        | Content::Text(_)
        | Content::Opaque => None,
    }
}

impl Stack {
    /// Adds an entry; an entry of the same priority is replaced (3.4). The error is the text
    /// after `Failure: `.
    pub fn set(&mut self, entry: Entry) -> Result<(), String> {
        check_priority(entry.priority)?;
        match self
            .entries
            .binary_search_by_key(&entry.priority, |entry| entry.priority)
        {
            Ok(at) => self.entries[at] = entry,
            Err(_) if self.entries.len() >= MOST_ENTRIES => {
                return Err(format!(
                    "the boot stack already has {MOST_ENTRIES} entries, remove one first"
                ));
            }
            Err(at) => self.entries.insert(at, entry),
        }
        Ok(())
    }

    /// Removes an entry. The error is the text after `Failure: `.
    pub fn delete(&mut self, priority: u8) -> Result<(), String> {
        check_priority(priority)?;
        match self
            .entries
            .binary_search_by_key(&priority, |entry| entry.priority)
        {
            Ok(at) => {
                self.entries.remove(at);
                Ok(())
            }
            Err(_) => Err(format!("no boot system entry has priority {priority}")),
        }
    }

    /// The text of boot.sys.
    pub fn render(&self) -> String {
        let mut text = String::new();
        for Entry {
            priority,
            image,
            config,
        } in &self.entries
        {
            text.push_str(&format!(
                "boot system priority {priority} \\\n    image {image} \\\n    config {config}\n\n"
            ));
        }
        text
    }

    /// Reads a boot.sys; what is damaged counts as empty, as a card sees it.
    pub fn parse(text: &str) -> Self {
        let mut stack = Self::default();
        let joined = text.replace("\\\n", " ");
        for line in joined
            .lines()
            .filter(|line| line.trim_start().starts_with("boot system"))
        {
            let words: Vec<&str> = line.split_whitespace().collect();
            let [
                "boot",
                "system",
                "priority",
                number,
                "image",
                image,
                "config",
                config,
            ] = words[..]
            else {
                return Self::default();
            };
            let Ok(priority) = number.parse() else {
                return Self::default();
            };
            let entry = Entry {
                priority,
                image: image.into(),
                config: config.into(),
            };
            if stack.set(entry).is_err() {
                return Self::default();
            }
        }
        stack
    }
}

fn check_priority(priority: u8) -> Result<(), String> {
    if PRIORITIES.contains(&priority) {
        return Ok(());
    }
    let (low, high) = (PRIORITIES.start(), PRIORITIES.end());
    Err(format!(
        "boot priority {priority} is out of range, expected {low} to {high}"
    ))
}

#[cfg(test)]
mod tests;
