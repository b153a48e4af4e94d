//! Checkpoints (`protocols.md` A.10): live sessions of the Active become records of the Standby.
//!
//! A full synchronisation is a bracket of FLUSH-BEGIN (complete) and FLUSH-END around every
//! eligible call of the instance: what it does not name is gone, and lost invalidations cannot
//! leave ghosts on the Standby.

use super::manager::Sync;
use super::peer::Peer;
use super::sessions::{Record, Session, millis};
use super::statistics::{CallLoss, Direction};
use super::validation::Refusal;
use super::{Conn, Notice, Output, Reason, State};
use crate::proto::Time;
use crate::wire::srp::{CallRecord, Message, Micro, command};

/// Frames of a full synchronisation under way before the Standby has to say APPLIED.
const WINDOW: u32 = 2048;

impl Peer {
    /// A new session on the Active.
    ///
    /// # Errors
    ///
    /// Any other state accepts no new session; an instance that does not exist.
    pub fn attach(&mut self, now: Time, session: Session) -> Result<(), Refusal> {
        if !self.accepts_control() {
            return Err(Refusal::NotActive { state: self.state });
        }
        let (instance, total) = (session.instance, self.settings.session_managers);
        if instance == 0 || instance > total {
            return Err(Refusal::UnknownInstance { instance, total });
        }
        let eligible_at = session.started + self.settings.checkpoint_age(session.ims);
        self.table.attach(session, millis(eligible_at), millis(now));
        if eligible_at <= now {
            self.checkpoint(session.call_id);
        }
        Ok(())
    }

    /// A session ends on the Active; the Standby is told to forget it (MC command 1).
    ///
    /// # Errors
    ///
    /// Any other state, or a call that is not in the table.
    pub fn detach(&mut self, call_id: u32) -> Result<(), Refusal> {
        if !self.accepts_control() {
            return Err(Refusal::NotActive { state: self.state });
        }
        let record = self
            .table
            .remove(call_id)
            .ok_or(Refusal::UnknownCall { call_id })?;
        if record.ripens_ms == 0 && self.was_sent(record.instance, call_id) {
            let invalidate = Micro {
                call_id,
                command: command::INVALIDATE,
                variables: &[],
            };
            self.send_checkpoint(record.instance, &Message::Micro(invalidate));
            self.managers[usize::from(record.instance) - 1].micro_sent += 1;
        }
        Ok(())
    }

    /// Starts the full synchronisation of every ready instance again (SRP-64).
    pub(super) fn restart_synchronisation(&mut self, now: Time) {
        for instance in 1..=self.settings.session_managers {
            self.managers[usize::from(instance) - 1].sync = Sync::Idle;
            self.synchronise(now, instance);
        }
    }

    /// Full checkpoints for sessions that became eligible (SRP-62).
    pub(super) fn ripen(&mut self, now: Time) {
        if self.table.young() == 0 {
            return;
        }
        let mut ripe = Vec::new();
        self.table.ripen(millis(now), &mut ripe);
        for call_id in ripe {
            self.checkpoint(call_id);
        }
    }

    /// As [`Self::ripen`], whatever their age (SRP-69, `flush_young`).
    pub(super) fn ripen_all(&mut self) {
        let mut ripe = Vec::new();
        self.table.ripen(u64::MAX, &mut ripe);
        for call_id in ripe {
            self.checkpoint(call_id);
        }
    }

    /// Queues the critical flush of every ready instance whose synchronisation is complete; true
    /// once all of them are applied.
    pub(super) fn flush_sessions(&mut self) -> bool {
        let mut applied = true;
        for instance in 1..=self.settings.session_managers {
            let manager = &self.managers[usize::from(instance) - 1];
            if !(manager.connected && manager.peer_ready) {
                continue;
            }
            match (manager.flush_end, manager.sync) {
                (None, Sync::Running { .. }) => applied = false,
                (None, _) => {
                    let epoch = self.next_epoch();
                    self.send_checkpoint(
                        instance,
                        &Message::FlushBegin {
                            epoch,
                            records: 0,
                            complete: false,
                        },
                    );
                    self.send_checkpoint(instance, &Message::FlushEnd { epoch, records: 0 });
                    let manager = &mut self.managers[usize::from(instance) - 1];
                    manager.flush_end = Some(manager.checkpoint_sent);
                    applied = false;
                }
                (Some(end), _) => applied &= manager.applied >= end,
            }
        }
        applied
    }

    /// A switchover is over, one way or the other.
    pub(super) fn forget_flush(&mut self) {
        for manager in &mut self.managers {
            manager.flush_end = None;
        }
    }

    /// SRP-111: the loser of a dual-active situation empties its table and remembers what was in
    /// it, to count what the winner does not send back.
    pub(super) fn discard_as_loser(&mut self, now: Time) {
        let before = u32::try_from(self.table.len()).unwrap_or(u32::MAX);
        self.discarded = self.table.drain();
        self.statistics.count(Reason::DualActive);
        self.history.push(CallLoss::of(
            now,
            Reason::DualActive,
            Direction::ToStandby,
            before,
            before,
            0,
        ));
    }

    /// A complete synchronisation of `instance` has ended: discarded calls it did not name are lost.
    pub(super) fn settle_discarded(&mut self, instance: u16) {
        if self.discarded.is_empty() {
            return;
        }
        let before = self.discarded.len();
        self.discarded.retain(|_, held_by| *held_by != instance);
        let lost = u32::try_from(before - self.discarded.len()).unwrap_or(u32::MAX);
        if let Some(record) = self
            .history
            .0
            .iter_mut()
            .rev()
            .find(|record| record.reason == Reason::DualActive)
        {
            record.lost_dual_active += lost;
            record.recovered = record.recovered.saturating_sub(lost);
        }
    }

