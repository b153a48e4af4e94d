//! One connection's bytes: reassembly on the way in, coalescing on the way out.

use crate::proto::Time;
use crate::wire::srp::Message;

/// A buffer of this size is handed over without waiting for the end of the call.
const BATCH: usize = 32 << 10;

#[derive(Debug, Default)]
pub(super) struct Link {
    pub open: bool,
    pub opened_at: Time,
    /// When we last asked for the connection.
    pub asked_at: Option<Time>,
    /// Sequence number of the last frame sent.
    pub sent: u32,
    /// An incomplete frame, waiting for the rest.
    pub rest: Vec<u8>,
    out: Vec<u8>,
}

impl Link {
    /// A fresh connection: whatever the earlier one left is forgotten.
    pub fn opened(&mut self, now: Time) {
        *self = Self {
            open: true,
            opened_at: now,
            ..Self::default()
        };
    }

    pub fn closed(&mut self) {
        *self = Self {
            asked_at: self.asked_at,
            ..Self::default()
        };
    }

    /// Queues a frame and returns a full batch if there is one to send. Silently drops the frame
    /// when the connection is not open: every caller that cares has looked.
    pub fn push(&mut self, instance: u16, message: &Message<'_>) -> Option<Vec<u8>> {
        if !self.open {
            return None;
        }
        self.sent = self.sent.wrapping_add(1);
        message.encode(&mut self.out, instance, self.sent);
        if self.out.len() >= BATCH {
            self.take()
        } else {
            None
        }
    }

    /// What waits to be sent.
    pub fn take(&mut self) -> Option<Vec<u8>> {
        if self.out.is_empty() {
            None
        } else {
            Some(std::mem::take(&mut self.out))
        }
    }
}
