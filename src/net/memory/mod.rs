//! A network in memory: hosts, streams and datagrams under tokio's paused clock.
//!
//! A dry run puts emulated chassis and the drivers on one [`Fabric`]. Everything that can happen
//! to a real network between two chassis can be done to it from outside: a host goes down, its
//! open streams are cut, two hosts lose sight of each other, datagrams vanish. All of it is
//! deterministic: ports count up, maps are ordered, bytes move without timers.

mod pipe;

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::time::Duration;

use tokio::sync::mpsc;

use super::{BoxFuture, Datagrams, Guard, Listener, Network, Stream};
pub use pipe::{End, pair};
use pipe::{Pipe, piped};

/// How long a connect to a silent host takes to give up: Linux sends the first segment and six
/// repetitions, 1 + 2 + 4 + 8 + 16 + 32 + 64 s (`net.ipv4.tcp_syn_retries` = 6).
pub const CONNECT_GIVES_UP: Duration = Duration::from_secs(127);
/// One direction of a stream holds this many bytes before its writer waits.
pub const STREAM_CAPACITY: usize = 64 << 10;
/// Streams that wait to be accepted; more wait in the connect.
const BACKLOG: usize = 128;
/// Datagrams that wait to be received; more are lost.
const DATAGRAM_QUEUE: usize = 1024;
/// First of the ephemeral ports (RFC 6335, section 6).
const FIRST_EPHEMERAL: u16 = 49152;

/// A whole network in memory; clones are the same network.
#[derive(Clone)]
pub struct Fabric {
    state: Arc<Mutex<State>>,
    latency: Duration,
}

/// One host's view of a [`Fabric`].
#[derive(Clone)]
pub struct Host {
    fabric: Fabric,
    ip: IpAddr,
}

#[derive(Default)]
struct State {
    hosts: BTreeMap<IpAddr, Machine>,
    names: BTreeMap<String, IpAddr>,
    partitions: BTreeSet<(IpAddr, IpAddr)>,
    links: Vec<Link>,
}

/// What one host has open.
struct Machine {
    up: bool,
    mute: bool,
    next_port: u16,
    listeners: BTreeMap<u16, mpsc::Sender<(Stream, SocketAddr)>>,
    sockets: BTreeMap<u16, mpsc::Sender<(Vec<u8>, SocketAddr)>>,
}

/// A stream in being: side 0 is the host that connected.
struct Link {
    ends: [IpAddr; 2],
    pipe: Weak<Pipe>,
}

impl Default for Fabric {
    fn default() -> Self {
        Self::new()
    }
}

impl Fabric {
    /// An empty network with a one-way latency of 1 ms.
    pub fn new() -> Self {
        Self::with_latency(Duration::from_millis(1))
    }

    /// An empty network; `latency` is what a connect takes. Bytes on open streams and datagrams
    /// arrive at once, so that a night of small frames needs no timers.
    pub fn with_latency(latency: Duration) -> Self {
        Self {
            state: Arc::default(),
            latency,
        }
    }

    /// The host at `ip`, created up when it is new.
    pub fn host(&self, ip: IpAddr) -> Host {
        self.lock().machine(ip);
        Host {
            fabric: self.clone(),
            ip,
        }
    }

    /// Makes `name` resolve to `ip` on every host.
    pub fn name(&self, name: impl Into<String>, ip: IpAddr) {
        self.lock().names.insert(name.into(), ip);
    }

    /// Takes a host down or up. Down: connects to and from it time out and its datagrams vanish.
    /// Open streams are left alone, see [`Fabric::cut`]; so are its listeners.
    pub fn set_up(&self, ip: IpAddr, up: bool) {
        self.lock().machine(ip).up = up;
    }

    /// Breaks every open stream of a host without goodbye: its own side and, unless a partition
    /// hides it, the other side read `ConnectionReset`; bytes on their way are lost.
    pub fn cut(&self, ip: IpAddr) {
        let state = self.lock();
        let mut broken = Vec::new();
        for link in &state.links {
            if let Some(side) = link.ends.iter().position(|end| *end == ip) {
                broken.extend(link.pipe.upgrade().map(|pipe| (pipe, side)));
            }
        }
        drop(state);
        broken.iter().for_each(|(pipe, side)| pipe.break_at(*side));
    }