    /// A frame the Standby answers with APPLIED.
    fn send_checkpoint(&mut self, instance: u16, message: &Message<'_>) {
        self.send_session(instance, message);
        let manager = &mut self.managers[usize::from(instance) - 1];
        manager.checkpoint_sent = manager.link.sent;
    }

    /// Whether the Standby has been sent this call on the present connection.
    fn was_sent(&self, instance: u16, call_id: u32) -> bool {
        // A reconfiguration may have taken the instance away.
        match self
            .managers
            .get(usize::from(instance) - 1)
            .map(|manager| manager.sync)
        {
            None | Some(Sync::Idle) => false,
            Some(Sync::Running { next, .. }) => call_id < next,
            Some(Sync::Done) => true,
        }
    }

    /// Sends the full checkpoint of one eligible call, unless a synchronisation will do it.
    fn checkpoint(&mut self, call_id: u32) {
        let Some(record) = self.table.get(call_id) else {
            return;
        };
        let instance = record.instance;
        let message = Message::Full(full(call_id, record));
        if self.was_sent(instance, call_id) {
            self.send_checkpoint(instance, &message);
            self.managers[usize::from(instance) - 1].full_sent += 1;
            return;
        }
        let manager = self.managers.get(usize::from(instance) - 1);
        if manager.is_some_and(|manager| manager.was_ready && !manager.peer_ready) {
            self.report_failure(instance);
        }
    }

    /// Starts or continues the full synchronisation of an instance, as far as the window allows.
    pub(super) fn synchronise(&mut self, now: Time, instance: u16) {
        let standby = self
            .view
            .as_ref()
            .is_some_and(|view| view.alive && view.state == State::Standby);
        let manager = &self.managers[usize::from(instance) - 1];
        if !(standby && manager.connected && manager.peer_ready) {
            return;
        }
        let (mut next, mut records) = match (self.state, manager.sync) {
            (State::Active, Sync::Idle) => {
                self.ripen(now);
                let epoch = self.epoch;
                self.managers[usize::from(instance) - 1].failure_reported = false;
                self.send_checkpoint(
                    instance,
                    &Message::FlushBegin {
                        epoch,
                        records: self.table.count(instance),
                        complete: true,
                    },
                );
                (0, 0)
            }
            (State::Active | State::PendingStandby, Sync::Running { next, records }) => {
                (next, records)
            }
            _ => return,
        };
        let manager = &mut self.managers[usize::from(instance) - 1];
        let mut complete = true;
        for (call_id, record) in self.table.eligible(instance, next) {
            if manager.outstanding() >= WINDOW {
                complete = false;
                break;
            }
            if let Some(batch) = manager
                .link
                .push(instance, &Message::Full(full(call_id, record)))
            {
                self.outputs
                    .push_back(Output::Send(Conn::Session(instance), batch));
            }
            manager.checkpoint_sent = manager.link.sent;
            manager.full_sent += 1;
            records += 1;
            next = call_id.saturating_add(1);
        }
        manager.sync = if complete {
            Sync::Done
        } else {
            Sync::Running { next, records }
        };
        self.unsent = true;
        if complete {
            let epoch = self.epoch;
            self.send_checkpoint(instance, &Message::FlushEnd { epoch, records });
        }
    }

    pub(super) fn full_received(&mut self, instance: u16, sequence: u32, record: &CallRecord<'_>) {
        let applicable = self.state == State::Standby && !self.validation.out_of_sync;
        let manager = &mut self.managers[usize::from(instance) - 1];
        manager.full_received += 1;
        manager.to_acknowledge = Some(sequence);
        if !(applicable && manager.ready) {
            // A bracket with holes must not sweep what it could not name.
            manager.sweeping = false;
            self.statistics.checkpoints_not_applied += 1;
            return;
        }
        let mark = manager.mark;
        self.discarded.remove(&record.call_id);
        let kept = Record {
            started_ms: record.started_ms,
            instance,
            ims: record.ims,
            ripens_ms: 0,
            mark,
        };
        self.table.put(record.call_id, kept);
    }

    pub(super) fn micro_received(&mut self, instance: u16, sequence: u32, micro: &Micro<'_>) {
        let applicable = self.state == State::Standby && !self.validation.out_of_sync;
        let manager = &mut self.managers[usize::from(instance) - 1];
        manager.micro_received += 1;
        manager.to_acknowledge = Some(sequence);
        let applied = match micro.command {
            _ if !applicable => false,
            command::INVALIDATE => self.table.remove(micro.call_id).is_some(),
            _ => self.table.get(micro.call_id).is_some(),
        };
        self.statistics.checkpoints_not_applied += u64::from(!applied);
    }

    /// SRP-70, once per outage of an instance.
    pub(super) fn report_failure(&mut self, instance: u16) {
        if !std::mem::replace(
            &mut self.managers[usize::from(instance) - 1].failure_reported,
            true,
        ) {
            self.log(format!(
                "session manager {instance}: checkpoints could not be delivered"
            ));
            self.notify(Notice::CheckpointFailure);
        }
    }
}

fn full(call_id: u32, record: &Record) -> CallRecord<'static> {
    CallRecord {
        call_id,
        started_ms: record.started_ms,
        ims: record.ims,
        ..CallRecord::default()
    }
}
