//! `srp_switchover`: validate, check parity, switch, and see it on both chassis (INV-7 to INV-13).

use serde::{Deserialize, Serialize};

use super::fields::{Percent, Span};

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// The role whose chassis shall be Active afterwards.
    pub to: Side,
    /// How far pre-allocated calls may differ from the subscribers on the Active.
    #[serde(default = "five_percent")]
    pub parity: Percent,
    /// Fewer pre-allocated calls than this prove nothing, equal or not.
    #[serde(default = "ten")]
    pub floor: u64,
    /// How many sessions may be lost.
    #[serde(default = "five_percent")]
    pub loss: Percent,
    /// Guard plus damping period: no second switchover sooner than this after the last (INV-11).
    #[serde(default = "two_minutes")]
    pub guard: Span,
    #[serde(default = "five_minutes")]
    pub within: Span,
    #[serde(default = "five_seconds")]
    pub poll: Span,
}

/// A chassis of the pair by its configured role, which never changes during an upgrade.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    Primary,
    Backup,
}

fn five_percent() -> Percent {
    Percent(5.0)
}

fn ten() -> u64 {
    10
}

fn two_minutes() -> Span {
    Span::seconds(120)
}

fn five_minutes() -> Span {
    Span::seconds(300)
}

fn five_seconds() -> Span {
    Span::seconds(5)
}
