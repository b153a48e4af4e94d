//! States, Hellos and timers of one chassis (`protocols.md` A.2 and A.3).
//!
//! The other files of this folder are further chapters of the same machine: each adds the inputs,
//! timers and commands of its theme.

use std::collections::{BTreeMap, VecDeque};

use super::election::serves;
use super::handover::Handover;
use super::link::Link;
use super::manager::Manager;
use super::sessions::Table;
use super::statistics::{History, Statistics};
use super::takeover::Takeover;
use super::validation::{Configuration, SwitchoverCheck, Validation};
use super::view::PeerView;
use super::{Conn, Input, Notice, Output, Settings, State};
use crate::proto::Time;
use crate::wire::srp::{self, CONTROL, Frame, Message};

/// One chassis' side of an SRP pair.
#[derive(Debug)]
pub struct Peer {
    pub(super) settings: Settings,
    pub(super) began: Time,
    pub(super) state: State,
    /// When the current state was entered.
    pub(super) since: Time,
    pub(super) modifier: u16,
    pub(super) epoch: u64,
    pub(super) control: Link,
    pub(super) managers: Vec<Manager>,
    pub(super) table: Table,
    pub(super) outputs: VecDeque<Output>,
    /// Some connection has bytes to send.
    pub(super) unsent: bool,
    pub(super) view: Option<PeerView>,
    /// When the peer's current state was first heard.
    pub(super) peer_since: Time,
    pub(super) last_hello_at: Option<Time>,
    pub(super) hello_at: Option<Time>,
    pub(super) dead_at: Option<Time>,
    /// The shared tick of all session managers' heartbeats.
    pub(super) beat_at: Option<Time>,
    pub(super) handover: Option<Handover>,
    pub(super) takeover: Option<Takeover>,
    /// The minimum duration of the critical flush has passed.
    pub(super) flush_waited: bool,
    pub(super) configuration: Configuration,
    pub(super) validation: Validation,
    /// A validate-switchover waits for the peer until then.
    pub(super) check_until: Option<Time>,
    pub(super) last_check: Option<SwitchoverCheck>,
    pub(super) statistics: Statistics,
    pub(super) history: History,
    /// Calls a dual-active loser discarded and has not been sent again (SRP-111).
    pub(super) discarded: BTreeMap<u32, u16>,
    pub(super) conn_down: bool,
    pub(super) tie_reported: bool,
    pub(super) same_priority_reported: bool,
}

impl Peer {
    /// T1: SRP is configured and bound, or the chassis booted with it.
    pub fn new(settings: Settings, now: Time) -> Self {
        let mut managers = Vec::new();
        managers.resize_with(settings.session_managers.into(), Manager::default);
        Self {
            began: now,
            state: State::Init,
            since: now,
            modifier: settings.modifier.initial(settings.mode),
            epoch: 0,
            control: Link::default(),
            managers,
            table: Table::default(),
            outputs: VecDeque::new(),
            unsent: false,
            view: None,
            peer_since: now,
            last_hello_at: None,
            hello_at: Some(now + settings.hello_phase),
            dead_at: Some(now + settings.delay + settings.dead),
            beat_at: None,
            handover: None,
            takeover: None,
            flush_waited: false,
            configuration: Configuration::default(),
            validation: Validation::default(),
            check_until: None,
            last_check: None,
            statistics: Statistics::default(),
            history: History::default(),
            discarded: BTreeMap::new(),
            conn_down: false,
            tie_reported: false,
            same_priority_reported: false,
            settings,
        }
    }

    /// Takes one input, and everything that is due at `now`.
    pub fn handle(&mut self, now: Time, input: Input<'_>) {
        match input {
            Input::Opened(conn) => self.opened(now, conn),
            Input::Received(conn, bytes) => self.received(now, conn, bytes),
            Input::Closed(conn) => self.closed(now, conn),
            Input::Tick => {}
        }
        self.expire(now);
    }

    /// The next output; frames of one connection leave together once nothing else is waiting.
    pub fn poll_output(&mut self) -> Option<Output> {
        if self.outputs.is_empty() && self.unsent {
            self.unsent = false;
            self.flush(Conn::Control);
            for instance in 1..=self.settings.session_managers {
                self.flush(Conn::Session(instance));
            }
        }
        self.outputs.pop_front()
    }

