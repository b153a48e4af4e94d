//! What travels between two session managers: openings, call records, micro-checkpoints, audits.

use super::Error;
use super::tlv::{Tlvs, Writer};

/// Micro-checkpoint command ids (SRP-68) we give a meaning to.
pub mod command {
    /// `SESS_UCHKPT_CMD_INVALIDATE_CRR`: the call is gone.
    pub const INVALIDATE: u8 = 1;
    pub const IDLE_SECONDS: u8 = 2;
}

/// SM-OPEN and SM-OPEN-ACK.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Open {
    /// Sessions this instance holds.
    pub sessions: u32,
    /// Offered (open) or chosen (ack) compression: 0 none, 1 zlib, 2 LZ4.
    pub compression: u8,
    /// `standby database-recovery aggressive` (SRP-85).
    pub aggressive: bool,
}

impl Open {
    pub(super) fn write(&self, w: &mut Writer<'_>) {
        w.u32(1, self.sessions);
        w.u8(2, self.compression);
        w.bool(3, self.aggressive);
    }

    pub(super) fn read(kind: u8, payload: &[u8]) -> Result<Self, Error> {
        let (mut sessions, mut compression, mut aggressive) = (None, None, false);
        for tlv in Tlvs::new(payload) {
            let tlv = tlv?;
            match tlv.tag {
                1 => sessions = Some(tlv.u32("session count")?),
                2 => compression = Some(tlv.u8("compression")?),
                3 => aggressive = tlv.bool("aggressive flag")?,
                _ => {}
            }
        }
        let missing = |field| Error::Missing { kind, field };
        Ok(Self {
            sessions: sessions.ok_or(missing("session count"))?,
            compression: compression.ok_or(missing("compression"))?,
            aggressive,
        })
    }
}

/// A full checkpoint: all that is needed to re-create one call (SRP-63).
///
/// The optional parts are `""`, empty or 0 when the sender does not track them, and then take no
/// room in the frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallRecord<'a> {
    pub call_id: u32,
    /// When the call began, in milliseconds since the epoch both chassis share.
    pub started_ms: u64,
    pub ims: bool,
    /// IMSI or NAI.
    pub subscriber: &'a str,
    /// 0, 4, 16 or 20 bytes: IPv4, IPv6, or both in this order.
    pub addresses: &'a [u8],
    pub pool: &'a str,
    pub service: &'a str,
    /// Octets up and down.
    pub octets: [u64; 2],
    /// Idle seconds left and lifetime seconds left.
    pub timers: [u32; 2],
}

impl<'a> CallRecord<'a> {
    pub(super) fn write(&self, w: &mut Writer<'_>) {
        w.u32(1, self.call_id);
        w.u64(2, self.started_ms);
        w.bool(3, self.ims);
        for (tag, text) in [(4, self.subscriber), (6, self.pool), (7, self.service)] {
            if !text.is_empty() {
                w.text(tag, text);
            }
        }
        if !self.addresses.is_empty() {
            w.bytes(5, self.addresses);
        }
        if self.octets != [0; 2] {
            w.u64(8, self.octets[0]);
            w.u64(9, self.octets[1]);
        }
        if self.timers != [0; 2] {
            w.u32(10, self.timers[0]);
            w.u32(11, self.timers[1]);
        }
    }

    pub(super) fn read(kind: u8, payload: &'a [u8]) -> Result<Self, Error> {
        let mut record = Self::default();
        let (mut call_id, mut started) = (None, None);
        for tlv in Tlvs::new(payload) {
            let tlv = tlv?;
            match tlv.tag {
                1 => call_id = Some(tlv.u32("call id")?),
                2 => started = Some(tlv.u64("start time")?),
                3 => record.ims = tlv.bool("IMS flag")?,
                4 => record.subscriber = tlv.text("subscriber")?,
                5 if [0, 4, 16, 20].contains(&tlv.value.len()) => record.addresses = tlv.value,
                5 => {
                    return Err(tlv.wrong(
                        "addresses",
                        "expected 0, 4, 16 or 20 bytes",
                        tlv.value.len(),
                    ));
                }
                6 => record.pool = tlv.text("pool")?,
                7 => record.service = tlv.text("service")?,
                8 => record.octets[0] = tlv.u64("octets up")?,
                9 => record.octets[1] = tlv.u64("octets down")?,
                10 => record.timers[0] = tlv.u32("idle seconds")?,
                11 => record.timers[1] = tlv.u32("lifetime seconds")?,
                _ => {}
            }
        }
        record.call_id = call_id.ok_or(Error::Missing {
            kind,
            field: "call id",
        })?;
        record.started_ms = started.ok_or(Error::Missing {
            kind,
            field: "start time",
        })?;
        Ok(record)
    }
}

/// A micro-checkpoint: a few changed variables of one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Micro<'a> {
    pub call_id: u32,
    /// See [`command`].
    pub command: u8,
    /// The command's own variables; empty for an invalidation.
    pub variables: &'a [u8],
}

impl<'a> Micro<'a> {
    pub(super) fn write(&self, w: &mut Writer<'_>) {
        w.u32(1, self.call_id);
        w.u8(2, self.command);
        if !self.variables.is_empty() {
            w.bytes(3, self.variables);
        }
    }

    pub(super) fn read(kind: u8, payload: &'a [u8]) -> Result<Self, Error> {
        let (mut call_id, mut command, mut variables) = (None, None, &[][..]);
        for tlv in Tlvs::new(payload) {
            let tlv = tlv?;
            match tlv.tag {
                1 => call_id = Some(tlv.u32("call id")?),
                2 => command = Some(tlv.u8("command id")?),
                3 => variables = tlv.value,
                _ => {}
            }
        }
        Ok(Self {
            call_id: call_id.ok_or(Error::Missing {
                kind,
                field: "call id",
            })?,
            command: command.ok_or(Error::Missing {
                kind,
                field: "command id",
            })?,
            variables,
        })
    }
}

/// The Standby could not apply a checkpoint (SRP-73).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nack {
    pub call_id: u32,
    /// A micro-checkpoint failed, not a full one.
    pub micro: bool,
    pub command: u8,
    pub reason: u8,
    /// Which NACK of its window this is, from 1.
    pub count: u16,
}

impl Nack {
    pub(super) fn write(&self, w: &mut Writer<'_>) {
        w.u32(1, self.call_id);
        w.bool(2, self.micro);
        w.u8(3, self.command);
        w.u8(4, self.reason);
        w.u16(5, self.count);
    }

    pub(super) fn read(kind: u8, payload: &[u8]) -> Result<Self, Error> {
        let mut call_id = None;
        let mut nack = Self {
            call_id: 0,
            micro: false,
            command: 0,
            reason: 0,
            count: 0,
        };
        for tlv in Tlvs::new(payload) {
            let tlv = tlv?;
            match tlv.tag {
                1 => call_id = Some(tlv.u32("call id")?),
                2 => nack.micro = tlv.bool("checkpoint kind")?,
                3 => nack.command = tlv.u8("command id")?,
                4 => nack.reason = tlv.u8("reason")?,
                5 => nack.count = tlv.u16("count")?,
                _ => {}
            }
        }
        nack.call_id = call_id.ok_or(Error::Missing {
            kind,
            field: "call id",
        })?;
        Ok(nack)
    }
}

/// One call in an audit list (SRP-104).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    pub call_id: u32,
    /// Hash of the record's content.
    pub hash: u64,
}
