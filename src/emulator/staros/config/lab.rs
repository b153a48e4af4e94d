//! A whole configuration for one chassis of a laboratory pair.

use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};

/// What differs from chassis to chassis, and from lab to lab.
#[derive(Clone, Debug)]
pub struct Lab<'a> {
    pub hostname: &'a str,
    /// `chassis-mode primary`, else `backup`.
    pub primary: bool,
    /// Management address, in context `local`.
    pub management: IpAddr,
    pub srp_address: IpAddr,
    pub srp_peer: IpAddr,
    /// Seconds; the dead interval must be at least three times the hello interval (SRP-16).
    pub hello: u32,
    pub dead: u32,
    pub delay: u32,
    /// Where traps go, with this community.
    pub trap_target: Option<(SocketAddr, &'a str)>,
    /// Administrators' names; their passwords come from the chassis' accounts.
    pub administrators: &'a [&'a str],
    /// Packet cards the configuration activates.
    pub cards: &'a [u8],
    /// Zone of the device clock, as `clock timezone` has it.
    pub timezone: &'a str,
}

/// Numbers of the laboratory that are the same on both chassis: documentation ranges and private
/// address space.
const AS_NUMBER: u32 = 64520;
const PEER_AS: u32 = 64500;

/// The configuration text of one chassis. Both texts of a pair agree in everything that
/// [`super::Running::comparison_text`] compares.
pub fn lab_configuration(lab: &Lab<'_>) -> String {
    let mut text = String::from("config\n");
    global(lab, &mut text);
    local(lab, &mut text);
    srp(lab, &mut text);
    gateways(lab, &mut text);
    text.push_str("end\n");
    text
}

fn global(lab: &Lab<'_>, text: &mut String) {
    line(text, 1, &format!("system hostname {}", lab.hostname));
    line(text, 1, &format!("clock timezone {}", lab.timezone));
    line(text, 1, "require session recovery");
    line(
        text,
        1,
        "license key VER=1|C1M=EMULATED|SN=LAB|FEATURES=ICSR,PGW,SGW,HA",
    );
    line(text, 1, "snmp engine-id local 800020dc03020005e1000");
    if let Some((target, community)) = lab.trap_target {
        line(
            text,
            1,
            &format!("snmp community name {community} read-only"),
        );
        let (address, port) = (target.ip(), target.port());
        line(
            text,
            1,
            &format!(
                "snmp target nms {address} port {port} security-name {community} version 2c traps"
            ),
        );
    }
    for card in lab.cards {
        block(text, 1, &format!("card {card}"), |text| {
            line(text, 2, "mode active")
        });
    }
}

fn local(lab: &Lab<'_>, text: &mut String) {
    block(text, 1, "context local", |text| {
        block(text, 2, "interface LOCAL1", |text| {
            line(text, 3, &address(lab.management, ""));
        });
        for name in lab.administrators {
            line(
                text,
                2,
                &format!("administrator {name} encrypted password +A0 ftp"),
            );
        }
        block(text, 2, "server sshd", |text| {
            line(text, 3, "subsystem sftp");
        });
        block(text, 2, "subscriber default", |_| {});
    });
}

fn srp(lab: &Lab<'_>, text: &mut String) {
    let mode = if lab.primary { "primary" } else { "backup" };
    // The lower number wins in current releases (`staros-cli.md` 4.10).
    let priority = if lab.primary { 10 } else { 20 };
    block(text, 1, "context SRP", |text| {
        block(text, 2, "interface srp", |text| {
            line(text, 3, &address(lab.srp_address, ""));
        });
        block(text, 2, "service-redundancy-protocol", |text| {
            line(text, 3, &format!("chassis-mode {mode}"));
            line(text, 3, &format!("priority {priority}"));
            line(text, 3, &format!("hello-interval {}", lab.hello));
            line(text, 3, &format!("dead-interval {}", lab.dead));
            if lab.delay > 0 {
                line(text, 3, &format!("delay-interval {}", lab.delay));
            }
            line(text, 3, "monitor bgp context PGWin 10.20.0.1 group 1");
            line(text, 3, "monitor bgp context PGWout 10.21.0.1 group 2");
            line(
                text,
                3,
                "monitor authentication-probe context AAA 10.30.0.7 port 1812",
            );
            line(text, 3, "checkpoint session duration 60");
            line(text, 3, &format!("peer-ip-address {}", lab.srp_peer));
            line(text, 3, &format!("bind address {}", lab.srp_address));
        });
    });
}

