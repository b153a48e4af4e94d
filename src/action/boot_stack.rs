//! `boot_stack`: a new top entry by the N-1 rule, or the new entry taken away again (INV-22,
//! INV-23, INV-27).

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

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
        // An interrupted renumbering goes on from where it was, never from the beginning.
        let base = begun_from(cx).unwrap_or_else(|| stack.to_vec());
        let mut edits = Vec::new();
        let mut expected = base.clone();
        if base[0].priority <= 1 {
            edits = self.renumbering(chassis, &base)?;
            expected
                .iter_mut()
                .for_each(|entry| entry.priority += SHIFT);
        }
        let new = Entry {
            priority: expected[0].priority - 1,
            image: image.to_string(),
            config: config.to_string(),
        };
        edits.push(Edit::Set(new.clone()));
        expected.insert(0, new.clone());
        let edits = remaining(chassis, &base, stack, &edits)?;
        let mut before = Facts::new();
        before.insert("boot_stack".into(), json!(base));
        before.insert(
            "boot_entry".into(),
            json!({
                "chassis": chassis, "image": new.image, "config": new.config, "previous": base[0],
            }),
        );
        change(cx, chassis, stack, edits, &expected, before).await?;
        let detail = format!(
            "priority {} boots {image} with {config}; the old entries stay below",
            new.priority
        );
        Ok(with_entry(Success::done(detail), chassis, &new, true))
    }

    /// Edits that move every entry down, lowest-ranked first, so that at every moment each old
    /// entry exists at least once.
    fn renumbering(&self, chassis: &str, stack: &[Entry]) -> Result<Vec<Edit>, Failure> {
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
        let mut edits = Vec::new();
        for (moved, old) in moves.zip(stack.iter().rev()) {
            edits.push(Edit::Set(moved));
            edits.push(Edit::Delete(old.priority));
        }
        Ok(edits)
    }
}

/// One line of configuration.
#[derive(Clone, Debug)]
enum Edit {
    Set(Entry),
    Delete(u32),
}

impl Edit {
    fn line(&self) -> String {
        match self {
            Self::Set(entry) => line(entry),
            Self::Delete(priority) => format!("no boot system priority {priority}"),
        }
    }

    /// What the stack is afterwards; best entry first.
    fn apply(&self, stack: &mut Vec<Entry>) {
        let (Self::Set(Entry { priority, .. }) | Self::Delete(priority)) = self;
        stack.retain(|entry| entry.priority != *priority);
        if let Self::Set(entry) = self {
            stack.push(entry.clone());
        }
        stack.sort_by_key(|entry| entry.priority);
    }
}

/// The stack from which the interrupted attempt of this step began.
fn begun_from(cx: &Context) -> Option<Vec<Entry>> {
    let stack = cx.unfinished.as_ref()?.before.get("boot_stack")?;
    let stack: Vec<Entry> = serde_json::from_value(stack.clone()).ok()?;
    (!stack.is_empty()).then_some(stack)
}

/// The edits that are still to be made on `stack` when `edits` were begun from `base`.
fn remaining<'e>(
    chassis: &str,
    base: &[Entry],
    stack: &[Entry],
    edits: &'e [Edit],
) -> Result<&'e [Edit], Failure> {
    let mut reached = base.to_vec();
    for (done, edit) in edits.iter().enumerate() {
        if reached == stack {
            return Ok(&edits[done..]);
        }
        edit.apply(&mut reached);
    }
    let shown: Vec<_> = stack.iter().map(line).collect();
    Err(Failure::failed(format!(
        "{chassis}: the boot stack is neither as this step found it nor as it was changing it: {}",
        shown.join("; ")
    ))
    .hint("somebody else changed it; correct it by hand before anybody reloads this chassis"))
}