    /// Loses every datagram `from` sends (trap loss), or stops losing them.
    pub fn drop_datagrams(&self, from: IpAddr, lost: bool) {
        self.lock().machine(from).mute = lost;
    }

    /// Separates two hosts, or joins them again. Connects between them time out, datagrams vanish,
    /// open streams stall silently; what was written meanwhile arrives when they are joined.
    pub fn partition(&self, a: IpAddr, b: IpAddr, separated: bool) {
        let mut state = self.lock();
        if separated {
            state.partitions.insert(ordered(a, b));
        } else {
            state.partitions.remove(&ordered(a, b));
        }
        let between = |link: &&Link| ordered(link.ends[0], link.ends[1]) == ordered(a, b);
        let pipes: Vec<_> = state
            .links
            .iter()
            .filter(between)
            .filter_map(|link| link.pipe.upgrade())
            .collect();
        drop(state);
        pipes.iter().for_each(|pipe| pipe.hold(separated));
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .expect("no code panics while it holds the fabric")
    }
}

fn ordered(a: IpAddr, b: IpAddr) -> (IpAddr, IpAddr) {
    (a.min(b), a.max(b))
}

impl State {
    fn machine(&mut self, ip: IpAddr) -> &mut Machine {
        self.hosts.entry(ip).or_insert_with(|| Machine {
            up: true,
            mute: false,
            next_port: FIRST_EPHEMERAL,
            listeners: BTreeMap::new(),
            sockets: BTreeMap::new(),
        })
    }

    /// Whether a packet from `a` arrives at `b`.
    fn reaches(&self, a: IpAddr, b: IpAddr) -> bool {
        let up = |ip| self.hosts.get(ip).is_some_and(|machine| machine.up);
        up(&a) && up(&b) && !self.partitions.contains(&ordered(a, b))
    }
}

impl Machine {
    fn ephemeral(&mut self) -> io::Result<u16> {
        for _ in FIRST_EPHEMERAL..=u16::MAX {
            let port = self.next_port;
            self.next_port = port.checked_add(1).unwrap_or(FIRST_EPHEMERAL);
            if !self.listeners.contains_key(&port) && !self.sockets.contains_key(&port) {
                return Ok(port);
            }
        }
        Err(io::Error::new(
            io::ErrorKind::AddrInUse,
            "every ephemeral port is in use",
        ))
    }
}

impl Host {
    /// This host's address.
    pub fn ip(&self) -> IpAddr {
        self.ip
    }

    /// A local address as this host means it: the unspecified and the loopback address are its own.
    fn own(&self, at: SocketAddr) -> io::Result<SocketAddr> {
        if at.ip() == self.ip || at.ip().is_unspecified() || at.ip().is_loopback() {
            return Ok(SocketAddr::new(self.ip, at.port()));
        }
        let message = format!("{at} is not an address of host {}", self.ip);
        Err(io::Error::new(io::ErrorKind::AddrNotAvailable, message))
    }

    /// A remote address as this host means it: loopback is itself.
    fn target(&self, to: SocketAddr) -> SocketAddr {
        if to.ip().is_loopback() {
            SocketAddr::new(self.ip, to.port())
        } else {
            to
        }
    }

    async fn open(&self, to: SocketAddr) -> io::Result<Stream> {
        let to = self.target(to);
        wait(self.fabric.latency).await;
        let backlog = {
            let state = self.fabric.lock();
            let machine = state
                .hosts
                .get(&to.ip())
                .filter(|_| state.reaches(self.ip, to.ip()));
            machine.map(|machine| machine.listeners.get(&to.port()).cloned())
        };
        let Some(backlog) = backlog else {
            wait(CONNECT_GIVES_UP.saturating_sub(self.fabric.latency)).await;
            let message = format!("{to} does not answer");
            return Err(io::Error::new(io::ErrorKind::TimedOut, message));
        };
        let refused = || {
            let message = format!("nothing listens at {to}");
            io::Error::new(io::ErrorKind::ConnectionRefused, message)
        };
        let place = backlog
            .ok_or_else(refused)?
            .reserve_owned()
            .await
            .map_err(|_| refused())?;
        let (near, far, pipe) = piped(STREAM_CAPACITY);
        let mut state = self.fabric.lock();
        let port = state.machine(self.ip).ephemeral()?;
        if state.partitions.contains(&ordered(self.ip, to.ip())) {
            pipe.hold(true);
        }
        state.links.retain(|link| link.pipe.strong_count() > 0);
        state.links.push(Link {
            ends: [self.ip, to.ip()],
            pipe: Arc::downgrade(&pipe),
        });
        drop(state);
        place.send((Box::new(far), SocketAddr::new(self.ip, port)));
        Ok(Box::new(near))
    }

