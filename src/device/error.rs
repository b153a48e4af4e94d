//! Why talking to a chassis failed, sorted by what the caller may do next.

use std::time::Duration;

use super::transcript::Unwritable;

/// Why a conversation with a chassis failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{chassis} ({address}) cannot be reached: {why}; check the address and the path to it")]
    Unreachable {
        chassis: String,
        address: String,
        why: String,
    },
    #[error("{chassis} did not let us in: {why}")]
    Login { chassis: String, why: String },
    #[error("the host key of {chassis} is not to be trusted: {why}")]
    HostKey { chassis: String, why: String },
    #[error(
        "`{command}` got no {what} within {after:?}; last seen: {seen}",
        what = match kind { Limit::Idle => "further output", Limit::Total => "prompt" },
        seen = shown(seen)
    )]
    Timeout {
        command: String,
        kind: Limit,
        after: Duration,
        seen: Vec<String>,
    },
    #[error("the session was lost {phase} `{command}`: {why}")]
    Lost {
        command: String,
        phase: Lost,
        why: String,
    },
    #[error("the chassis refused `{command}`: {message}")]
    Rejected { command: String, message: String },
    #[error("`{command}` asked `{question}`, which nobody expected; it was answered with no")]
    Asked { command: String, question: String },
    #[error("the chassis should stand in {wanted}, but its prompt is `{seen}`")]
    Mode { wanted: String, seen: String },
    #[error(
        "line {line} of {of} (`{text}`) failed, the lines before it have taken effect: {source}"
    )]
    AtLine {
        line: usize,
        of: usize,
        text: String,
        source: Box<Error>,
    },
    #[error(
        "the chassis calls itself `{seen}`, the inventory expects `{expected}`; \
         correct its `address:`, or say its `hostname:`"
    )]
    WrongChassis { expected: String, seen: String },
    #[error("there is no session, and this command never opens one by itself")]
    NotConnected,
    #[error("`{command}` is not one that can be typed: {why}")]
    Untypable { command: String, why: &'static str },
    #[error("the reply to `{command}` is larger than this program keeps")]
    TooLong { command: String },
    #[error(transparent)]
    Transcript(#[from] Unwritable),
}

/// Which limit ran out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub enum Limit {
    /// No byte came for too long.
    Idle,
    /// Bytes came, but no prompt.
    Total,
}

/// How far a command had got when the session was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub enum Lost {
    /// Not a byte of it was handed to the network.
    BeforeSend,
    /// It was sent; nothing of it came back. It may or may not have been carried out.
    AfterSend,
    /// Its echo or output had begun: the chassis has it.
    MidOutput,
}

impl std::fmt::Display for Lost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::BeforeSend => "before sending",
            Self::AfterSend => "after sending",
            Self::MidOutput => "in the middle of the answer to",
        })
    }
}

impl Error {
    /// Whether a *read* may simply be tried again later. Says nothing about commands that act.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. }
            | Self::Timeout { .. }
            | Self::Lost { .. }
            | Self::NotConnected => true,
            Self::AtLine { source, .. } => source.is_transient(),
            _ => false,
        }
    }

    /// How far the command had got when the session was lost; `None` when it was not lost.
    pub fn lost_phase(&self) -> Option<Lost> {
        match self {
            Self::Lost { phase, .. } => Some(*phase),
            Self::AtLine { source, .. } => source.lost_phase(),
            _ => None,
        }
    }

    /// Whether it is certain that the command reached no chassis, so that nothing has changed.
    pub fn before_any_change(&self) -> bool {
        match self {
            Self::Unreachable { .. }
            | Self::Login { .. }
            | Self::HostKey { .. }
            | Self::WrongChassis { .. }
            | Self::NotConnected
            | Self::Untypable { .. }
            | Self::Transcript(_)
            | Self::Lost {
                phase: Lost::BeforeSend,
                ..
            } => true,
            Self::AtLine { line, source, .. } => *line <= 1 && source.before_any_change(),
            _ => false,
        }
    }
}

/// The last lines in one.
fn shown(lines: &[String]) -> String {
    if lines.is_empty() {
        "nothing".to_owned()
    } else {
        format!("`{}`", lines.join(" / "))
    }
}
