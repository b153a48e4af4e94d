//! `save_config`: the running configuration onto flash and off the box, under a new name
//! (INV-26).

use serde::{Deserialize, Serialize};

use super::fields::{FlashPath, Span};

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// A new file name: an existing file is never overwritten (`staros-cli.md` 6, trap 11).
    pub to: FlashPath,
    /// Where the copy outside the chassis goes: `run_directory` (the default: the text is read
    /// over the session and kept with the journal) or a URL the chassis can save to.
    #[serde(default)]
    pub off_box: OffBox,
    #[serde(default = "five_minutes")]
    pub within: Span,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OffBox {
    #[default]
    RunDirectory,
    Url(String),
}

fn five_minutes() -> Span {
    Span::seconds(300)
}
