//! Two peers, a link between them, and a clock that jumps.

use std::collections::BTreeMap;
use std::time::Duration;

use cutover::proto::Time;
use cutover::proto::srp::{Conn, Input, Mode, Notice, Output, Peer, Session, Settings, State};
use cutover::wire::srp::{HEADER, split};

pub const A: usize = 0;
pub const B: usize = 1;

/// Decides which frames are lost: sender and frame type.
type Loss = Box<dyn Fn(usize, u8) -> bool>;

enum Event {
    Opened(Conn),
    Bytes(Conn, Vec<u8>),
    Closed(Conn),
}

/// A pair in a world of its own.
pub struct Pair {
    pub now: Time,
    pub peers: [Option<Peer>; 2],
    pub settings: [Settings; 2],
    pub latency: Duration,
    pub notices: [Vec<(Time, Notice)>; 2],
    pub log: Vec<(Time, usize, String)>,
    pub loss: Option<Loss>,
    /// Most bytes one Received input carries.
    pub chunk: usize,
    /// Time during which no chassis forwarded.
    pub outage: Duration,
    pub sends: usize,
    pub sent_bytes: usize,
    /// Lies are told to the peers: the order of route modifiers is not theirs to keep.
    pub unchecked: bool,
    cut: bool,
    /// Generation of each open connection.
    open: BTreeMap<Conn, u32>,
    generation: u32,
    /// When, in which order, to whom, of which generation.
    events: BTreeMap<(Time, u64), (usize, u32, Event)>,
    order: u64,
    /// Sent while the link was cut.
    stalled: Vec<(usize, u32, Event)>,
}

pub fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// The primary at 10.9.0.1 and the backup at 10.9.0.2, four session managers each.
pub fn pair_settings() -> [Settings; 2] {
    let base = Settings {
        release: "21.28".into(),
        ..Settings::default()
    };
    let (first, second) = (
        "10.9.0.1".parse().expect("address"),
        "10.9.0.2".parse().expect("address"),
    );
    [
        Settings {
            bind: first,
            peer: second,
            mode: Mode::Primary,
            priority: 10,
            tiebreak_mac: [2, 0, 0x5E, 0x10, 0, 1],
            chassis_id: "gw-a".into(),
            ..base.clone()
        },
        Settings {
            bind: second,
            peer: first,
            mode: Mode::Backup,
            priority: 20,
            tiebreak_mac: [2, 0, 0x5E, 0x10, 0, 2],
            chassis_id: "gw-b".into(),
            ..base
        },
    ]
}

impl Pair {
    /// Nobody has booted yet.
    pub fn off(settings: [Settings; 2]) -> Self {
        Self {
            // The world is older than its chassis: sessions may have begun before they booted.
            now: seconds(1000),
            peers: [None, None],
            settings,
            latency: Duration::from_millis(5),
            notices: [vec![], vec![]],
            log: vec![],
            loss: None,
            chunk: usize::MAX,
            outage: Duration::ZERO,
            sends: 0,
            sent_bytes: 0,
            unchecked: false,
            cut: false,
            open: BTreeMap::new(),
            generation: 0,
            events: BTreeMap::new(),
            order: 0,
            stalled: vec![],
        }
    }

    /// Both booted at once.
    pub fn booted(settings: [Settings; 2]) -> Self {
        let mut pair = Self::off(settings);
        pair.boot(A);
        pair.boot(B);
        pair
    }

    /// The usual pair after half a minute: A Active, B Standby, every session manager ready.
    pub fn formed() -> Self {
        let mut pair = Self::booted(pair_settings());
        pair.run(seconds(45));
        assert_eq!(pair.states(), (State::Active, State::Standby));
        assert_eq!(pair.peer(B).totals().standby_connected, 4);
        pair
    }

    /// As [`Self::formed`], with `count` sessions that are old enough to be checkpointed.
    pub fn loaded(count: u32) -> Self {
        let mut pair = Self::formed();
        pair.add_sessions(A, 1..count + 1, pair.now - seconds(40));
        pair.run(seconds(40));
        assert_eq!(pair.peer(B).totals().pre_allocated, count);
        pair
    }

