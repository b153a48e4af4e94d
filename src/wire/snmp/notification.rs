//! What a trap or inform means, whichever version carried it (RFC 3584 section 3).

use super::Error;
use super::message::{Message, PduKind, V1Trap};
use super::oid::Oid;
use super::value::{Value, VarBind};

/// sysUpTime.0
pub const SYS_UP_TIME: &[u32] = &[1, 3, 6, 1, 2, 1, 1, 3, 0];
/// snmpTrapOID.0
pub const SNMP_TRAP_OID: &[u32] = &[1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0];
/// snmpTrapEnterprise.0; StarOS appends it as the last binding (`snmp.md` 1.6).
pub const SNMP_TRAP_ENTERPRISE: &[u32] = &[1, 3, 6, 1, 6, 3, 1, 1, 4, 3, 0];
/// snmpTrapAddress.0; a proxy tells the original agent-addr with it.
pub const SNMP_TRAP_ADDRESS: &[u32] = &[1, 3, 6, 1, 6, 3, 18, 1, 3, 0];
/// snmpTrapCommunity.0; a proxy tells the original community with it, which is a secret.
pub const SNMP_TRAP_COMMUNITY: &[u32] = &[1, 3, 6, 1, 6, 3, 18, 1, 4, 0];
/// snmpTraps: the standard traps, coldStart(1) to egpNeighborLoss(6).
pub const SNMP_TRAPS: &[u32] = &[1, 3, 6, 1, 6, 3, 1, 1, 5];
/// starentTraps, whose notifications are its direct children (`snmp.md` 1.1).
const STARENT_TRAPS: &[u32] = &[1, 3, 6, 1, 4, 1, 8164, 2];
const ENTERPRISE_SPECIFIC: i32 = 6;

/// A notification, normalised to its SNMPv2 form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// Which notification. A Starent trap that came through the v1 form loses the 0 arc RFC 3584
    /// inserts, because its MIB has none (`snmp.md` 1.2); for other MIBs of that kind see
    /// [`without_zero_arc`].
    pub trap_oid: Oid,
    /// Hundredths of a second since the sender's agent started; `None` when it did not say.
    pub uptime: Option<u32>,
    /// Everything but sysUpTime.0 and snmpTrapOID.0, in the sender's order. Read by position: one
    /// object may occur twice (starCardSwitchoverStart). Instances may be missing (`snmp.md` 1.6).
    pub varbinds: Vec<VarBind>,
    /// The agent's own address as claimed (v1 agent-addr, snmpTrapAddress.0); never 0.0.0.0.
    pub agent_address: Option<[u8; 4]>,
    /// Departures from RFC 3416 4.2.6 that were tolerated.
    pub irregularities: Vec<Irregularity>,
}

/// What a sender got wrong without making its notification unreadable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Irregularity {
    #[error("sysUpTime.0 is missing")]
    NoUptime,
    #[error("sysUpTime.0 and snmpTrapOID.0 are not the first two bindings")]
    Misplaced,
}

/// Why a message has no [`Notification`] view.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotANotification {
    #[error("the message is a {0:?}, not a trap or inform")]
    Kind(PduKind),
    #[error("the notification has no snmpTrapOID.0 that holds an object identifier")]
    NoTrapOid,
    #[error(transparent)]
    Malformed(#[from] Error),
}

impl Notification {
    /// The notification in a trap or inform.
    pub fn of(message: &Message) -> Result<Self, NotANotification> {
        match message {
            Message::V1Trap(trap) => Ok(Self::of_v1(trap)?),
            Message::V2c { pdu, .. } => match pdu.kind {
                PduKind::Trap | PduKind::Inform => Self::of_varbinds(&pdu.varbinds),
                other => Err(NotANotification::Kind(other)),
            },
        }
    }

    fn of_v1(trap: &V1Trap) -> Result<Self, Error> {
        let specific = u32::try_from(trap.specific);
        let trap_oid = match trap.generic {
            generic @ 0..ENTERPRISE_SPECIFIC => {
                Oid::new(SNMP_TRAPS).join(&[generic.unsigned_abs() + 1])
            }
            ENTERPRISE_SPECIFIC => {
                let specific = specific.map_err(|_| Error::NegativeSpecificTrap(trap.specific))?;
                trap.enterprise.join(&[0, specific])
            }
            other => return Err(Error::UnknownGenericTrap(other)),
        };
        Ok(Self {
            trap_oid: starent_alias(trap_oid),
            uptime: Some(trap.uptime),
            varbinds: trap.varbinds.clone(),
            agent_address: known(trap.agent_address).or_else(|| forwarded_for(&trap.varbinds)),
            irregularities: Vec::new(),
        })
    }

