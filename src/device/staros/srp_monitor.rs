//! `show srp monitor`: what would make the pair fail over (`staros-cli.md` 4.2).

use serde::Serialize;

use super::text::{Text, Unparsed};

/// The monitored peers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SrpMonitor {
    pub monitors: Vec<Monitor>,
}

/// One monitored peer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Monitor {
    pub kind: Kind,
    pub state: State,
    pub group: Option<u32>,
    pub address: String,
    /// What follows the port, normally the context.
    pub context: Option<String>,
}

/// What is monitored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    AuthProbe,
    Bgp,
    Diameter,
}

/// What the monitor found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    Initializing,
    Up,
    Down,
}

/// Reads `show srp monitor [all|bgp|diameter|authentication-probe]`. `D` is a type in the first
/// place and a state in the second.
pub fn parse(text: &str) -> Result<SrpMonitor, Unparsed> {
    let text = Text::accepted("show srp monitor", text)?;
    let mut lines = text.lines();
    let is_rule =
        |line: &str| line.split_whitespace().count() > 1 && super::text::rule(line).is_some();
    if !lines.by_ref().any(|(_, line)| is_rule(line)) {
        return Err(text.missing("a table under `IP Addr`"));
    }
    let mut monitors = Vec::new();
    for (at, line) in lines {
        if line.trim().is_empty() {
            continue;
        }
        let row = row(&line.split_whitespace().collect::<Vec<_>>());
        monitors.push(
            row.ok_or_else(|| text.wrong("a monitor such as `BU1 10.20.0.1 179`", line, at))?,
        );
    }
    Ok(SrpMonitor { monitors })
}

fn row(words: &[&str]) -> Option<Monitor> {
    let [flags, address, rest @ ..] = words else {
        return None;
    };
    let mut letters = flags.chars();
    let kind = match letters.next()? {
        'A' => Kind::AuthProbe,
        'B' => Kind::Bgp,
        'D' => Kind::Diameter,
        _ => return None,
    };
    let state = match letters.next()? {
        'I' => State::Initializing,
        'U' => State::Up,
        'D' => State::Down,
        _ => return None,
    };
    let group = match letters.as_str() {
        "" | "-" => None,
        number => Some(number.parse().ok()?),
    };
    let port_and_more = rest.first().is_some_and(|word| word.parse::<u16>().is_ok());
    let context = rest
        .get(usize::from(port_and_more))
        .map(|word| (*word).to_owned());
    Some(Monitor {
        kind,
        state,
        group,
        address: (*address).to_owned(),
        context,
    })
}

impl SrpMonitor {
    /// Monitors that are not up. Authentication probes run on the Active chassis only, so on the
    /// Standby they prove nothing (trap 22).
    pub fn problems(&self, is_active: bool) -> Vec<String> {
        (self.monitors.iter())
            .filter(|monitor| monitor.state != State::Up)
            .filter(|monitor| is_active || monitor.kind != Kind::AuthProbe)
            .map(|m| format!("SRP monitor {:?} {} is {:?}", m.kind, m.address, m.state))
            .collect()
    }
}
