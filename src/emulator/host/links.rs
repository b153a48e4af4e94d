//! The SRP connections of a chassis (SRP-2, SRP-7).

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};

use super::{Inner, Shared};
use crate::emulator::redundancy::Endpoint;
use crate::net::Stream;
use crate::proto::{Time, srp};
use crate::wire;

/// Sends that may wait for a slow peer; one more and the connection is given up.
const QUEUE: usize = 4096;

/// Bytes read at once.
const CHUNK: usize = 32 << 10;

/// A caller that says nothing for this long is hung up on.
const FIRST_WORDS: Duration = Duration::from_secs(30);

/// The first bytes of a frame that say whose connection it is (A.14).
const PREFIX: usize = 10;

/// The connections that stand or are being opened.
#[derive(Default)]
pub(super) struct Links {
    open: BTreeMap<srp::Conn, Link>,
    last: u64,
}

struct Link {
    /// Tells this connection from an earlier one in its place.
    id: u64,
    outgoing: mpsc::Sender<Vec<u8>>,
    reader: AbortHandle,
}

impl Links {
    pub fn clear(&mut self) {
        for link in self.open.values() {
            link.reader.abort();
        }
        self.open.clear();
    }

    fn is_current(&self, conn: srp::Conn, id: u64) -> bool {
        self.open.get(&conn).is_some_and(|link| link.id == id)
    }

    /// Registers a connection; one that stood in its place ends.
    fn insert(
        &mut self,
        conn: srp::Conn,
        outgoing: mpsc::Sender<Vec<u8>>,
        reader: AbortHandle,
    ) -> u64 {
        self.last += 1;
        let link = Link {
            id: self.last,
            outgoing,
            reader,
        };
        if let Some(former) = self.open.insert(conn, link) {
            former.reader.abort();
        }
        self.last
    }

    fn remove(&mut self, conn: srp::Conn) {
        // The writer ends by itself once it has sent what was queued.
        if let Some(link) = self.open.remove(&conn) {
            link.reader.abort();
        }
    }
}

/// Does what the machine asks for, without waiting.
pub(super) fn perform(shared: &Arc<Shared>, inner: &mut Inner, now: Time, output: srp::Output) {
    match output {
        srp::Output::Open(conn) => {
            let Some(endpoint) = inner.chassis.srp_endpoint() else {
                inner.chassis.srp_input(now, srp::Input::Closed(conn));
                return;
            };
            let (outgoing, queue) = mpsc::channel(QUEUE);
            let id = inner.links.last + 1;
            let opening = open(shared.clone(), conn, id, endpoint, queue);
            let reader = tokio::spawn(opening).abort_handle();
            inner.links.insert(conn, outgoing, reader);
        }
        srp::Output::Send(conn, bytes) => {
            let Some(link) = inner.links.open.get(&conn) else {
                return;
            };
            if link.outgoing.try_send(bytes).is_err() {
                inner.links.remove(conn);
                inner.chassis.srp_input(now, srp::Input::Closed(conn));
            }
        }
        srp::Output::Close(conn) => inner.links.remove(conn),
        srp::Output::Notify(_) | srp::Output::Changed | srp::Output::Log(_) => {
            panic!("the chassis keeps {output:?} to itself")
        }
    }
}

/// Accepts the peer's connections until the tasks are dropped.
pub(super) async fn listen(shared: Arc<Shared>, endpoint: Endpoint) -> io::Result<JoinSet<()>> {
    let at = SocketAddr::new(endpoint.bind, wire::srp::PORT);
    let mut listener = shared.networks.redundancy.listen(at).await?;
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let mut callers = JoinSet::new();
        while let Some((stream, from)) = listener.accept().await {
            while callers.try_join_next().is_some() {}
            if is_peer(from.ip(), endpoint.peer) {
                callers.spawn(accepted(shared.clone(), stream));
            }
        }
    });
    Ok(tasks)
}

/// Ends every connection and tells the machine.
pub(super) fn close_all(shared: &Arc<Shared>) {
    let conns: Vec<srp::Conn> = {
        let mut inner = shared.lock();
        let conns = inner.links.open.keys().copied().collect();
        inner.links.clear();
        conns
    };
    for conn in conns {
        shared.drive(|chassis, now| chassis.srp_input(now, srp::Input::Closed(conn)));
    }
}

