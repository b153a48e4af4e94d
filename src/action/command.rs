//! `command`: one exec command with expectations.

use serde::{Deserialize, Serialize};

use super::fields::Span;

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    pub run: String,
    /// The context to run it in; `local` without it.
    pub context: Option<String>,
    /// Regular expressions that must match the output.
    #[serde(default)]
    pub expect: Vec<String>,
    /// Regular expressions that must not.
    #[serde(default)]
    pub reject: Vec<String>,
    /// The command changes something: it is journalled first and sent at most once.
    #[serde(default)]
    pub impact: bool,
    /// Answer a confirmation with yes.
    #[serde(default)]
    pub confirm: bool,
    #[serde(default = "two_minutes")]
    pub within: Span,
}

fn two_minutes() -> Span {
    Span::seconds(120)
}
