//! The real network: TCP and UDP of the operating system.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::mpsc;

use super::{BoxFuture, Datagrams, Guard, Listener, Network, Stream};

/// Accepted streams that wait for their owner; more wait in the kernel's backlog.
const BACKLOG: usize = 128;
/// Datagrams that wait for their owner; more wait in the kernel's socket buffer.
const DATAGRAM_QUEUE: usize = 4096;
/// Largest UDP payload over IPv4 and IPv6 (RFC 768: 16-bit length).
const LARGEST_DATAGRAM: usize = 65_535;
/// Pause after a failed accept or receive (no file descriptors left, say), so that a lasting
/// failure does not take a processor.
const AFTER_FAILURE: Duration = Duration::from_millis(100);

/// This machine's network.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sockets;

impl Network for Sockets {
    fn connect(&self, to: SocketAddr) -> BoxFuture<'_, io::Result<Stream>> {
        Box::pin(async move {
            let stream = TcpStream::connect(to).await?;
            stream.set_nodelay(true)?;
            Ok(Box::new(stream) as Stream)
        })
    }

    fn listen(&self, at: SocketAddr) -> BoxFuture<'_, io::Result<Listener>> {
        Box::pin(async move {
            let listener = TcpListener::bind(at).await?;
            accept_all(listener, None, |stream, from| {
                Some((Box::new(stream) as Stream, from))
            })
        })
    }

    fn bind(&self, at: SocketAddr) -> BoxFuture<'_, io::Result<Datagrams>> {
        Box::pin(async move {
            let socket = UdpSocket::bind(at).await?;
            exchange(socket, None, Some, Ok).await
        })
    }

    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> BoxFuture<'a, io::Result<SocketAddr>> {
        Box::pin(look_up(host, port))
    }
}

/// Resolves a name; an address needs no resolver. The first answer wins, IPv4 or IPv6 as the
/// system orders them.
pub(super) async fn look_up(host: &str, port: u16) -> io::Result<SocketAddr> {
    if let Ok(ip) = host.parse::<IpAddr>() {
        return Ok(SocketAddr::new(ip, port));
    }
    let mut found = tokio::net::lookup_host((host, port))
        .await
        .map_err(|error| {
            io::Error::new(error.kind(), format!("cannot resolve `{host}`: {error}"))
        })?;
    found
        .next()
        .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, format!("`{host}` has no address")))
}

/// Runs a listener in a task of its own. `admit` wraps or refuses each stream; `shown` is the
/// address to report when it differs from the real one.
pub(super) fn accept_all(
    listener: TcpListener,
    shown: Option<SocketAddr>,
    admit: impl Fn(TcpStream, SocketAddr) -> Option<(Stream, SocketAddr)> + Send + 'static,
) -> io::Result<Listener> {
    let local = shown.map_or_else(|| listener.local_addr(), Ok)?;
    let (sender, incoming) = mpsc::channel(BACKLOG);
    let task = tokio::spawn(async move {
        loop {
            match listener.accept().await {
                Ok((stream, from)) => {
                    // A stream without nodelay works, only slowly.
                    let _slow = stream.set_nodelay(true);
                    let Some(admitted) = admit(stream, from) else {
                        continue;
                    };
                    if sender.send(admitted).await.is_err() {
                        return;
                    }
                }
                Err(error) => {
                    tracing::warn!(%local, %error, "cannot accept a stream, trying again");
                    tokio::time::sleep(AFTER_FAILURE).await;
                }
            }
        }
    });
    let task = task.abort_handle();
    Ok(Listener::new(
        local,
        incoming,
        Guard::new(move || task.abort()),
    ))
}

/// Runs a datagram socket in a task of its own. `inbound` translates senders (`None` loses the
/// datagram), `outbound` translates targets.
pub(super) async fn exchange(
    socket: UdpSocket,
    shown: Option<SocketAddr>,
    inbound: impl Fn(SocketAddr) -> Option<SocketAddr> + Send + 'static,
    outbound: impl Fn(SocketAddr) -> io::Result<SocketAddr> + Send + Sync + 'static,
) -> io::Result<Datagrams> {
    let local = shown.map_or_else(|| socket.local_addr(), Ok)?;
    // Sends never wait, so the readiness must be known before the first of them.
    socket.writable().await?;
    let socket = Arc::new(socket);
    let (sender, incoming) = mpsc::channel(DATAGRAM_QUEUE);
    let receiving = socket.clone();
    let task = tokio::spawn(async move {
        let mut buffer = vec![0; LARGEST_DATAGRAM];
        loop {
            match receiving.recv_from(&mut buffer).await {
                Ok((count, from)) => {
                    let Some(from) = inbound(from) else { continue };
                    if sender.send((buffer[..count].to_vec(), from)).await.is_err() {
                        return;
                    }
                }
                Err(error) => {
                    tracing::warn!(%local, %error, "cannot receive a datagram, trying again");
                    tokio::time::sleep(AFTER_FAILURE).await;
                }
            }
        }
    });
    let task = task.abort_handle();
    let send = move |bytes: &[u8], to| {
        let sent = socket.try_send_to(bytes, outbound(to)?)?;
        if sent == bytes.len() {
            return Ok(());
        }
        let message = format!(
            "only {sent} of {} bytes of a datagram to {to} went out",
            bytes.len()
        );
        Err(io::Error::new(io::ErrorKind::WriteZero, message))
    };
    Ok(Datagrams::new(
        local,
        incoming,
        send,
        Guard::new(move || task.abort()),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    fn any() -> SocketAddr {
        "127.0.0.1:0".parse().expect("an address")
    }

    #[tokio::test]
    async fn streams_cross_and_a_dropped_listener_refuses() {
        let mut listener = Sockets.listen(any()).await.expect("a free port");
        let at = listener.local();
        let mut near = Sockets.connect(at).await.expect("somebody listens");
        let (mut far, _) = listener.accept().await.expect("a stream came in");
        near.write_all(b"hello").await.expect("open");
        drop(near);
        let mut seen = Vec::new();
        far.read_to_end(&mut seen).await.expect("a clean end");
        assert_eq!(seen, b"hello");
        drop(listener);
        // The aborted task gives its socket back at the next turn of the runtime.
        while Sockets.connect(at).await.is_ok() {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn the_very_first_datagram_is_sent_and_answered() {
        let mut a = Sockets.bind(any()).await.expect("a free port");
        let mut b = Sockets.bind(any()).await.expect("a free port");
        a.send_to(b"trap", b.local()).expect("sent");
        let (bytes, from) = b.recv_from().await.expect("received");
        assert_eq!((bytes.as_slice(), from), (&b"trap"[..], a.local()));
        b.send_to(b"ack", from).expect("sent");
        assert_eq!(a.recv_from().await.expect("received").0, b"ack");
    }

    #[tokio::test]
    async fn an_address_needs_no_resolver() {
        let found = Sockets
            .resolve("2001:db8::1", 22)
            .await
            .expect("an address");
        assert_eq!(found, "[2001:db8::1]:22".parse().expect("an address"));
    }
}
