//! Variable bindings and their values (RFC 2578 7.1, RFC 3416 2.5).

use super::oid::Oid;
use crate::wire::ber::{self, Problem, Reader, Writer};

pub(super) const IP_ADDRESS: u8 = 0x40;
const COUNTER32: u8 = 0x41;
const GAUGE32: u8 = 0x42;
pub(super) const TIME_TICKS: u8 = 0x43;
const OPAQUE: u8 = 0x44;
const COUNTER64: u8 = 0x46;
const NO_SUCH_OBJECT: u8 = 0x80;
const NO_SUCH_INSTANCE: u8 = 0x81;
const END_OF_MIB_VIEW: u8 = 0x82;

/// A value as it travels. Unsigned32 travels as [`Value::Gauge32`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Integer(i64),
    OctetString(Vec<u8>),
    Null,
    Oid(Oid),
    IpAddress([u8; 4]),
    Counter32(u32),
    Gauge32(u32),
    /// Hundredths of a second.
    TimeTicks(u32),
    Opaque(Vec<u8>),
    Counter64(u64),
    NoSuchObject,
    NoSuchInstance,
    EndOfMibView,
    /// A tag this program has no meaning for (NsapAddress 0x45, UInteger32 0x47, …), kept as it is.
    Unknown {
        tag: u8,
        bytes: Vec<u8>,
    },
}

impl Value {
    /// The type as SMI writes it.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Integer(_) => "INTEGER",
            Self::OctetString(_) => "OCTET STRING",
            Self::Null => "NULL",
            Self::Oid(_) => "OBJECT IDENTIFIER",
            Self::IpAddress(_) => "IpAddress",
            Self::Counter32(_) => "Counter32",
            Self::Gauge32(_) => "Gauge32",
            Self::TimeTicks(_) => "TimeTicks",
            Self::Opaque(_) => "Opaque",
            Self::Counter64(_) => "Counter64",
            Self::NoSuchObject => "noSuchObject",
            Self::NoSuchInstance => "noSuchInstance",
            Self::EndOfMibView => "endOfMibView",
            Self::Unknown { .. } => "unknown",
        }
    }

    /// The number, whatever its type; `None` for what is not a number.
    pub fn as_number(&self) -> Option<i128> {
        match *self {
            Self::Integer(number) => Some(number.into()),
            Self::Counter32(number) | Self::Gauge32(number) | Self::TimeTicks(number) => {
                Some(number.into())
            }
            Self::Counter64(number) => Some(number.into()),
            _ => None,
        }
    }

    /// An OCTET STRING that is UTF-8 text.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::OctetString(bytes) => std::str::from_utf8(bytes).ok(),
            _ => None,
        }
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, ber::Error> {
        const FIELD: &str = "value";
        let start = reader.clone();
        let (tag, content) = reader.any(FIELD)?;
        let empty = |value| match content.rest().len() {
            0 => Ok(value),
            seen => Err(start.error(FIELD, Problem::WrongLength { expected: 0, seen })),
        };
        Ok(match tag {
            ber::INTEGER => Self::Integer(content.integer_content(FIELD)?),
            ber::OCTET_STRING => Self::OctetString(content.rest().to_vec()),
            ber::NULL => empty(Self::Null)?,
            ber::OBJECT_IDENTIFIER => Self::Oid(Oid::from_wire(content.oid_content(FIELD)?)),
            IP_ADDRESS => Self::IpAddress(ip_address(&content, FIELD)?),
            COUNTER32 => Self::Counter32(content.unsigned32_content(FIELD)?),
            GAUGE32 => Self::Gauge32(content.unsigned32_content(FIELD)?),
            TIME_TICKS => Self::TimeTicks(content.unsigned32_content(FIELD)?),
            OPAQUE => Self::Opaque(content.rest().to_vec()),
            COUNTER64 => Self::Counter64(content.unsigned_content(FIELD, 8)?),
            NO_SUCH_OBJECT => empty(Self::NoSuchObject)?,
            NO_SUCH_INSTANCE => empty(Self::NoSuchInstance)?,
            END_OF_MIB_VIEW => empty(Self::EndOfMibView)?,
            tag => Self::Unknown {
                tag,
                bytes: content.rest().to_vec(),
            },
        })
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        match self {
            Self::Integer(number) => writer.integer(*number),
            Self::OctetString(bytes) => writer.octets(bytes),
            Self::Null => writer.null(),
            Self::Oid(oid) => writer.oid(oid),
            Self::IpAddress(octets) => writer.raw(IP_ADDRESS, octets),
            Self::Counter32(number) => writer.unsigned(COUNTER32, (*number).into()),
            Self::Gauge32(number) => writer.unsigned(GAUGE32, (*number).into()),
            Self::TimeTicks(number) => writer.unsigned(TIME_TICKS, (*number).into()),
            Self::Opaque(bytes) => writer.raw(OPAQUE, bytes),
            Self::Counter64(number) => writer.unsigned(COUNTER64, *number),
            Self::NoSuchObject => writer.raw(NO_SUCH_OBJECT, &[]),
            Self::NoSuchInstance => writer.raw(NO_SUCH_INSTANCE, &[]),
            Self::EndOfMibView => writer.raw(END_OF_MIB_VIEW, &[]),
            Self::Unknown { tag, bytes } => writer.raw(*tag, bytes),
        }
    }
}

/// The four octets of an IpAddress or agent-addr.
pub(super) fn ip_address(content: &Reader<'_>, field: &'static str) -> Result<[u8; 4], ber::Error> {
    let octets = content.rest();
    octets.try_into().map_err(|_| {
        content.error(
            field,
            Problem::WrongLength {
                expected: 4,
                seen: octets.len(),
            },
        )
    })
}

/// One object and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VarBind {
    pub oid: Oid,
    pub value: Value,
}

impl VarBind {
    pub fn new(oid: Oid, value: Value) -> Self {
        Self { oid, value }
    }

    pub(super) fn read_list(reader: &mut Reader<'_>) -> Result<Vec<Self>, ber::Error> {
        let mut list = reader.expect(ber::SEQUENCE, "variable-bindings")?;
        let mut varbinds = Vec::new();
        while !list.is_empty() {
            let mut pair = list.expect(ber::SEQUENCE, "variable-binding")?;
            let oid = Oid::from_wire(pair.oid("name")?);
            let value = Value::read(&mut pair)?;
            pair.finish("variable-binding")?;
            varbinds.push(Self { oid, value });
        }
        Ok(varbinds)
    }

    pub(super) fn write_list(varbinds: &[Self], writer: &mut Writer) {
        writer.nested(ber::SEQUENCE, |list| {
            for varbind in varbinds {
                list.nested(ber::SEQUENCE, |pair| {
                    pair.oid(&varbind.oid);
                    varbind.value.write(pair);
                });
            }
        });
    }
}
