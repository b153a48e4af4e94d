//! `compare`: today's facts against a snapshot, with tolerances.

use serde::{Deserialize, Serialize};

use super::fields::Percent;

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// The name given to `snapshot`.
    pub with: String,
    /// How far counts (BGP prefixes, services, cards) may move.
    #[serde(default = "five_percent")]
    pub tolerance: Percent,
    /// Facts that are allowed to differ, such as `version` after an upgrade.
    #[serde(default)]
    pub expect_changed: Vec<String>,
}

fn five_percent() -> Percent {
    Percent(5.0)
}
