//! Service Redundancy Protocol frames (`protocols.md` A.14).
//!
//! The encoding between real chassis is unpublished; this one is ours. Every frame is a 28-byte
//! header and a payload of TLVs, protected by a CRC-32. The format carries everything the
//! behaviour in A.1 to A.13 needs, so that an emulated pair can be cut, delayed and fed garbage
//! exactly where a real pair could be.
//!
//! [`split`] finds one frame at the front of a byte stream without copying, [`Message::decode`]
//! gives it a meaning that still borrows from the stream, [`Message::encode`] appends to a buffer
//! the caller owns. A connection that carries thousands of full checkpoints allocates nothing per
//! frame.

mod control;
mod hello;
mod message;
mod session;
#[cfg(test)]
mod tests;
mod tlv;

pub use control::{
    Check, ConfigPart, Edge, MonitorKind, MonitorRow, Phase, PhaseReport, Reason, Request,
    Response, Verdict,
};
pub use hello::{Capabilities, Hello, Mode, State};
pub use message::Message;
pub use session::{AuditEntry, CallRecord, Micro, Nack, Open, command};

/// Bytes before the payload.
pub const HEADER: usize = 28;
/// The longest payload a frame may announce; more closes the connection.
pub const MAX_PAYLOAD: usize = 16 << 20;
/// The instance number that stands for the control connection.
pub const CONTROL: u16 = 0xFFFF;
/// Default TCP port of the emulated protocol.
pub const PORT: u16 = 38190;

const MAGIC: [u8; 4] = *b"CSRP";
const VERSION: u8 = 1;

/// Header flags.
pub mod flag {
    /// The frame answers another.
    pub const RESPONSE: u16 = 1;
    /// The payload is compressed (SRP-81); no compression is offered yet, so none is accepted.
    pub const COMPRESSED: u16 = 1 << 1;
    /// The compressed payload is an LZ4 block, not a zlib stream (SRP-83).
    pub const LZ4: u16 = 1 << 2;
}

/// One frame, borrowed from the bytes it arrived in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Frame type as sent; [`Message::decode`] knows the names.
    pub kind: u8,
    pub flags: u16,
    /// Session-manager instance, or [`CONTROL`].
    pub instance: u16,
    /// Counts frames per direction and connection, from 1.
    pub sequence: u32,
    /// Payload length before compression, in bytes.
    pub uncompressed: u32,
    pub payload: &'a [u8],
}

/// Why bytes are not SRP. All of them close the connection.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error(
        "not an SRP frame: expected magic 43535250 at offset 0, saw {0:08x}; the other end speaks something else"
    )]
    Magic(u32),
    #[error("SRP version at offset 4: expected 1, saw {0}; the chassis need compatible releases")]
    Version(u8),
    #[error("SRP payload length at offset 16: at most 16777216 bytes, saw {0}")]
    Length(u32),
    #[error(
        "SRP uncompressed length at offset 20: expected {expected} as the payload is not compressed, saw {seen}"
    )]
    Uncompressed { expected: u32, seen: u32 },
    #[error(
        "SRP CRC-32 at offset 24: computed {computed:08x}, frame says {said:08x}; the payload was damaged on the way"
    )]
    Crc { computed: u32, said: u32 },
    #[error(
        "SRP frame type {kind}: the payload is compressed, but no compression was agreed on this connection"
    )]
    Compressed { kind: u8 },
    #[error("SRP TLV at payload offset {at}: needs {needs} bytes, {left} are left")]
    Truncated {
        at: usize,
        needs: usize,
        left: usize,
    },
    #[error("SRP {field} at payload offset {at}: {expected}, saw {seen}")]
    Value {
        field: &'static str,
        at: usize,
        expected: &'static str,
        seen: String,
    },
    #[error("SRP frame type {kind} lacks its {field} TLV")]
    Missing { kind: u8, field: &'static str },
}

/// The frame at the front of `bytes` and how many bytes it took, or `None` while it is incomplete.
///
/// # Errors
///
/// What can be seen to be wrong is said as early as possible: a bad magic needs four bytes, not a
/// whole header.
pub fn split(bytes: &[u8]) -> Result<Option<(Frame<'_>, usize)>, Error> {
    let seen = bytes.len().min(4);
    if bytes[..seen] != MAGIC[..seen] {
        let mut shown = [0; 4];
        shown[..seen].copy_from_slice(&bytes[..seen]);
        return Err(Error::Magic(u32::from_be_bytes(shown)));
    }
    if bytes.len() > 4 && bytes[4] != VERSION {
        return Err(Error::Version(bytes[4]));
    }
    let Some(header) = bytes.first_chunk::<HEADER>() else {
        return Ok(None);
    };
    let u16_at = |at: usize| u16::from_be_bytes([header[at], header[at + 1]]);
    let u32_at = |at: usize| {
        u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]])
    };
    let (flags, length, uncompressed) = (u16_at(6), u32_at(16), u32_at(20));
    if length as usize > MAX_PAYLOAD {
        return Err(Error::Length(length));
    }
    if flags & flag::COMPRESSED == 0 && uncompressed != length {
        return Err(Error::Uncompressed {
            expected: length,
            seen: uncompressed,
        });
    }
    let end = HEADER + length as usize;
    let Some(payload) = bytes.get(HEADER..end) else {
        return Ok(None);
    };
    let (computed, said) = (crc32fast::hash(payload), u32_at(24));
    if computed != said {
        return Err(Error::Crc { computed, said });
    }
    let frame = Frame {
        kind: header[5],
        flags,
        instance: u16_at(8),
        sequence: u32_at(12),
        uncompressed,
        payload,
    };
    Ok(Some((frame, end)))
}

/// The session-manager instance (or [`CONTROL`]) named by the first frame of a connection.
///
/// A listener does not know which connection it accepted until the first bytes tell; `None`
/// means ten bytes have not arrived yet.
pub fn instance_of(bytes: &[u8]) -> Option<u16> {
    Some(u16::from_be_bytes([*bytes.get(8)?, *bytes.get(9)?]))
}
