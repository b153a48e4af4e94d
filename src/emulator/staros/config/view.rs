//! What the chassis reads from its configuration.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::super::cipher;
use super::Node;
use crate::emulator::hardware::MonitorKind;
use crate::emulator::users::Level;

/// The typed reading of a configuration.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct View {
    pub hostname: Option<String>,
    /// `clock timezone X`
    pub timezone: Option<String>,
    /// In the order of the configuration; `local` is always there.
    pub contexts: Vec<String>,
    pub srp: Option<SrpBlock>,
    /// `snmp target NAME A.B.C.D port N …`, each with its community.
    pub trap_targets: Vec<TrapTarget>,
    pub services: Vec<ServiceLine>,
    pub bgp_neighbors: Vec<BgpNeighbor>,
    /// AAA servers and Diameter peers that SRP monitors.
    pub servers: Vec<ServerLine>,
    pub users: Vec<UserLine>,
    /// `require session recovery`
    pub session_recovery: bool,
    /// Global `autoconfirm`: nobody is asked.
    pub autoconfirm: bool,
    /// Global `no timestamps`.
    pub timestamps_off: bool,
}

/// The `service-redundancy-protocol` block (`staros-cli.md` 4.10).
#[derive(Clone, Debug, PartialEq)]
pub struct SrpBlock {
    pub context: String,
    pub bind: Option<IpAddr>,
    pub peer: Option<IpAddr>,
    /// `true` for `chassis-mode primary`.
    pub primary: bool,
    pub priority: u16,
    pub hello: Duration,
    pub dead: Duration,
    pub delay: Duration,
    pub configuration_interval: Duration,
    pub route_modifier_threshold: u8,
    pub delta_route_modifier: Option<u8>,
    pub checkpoint_duration: Duration,
    pub aggressive: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrapTarget {
    pub name: String,
    pub address: SocketAddr,
    pub community: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceLine {
    pub context: String,
    pub name: String,
    /// CLI kind: `pgw`, `sgw`, `ha`, `ggsn`, `pdsn`.
    pub kind: String,
    /// Whether it has a bind address and so can start.
    pub bound: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BgpNeighbor {
    pub context: String,
    pub address: String,
    pub remote_as: u32,
    /// The group of `monitor bgp`; 0 when monitored without a group.
    pub monitored: Option<u8>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerLine {
    pub kind: MonitorKind,
    pub context: String,
    pub address: String,
    pub port: u16,
}

/// An account of the configuration (`administrator X …`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserLine {
    pub name: String,
    pub level: Level,
    /// Encrypted with the chassis key; a foreign text never matches a password.
    password: String,
}

impl UserLine {
    /// Whether this is the account's password.
    pub fn accepts(&self, password: &str) -> bool {
        cipher::decrypt(&self.password).is_some_and(|own| own == password)
    }
}

/// The port SNMP managers listen on for traps.
const TRAP_PORT: u16 = 162;
/// The RADIUS authentication port.
const RADIUS_PORT: u16 = 1812;
/// The Diameter port.
const DIAMETER_PORT: u16 = 3868;

impl View {
    pub(super) fn read(nodes: &[Node]) -> Self {
        let mut view = Self {
            contexts: vec!["local".to_owned()],
            ..Self::default()
        };
        for node in nodes {
            let line = Line::read(node);
            match line.head() {
                ["system", "hostname", name] => view.hostname = Some((*name).to_owned()),
                ["clock", "timezone", zone, ..] => view.timezone = Some((*zone).to_owned()),
                ["require", "session", "recovery"] => view.session_recovery = true,
                ["autoconfirm"] => view.autoconfirm = true,
                ["no", "timestamps"] => view.timestamps_off = true,
                ["snmp", "target", ..] => view.trap_targets.extend(trap_target(&line)),
                ["context", name] => view.context(name, node.children()),
                _ => {}
            }
        }
        view.monitors(nodes);
        view
    }

    fn context(&mut self, context: &str, nodes: &[Node]) {
        if !self.contexts.iter().any(|known| known == context) {
            self.contexts.push(context.to_owned());
        }
        for node in nodes {
            let line = Line::read(node);
            match line.head() {
                ["administrator" | "config-administrator", ..] => {
                    self.users.extend(user(&line, Level::Administrator));
                }
                ["operator", ..] => self.users.extend(user(&line, Level::Operator)),
                ["inspector", ..] => self.users.extend(user(&line, Level::Inspector)),
                ["router", "bgp", _] => self.neighbors(context, node.children()),
                ["service-redundancy-protocol"] => {
                    self.srp = Some(srp_block(context, node.children()));
                }
                [service, name] => {
                    if let Some(kind) = service.strip_suffix("-service") {
                        let bound = node.children().iter();
                        self.services.push(ServiceLine {
                            context: context.to_owned(),
                            name: (*name).to_owned(),
                            kind: kind.to_owned(),
                            bound: bound.clone().any(|line| line.after("bind").is_some())
                                && !bound.clone().any(|line| line.line == "shutdown"),
                        });
                    }
                }
                _ => {}
            }
        }
    }

    fn neighbors(&mut self, context: &str, nodes: &[Node]) {
        for node in nodes {
            if let ["neighbor", address, "remote-as", number] = Line::read(node).head() {
                self.bgp_neighbors.push(BgpNeighbor {
                    context: context.to_owned(),
                    address: (*address).to_owned(),
                    remote_as: number.parse().unwrap_or(0),
                    monitored: None,
                });
            }
        }
    }

    /// The `monitor` lines, once everything they may name is known.
    fn monitors(&mut self, nodes: &[Node]) {
        let contexts = || nodes.iter().filter(|node| node.after("context").is_some());
        let srp = contexts()
            .flat_map(|context| context.children())
            .find(|node| node.line == "service-redundancy-protocol");
        for node in srp.map(Node::children).unwrap_or_default() {
            let line = Line::read(node);
            match line.head() {
                ["monitor", "bgp", "context", context, address, ..] => {
                    let group = line.number("group").unwrap_or(0);
                    let of = |peer: &&mut BgpNeighbor| {
                        peer.context == *context && peer.address == *address
                    };
                    if let Some(peer) = self.bgp_neighbors.iter_mut().find(of) {
                        peer.monitored = u8::try_from(group).ok();
                    }
                }
                [
                    "monitor",
                    "authentication-probe",
                    "context",
                    context,
                    address,
                    ..,
                ] => {
                    self.servers.push(ServerLine {
                        kind: MonitorKind::AuthProbe,
                        context: (*context).to_owned(),
                        address: (*address).to_owned(),
                        port: line.number("port").unwrap_or(RADIUS_PORT),
                    });
                }
                [
                    "monitor",
                    "diameter",
                    "context",
                    context,
                    "endpoint",
                    endpoint,
                    ..,
                ] => {
                    let peers = contexts()
                        .filter(|node| node.after("context") == Some(context))
                        .flat_map(Node::children)
                        .filter(|node| node.after("diameter endpoint") == Some(endpoint))
                        .flat_map(Node::children);
                    for peer in peers.filter(|node| node.after("peer").is_some()) {
                        let peer = Line::read(peer);
                        self.servers
                            .extend(peer.text("address").map(|address| ServerLine {
                                kind: MonitorKind::Diameter,
                                context: (*context).to_owned(),
                                address: address.to_owned(),
                                port: peer.number("port").unwrap_or(DIAMETER_PORT),
                            }));
                    }
                }
                _ => {}
            }
        }
    }
}

/// The words of one line.
struct Line<'a>(Vec<&'a str>);

impl<'a> Line<'a> {
    fn read(node: &'a Node) -> Self {
        Self(node.line.split(' ').collect())
    }

    fn head(&self) -> &[&'a str] {
        &self.0
    }

    /// The word after a keyword.
    fn text(&self, keyword: &str) -> Option<&'a str> {
        let at = self.0.iter().position(|word| *word == keyword)?;
        self.0.get(at + 1).copied()
    }

    fn number<N: std::str::FromStr>(&self, keyword: &str) -> Option<N> {
        self.text(keyword)?.parse().ok()
    }
}

fn trap_target(line: &Line<'_>) -> Option<TrapTarget> {
    let address: IpAddr = line.head().get(3)?.parse().ok()?;
    Some(TrapTarget {
        name: (*line.head().get(2)?).to_owned(),
        address: SocketAddr::new(address, line.number("port").unwrap_or(TRAP_PORT)),
        community: line.text("security-name").unwrap_or("public").to_owned(),
    })
}

fn user(line: &Line<'_>, level: Level) -> Option<UserLine> {
    Some(UserLine {
        name: (*line.head().get(1)?).to_owned(),
        level,
        password: line.text("password")?.to_owned(),
    })
}

fn srp_block(context: &str, nodes: &[Node]) -> SrpBlock {
    let value = |prefix: &str| nodes.iter().find_map(|node| node.after(prefix));
    let number = |prefix: &str| value(prefix).and_then(|text| text.parse::<u64>().ok());
    let seconds =
        |prefix: &str, default: u64| Duration::from_secs(number(prefix).unwrap_or(default));
    let small = |prefix: &str| number(prefix).and_then(|n| u8::try_from(n).ok());
    SrpBlock {
        context: context.to_owned(),
        bind: value("bind address").and_then(|text| text.parse().ok()),
        peer: value("peer-ip-address").and_then(|text| text.parse().ok()),
        primary: value("chassis-mode") == Some("primary"),
        priority: number("priority")
            .and_then(|n| u16::try_from(n).ok())
            .unwrap_or(125),
        hello: seconds("hello-interval", 10),
        dead: seconds("dead-interval", 30),
        delay: seconds("delay-interval", 0),
        configuration_interval: seconds("configuration-interval", 3600),
        route_modifier_threshold: small("route-modifier threshold").unwrap_or(16),
        delta_route_modifier: small("delta-route-modifier"),
        checkpoint_duration: seconds("checkpoint session duration", 60),
        aggressive: value("standby database-recovery") == Some("aggressive"),
    }
}
