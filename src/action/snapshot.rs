//! `snapshot`: named facts of one chassis, kept for a later `compare`.

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// What `compare` will call it; each chassis has its own.
    pub name: String,
}
