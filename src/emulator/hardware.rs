//! Cards, resources, alarms and the rest of what `show` commands look at.

use crate::proto::Time;

/// What a slot holds and how it feels.
#[derive(Clone, Debug)]
pub struct Card {
    pub slot: u8,
    /// Type letters such as `DPC`, `MMIO`, `VC` (`staros-cli.md` 2.1).
    pub letters: String,
    /// Long name; `None` for an empty slot.
    pub name: Option<String>,
    /// StarentCardType, as the card traps carry it.
    pub type_number: u8,
    pub state: CardState,
    /// What the card becomes when the boot sequence has finished.
    pub settled: CardState,
    pub kind: CardKind,
    /// The boot fault switch: the card comes up `Offline`.
    pub broken: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CardKind {
    Management,
    Packet,
    Fabric,
    Status,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CardState {
    Empty,
    Offline,
    Booting,
    Starting,
    Standby,
    Active,
}

/// One outstanding alarm row (`show alarm outstanding`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    pub severity: Severity,
    pub object: String,
    pub text: String,
    pub since: Time,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Minor,
    Major,
    Critical,
}

/// One service row: what `show service all`, `show X-service all` and `show resources` print.
#[derive(Clone, Debug)]
pub struct Service {
    pub context: String,
    pub name: String,
    /// CLI kind: `pgw`, `sgw`, `ha`, `ggsn`, `pdsn`.
    pub kind: String,
    pub started: bool,
    /// Licensed sessions (the "Limit" of `show resources`).
    pub limit: u64,
}

/// A BGP neighbour in a context, as state (the protocol itself comes with a later issue).
#[derive(Clone, Debug)]
pub struct BgpPeer {
    pub context: String,
    pub address: String,
    pub remote_as: u32,
    /// `None` while established; else the state word, such as `Active` or `Idle (Admin)`.
    pub down: Option<&'static str>,
    pub prefixes: u32,
    /// Since when the session has been in this state.
    pub since: Time,
    /// Whether `monitor bgp` watches it, and in which group.
    pub monitored: Option<u8>,
}

/// An AAA server or Diameter peer that SRP monitors, as state.
#[derive(Clone, Debug)]
pub struct MonitoredServer {
    pub kind: MonitorKind,
    pub context: String,
    pub address: String,
    pub port: u16,
    pub up: bool,
    pub since: Time,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MonitorKind {
    AuthProbe,
    Diameter,
}

/// Everything of a chassis that the health commands show.
#[derive(Clone, Debug, Default)]
pub struct Hardware {
    /// One row a slot, ascending.
    pub cards: Vec<Card>,
    pub alarms: Vec<Alarm>,
    pub services: Vec<Service>,
    pub bgp: Vec<BgpPeer>,
    pub servers: Vec<MonitoredServer>,
    pub crashes: Vec<Crash>,
}

/// One row of `show crash list`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crash {
    pub at: Time,
    pub process: String,
    pub card: u8,
    pub version: String,
}

/// One row of `show session recovery status verbose` (`staros-cli.md` 2.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecoveryRow {
    pub cpu: String,
    pub state: &'static str,
    pub sessmgr_active: u16,
    pub sessmgr_standby: u16,
    pub aaamgr_active: u16,
    pub aaamgr_standby: u16,
    pub demux: u16,
    pub status: &'static str,
}

/// `show session recovery status`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovery {
    pub enabled: bool,
    /// `Ready For Recovery` or why not.
    pub overall: String,
    pub ready: bool,
    pub rows: Vec<RecoveryRow>,
}
