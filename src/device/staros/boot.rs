//! `show boot`: what the chassis boots, and what it boots when that fails (`staros-cli.md` 3.4).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::text::{Text, Unparsed};

/// The boot stack, best entry first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BootStack {
    pub entries: Vec<Entry>,
    /// Lines that are no entries (`boot interface …`); kept, never judged.
    pub other: Vec<String>,
}

/// One image with one configuration. Priority 1 is tried first, 100 last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub priority: u32,
    pub image: String,
    pub config: String,
}

/// Reads `show boot`. An entry is three physical lines joined by a backslash (trap 8).
pub fn parse(text: &str) -> Result<BootStack, Unparsed> {
    let text = Text::accepted("show boot", text)?;
    let mut stack = BootStack {
        entries: Vec::new(),
        other: Vec::new(),
    };
    let mut open: Option<(usize, String)> = None;
    for (at, line) in text.lines() {
        let (piece, goes_on) = match line.strip_suffix('\\') {
            Some(piece) => (piece.trim(), true),
            None => (line.trim(), false),
        };
        let (start, mut whole) = open.take().unwrap_or((at, String::new()));
        if !whole.is_empty() {
            whole.push(' ');
        }
        whole.push_str(piece);
        if goes_on {
            open = Some((start, whole));
        } else {
            line_of_stack(&text, &mut stack, whole.trim(), start)?;
        }
    }
    if let Some((at, whole)) = open {
        return Err(text.wrong("the rest of an entry behind `\\`", &whole, at));
    }
    if stack.entries.is_empty() && stack.other.is_empty() {
        return Err(text.missing("a line beginning `boot`"));
    }
    let mut seen = BTreeSet::new();
    if let Some(twice) = stack
        .entries
        .iter()
        .find(|entry| !seen.insert(entry.priority))
    {
        return Err(text.missing(format!("priority {} only once", twice.priority)));
    }
    stack.entries.sort_by_key(|entry| entry.priority);
    Ok(stack)
}

impl BootStack {
    /// The entry that is tried first.
    pub fn top(&self) -> Option<&Entry> {
        self.entries.first()
    }

    /// The entry of this priority.
    pub fn entry(&self, priority: u32) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.priority == priority)
    }
}

fn line_of_stack(
    text: &Text<'_>,
    stack: &mut BootStack,
    line: &str,
    at: usize,
) -> Result<(), Unparsed> {
    let words: Vec<&str> = line.split_whitespace().collect();
    match words.as_slice() {
        ["boot", "system", rest @ ..] => {
            let value = |key: &str| {
                let place = rest.iter().position(|word| *word == key)?;
                rest.get(place + 1).copied()
            };
            let priority = value("priority").and_then(|word| word.parse().ok());
            match (
                priority.filter(|p| (1..=100).contains(p)),
                value("image"),
                value("config"),
            ) {
                (Some(priority), Some(image), Some(config)) => {
                    let (image, config) = (image.to_owned(), config.to_owned());
                    stack.entries.push(Entry {
                        priority,
                        image,
                        config,
                    });
                    Ok(())
                }
                _ => Err(text.wrong(
                    "`boot system priority 1..100 image FILE config FILE`",
                    line,
                    at,
                )),
            }
        }
        ["boot", ..] => {
            stack.other.push(line.to_owned());
            Ok(())
        }
        // A torn entry must not vanish.
        [first, ..] if ["image", "config", "priority", "system"].contains(first) => {
            Err(text.wrong("a line beginning `boot`", line, at))
        }
        _ => Ok(()),
    }
}
