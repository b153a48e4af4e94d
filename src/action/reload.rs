//! `reload`: once, only on a chassis proven Standby with its peer proven Active (INV-4, INV-5).

use serde::{Deserialize, Serialize};

use super::fields::Span;

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// The release that must run afterwards (INV-29).
    pub version: String,
    /// How long the chassis may take to come back completely.
    #[serde(default = "forty_five_minutes")]
    pub within: Span,
    /// How often to look while it boots.
    #[serde(default = "fifteen_seconds")]
    pub poll: Span,
}

fn forty_five_minutes() -> Span {
    Span::seconds(2700)
}

fn fifteen_seconds() -> Span {
    Span::seconds(15)
}
