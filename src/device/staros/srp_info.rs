//! `show srp info`: who is Active, who is Standby (`staros-cli.md` 4.1).

use std::time::Duration;

use serde::Serialize;

use super::text::{Found, Text, Unparsed, age, given};

/// What a chassis does right now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    Init,
    Active,
    Standby,
    PendingActive,
    PendingStandby,
}

/// What a chassis is configured as; never changes in an upgrade. A peer is `Init` before contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    Primary,
    Backup,
    Init,
}

/// What the last `srp validate-switchover` found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ValidateStatus {
    pub text: String,
    /// How long ago, by the chassis itself; must be younger than the command that asked for it.
    pub age: Option<Duration>,
    /// The text says that the remote chassis is ready.
    pub ready: bool,
}

/// One chassis's view of the pair.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SrpInfo {
    pub chassis_state: State,
    pub chassis_mode: Mode,
    pub peer_state: State,
    pub peer_mode: Mode,
    pub context: Option<String>,
    pub priority: Option<u32>,
    pub peer_priority: Option<u32>,
    pub route_modifier: Option<u32>,
    pub peer_route_modifier: Option<u32>,
    pub local_address: Option<String>,
    pub peer_address: Option<String>,
    /// `Connected`, `Connecting`, or nothing when the chassis says `None`.
    pub connection: Option<String>,
    pub peer_configuration_validation: Option<String>,
    pub last_peer_configuration_error: Option<String>,
    /// `None` when no validation was ever asked for.
    pub last_validate_switchover: Option<ValidateStatus>,
    /// How long ago the peer's last hello came, by the chassis itself (trap 14).
    pub last_hello_age: Option<Duration>,
}

/// Reads `show srp info`.
pub fn parse(text: &str) -> Result<SrpInfo, Unparsed> {
    let text = Text::accepted("show srp info", text)?;
    let address = |label: &str| {
        let found = text.label(label).and_then(|found| given(found.value));
        found
            .filter(|address| *address != "0.0.0.0" && *address != "::")
            .map(str::to_owned)
    };
    let words = |label: &str| {
        text.label(label)
            .and_then(|found| given(found.value))
            .map(str::to_owned)
    };
    Ok(SrpInfo {
        chassis_state: state(&text, "Chassis State")?,
        chassis_mode: mode(&text, "Chassis Mode")?,
        peer_state: state(&text, "Peer State")?,
        peer_mode: mode(&text, "Peer Mode")?,
        context: words("Context"),
        priority: number(&text, &["Chassis Priority", "Priority"])?,
        peer_priority: number(&text, &["Peer Priority"])?,
        route_modifier: number(&text, &["Route-Modifier", "Route Modifier"])?,
        peer_route_modifier: number(&text, &["Peer Route-Modifier", "Peer Route Modifier"])?,
        local_address: address("Local Address"),
        peer_address: address("Peer Remote Address"),
        connection: words("Connection State"),
        peer_configuration_validation: words("Peer Configuration Validation"),
        last_peer_configuration_error: words("Last Peer Configuration Error"),
        last_validate_switchover: validation(&text)?,
        last_hello_age: hello_age(&text)?,
    })
}

impl SrpInfo {
    /// Whether the connection to the peer is up, as far as the chassis says.
    pub fn is_connected(&self) -> bool {
        self.connection
            .as_deref()
            .is_some_and(|word| word.eq_ignore_ascii_case("connected"))
    }
}

/// What is wrong with a pair, seen from both sides: exactly one chassis is Active and the other
/// Standby, each sees the other as it sees itself, and both heard of each other within
/// `hello_limit`. One side alone proves nothing (trap 14).
pub fn pair_problems(one: &SrpInfo, other: &SrpInfo, hello_limit: Duration) -> Vec<String> {
    let mut problems = Vec::new();
    let states = (one.chassis_state, other.chassis_state);
    match states {
        (State::Active, State::Standby) | (State::Standby, State::Active) => {}
        (State::Active, State::Active) => problems.push("both chassis are Active".to_owned()),
        (one, other) => {
            problems.push(format!(
                "the pair is {one:?} and {other:?}, not Active and Standby"
            ));
        }
    }
    for (own, peer) in [(one, other), (other, one)] {
        let name = format!("the {:?} chassis", own.chassis_mode);
        if own.peer_state != peer.chassis_state {
            let (sees, is) = (own.peer_state, peer.chassis_state);
            problems.push(format!(
                "{name} sees its peer as {sees:?}, which says it is {is:?}"
            ));
        }
        match own.last_hello_age {
            Some(age) if age <= hello_limit => {}
            Some(age) => {
                problems.push(format!(
                    "{name} last heard of its peer {} s ago",
                    age.as_secs()
                ));
            }
            None => problems.push(format!(
                "{name} does not say when it last heard of its peer"
            )),
        }
    }
    problems
}

/// The whole word counts: `Standby` is also the tail of `Pending-Standby`.
fn state(text: &Text<'_>, label: &str) -> Result<State, Unparsed> {
    let found = text.need(label)?;
    match found.value.to_ascii_lowercase().as_str() {
        "init" => Ok(State::Init),
        "active" => Ok(State::Active),
        "standby" => Ok(State::Standby),
        "pending-active" | "pending active" => Ok(State::PendingActive),
        "pending-standby" | "pending standby" => Ok(State::PendingStandby),
        _ => Err(text.wrong(
            format!("Init, Active, Standby, Pending-Active or Pending-Standby behind `{label}:`"),
            found.value,
            found.line,
        )),
    }
}

fn mode(text: &Text<'_>, label: &str) -> Result<Mode, Unparsed> {
    let found = text.need(label)?;
    match found.value.to_ascii_lowercase().as_str() {
        "primary" => Ok(Mode::Primary),
        "backup" => Ok(Mode::Backup),
        "init" => Ok(Mode::Init),
        _ => {
            let expected = format!("Primary, Backup or Init behind `{label}:`");
            Err(text.wrong(expected, found.value, found.line))
        }
    }
}

/// A number that need not be there, but must be one when it is.
fn number(text: &Text<'_>, labels: &[&str]) -> Result<Option<u32>, Unparsed> {
    let Some((label, found)) = labels
        .iter()
        .find_map(|label| Some((label, text.label(label)?)))
    else {
        return Ok(None);
    };
    let Some(value) = given(found.value) else {
        return Ok(None);
    };
    let found = Found { value, ..found };
    text.as_number(found, &format!("a number behind `{label}:`"))
        .map(Some)
}

fn validation(text: &Text<'_>) -> Result<Option<ValidateStatus>, Unparsed> {
    // Operators' parsers prove that the label is always there; without it nothing may be concluded.
    let found = text
        .label("Last Validate Switchover Status")
        .ok_or_else(|| text.missing("`Last Validate Switchover Status:`"))?;
    let Some(value) = given(found.value) else {
        return Ok(None);
    };
    let lower = value.to_ascii_lowercase();
    let ready = lower.contains("ready for switchover") && !lower.contains("not ready");
    Ok(Some(ValidateStatus {
        text: value.to_owned(),
        age: age(value),
        ready,
    }))
}

fn hello_age(text: &Text<'_>) -> Result<Option<Duration>, Unparsed> {
    let Some(found) = text.label("Last Hello Message received") else {
        return Ok(None);
    };
    let Some(value) = given(found.value) else {
        return Ok(None);
    };
    match age(value) {
        Some(age) => Ok(Some(age)),
        None => Err(text.wrong("an age such as `(2 seconds ago)`", value, found.line)),
    }
}
