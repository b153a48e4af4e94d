//! `show service all`: which services have started (`staros-cli.md` 2.6).

use serde::Serialize;

use super::text::{Text, Unparsed};

/// Every configured service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Services {
    pub services: Vec<Service>,
}

/// One service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Service {
    pub context_id: u32,
    pub service_id: u32,
    pub context: String,
    pub name: String,
    /// `Started` is good; `Initialized` is not started.
    pub state: String,
    /// The configured maximum, not the load.
    pub max_sessions: u64,
    pub kind: String,
}

/// Reads `show service all`. Header and rows are not aligned and long names overflow their column,
/// so rows are split on blanks.
pub fn parse(text: &str) -> Result<Services, Unparsed> {
    let text = Text::accepted("show service all", text)?;
    let table = text
        .table()
        .ok_or_else(|| text.missing("a table under `ContextID ServiceID`"))?;
    let mut services = Vec::new();
    for &(at, line) in &table.rows {
        let words: Vec<&str> = line.split_whitespace().collect();
        let numbered = words
            .first()
            .is_some_and(|word| word.starts_with(|c: char| c.is_ascii_digit()));
        if numbered {
            let service = row(&words);
            services.push(service.ok_or_else(|| text.wrong("a service with its state", line, at))?);
        }
    }
    Ok(Services { services })
}

/// `context-id service-id context name state… sessions type…`
fn row(words: &[&str]) -> Option<Service> {
    let sessions_at = words.iter().rposition(|word| word.parse::<u64>().is_ok())?;
    if sessions_at < 5 || sessions_at + 1 >= words.len() {
        return None;
    }
    Some(Service {
        context_id: words[0].parse().ok()?,
        service_id: words[1].parse().ok()?,
        context: words[2].to_owned(),
        name: words[3].to_owned(),
        state: words[4..sessions_at].join(" "),
        max_sessions: words[sessions_at].parse().ok()?,
        kind: words[sessions_at + 1..].join(" "),
    })
}

impl Services {
    /// Services that have not started; a chassis without any is a problem, too.
    pub fn problems(&self) -> Vec<String> {
        if self.services.is_empty() {
            return vec!["there are no services".to_owned()];
        }
        (self.services.iter())
            .filter(|service| !service.state.eq_ignore_ascii_case("started"))
            .map(|s| format!("service {} in context {} is {}", s.name, s.context, s.state))
            .collect()
    }
}
