//! Hardware, release and timing profiles: every number that belongs to a device lives here.

use std::time::Duration;

/// What kind of chassis, which release, how fast.
#[derive(Clone, Debug)]
pub struct Profile {
    pub id: String,
    /// Platform word as images and `show version` have it: `ASR5500`, `QVPC-SI`.
    pub platform: String,
    pub session_managers: u16,
    pub sessions: u64,
    pub flash_capacity_kib: u64,
    /// IANA name of the zone the calendar shows.
    pub time_zone: String,
    /// How far the device clock runs ahead of (or behind) the world's.
    pub clock_skew: jiff::SignedDuration,
    /// Release knows `srp reset-…`, session-manager count check, and so on (`protocols.md` 0.4).
    pub release: Release,
    /// How long `copy` takes per MiB.
    pub copy_per_mib: Duration,
}

/// Behaviour that depends on the release (`protocols.md` 0.4).
#[derive(Clone, Debug, Default)]
pub struct Release {
    /// `21.28.3`-like, of the profile (not of the image that happens to run).
    pub version: String,
    pub major: u8,
}
