//! `show configuration checksum`: has somebody changed the configuration? (`staros-cli.md` 3.10)

use serde::Serialize;

use super::text::{Text, Unparsed};

/// The checksum of the running configuration; only good for comparing with another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Checksum {
    pub value: String,
}

/// Reads `show configuration checksum`: the last word of hexadecimal digits.
pub fn parse(text: &str) -> Result<Checksum, Unparsed> {
    let text = Text::accepted("show configuration checksum", text)?;
    let is_sum = |word: &&str| {
        let digits = word.strip_prefix("0x").unwrap_or(word);
        digits.len() >= 4 && digits.chars().all(|c| c.is_ascii_hexdigit())
    };
    let found = text
        .lines()
        .filter_map(|(_, line)| line.split_whitespace().rfind(is_sum))
        .last();
    let value = found.ok_or_else(|| text.missing("a checksum of hexadecimal digits"))?;
    Ok(Checksum {
        value: value.to_ascii_lowercase(),
    })
}