/// Takes away the entry that this run added on this chassis, and only that one (INV-23, INV-27).
async fn remove_top(cx: &Context, chassis: &str, stack: &[Entry]) -> Result<Success, Failure> {
    // What was announced counts, not what was reported as done: a step that was interrupted, or
    // whose end is in doubt, may have added its entry all the same.
    let added: Vec<&Value> = cx
        .announced
        .values()
        .filter_map(|before| before.get("boot_entry"))
        .filter(|entry| entry["chassis"] == chassis)
        .collect();
    if added.is_empty() {
        return Ok(Success::already(format!(
            "this run added no boot entry on {chassis}"
        )));
    }
    let ours = |entry: &Entry| {
        let same =
            |added: &&&Value| added["image"] == entry.image && added["config"] == entry.config;
        added.iter().find(same).copied()
    };
    let Some(added) = stack.first().and_then(ours) else {
        if !stack.iter().any(|entry| ours(entry).is_some()) {
            return Ok(Success::already(format!(
                "the entry this run added on {chassis} is not there"
            )));
        }
        return Err(Failure::refused(format!(
            "{chassis}: the top boot entry is {} ({}), not the one this run added",
            stack[0].priority, stack[0].image
        ))
        .hint("somebody changed the boot stack; read `show boot` and decide by hand"));
    };
    let Some(next) = stack.get(1) else {
        return Err(Failure::refused(format!(
            "{chassis}: the only boot entry is never deleted (INV-23)"
        )));
    };
    let previous = &added["previous"];
    if previous["image"] != next.image || previous["config"] != next.config {
        return Err(Failure::refused(format!(
            "{chassis}: below the entry of this run is {}, not the one that was on top before it: {} with {}",
            line(next), previous["image"], previous["config"]
        ))
        .hint("the way back must lead to what ran before (INV-27); read `show boot` and decide by hand"));
    }
    check_bootable(cx, chassis, &next.image, &next.config).await?;
    let edits = [Edit::Delete(stack[0].priority)];
    let mut before = Facts::new();
    before.insert("boot_stack".into(), json!(stack));
    change(cx, chassis, stack, &edits, &stack[1..], before).await?;
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
    edits: &[Edit],
    expected: &[Entry],
    facts: Facts,
) -> Result<(), Failure> {
    let lines: Vec<_> = edits.iter().map(Edit::line).collect();
    drop(cx.connected(chassis).await?);
    cx.intent(chassis, &lines.join(" ; "), facts).await?;
    let typed = cx.device(chassis).await.configure(&lines).await;
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
    if let Err(error) = typed {
        let failure = unspoken(chassis, &error);
        return Err(if after.entries == before {
            failure
        } else {
            failure.hint("the boot stack is changed in part; `cutover resume` goes on from there")
        });
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
    check_bootable(cx, chassis, image.as_str(), config.as_str())
        .await
        .map(|_| ())
}

pub(super) async fn check_bootable(
    cx: &Context,
    chassis: &str,
    image: &str,
    config: &str,
) -> Result<version::Version, Failure> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(priority: u32, image: &str) -> Entry {
        Entry {
            priority,
            image: format!("/flash/{image}"),
            config: "/flash/a.cfg".to_owned(),
        }
    }

    fn renumbering() -> (Vec<Entry>, Vec<Edit>) {
        let spec = Spec {
            image: None,
            config: None,
            remove: None,
            when_top_is_1: Crowded::Renumber,
        };
        let base = vec![entry(1, "a"), entry(2, "b"), entry(11, "c")];
        let mut edits = spec.renumbering("ha", &base).unwrap();
        edits.push(Edit::Set(entry(10, "new")));
        (base, edits)
    }

    #[test]
    fn trap_09_renumbering_never_loses_an_entry_on_its_way() {
        let (base, edits) = renumbering();
        let mut stack = base.clone();
        for edit in &edits {
            edit.apply(&mut stack);
            assert!(stack.len() <= CAPACITY);
            for old in &base {
                assert!(stack.iter().any(|e| e.image == old.image), "{stack:?}");
            }
            assert_eq!(
                stack
                    .iter()
                    .find(|e| e.image != "/flash/new")
                    .unwrap()
                    .image,
                "/flash/a"
            );
        }
        let images: Vec<_> = stack
            .iter()
            .map(|e| (e.priority, e.image.as_str()))
            .collect();
        let expected = [
            (10, "/flash/new"),
            (11, "/flash/a"),
            (12, "/flash/b"),
            (21, "/flash/c"),
        ];
        assert_eq!(images, expected);
    }

    #[test]
    fn inv_36_an_interrupted_renumbering_goes_on_where_it_was() {
        let (base, edits) = renumbering();
        let mut stack = base.clone();
        for done in 0..edits.len() {
            let left = remaining("ha", &base, &stack, &edits).unwrap();
            assert_eq!(left.len(), edits.len() - done);
            edits[done].apply(&mut stack);
        }
        let foreign = [entry(5, "x")];
        let refused = remaining("ha", &base, &foreign, &edits).unwrap_err();
        assert!(refused.message.contains("neither as this step found it"));
    }
}
