//! What the show commands count: frames, switchovers, call loss.

use std::collections::VecDeque;

use crate::proto::Time;
use crate::wire::srp::Reason;

/// Call-loss records kept (`show srp call-loss statistics`).
const HISTORY: usize = 10;

/// Counters of `show srp statistics`; they only grow while the machine lives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    pub hello_sent: u64,
    pub hello_received: u64,
    pub hello_ack_sent: u64,
    pub hello_ack_received: u64,
    /// Frames of an unknown type, counted and ignored.
    pub unknown_frames: u64,
    /// Bytes that were not SRP; each closed a connection.
    pub protocol_errors: u64,
    /// Control and session connections that were lost or closed.
    pub connection_resets: u64,
    pub validations: u64,
    pub validation_failures: u64,
    /// Checkpoints that arrived but could not be applied.
    pub checkpoints_not_applied: u64,
    /// SWITCHOVER-REQs this chassis refused (SRP-112).
    pub requests_refused: u64,
    /// Manual switchovers that were given up and fell back to Active (T12).
    pub switchovers_abandoned: u64,
    pub switchovers_manual: u64,
    pub switchovers_aaa: u64,
    pub switchovers_bgp: u64,
    pub switchovers_diameter: u64,
    pub switchovers_peer_dead: u64,
    pub switchovers_dual: u64,
}

impl Statistics {
    pub(super) fn count(&mut self, reason: Reason) {
        let counter = match reason {
            Reason::ManualSwitchover | Reason::ForceStateChange => &mut self.switchovers_manual,
            Reason::AaaFailure => &mut self.switchovers_aaa,
            Reason::BgpFailure | Reason::BfdFailure => &mut self.switchovers_bgp,
            Reason::DiameterFailure => &mut self.switchovers_diameter,
            Reason::DeadTimerExpiry => &mut self.switchovers_peer_dead,
            Reason::DualActive | Reason::DualStandby => &mut self.switchovers_dual,
            Reason::NotDefined
            | Reason::HsrpSwitchover
            | Reason::ChassisChassisBfdFailure
            | Reason::EgqcFailure => return,
        };
        *counter += 1;
    }
}

/// Which way a chassis went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    ToActive,
    ToStandby,
}

/// What one switchover cost (SRP-108).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallLoss {
    pub at: Time,
    pub reason: Reason,
    pub direction: Direction,
    pub before: u32,
    pub recovered: u32,
    /// Too young to have been checkpointed (SRP-69).
    pub lost_not_eligible: u32,
    /// Checkpointed, but not held by the chassis that took over.
    pub lost_not_applied: u32,
    pub lost_audit_purge: u32,
    /// Known only to the loser of a dual-active situation (SRP-111).
    pub lost_dual_active: u32,
}

impl CallLoss {
    pub fn lost(&self) -> u32 {
        self.lost_not_eligible
            + self.lost_not_applied
            + self.lost_audit_purge
            + self.lost_dual_active
    }

    /// Splits the difference between `before` and `recovered` into at most `young` sessions that
    /// were not eligible and the rest, which was not applied.
    pub(super) fn of(
        at: Time,
        reason: Reason,
        direction: Direction,
        before: u32,
        recovered: u32,
        young: u32,
    ) -> Self {
        let lost = before.saturating_sub(recovered);
        let lost_not_eligible = lost.min(young);
        Self {
            at,
            reason,
            direction,
            before,
            recovered,
            lost_not_eligible,
            lost_not_applied: lost - lost_not_eligible,
            lost_audit_purge: 0,
            lost_dual_active: 0,
        }
    }
}

/// The last call-loss records, oldest first.
#[derive(Debug, Default)]
pub(super) struct History(pub VecDeque<CallLoss>);

impl History {
    pub fn push(&mut self, record: CallLoss) {
        if self.0.len() == HISTORY {
            self.0.pop_front();
        }
        self.0.push_back(record);
    }
}