/// SRP-15: only the configured peer is listened to. On loopback every emulated address has a
/// stand-in of 127.0.0.0/8.
fn is_peer(from: IpAddr, peer: IpAddr) -> bool {
    from == peer || from.is_loopback()
}

async fn open(
    shared: Arc<Shared>,
    conn: srp::Conn,
    id: u64,
    endpoint: Endpoint,
    queue: mpsc::Receiver<Vec<u8>>,
) {
    let to = SocketAddr::new(endpoint.peer, wire::srp::PORT);
    match shared.networks.redundancy.connect(to).await {
        Ok(stream) => {
            let (reading, writing) = tokio::io::split(stream);
            tokio::spawn(write(writing, queue));
            tell(&shared, conn, id, srp::Input::Opened(conn));
            read(shared, conn, id, reading).await;
        }
        Err(_) => closed(&shared, conn, id),
    }
}

/// The first frame of a caller says which session manager it is, or that it is the control
/// connection.
async fn accepted(shared: Arc<Shared>, mut stream: Stream) {
    let mut first = Vec::with_capacity(PREFIX);
    let words = async {
        while first.len() < PREFIX {
            if stream.read_buf(&mut first).await.unwrap_or(0) == 0 {
                return None;
            }
        }
        wire::srp::instance_of(&first)
    };
    let said = tokio::select! {
        biased;
        said = words => said,
        () = shared.clock.sleep(FIRST_WORDS) => None,
    };
    let Some(instance) = said else { return };
    let conn = srp::Conn::from_instance(instance);
    let (reading, writing) = tokio::io::split(stream);
    let (outgoing, queue) = mpsc::channel(QUEUE);
    tokio::spawn(write(writing, queue));
    let (id, started) = {
        let mut inner = shared.lock();
        let (start, started) = tokio::sync::oneshot::channel::<()>();
        let id = inner.links.last + 1;
        let task = reader_after(started, shared.clone(), conn, id, reading);
        let reader = tokio::spawn(task).abort_handle();
        (inner.links.insert(conn, outgoing, reader), start)
    };
    tell(&shared, conn, id, srp::Input::Opened(conn));
    tell(&shared, conn, id, srp::Input::Received(conn, &first));
    // A reader that is gone already was replaced by a newer connection.
    let _replaced = started.send(());
}

async fn reader_after(
    started: tokio::sync::oneshot::Receiver<()>,
    shared: Arc<Shared>,
    conn: srp::Conn,
    id: u64,
    reading: ReadHalf<Stream>,
) {
    if started.await.is_ok() {
        read(shared, conn, id, reading).await;
    }
}

async fn read(shared: Arc<Shared>, conn: srp::Conn, id: u64, mut reading: ReadHalf<Stream>) {
    let mut buffer = vec![0; CHUNK];
    while let Ok(count @ 1..) = reading.read(&mut buffer).await {
        tell(
            &shared,
            conn,
            id,
            srp::Input::Received(conn, &buffer[..count]),
        );
    }
    closed(&shared, conn, id);
}

/// Ends when the sender is dropped and everything is written; dropping the half closes our side.
async fn write(mut writing: WriteHalf<Stream>, mut queue: mpsc::Receiver<Vec<u8>>) {
    while let Some(bytes) = queue.recv().await {
        if writing.write_all(&bytes).await.is_err() {
            return;
        }
    }
    // A peer that is gone already needs no end of file.
    let _gone = writing.shutdown().await;
}

/// Hands an input to the machine unless a newer connection stands in this place.
fn tell(shared: &Arc<Shared>, conn: srp::Conn, id: u64, input: srp::Input<'_>) {
    if shared.lock().links.is_current(conn, id) {
        shared.drive(|chassis, now| chassis.srp_input(now, input));
    }
}

fn closed(shared: &Arc<Shared>, conn: srp::Conn, id: u64) {
    let current = {
        let mut inner = shared.lock();
        let current = inner.links.is_current(conn, id);
        if current {
            inner.links.remove(conn);
        }
        current
    };
    if current {
        shared.drive(|chassis, now| chassis.srp_input(now, srp::Input::Closed(conn)));
    }
}
