//! A stream that somebody else can end.
//!
//! The SSH library keeps its stream in a task of its own and offers no way to stop it while it
//! waits; a chassis that loses power stops every stream at once. Both hold the [`Scissors`].

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The stream, as its user sees it.
pub(super) struct Tether<S>(Arc<Mutex<Slot<S>>>);

/// Ends the stream from outside; does nothing once the stream is dropped.
pub(super) struct Scissors<S>(Weak<Mutex<Slot<S>>>);

struct Slot<S> {
    stream: Option<S>,
    first_error: Option<io::ErrorKind>,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

/// Puts `stream` on a tether.
pub(super) fn tie<S>(stream: S) -> (Tether<S>, Scissors<S>) {
    let slot = Slot {
        stream: Some(stream),
        first_error: None,
        reader: None,
        writer: None,
    };
    let slot = Arc::new(Mutex::new(slot));
    let scissors = Scissors(Arc::downgrade(&slot));
    (Tether(slot), scissors)
}

impl<S> Clone for Scissors<S> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<S> Scissors<S> {
    /// Drops the stream after `last` has seen it; its user reads and writes `ConnectionReset`.
    pub(super) fn cut_after(&self, last: impl FnOnce(&S)) {
        let Some(slot) = self.0.upgrade() else { return };
        let mut slot = lock(&slot);
        let stream = slot.stream.take();
        slot.first_error
            .get_or_insert(io::ErrorKind::ConnectionReset);
        let woken = [slot.reader.take(), slot.writer.take()];
        drop(slot);
        if let Some(stream) = stream {
            last(&stream);
        }
        woken.into_iter().flatten().for_each(Waker::wake);
    }

    /// Drops the stream; its user reads and writes `ConnectionReset`.
    pub(super) fn cut(&self) {
        self.cut_after(|_| ());
    }

    /// Whether the stream is still there to be cut.
    pub(super) fn is_open(&self) -> bool {
        self.0
            .upgrade()
            .is_some_and(|slot| lock(&slot).stream.is_some())
    }
}

impl<S> Tether<S> {
    /// A view of the first error the stream met, which outlives the stream.
    pub(super) fn first_error(&self) -> impl Fn() -> Option<io::ErrorKind> + Send + use<S>
    where
        S: Send,
    {
        let slot = self.0.clone();
        move || lock(&slot).first_error
    }
}

/// The stream ends with its user, whoever still asks for its first error.
impl<S> Drop for Tether<S> {
    fn drop(&mut self) {
        let stream = lock(&self.0).stream.take();
        drop(stream);
    }
}

fn lock<S>(slot: &Mutex<Slot<S>>) -> MutexGuard<'_, Slot<S>> {
    slot.lock()
        .expect("a stream does not panic while it is polled")
}

impl<S> Slot<S> {
    fn note<T>(&mut self, polled: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if let Poll::Ready(Err(error)) = &polled {
            self.first_error.get_or_insert(error.kind());
        }
        polled
    }
}

fn reset<T>() -> Poll<io::Result<T>> {
    Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()))
}

impl<S: AsyncRead + Unpin> AsyncRead for Tether<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut slot = lock(&self.0);
        let Some(stream) = &mut slot.stream else {
            return reset();
        };
        let polled = Pin::new(stream).poll_read(context, into);
        if polled.is_pending() {
            slot.reader = Some(context.waker().clone());
        }
        slot.note(polled)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Tether<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let mut slot = lock(&self.0);
        let Some(stream) = &mut slot.stream else {
            return reset();
        };
        let polled = Pin::new(stream).poll_write(context, bytes);
        if polled.is_pending() {
            slot.writer = Some(context.waker().clone());
        }
        slot.note(polled)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut slot = lock(&self.0);
        let Some(stream) = &mut slot.stream else {
            return reset();
        };
        let polled = Pin::new(stream).poll_flush(context);
        if polled.is_pending() {
            slot.writer = Some(context.waker().clone());
        }
        slot.note(polled)
    }

    /// Best effort: a stream that cannot say goodbye is over all the same, and the failed goodbye
    /// must not hide why it ended.
    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut slot = lock(&self.0);
        let Some(stream) = &mut slot.stream else {
            return Poll::Ready(Ok(()));
        };
        match Pin::new(stream).poll_shutdown(context) {
            Poll::Ready(_) => Poll::Ready(Ok(())),
            Poll::Pending => {
                slot.writer = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}
