//! Reading facts from a chassis for a step, with failures a human can act on.

use std::time::Duration;

use serde_json::{Value, json};

use super::context::{Context, World};
use super::outcome::Failure;
use crate::device::Device;
use crate::device::error::Error;
use crate::device::session::ReadError;
use crate::device::staros::srp_info::{self, SrpInfo, State};
use crate::device::staros::{Unparsed, checkpoint, subscribers, version};

/// How soon a chassis that is out of reach is tried again.
const AGAIN: Duration = Duration::from_secs(10);

impl Context {
    /// Runs a read on `chassis` and turns the answer into a fact. A chassis that is out of reach is
    /// waited for as long as the step's patience lasts; reading again is harmless.
    pub async fn read<T>(
        &self,
        chassis: &str,
        command: &str,
        parse: impl Fn(&str) -> Result<T, Unparsed>,
    ) -> Result<T, Failure> {
        let given_up = self.elapsed() + self.patience;
        loop {
            let read = self.device(chassis).await.read(command, &parse).await;
            let failure = match read {
                Ok(fact) => return Ok(fact),
                Err(error) => unread(chassis, &error),
            };
            self.hold(given_up, failure).await?;
        }
    }

    /// Waits a little before something harmless is tried again; `failure` when it is not worth it
    /// or the patience is used up.
    pub async fn hold(&self, given_up: Duration, failure: Failure) -> Result<(), Failure> {
        if !failure.transient || self.elapsed() + AGAIN > given_up {
            return Err(failure);
        }
        self.progress(format!("waiting: {}", failure.message)).await;
        self.world.clock.sleep(AGAIN).await;
        Ok(())
    }

    /// `show srp info` of a chassis.
    pub async fn srp(&self, chassis: &str) -> Result<SrpInfo, Failure> {
        self.read(chassis, "show srp info", srp_info::parse).await
    }

    /// The release a chassis runs.
    pub async fn version(&self, chassis: &str) -> Result<version::Version, Failure> {
        self.read(chassis, "show version", version::parse).await
    }

    /// Subscribers on a chassis.
    pub async fn subscribers(&self, chassis: &str) -> Result<u64, Failure> {
        let summary = self
            .read(chassis, "show subscribers summary", subscribers::parse)
            .await?;
        Ok(summary.total)
    }

    /// Checkpoint statistics of a chassis, instance by instance.
    pub async fn checkpoints(
        &self,
        chassis: &str,
    ) -> Result<checkpoint::CheckpointStatistics, Failure> {
        self.read(
            chassis,
            "show srp checkpoint statistics verbose",
            checkpoint::parse,
        )
        .await
    }
}

/// What became of a read that failed, as the end of a step.
pub fn unread(chassis: &str, error: &ReadError) -> Failure {
    match error {
        ReadError::Session(error) => unspoken(chassis, error),
        ReadError::Unparsed(error) => Failure::failed(format!("{chassis}: {error}"))
            .hint("look at the transcript; output that cannot be read is never taken for success"),
    }
}

/// What became of a conversation that failed, as the end of a step.
pub fn unspoken(chassis: &str, error: &Error) -> Failure {
    let failure = match error {
        Error::Login { .. } | Error::HostKey { .. } | Error::WrongChassis { .. } => {
            Failure::refused(error.to_string())
        }
        Error::Unreachable { .. } => Failure::failed(error.to_string()),
        error => Failure::failed(format!("{chassis}: {error}")),
    };
    if error.is_transient() {
        failure.transient()
    } else {
        failure
    }
}

/// The word a state has on the screen.
pub fn word(state: State) -> &'static str {
    match state {
        State::Init => "Init",
        State::Active => "Active",
        State::Standby => "Standby",
        State::PendingActive => "Pending-Active",
        State::PendingStandby => "Pending-Standby",
    }
}

/// Both views of a pair, each by the chassis itself.
pub struct Pair {
    pub primary: SrpInfo,
    pub backup: SrpInfo,
}

impl Pair {
    /// Reads both chassis.
    pub async fn read(cx: &Context) -> Result<Self, Failure> {
        let (primary, backup) = (cx.world.primary.clone(), cx.world.backup.clone());
        Ok(Self {
            primary: cx.srp(&primary).await?,
            backup: cx.srp(&backup).await?,
        })
    }

    /// The name of the Active chassis and of the Standby, if it is exactly one of each and each
    /// says of the other what the other says of itself (`staros-cli.md` 4.1, trap 14).
    ///
    /// # Errors
    /// What is wrong, as one sentence.
    pub fn roles<'a>(&self, world: &'a World) -> Result<(&'a str, &'a str), String> {
        let (p, b) = (&self.primary, &self.backup);
        let states = format!(
            "{} says {} (peer {}), {} says {} (peer {})",
            world.primary,
            word(p.chassis_state),
            word(p.peer_state),
            world.backup,
            word(b.chassis_state),
            word(b.peer_state),
        );
        let named = match (p.chassis_state, b.chassis_state) {
            (State::Active, State::Standby) => (world.primary.as_str(), world.backup.as_str()),
            (State::Standby, State::Active) => (world.backup.as_str(), world.primary.as_str()),
            (State::Active, State::Active) => {
                return Err(format!("both chassis are Active, a split brain: {states}"));
            }
            (State::Standby, State::Standby) => {
                return Err(format!(
                    "both chassis are Standby, nobody carries traffic: {states}"
                ));
            }
            _ => return Err(format!("the pair is not settled: {states}")),
        };
        if p.peer_state != b.chassis_state || b.peer_state != p.chassis_state {
            return Err(format!("the chassis disagree about each other: {states}"));
        }
        for (name, info) in [(&world.primary, p), (&world.backup, b)] {
            if !info.is_connected() {
                let seen = info.connection.as_deref().unwrap_or("None");
                return Err(format!(
                    "{name} has no SRP connection to its peer (it says {seen})"
                ));
            }
        }
        Ok(named)
    }

    /// For the journal.
    pub fn facts(&self) -> Value {
        json!({ "primary": word(self.primary.chassis_state), "backup": word(self.backup.chassis_state) })
    }
}

/// Connects afresh: whatever session there was may be half-open after a reload (trap 13).
pub async fn reconnect(device: &mut Device) -> Result<(), Error> {
    device.close().await;
    device.connect().await
}
