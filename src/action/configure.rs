//! `configure`: configuration lines, each one checked, stopping at the first refusal.

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// Lines typed from global configuration mode on; sub-modes are entered by their own lines.
    pub lines: Vec<String>,
    /// Lines that `show configuration` must contain afterwards, without leading blanks.
    pub verify: Vec<String>,
}
