//! The session table: live sessions on the Active, pre-allocated records on the Standby.
//!
//! One compact record per call, because checkpoints replicate it. Sessions too young to be
//! checkpointed wait in an order of their own, so looking for newly eligible ones costs nothing
//! while there are none.

use std::collections::{BTreeMap, BTreeSet};

use crate::proto::Time;

/// A session as the chassis hands it over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session {
    pub call_id: u32,
    /// When the call began, which decides when it is checkpointed.
    pub started: Time,
    pub ims: bool,
    /// The session manager that holds it, from 1.
    pub instance: u16,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Record {
    pub started_ms: u64,
    pub instance: u16,
    pub ims: bool,
    /// When the call becomes old enough to be checkpointed; 0 once it is.
    pub ripens_ms: u64,
    /// The full synchronisation that last named this call.
    pub mark: u8,
}

#[derive(Debug, Default)]
pub(super) struct Table {
    records: BTreeMap<u32, Record>,
    /// Moment of eligibility in milliseconds, call.
    young: BTreeSet<(u64, u32)>,
    /// Records of instance `index + 1`.
    counts: Vec<u32>,
}

impl Table {
    pub fn len(&self) -> usize {
        self.records.len()
    }

    pub fn count(&self, instance: u16) -> u32 {
        self.counts
            .get(usize::from(instance) - 1)
            .copied()
            .unwrap_or(0)
    }

    /// Calls that were not old enough at the last [`Self::ripen`].
    pub fn young(&self) -> usize {
        self.young.len()
    }

    /// Every call, in order of its id.
    pub fn calls(&self) -> impl Iterator<Item = u32> {
        self.records.keys().copied()
    }

    pub fn get(&self, call_id: u32) -> Option<&Record> {
        self.records.get(&call_id)
    }

    /// Adds or replaces a live session that becomes eligible at `eligible_ms`.
    pub fn attach(&mut self, session: Session, eligible_ms: u64, now_ms: u64) {
        let ripens_ms = if eligible_ms <= now_ms {
            0
        } else {
            eligible_ms
        };
        let started_ms = millis(session.started);
        self.put(
            session.call_id,
            Record {
                started_ms,
                instance: session.instance,
                ims: session.ims,
                ripens_ms,
                mark: 0,
            },
        );
        if ripens_ms > 0 {
            self.young.insert((ripens_ms, session.call_id));
        }
    }

    /// Adds or replaces a record (SRP-65).
    pub fn put(&mut self, call_id: u32, record: Record) {
        if let Some(old) = self.records.insert(call_id, record) {
            self.forget_count(old.instance);
            self.young.remove(&(old.ripens_ms, call_id));
        }
        let index = usize::from(record.instance) - 1;
        if self.counts.len() <= index {
            self.counts.resize(index + 1, 0);
        }
        self.counts[index] += 1;
    }

    pub fn remove(&mut self, call_id: u32) -> Option<Record> {
        let old = self.records.remove(&call_id)?;
        self.forget_count(old.instance);
        self.young.remove(&(old.ripens_ms, call_id));
        Some(old)
    }

    /// Moves every call that became eligible until `now_ms` into `ripe`.
    pub fn ripen(&mut self, now_ms: u64, ripe: &mut Vec<u32>) {
        while let Some(&(at, call_id)) = self.young.first()
            && at <= now_ms
        {
            self.young.pop_first();
            let record = self
                .records
                .get_mut(&call_id)
                .expect("a young call has a record");
            record.ripens_ms = 0;
            ripe.push(call_id);
        }
    }

    /// Eligible records of one instance from `from` on, in order of call id.
    pub fn eligible(&self, instance: u16, from: u32) -> impl Iterator<Item = (u32, &Record)> {
        self.records
            .range(from..)
            .filter(move |(_, r)| r.instance == instance && r.ripens_ms == 0)
            .map(|(id, r)| (*id, r))
    }

    /// Drops the records of `instance` that the synchronisation `mark` did not name.
    pub fn sweep(&mut self, instance: u16, mark: u8) {
        let mut dropped = 0;
        self.records.retain(|_, record| {
            let keep = record.instance != instance || record.mark == mark;
            dropped += u32::from(!keep);
            keep
        });
        if dropped > 0 {
            self.counts[usize::from(instance) - 1] -= dropped;
        }
    }

    /// Empties the table; the calls it held, with their instances.
    pub fn drain(&mut self) -> BTreeMap<u32, u16> {
        self.young.clear();
        self.counts.clear();
        std::mem::take(&mut self.records)
            .into_iter()
            .map(|(id, record)| (id, record.instance))
            .collect()
    }

    fn forget_count(&mut self, instance: u16) {
        self.counts[usize::from(instance) - 1] -= 1;
    }
}

/// Whole milliseconds; a machine lives far less than 584 million years.
pub(super) fn millis(time: Time) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(call_id: u32, instance: u16) -> Session {
        Session {
            call_id,
            started: Time::from_secs(10),
            ims: false,
            instance,
        }
    }

    #[test]
    fn srp_62_sessions_ripen_in_order_of_their_age() {
        let mut table = Table::default();
        table.attach(session(1, 1), 70_000, 10_000);
        table.attach(session(2, 2), 65_000, 10_000);
        table.attach(session(3, 1), 9_000, 10_000);
        assert_eq!(
            (table.len(), table.young(), table.count(1), table.count(2)),
            (3, 2, 2, 1)
        );
        let mut ripe = Vec::new();
        table.ripen(69_999, &mut ripe);
        assert_eq!(ripe, [2]);
        table.remove(1);
        table.ripen(80_000, &mut ripe);
        assert_eq!((ripe.len(), table.young(), table.count(1)), (1, 0, 1));
    }

    #[test]
    fn srp_65_a_second_checkpoint_replaces_the_record() {
        let mut table = Table::default();
        let record = Record {
            started_ms: 1,
            instance: 1,
            ims: false,
            ripens_ms: 0,
            mark: 1,
        };
        table.put(7, record);
        table.put(
            7,
            Record {
                instance: 2,
                mark: 2,
                ..record
            },
        );
        table.put(8, record);
        assert_eq!((table.len(), table.count(1), table.count(2)), (2, 1, 1));
        table.sweep(1, 2);
        assert_eq!(
            (
                table.len(),
                table.count(1),
                table.get(7).map(|r| r.instance)
            ),
            (1, 0, Some(2))
        );
    }
}
