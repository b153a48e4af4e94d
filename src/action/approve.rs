//! `approve`: a human says go; who, when and why is journalled.

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// What the human is asked.
    pub message: String,
}
