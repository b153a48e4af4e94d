//! `wait_for`: a condition read from the device, hurried along by a trap (a trap is a hint, a
//! poll is the truth).

use serde::{Deserialize, Serialize};

use super::condition::Condition;
use super::fields::Span;

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// A notification by name that makes the next poll happen at once.
    pub trap: Option<String>,
    /// What decides. A wait without it would believe a datagram.
    pub until: Condition,
    pub poll: Span,
    pub deadline: Span,
    /// The condition must hold this long without a break.
    #[serde(default = "no_time")]
    pub hold: Span,
}

fn no_time() -> Span {
    Span::seconds(0)
}
