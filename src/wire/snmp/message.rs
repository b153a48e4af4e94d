//! The message around the variable bindings.

use std::fmt;

use zeroize::Zeroizing;

use super::notification::{SNMP_TRAP_OID, SYS_UP_TIME};
use super::oid::Oid;
use super::value::{self, IP_ADDRESS, TIME_TICKS, Value, VarBind};
use super::{Error, ber};
use crate::wire::ber::{Reader, Writer};

const V1_TRAP: u8 = 0xa4;

/// Which community-based protocol a message speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    V1,
    V2c,
}

impl Version {
    fn number(self) -> i64 {
        match self {
            Self::V1 => 0,
            Self::V2c => 1,
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V1 => "1",
            Self::V2c => "2c",
        })
    }
}

/// A community: a shared secret, so it has no readable `Debug` and is wiped on drop (INV-40).
#[derive(Clone, PartialEq, Eq)]
pub struct Community(Zeroizing<Vec<u8>>);

impl Community {
    pub fn new(octets: impl Into<Vec<u8>>) -> Self {
        Self(Zeroizing::new(octets.into()))
    }

    /// The community itself, for whoever must compare or send it.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Community {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Community(…)")
    }
}

/// One SNMPv1 or SNMPv2c message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// The one PDU of SNMPv1 with a shape of its own.
    V1Trap(V1Trap),
    /// Every other PDU. `version` may be [`Version::V1`] for the kinds SNMPv1 has.
    V2c {
        version: Version,
        community: Community,
        pdu: Pdu,
    },
}

/// The SNMPv1 Trap-PDU (RFC 1157 4.1.6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct V1Trap {
    pub community: Community,
    pub enterprise: Oid,
    /// What the sender claims its address is; 0.0.0.0 means unknown.
    pub agent_address: [u8; 4],
    /// 0 to 5 are the standard traps, 6 is enterpriseSpecific.
    pub generic: i32,
    pub specific: i32,
    /// Hundredths of a second since the agent started.
    pub uptime: u32,
    pub varbinds: Vec<VarBind>,
}

/// What a PDU asks or says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PduKind {
    Get,
    GetNext,
    Response,
    Set,
    GetBulk,
    Inform,
    Trap,
    Report,
}

impl PduKind {
    const TAGS: [(Self, u8); 8] = [
        (Self::Get, 0xa0),
        (Self::GetNext, 0xa1),
        (Self::Response, 0xa2),
        (Self::Set, 0xa3),
        (Self::GetBulk, 0xa5),
        (Self::Inform, 0xa6),
        (Self::Trap, 0xa7),
        (Self::Report, 0xa8),
    ];

    fn tag(self) -> u8 {
        let (_, tag) = Self::TAGS
            .iter()
            .find(|(kind, _)| *kind == self)
            .expect("TAGS is whole");
        *tag
    }

    fn of(tag: u8, version: Version) -> Option<Self> {
        let (kind, _) = Self::TAGS.iter().find(|(_, known)| *known == tag)?;
        let exists = version == Version::V2c
            || matches!(kind, Self::Get | Self::GetNext | Self::Response | Self::Set);
        exists.then_some(*kind)
    }
}

/// A PDU of the common shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pdu {
    pub kind: PduKind,
    pub request_id: i32,
    /// GetBulk says non-repeaters here.
    pub error_status: i32,
    /// GetBulk says max-repetitions here.
    pub error_index: i32,
    pub varbinds: Vec<VarBind>,
}

impl Pdu {
    /// A PDU without an error.
    pub fn new(kind: PduKind, request_id: i32, varbinds: Vec<VarBind>) -> Self {
        Self {
            kind,
            request_id,
            error_status: 0,
            error_index: 0,
            varbinds,
        }
    }

    /// The answer an inform wants: the same request and bindings (RFC 3416 4.2.7).
    pub fn acknowledgement(&self) -> Self {
        Self::new(PduKind::Response, self.request_id, self.varbinds.clone())
    }
}

impl Message {
    /// An SNMPv2c message.
    pub fn v2c(community: Community, pdu: Pdu) -> Self {
        Self::V2c {
            version: Version::V2c,
            community,
            pdu,
        }
    }