    fn start_listening(&self, at: SocketAddr) -> io::Result<Listener> {
        let at = self.own(at)?;
        let (sender, incoming) = mpsc::channel(BACKLOG);
        let mut state = self.fabric.lock();
        let machine = state.machine(self.ip);
        let port = if at.port() == 0 {
            machine.ephemeral()?
        } else {
            at.port()
        };
        claim(&mut machine.listeners, port, sender)?;
        drop(state);
        let host = self.clone();
        let guard = Guard::new(move || {
            let gone = host.fabric.lock().machine(host.ip).listeners.remove(&port);
            drop(gone);
        });
        Ok(Listener::new(
            SocketAddr::new(self.ip, port),
            incoming,
            guard,
        ))
    }

    fn start_receiving(&self, at: SocketAddr) -> io::Result<Datagrams> {
        let at = self.own(at)?;
        let (sender, incoming) = mpsc::channel(DATAGRAM_QUEUE);
        let mut state = self.fabric.lock();
        let machine = state.machine(self.ip);
        let port = if at.port() == 0 {
            machine.ephemeral()?
        } else {
            at.port()
        };
        claim(&mut machine.sockets, port, sender)?;
        drop(state);
        let local = SocketAddr::new(self.ip, port);
        let host = self.clone();
        let guard = Guard::new(move || {
            let gone = host.fabric.lock().machine(host.ip).sockets.remove(&port);
            drop(gone);
        });
        let host = self.clone();
        let send = move |bytes: &[u8], to| {
            host.deliver(local, host.target(to), bytes);
            Ok(())
        };
        Ok(Datagrams::new(local, incoming, send, guard))
    }

    /// Puts one datagram into the receiver's queue, or loses it.
    fn deliver(&self, from: SocketAddr, to: SocketAddr, bytes: &[u8]) {
        let mut state = self.fabric.lock();
        if state.machine(self.ip).mute || !state.reaches(self.ip, to.ip()) {
            return;
        }
        let socket = state.machine(to.ip()).sockets.get(&to.port()).cloned();
        drop(state);
        if let Some(socket) = socket {
            // A full queue loses the datagram, as a full socket buffer does.
            let _lost = socket.try_send((bytes.to_vec(), from));
        }
    }

    fn lookup(&self, name: &str, port: u16) -> io::Result<SocketAddr> {
        if let Ok(ip) = name.parse() {
            return Ok(SocketAddr::new(ip, port));
        }
        let known = self.fabric.lock().names.get(name).copied();
        known.map(|ip| SocketAddr::new(ip, port)).ok_or_else(|| {
            let message = format!("no host is called `{name}` on the rehearsal network");
            io::Error::new(io::ErrorKind::NotFound, message)
        })
    }
}

fn claim<T>(ports: &mut BTreeMap<u16, T>, port: u16, owner: T) -> io::Result<()> {
    if ports.contains_key(&port) {
        let message = format!("port {port} is in use on this host");
        return Err(io::Error::new(io::ErrorKind::AddrInUse, message));
    }
    ports.insert(port, owner);
    Ok(())
}

async fn wait(span: Duration) {
    if !span.is_zero() {
        tokio::time::sleep(span).await;
    }
}

impl Network for Host {
    fn connect(&self, to: SocketAddr) -> BoxFuture<'_, io::Result<Stream>> {
        Box::pin(self.open(to))
    }

    fn listen(&self, at: SocketAddr) -> BoxFuture<'_, io::Result<Listener>> {
        Box::pin(ready(self.start_listening(at)))
    }

    fn bind(&self, at: SocketAddr) -> BoxFuture<'_, io::Result<Datagrams>> {
        Box::pin(ready(self.start_receiving(at)))
    }

    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> BoxFuture<'a, io::Result<SocketAddr>> {
        Box::pin(ready(self.lookup(host, port)))
    }
}

fn ready<T: Send>(value: T) -> impl Future<Output = T> + Send {
    std::future::ready(value)
}

#[cfg(test)]
mod tests;
