//! `health_check`: is this chassis fit for what comes next? (INV-30)

use serde::{Deserialize, Serialize};

use super::fields::Span;

/// What must hold. Every named check reads a whole table and must find a typed value; what could
/// not be read is a failure (INV-37). At least one check must be named.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// No card offline, unknown or still starting.
    pub cards: Option<Ok>,
    /// Every service within its licensed limits.
    pub resources: Option<Ok>,
    pub alarms: Option<Alarms>,
    /// Every configured service started.
    pub services: Option<Started>,
    pub session_recovery: Option<Ready>,
    /// Every monitored peer up (on the standby, authentication probes may rest).
    pub srp_monitor: Option<Ok>,
    /// One Active, one Standby, connected, and both say the same of each other.
    pub srp: Option<Paired>,
    pub bgp: Option<Established>,
    /// No AAA-unreachable trap newer than the last switchover (INV-13).
    pub aaa: Option<Reachable>,
    pub license: Option<Good>,
    /// The release that must be running, exactly as `show version` says it.
    pub version: Option<String>,
    /// Keep checking until all is well, at most this long; without it, one look decides.
    pub within: Option<Span>,
}

macro_rules! one_word {
    ($($(#[$doc:meta])* $name:ident { $($word:ident),+ })+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($word),+ }
    )+};
}

one_word! {
    Ok { Ok }
    Started { Started }
    Ready { Ready }
    Paired { Paired }
    Established { Established }
    Reachable { Reachable }
    Good { Good }
    /// `none`: no alarm at all. `none_blocking`: minor ones are reported, not refused.
    Alarms { None, NoneBlocking }
}
