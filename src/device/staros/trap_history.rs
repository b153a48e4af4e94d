//! `show snmp trap history`: what the chassis has reported, also when no trap reached us
//! (`staros-cli.md` 2.11).

use jiff::civil::DateTime;
use serde::Serialize;

use super::text::{Text, Unparsed, date};

/// The history, in the order of the chassis.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TrapHistory {
    pub entries: Vec<Entry>,
}

/// One notification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Local time of the chassis; compare with `show clock` of the same chassis only.
    pub when: DateTime,
    pub number: u32,
    /// Without the `star` the MIB puts in front.
    pub name: String,
    pub text: String,
}

const MARK: &str = "Internal trap notification ";

/// Reads `show snmp trap history [verbose]`.
pub fn parse(text: &str) -> Result<TrapHistory, Unparsed> {
    let text = Text::accepted("show snmp trap history", text)?;
    let mut entries = Vec::new();
    for (at, line) in text.lines() {
        if let Some((when, rest)) = line.split_once(MARK) {
            let entry = entry(when, rest);
            let expected = "`date Internal trap notification N (Name) …`";
            entries.push(entry.ok_or_else(|| text.wrong(expected, line, at))?);
        }
    }
    Ok(TrapHistory { entries })
}

fn entry(when: &str, rest: &str) -> Option<Entry> {
    let (number, rest) = rest.split_once(" (")?;
    let (name, text) = rest.split_once(')')?;
    let (when, _) = date(when)?;
    let name = bare(name);
    let number = number.trim().parse().ok()?;
    (!name.is_empty()).then(|| Entry {
        when,
        number,
        name: name.to_owned(),
        text: text.trim().to_owned(),
    })
}

impl TrapHistory {
    /// Notifications of this name, spelled with or without `star` (trap 2).
    pub fn named(&self, name: &str) -> impl Iterator<Item = &Entry> {
        let name = bare(name).to_owned();
        self.entries
            .iter()
            .filter(move |entry| entry.name.eq_ignore_ascii_case(&name))
    }
}

fn bare(name: &str) -> &str {
    let bare = name.strip_prefix("star").unwrap_or(name);
    // `star` is a prefix only before a capital letter.
    if bare.starts_with(|c: char| c.is_ascii_uppercase()) {
        bare
    } else {
        name
    }
}
