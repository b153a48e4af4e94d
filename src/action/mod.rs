//! Floor 5: what a step can do, one verb per file.
//!
//! Every verb keeps the same promise: **observe** whether its goal already holds, **act** at most
//! once, **verify** the effect by reading the device again, and **probe** after an interruption
//! what became of a command whose end nobody recorded. Elapsed time, an empty reply and
//! "accepted" prove nothing.

pub mod approve;
mod bgp;
pub mod boot_stack;
pub mod command;
pub mod compare;
pub mod condition;
pub mod configure;
pub mod context;
pub mod copy_image;
pub mod fields;
pub mod health_check;
pub mod notify;
pub mod outcome;
pub mod pause;
pub mod preflight;
pub mod reading;
pub mod reload;
pub mod save_config;
mod sending;
pub mod snapshot;
pub mod srp_switchover;
pub mod sync_filesystems;
pub mod typed;
pub mod wait_for;

use std::fmt;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use context::Context;
use fields::On;
use outcome::{Failure, Success};

/// A verb with its fields: exactly one key of a playbook step.
///
/// A closed enum on purpose: `match` finds every forgotten place.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    HealthCheck(health_check::Spec),
    Snapshot(snapshot::Spec),
    Compare(compare::Spec),
    CopyImage(copy_image::Spec),
    SaveConfig(save_config::Spec),
    BootStack(boot_stack::Spec),
    SyncFilesystems(sync_filesystems::Spec),
    Reload(reload::Spec),
    SrpSwitchover(srp_switchover::Spec),
    WaitFor(wait_for::Spec),
    Configure(configure::Spec),
    Command(command::Spec),
    Approve(approve::Spec),
    Pause(pause::Spec),
    Notify(notify::Spec),
    /// Identity and redundancy state of the pair before anything else; every run begins with it.
    /// Not a verb of the playbook language.
    #[serde(skip)]
    Preflight(preflight::Spec),
}

/// See [`Action::patience`].
const PATIENCE: Duration = Duration::from_secs(15 * 60);

/// The verbs a playbook may use, as they are written there.
pub const VERBS: [&str; 15] = [
    "health_check",
    "snapshot",
    "compare",
    "copy_image",
    "save_config",
    "boot_stack",
    "sync_filesystems",
    "reload",
    "srp_switchover",
    "wait_for",
    "configure",
    "command",
    "approve",
    "pause",
    "notify",
];

/// Verbs of the language that a later release brings; named so that the error can say so.
pub const PLANNED_VERBS: [&str; 3] = ["ipsp", "aaa_direct", "ios_redundancy"];