    pub fn boot(&mut self, who: usize) {
        let peer = Peer::new(self.settings[who].clone(), self.now);
        self.peers[who] = Some(peer);
        self.with(who, |peer, now| {
            peer.set_configuration(now, "config\n  busyout ip pool a\nend".into())
        });
    }

    /// Power failure: not a word, not even from TCP.
    pub fn crash(&mut self, who: usize) {
        self.peers[who] = None;
        self.open.clear();
    }

    pub fn add_sessions(&mut self, who: usize, ids: std::ops::Range<u32>, started: Time) {
        let managers = u32::from(self.settings[who].session_managers);
        self.with(who, |peer, now| {
            for call_id in ids {
                let instance = u16::try_from(call_id % managers + 1).expect("small");
                let session = Session {
                    call_id,
                    started,
                    ims: call_id % 5 == 0,
                    instance,
                };
                peer.attach(now, session)
                    .expect("the Active accepts sessions");
            }
        });
    }

    pub fn cut(&mut self) {
        self.cut = true;
        let late = std::mem::take(&mut self.events);
        self.stalled.extend(late.into_values());
    }

    pub fn heal(&mut self) {
        self.cut = false;
        for (to, generation, event) in std::mem::take(&mut self.stalled) {
            self.schedule(to, generation, event);
        }
    }

    pub fn peer(&self, who: usize) -> &Peer {
        self.peers[who].as_ref().expect("booted")
    }

    pub fn states(&self) -> (State, State) {
        (self.peer(A).state(), self.peer(B).state())
    }

    pub fn modifiers(&self) -> (u16, u16) {
        (self.peer(A).route_modifier(), self.peer(B).route_modifier())
    }

    /// Notices of `who` so far, without times.
    pub fn heard(&self, who: usize) -> Vec<Notice> {
        self.notices[who]
            .iter()
            .map(|(_, notice)| *notice)
            .collect()
    }

    pub fn said(&self, text: &str) -> bool {
        self.log.iter().any(|(_, _, line)| line.contains(text))
    }

    /// Does something to one peer and lets the world react.
    pub fn with<T>(&mut self, who: usize, act: impl FnOnce(&mut Peer, Time) -> T) -> T {
        let now = self.now;
        let result = act(self.peers[who].as_mut().expect("booted"), now);
        self.drain(who);
        result
    }

    pub fn run(&mut self, span: Duration) {
        self.run_until(self.now + span);
    }

    /// Runs until `done`, at most `span`; panics with the states when it never is.
    pub fn run_while_not(&mut self, span: Duration, done: impl Fn(&Self) -> bool) {
        let end = self.now + span;
        while !done(self) {
            let next = self.next().filter(|at| *at <= end);
            let next =
                next.unwrap_or_else(|| panic!("not reached within {span:?}: {:?}", self.states()));
            self.step(next);
        }
    }

    pub fn run_until(&mut self, end: Time) {
        while let Some(next) = self.next().filter(|at| *at <= end) {
            self.step(next);
        }
        self.advance(end);
    }

    fn next(&self) -> Option<Time> {
        let deadlines = self.peers.iter().flatten().filter_map(Peer::deadline);
        deadlines
            .chain(self.events.keys().map(|(at, _)| *at).next())
            .min()
            .map(|at| at.max(self.now))
    }

    fn advance(&mut self, to: Time) {
        if !self.peers.iter().flatten().any(Peer::now_forwarding) {
            self.outage += to - self.now;
        }
        self.now = to;
    }

    fn step(&mut self, at: Time) {
        self.advance(at);
        if let Some(entry) = self
            .events
            .first_entry()
            .filter(|entry| entry.key().0 <= at)
        {
            let (to, generation, event) = entry.remove();
            self.deliver(to, generation, event);
        } else {
            for who in [A, B] {
                if self.peers[who]
                    .as_ref()
                    .is_some_and(|peer| peer.deadline().is_some_and(|due| due <= at))
                {
                    self.with(who, |peer, now| peer.handle(now, Input::Tick));
                    let deadline = self.peer(who).deadline();
                    assert!(
                        deadline.is_none_or(|due| due > at),
                        "a tick at {at:?} leaves {deadline:?} due"
                    );
                }
            }
        }
        self.check();
    }

