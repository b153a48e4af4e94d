//! Session-manager pairs: readiness and checkpoints (`protocols.md` A.10).
//!
//! All pairs share one heartbeat tick. Newly eligible sessions are looked for at the same tick, so
//! thousands of sessions cause no timers of their own. A full synchronisation is a bracket of
//! FLUSH-BEGIN (complete) and FLUSH-END around every eligible call of the instance: what it does
//! not name is gone, and lost invalidations cannot leave ghosts on the Standby.

use super::link::Link;
use super::peer::Peer;
use super::sessions::{Record, Session, millis};
use super::statistics::{CallLoss, Direction};
use super::validation::Refusal;
use super::view::ManagerState;
use super::{Conn, Notice, Output, Reason, State};
use crate::proto::Time;
use crate::wire::srp::{CallRecord, Message, Micro, Open, command};

/// Heartbeat interval (SRP-84).
pub const HEARTBEAT: Time = Time::from_secs(3);
/// Heartbeats from the peer before data is accepted (SRP-84).
const HEARTBEATS_BEFORE_READY: u8 = 7;
/// The same with `standby database-recovery aggressive` (SRP-85).
const HEARTBEATS_BEFORE_READY_AGGRESSIVE: u8 = 1;
/// Silence after which a pair is not connected: three heartbeats (SRP-88).
const HEARTBEAT_LOSS: Time = Time::from_secs(9);
/// Frames of a full synchronisation under way before the Standby has to say APPLIED.
const WINDOW: u32 = 2048;

/// How far the full synchronisation of an instance has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Sync {
    #[default]
    Idle,
    /// The next call id to send, and how many records were sent.
    Running {
        next: u32,
        records: u32,
    },
    Done,
}

/// This chassis' side of one session-manager pair.
#[derive(Debug, Default)]
pub(super) struct Manager {
    pub link: Link,
    /// SM-OPEN was answered.
    connected: bool,
    /// Either side recovers aggressively, so the first heartbeat leaves at once.
    hurry: bool,
    counter: u32,
    heard: u8,
    heard_at: Time,
    ready: bool,
    peer_ready: bool,
    sync: Sync,
    /// Sequence number of the last checkpoint frame sent.
    checkpoint_sent: u32,
    /// Highest sequence number the peer has applied.
    applied: u32,
    /// Sequence number of a checkpoint frame to acknowledge.
    to_acknowledge: Option<u32>,
    /// Names the full synchronisation being received.
    mark: u8,
    sweeping: bool,
    /// Sequence number of the FLUSH-END that ends a planned switchover's critical flush.
    flush_end: Option<u32>,
    failure_reported: bool,
    was_ready: bool,
    pub full_sent: u64,
    pub micro_sent: u64,
    pub full_received: u64,
    pub micro_received: u64,
}

impl Manager {
    /// The connection is new or gone; counters stay.
    fn reset(&mut self) {
        *self = Self {
            link: std::mem::take(&mut self.link),
            mark: self.mark,
            failure_reported: self.failure_reported,
            was_ready: self.was_ready,
            full_sent: self.full_sent,
            micro_sent: self.micro_sent,
            full_received: self.full_received,
            micro_received: self.micro_received,
            ..Self::default()
        };
    }

