//! The configuration language: which lines each mode knows, which of them open a mode.

use super::mode::Mode;

/// A pattern and what it opens.
pub struct Rule(pub &'static str, pub Opens);

/// What a line does beyond being kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opens {
    Nothing,
    Block(Mode),
    /// Acts on boot.sys and is never part of the configuration (`staros-cli.md` 3.5).
    BootStack,
}

use Mode::*;
use Opens::{Block, BootStack};

const fn line(pattern: &'static str) -> Rule {
    Rule(pattern, Opens::Nothing)
}

const fn block(pattern: &'static str, mode: Mode) -> Rule {
    Rule(pattern, Block(mode))
}

pub(super) const GLOBAL: &[Rule] = &[
    line("system hostname ! <name>"),
    line("system location ! <text...>"),
    line("system contact ! <text...>"),
    line("clock timezone ! <zone> [ local ]"),
    line("autoconfirm"),
    line("timestamps"),
    line("no timestamps"),
    line("banner motd ! <text...>"),
    line("license key ! <text...>"),
    line("require session recovery"),
    line("require active-charging [ standalone|optimized-mode ]"),
    line(
        "require graceful-cleanup-during-audit-failure ! [ del-cause non-ims-apn system-failure|none ]",
    ),
    line("aaa default-domain ! subscriber|administrator <context>"),
    line("aaa last-resort context ! subscriber|administrator <context>"),
    line("gtpp single-source"),
    line("logging monitor"),
    line("logging active"),
    line("logging filter active|runtime facility <facility> ! level <level>"),
    line("logging disable eventid <event:1-999999>"),
    line("snmp engine-id local ! <engine>"),
    line("snmp server [ port <port:1-65535> ]"),
    line(
        "snmp community name <community> ! { read-only , read-write , context <context> , view <view> }",
    ),
    line(
        "snmp community encrypted name <secret> ! { read-only , read-write , context <context> , view <view> }",
    ),
    line("snmp user <user> ! <text...>"),
    line(
        "snmp target <target> ! <address:ip> { port <port:1-65535> , security-name <community> , version 1|2c|3 , \
         traps , informs , non-default , security-level noauth|auth|priv-auth }",
    ),
    line("snmp trap suppress|enable <trap>"),
    line(
        "snmp notif-threshold ! <count:1-10000> [ low <low:1-10000> ] [ period <period:1-10000> ]",
    ),
    line("snmp authentication-failure-trap"),
    line("session-recovery-timer ! <seconds:1-3600>"),
    block("context <name>", Context),
    block("card <slot:1-48>", Card),
    block("port ethernet <port>", Port),
    block("ntp", Ntp),
    block("bulkstats mode", Bulkstats),
    line("bulkstats collection"),
    Rule(
        "boot system priority <priority:1-100> ! image <image> config <config>",
        BootStack,
    ),
];

pub(super) const CARD: &[Rule] = &[
    line("mode ! active|standby [ packet|pac|psc ]"),
    line("shutdown"),
    line("no shutdown"),
];

pub(super) const PORT: &[Rule] = &[
    line("description ! <text...>"),
    line("shutdown"),
    line("no shutdown"),
    line("bind interface ! <interface> <context>"),
    line("preferred slot ! <slot:1-48>"),
    block("vlan <vlan:1-4094>", Vlan),
];

pub(super) const VLAN: &[Rule] = &[
    line("description ! <text...>"),
    line("shutdown"),
    line("no shutdown"),
    line("bind interface ! <interface> <context>"),
];

pub(super) const NTP: &[Rule] = &[
    line("enable [ <context> ]"),
    line("server <address> ! { prefer , version <v:1-4> }"),
];

pub(super) const BULKSTATS: &[Rule] = &[
    line("gather-on-standby"),
    line("no gather-on-standby"),
    line("sample-interval ! <minutes:1-1440>"),
    line("transfer-interval ! <minutes:1-999999>"),
    line("file ! <number:1-4>"),
    line("remotefile format ! <text...>"),
    line("receiver ! <text...>"),
    line("historical-data collection"),
];

