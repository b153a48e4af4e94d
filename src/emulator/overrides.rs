//! What an inventory may change about a profile, and the faults it may switch on.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::boot::{Entry, MissingConfig};
use super::flash::{Defect, Image};
use super::profile::Profile;

/// The `emulated:` section of one chassis in an inventory.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Overrides {
    /// The release that runs when the world begins.
    pub release: Option<String>,
    pub build: Option<String>,
    /// Further images on flash, by file name.
    pub images: BTreeMap<String, ImageSpec>,
    /// What `copy sftp://HOST/…/NAME` finds, by the last part of the path.
    pub remote_images: BTreeMap<String, ImageSpec>,
    /// Replaces the boot stack (default: one entry, priority 10, for what runs).
    pub boot: Option<Vec<Entry>>,
    /// Path of the configuration the chassis was booted with.
    pub config: Option<String>,
    /// Leaves this much of the flash free.
    pub flash_free_kib: Option<u64>,
    pub sessions: Option<u64>,
    pub session_managers: Option<u16>,
    /// Seconds the device clock is ahead; negative when behind (F-70).
    pub clock_skew: Option<i64>,
    pub missing_config: MissingConfig,
    /// Scales every time of the boot sequence (F-74: 3).
    pub slow_boot: Option<u32>,
    pub faults: Faults,
}

/// An image; what is left out is taken from the profile.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageSpec {
    pub version: String,
    #[serde(default)]
    pub build: Option<String>,
    #[serde(default)]
    pub platform: Option<String>,
    /// Bytes.
    #[serde(default)]
    pub size: Option<u64>,
    #[serde(default)]
    pub defect: Option<Defect>,
}

/// What goes wrong with this chassis. A rehearsal may change it while the chassis runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Faults {
    /// F-19: boots what ran before, whatever the stack says.
    pub ignores_boot_entry: bool,
    /// F-18: stays dark after a reload.
    pub never_comes_back: bool,
    /// F-26: the card in this slot is Offline after a reload.
    pub broken_card: Option<u8>,
    /// F-32: services stay Initialized after a reload.
    pub services_not_started_after_reload: bool,
    /// F-23: `filesystem synchronize all` says yes and copies nothing.
    pub second_card_not_synchronised: bool,
    /// SSH-2: what becomes of the session that says `reload`.
    pub drops_ssh_on_reload: Option<SshDrop>,
    /// F-51: no trap leaves the chassis; the history still has them.
    pub traps_lost: bool,
    /// F-66: log lines appear on every terminal, at any time.
    pub logs_on_terminals: bool,
    /// The pair begins in a wrong state.
    pub start_state: Option<StartState>,
    /// F-56: primary reads as backup and backup as primary.
    pub chassis_mode_swapped: bool,
    /// F-17: a copy from elsewhere ends here, as many times as `copy_cuts` says.
    pub copy_cut_at_percent: Option<u8>,
    /// How many copies are cut; absent: one.
    pub copy_cuts: Option<u32>,
    /// The SRP interface is cut off: nothing is opened, nothing accepted.
    pub srp_link_cut: bool,
}

/// How the session that typed the reload ends (SSH-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SshDrop {
    /// Cut with nothing said since the last Enter.
    BeforeEcho,
    /// Cut right after what the command line printed.
    AfterEcho,
    /// Half open: no byte and no end ever comes.
    Hang,
}

/// A pair that begins in a wrong state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StartState {
    /// F-43: both are backup and each reads the priorities so that it loses. Set it on both.
    BothStandby,
    /// F-5, F-1: the SRP link is cut from the beginning, each thinks it is alone.
    BothActive,
}

impl Faults {
    pub fn srp_unreachable(&self) -> bool {
        self.srp_link_cut || self.start_state == Some(StartState::BothActive)
    }

    /// Whether the next copy from elsewhere is cut, and where; counts it.
    pub(super) fn take_copy_cut(&mut self) -> Option<u8> {
        let percent = self.copy_cut_at_percent?;
        let left = self.copy_cuts.get_or_insert(1);
        *left = left.checked_sub(1)?;
        Some(percent.min(99))
    }
}

impl ImageSpec {
    /// The image with what the profile knows filled in.
    pub fn resolve(&self, profile: &Profile) -> Image {
        Image {
            version: self.version.clone(),
            build: self
                .build
                .clone()
                .unwrap_or_else(|| build_of(&self.version)),
            platform: self
                .platform
                .clone()
                .unwrap_or_else(|| profile.platform.clone()),
            size: self.size.unwrap_or(profile.image_size),
            defect: self.defect,
        }
    }
}

impl Overrides {
    /// The profile with the plain numbers of this section in it.
    pub fn apply(&self, mut profile: Profile) -> Profile {
        if let Some(release) = &self.release {
            profile.release.build = build_of(release);
            profile.release.version.clone_from(release);
        }
        if let Some(build) = &self.build {
            profile.release.build.clone_from(build);
        }
        profile.sessions = self.sessions.unwrap_or(profile.sessions);
        profile.session_managers = self.session_managers.unwrap_or(profile.session_managers);
        if let Some(skew) = self.clock_skew {
            profile.clock_skew = jiff::SignedDuration::from_secs(skew);
        }
        if let Some(factor) = self.slow_boot {
            profile.boot.stretch(factor.max(1));
        }
        profile
    }
}

/// A build number that belongs to a version and to no other.
fn build_of(version: &str) -> String {
    (80_000 + crc32fast::hash(version.as_bytes()) % 10_000).to_string()
}
