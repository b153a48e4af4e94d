//! Numbers under enterprise 8164 that code refers to (`snmp.md` 1.1 to 1.4).
//!
//! The names are in `mibs/STARENT-MIB-SUBSET.txt`; a test keeps the two together.

use crate::wire::snmp::Oid;

/// starentMIB
pub const ENTERPRISE: &[u32] = &[1, 3, 6, 1, 4, 1, 8164];
/// starentTraps: notification n is its direct child n, without a 0 in between.
pub const TRAPS: &[u32] = &[1, 3, 6, 1, 4, 1, 8164, 2];

/// The OID of notification `number`.
pub fn trap_oid(number: u32) -> Oid {
    Oid::new(TRAPS).join(&[number])
}

/// The number of a Starent notification; `None` for any other OID.
pub fn trap_number(oid: &Oid) -> Option<u32> {
    match oid.below(TRAPS) {
        Some(&[number] | &[0, number]) => Some(number),
        _ => None,
    }
}

macro_rules! objects {
    ($($constant:ident = $name:literal $arcs:tt;)*) => {
        $(
            #[doc = concat!("`", $name, "`")]
            pub const $constant: &[u32] = &objects!(@ $arcs);
        )*

        /// Every constant above with the name its MIB gives it.
        #[cfg(test)]
        pub(super) const ALL: &[(&str, &[u32])] = &[$(($name, $constant)),*];
    };
    (@ ($($arc:literal).*)) => {
        [1, 3, 6, 1, 4, 1, 8164, $($arc),*]
    };
}

objects! {
    CHASSIS_ACTION = "starChassisAction" (1 . 1 . 5);
    CHASSIS_TYPE = "starChassisType" (1 . 1 . 10);
    CHASSIS_DESCRIPTION = "starChassisDescription" (1 . 1 . 11);
    CHASSIS_SW_REVISION = "starChassisSWRevision" (1 . 1 . 12);
    SLOT_NUM = "starSlotNum" (1 . 2 . 1 . 1 . 1);
    CARD_TYPE = "starCardType" (1 . 2 . 1 . 1 . 3);
    CARD_OPER_STATE = "starCardOperState" (1 . 2 . 1 . 1 . 4);
    SLOT_SERIAL_NUMBER = "starSlotSerialNumber" (1 . 2 . 1 . 1 . 41);
    ALERT_SENDING_ENABLED = "starAlertSendingEnabled" (1 . 8 . 1 . 3);
    SESS_IN_PROG_CALLS = "starSessInProgCalls" (1 . 12 . 1);
    SESS_IN_PROG_ACTIVE_CALLS = "starSessInProgActiveCalls" (1 . 12 . 2);
    SESS_IN_PROG_MIP_CONN = "starSessInProgMIPConn" (1 . 12 . 11);
    SESS_MGR_COUNT = "starSessMgrCount" (1 . 13 . 1);
    HA_CUR_ACTIVE = "starHACurActive" (1 . 16 . 6);
    SERVICE_VPN_NAME = "starServiceVpnName" (1 . 18 . 1 . 1 . 3);
    SERVICE_SERV_NAME = "starServiceServName" (1 . 18 . 1 . 1 . 4);
    CLI_USERNAME = "starCLIUsername" (1 . 19 . 1 . 1 . 2);
    CLI_TTYNAME = "starCLITtyname" (1 . 19 . 1 . 1 . 3);
    CLI_PRIVS = "starCLIPrivs" (1 . 19 . 1 . 1 . 4);
    CLI_TYPE = "starCLIType" (1 . 19 . 1 . 1 . 5);
    CLI_CONTEXT = "starCLIContext" (1 . 19 . 1 . 1 . 8);
    TASK_INSTANCE = "starTaskInstance" (1 . 20 . 1 . 1 . 2);
    TASK_FACILITY_NAME = "starTaskFacilityName" (1 . 20 . 1 . 1 . 3);
    TASK_CARD = "starTaskCard" (1 . 20 . 1 . 1 . 4);
    TASK_CPU = "starTaskCPU" (1 . 20 . 1 . 1 . 5);
    CONTEXT_NAME = "starContextName" (1 . 31 . 5);
    INTERFACE_NAME = "starInterfaceName" (1 . 31 . 6);
    UDP_PORT_NUM = "starUDPPortNum" (1 . 31 . 12);
    SRP_IP_ADDRESS = "starSRPIpAddress" (1 . 31 . 13);
    BGP_PEER_IP_ADDRESS = "starBGPPeerIpAddress" (1 . 31 . 14);
    SRP_SWITCH_REASON = "starSRPSwitchReason" (1 . 31 . 135);
    BGP_PEER_IPV6_ADDRESS = "starBGPPeerIpv6Address" (1 . 31 . 152);
}