pub(super) const CONTEXT: &[Rule] = &[
    block("interface <name> ! [ loopback ]", Interface),
    line("ip route <destination:ip> <mask:ip> ! <text...>"),
    line("ip route <prefix> ! next-hop <text...>"),
    line("ip domain-lookup"),
    line("ip domain-name ! <name>"),
    line("ip name-servers <address:ip>"),
    block("ip access-list <name>", AccessList),
    line(
        "ip pool <name> ! <start:ip> <mask:ip> { public <preference:0-10> , private <preference:0-10> , static , \
         srp-activate , group-name <group> , resource , policy <policy> , tag pdif-setup-addr }",
    ),
    line(
        "ip pool <name> ! range <start:ip> <end:ip> { public <preference:0-10> , private <preference:0-10> , \
         static , srp-activate , group-name <group> }",
    ),
    line(
        "ipv6 pool <name> ! prefix <prefix> { public <preference:0-10> , private <preference:0-10> , static , \
         srp-activate , group-name <group> , policy <policy> }",
    ),
    line("busyout ip pool name <name>"),
    line("busyout ip pool all"),
    line("busyout ip pool address-range <start:ip> <end:ip>"),
    line("busyout ipv6 pool name <name>"),
    line(
        "administrator <name> ! password <secret> { ftp , nocli , ecs , noecs , expiry-date <date> }",
    ),
    line(
        "administrator <name> ! encrypted password <secret> { ftp , nocli , ecs , noecs , expiry-date <date> }",
    ),
    line(
        "config-administrator <name> ! [ encrypted ] password <secret> { ftp , nocli , ecs , noecs }",
    ),
    line("operator <name> ! [ encrypted ] password <secret> { nocli , ecs , noecs }"),
    line("inspector <name> ! [ encrypted ] password <secret> { nocli , ecs , noecs }"),
    line("ssh generate key [ type v2-rsa|v2-dsa ]"),
    line("ssh key <text...>"),
    block("server sshd", Sshd),
    block("subscriber default", Subscriber),
    block("subscriber name <name>", Subscriber),
    block("aaa group <name>", AaaGroup),
    line("aaa group default-group ! <name>"),
    line("radius attribute nas-ip-address address ! <address:ip> [ backup <backup:ip> ]"),
    line("radius attribute nas-identifier ! <name>"),
    line("radius dictionary ! <name>"),
    line(
        "radius server|accounting <address:ip> ! [ encrypted ] key <secret> { port <port:1-65535> , \
         priority <priority:1-1000> , probe , probe-username <user> , max <max:1-4000> }",
    ),
    line("gtpp group <name>"),
    block("router bgp <as:1-4294967295>", Bgp),
    block("apn <name>", Apn),
    block("diameter endpoint <name>", DiameterEndpoint),
    block("pgw-service <name>", Service),
    block("sgw-service <name>", Service),
    block("saegw-service <name>", Service),
    block("ggsn-service <name>", Service),
    block("egtp-service <name>", Service),
    block("gtpu-service <name>", Service),
    block("ha-service <name>", Service),
    block("fa-service <name>", Service),
    block("pdsn-service <name>", Service),
    block("lma-service <name>", Service),
    block("service-redundancy-protocol", Srp),
];

pub(super) const INTERFACE: &[Rule] = &[
    line("description ! <text...>"),
    line("ip address <address:ip> <mask:ip> ! { srp-activate , secondary }"),
    line("ip address <prefix> ! { srp-activate , secondary }"),
    line("ipv6 address <prefix> ! { srp-activate , secondary }"),
    line("ip mtu ! <mtu:576-2048>"),
    line(
        "port-switch-on-L3-fail ! address <address:ip> { minimum-switchover-period <seconds:1-10000> }",
    ),
    block(
        "pool-share-protocol ! primary|secondary <address:ip> [ mode active|inactive|check-config ]",
        Ipsp,
    ),
];

