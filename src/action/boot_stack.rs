//! `boot_stack`: a new top entry by the N-1 rule, or the new entry taken away again (INV-22,
//! INV-23, INV-27).

use serde::{Deserialize, Serialize};

use super::fields::FlashPath;

/// Either `image` and `config` (add on top) or `remove` (take the top entry away).
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    pub image: Option<FlashPath>,
    pub config: Option<FlashPath>,
    pub remove: Option<Remove>,
    /// What to do when the top priority is already 1.
    #[serde(default)]
    pub when_top_is_1: Crowded,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Remove {
    /// The entry that this run added; refused when the top entry is another one.
    Top,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Crowded {
    /// Show the renumbering that would be needed and stop.
    #[default]
    Stop,
    /// Move the existing entries ten numbers down, lowest-ranked first, then add.
    Renumber,
}
