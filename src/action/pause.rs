//! `pause`: soak time.

use serde::{Deserialize, Serialize};

use super::fields::Span;

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    #[serde(rename = "for")]
    pub length: Span,
    pub reason: String,
}