pub(super) const IPSP: &[Rule] = &[
    line("dead-interval ! <seconds:25-259200>"),
    line("no dead-interval"),
    line("reserved-free-percentage ! <percent:0-100>"),
];

pub(super) const SSHD: &[Rule] = &[
    line("subsystem sftp|cli"),
    line("subsystem sftp|cli name <text...>"),
    line("authorized-key username <name> host <host> [ type v2-rsa|v2-dsa ]"),
    line("ciphers ! <text...>"),
    line("macs ! <text...>"),
    line("listen ! <address:ip>"),
    line("max servers ! <count:1-100>"),
    line("client-alive-countmax ! <count:1-10>"),
    line("client-alive-interval ! <seconds:1-300>"),
    line("allowusers add <name>"),
];

pub(super) const SUBSCRIBER: &[Rule] = &[
    line("ip context-name ! <name>"),
    line("ip address pool name ! <name>"),
    line("timeout idle|absolute ! <seconds:0-4294967295>"),
    line("aaa group ! <name>"),
    line("dns primary|secondary ! <address:ip>"),
];

pub(super) const AAA_GROUP: &[Rule] = &[
    line("radius attribute nas-ip-address address ! <address:ip> [ backup <backup:ip> ]"),
    line("radius attribute nas-identifier ! <name>"),
    line("radius dictionary ! <name>"),
    line("radius max-retries|timeout|deadtime|max-outstanding ! <count:0-65535>"),
    line(
        "radius server|accounting <address:ip> ! [ encrypted ] key <secret> { port <port:1-65535> , \
         priority <priority:1-1000> , probe , probe-username <user> , max <max:1-4000> }",
    ),
    line("diameter authentication|accounting dictionary ! <name>"),
    line("diameter authentication|accounting endpoint ! <name>"),
    line("diameter authentication|accounting server <host> ! priority <priority:1-1000>"),
];

pub(super) const ACCESS_LIST: &[Rule] = &[
    line("permit <text...>"),
    line("deny <text...>"),
    line("redirect <text...>"),
];

pub(super) const BGP: &[Rule] = &[
    line("router-id ! <address:ip>"),
    line("neighbor <address:ip> remote-as ! <as:1-4294967295>"),
    line("neighbor <address:ip> activate"),
    line("neighbor <address:ip> shutdown"),
    line("neighbor <address:ip> description ! <text...>"),
    line(
        "neighbor <address:ip> timers ! keepalive-interval <keepalive:0-65535> holdtime-interval <hold:0-65535>",
    ),
    line("neighbor <address:ip> route-map <map> in|out"),
    line(
        "neighbor <address:ip> update-source|weight|ebgp-multihop|max-prefix|srp-activated-soft-clear ! <text...>",
    ),
    line("neighbor <address:ip> fall-over bfd [ multihop ]"),
    line("network <prefix>"),
    line("redistribute connected|static|rip|ospf [ route-map <map> ]"),
    line("timers bgp ! <keepalive:0-65535> <hold:0-65535>"),
    line("scan-time ! <seconds:5-60>"),
    line("maximum-paths ebgp|ibgp ! <paths:1-15>"),
    block("address-family ipv4|ipv6", AddressFamily),
];

pub(super) const ADDRESS_FAMILY: &[Rule] = &[
    line("neighbor <address:ip> activate"),
    line("neighbor <address:ip> route-map <map> in|out"),
    line("network <prefix>"),
    line("redistribute connected|static|rip|ospf [ route-map <map> ]"),
];

pub(super) const APN: &[Rule] = &[
    line("ip context-name ! <name>"),
    line("ip address pool name ! <name>"),
    line("aaa group ! <name>"),
    line("selection-mode <text...>"),
    line("accounting-mode ! <mode>"),
    line("dns primary|secondary ! <address:ip>"),
    line("timeout idle|absolute ! <seconds:0-4294967295>"),
    line("ims-auth-service ! <name>"),
];

