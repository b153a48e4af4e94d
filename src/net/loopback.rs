//! Emulated hosts on real loopback sockets.
//!
//! `cutover emulate` runs chassis that believe in their own addresses (192.0.2.10:22, say) on a
//! machine that has none of them. Each emulated host gets a source address of its own, 127.0.1.N
//! (Linux answers on all of 127/8), every port is a free one, and a table translates both ways:
//! two chassis can talk to each other, tools reach them by [`Loopback::real`], and
//! [`Loopback::alias`] gives an outside program (a trap receiver) an emulated address. A port that
//! was listened on once stays where it is: a chassis that reboots is found where it was.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::net::{TcpListener, TcpSocket, TcpStream, UdpSocket};

use super::sockets::{accept_all, exchange, look_up};
use super::tether::{Scissors, tie};
use super::{BoxFuture, Datagrams, Guard, Listener, Network, Stream};

/// Emulated hosts that fit into 127.0.1.N.
const MOST_HOSTS: usize = 254;

/// All emulated hosts of this process; clones are the same network.
#[derive(Clone, Default)]
pub struct Loopback(Arc<Mutex<State>>);

/// One emulated host's view of a [`Loopback`].
#[derive(Clone)]
pub struct Host {
    network: Loopback,
    ip: IpAddr,
    source: Ipv4Addr,
}

#[derive(Default)]
struct State {
    hosts: BTreeMap<IpAddr, Machine>,
    streams: Table,
    datagrams: Table,
    aliases: Table,
    /// By emulated address: the real port of a listener, kept for the next one.
    kept: BTreeMap<SocketAddr, Kept>,
}

struct Kept {
    real: SocketAddr,
    /// Bound and never listening: connections are refused, and nobody else gets the port.
    _bound: TcpSocket,
}

struct Machine {
    source: Ipv4Addr,
    up: bool,
    open: Vec<Scissors<TcpStream>>,
}

/// Emulated addresses and the real ones behind them.
#[derive(Default)]
struct Table {
    real: BTreeMap<SocketAddr, SocketAddr>,
    emulated: BTreeMap<SocketAddr, SocketAddr>,
}

impl Table {
    fn add(&mut self, emulated: SocketAddr, real: SocketAddr) {
        self.remove(emulated);
        self.real.insert(emulated, real);
        self.emulated.insert(real, emulated);
    }

    fn remove(&mut self, emulated: SocketAddr) {
        if let Some(real) = self.real.remove(&emulated) {
            self.emulated.remove(&real);
        }
    }
}

impl Loopback {
    /// A network without hosts.
    pub fn new() -> Self {
        Self::default()
    }

    /// The emulated host at `ip`, created up when it is new.
    ///
    /// # Panics
    /// With more than 254 hosts: their source addresses are 127.0.1.1 to 127.0.1.254.
    pub fn host(&self, ip: IpAddr) -> Host {
        let mut state = self.lock();
        let count = state.hosts.len();
        let source = state.hosts.entry(ip).or_insert_with(|| {
            assert!(
                count < MOST_HOSTS,
                "at most {MOST_HOSTS} emulated hosts fit on loopback"
            );
            Machine {
                source: source(count),
                up: true,
                open: Vec::new(),
            }
        });
        Host {
            network: self.clone(),
            ip,
            source: source.source,
        }
    }

    /// Where an emulated address can really be reached: a listener, else a datagram socket, else
    /// an alias.
    pub fn real(&self, emulated: SocketAddr) -> Option<SocketAddr> {
        let state = self.lock();
        let tables = [&state.streams, &state.datagrams, &state.aliases];
        tables
            .iter()
            .find_map(|table| table.real.get(&emulated).copied())
    }

    /// Lets emulated hosts reach the program at `real` as `emulated`, over TCP and UDP.
    pub fn alias(&self, emulated: SocketAddr, real: SocketAddr) {
        self.lock().aliases.add(emulated, real);
    }