    fn of_varbinds(varbinds: &[VarBind]) -> Result<Self, NotANotification> {
        let position = |oid| varbinds.iter().position(|varbind| varbind.oid == oid);
        let trap_at = position(SNMP_TRAP_OID).ok_or(NotANotification::NoTrapOid)?;
        let Value::Oid(trap_oid) = &varbinds[trap_at].value else {
            return Err(NotANotification::NoTrapOid);
        };
        let uptime_at = position(SYS_UP_TIME);
        let uptime = uptime_at.and_then(|at| varbinds[at].value.as_number());
        let uptime = uptime.and_then(|ticks| u32::try_from(ticks).ok());
        let mut irregularities = Vec::new();
        if uptime.is_none() {
            irregularities.push(Irregularity::NoUptime);
        }
        if uptime_at.is_some_and(|at| at != 0) || trap_at != usize::from(uptime_at.is_some()) {
            irregularities.push(Irregularity::Misplaced);
        }
        let objects = varbinds.iter().enumerate();
        let objects = objects.filter(|(at, _)| *at != trap_at && Some(*at) != uptime_at);
        Ok(Self {
            trap_oid: starent_alias(trap_oid.clone()),
            uptime,
            varbinds: objects.map(|(_, varbind)| varbind.clone()).collect(),
            agent_address: forwarded_for(varbinds),
            irregularities,
        })
    }

    /// The SNMPv1 trap that says the same (RFC 3584 3.2); `None` when a Counter64 forbids it.
    ///
    /// `sender` is the originator's own address, `None` for one that has no IPv4 address.
    pub fn to_v1(&self, community: super::Community, sender: Option<[u8; 4]>) -> Option<V1Trap> {
        if self
            .varbinds
            .iter()
            .any(|varbind| matches!(varbind.value, Value::Counter64(_)))
        {
            return None;
        }
        let (&last, before) = self.trap_oid.split_last()?;
        let standard = before == SNMP_TRAPS && (1..=6).contains(&last);
        let claimed = self
            .varbinds
            .iter()
            .find(|varbind| varbind.oid == SNMP_TRAP_ENTERPRISE);
        let enterprise = match claimed.map(|varbind| &varbind.value) {
            Some(Value::Oid(enterprise)) if standard => enterprise.clone(),
            _ if standard => Oid::new(SNMP_TRAPS),
            _ => {
                let shorter = before.strip_suffix(&[0]).unwrap_or(before);
                Oid::try_from(shorter.to_vec()).ok()?
            }
        };
        let number = i32::try_from(last).ok()?;
        Some(V1Trap {
            community,
            enterprise,
            agent_address: sender.unwrap_or_default(),
            generic: if standard {
                number - 1
            } else {
                ENTERPRISE_SPECIFIC
            },
            specific: if standard { 0 } else { number },
            uptime: self.uptime.unwrap_or_default(),
            varbinds: self.varbinds.clone(),
        })
    }
}

/// `oid` without a 0 in the last place but one; `None` when there is none.
///
/// RFC 3584 puts that 0 in when it translates a v1 trap; a MIB whose notifications are direct
/// children of their root (STARENT, some Cisco ones) does not have it, so a receiver that does
/// not know the first form tries the second (`snmp.md` 3.3).
pub fn without_zero_arc(oid: &Oid) -> Option<Oid> {
    let (&last, before) = oid.split_last()?;
    let root = before.strip_suffix(&[0])?;
    Oid::try_from([root, &[last]].concat()).ok()
}

fn starent_alias(oid: Oid) -> Oid {
    match oid.below(STARENT_TRAPS) {
        Some([0, _]) => without_zero_arc(&oid).expect("the last arc but one is 0"),
        _ => oid,
    }
}

fn forwarded_for(varbinds: &[VarBind]) -> Option<[u8; 4]> {
    varbinds.iter().find_map(|varbind| match varbind.value {
        Value::IpAddress(address) if varbind.oid == SNMP_TRAP_ADDRESS => known(address),
        _ => None,
    })
}

fn known(address: [u8; 4]) -> Option<[u8; 4]> {
    (address != [0; 4]).then_some(address)
}