    fn deliver(&mut self, to: usize, generation: u32, event: Event) {
        if self.peers[to].is_none() {
            return;
        }
        match event {
            Event::Opened(conn) => {
                if self.open.get(&conn) == Some(&generation) {
                    self.with(to, |peer, now| peer.handle(now, Input::Opened(conn)));
                }
            }
            Event::Bytes(conn, bytes) => {
                for part in bytes.chunks(self.chunk) {
                    if self.open.get(&conn) == Some(&generation) {
                        self.with(to, |peer, now| {
                            peer.handle(now, Input::Received(conn, part))
                        });
                    }
                }
            }
            Event::Closed(conn) => {
                if self.open.get(&conn).is_none_or(|open| *open == generation) {
                    self.open.remove(&conn);
                    self.with(to, |peer, now| peer.handle(now, Input::Closed(conn)));
                }
            }
        }
    }

    fn drain(&mut self, who: usize) {
        while let Some(output) = self.peers[who].as_mut().and_then(Peer::poll_output) {
            match output {
                Output::Open(conn) => self.connect(who, conn),
                Output::Send(conn, bytes) => {
                    self.sends += 1;
                    self.sent_bytes += bytes.len();
                    let generation = *self.open.get(&conn).unwrap_or(&0);
                    let bytes = self.without_lost(who, bytes);
                    self.schedule(1 - who, generation, Event::Bytes(conn, bytes));
                }
                Output::Close(conn) => {
                    if let Some(generation) = self.open.get(&conn).copied() {
                        self.schedule(1 - who, generation, Event::Closed(conn));
                    }
                }
                Output::Notify(notice) => self.notices[who].push((self.now, notice)),
                Output::Log(line) => self.log.push((self.now, who, line)),
                Output::Changed => {}
            }
        }
    }

    fn connect(&mut self, who: usize, conn: Conn) {
        assert!(
            self.settings[who].bind < self.settings[who].peer,
            "SRP-113: the lower address opens"
        );
        if self.cut {
            return;
        }
        if self.peers[1 - who].is_none() {
            self.schedule(who, 0, Event::Closed(conn));
            return;
        }
        self.generation += 1;
        self.open.insert(conn, self.generation);
        self.schedule(1 - who, self.generation, Event::Opened(conn));
        self.schedule(who, self.generation, Event::Opened(conn));
    }

    fn schedule(&mut self, to: usize, generation: u32, event: Event) {
        if self.cut {
            self.stalled.push((to, generation, event));
            return;
        }
        self.order += 1;
        self.events.insert(
            (self.now + self.latency, self.order),
            (to, generation, event),
        );
    }

    fn without_lost(&self, from: usize, bytes: Vec<u8>) -> Vec<u8> {
        let Some(loss) = &self.loss else {
            return bytes;
        };
        let (mut kept, mut at) = (vec![], 0);
        while at < bytes.len() {
            let (frame, length) = split(&bytes[at..])
                .expect("our own frames")
                .expect("whole frames");
            assert!(length >= HEADER);
            if !loss(from, frame.kind) {
                kept.extend_from_slice(&bytes[at..at + length]);
            }
            at += length;
        }
        kept
    }

    /// SRP-26, at every instant.
    fn check(&self) {
        if let [Some(a), Some(b)] = &self.peers
            && !self.unchecked
        {
            for (active, standby) in [(a, b), (b, a)] {
                if (active.state(), standby.state()) == (State::Active, State::Standby) {
                    assert!(
                        active.route_modifier() < standby.route_modifier(),
                        "at {:?} the Active has route modifier {}, the Standby {}",
                        self.now,
                        active.route_modifier(),
                        standby.route_modifier()
                    );
                }
            }
        }
    }
}
