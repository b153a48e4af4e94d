//! A stream that can freeze: half open for ever, as when a box dies without a word (SSH-2).

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::net::Stream;

/// The stream, as its user sees it; the twin made by [`Valve::tap`] can freeze it.
pub(super) struct Valve(Arc<Mutex<Option<Stream>>>);

/// Freezes the stream of its [`Valve`].
#[derive(Clone)]
pub(super) struct Tap(Arc<Mutex<Option<Stream>>>);

impl Valve {
    pub fn new(stream: Stream) -> Self {
        Self(Arc::new(Mutex::new(Some(stream))))
    }

    pub fn tap(&self) -> Tap {
        Tap(self.0.clone())
    }

    fn poll<R>(&self, frozen: Poll<R>, open: impl FnOnce(Pin<&mut Stream>) -> Poll<R>) -> Poll<R> {
        match &mut *lock(&self.0) {
            Some(stream) => open(Pin::new(stream)),
            None => frozen,
        }
    }
}

impl Tap {
    /// From now on nothing is read and everything written is lost. The other side sees neither
    /// bytes nor an end for as long as the returned stream is kept.
    pub fn freeze(&self) -> Option<Stream> {
        lock(&self.0).take()
    }
}

fn lock(slot: &Mutex<Option<Stream>>) -> MutexGuard<'_, Option<Stream>> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}

impl AsyncRead for Valve {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.poll(Poll::Pending, |stream| stream.poll_read(cx, buffer))
    }
}

impl AsyncWrite for Valve {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll(Poll::Ready(Ok(bytes.len())), |stream| {
            stream.poll_write(cx, bytes)
        })
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll(Poll::Ready(Ok(())), |stream| stream.poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll(Poll::Ready(Ok(())), |stream| stream.poll_shutdown(cx))
    }
}
