//! The running configuration: thin for now; the grammar engineer's tree replaces it.
//!
//! [`View`] is what the chassis reads from it.

use std::net::IpAddr;
use std::time::Duration;

/// The running configuration as text.
#[derive(Clone, Debug, Default)]
pub struct Running {
    text: String,
    view: View,
}

/// The typed reading of a configuration.
#[derive(Clone, Debug, Default)]
pub struct View {
    pub hostname: Option<String>,
    pub srp: Option<SrpBlock>,
    /// `snmp target NAME A.B.C.D port N …` with `snmp community`.
    pub trap_targets: Vec<TrapTarget>,
    pub services: Vec<ServiceLine>,
    pub bgp_neighbors: Vec<BgpNeighbor>,
    pub servers: Vec<ServerLine>,
    pub session_recovery: bool,
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
    pub address: std::net::SocketAddr,
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
    pub monitored: Option<u8>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerLine {
    pub kind: super::super::hardware::MonitorKind,
    pub context: String,
    pub address: String,
    pub port: u16,
}

impl Running {
    /// Reads a configuration; lines it does not understand are reported and skipped.
    pub fn parse(text: &str) -> (Self, Vec<String>) {
        let hostname = text
            .lines()
            .find_map(|line| line.trim().strip_prefix("system hostname "))
            .map(|name| name.trim().to_owned());
        let view = View {
            hostname,
            ..View::default()
        };
        (
            Self {
                text: text.to_owned(),
                view,
            },
            Vec::new(),
        )
    }

    /// The text that [`Running::parse`] reads back.
    pub fn render(&self) -> String {
        self.text.clone()
    }

    pub fn view(&self) -> &View {
        &self.view
    }

    /// The configuration as the SRP peers compare it (SRP-56).
    pub fn comparison_text(&self) -> String {
        self.text.clone()
    }
}
