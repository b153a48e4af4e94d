//! `notify`: runs a program on the operator's machine: a message to somebody, a test call.

use serde::{Deserialize, Serialize};

use super::fields::Span;

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// Program and arguments; no shell is involved. An empty list does nothing, so that a
    /// playbook can leave its hook to a variable.
    pub program: Vec<String>,
    /// Whether a failing program stops the run (a test call must, a chat message need not).
    #[serde(default)]
    pub must_succeed: bool,
    #[serde(default = "five_minutes")]
    pub within: Span,
}

fn five_minutes() -> Span {
    Span::seconds(300)
}
