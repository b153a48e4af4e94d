//! What travels on the control connection beside the Hello.

use std::fmt;

/// A piece of the normalised configuration text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConfigPart<'a> {
    /// From 0.
    pub part: u16,
    pub parts: u16,
    /// May end inside a character.
    pub text: &'a [u8],
    /// SHA-256 of the whole text.
    pub digest: [u8; 32],
}

/// Why a chassis changed its state (SRP-11), as starSRPSwitchReason numbers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    NotDefined = 0,
    AaaFailure = 1,
    BgpFailure = 2,
    BfdFailure = 3,
    DiameterFailure = 4,
    HsrpSwitchover = 5,
    ChassisChassisBfdFailure = 6,
    DualActive = 7,
    DualStandby = 8,
    DeadTimerExpiry = 9,
    ForceStateChange = 10,
    ManualSwitchover = 11,
    EgqcFailure = 12,
}

impl Reason {
    pub(super) const ALL: [Self; 13] = [
        Self::NotDefined,
        Self::AaaFailure,
        Self::BgpFailure,
        Self::BfdFailure,
        Self::DiameterFailure,
        Self::HsrpSwitchover,
        Self::ChassisChassisBfdFailure,
        Self::DualActive,
        Self::DualStandby,
        Self::DeadTimerExpiry,
        Self::ForceStateChange,
        Self::ManualSwitchover,
        Self::EgqcFailure,
    ];
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::NotDefined => "not defined",
            Self::AaaFailure => "AAA failure",
            Self::BgpFailure => "BGP failure",
            Self::BfdFailure => "BFD failure",
            Self::DiameterFailure => "Diameter failure",
            Self::HsrpSwitchover => "HSRP switchover",
            Self::ChassisChassisBfdFailure => "chassis to chassis BFD failure",
            Self::DualActive => "dual Active",
            Self::DualStandby => "dual Standby",
            Self::DeadTimerExpiry => "dead timer expiry",
            Self::ForceStateChange => "forced state change",
            Self::ManualSwitchover => "manual switchover",
            Self::EgqcFailure => "EGQC failure",
        })
    }
}

/// SWITCHOVER-REQ: the Active asks the Standby to take over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    pub reason: Reason,
    /// The epoch this switchover would complete (SRP-112).
    pub epoch: u64,
    /// Options of `protocols.md` A.12 in force, as [`super::Capabilities`] bits.
    pub options: u32,
    /// Sessions of the Active when it stopped accepting new ones.
    pub sessions: u32,
    /// Of these, sessions too young to have been checkpointed (SRP-69).
    pub young: u32,
}

/// The answer to a [`Request`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Accepted = 0,
    /// Not the epoch after ours (SRP-112).
    WrongEpoch = 1,
    NotStandby = 2,
    OptionsDiffer = 3,
}

/// SWITCHOVER-RSP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Response {
    pub epoch: u64,
    pub verdict: Verdict,
    /// The responder's route modifier after its decision.
    pub route_modifier: u16,
}

/// Switchover phases (`protocols.md` A.12).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    CriticalFlush = 1,
    Convergence = 2,
    Accounting = 3,
    Audit = 4,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    Begin = 0,
    End = 1,
}

/// PHASE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PhaseReport {
    pub epoch: u64,
    pub phase: Phase,
    pub edge: Edge,
    /// Sessions the sender holds.
    pub sessions: u32,
}

/// One finding of a switchover validation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Check<'a> {
    pub name: &'a str,
    pub passed: bool,
    pub detail: &'a str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MonitorKind {
    Aaa = 0,
    Bgp = 1,
    Diameter = 2,
}

/// One monitored endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MonitorRow<'a> {
    pub kind: MonitorKind,
    pub up: bool,
    /// 0 when the endpoint is in no group.
    pub group: u16,
    /// Context and address, such as `PGWin 10.20.0.1`.
    pub endpoint: &'a str,
}
