//! The Service Redundancy Protocol peer: two chassis agree who is Active and keep the sessions.
//!
//! [`Peer`] is one chassis' side of a pair, sans-I/O: feed it [`Input`]s with the time, drain
//! [`Peer::poll_output`], wake it at [`Peer::deadline`]. The rules are those of `protocols.md`
//! section A; the frames those of [`crate::wire::srp`].
//!
//! Where to read: [`elect`] (who wins), [`Modifier`] (who draws the traffic), `peer` (inputs and
//! timers), `hello` (states), `handover` and `takeover` (leaving and taking over), `manager` and
//! `checkpoint` (keeping the Standby filled), `validation` (are we configured alike, are we ready).
//!
//! Not here yet: monitors and guard timers (SRP-33 to SRP-54), NACK (SRP-73 to SRP-80),
//! compression (SRP-81 to SRP-83), external audits (SRP-103 to SRP-105) and the switchover options
//! of A.12. Their frames are in the wire format; a received one is understood and has no effect.

mod checkpoint;
mod config;
mod election;
mod handover;
mod hello;
mod link;
mod manager;
mod modifier;
mod peer;
mod sessions;
mod statistics;
mod takeover;
mod validation;
mod view;

pub use crate::wire::srp::{Mode, Reason, State};
pub use config::{Phases, Settings, SettingsError};
pub use election::{Claim, PriorityRule, Verdict, elect};
pub use modifier::{FIRST_ACTIVE, Modifier};
pub use peer::Peer;
pub use sessions::Session;
pub use statistics::{CallLoss, Direction, Statistics};
pub use validation::{Refusal, SwitchoverCheck, Validation, ValidationStatus};
pub use view::{Connection, Instance, ManagerState, PeerView, Totals};

use crate::wire::srp::CONTROL;

/// One TCP connection between the pair (SRP-7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Conn {
    Control,
    /// Between the session managers with this number, from 1.
    Session(u16),
}

impl Conn {
    /// The connection whose frames carry `instance`; see [`crate::wire::srp::instance_of`].
    pub fn from_instance(instance: u16) -> Self {
        if instance == CONTROL {
            Self::Control
        } else {
            Self::Session(instance)
        }
    }
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input<'a> {
    /// A connection stands: one we asked for, or one the configured peer address opened. If the
    /// machine believed it open, the earlier one is forgotten.
    Opened(Conn),
    /// Bytes in any chunking.
    Received(Conn, &'a [u8]),
    /// The connection is gone, or could not be opened.
    Closed(Conn),
    /// The deadline passed.
    Tick,
}

/// What the world is asked to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Connect to the peer; replaces an attempt still under way. Only the chassis with the lower
    /// bind address asks, again at every hello interval (SRP-113).
    Open(Conn),
    Send(Conn, Vec<u8>),
    /// Close after what was sent before.
    Close(Conn),
    /// A trap's worth of news.
    Notify(Notice),
    /// State or route modifier changed: routes are to be advertised accordingly (SRP-31).
    Changed,
    /// A line for the chassis' log.
    Log(String),
}

/// News a chassis reports as SNMP traps (`protocols.md` A.15).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    Active,
    Standby,
    SwitchoverInitiated,
    /// starSRPSwitchoverOccured, spelled as the MIB spells it.
    SwitchoverOccured(Reason),
    ConnDown,
    ConnUp,
    ConfigOutOfSync,
    ConfigInSync,
    CheckpointFailure,
    /// Both chassis have the same tie-break MAC; neither becomes Active (E5).
    DuplicateTiebreak,
}
