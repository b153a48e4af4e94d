//! What the show commands read (`staros-cli.md` 4.1 to 4.5).

use std::net::IpAddr;
use std::time::Duration;

use super::manager::Manager;
use super::peer::Peer;
use super::statistics::{CallLoss, Statistics};
use super::validation::{SwitchoverCheck, Validation};
use super::{Settings, State};
use crate::proto::Time;
use crate::wire::srp::{Capabilities, Hello, Mode};

/// The peer as its last Hello described it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerView {
    pub address: IpAddr,
    pub chassis_id: String,
    /// Init again once the dead interval has passed in silence.
    pub state: State,
    pub mode: Mode,
    pub priority: u16,
    pub mac: [u8; 6],
    pub route_modifier: u16,
    pub release: String,
    pub hello: Duration,
    pub dead: Duration,
    pub digest: [u8; 32],
    pub monitor_failures: [u32; 3],
    pub epoch: u64,
    pub sessions: u32,
    pub session_managers: u16,
    pub ready: u16,
    pub capabilities: Capabilities,
    pub uptime: Duration,
    /// A Hello or Hello-Ack arrived within the dead interval.
    pub alive: bool,
}

impl PeerView {
    pub(super) fn new(address: IpAddr, hello: &Hello<'_>) -> Self {
        let mut view = Self {
            address,
            chassis_id: String::new(),
            state: hello.state,
            mode: hello.mode,
            priority: 0,
            mac: hello.mac,
            route_modifier: 0,
            release: String::new(),
            hello: Duration::ZERO,
            dead: Duration::ZERO,
            digest: [0; 32],
            monitor_failures: [0; 3],
            epoch: 0,
            sessions: 0,
            session_managers: 0,
            ready: 0,
            capabilities: Capabilities::default(),
            uptime: Duration::ZERO,
            alive: true,
        };
        view.update(hello);
        view
    }

    /// Takes over a Hello; texts only when they changed, as they hardly ever do.
    pub(super) fn update(&mut self, hello: &Hello<'_>) {
        for (kept, said) in [
            (&mut self.chassis_id, hello.chassis_id),
            (&mut self.release, hello.release),
        ] {
            if kept != said {
                said.clone_into(kept);
            }
        }
        self.state = hello.state;
        self.mode = hello.mode;
        self.priority = hello.priority;
        self.mac = hello.mac;
        self.route_modifier = hello.route_modifier;
        self.hello = Duration::from_millis(hello.hello_ms.into());
        self.dead = Duration::from_millis(hello.dead_ms.into());
        self.digest = hello.digest;
        self.monitor_failures = hello.monitor_failures;
        self.epoch = hello.epoch;
        self.sessions = hello.sessions;
        self.session_managers = hello.session_managers;
        self.ready = hello.ready;
        self.capabilities = hello.capabilities;
        self.uptime = Duration::from_secs(hello.uptime_s.into());
        self.alive = true;
    }
}

/// `Connection State` of `show srp info`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connection {
    /// Nothing is being attempted: this chassis waits for the peer to connect.
    None,
    Connecting,
    Connected,
}

/// How far a session-manager pair has come (SRP-87).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ManagerState {
    NotConnected,
    Connected,
    Ready,
}

/// One line of `show srp checkpoint statistics verbose`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instance {
    pub number: u16,
    pub state: ManagerState,
    /// Live sessions; 0 on a Standby.
    pub records: u32,
    /// Sessions a Standby could take over; 0 otherwise.
    pub pre_allocated: u32,
    pub full_received: u64,
    pub micro_received: u64,
    pub full_sent: u64,
    pub micro_sent: u64,
}

/// The head of `show srp checkpoint statistics`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    pub managers: u16,
    /// Ready while this chassis serves.
    pub active_connected: u16,
    /// Ready while this chassis stands by.
    pub standby_connected: u16,
    /// Reconciling after a take-over.
    pub pending_active: u16,
    pub sessions: u32,
    pub pre_allocated: u32,
}

impl Peer {
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    pub fn state(&self) -> State {
        self.state
    }

    pub fn route_modifier(&self) -> u16 {
        self.modifier
    }

    /// Completed switchovers of the pair (SRP-112).
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// What is known of the peer; `None` before the first Hello.
    pub fn peer(&self) -> Option<&PeerView> {
        self.view.as_ref()
    }

    pub fn last_hello_at(&self) -> Option<Time> {
        self.last_hello_at
    }

    pub fn connection(&self) -> Connection {
        match (self.control.open, self.control.asked_at) {
            (true, _) => Connection::Connected,
            (false, Some(_)) => Connection::Connecting,
            (false, None) => Connection::None,
        }
    }

    /// Status of the configuration comparison with the peer.
    pub fn validation(&self) -> &Validation {
        &self.validation
    }

    /// Result of the last switchover validation (SRP-92); `None` shows as `None`.
    pub fn last_switchover_check(&self) -> Option<&SwitchoverCheck> {
        self.last_check.as_ref()
    }

    pub fn statistics(&self) -> &Statistics {
        &self.statistics
    }

    /// Oldest first.
    pub fn call_loss_history(&self) -> impl Iterator<Item = &CallLoss> {
        self.history.0.iter()
    }

    /// Whether user data passes this chassis (without options of `protocols.md` A.12): from Active
    /// until it has withdrawn its routes, and on a new Active once accounting is flushed.
    pub fn now_forwarding(&self) -> bool {
        match self.state {
            State::Active | State::PendingStandby => true,
            State::PendingActive => self.accounting_flushed(),
            State::Init | State::Standby => false,
        }
    }

    /// Whether new calls and changes of calls are accepted.
    pub fn accepts_control(&self) -> bool {
        self.state == State::Active
    }

    pub fn instances(&self) -> impl Iterator<Item = Instance> {
        let standing_by = self.state == State::Standby;
        (1_u16..)
            .zip(&self.managers)
            .map(move |(number, manager): (u16, &Manager)| {
                let held = self.table.count(number);
                Instance {
                    number,
                    state: self.manager_state(manager),
                    records: if standing_by { 0 } else { held },
                    pre_allocated: if standing_by { held } else { 0 },
                    full_received: manager.full_received,
                    micro_received: manager.micro_received,
                    full_sent: manager.full_sent,
                    micro_sent: manager.micro_sent,
                }
            })
    }

    /// The calls in the session table, in order of their id: live ones while this chassis serves,
    /// pre-allocated ones on a Standby.
    pub fn calls(&self) -> impl Iterator<Item = u32> {
        self.table.calls()
    }

    pub fn totals(&self) -> Totals {
        let ready = self.ready_managers();
        let managers = self.settings.session_managers;
        let held = u32::try_from(self.table.len()).unwrap_or(u32::MAX);
        let base = Totals {
            managers,
            ..Totals::default()
        };
        match self.state {
            State::Standby | State::Init => Totals {
                standby_connected: ready,
                pre_allocated: held,
                ..base
            },
            State::PendingActive => Totals {
                pending_active: managers,
                sessions: held,
                ..base
            },
            State::Active | State::PendingStandby => Totals {
                active_connected: ready,
                sessions: held,
                ..base
            },
        }
    }
}