fn gateways(lab: &Lab<'_>, text: &mut String) {
    let own = if lab.primary { 11 } else { 12 };
    block(text, 1, "context AAA", |text| {
        block(text, 2, "interface aaa", |text| {
            line(text, 3, &format!("ip address 10.30.0.{own} 255.255.255.0"));
        });
        block(text, 2, "interface aaa-nas loopback", |text| {
            line(text, 3, "ip address 10.30.1.1 255.255.255.255 srp-activate");
        });
        block(text, 2, "aaa group default", |text| {
            line(text, 3, "radius attribute nas-ip-address address 10.30.1.1");
            line(
                text,
                3,
                "radius server 10.30.0.7 key lab-radius port 1812 probe",
            );
        });
    });
    block(text, 1, "context PGWin", |text| {
        block(text, 2, "interface s5", |text| {
            line(text, 3, &format!("ip address 10.20.0.{own} 255.255.255.0"));
        });
        block(text, 2, "interface pgw-lo loopback", |text| {
            line(text, 3, "ip address 10.20.1.1 255.255.255.255 srp-activate");
        });
        block(text, 2, "interface sgw-lo loopback", |text| {
            line(text, 3, "ip address 10.20.1.2 255.255.255.255 srp-activate");
        });
        bgp(text, &format!("10.20.0.{own}"), "10.20.0.1");
        block(text, 2, "pgw-service pgw-core-1", |text| {
            line(text, 3, "bind ipv4-address 10.20.1.1");
        });
        block(text, 2, "sgw-service sgw-core-1", |text| {
            line(text, 3, "bind ipv4-address 10.20.1.2");
        });
    });
    block(text, 1, "context PGWout", |text| {
        block(text, 2, "interface sgi", |text| {
            line(text, 3, &format!("ip address 10.21.0.{own} 255.255.255.0"));
        });
        line(
            text,
            2,
            "ip pool dyn-a 172.18.0.0 255.255.0.0 public 0 srp-activate",
        );
        line(
            text,
            2,
            "ip pool dyn-b 172.19.0.0 255.255.0.0 public 0 srp-activate",
        );
        bgp(text, &format!("10.21.0.{own}"), "10.21.0.1");
        block(text, 2, "ha-service ha-1", |text| {
            line(text, 3, "bind address 10.21.1.1");
        });
    });
}

fn bgp(text: &mut String, router: &str, neighbor: &str) {
    block(text, 2, &format!("router bgp {AS_NUMBER}"), |text| {
        line(text, 3, &format!("router-id {router}"));
        line(text, 3, &format!("neighbor {neighbor} remote-as {PEER_AS}"));
        line(text, 3, "redistribute connected");
    });
}

fn address(address: IpAddr, options: &str) -> String {
    match address {
        IpAddr::V4(v4) => format!("ip address {v4} 255.255.255.0{options}"),
        IpAddr::V6(v6) => format!("ipv6 address {v6}/64{options}"),
    }
}

fn line(text: &mut String, depth: usize, line: &str) {
    writeln!(text, "{:indent$}{line}", "", indent = 2 * depth).expect("writing to a string");
}

fn block(text: &mut String, depth: usize, head: &str, body: impl FnOnce(&mut String)) {
    line(text, depth, head);
    body(text);
    line(text, depth, "#exit");
}
