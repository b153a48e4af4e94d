//! `show clock`: the chassis's own time, for comparing with other times of the same chassis only.

use jiff::civil::DateTime;
use serde::Serialize;

use super::text::{Text, Unparsed, date};

/// Local time of a chassis.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Clock {
    pub local: DateTime,
    /// What the chassis calls its zone; such names are not unique (trap 19).
    pub zone: Option<String>,
}

/// Reads `show clock`: `Monday May 05 22:31:07 UTC 2025`.
pub fn parse(text: &str) -> Result<Clock, Unparsed> {
    let text = Text::accepted("show clock", text)?;
    let read = text.lines().find_map(|(_, line)| date(line));
    let (local, zone) = read.ok_or_else(|| text.missing("a date and time"))?;
    Ok(Clock { local, zone })
}