impl Action {
    /// The verb as the playbook writes it.
    pub fn verb(&self) -> &'static str {
        match self {
            Self::HealthCheck(_) => "health_check",
            Self::Snapshot(_) => "snapshot",
            Self::Compare(_) => "compare",
            Self::CopyImage(_) => "copy_image",
            Self::SaveConfig(_) => "save_config",
            Self::BootStack(_) => "boot_stack",
            Self::SyncFilesystems(_) => "sync_filesystems",
            Self::Reload(_) => "reload",
            Self::SrpSwitchover(_) => "srp_switchover",
            Self::WaitFor(_) => "wait_for",
            Self::Configure(_) => "configure",
            Self::Command(_) => "command",
            Self::Approve(_) => "approve",
            Self::Pause(_) => "pause",
            Self::Notify(_) => "notify",
            Self::Preflight(_) => "preflight",
        }
    }

    /// Whether the step changes a chassis: it needs `undo:` or `no_undo:`, an intent in the
    /// journal before its first byte, and it is never retried without a probe.
    pub fn has_impact(&self) -> bool {
        match self {
            Self::CopyImage(_)
            | Self::SaveConfig(_)
            | Self::BootStack(_)
            | Self::SyncFilesystems(_)
            | Self::Reload(_)
            | Self::SrpSwitchover(_)
            | Self::Configure(_) => true,
            Self::Command(spec) => spec.impact,
            Self::HealthCheck(_)
            | Self::Snapshot(_)
            | Self::Compare(_)
            | Self::WaitFor(_)
            | Self::Approve(_)
            | Self::Pause(_)
            | Self::Notify(_)
            | Self::Preflight(_) => false,
        }
    }

    /// Whether the change can take subscribers off the air; such steps must say how to undo them.
    /// Adding a file or copying one is a change, but leaves nothing to undo for subscribers.
    pub fn needs_undo(&self) -> bool {
        match self {
            Self::BootStack(_) | Self::Reload(_) | Self::SrpSwitchover(_) | Self::Configure(_) => {
                true
            }
            Self::Command(spec) => spec.impact,
            _ => false,
        }
    }

    /// Whether the step puts its chassis under change in the sense of INV-6: while it runs, the
    /// other chassis of the pair is left alone.
    pub fn changes_service(&self) -> bool {
        self.needs_undo() || matches!(self, Self::SyncFilesystems(_))
    }

    /// How long a single read of the step waits for a chassis that is out of reach: a management
    /// network that is gone for ten minutes ends no night (F-13). What looks again by itself has
    /// its own limits, and the first look at the pair does not wait.
    pub fn patience(&self) -> Duration {
        match self {
            Self::Preflight(_) | Self::WaitFor(_) => Duration::ZERO,
            Self::HealthCheck(spec) if spec.within.is_some() => Duration::ZERO,
            _ => PATIENCE,
        }
    }

    /// Whether the verb works on one chassis, which the step must name with `on:`.
    pub fn needs_chassis(&self) -> bool {
        !matches!(
            self,
            Self::Approve(_)
                | Self::Pause(_)
                | Self::Notify(_)
                | Self::SrpSwitchover(_)
                | Self::Preflight(_)
        )
    }

    /// Whether the verb reads or changes the other chassis of the pair as well.
    pub fn needs_peer(&self) -> bool {
        match self {
            Self::Reload(_) | Self::SrpSwitchover(_) | Self::Preflight(_) => true,
            Self::HealthCheck(spec) => spec.srp.is_some(),
            Self::WaitFor(spec) => spec.until.needs_peer(),
            _ => false,
        }
    }
}

/// As a playbook would write it on one line, without what was left to its default.
impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields = match serde_json::to_value(self) {
            Ok(Value::Object(verb)) => verb.into_iter().next().map(|(_, fields)| fields),
            _ => None,
        };
        let fields = fields.as_ref().and_then(Value::as_object);
        let shown: Vec<String> = fields
            .into_iter()
            .flatten()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| match value {
                Value::String(text) => format!("{name}: {text}"),
                value => format!("{name}: {value}"),
            })
            .collect();
        write!(f, "{}: {{ {} }}", self.verb(), shown.join(", "))
    }
}

/// Performs one attempt of a step.
///
/// # Errors
/// A bad end: what was expected, what was seen, what to do next.
pub async fn perform(action: &Action, on: Option<On>, mut cx: Context) -> Result<Success, Failure> {
    if let Some(unfinished) = &cx.unfinished
        && on.is_some()
    {
        // Its command went to this chassis, whatever role that plays by now.
        cx.on = Some(unfinished.chassis.clone());
    } else if let Some(on @ (On::Active | On::Standby)) = on {
        let pair = reading::Pair::read(&cx).await?;
        let (active, standby) = pair.roles(&cx.world).map_err(Failure::refused)?;
        cx.on = Some(if on == On::Active { active } else { standby }.to_owned());
    }
    match action {
        Action::HealthCheck(spec) => spec.perform(&cx).await,
        Action::Snapshot(spec) => spec.perform(&cx).await,
        Action::Compare(spec) => spec.perform(&cx).await,
        Action::CopyImage(spec) => spec.perform(&cx).await,
        Action::SaveConfig(spec) => spec.perform(&cx).await,
        Action::BootStack(spec) => spec.perform(&cx).await,
        Action::SyncFilesystems(spec) => spec.perform(&cx).await,
        Action::Reload(spec) => spec.perform(&cx).await,
        Action::SrpSwitchover(spec) => spec.perform(&cx).await,
        Action::WaitFor(spec) => spec.perform(&mut cx).await,
        Action::Configure(spec) => spec.perform(&cx).await,
        Action::Command(spec) => spec.perform(&cx).await,
        Action::Approve(spec) => spec.perform(&mut cx).await,
        Action::Pause(spec) => spec.perform(&cx).await,
        Action::Notify(spec) => spec.perform(&cx).await,
        Action::Preflight(spec) => spec.perform(&cx).await,
    }
}