    /// Takes a host down or up. Down: connects to it are refused or reset, its own fail, and its
    /// datagrams vanish. Open streams are left alone, see [`Loopback::cut`].
    pub fn set_up(&self, ip: IpAddr, up: bool) {
        self.host(ip);
        self.lock().machine(ip).up = up;
    }

    /// Resets every open stream of a host.
    pub fn cut(&self, ip: IpAddr) {
        self.host(ip);
        let open = std::mem::take(&mut self.lock().machine(ip).open);
        for scissors in open {
            // Without lingering the kernel says reset instead of goodbye.
            scissors.cut_after(|stream| {
                let _goodbye = stream.set_zero_linger();
            });
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0
            .lock()
            .expect("no code panics while it holds the loopback table")
    }
}

/// The real address of the emulated host created as number `count`, from 0.
fn source(count: usize) -> Ipv4Addr {
    let number = u8::try_from(count + 1).expect("the number of hosts is bounded");
    Ipv4Addr::new(127, 0, 1, number)
}

impl State {
    fn machine(&mut self, ip: IpAddr) -> &mut Machine {
        self.hosts
            .get_mut(&ip)
            .expect("a host exists before it is used")
    }

    fn is_up(&self, ip: IpAddr) -> bool {
        self.hosts.get(&ip).is_none_or(|machine| machine.up)
    }

    /// How an emulated host sees the sender at `real`.
    fn sender(&self, table: &Table, real: SocketAddr) -> SocketAddr {
        let known = table
            .emulated
            .get(&real)
            .or_else(|| self.aliases.emulated.get(&real));
        known.copied().unwrap_or_else(|| {
            let host = self
                .hosts
                .iter()
                .find(|(_, machine)| machine.source == real.ip());
            host.map_or(real, |(ip, _)| SocketAddr::new(*ip, real.port()))
        })
    }

    /// Where an emulated host's packet to `to` really goes.
    fn target(&self, table: &Table, to: SocketAddr) -> Option<SocketAddr> {
        let known = table
            .real
            .get(&to)
            .or_else(|| self.aliases.real.get(&to))
            .copied();
        known.or_else(|| to.ip().is_loopback().then_some(to))
    }
}

impl Host {
    fn real_source(&self) -> SocketAddr {
        SocketAddr::new(IpAddr::V4(self.source), 0)
    }

    /// An emulated local address, its port picked by the kernel when it is 0.
    fn own(&self, at: SocketAddr, real: SocketAddr) -> io::Result<SocketAddr> {
        if at.ip() != self.ip && !at.ip().is_unspecified() && !at.ip().is_loopback() {
            let message = format!("{at} is not an address of host {}", self.ip);
            return Err(io::Error::new(io::ErrorKind::AddrNotAvailable, message));
        }
        let port = if at.port() == 0 {
            real.port()
        } else {
            at.port()
        };
        Ok(SocketAddr::new(self.ip, port))
    }

    /// Puts a stream on a tether, so that [`Loopback::cut`] finds it.
    fn tethered(&self, stream: TcpStream) -> Stream {
        let (stream, scissors) = tie(stream);
        let mut state = self.network.lock();
        let open = &mut state.machine(self.ip).open;
        open.retain(Scissors::is_open);
        open.push(scissors);
        Box::new(stream)
    }

    async fn open(&self, to: SocketAddr) -> io::Result<Stream> {
        let target = {
            let state = self.network.lock();
            let both_up = state.is_up(self.ip) && state.is_up(to.ip());
            state.target(&state.streams, to).filter(|_| both_up)
        };
        let target = target.ok_or_else(|| {
            let message = format!("nothing listens at {to} on the emulated network");
            io::Error::new(io::ErrorKind::ConnectionRefused, message)
        })?;
        let socket = if target.is_ipv4() {
            TcpSocket::new_v4()?
        } else {
            TcpSocket::new_v6()?
        };
        if target.is_ipv4() {
            socket.bind(self.real_source())?;
        }
        let stream = socket.connect(target).await?;
        stream.set_nodelay(true)?;
        Ok(self.tethered(stream))
    }

