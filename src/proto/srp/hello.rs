//! Hellos: telling the peer what we are, and what hearing it, or not hearing it, changes.
//!
//! Here are the transitions T2 to T6, T10 and T11 of `protocols.md` A.2.

use super::election::{Claim, Verdict, elect, serves};
use super::modifier::FIRST_ACTIVE;
use super::peer::Peer;
use super::view::PeerView;
use super::{Conn, Notice, Output, Reason, State};
use crate::proto::Time;
use crate::wire::srp::{CONTROL, Capabilities, Hello, Message};

impl Peer {
    pub(super) fn send_hello(&mut self, now: Time, answer: bool) {
        if !self.control.open {
            return;
        }
        let millis = |span: Time| u32::try_from(span.as_millis()).unwrap_or(u32::MAX);
        let ready = self.ready_managers();
        let hello = Hello {
            chassis_id: &self.settings.chassis_id,
            state: self.state,
            mode: self.settings.mode,
            priority: self.settings.priority,
            mac: self.settings.tiebreak_mac,
            route_modifier: self.modifier,
            release: &self.settings.release,
            hello_ms: millis(self.settings.hello),
            dead_ms: millis(self.settings.dead),
            digest: self.configuration.digest(),
            monitor_failures: [0; 3],
            epoch: self.epoch,
            sessions: u32::try_from(self.table.len()).unwrap_or(u32::MAX),
            session_managers: self.settings.session_managers,
            ready,
            capabilities: if self.settings.aggressive {
                Capabilities::AGGRESSIVE
            } else {
                Capabilities::default()
            },
            uptime_s: u32::try_from(now.saturating_sub(self.began).as_secs()).unwrap_or(u32::MAX),
        };
        // No more than a few hundred bytes wait here, so a batch never fills.
        let message = if answer {
            Message::HelloAck(hello)
        } else {
            Message::Hello(hello)
        };
        let batch = self.control.push(CONTROL, &message);
        self.outputs
            .extend(batch.map(|bytes| Output::Send(Conn::Control, bytes)));
        self.unsent = true;
        match answer {
            true => self.statistics.hello_ack_sent += 1,
            false => self.statistics.hello_sent += 1,
        }
    }

    /// A Hello or its answer: the peer lives (SRP-15), and may move us to another state.
    pub(super) fn heard(&mut self, now: Time, hello: &Hello<'_>) {
        let before = self
            .view
            .as_ref()
            .filter(|view| view.alive)
            .map(|view| view.state);
        match &mut self.view {
            Some(view) => view.update(hello),
            None => self.view = Some(PeerView::new(self.settings.peer, hello)),
        }
        self.last_hello_at = Some(now);
        self.restart_dead_timer(now);
        if before != Some(hello.state) {
            self.peer_since = now;
        }
        if std::mem::take(&mut self.conn_down) {
            self.notify(Notice::ConnUp);
        }
        if hello.priority == self.settings.priority
            && !std::mem::replace(&mut self.same_priority_reported, true)
        {
            self.log(format!(
                "both chassis have SRP priority {}: give them different ones (SRP-22)",
                hello.priority
            ));
        }
        let lasting = now.saturating_sub(self.peer_since.max(self.since)) >= self.settings.hello;
        match (self.state, hello.state) {
            (State::Init, peer) if serves(peer) && peer != State::PendingStandby => {
                self.join(now, hello)
            }
            (State::Init, State::Init) => self.hold_election(now),
            (State::Init, State::Standby) if lasting => self.hold_election(now),
            (State::Active | State::PendingActive, State::Active | State::PendingActive) => {
                self.dual_active(now, hello)
            }
            (State::Active, State::Standby) => {
                if self
                    .settings
                    .modifier
                    .must_reset(self.modifier, hello.route_modifier)
                {
                    self.enter(now, State::Active, FIRST_ACTIVE);
                }
                if before != Some(State::Standby) {
                    self.restart_synchronisation(now);
                }
            }
            (State::PendingStandby, State::Active | State::PendingActive) => {
                self.peer_took_over(now, hello.route_modifier);
            }
            (State::Standby, State::Active | State::PendingActive) => {
                if hello.state == State::Active {
                    self.epoch = hello.epoch;
                }
                let aligned = self
                    .settings
                    .modifier
                    .aligned(self.modifier, hello.route_modifier);
                self.enter(now, State::Standby, aligned);
            }
            (State::Standby, State::Standby) if lasting && self.verdict() == Some(Verdict::Win) => {
                self.take_over(now, Reason::DualStandby);
            }
            _ => {}
        }
        self.open_sessions(now);
    }

