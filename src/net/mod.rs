//! Floor 3: the only place where bytes move.
//!
//! A run stands on [`sockets`]; a dry run stands on [`memory`]; `cutover emulate` puts emulated
//! chassis on [`loopback`]. All three are a [`Network`], the only seam between this program and
//! the world: everything above (SSH, SNMP, the drivers, the emulated chassis) is the same code.

pub mod clock;
pub mod loopback;
pub mod memory;
pub mod secret;
pub mod sockets;
pub mod ssh;
mod tether;

pub use clock::Clock;
pub use secret::Secret;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;

/// A future that can be kept in a trait object.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Both directions of a byte stream.
pub trait Duplex: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Duplex for T {}

/// A connected byte stream, whatever carries it.
pub type Stream = Box<dyn Duplex>;

/// One host's view of a network: what it can connect to and listen on.
///
/// A listener or datagram socket stops working when it is dropped.
pub trait Network: Send + Sync {
    /// Opens a stream. There is no time limit here: the caller owns deadlines.
    fn connect(&self, to: SocketAddr) -> BoxFuture<'_, io::Result<Stream>>;
    /// Accepts streams at `at`; port 0 picks a free one, see [`Listener::local`].
    fn listen(&self, at: SocketAddr) -> BoxFuture<'_, io::Result<Listener>>;
    /// Sends and receives datagrams at `at`; port 0 picks a free one.
    fn bind(&self, at: SocketAddr) -> BoxFuture<'_, io::Result<Datagrams>>;
    /// Turns a host name or address into something to connect to.
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> BoxFuture<'a, io::Result<SocketAddr>>;
}

/// A bound listening address with a bounded queue of accepted streams.
pub struct Listener {
    local: SocketAddr,
    incoming: mpsc::Receiver<(Stream, SocketAddr)>,
    guards: Vec<Guard>,
}

impl Listener {
    /// Assembles a listener; `guard` runs when it is dropped.
    pub fn new(
        local: SocketAddr,
        incoming: mpsc::Receiver<(Stream, SocketAddr)>,
        guard: Guard,
    ) -> Self {
        Self {
            local,
            incoming,
            guards: vec![guard],
        }
    }

    /// The same listener with one more thing to undo when it is dropped.
    pub fn also(mut self, guard: Guard) -> Self {
        self.guards.push(guard);
        self
    }

    /// The address it really listens on.
    pub fn local(&self) -> SocketAddr {
        self.local
    }

    /// The next stream and who opened it; `None` once the network is gone.
    pub async fn accept(&mut self) -> Option<(Stream, SocketAddr)> {
        self.incoming.recv().await
    }
}

/// Something to undo when its owner is dropped (abort a task, free an address).
pub struct Guard(Option<Box<dyn FnOnce() + Send + Sync>>);

impl Guard {
    pub fn new(undo: impl FnOnce() + Send + Sync + 'static) -> Self {
        Self(Some(Box::new(undo)))
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(undo) = self.0.take() {
            undo();
        }
    }
}

/// Hands one datagram to the network, without waiting.
type SendDatagram = dyn Fn(&[u8], SocketAddr) -> io::Result<()> + Send + Sync;

/// A bound datagram socket: bounded receive queue, sends that never wait.
pub struct Datagrams {
    local: SocketAddr,
    incoming: mpsc::Receiver<(Vec<u8>, SocketAddr)>,
    outgoing: Box<SendDatagram>,
    guards: Vec<Guard>,
}

impl Datagrams {
    /// Assembles a datagram socket; `guard` runs when it is dropped.
    pub fn new(
        local: SocketAddr,
        incoming: mpsc::Receiver<(Vec<u8>, SocketAddr)>,
        outgoing: impl Fn(&[u8], SocketAddr) -> io::Result<()> + Send + Sync + 'static,
        guard: Guard,
    ) -> Self {
        Self {
            local,
            incoming,
            outgoing: Box::new(outgoing),
            guards: vec![guard],
        }
    }

    /// The same socket with one more thing to undo when it is dropped.
    pub fn also(mut self, guard: Guard) -> Self {
        self.guards.push(guard);
        self
    }

    /// The address it really is bound to.
    pub fn local(&self) -> SocketAddr {
        self.local
    }

    /// Hands one datagram to the network; it may be lost, as datagrams may.
    pub fn send_to(&self, bytes: &[u8], to: SocketAddr) -> io::Result<()> {
        (self.outgoing)(bytes, to)
    }

    /// The next datagram and its sender; `None` once the network is gone.
    pub async fn recv_from(&mut self) -> Option<(Vec<u8>, SocketAddr)> {
        self.incoming.recv().await
    }
}