    async fn start_listening(&self, at: SocketAddr) -> io::Result<Listener> {
        let real = self.keep_port(at)?;
        let listener = TcpListener::bind(real).await?;
        let shown = self.own(at, real)?;
        self.claim(|state| &mut state.streams, shown, real)?;
        let host = self.clone();
        let listener = accept_all(listener, Some(shown), move |stream, from| {
            let from = {
                let state = host.network.lock();
                state
                    .is_up(host.ip)
                    .then(|| state.sender(&state.streams, from))
            };
            match from {
                Some(from) => Some((host.tethered(stream), from)),
                None => {
                    let _goodbye = stream.set_zero_linger();
                    None
                }
            }
        })?;
        let network = self.network.clone();
        Ok(listener.also(Guard::new(move || network.lock().streams.remove(shown))))
    }

    /// The real address behind a listening address, the same whenever it is asked for.
    fn keep_port(&self, at: SocketAddr) -> io::Result<SocketAddr> {
        let mut state = self.network.lock();
        let known = SocketAddr::new(self.ip, at.port());
        if let Some(kept) = state.kept.get(&known) {
            return Ok(kept.real);
        }
        let bound = TcpSocket::new_v4()?;
        // Without it a listener could not share the port with the socket that keeps it.
        bound.set_reuseaddr(true)?;
        bound.bind(self.real_source())?;
        let real = bound.local_addr()?;
        let shown = self.own(at, real)?;
        state.kept.insert(
            shown,
            Kept {
                real,
                _bound: bound,
            },
        );
        Ok(real)
    }

    async fn start_receiving(&self, at: SocketAddr) -> io::Result<Datagrams> {
        let socket = UdpSocket::bind(self.real_source()).await?;
        let real = socket.local_addr()?;
        let shown = self.own(at, real)?;
        self.claim(|state| &mut state.datagrams, shown, real)?;
        let (inside, outside) = (self.clone(), self.clone());
        let inbound = move |from| {
            let state = inside.network.lock();
            state
                .is_up(inside.ip)
                .then(|| state.sender(&state.datagrams, from))
        };
        // Where nothing is bound or a host is down, the datagram is lost: port 9 (discard, RFC 863)
        // of the sender's own address takes it.
        let lost = SocketAddr::new(IpAddr::V4(self.source), 9);
        let outbound = move |to: SocketAddr| {
            let state = outside.network.lock();
            let both_up = state.is_up(outside.ip) && state.is_up(to.ip());
            Ok(state
                .target(&state.datagrams, to)
                .filter(|_| both_up)
                .unwrap_or(lost))
        };
        let datagrams = exchange(socket, Some(shown), inbound, outbound).await?;
        let network = self.network.clone();
        Ok(datagrams.also(Guard::new(move || network.lock().datagrams.remove(shown))))
    }

    fn claim(
        &self,
        table: impl Fn(&mut State) -> &mut Table,
        shown: SocketAddr,
        real: SocketAddr,
    ) -> io::Result<()> {
        let mut state = self.network.lock();
        let table = table(&mut state);
        if table.real.contains_key(&shown) {
            let message = format!("{shown} is in use on the emulated network");
            return Err(io::Error::new(io::ErrorKind::AddrInUse, message));
        }
        table.add(shown, real);
        Ok(())
    }
}

impl Network for Host {
    fn connect(&self, to: SocketAddr) -> BoxFuture<'_, io::Result<Stream>> {
        Box::pin(self.open(to))
    }

