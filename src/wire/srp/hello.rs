//! HELLO and HELLO-ACK: what one chassis tells the other about itself (SRP-13).

use std::fmt;

use super::Error;
use super::tlv::{Tlvs, Writer};

/// Chassis state (`protocols.md` A.2); displayed as `show srp info` spells it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    #[default]
    Init = 0,
    Active = 1,
    Standby = 2,
    PendingActive = 3,
    PendingStandby = 4,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Init => "Init",
            Self::Active => "Active",
            Self::Standby => "Standby",
            Self::PendingActive => "Pending-Active",
            Self::PendingStandby => "Pending-Standby",
        })
    }
}

/// Configured role (`chassis-mode`), which is not the state (SRP-1). Default backup (SRP-4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    #[default]
    Backup = 0,
    Primary = 1,
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Backup => "Backup",
            Self::Primary => "Primary",
        })
    }
}

/// Bit set of TLV 15.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Capabilities(pub u32);

impl Capabilities {
    pub const LZ4: Self = Self(1);
    pub const AGGRESSIVE: Self = Self(1 << 1);
    pub const EARLY_ACTIVE: Self = Self(1 << 2);
    pub const ALL_DATA: Self = Self(1 << 3);
    pub const VOLTE: Self = Self(1 << 4);
    pub const VOLTE_MAINTAIN_ACCOUNTING: Self = Self(1 << 5);
    pub const CONTROL_OUTAGE_OPTIMIZATION: Self = Self(1 << 6);

    /// Whether every bit of `other` is set here.
    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// Everything a Hello carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hello<'a> {
    pub chassis_id: &'a str,
    pub state: State,
    pub mode: Mode,
    pub priority: u16,
    pub mac: [u8; 6],
    pub route_modifier: u16,
    pub release: &'a str,
    /// Hello interval in milliseconds.
    pub hello_ms: u32,
    /// Dead interval in milliseconds.
    pub dead_ms: u32,
    /// SHA-256 of the normalised configuration.
    pub digest: [u8; 32],
    /// Failures seen by the AAA, BGP and Diameter monitors.
    pub monitor_failures: [u32; 3],
    /// Completed switchovers of the pair (SRP-112).
    pub epoch: u64,
    pub sessions: u32,
    pub session_managers: u16,
    pub ready: u16,
    pub capabilities: Capabilities,
    /// Seconds since the chassis started.
    pub uptime_s: u32,
}

impl<'a> Hello<'a> {
    pub(super) fn write(&self, w: &mut Writer<'_>) {
        w.text(1, self.chassis_id);
        w.u8(2, self.state as u8);
        w.u8(3, self.mode as u8);
        w.u16(4, self.priority);
        w.bytes(5, &self.mac);
        w.u16(6, self.route_modifier);
        w.text(7, self.release);
        w.u32(8, self.hello_ms);
        w.u32(9, self.dead_ms);
        w.bytes(10, &self.digest);
        let mut counters = [0; 12];
        for (slot, value) in counters.chunks_exact_mut(4).zip(self.monitor_failures) {
            slot.copy_from_slice(&value.to_be_bytes());
        }
        w.bytes(11, &counters);
        w.u64(12, self.epoch);
        w.u32(13, self.sessions);
        let [a, b] = self.session_managers.to_be_bytes();
        let [c, d] = self.ready.to_be_bytes();
        w.bytes(14, &[a, b, c, d]);
        w.u32(15, self.capabilities.0);
        w.u32(16, self.uptime_s);
    }

    pub(super) fn read(kind: u8, payload: &'a [u8]) -> Result<Self, Error> {
        let mut hello = Hello {
            chassis_id: "",
            state: State::Init,
            mode: Mode::Backup,
            priority: 0,
            mac: [0; 6],
            route_modifier: 0,
            release: "",
            hello_ms: 0,
            dead_ms: 0,
            digest: [0; 32],
            monitor_failures: [0; 3],
            epoch: 0,
            sessions: 0,
            session_managers: 0,
            ready: 0,
            capabilities: Capabilities::default(),
            uptime_s: 0,
        };
        let mut seen = 0_u32;
        for tlv in Tlvs::new(payload) {
            let tlv = tlv?;
            match tlv.tag {
                1 => hello.chassis_id = tlv.text("chassis id")?,
                2 => {
                    hello.state = match tlv.u8("state")? {
                        0 => State::Init,
                        1 => State::Active,
                        2 => State::Standby,
                        3 => State::PendingActive,
                        4 => State::PendingStandby,
                        other => return Err(tlv.wrong("state", "expected 0 to 4", other)),
                    }
                }
                3 => {
                    hello.mode = if tlv.bool("chassis mode")? {
                        Mode::Primary
                    } else {
                        Mode::Backup
                    }
                }
                4 => hello.priority = tlv.u16("priority")?,
                5 => hello.mac = tlv.array("tie-break MAC")?,
                6 => hello.route_modifier = tlv.u16("route modifier")?,
                7 => hello.release = tlv.text("release")?,
                8 => hello.hello_ms = tlv.u32("hello interval")?,
                9 => hello.dead_ms = tlv.u32("dead interval")?,
                10 => hello.digest = tlv.array("configuration digest")?,
                11 => {
                    let raw: [u8; 12] = tlv.array("monitor counters")?;
                    for (counter, bytes) in
                        hello.monitor_failures.iter_mut().zip(raw.chunks_exact(4))
                    {
                        *counter = u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
                    }
                }
                12 => hello.epoch = tlv.u64("epoch")?,
                13 => hello.sessions = tlv.u32("session total")?,
                14 => {
                    let [a, b, c, d] = tlv.array("session managers")?;
                    (hello.session_managers, hello.ready) =
                        (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
                }
                15 => hello.capabilities = Capabilities(tlv.u32("capabilities")?),
                16 => hello.uptime_s = tlv.u32("uptime")?,
                _ => continue,
            }
            seen |= 1 << tlv.tag;
        }
        const FIELDS: [&str; 16] = [
            "chassis id",
            "state",
            "chassis mode",
            "priority",
            "tie-break MAC",
            "route modifier",
            "release",
            "hello interval",
            "dead interval",
            "configuration digest",
            "monitor counters",
            "epoch",
            "session total",
            "session managers",
            "capabilities",
            "uptime",
        ];
        for (index, field) in FIELDS.into_iter().enumerate() {
            if seen & (2 << index) == 0 {
                return Err(Error::Missing { kind, field });
            }
        }
        Ok(hello)
    }
}
