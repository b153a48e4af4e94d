//! `show system uptime`: the proof that a chassis has booted, and is not the half-open session of
//! one that has not yet (trap 13).

use std::time::Duration;

use serde::Serialize;

use super::text::{Text, Unparsed};

/// How long ago the chassis booted; the chassis tells whole minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Uptime(pub Duration);

/// Reads `show system uptime`: `System uptime: 12D 4H 7M`.
pub fn parse(text: &str) -> Result<Uptime, Unparsed> {
    let text = Text::accepted("show system uptime", text)?;
    let found = text.need("System uptime")?;
    let wrong = || text.wrong("an uptime such as `12D 4H 7M`", found.value, found.line);
    let mut seconds: u64 = 0;
    for word in found.value.split_whitespace() {
        let unit = match word.chars().next_back() {
            Some('D' | 'd') => 86_400,
            Some('H' | 'h') => 3600,
            Some('M' | 'm') => 60,
            Some('S' | 's') => 1,
            _ => return Err(wrong()),
        };
        let count: u64 = word[..word.len() - 1].parse().map_err(|_| wrong())?;
        let more = count
            .checked_mul(unit)
            .and_then(|more| seconds.checked_add(more));
        seconds = more.ok_or_else(wrong)?;
    }
    Ok(Uptime(Duration::from_secs(seconds)))
}
