//! The vocabulary of a run.

use indexmap::IndexMap;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::action::outcome::{Facts, Outcome};

/// Something that happened in a run. Names and fields are part of the command line's contract:
/// the journal and `--json` carry exactly these.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    RunStarted(Started),
    /// A later process took the run over.
    RunResumed {},
    StepStarted {
        step: String,
        attempt: u32,
        /// The chassis it works on, by inventory name.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        on: Option<String>,
    },
    /// A command that changes something is about to be sent. It is on disk before its first byte
    /// leaves (INV-36).
    Intent {
        step: String,
        chassis: String,
        command: String,
        /// What was true before, for the probe after an interruption.
        #[serde(skip_serializing_if = "Facts::is_empty", default)]
        before: Facts,
    },
    /// What a running step sees, when it changes.
    StepProgress {
        step: String,
        text: String,
    },
    StepFinished {
        step: String,
        attempt: u32,
        outcome: Outcome,
        detail: String,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        hint: Option<String>,
        /// A repeated attempt may well succeed, and repeating is harmless.
        #[serde(skip_serializing_if = "std::ops::Not::not", default)]
        transient: bool,
        #[serde(skip_serializing_if = "Facts::is_empty", default)]
        facts: Facts,
    },
    TrapReceived(Trap),
    ApprovalRequested {
        step: String,
        message: String,
    },
    Approved {
        step: String,
        by: String,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        reason: Option<String>,
    },
    /// No new step starts until released.
    PauseRequested {
        by: String,
    },
    PauseReleased {
        by: String,
    },
    /// No new step starts any more.
    AbortRequested {
        by: String,
        fallback: bool,
    },
    /// Ctrl-C: 1 lets running steps end, 2 leaves them where they are.
    Interrupted {
        count: u32,
    },
    FallbackStarted {
        because: String,
    },
    /// A last look at the pair before the run ends.
    Assessed {
        serving: bool,
        detail: String,
    },
    RunEnded {
        verdict: Verdict,
        exit_code: u8,
        reason: String,
    },
}

/// How the run began: everything a resumed run must find unchanged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Started {
    pub run: String,
    pub playbook: String,
    /// Hex SHA-256 of the playbook's text and variables.
    pub hash: String,
    pub pair: String,
    pub primary: String,
    pub backup: String,
    pub dry_run: bool,
    /// This program's version.
    pub cutover: String,
    pub vars: IndexMap<String, String>,
}

/// A notification that reached the run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trap {
    /// The chassis it came from, if its address is in the inventory; else the address.
    pub from: String,
    /// Its MIB name, or its OID when no module knows it.
    pub name: String,
    #[serde(default)]
    pub varbinds: IndexMap<String, String>,
}

/// How a run can end (contract).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Completed,
    FellBack,
    /// At a safe point; a human is needed.
    Stopped,
    Failed,
    InDoubt,
    FallbackFailed,
}

impl Verdict {
    /// The word the contract uses.
    pub fn word(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::FellBack => "fell_back",
            Self::Stopped => "stopped",
            Self::Failed => "failed",
            Self::InDoubt => "in_doubt",
            Self::FallbackFailed => "fallback_failed",
        }
    }
}

/// The exit codes of the contract.
pub mod exit {
    pub const COMPLETED: u8 = 0;
    pub const FAILED: u8 = 1;
    /// Usage, playbook or inventory wrong; nothing was touched.
    pub const USAGE: u8 = 2;
    pub const STOPPED: u8 = 3;
    pub const FELL_BACK: u8 = 4;
    pub const IN_DOUBT: u8 = 5;
    pub const FALLBACK_FAILED: u8 = 6;
    pub const INVARIANT_BROKEN: u8 = 7;
    /// Unreachable or refused before any change.
    pub const REFUSED: u8 = 8;
    pub const BUG: u8 = 70;
    pub const INTERRUPTED: u8 = 130;
}

/// An event with its place in the run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// 1 for the first event of a run, without gaps; survives a resume.
    pub seq: u64,
    pub at: Timestamp,
    #[serde(flatten)]
    pub event: Event,
}

impl Event {
    /// Whether the event must be on the disk itself, not only with the operating system, before
    /// anything else happens: the header of a run and every intent.
    pub fn is_durable(&self) -> bool {
        matches!(self, Self::RunStarted(_) | Self::Intent { .. })
    }
}
