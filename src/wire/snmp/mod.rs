//! SNMPv1 and SNMPv2c messages (RFC 1157, RFC 3416): bytes to values and back.
//!
//! [`Message`] is what travels, [`Notification`] is what a trap or inform means whatever carried
//! it. SNMPv3 is refused by its version number, never misread.

mod message;
mod notification;
mod oid;
mod value;

#[cfg(test)]
mod tests;

pub use message::{Community, Message, Pdu, PduKind, V1Trap, Version};
pub use notification::{
    Irregularity, NotANotification, Notification, SNMP_TRAP_ADDRESS, SNMP_TRAP_COMMUNITY,
    SNMP_TRAP_ENTERPRISE, SNMP_TRAP_OID, SNMP_TRAPS, SYS_UP_TIME, without_zero_arc,
};
pub use oid::{BadOid, Oid};
pub use value::{Value, VarBind};

use super::ber;

/// Why bytes are not a message this program can read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("malformed SNMP message: {0}")]
    Malformed(#[from] ber::Error),
    /// The message-processing model is not SNMPv1 (0) or SNMPv2c (1); 3 is SNMPv3.
    #[error("unsupported SNMP version number {0}: this receiver reads 0 (v1) and 1 (v2c)")]
    UnsupportedVersion(i64),
    /// This version of the protocol has no such PDU.
    #[error("PDU tag {tag:#04x} at offset {offset} does not exist in SNMP {version}")]
    UnknownPdu {
        tag: u8,
        version: Version,
        offset: usize,
    },
    /// SNMPv1 generic-trap is 0 to 6 (RFC 1157 4.1.6).
    #[error("generic-trap {0} does not exist; 0 to 6 do")]
    UnknownGenericTrap(i32),
    /// SNMPv1 specific-trap is a sub-identifier to be and cannot be negative.
    #[error("specific-trap {0} is negative and names no trap")]
    NegativeSpecificTrap(i32),
}