    /// T2: behind an Active, whoever we are configured to be (SRP-8).
    fn join(&mut self, now: Time, active: &Hello<'_>) {
        self.epoch = active.epoch;
        self.enter(
            now,
            State::Standby,
            self.settings.modifier.behind(active.route_modifier),
        );
        self.notify(Notice::Standby);
    }

    /// T3 and T4: nobody serves, so one of us will.
    fn hold_election(&mut self, now: Time) {
        match self.verdict() {
            Some(Verdict::Win) => {
                self.enter(now, State::Active, FIRST_ACTIVE);
                self.notify(Notice::Active);
            }
            Some(Verdict::Lose) => {
                self.enter(
                    now,
                    State::Standby,
                    self.settings.modifier.behind(FIRST_ACTIVE),
                );
                self.notify(Notice::Standby);
            }
            Some(Verdict::Tie) => self.report_tie(),
            None => {}
        }
    }

    /// T10: rule E4; the loser's sessions are discarded and refilled by the winner (SRP-111).
    fn dual_active(&mut self, now: Time, peer: &Hello<'_>) {
        match self.verdict() {
            Some(Verdict::Lose) => {
                (self.handover, self.takeover) = (None, None);
                self.epoch = peer.epoch;
                self.discard_as_loser(now);
                self.enter(
                    now,
                    State::Standby,
                    self.settings.modifier.behind(peer.route_modifier),
                );
                self.notify(Notice::SwitchoverOccured(Reason::DualActive));
                self.notify(Notice::Standby);
            }
            Some(Verdict::Tie) => self.report_tie(),
            Some(Verdict::Win) | None => {}
        }
    }

    fn report_tie(&mut self) {
        if !std::mem::replace(&mut self.tie_reported, true) {
            self.log("duplicate SRP tie-break MAC: the chassis cannot agree who is Active; correct one of the MACs");
            self.notify(Notice::DuplicateTiebreak);
        }
    }

    fn verdict(&self) -> Option<Verdict> {
        let view = self.view.as_ref()?;
        let local = Claim {
            state: self.state,
            mode: self.settings.mode,
            priority: self.settings.priority,
            mac: self.settings.tiebreak_mac,
            route_modifier: self.modifier,
        };
        let peer = Claim {
            state: view.state,
            mode: view.mode,
            priority: view.priority,
            mac: view.mac,
            route_modifier: view.route_modifier,
        };
        Some(elect(&local, &peer, self.settings.rule))
    }

    /// As [`Self::restart_dead_timer`], unless it runs.
    pub(super) fn ensure_dead_timer(&mut self, now: Time) {
        if self.dead_at.is_none() {
            self.restart_dead_timer(now);
        }
    }

    pub(super) fn restart_dead_timer(&mut self, heard: Time) {
        self.dead_at = Some(heard.max(self.began + self.settings.delay) + self.settings.dead);
    }

    /// The dead interval passed: T5, T6, T12 or, for an Active, patience (SRP-10).
    pub(super) fn peer_is_dead(&mut self, now: Time) {
        self.dead_at = None;
        if let Some(view) = &mut self.view {
            (view.alive, view.state) = (false, State::Init);
            self.peer_since = now;
            self.log(format!(
                "no Hello from {} for {} s: peer is down",
                self.settings.peer,
                self.settings.dead.as_secs()
            ));
        }
        let had_link = self.control.open;
        self.close_everything();
        if had_link {
            self.control_lost(now);
        }
        match self.state {
            State::Init => {
                self.enter(now, State::Active, self.modifier);
                self.notify(Notice::Active);
            }
            State::Standby => self.take_over(now, Reason::DeadTimerExpiry),
            State::Active | State::PendingActive | State::PendingStandby => {}
        }
    }
}
