//! `show srp checkpoint statistics`: would the calls survive a switchover? (`staros-cli.md` 4.3)

use serde::Serialize;

use super::text::{Text, Unparsed};

/// How far the checkpointing of calls has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CheckpointStatistics {
    pub session_managers: u32,
    /// Calls held ready for taking over. On the Standby, compare with the subscribers of the Active;
    /// 0 on both sides is equal, but proves nothing.
    pub preallocated: u64,
    pub active_connected: u32,
    pub standby_connected: u32,
    /// In whichever pending state.
    pub pending: u32,
    /// Only the verbose form lists them.
    pub instances: Vec<Instance>,
}

/// One session manager.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Instance {
    pub id: u32,
    pub state: String,
    /// Its peer on the other chassis is connected. One that is not makes a manual switchover be
    /// refused from release 20.0 on.
    pub ready: bool,
}

/// Reads `show srp checkpoint statistics [verbose]`.
pub fn parse(text: &str) -> Result<CheckpointStatistics, Unparsed> {
    let text = Text::accepted("show srp checkpoint statistics", text)?;
    let mut pending = 0_u32;
    for (at, line) in text.lines() {
        let Some((label, value)) = line.split_once(':') else {
            continue;
        };
        if label
            .trim()
            .to_ascii_lowercase()
            .starts_with("sessmgrs in pending")
        {
            let more: u32 = value
                .trim()
                .parse()
                .map_err(|_| text.wrong("a number of sessmgrs", line, at))?;
            pending = pending.saturating_add(more);
        }
    }
    Ok(CheckpointStatistics {
        session_managers: text.number("Number of Sessmgrs")?,
        preallocated: text.number("Current pre-allocated calls")?,
        active_connected: text.number("Sessmgrs in Active-Connected State")?,
        standby_connected: text.number("Sessmgrs in Standby-Connected State")?,
        pending,
        instances: instances(&text)?,
    })
}

/// The rows behind the rule line that begin with a number.
fn instances(text: &Text<'_>) -> Result<Vec<Instance>, Unparsed> {
    let mut instances = Vec::new();
    let Some(table) = text.table() else {
        return Ok(instances);
    };
    for &(at, line) in &table.rows {
        let words: Vec<&str> = line.split_whitespace().collect();
        let Some(Ok(id)) = words.first().map(|word| word.parse()) else {
            continue;
        };
        let (Some(state), Some(peer)) = (words.get(1), words.get(2)) else {
            return Err(text.wrong("a session manager with state and peer", line, at));
        };
        let ready = peer.eq_ignore_ascii_case("ready");
        instances.push(Instance {
            id,
            state: (*state).to_owned(),
            ready,
        });
    }
    Ok(instances)
}

impl CheckpointStatistics {
    /// What keeps every call from being checkpointed, seen from the Active or the Standby.
    pub fn problems(&self, is_active: bool) -> Vec<String> {
        let (connected, side) = if is_active {
            (self.active_connected, "Active-Connected")
        } else {
            (self.standby_connected, "Standby-Connected")
        };
        let mut problems = Vec::new();
        if self.session_managers == 0 {
            problems.push("there are no session managers".to_owned());
        }
        if connected != self.session_managers {
            let all = self.session_managers;
            problems.push(format!("{connected} of {all} session managers are {side}"));
        }
        if self.pending > 0 {
            problems.push(format!("{} session managers are pending", self.pending));
        }
        for instance in self.instances.iter().filter(|instance| !instance.ready) {
            problems.push(format!("session manager {} has no peer", instance.id));
        }
        problems
    }
}
