//! What the chassis tells its SNMP trap targets, and remembers in `show snmp trap history`.
//!
//! Numbers, names and objects: `snmp.md` 1.3 and 1.4, `protocols.md` A.15; encoding `snmp.md` 1.6.

use std::collections::VecDeque;
use std::net::Ipv4Addr;

use crate::proto::Time;
use crate::wire::snmp::{Community, Message, Oid, PduKind, SNMP_TRAP_ENTERPRISE, Value, VarBind};

/// The enterprise every object and notification below is rooted in.
const ENTERPRISE: [u32; 7] = [1, 3, 6, 1, 4, 1, 8164];

/// The branch of the notifications: number n is `ENTERPRISE.2.n`, without a 0 between.
const NOTIFICATIONS: u32 = 2;

/// The history keeps this many.
const KEPT: usize = 400;

pub const CARD_UP: u32 = 5;
pub const CLI_SESSION_START: u32 = 52;
pub const CLI_SESSION_END: u32 = 53;
pub const CARD_ACTIVE: u32 = 55;
pub const CARD_DOWN: u32 = 60;
pub const CARD_STANDBY: u32 = 93;
pub const UPGRADE_START: u32 = 115;
pub const UPGRADE_COMPLETE: u32 = 116;
pub const UPGRADE_ABORTED: u32 = 117;
pub const BGP_SESSION_UP: u32 = 118;
pub const BGP_SESSION_DOWN: u32 = 119;
pub const SRP_ACTIVE: u32 = 120;
pub const SRP_STANDBY: u32 = 121;
pub const SRP_SWITCHOVER_INITIATED: u32 = 126;
pub const SRP_CHECKPOINT_FAILURE: u32 = 127;
pub const SRP_CONFIG_OUT_OF_SYNC: u32 = 128;
pub const SRP_CONFIG_IN_SYNC: u32 = 129;
pub const CLI_CONFIG_MODE: u32 = 192;
pub const SYSTEM_STARTUP: u32 = 1028;
pub const SRP_CONN_DOWN: u32 = 1037;
pub const SRP_CONN_UP: u32 = 1038;
pub const SYSTEM_REBOOT: u32 = 1124;
pub const SRP_SWITCHOVER_OCCURED: u32 = 1278;

/// Number to the name the CLI shows, without `star` (`staros-cli.md` 2.11).
const NAMES: [(u32, &str); 23] = [
    (CARD_UP, "CardUp"),
    (CLI_SESSION_START, "CLISessionStart"),
    (CLI_SESSION_END, "CLISessionEnd"),
    (CARD_ACTIVE, "CardActive"),
    (CARD_DOWN, "CardDown"),
    (CARD_STANDBY, "CardStandby"),
    (UPGRADE_START, "SWUpgradeStart"),
    (UPGRADE_COMPLETE, "SWUpgradeComplete"),
    (UPGRADE_ABORTED, "SWUpgradeAborted"),
    (BGP_SESSION_UP, "BGPPeerSessionUp"),
    (BGP_SESSION_DOWN, "BGPPeerSessionDown"),
    (SRP_ACTIVE, "SRPActive"),
    (SRP_STANDBY, "SRPStandby"),
    (SRP_SWITCHOVER_INITIATED, "SRPSwitchoverInitiated"),
    (SRP_CHECKPOINT_FAILURE, "SRPCheckpointFailure"),
    (SRP_CONFIG_OUT_OF_SYNC, "SRPConfigOutOfSync"),
    (SRP_CONFIG_IN_SYNC, "SRPConfigInSync"),
    (CLI_CONFIG_MODE, "CLIConfigMode"),
    (SYSTEM_STARTUP, "SystemStartup"),
    (SRP_CONN_DOWN, "SRPConnDown"),
    (SRP_CONN_UP, "SRPConnUp"),
    (SYSTEM_REBOOT, "SystemReboot"),
    (SRP_SWITCHOVER_OCCURED, "SRPSwitchoverOccured"),
];

/// Object name to its arcs below [`ENTERPRISE`] and the words the history puts before its value.
const OBJECTS: [(&str, &[u32], &str); 16] = [
    ("starChassisType", &[1, 1, 10], "chassis type"),
    ("starChassisDescription", &[1, 1, 11], "chassis"),
    ("starChassisSWRevision", &[1, 1, 12], "software version"),
    ("starSlotNum", &[1, 2, 1, 1, 1], "card"),
    ("starCardType", &[1, 2, 1, 1, 3], "type"),
    ("starSlotSerialNumber", &[1, 2, 1, 1, 41], "serial number"),
    ("starCLIUsername", &[1, 19, 1, 1, 2], "user"),
    ("starCLITtyname", &[1, 19, 1, 1, 3], "ttyname"),
    ("starCLIPrivs", &[1, 19, 1, 1, 4], "privilege level"),
    ("starCLIContext", &[1, 19, 1, 1, 8], "context"),
    ("starContextName", &[1, 31, 5], "vpn"),
    ("starInterfaceName", &[1, 31, 6], "interface"),
    ("starUDPPortNum", &[1, 31, 12], "port"),
    ("starSRPIpAddress", &[1, 31, 13], "ipaddr"),
    ("starBGPPeerIpAddress", &[1, 31, 14], "peer"),
    ("starSRPSwitchReason", &[1, 31, 135], "reason"),
];

/// One notification as the chassis knows it, before encoding.
#[derive(Clone, Debug, PartialEq)]
pub struct Trap {
    pub at: Time,
    /// The last arc under starentTraps, such as 120 for starSRPActive.
    pub number: u32,
    /// Name as the CLI shows it, without `star` (`staros-cli.md` 2.11).
    pub name: &'static str,
    pub args: Vec<Arg>,
}

