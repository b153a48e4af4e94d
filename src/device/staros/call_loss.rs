//! `show srp call-loss statistics`: what switchovers have cost (`staros-cli.md` 4.5).

use indexmap::IndexMap;
use jiff::civil::DateTime;
use serde::Serialize;

use super::text::{Text, Unparsed, date};

/// The history, in the order of the chassis; empty before the first switchover.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CallLoss {
    pub switchovers: Vec<Switchover>,
}

/// One switchover. The layout was never confirmed: whatever is labelled is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Switchover {
    /// Local time of the chassis.
    pub when: DateTime,
    /// Calls lost in total.
    pub lost: Option<u64>,
    /// Labelled numbers of the block.
    pub counters: IndexMap<String, u64>,
}

/// Reads `show srp call-loss statistics`: a block begins at a line with a date.
pub fn parse(text: &str) -> Result<CallLoss, Unparsed> {
    let text = Text::accepted("show srp call-loss statistics", text)?;
    if text.is_blank() {
        return Err(text.missing("at least a header"));
    }
    let mut switchovers: Vec<Switchover> = Vec::new();
    for (_, line) in text.lines() {
        if let Some((when, _)) = date(line) {
            // In a table row the number of lost calls follows the year.
            let year = when.year().to_string();
            let behind = line.split_once(&year).map_or("", |(_, behind)| behind);
            let lost = behind.split_whitespace().find_map(|word| word.parse().ok());
            switchovers.push(Switchover {
                when,
                lost,
                counters: IndexMap::new(),
            });
        } else if let (Some(last), Some((label, value))) =
            (switchovers.last_mut(), line.rsplit_once(':'))
            && let Ok(count) = value.trim().parse::<u64>()
        {
            let label = label.trim();
            if label.to_ascii_lowercase().contains("total") {
                last.lost.get_or_insert(count);
            }
            last.counters.insert(label.to_owned(), count);
        }
    }
    Ok(CallLoss { switchovers })
}