    /// When [`Input::Tick`] is due, `None` after [`Self::goodbye`].
    pub fn deadline(&self) -> Option<Time> {
        let timers = [
            self.hello_at,
            self.dead_at,
            self.beat_at,
            self.check_until,
            self.configuration.due_at,
            self.handover_deadline(),
            self.takeover_deadline(),
        ];
        timers.into_iter().flatten().min()
    }

    /// A configuration change while SRP runs. A new bind or peer address unbinds and starts again
    /// (T15, T1).
    pub fn update_settings(&mut self, now: Time, settings: Settings) {
        if (settings.bind, settings.peer) != (self.settings.bind, self.settings.peer) {
            self.close_everything();
            let outputs = std::mem::take(&mut self.outputs);
            let configuration = std::mem::take(&mut self.configuration);
            *self = Self {
                outputs,
                configuration,
                ..Self::new(settings, now)
            };
            self.configuration.reset();
            return;
        }
        for instance in settings.session_managers + 1..=self.settings.session_managers {
            self.close(Conn::Session(instance));
        }
        self.managers
            .resize_with(settings.session_managers.into(), Manager::default);
        self.settings = settings;
        self.hello_at = self.hello_at.map(|at| at.min(now + self.settings.hello));
        if self.dead_at.is_some() {
            self.restart_dead_timer(self.last_hello_at.unwrap_or(self.began));
        }
    }

    /// A graceful reload or unbind (T15): says why, closes everything and falls silent. The peer
    /// still waits for its dead interval.
    pub fn goodbye(&mut self, reason: &str) {
        self.send_control(&Message::Goodbye(reason));
        self.close_everything();
        self.state = State::Init;
        (self.hello_at, self.dead_at, self.beat_at, self.check_until) = (None, None, None, None);
        (self.handover, self.takeover) = (None, None);
    }

    pub(super) fn log(&mut self, text: impl Into<String>) {
        self.outputs.push_back(Output::Log(text.into()));
    }

    pub(super) fn notify(&mut self, notice: Notice) {
        self.outputs.push_back(Output::Notify(notice));
    }

    pub(super) fn send_control(&mut self, message: &Message<'_>) {
        if let Some(batch) = self.control.push(CONTROL, message) {
            self.outputs.push_back(Output::Send(Conn::Control, batch));
        }
        self.unsent = true;
    }

    /// Enters `state` and tells the peer at once, so that no interval is lost.
    pub(super) fn enter(&mut self, now: Time, state: State, modifier: u16) {
        if (self.state, self.modifier) == (state, modifier) {
            return;
        }
        if self.state != state {
            let old = self.state;
            self.log(format!(
                "SRP state {old} -> {state}, route modifier {modifier}"
            ));
            (self.state, self.since) = (state, now);
        }
        self.modifier = modifier;
        self.outputs.push_back(Output::Changed);
        self.send_hello(now, false);
    }

    fn expire(&mut self, now: Time) {
        let due = |timer: Option<Time>| timer.is_some_and(|at| at <= now);
        if due(self.hello_at) {
            self.hello_at = Some(now + self.settings.hello);
            if self.control.open {
                self.send_hello(now, false);
                self.open_sessions(now);
            } else if self.settings.opens() {
                self.control.asked_at = Some(now);
                self.outputs.push_back(Output::Open(Conn::Control));
            }
        }
        if due(self.dead_at) {
            self.peer_is_dead(now);
        }
        if due(self.beat_at) {
            self.beat(now);
        }
        if due(self.check_until) {
            self.check_until = None;
            self.store_check(
                now,
                Err("the peer did not answer the validation".to_owned()),
            );
        }
        if due(self.configuration.due_at) {
            self.configuration.due_at = None;
            self.exchange_configuration(now);
        }
        self.expire_handover(now);
        self.expire_takeover(now);
    }

    fn opened(&mut self, now: Time, conn: Conn) {
        match conn {
            Conn::Control => {
                if self.control.open {
                    self.control_lost(now);
                }
                self.control.opened(now);
                self.configuration.reset();
                self.send_hello(now, false);
            }
            Conn::Session(instance) => self.session_opened(now, instance),
        }
    }

    fn closed(&mut self, now: Time, conn: Conn) {
        match conn {
            Conn::Control if self.control.open => self.control_lost(now),
            Conn::Control => {}
            Conn::Session(instance) => self.session_lost(instance),
        }
    }