/// One object of a notification, by the name the MIB gives it.
#[derive(Clone, Debug, PartialEq)]
pub enum Arg {
    Text(&'static str, String),
    Address(&'static str, Ipv4Addr),
    Number(&'static str, i64),
}

/// The latest notifications, oldest first.
#[derive(Clone, Debug, Default)]
pub struct History(VecDeque<Trap>);

impl History {
    pub fn push(&mut self, trap: Trap) {
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        self.0.push_back(trap);
        self.0.make_contiguous();
    }

    pub fn as_slice(&self) -> &[Trap] {
        self.0.as_slices().0
    }
}

impl Trap {
    /// # Panics
    /// When `number` is none of the constants of this file.
    pub fn new(at: Time, number: u32, args: Vec<Arg>) -> Self {
        let named = NAMES.iter().find(|(known, _)| *known == number);
        let (_, name) =
            named.unwrap_or_else(|| panic!("the chassis has no notification {number} to send"));
        Self {
            at,
            number,
            name,
            args,
        }
    }

    /// The free text of a `show snmp trap history` row, after the name.
    pub fn text(&self) -> String {
        let words: Vec<String> = self.args.iter().map(Arg::words).collect();
        words.join(" ")
    }

    /// The SNMPv2c datagram of it. `uptime` is what sysUpTime says.
    pub fn encode(&self, community: &str, request_id: i32, uptime: Time) -> Vec<u8> {
        let enterprise = Oid::new(&ENTERPRISE).join(&[NOTIFICATIONS]);
        let mut objects: Vec<VarBind> = self.args.iter().map(Arg::varbind).collect();
        objects.push(VarBind::new(
            Oid::new(SNMP_TRAP_ENTERPRISE),
            Value::Oid(enterprise.clone()),
        ));
        // TimeTicks wrap after 497 days, as they do on a chassis.
        let ticks = u32::try_from((uptime.as_millis() / 10) % (1 << 32)).expect("reduced above");
        let trap_oid = enterprise.join(&[self.number]);
        let community = Community::new(community);
        Message::notification(
            PduKind::Trap,
            community,
            request_id,
            ticks,
            trap_oid,
            objects,
        )
        .encode()
    }
}

impl Arg {
    fn object(&self) -> &'static (&'static str, &'static [u32], &'static str) {
        let (Self::Text(name, _) | Self::Address(name, _) | Self::Number(name, _)) = self;
        let known = OBJECTS.iter().find(|(object, ..)| object == name);
        known.unwrap_or_else(|| panic!("the chassis has no object {name} to send"))
    }

    fn words(&self) -> String {
        let (.., label) = self.object();
        match self {
            Self::Text(_, text) => format!("{label} {text}"),
            Self::Address(_, address) => format!("{label} {address}"),
            Self::Number(_, number) => format!("{label} {number}"),
        }
    }

    /// Objects travel without an instance, as captured from a chassis (`snmp.md` 1.6).
    fn varbind(&self) -> VarBind {
        let (_, arcs, _) = self.object();
        let value = match self {
            Self::Text(_, text) => Value::OctetString(text.clone().into_bytes()),
            Self::Address(_, address) => Value::IpAddress(address.octets()),
            Self::Number(_, number) => Value::Integer(*number),
        };
        VarBind::new(Oid::new(&ENTERPRISE).join(arcs), value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::snmp::Notification;

    fn active() -> Trap {
        let args = vec![
            Arg::Text("starContextName", "SRP".into()),
            Arg::Address("starSRPIpAddress", Ipv4Addr::new(10, 9, 0, 1)),
        ];
        Trap::new(Time::from_secs(5), SRP_ACTIVE, args)
    }

    #[test]
    fn snmp_1_6_objects_have_no_instance_and_the_enterprise_comes_last() {
        let bytes = active().encode("public", 7, Time::from_secs(61));
        let heard = Notification::of(&Message::decode(&bytes).unwrap()).unwrap();
        assert_eq!(heard.trap_oid.to_string(), "1.3.6.1.4.1.8164.2.120");
        assert_eq!(heard.uptime, Some(6100));
        let names: Vec<String> = heard
            .varbinds
            .iter()
            .map(|bind| bind.oid.to_string())
            .collect();
        assert_eq!(
            names[..2],
            ["1.3.6.1.4.1.8164.1.31.5", "1.3.6.1.4.1.8164.1.31.13"]
        );
        assert_eq!(names.last().unwrap(), "1.3.6.1.6.3.1.1.4.3.0");
    }

    #[test]
    fn cli_2_11_the_history_names_have_no_star_and_it_keeps_the_latest_400() {
        assert_eq!(active().name, "SRPActive");
        assert_eq!(active().text(), "vpn SRP ipaddr 10.9.0.1");
        let mut history = History::default();
        for second in 0..500 {
            history.push(Trap {
                at: Time::from_secs(second),
                ..active()
            });
        }
        assert_eq!(history.as_slice().len(), KEPT);
        assert_eq!(history.as_slice()[0].at, Time::from_secs(100));
    }

    #[test]
    fn sys_up_time_wraps_as_time_ticks_do() {
        let uptime = Time::from_secs(86_400 * 500);
        let bytes = active().encode("public", 1, uptime);
        let heard = Notification::of(&Message::decode(&bytes).unwrap()).unwrap();
        assert_eq!(
            heard.uptime,
            Some((50_000 * 86_400 * 100_u64 / 100 % (1 << 32)) as u32)
        );
    }
}
