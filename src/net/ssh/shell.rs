//! An open shell: bytes in, bytes out, and why it ended.
//!
//! Two tasks serve it. One always takes what arrives off the channel, into a bounded queue: a
//! channel nobody reads would stall the whole session. The other waits for the session itself,
//! because only it knows why a session ended: the channel just reads end of file.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use russh::client::{Handle, Msg};
use russh::{Channel, ChannelMsg, ChannelReadHalf, ChannelWriteHalf, Disconnect};
use tokio::sync::{mpsc, oneshot, watch};

use super::client::Negotiated;
use super::error::Lost;
use super::verifier::{Notes, Verifier};
use crate::net::Guard;

/// Chunks (of at most 32 KiB) that wait to be read; then the device has to wait.
const QUEUE: usize = 1024;
/// How long our goodbye may take before the stream is cut.
const GOODBYE: Duration = Duration::from_secs(5);

/// A shell on a device. Dropping it says goodbye in the background.
pub struct Shell {
    incoming: mpsc::Receiver<Vec<u8>>,
    early: Vec<u8>,
    outgoing: ChannelWriteHalf<Msg>,
    /// The device closed the channel in an orderly way.
    closed: Arc<AtomicBool>,
    ended: watch::Receiver<Option<Lost>>,
    /// Dropped to say goodbye.
    goodbye: Option<oneshot::Sender<()>>,
    notes: Notes,
}

/// What the tasks need to know about the stream below the session.
pub(super) struct Line {
    pub(super) notes: Notes,
    /// The first error the stream met.
    pub(super) broken: Box<dyn Fn() -> Option<io::ErrorKind> + Send>,
    /// Ends the stream when dropped.
    pub(super) cut: Guard,
}

impl Shell {
    /// Starts the two tasks; `early` is what the device said before it granted the shell.
    pub(super) fn start(
        handle: Handle<Verifier>,
        channel: Channel<Msg>,
        early: Vec<u8>,
        line: Line,
    ) -> Self {
        let (reading, outgoing) = channel.split();
        let (queue, incoming) = mpsc::channel(QUEUE);
        let (goodbye, leaving) = oneshot::channel();
        let (ending, ended) = watch::channel(None);
        let closed = Arc::new(AtomicBool::new(false));
        let notes = line.notes.clone();
        tokio::spawn(drain(reading, queue, closed.clone()));
        tokio::spawn(attend(handle, leaving, line, ending));
        Self {
            incoming,
            early,
            outgoing,
            closed,
            ended,
            goodbye: Some(goodbye),
            notes,
        }
    }

    /// What the device says next; `None` once it closed the session in an orderly way and all it
    /// said was read. Nothing is lost when the future is dropped.
    ///
    /// # Errors
    /// Why the session ended otherwise, after all that had arrived was read; again at every call.
    pub async fn read(&mut self) -> Result<Option<Vec<u8>>, Lost> {
        if !self.early.is_empty() {
            return Ok(Some(std::mem::take(&mut self.early)));
        }
        if let Some(bytes) = self.incoming.recv().await {
            return Ok(Some(bytes));
        }
        if self.closed.load(Ordering::Acquire) {
            return Ok(None);
        }
        Err(self.why().await)
    }

    /// Hands bytes to the session, waiting while the device takes no more. That they were handed
    /// over proves nothing: only the device's echo or answer does. When the future is dropped,
    /// part of the bytes may be on its way.
    ///
    /// # Errors
    /// Why the session ended.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), Lost> {
        let sent = tokio::select! {
            biased;
            lost = ended(&mut self.ended) => return Err(lost),
            sent = self.outgoing.data_bytes(bytes.to_vec()) => sent,
        };
        match sent {
            Ok(()) => Ok(()),
            Err(_) => Err(self.why().await),
        }
    }

    /// Tells the device that the terminal has a new size, in columns and rows.
    ///
    /// # Errors
    /// Why the session ended.
    pub async fn resize(&mut self, width: u32, height: u32) -> Result<(), Lost> {
        match self.outgoing.window_change(width, height, 0, 0).await {
            Ok(()) => Ok(()),
            Err(_) => Err(self.why().await),
        }
    }

    /// Says goodbye and waits until the connection is gone, at most five seconds.
    pub async fn close(mut self) {
        drop(self.goodbye.take());
        ended(&mut self.ended).await;
    }

    /// The banner the device showed before the login.
    pub fn banner(&self) -> Option<String> {
        self.notes.lock().banner.clone()
    }

    /// What was agreed on in the key exchange.
    pub fn negotiated(&self) -> Negotiated {
        let negotiated = self.notes.lock().negotiated.clone();
        negotiated.expect("there is no shell without a key exchange")
    }

    async fn why(&mut self) -> Lost {
        ended(&mut self.ended).await
    }
}

/// Waits for the end of the session.
async fn ended(ended: &mut watch::Receiver<Option<Lost>>) -> Lost {
    match ended.wait_for(Option::is_some).await {
        Ok(lost) => lost.clone().expect("just waited for it"),
        // The runtime is shutting down and took the attending task with it.
        Err(_) => Lost::Closed,
    }
}

/// Takes everything off the channel, also when nobody wants it any more.
async fn drain(
    mut reading: ChannelReadHalf,
    queue: mpsc::Sender<Vec<u8>>,
    closed: Arc<AtomicBool>,
) {
    while let Some(message) = reading.wait().await {
        match message {
            ChannelMsg::Data { data } | ChannelMsg::ExtendedData { data, .. } => {
                let _unwanted = queue.send(data.into()).await;
            }
            ChannelMsg::Eof => closed.store(true, Ordering::Release),
            ChannelMsg::Close => {
                closed.store(true, Ordering::Release);
                return;
            }
            _ => {}
        }
    }
}

/// Waits for the session to end, or ends it, and says why it ended.
async fn attend(
    mut handle: Handle<Verifier>,
    mut leaving: oneshot::Receiver<()>,
    line: Line,
    ending: watch::Sender<Option<Lost>>,
) {
    let verdict = tokio::select! {
        biased;
        verdict = &mut handle => Some(verdict),
        _ = &mut leaving => None,
    };
    let lost = match verdict {
        Some(verdict) => {
            let said = line.notes.lock().goodbye.clone();
            Lost::from_verdict(&verdict, said, (line.broken)())
        }
        None => {
            let goodbye = async {
                handle
                    .disconnect(Disconnect::ByApplication, "done", "")
                    .await?;
                (&mut handle).await
            };
            // However it goes, the stream is cut next.
            let _said = tokio::time::timeout(GOODBYE, goodbye).await;
            Lost::Closed
        }
    };
    drop(line.cut);
    ending.send_replace(Some(lost));
}