    /// Closes a connection from our side; what was queued leaves before.
    pub(super) fn close(&mut self, conn: Conn) {
        let open = match conn {
            Conn::Control => self.control.open,
            Conn::Session(instance) => self
                .manager(instance)
                .is_some_and(|manager| manager.link.open),
        };
        if open {
            self.flush(conn);
            self.outputs.push_back(Output::Close(conn));
        }
    }

    pub(super) fn close_everything(&mut self) {
        self.close(Conn::Control);
        self.control.closed();
        self.configuration.reset();
        for instance in 1..=self.settings.session_managers {
            self.close(Conn::Session(instance));
            self.session_lost(instance);
        }
    }

    fn flush(&mut self, conn: Conn) {
        let waiting = match conn {
            Conn::Control => self.control.take(),
            Conn::Session(instance) => self
                .manager(instance)
                .and_then(|manager| manager.link.take()),
        };
        if let Some(bytes) = waiting {
            self.outputs.push_back(Output::Send(conn, bytes));
        }
    }

    /// SRP-9: news for the Active, no failover by itself. T12 and T13 for a chassis in between.
    pub(super) fn control_lost(&mut self, now: Time) {
        self.control.closed();
        self.configuration.reset();
        self.statistics.connection_resets += 1;
        if serves(self.state) && !self.conn_down {
            self.conn_down = true;
            self.notify(Notice::ConnDown);
        }
        self.handover_link_lost(now);
        self.takeover_link_lost(now);
    }

    fn received(&mut self, now: Time, conn: Conn, bytes: &[u8]) {
        let link = match conn {
            Conn::Control => &mut self.control,
            Conn::Session(instance) => {
                match self.managers.get_mut(usize::from(instance).wrapping_sub(1)) {
                    Some(manager) => &mut manager.link,
                    None => return,
                }
            }
        };
        if !link.open {
            return;
        }
        let mut joined = std::mem::take(&mut link.rest);
        let whole = if joined.is_empty() {
            bytes
        } else {
            joined.extend_from_slice(bytes);
            &joined
        };
        let mut at = 0;
        let problem = loop {
            match srp::split(&whole[at..]) {
                Ok(None) => break None,
                Ok(Some((frame, length))) => {
                    at += length;
                    if let Err(error) = self.frame(now, conn, &frame) {
                        break Some(error);
                    }
                }
                Err(error) => break Some(error),
            }
        };
        if let Some(error) = problem {
            self.statistics.protocol_errors += 1;
            self.log(format!("SRP {conn:?} connection closed: {error}"));
            self.close(conn);
            self.closed(now, conn);
            return;
        }
        match conn {
            Conn::Control => self.control.rest.extend_from_slice(&whole[at..]),
            Conn::Session(instance) => self.session_chunk_done(instance, &whole[at..]),
        }
    }

    fn frame(&mut self, now: Time, conn: Conn, frame: &Frame<'_>) -> Result<(), srp::Error> {
        let Some(message) = Message::decode(frame)? else {
            self.statistics.unknown_frames += 1;
            return Ok(());
        };
        if let Conn::Session(instance) = conn {
            self.session_frame(now, instance, frame.sequence, &message);
            return Ok(());
        }
        match &message {
            Message::Hello(hello) => {
                self.statistics.hello_received += 1;
                // The answer says the state in which the Hello found us: two chassis in Init must
                // both hear Init to hold the same election.
                self.send_hello(now, true);
                self.heard(now, hello);
            }
            Message::HelloAck(hello) => {
                self.statistics.hello_ack_received += 1;
                self.heard(now, hello);
                if !std::mem::replace(&mut self.configuration.exchanged, true) {
                    self.exchange_configuration(now);
                }
            }
            Message::Config(part) => self.configuration_received(now, part),
            Message::ConfigResult {
                digest,
                in_step,
                difference,
            } => {
                self.configuration_answered(now, digest, *in_step, difference);
            }
            Message::SwitchoverReq(request) => self.switchover_requested(now, request),
            Message::SwitchoverRsp(response) => self.switchover_answered(now, response),
            Message::Phase(report) => self.phase_reported(now, report),
            Message::Goodbye(why) => self.log(format!("peer says goodbye: {why}")),
            Message::ValidateReq(checks) => self.validate_requested(now, checks),
            Message::ValidateRsp(checks) => self.validate_answered(now, checks),
            _ => {}
        }
        Ok(())
    }
}
