//! Which steps may start side by side.
//!
//! A chassis is spoken to by one step at a time, and one chassis of a pair is under change at a
//! time (INV-6). Steps that are ready wait in one ordered queue per set of things they occupy, so
//! choosing the next one costs the same with ten steps as with a hundred thousand.

use std::collections::BTreeSet;

use crate::playbook::Step;
use crate::playbook::plan::{On, StepIndex};

/// A set of things a step occupies while it runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Claim(u8);

impl Claim {
    const PRIMARY: u8 = 1;
    const BACKUP: u8 = 2;
    /// The right to change the pair.
    const CHANGE: u8 = 4;

    /// What `step` occupies.
    pub fn of(step: &Step) -> Self {
        let mut claim = match step.on {
            Some(On::Primary) => Self::PRIMARY,
            Some(On::Backup) => Self::BACKUP,
            Some(On::Active | On::Standby) => Self::PRIMARY | Self::BACKUP,
            None => 0,
        };
        if step.action.needs_peer() {
            claim |= Self::PRIMARY | Self::BACKUP;
        }
        if step.action.changes_service() {
            claim |= Self::CHANGE;
        }
        Self(claim)
    }

    fn overlaps(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Both together.
    pub fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is left of this without `other`.
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

/// The queues.
#[derive(Clone, Debug, Default)]
pub struct Ready {
    queues: [BTreeSet<StepIndex>; 8],
}

impl Ready {
    /// Puts a step in the queue of its claim.
    pub fn insert(&mut self, step: StepIndex, claim: Claim) {
        self.queues[usize::from(claim.0)].insert(step);
    }

    /// Takes a step out of the queue of its claim, if it is there.
    pub fn remove(&mut self, step: StepIndex, claim: Claim) {
        self.queues[usize::from(claim.0)].remove(&step);
    }

    /// Empties all queues.
    pub fn clear(&mut self) {
        self.queues.iter_mut().for_each(BTreeSet::clear);
    }

    /// Takes the first step, in playbook order, that does not overlap `busy`. A step that must
    /// wait keeps its place: later steps do not take what it is waiting for, so nothing starves.
    pub fn take(&mut self, busy: Claim) -> Option<(StepIndex, Claim)> {
        let mut heads: [(StepIndex, u8); 8] = [(StepIndex::MAX, 0); 8];
        for (claim, queue) in (0u8..).zip(&self.queues) {
            heads[usize::from(claim)] = (queue.first().copied().unwrap_or(StepIndex::MAX), claim);
        }
        heads.sort_unstable();
        let mut reserved = busy;
        for (step, claim) in heads {
            if step == StepIndex::MAX {
                break;
            }
            let claim = Claim(claim);
            if !claim.overlaps(reserved) {
                self.queues[usize::from(claim.0)].pop_first();
                return Some((step, claim));
            }
            reserved = reserved.and(claim);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const P: Claim = Claim(1);
    const B: Claim = Claim(2);
    const BOTH: Claim = Claim(3);
    const P_CHANGE: Claim = Claim(5);
    const B_CHANGE: Claim = Claim(6);

    #[test]
    fn readers_of_different_chassis_run_side_by_side() {
        let mut ready = Ready::default();
        ready.insert(0, P);
        ready.insert(1, B);
        assert_eq!(ready.take(Claim(0)), Some((0, P)));
        assert_eq!(ready.take(P), Some((1, B)));
    }

    #[test]
    fn inv_6_changes_of_two_chassis_never_overlap() {
        let mut ready = Ready::default();
        ready.insert(0, P_CHANGE);
        ready.insert(1, B_CHANGE);
        assert_eq!(ready.take(Claim(0)), Some((0, P_CHANGE)));
        assert_eq!(ready.take(P_CHANGE), None);
    }

    #[test]
    fn a_waiting_step_is_not_overtaken_for_what_it_waits_for() {
        let mut ready = Ready::default();
        ready.insert(1, BOTH);
        ready.insert(2, B);
        ready.insert(3, Claim(0));
        assert_eq!(
            ready.take(P),
            Some((3, Claim(0))),
            "it takes nothing the first one wants"
        );
        assert_eq!(
            ready.take(P),
            None,
            "step 2 may not keep step 1 from chassis B"
        );
        assert_eq!(ready.take(Claim(0)), Some((1, BOTH)));
    }
}
