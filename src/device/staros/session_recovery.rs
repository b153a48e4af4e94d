//! `show session recovery status`: would sessions survive a card? (`staros-cli.md` 2.4)

use serde::Serialize;

use super::text::{Text, Unparsed};

/// Whether sessions can be recovered, overall and per processor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SessionRecovery {
    pub overall: String,
    pub cpus: Vec<Cpu>,
}

/// One processor; only the verbose form lists them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cpu {
    pub slot: u32,
    pub cpu: u32,
    pub state: String,
    pub status: String,
}

/// Reads `show session recovery status [verbose]`.
pub fn parse(text: &str) -> Result<SessionRecovery, Unparsed> {
    let text = Text::accepted("show session recovery status", text)?;
    let overall = text.need("Overall Status")?.value.to_owned();
    let mut cpus = Vec::new();
    for (at, line) in text.lines() {
        let mut words = line.split_whitespace();
        let place = words.next().and_then(|word| word.split_once('/'));
        let Some((Ok(slot), Ok(cpu))) = place.map(|(s, c)| (s.parse(), c.parse())) else {
            continue;
        };
        let state = words.next().unwrap_or("").to_owned();
        let status: Vec<&str> = words
            .skip_while(|word| word.parse::<u64>().is_ok())
            .collect();
        if status.is_empty() {
            return Err(text.wrong("a status behind the counts", line, at));
        }
        cpus.push(Cpu {
            slot,
            cpu,
            state,
            status: status.join(" "),
        });
    }
    Ok(SessionRecovery { overall, cpus })
}

impl SessionRecovery {
    /// Whatever is not `Ready …` overall or not `Good …` on a processor.
    pub fn problems(&self) -> Vec<String> {
        let starts = |text: &str, word: &str| {
            text.split(|c: char| !c.is_alphanumeric())
                .next()
                .is_some_and(|w| w.eq_ignore_ascii_case(word))
        };
        let mut problems = Vec::new();
        if !starts(&self.overall, "ready") {
            problems.push(format!("session recovery is `{}`", self.overall));
        }
        for cpu in self.cpus.iter().filter(|cpu| !starts(&cpu.status, "good")) {
            problems.push(format!(
                "processor {}/{} is `{}`",
                cpu.slot, cpu.cpu, cpu.status
            ));
        }
        problems
    }
}