    fn listen(&self, at: SocketAddr) -> BoxFuture<'_, io::Result<Listener>> {
        Box::pin(self.start_listening(at))
    }

    fn bind(&self, at: SocketAddr) -> BoxFuture<'_, io::Result<Datagrams>> {
        Box::pin(self.start_receiving(at))
    }

    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> BoxFuture<'a, io::Result<SocketAddr>> {
        Box::pin(look_up(host, port))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    fn at(text: &str) -> SocketAddr {
        text.parse().expect("an address")
    }

    fn two() -> (Loopback, Host, Host) {
        let network = Loopback::new();
        let (a, b) = (
            network.host(at("192.0.2.10:0").ip()),
            network.host(at("192.0.2.11:0").ip()),
        );
        (network, a, b)
    }

    #[tokio::test]
    async fn emulated_hosts_meet_under_their_own_addresses() {
        let (network, a, b) = two();
        let mut listener = b.listen(at("192.0.2.11:22")).await.expect("free");
        assert_eq!(listener.local(), at("192.0.2.11:22"));
        assert!(b.listen(at("192.0.2.11:22")).await.is_err(), "taken");
        let mut near = a.connect(at("192.0.2.11:22")).await.expect("listening");
        let (mut far, from) = listener.accept().await.expect("a stream");
        assert_eq!(from.ip(), a.ip);
        near.write_all(b"hello").await.expect("open");
        let mut seen = [0; 5];
        far.read_exact(&mut seen).await.expect("open");
        let real = network.real(at("192.0.2.11:22")).expect("listening");
        a.connect(real)
            .await
            .expect("loopback addresses pass through");
        let error = a
            .connect(at("192.0.2.11:23"))
            .await
            .err()
            .expect("nobody there");
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
    }

    #[tokio::test]
    async fn a_cut_resets_both_sides_and_a_down_host_takes_nobody() {
        let (network, a, b) = two();
        let mut listener = b.listen(at("192.0.2.11:22")).await.expect("free");
        let mut near = a.connect(at("192.0.2.11:22")).await.expect("listening");
        let (mut far, _) = listener.accept().await.expect("a stream");
        network.set_up(b.ip, false);
        network.cut(b.ip);
        for stream in [&mut far, &mut near] {
            let error = stream.read_u8().await.expect_err("reset");
            assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
        }
        assert!(a.connect(at("192.0.2.11:22")).await.is_err(), "down");
        let real = network.real(at("192.0.2.11:22")).expect("still listed");
        let mut outside = TcpStream::connect(real).await.expect("the kernel accepts");
        assert!(outside.read_u8().await.is_err(), "and the host resets");
        network.set_up(b.ip, true);
        a.connect(at("192.0.2.11:22")).await.expect("up again");
    }

    #[tokio::test]
    async fn datagrams_are_translated_both_ways_and_aliases_reach_outside() {
        let (network, a, b) = two();
        let mut outside = super::super::sockets::Sockets
            .bind(at("127.0.0.1:0"))
            .await
            .expect("free");
        network.alias(at("198.51.100.5:162"), outside.local());
        let mut agent = a.bind(at("192.0.2.10:161")).await.expect("free");
        let mut manager = b.bind(at("0.0.0.0:0")).await.expect("free");
        manager.send_to(b"get", at("192.0.2.10:161")).expect("sent");
        let (bytes, from) = agent.recv_from().await.expect("received");
        assert_eq!((bytes.as_slice(), from), (&b"get"[..], manager.local()));
        agent.send_to(b"response", from).expect("sent");
        let (_, from) = manager.recv_from().await.expect("received");
        assert_eq!(from, at("192.0.2.10:161"));
        agent
            .send_to(b"lost", at("203.0.113.1:162"))
            .expect("lost, not an error");
        agent
            .send_to(b"trap", at("198.51.100.5:162"))
            .expect("sent");
        let (bytes, from) = outside.recv_from().await.expect("received");
        assert_eq!(bytes, b"trap");
        assert_eq!(Some(from), network.real(at("192.0.2.10:161")));
        outside.send_to(b"ack", from).expect("sent");
        let (_, from) = agent.recv_from().await.expect("received");
        assert_eq!(from, at("198.51.100.5:162"));
    }
}
