//! Session-manager pairs: connections, heartbeats, readiness (SRP-84 to SRP-88).
//!
//! All pairs share one heartbeat tick. Newly eligible sessions are looked for at the same tick, so
//! thousands of sessions cause no timers of their own.

use super::link::Link;
use super::peer::Peer;
use super::view::ManagerState;
use super::{Conn, Output, State};
use crate::proto::Time;
use crate::wire::srp::{Message, Open};

/// Heartbeat interval (SRP-84).
pub const HEARTBEAT: Time = Time::from_secs(3);
/// Heartbeats from the peer before data is accepted (SRP-84).
const HEARTBEATS_BEFORE_READY: u8 = 7;
/// The same with `standby database-recovery aggressive` (SRP-85).
const HEARTBEATS_BEFORE_READY_AGGRESSIVE: u8 = 1;
/// Silence after which a pair is not connected: three heartbeats (SRP-88).
const HEARTBEAT_LOSS: Time = Time::from_secs(9);
/// How far the full synchronisation of an instance has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Sync {
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
    pub connected: bool,
    /// Either side recovers aggressively, so the first heartbeat leaves at once.
    hurry: bool,
    counter: u32,
    heard: u8,
    heard_at: Time,
    pub ready: bool,
    pub peer_ready: bool,
    pub sync: Sync,
    /// Sequence number of the last checkpoint frame sent.
    pub checkpoint_sent: u32,
    /// Highest sequence number the peer has applied.
    pub applied: u32,
    /// Sequence number of a checkpoint frame to acknowledge.
    pub to_acknowledge: Option<u32>,
    /// Names the full synchronisation being received.
    pub mark: u8,
    pub sweeping: bool,
    /// Sequence number of the FLUSH-END that ends a planned switchover's critical flush.
    pub flush_end: Option<u32>,
    pub failure_reported: bool,
    pub was_ready: bool,
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
    pub fn outstanding(&self) -> u32 {
        self.checkpoint_sent.saturating_sub(self.applied)
    }
}

impl Peer {
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

    pub(super) fn send_session(&mut self, instance: u16, message: &Message<'_>) {
        let manager = &mut self.managers[usize::from(instance) - 1];
        if let Some(batch) = manager.link.push(instance, message) {
            self.outputs
                .push_back(Output::Send(Conn::Session(instance), batch));
        }
        self.unsent = true;
    }
}