    /// An SNMPv2c trap, or with [`PduKind::Inform`] an inform: sysUpTime.0 (hundredths of a
    /// second), snmpTrapOID.0, then `objects` (SNMP-2).
    pub fn notification(
        kind: PduKind,
        community: Community,
        request_id: i32,
        uptime: u32,
        trap_oid: Oid,
        objects: Vec<VarBind>,
    ) -> Self {
        let mut varbinds = vec![
            VarBind::new(Oid::new(SYS_UP_TIME), Value::TimeTicks(uptime)),
            VarBind::new(Oid::new(SNMP_TRAP_OID), Value::Oid(trap_oid)),
        ];
        varbinds.extend(objects);
        Self::v2c(community, Pdu::new(kind, request_id, varbinds))
    }

    pub fn version(&self) -> Version {
        match self {
            Self::V1Trap(_) => Version::V1,
            Self::V2c { version, .. } => *version,
        }
    }

    pub fn community(&self) -> &Community {
        match self {
            Self::V1Trap(trap) => &trap.community,
            Self::V2c { community, .. } => community,
        }
    }

    /// Reads one whole datagram.
    pub fn decode(datagram: &[u8]) -> Result<Self, Error> {
        let mut outer = Reader::new(datagram)?;
        let mut message = outer.expect(ber::SEQUENCE, "message")?;
        outer.finish("message")?;
        let version = match message.integer("version")? {
            0 => Version::V1,
            1 => Version::V2c,
            other => return Err(Error::UnsupportedVersion(other)),
        };
        let community = Community::new(message.octets("community")?);
        let offset = message.offset();
        let (tag, mut body) = message.any("data")?;
        message.finish("data")?;
        if version == Version::V1 && tag == V1_TRAP {
            return Ok(Self::V1Trap(V1Trap::read(&mut body, community)?));
        }
        let kind = PduKind::of(tag, version).ok_or(Error::UnknownPdu {
            tag,
            version,
            offset,
        })?;
        let pdu = Pdu {
            kind,
            request_id: body.integer32("request-id")?,
            error_status: body.integer32("error-status")?,
            error_index: body.integer32("error-index")?,
            varbinds: VarBind::read_list(&mut body)?,
        };
        body.finish("PDU")?;
        Ok(Self::V2c {
            version,
            community,
            pdu,
        })
    }

    /// The datagram that says this.
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.nested(ber::SEQUENCE, |message| {
            message.integer(self.version().number());
            message.octets(self.community().expose());
            match self {
                Self::V1Trap(trap) => message.nested(V1_TRAP, |body| trap.write(body)),
                Self::V2c { pdu, .. } => message.nested(pdu.kind.tag(), |body| {
                    body.integer(pdu.request_id.into());
                    body.integer(pdu.error_status.into());
                    body.integer(pdu.error_index.into());
                    VarBind::write_list(&pdu.varbinds, body);
                }),
            }
        });
        writer.into_bytes()
    }
}

impl V1Trap {
    fn read(body: &mut Reader<'_>, community: Community) -> Result<Self, ber::Error> {
        let enterprise = Oid::from_wire(body.oid("enterprise")?);
        let address = body.expect(IP_ADDRESS, "agent-addr")?;
        let trap = Self {
            community,
            enterprise,
            agent_address: value::ip_address(&address, "agent-addr")?,
            generic: body.integer32("generic-trap")?,
            specific: body.integer32("specific-trap")?,
            uptime: body
                .expect(TIME_TICKS, "time-stamp")?
                .unsigned32_content("time-stamp")?,
            varbinds: VarBind::read_list(body)?,
        };
        body.finish("Trap-PDU")?;
        Ok(trap)
    }

    fn write(&self, body: &mut Writer) {
        body.oid(&self.enterprise);
        body.raw(IP_ADDRESS, &self.agent_address);
        body.integer(self.generic.into());
        body.integer(self.specific.into());
        body.unsigned(TIME_TICKS, self.uptime.into());
        VarBind::write_list(&self.varbinds, body);
    }
}
