//! `show license information`: may the chassis do tomorrow what it does today? (`staros-cli.md` 2.10)

use jiff::civil::{Date, DateTime};
use serde::Serialize;

use super::text::{Text, Unparsed, date};

/// The installed key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct License {
    pub status: String,
    /// `None` when the key never expires.
    pub expires: Option<DateTime>,
    pub key_number: Option<String>,
    /// Inter-Chassis Session Recovery is part of the key.
    pub icsr: bool,
}

/// Reads `show license information`.
pub fn parse(text: &str) -> Result<License, Unparsed> {
    let text = Text::accepted("show license information", text)?;
    let status = value(&text, "License Status")
        .ok_or_else(|| text.missing("`License Status` and a word"))?;
    let expires = match value(&text, "Expires") {
        None => None,
        Some((_, words)) if words.eq_ignore_ascii_case("never") => None,
        Some((at, words)) => {
            let (when, _) = date(words).ok_or_else(|| text.wrong("a date", words, at))?;
            Some(when)
        }
    };
    let icsr = text.lines().any(|(_, line)| {
        line.to_ascii_lowercase()
            .contains("inter-chassis session recovery")
    });
    Ok(License {
        status: status.1.to_owned(),
        expires,
        key_number: value(&text, "Key Number").map(|(_, number)| number.to_owned()),
        icsr,
    })
}

/// What stands behind a label, with or without a colon between them.
fn value<'a>(text: &Text<'a>, label: &str) -> Option<(usize, &'a str)> {
    text.lines().find_map(|(at, line)| {
        let line = line.trim_start();
        let (start, rest) = line.split_at_checked(label.len())?;
        let apart = rest.starts_with([' ', '\t', ':']);
        let value = rest.trim_start_matches([' ', '\t', ':']).trim_end();
        (start.eq_ignore_ascii_case(label) && apart && !value.is_empty()).then_some((at, value))
    })
}

impl License {
    /// A key that is not plainly good, or expires within `margin_days` of `today`, the chassis's own
    /// date.
    pub fn problems(&self, today: Date, margin_days: i32) -> Vec<String> {
        let mut problems = Vec::new();
        let status = self.status.to_ascii_lowercase();
        if status != "good" && status != "good (any hardware)" {
            problems.push(format!("the license is `{}`", self.status));
        }
        if let Some(expires) = self.expires {
            let left = today
                .until(expires.date())
                .map_or(i32::MIN, |span| span.get_days());
            if left < margin_days {
                problems.push(format!("the license expires on {}", expires.date()));
            }
        }
        problems
    }
}
