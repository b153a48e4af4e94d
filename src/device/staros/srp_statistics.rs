//! `show srp statistics`: counters, for the difference between before and after (`staros-cli.md` 4.4).

use indexmap::IndexMap;
use serde::Serialize;

use super::text::{Text, Unparsed};

/// Every counter, named `group / label`, in the order of the chassis.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SrpStatistics {
    pub counters: IndexMap<String, u64>,
}

/// Reads `show srp statistics`.
pub fn parse(text: &str) -> Result<SrpStatistics, Unparsed> {
    let text = Text::accepted("show srp statistics", text)?;
    let mut counters = IndexMap::new();
    let mut group = "";
    for (_, line) in text.lines() {
        let Some((label, value)) = line.rsplit_once(':') else {
            continue;
        };
        let (label, value) = (label.trim(), value.trim());
        if value.is_empty() {
            group = label;
        } else if let Ok(count) = value.parse() {
            let name = if group.is_empty() {
                label.to_owned()
            } else {
                format!("{group} / {label}")
            };
            counters.entry(name).or_insert(count);
        }
    }
    if counters.is_empty() {
        return Err(text.missing("at least one counter"));
    }
    Ok(SrpStatistics { counters })
}
