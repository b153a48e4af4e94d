//! `show subscribers summary`: how many sessions the chassis carries (`staros-cli.md` 2.5).

use serde::Serialize;

use super::text::{Text, Unparsed};

/// The head count. On the Standby chassis it is 0 or near 0; see its pre-allocated calls instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Summary {
    pub total: u64,
}

/// Reads `show subscribers summary`.
pub fn parse(text: &str) -> Result<Summary, Unparsed> {
    let text = Text::accepted("show subscribers summary", text)?;
    Ok(Summary {
        total: text.number("Total Subscribers")?,
    })
}
