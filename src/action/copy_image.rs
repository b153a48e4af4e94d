//! `copy_image`: the software image onto `/flash`, room checked first, verified on the box
//! (INV-24, INV-28).

use serde::{Deserialize, Serialize};

use super::fields::{FlashPath, Span};

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// Where the chassis fetches it from, such as `sftp://host/path/image.bin`. Without it the
    /// image must already be on flash.
    pub from: Option<String>,
    pub to: FlashPath,
    /// The version the file must report.
    pub version: String,
    /// The size the file must have, in bytes; also what room is checked against.
    pub size: Option<u64>,
    #[serde(default = "half_an_hour")]
    pub within: Span,
}

fn half_an_hour() -> Span {
    Span::seconds(1800)
}