    /// Frames up to the last checkpoint that the peer has not applied; 0 for a peer that claims
    /// to have applied what was never sent.
    fn outstanding(&self) -> u32 {
        self.checkpoint_sent.saturating_sub(self.applied)
    }
}

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

    pub(super) fn manager(&mut self, instance: u16) -> Option<&mut Manager> {
        self.managers.get_mut(usize::from(instance).checked_sub(1)?)
    }

    /// Session-manager pairs over which the Standby accepts data: its own count of heartbeats when
    /// we are the Standby, its word for it otherwise.
    pub(super) fn ready_managers(&self) -> u16 {
        let ready = self
            .managers
            .iter()
            .filter(|manager| self.manager_state(manager) == ManagerState::Ready);
        u16::try_from(ready.count()).expect("instances are numbered with 16 bits")
    }

    pub(super) fn manager_state(&self, manager: &Manager) -> ManagerState {
        let ready = if self.state == State::Standby {
            manager.ready
        } else {
            manager.peer_ready
        };
        match (manager.connected, ready) {
            (false, _) => ManagerState::NotConnected,
            (true, false) => ManagerState::Connected,
            (true, true) => ManagerState::Ready,
        }
    }

    /// Asks for the missing session-manager connections once the pair has formed (T2), each at
    /// most once a hello interval.
    pub(super) fn open_sessions(&mut self, now: Time) {
        let formed = self
            .view
            .as_ref()
            .is_some_and(|view| view.alive && view.state != State::Init);
        if !(formed && self.settings.opens() && self.control.open && self.state != State::Init) {
            return;
        }
        for (instance, manager) in (1..).zip(&mut self.managers) {
            let link = &mut manager.link;
            let patient = link
                .asked_at
                .is_none_or(|asked| asked + self.settings.hello <= now);
            if !link.open && patient {
                link.asked_at = Some(now);
                self.outputs
                    .push_back(Output::Open(Conn::Session(instance)));
            }
        }
    }

    pub(super) fn session_opened(&mut self, now: Time, instance: u16) {
        let opens = self.settings.opens();
        let open = self.open_message(instance);
        let Some(manager) = self.manager(instance) else {
            self.outputs
                .push_back(Output::Close(Conn::Session(instance)));
            return;
        };
        manager.link.opened(now);
        manager.reset();
        manager.heard_at = now;
        self.beat_at.get_or_insert(now + HEARTBEAT);
        if opens {
            self.send_session(instance, &Message::SmOpen(open));
        }
    }

    pub(super) fn session_lost(&mut self, instance: u16) {
        let serving = matches!(self.state, State::Active | State::PendingStandby);
        let Some(manager) = self.manager(instance) else {
            return;
        };
        if !manager.link.open {
            manager.link.asked_at = None;
            return;
        }
        let undelivered = manager.peer_ready
            && (manager.outstanding() > 0 || matches!(manager.sync, Sync::Running { .. }));
        manager.link.closed();
        manager.reset();
        self.statistics.connection_resets += 1;
        if serving && undelivered {
            self.report_failure(instance);
        }
        if self.managers.iter().all(|manager| !manager.link.open) {
            self.beat_at = None;
        }
    }

    pub(super) fn session_frame(
        &mut self,
        now: Time,
        instance: u16,
        sequence: u32,
        message: &Message<'_>,
    ) {
        let open = self.open_message(instance);
        let aggressive = self.settings.aggressive;
        let Some(manager) = self.manager(instance) else {
            return;
        };
        match message {
            Message::SmOpen(peer) => {
                manager.connected = true;
                manager.hurry = aggressive || peer.aggressive;
                let hurry = manager.hurry;
                self.send_session(instance, &Message::SmOpenAck(open));
                self.hasten(instance, hurry);
            }
            Message::SmOpenAck(peer) => {
                manager.connected = true;
                manager.hurry = aggressive || peer.aggressive;
                let hurry = manager.hurry;
                self.hasten(instance, hurry);
            }
            Message::Heartbeat { ready, .. } => {
                manager.heard = manager.heard.saturating_add(1);
                manager.heard_at = now;
                manager.peer_ready = *ready;
                manager.was_ready |= *ready;
                let needed = if aggressive {
                    HEARTBEATS_BEFORE_READY_AGGRESSIVE
                } else {
                    HEARTBEATS_BEFORE_READY
                };
                if !manager.ready && manager.heard >= needed {
                    manager.ready = true;
                    self.send_heartbeat(instance);
                }
                self.synchronise(now, instance);
            }
            Message::Full(record) => self.full_received(instance, sequence, record),
            Message::Micro(micro) => self.micro_received(instance, sequence, micro),
            Message::FlushBegin { complete, .. } => {
                if *complete {
                    manager.mark = manager.mark.wrapping_add(1);
                    manager.sweeping = true;
                }
                manager.to_acknowledge = Some(sequence);
            }
            Message::FlushEnd { .. } => {
                manager.to_acknowledge = Some(sequence);
                let (sweep, mark) = (std::mem::take(&mut manager.sweeping), manager.mark);
                if sweep && self.state == State::Standby {
                    self.table.sweep(instance, mark);
                    self.settle_discarded(instance);
                }
            }
            Message::Applied(sequence) => {
                manager.applied = *sequence;
                self.synchronise(now, instance);
                self.advance_flush(now);
            }
            _ => {}
        }
    }

    /// After a chunk: keep the incomplete frame, acknowledge checkpoints once for all of them.
    pub(super) fn session_chunk_done(&mut self, instance: u16, rest: &[u8]) {
        let Some(manager) = self.manager(instance) else {
            return;
        };
        manager.link.rest.extend_from_slice(rest);
        if let Some(sequence) = manager.to_acknowledge.take() {
            self.send_session(instance, &Message::Applied(sequence));
        }
    }

    /// The shared tick: newly eligible sessions, heartbeats, silence.
    pub(super) fn beat(&mut self, now: Time) {
        self.beat_at = Some(now + HEARTBEAT);
        self.ripen(now);
        for instance in 1..=self.settings.session_managers {
            let manager = &self.managers[usize::from(instance) - 1];
            if !manager.link.open {
                continue;
            }
            if now.saturating_sub(manager.heard_at) >= HEARTBEAT_LOSS {
                self.log(format!(
                    "session manager {instance}: no heartbeat for {} s",
                    HEARTBEAT_LOSS.as_secs()
                ));
                self.close(Conn::Session(instance));
                self.session_lost(instance);
            } else if manager.connected
                && (manager.hurry || manager.link.opened_at + HEARTBEAT <= now)
            {
                // A pair younger than a tick waits for the next one: seven heartbeats stand for at
                // least 21 s.
                self.send_heartbeat(instance);
            }
        }
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
                    let epoch = self.epoch + 1;
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
    fn settle_discarded(&mut self, instance: u16) {
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

    fn open_message(&self, instance: u16) -> Open {
        Open {
            sessions: self.table.count(instance.max(1)),
            compression: 0,
            aggressive: self.settings.aggressive,
        }
    }

    fn hasten(&mut self, instance: u16, hurry: bool) {
        if hurry {
            self.send_heartbeat(instance);
        }
    }

    fn send_heartbeat(&mut self, instance: u16) {
        let sessions = self.table.count(instance);
        let manager = &mut self.managers[usize::from(instance) - 1];
        manager.counter = manager.counter.wrapping_add(1);
        let (counter, ready) = (manager.counter, manager.ready);
        self.send_session(
            instance,
            &Message::Heartbeat {
                counter,
                sessions,
                ready,
            },
        );
    }

    fn send_session(&mut self, instance: u16, message: &Message<'_>) {
        let manager = &mut self.managers[usize::from(instance) - 1];
        if let Some(batch) = manager.link.push(instance, message) {
            self.outputs
                .push_back(Output::Send(Conn::Session(instance), batch));
        }
        self.unsent = true;
    }

    /// A frame the Standby answers with APPLIED.
    fn send_checkpoint(&mut self, instance: u16, message: &Message<'_>) {
        self.send_session(instance, message);
        let manager = &mut self.managers[usize::from(instance) - 1];
        manager.checkpoint_sent = manager.link.sent;
    }

    /// Whether the Standby has been sent this call on the present connection.
    fn was_sent(&self, instance: u16, call_id: u32) -> bool {
        match self.managers[usize::from(instance) - 1].sync {
            Sync::Idle => false,
            Sync::Running { next, .. } => call_id < next,
            Sync::Done => true,
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
        let manager = &self.managers[usize::from(instance) - 1];
        if manager.was_ready && !manager.peer_ready {
            self.report_failure(instance);
        }
    }

    /// Starts or continues the full synchronisation of an instance, as far as the window allows.
    fn synchronise(&mut self, now: Time, instance: u16) {
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

    fn full_received(&mut self, instance: u16, sequence: u32, record: &CallRecord<'_>) {
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

    fn micro_received(&mut self, instance: u16, sequence: u32, micro: &Micro<'_>) {
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
    fn report_failure(&mut self, instance: u16) {
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
