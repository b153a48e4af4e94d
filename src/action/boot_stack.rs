//! `boot_stack`: a new top entry by the N-1 rule, or the new entry taken away again (INV-22,
//! INV-23, INV-27).

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::context::Context;
use super::fields::FlashPath;
use super::outcome::{Facts, Failure, Success};
use super::reading::unspoken;
use crate::device::staros::boot::{self, Entry};
use crate::device::staros::{directory, version};

/// Either `image` and `config` (add on top) or `remove` (take the top entry away).
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    pub image: Option<FlashPath>,
    pub config: Option<FlashPath>,
    pub remove: Option<Remove>,
    /// What to do when the top priority is already 1.
    #[serde(default)]
    pub when_top_is_1: Crowded,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Remove {
    /// The entry that this run added; refused when the top entry is another one.
    Top,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Crowded {
    /// Show the renumbering that would be needed and stop.
    #[default]
    Stop,
    /// Move the existing entries ten numbers down, lowest-ranked first, then add.
    Renumber,
}

/// Entries a boot stack can hold (`staros-cli.md` 3.4).
const CAPACITY: usize = 10;
/// The lowest rank an entry can have.
const LOWEST: u32 = 100;
/// How far renumbering moves entries down.
const SHIFT: u32 = 10;

impl Spec {
    pub async fn perform(&self, cx: &Context) -> Result<Success, Failure> {
        let chassis = cx.chassis();
        let stack = cx.read(chassis, "show boot", boot::parse).await?.entries;
        match (&self.image, &self.config, &self.remove) {
            (Some(image), Some(config), None) => self.add(cx, chassis, &stack, image, config).await,
            (None, None, Some(Remove::Top)) => remove_top(cx, chassis, &stack).await,
            _ => unreachable!("loading a playbook asks for image and config, or for remove"),
        }
    }

    async fn add(
        &self,
        cx: &Context,
        chassis: &str,
        stack: &[Entry],
        image: &FlashPath,
        config: &FlashPath,
    ) -> Result<Success, Failure> {
        let Some(top) = stack.first() else {
            return Err(Failure::refused(format!(
                "{chassis} has an empty boot stack: nothing proven would be left"
            ))
            .hint("add the running image and configuration by hand first (INV-23)"));
        };
        if top.image == image.as_str() && top.config == config.as_str() {
            let own = cx.unfinished.is_some();
            let detail = format!("priority {} boots {image} with {config}", top.priority);
            let end = if own {
                Success::done(detail)
            } else {
                Success::already(detail)
            };
            return Ok(with_entry(end, chassis, top, own));
        }
        check_files(cx, chassis, image, config).await?;
        if stack.len() >= CAPACITY {
            let last = stack.last().expect("a full stack has a last entry");
            return Err(Failure::refused(format!(
                "{chassis} has {} boot entries, no more fit",
                stack.len()
            ))
            .hint(format!(
                "delete one that nobody needs, such as priority {} ({}), by hand (INV-22)",
                last.priority, last.image
            )));
        }
        let mut lines = Vec::new();
        let mut expected: Vec<Entry> = stack.to_vec();
        if top.priority <= 1 {
            lines = self.renumbering(chassis, stack)?;
            expected
                .iter_mut()
                .for_each(|entry| entry.priority += SHIFT);
        }
        let new = Entry {
            priority: expected[0].priority - 1,
            image: image.to_string(),
            config: config.to_string(),
        };
        lines.push(line(&new));
        expected.insert(0, new.clone());
        change(cx, chassis, stack, &lines, &expected).await?;
        let detail = format!(
            "priority {} boots {image} with {config}; the old entries stay below",
            new.priority
        );
        Ok(with_entry(Success::done(detail), chassis, &new, true))
    }

    /// Lines that move every entry down, lowest-ranked first, so that at every moment each old
    /// entry exists at least once.
    fn renumbering(&self, chassis: &str, stack: &[Entry]) -> Result<Vec<String>, Failure> {
        let moves = stack.iter().rev().map(|entry| Entry {
            priority: entry.priority + SHIFT,
            ..entry.clone()
        });
        let shown: Vec<_> = stack
            .iter()
            .map(|e| format!("{} becomes {}", e.priority, e.priority + SHIFT))
            .collect();
        if self.when_top_is_1 == Crowded::Stop {
            return Err(Failure::refused(format!(
                "{chassis}: priority 1 is taken, N-1 gives nothing valid"
            ))
            .hint(format!(
                "renumber ({}), or allow it with `when_top_is_1: renumber`",
                shown.join(", ")
            )));
        }
        if stack.iter().any(|entry| entry.priority + SHIFT > LOWEST) {
            return Err(Failure::refused(format!(
                "{chassis}: entries cannot move down by {SHIFT}, the last would leave 1 to {LOWEST}"
            )));
        }
        let mut lines = Vec::new();
        for (moved, old) in moves.zip(stack.iter().rev()) {
            lines.push(line(&moved));
            lines.push(format!("no boot system priority {}", old.priority));
        }
        Ok(lines)
    }
}

/// Takes away the entry that this run added on this chassis, and only that one (INV-23, INV-27).
async fn remove_top(cx: &Context, chassis: &str, stack: &[Entry]) -> Result<Success, Failure> {
    let mut added = cx
        .facts
        .values()
        .filter_map(|facts| facts.get("boot_entry"));
    let added = added.rfind(|entry| entry["chassis"] == chassis && entry["own"] == true);
    let Some(added) = added else {
        return Ok(Success::already(format!(
            "this run added no boot entry on {chassis}"
        )));
    };
    let is_ours = |entry: &Entry| added["image"] == entry.image && added["config"] == entry.config;
    let Some(position) = stack.iter().position(is_ours) else {
        return Ok(Success::already(format!(
            "the entry this run added on {chassis} is gone"
        )));
    };
    if position != 0 {
        return Err(Failure::refused(format!(
            "{chassis}: the top boot entry is {} ({}), not the one this run added",
            stack[0].priority, stack[0].image
        ))
        .hint("somebody changed the boot stack; read `show boot` and decide by hand"));
    }
    let Some(next) = stack.get(1) else {
        return Err(Failure::refused(format!(
            "{chassis}: the only boot entry is never deleted (INV-23)"
        )));
    };
    check_bootable(cx, chassis, &next.image, &next.config).await?;
    let lines = [format!("no boot system priority {}", stack[0].priority)];
    change(cx, chassis, stack, &lines, &stack[1..]).await?;
    Ok(Success::done(format!(
        "priority {} is on top again and boots {}",
        next.priority, next.image
    )))
}

/// Types the lines and reads the stack back; nothing but what was meant may have changed.
async fn change(
    cx: &Context,
    chassis: &str,
    before: &[Entry],
    lines: &[String],
    expected: &[Entry],
) -> Result<(), Failure> {
    let mut facts = Facts::new();
    facts.insert(
        "boot_stack".into(),
        before.iter().map(line).collect::<Vec<_>>().into(),
    );
    cx.intent(chassis, &lines.join(" ; "), facts).await?;
    let typed = cx.device(chassis).await.configure(lines).await;
    let after = cx
        .read(chassis, "show boot", boot::parse)
        .await
        .map_err(|failure| {
            Failure::in_doubt(format!(
                "the boot stack was changed, but cannot be read back: {}",
                failure.message
            ))
        })?;
    if after.entries == expected {
        return Ok(());
    }
    if let Err(error) = typed
        && after.entries == before
    {
        return Err(unspoken(chassis, &error));
    }
    let shown: Vec<_> = after.entries.iter().map(line).collect();
    Err(Failure::failed(format!(
        "{chassis}: the boot stack is not as it should be: {}",
        shown.join("; ")
    ))
    .hint("correct it by hand before anybody reloads this chassis"))
}

/// The image must pass the chassis's own check; the configuration must be there and not empty.
async fn check_files(
    cx: &Context,
    chassis: &str,
    image: &FlashPath,
    config: &FlashPath,
) -> Result<(), Failure> {
    check_bootable(cx, chassis, image.as_str(), config.as_str()).await
}

async fn check_bootable(
    cx: &Context,
    chassis: &str,
    image: &str,
    config: &str,
) -> Result<(), Failure> {
    let listing = cx
        .read(chassis, "directory /flash", directory::parse)
        .await?;
    for path in [image, config] {
        let name = path.strip_prefix("/flash/").unwrap_or(path);
        if !listing
            .files
            .iter()
            .any(|file| file.name == name && file.size > 0)
        {
            return Err(
                Failure::refused(format!("{chassis}: {path} is missing or empty")).hint(
                    "a boot entry without its files ends in a boot loop or an empty configuration",
                ),
            );
        }
    }
    cx.read(
        chassis,
        &format!("show version {image}"),
        version::parse_image,
    )
    .await
    .map(|_| ())
}

fn line(entry: &Entry) -> String {
    format!(
        "boot system priority {} image {} config {}",
        entry.priority, entry.image, entry.config
    )
}

fn with_entry(success: Success, chassis: &str, entry: &Entry, own: bool) -> Success {
    success.with("boot_entry", json!({
        "chassis": chassis, "own": own, "priority": entry.priority, "image": entry.image, "config": entry.config,
    }))
}
