//! How a step can end, and what it leaves behind for later steps.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The six ways a step can end (contract of the command line).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It did what it should, proven by reading the device again.
    Done,
    /// There was nothing to do.
    Already,
    /// It did not apply.
    Skipped,
    /// It would not have been safe; nothing was touched.
    Refused,
    /// It was tried and did not reach its goal.
    Failed,
    /// A command went out and nobody can say what became of it.
    InDoubt,
}

impl Outcome {
    /// Whether steps behind this one may start.
    pub fn is_good(self) -> bool {
        matches!(self, Self::Done | Self::Already | Self::Skipped)
    }

    /// The word the contract uses.
    pub fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Already => "already",
            Self::Skipped => "skipped",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::InDoubt => "in_doubt",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// Facts that a step leaves in the journal for later steps and for a resumed run.
pub type Facts = Map<String, Value>;

/// A good end.
#[derive(Clone, Debug, PartialEq)]
pub struct Success {
    pub outcome: Outcome,
    /// One line for a human: what was seen that proves it.
    pub detail: String,
    pub facts: Facts,
}

impl Success {
    pub fn done(detail: impl Into<String>) -> Self {
        Self {
            outcome: Outcome::Done,
            detail: detail.into(),
            facts: Facts::new(),
        }
    }

    pub fn already(detail: impl Into<String>) -> Self {
        Self {
            outcome: Outcome::Already,
            detail: detail.into(),
            facts: Facts::new(),
        }
    }

    pub fn skipped(detail: impl Into<String>) -> Self {
        Self {
            outcome: Outcome::Skipped,
            detail: detail.into(),
            facts: Facts::new(),
        }
    }

    /// The same with one more fact.
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.facts.insert(name.to_owned(), value.into());
        self
    }
}

/// A bad end: what was expected, what was seen, what to do next.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    pub outcome: Outcome,
    pub message: String,
    pub hint: Option<String>,
    /// A repeated attempt may well succeed, and repeating is harmless.
    pub transient: bool,
}

impl Failure {
    /// Not safe to act; nothing was touched.
    pub fn refused(message: impl Into<String>) -> Self {
        Self {
            outcome: Outcome::Refused,
            message: message.into(),
            hint: None,
            transient: false,
        }
    }

    /// Tried, goal not reached.
    pub fn failed(message: impl Into<String>) -> Self {
        Self {
            outcome: Outcome::Failed,
            ..Self::refused(message)
        }
    }

    /// Sent, and unknown what became of it.
    pub fn in_doubt(message: impl Into<String>) -> Self {
        Self {
            outcome: Outcome::InDoubt,
            ..Self::refused(message)
        }
    }

    /// The same with advice.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same, marked worth another attempt.
    pub fn transient(mut self) -> Self {
        self.transient = true;
        self
    }
}
