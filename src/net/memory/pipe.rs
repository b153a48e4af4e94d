//! An in-memory byte stream with two ends, for rehearsals.
//!
//! No task and no timer moves the bytes: a write wakes the reader, a read wakes the writer. What a
//! network can do to a stream is done from outside: [`Pipe::hold`] (a partition) and
//! [`Pipe::break_at`] (a host that loses power).

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Both directions of one stream.
pub(super) struct Pipe(Mutex<State>);

struct State {
    capacity: usize,
    /// Nothing crosses, in neither direction, goodbyes included.
    held: bool,
    /// The side whose host cut the stream; the other side learns it when nothing is held.
    broken: Option<usize>,
    /// `ways[side]` carries what `side` writes.
    ways: [Way; 2],
}

#[derive(Default)]
struct Way {
    bytes: VecDeque<u8>,
    writer_gone: bool,
    reader_gone: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

/// One end of an in-memory stream; dropping it is a clean goodbye (end of file at the other end).
pub struct End {
    pipe: Arc<Pipe>,
    side: usize,
}

/// Two connected ends, each direction holding at most `capacity` bytes before writers wait.
pub fn pair(capacity: usize) -> (End, End) {
    let (a, b, _) = piped(capacity);
    (a, b)
}

/// Like [`pair`], with the pipe itself for whoever plays the network.
pub(super) fn piped(capacity: usize) -> (End, End, Arc<Pipe>) {
    assert!(capacity > 0, "a pipe without room never moves a byte");
    let ways = [Way::default(), Way::default()];
    let pipe = Arc::new(Pipe(Mutex::new(State {
        capacity,
        held: false,
        broken: None,
        ways,
    })));
    (
        End {
            pipe: pipe.clone(),
            side: 0,
        },
        End {
            pipe: pipe.clone(),
            side: 1,
        },
        pipe,
    )
}

impl Pipe {
    /// Holds everything back, or lets it go on (and delivers what was held).
    pub(super) fn hold(&self, held: bool) {
        let mut state = self.0.lock().expect("pipe state survives");
        state.held = held;
        wake(state);
    }

    /// Breaks the stream without goodbye, seen first at `side`.
    pub(super) fn break_at(&self, side: usize) {
        let mut state = self.0.lock().expect("pipe state survives");
        state.broken.get_or_insert(side);
        wake(state);
    }
}

/// Wakes everybody who waits on the pipe, outside its lock.
fn wake(mut state: std::sync::MutexGuard<'_, State>) {
    let mut woken = Vec::with_capacity(4);
    for way in &mut state.ways {
        woken.extend(way.reader.take());
        woken.extend(way.writer.take());
    }
    drop(state);
    woken.into_iter().for_each(Waker::wake);
}

impl State {
    fn is_broken_for(&self, side: usize) -> bool {
        self.broken.is_some_and(|by| by == side || !self.held)
    }
}

impl AsyncRead for End {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut state = self.pipe.0.lock().expect("pipe state survives");
        if state.is_broken_for(self.side) {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        let held = state.held;
        let way = &mut state.ways[1 - self.side];
        if !held && !way.bytes.is_empty() {
            let count = way.bytes.len().min(into.remaining());
            let (front, back) = way.bytes.as_slices();
            let first = count.min(front.len());
            into.put_slice(&front[..first]);
            into.put_slice(&back[..count - first]);
            way.bytes.drain(..count);
            let writer = way.writer.take();
            drop(state);
            writer.into_iter().for_each(Waker::wake);
            return Poll::Ready(Ok(()));
        }
        if !held && way.writer_gone {
            return Poll::Ready(Ok(()));
        }
        way.reader = Some(context.waker().clone());
        Poll::Pending
    }
}

impl AsyncWrite for End {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let mut state = self.pipe.0.lock().expect("pipe state survives");
        if state.is_broken_for(self.side) {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        let (held, capacity) = (state.held, state.capacity);
        let way = &mut state.ways[self.side];
        if way.writer_gone || (way.reader_gone && !held) {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let count = bytes.len().min(capacity - way.bytes.len());
        if count == 0 && !bytes.is_empty() {
            way.writer = Some(context.waker().clone());
            return Poll::Pending;
        }
        way.bytes.extend(&bytes[..count]);
        let reader = if held { None } else { way.reader.take() };
        drop(state);
        reader.into_iter().for_each(Waker::wake);
        Poll::Ready(Ok(count))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut state = self.pipe.0.lock().expect("pipe state survives");
        state.ways[self.side].writer_gone = true;
        wake(state);
        Poll::Ready(Ok(()))
    }
}

impl Drop for End {
    fn drop(&mut self) {
        let mut state = self.pipe.0.lock().expect("pipe state survives");
        state.ways[self.side].writer_gone = true;
        state.ways[1 - self.side].reader_gone = true;
        state.ways[1 - self.side].bytes.clear();
        wake(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    #[tokio::test(start_paused = true)]
    async fn a_full_pipe_makes_the_writer_wait_and_loses_nothing() {
        let (mut a, mut b) = pair(7);
        let sent: Vec<u8> = (0..=255).cycle().take(10_000).collect();
        let expected = sent.clone();
        let writer = tokio::spawn(async move {
            a.write_all(&sent).await.expect("the reader is there");
        });
        let mut seen = Vec::new();
        b.read_to_end(&mut seen).await.expect("a clean end");
        writer.await.expect("the writer does not panic");
        assert_eq!(seen, expected);
    }

    #[tokio::test(start_paused = true)]
    async fn writing_to_somebody_who_left_is_a_broken_pipe() {
        let (mut a, b) = pair(16);
        drop(b);
        let error = a.write_all(b"hello").await.expect_err("nobody reads");
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
        assert_eq!(a.read(&mut [0; 4]).await.expect("end of file"), 0);
    }
}
