//! `show configuration`: what to compare before and after, and between the two chassis of a pair
//! (`staros-cli.md` 4.9).

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::text::{Text, Unparsed};

/// A configuration as text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Configuration {
    pub lines: Vec<String>,
    /// SHA-256 over the lines, in hexadecimal digits.
    pub fingerprint: String,
}

/// Reads `show configuration [srp | context X]`. A text without its last line `end` was cut off.
pub fn parse(text: &str) -> Result<Configuration, Unparsed> {
    let text = Text::new("show configuration", text);
    let mut lines: Vec<String> = text.lines().map(|(_, line)| line.to_owned()).collect();
    let start = lines
        .iter()
        .position(|line| matches!(line.trim(), "config" | "configure"));
    let start = start.ok_or_else(|| text.missing("a first line `config`"))?;
    let end = lines
        .iter()
        .rposition(|line| line.trim() == "end")
        .filter(|end| *end > start);
    let end = end.ok_or_else(|| text.missing("a last line `end`"))?;
    lines.truncate(end + 1);
    lines.drain(..start);
    let fingerprint = fingerprint(&lines);
    Ok(Configuration { lines, fingerprint })
}

impl Configuration {
    /// The lines in which the two chassis of a pair must agree: without addresses, mode and priority
    /// of the SRP block, and without secrets, whose cipher text differs on every chassis.
    pub fn shared_by_pair(&self) -> Vec<String> {
        let mut in_srp = false;
        let mut shared = Vec::new();
        for line in &self.lines {
            let words = line.trim();
            match words {
                "service-redundancy-protocol" => in_srp = true,
                "#exit" | "exit" => in_srp = false,
                _ => {}
            }
            const OWN: [&str; 5] = [
                "bind address ",
                "peer-ip-address ",
                "chassis-mode ",
                "priority ",
                "no chassis-mode",
            ];
            if in_srp && OWN.iter().any(|own| words.starts_with(own)) {
                continue;
            }
            shared.push(without_secret(line));
        }
        shared
    }
}

/// The line up to the word `encrypted`.
fn without_secret(line: &str) -> String {
    match line.find(" encrypted ") {
        Some(at) => format!("{} encrypted …", &line[..at]),
        None => line.to_owned(),
    }
}

fn fingerprint(lines: &[String]) -> String {
    let mut sha = Sha256::new();
    for line in lines {
        sha.update(line.trim_end().as_bytes());
        sha.update(b"\n");
    }
    sha.finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
