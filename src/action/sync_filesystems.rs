//! `sync_filesystems`: both management cards hold the same flash (INV-25).

use serde::{Deserialize, Serialize};

use super::fields::Span;

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    #[serde(default = "quarter_of_an_hour")]
    pub within: Span,
}

fn quarter_of_an_hour() -> Span {
    Span::seconds(900)
}