pub(super) const DIAMETER_ENDPOINT: &[Rule] = &[
    line("origin realm ! <realm>"),
    line("origin host <host> ! address <address:ip> [ port <port:1-65535> ]"),
    line("use-proxy"),
    line("watchdog-timeout ! <seconds:6-30>"),
    line("connection retry-timeout ! <seconds:1-3600>"),
    line("peer <name> ! realm <realm> address <address:ip> { port <port:1-65535> , sctp }"),
    line("route-entry peer <name> ! { weight <weight:0-255> }"),
];

pub(super) const SERVICE: &[Rule] = &[
    line("bind address|ipv4-address ! <address:ip> { max-subscribers <sessions:0-4000000> }"),
    line("bind ipv6-address ! <address:ip>"),
    line("associate <what> ! <text...>"),
    line("plmn id ! mcc <mcc> mnc <mnc> [ primary ]"),
    line("gtpu bind ipv4-address <address:ip>"),
    line("gtpc <text...>"),
    line("interface-type ! <type>"),
    line("validation-mode ! <mode>"),
    line("authentication <text...>"),
    line("mn-ha-spi <text...>"),
    line("fa-ha-spi <text...>"),
    line("isakmp <text...>"),
    line("ip local-port|source-violation ! <text...>"),
    line("spi <text...>"),
    line(
        "lifetime|reg-lifetime|setup-timeout|simul-bindings|retransmission-timeout|max-retransmissions ! <text...>",
    ),
    line("default subscriber ! <name>"),
    line("pcf-security|pdsn-type ! <text...>"),
    line("sgsn address <address:ip>"),
    line("aaa accounting|authentication <text...>"),
    line("shutdown"),
];

pub(super) const SRP: &[Rule] = &[
    line("bind address ! <address:ip>"),
    line("chassis-mode ! primary|backup"),
    line("priority ! <priority:1-255>"),
    line("peer-ip-address ! <address:ip>"),
    line("hello-interval ! <seconds:1-60>"),
    line("dead-interval ! <seconds:3-300>"),
    line("delay-interval ! <seconds:1-300>"),
    line("configuration-interval ! <seconds:1-86400>"),
    line("route-modifier threshold ! <threshold:4-64>"),
    line("delta-route-modifier ! <delta:1-32>"),
    line("num-internal-switchover-retry ! <count:0-10>"),
    line("internal-switchover-retry-interval ! <seconds:1-300>"),
    line("checkpoint session duration ims-session ! <seconds:0-65535>"),
    line("checkpoint session duration non-ims-session ! <seconds:0-65535>"),
    line("checkpoint session duration ! <seconds:0-65535>"),
    line("checkpoint session compression ! lz4|zlib"),
    line("checkpoint session nack macro|micro ! [ max-response <count:0-65535> ]"),
    line("checkpoint session periodic-interval ! <minutes:30-1440>"),
    line(
        "guard-timer aaa-switchover-timers|diameter-switchover-timers damping-period|guard-period ! <seconds:0-300>",
    ),
    line(
        "guard-timer srp-redundancy-timers aaa|bgp|diam ! damping-period|guard-period <seconds:0-300>",
    ),
    line("dscp-marking control|session ! <dscp>"),
    line("monitor bgp context <context> <address:ip> ! { vrf <vrf> , group <group:1-10> }"),
    line("monitor diameter context <context> endpoint <endpoint> ! [ peer <peer> ]"),
    line("monitor authentication-probe context <context> <address:ip> ! { port <port:1-65535> }"),
    line("standby database-recovery ! aggressive|normal"),
    line("switchover allow-all-data-traffic"),
    line("switchover allow-volte-data-traffic ! [ maintain-accounting ]"),
    line("switchover allow-early-active-transition"),
    line("switchover control-outage-optimization"),
    line("audit daily-start-time ! <hour:0-23> <minute:0-59>"),
    line("audit periodicity ! <minutes:60-1440>"),
    line(
        "advertise-routes-in-standby-state ! { hold-off-time <seconds:1-300> , reset-bfd-nbrs <ms:50-10000> }",
    ),
    line("bfd-mon-ignore-dead-interval"),
];
