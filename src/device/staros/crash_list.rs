//! `show crash list`: did the new software crash? (`staros-cli.md` 2.9)

use serde::Serialize;

use super::text::{Text, Unparsed};

/// The recorded crashes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CrashList {
    pub total: u64,
    pub crashes: Vec<Crash>,
}

/// One crash.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Crash {
    pub number: u64,
    /// As the chassis writes it: `2025-May-05+22:31:07`.
    pub when: String,
    /// Process, processor, software and hardware, as written.
    pub rest: String,
}

/// Reads `show crash list`.
pub fn parse(text: &str) -> Result<CrashList, Unparsed> {
    let text = Text::accepted("show crash list", text)?;
    let mut crashes = Vec::new();
    for (_, line) in text.lines() {
        let mut words = line.split_whitespace();
        let (Some(Ok(number)), Some(when)) = (words.next().map(str::parse), words.next()) else {
            continue;
        };
        if when.contains('+') && when.contains(':') {
            let rest = words.collect::<Vec<_>>().join(" ");
            crashes.push(Crash {
                number,
                when: when.to_owned(),
                rest,
            });
        }
    }
    let none = text.lines().any(|(_, line)| {
        let line = line.trim().to_ascii_lowercase();
        line.starts_with("no ") && line.contains("crash")
    });
    let total = if none && crashes.is_empty() {
        0
    } else {
        text.number("Total Crashes")?
    };
    Ok(CrashList { total, crashes })
}
