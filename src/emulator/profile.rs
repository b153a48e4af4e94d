//! Hardware, release and timing profiles: every number that belongs to a device lives here.
//!
//! Profiles are data, `profiles/*.yaml`, compiled in. An inventory may change single fields with
//! [`super::overrides::Overrides`].

use std::time::Duration;

use serde::{Deserialize, Deserializer};

use super::boot::BuiltIn;
use super::hardware::{Card, CardKind, CardState};

const SHIPPED: [(&str, &str); 3] = [
    ("asr5500-21", include_str!("profiles/asr5500-21.yaml")),
    ("asr5500-17", include_str!("profiles/asr5500-17.yaml")),
    ("vpc-si-21", include_str!("profiles/vpc-si-21.yaml")),
];

/// What kind of chassis, which release, how fast.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    pub id: String,
    /// Platform word as images and `show version` have it: `ASR5500`, `QVPC-SI`.
    pub platform: String,
    /// starChassisDescription.
    pub description: String,
    /// starChassisType, the MIB's number.
    pub chassis_type: u8,
    pub release: Release,
    /// Whose MAC address breaks a tie (X3).
    pub tiebreak_card: String,
    /// The slots of the management cards; the first is active after a boot (`staros-cli.md` 3.11).
    pub management_slots: Vec<u8>,
    cards: Vec<CardGroup>,
    /// SRP-7: each has a connection to its peer of the same number.
    pub session_managers: u16,
    /// Sessions in steady state.
    pub sessions: u64,
    /// Mean lifetime of a session.
    #[serde(deserialize_with = "seconds")]
    pub session_lifetime: Duration,
    pub flash_capacity_kib: u64,
    pub built_in: BuiltIn,
    /// Size in bytes of an image whose size the inventory does not say.
    pub image_size: u64,
    /// How long the chassis has been up when its world begins.
    #[serde(deserialize_with = "seconds")]
    pub initial_uptime: Duration,
    /// Abbreviation the calendar shows, such as `UTC` or `EST`.
    pub time_zone: String,
    pub utc_offset_minutes: i32,
    /// How far the device clock runs ahead of (or behind) the world's.
    #[serde(default)]
    pub clock_skew: jiff::SignedDuration,
    /// How long `copy` from elsewhere takes per MiB.
    #[serde(deserialize_with = "seconds")]
    pub copy_per_mib: Duration,
    /// How long `save configuration` takes.
    #[serde(deserialize_with = "seconds")]
    pub save: Duration,
    /// How long `filesystem synchronize all` takes beside the copying.
    #[serde(deserialize_with = "seconds")]
    pub synchronize: Duration,
    #[serde(deserialize_with = "seconds")]
    pub synchronize_per_mib: Duration,
    /// From the confirmed `reload` to silence.
    #[serde(deserialize_with = "seconds")]
    pub shutdown: Duration,
    pub unreachable: Unreachable,
    pub boot: Timeline,
}

/// Behaviour that depends on the release (`protocols.md` 0.4).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// What runs when the inventory does not say, such as `21.26.9`.
    pub version: String,
    pub build: String,
    pub priority_rule: PriorityRule,
    /// X2: `srp reset-auth-probe-fail` exists.
    pub has_reset_auth_probe_fail: bool,
    /// SRP-90: 20.0 and later count session managers and know `force`.
    pub checks_session_managers: bool,
    pub sends_obsolete_traps: bool,
    /// `lic.icsr_opt`: nack, periodic-interval and compression keywords exist.
    pub icsr_optimisation_licence: bool,
}

/// X1: which SRP priority wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PriorityRule {
    LowerNumberWins,
    HigherNumberWins,
}

/// What a connection attempt to a chassis that is down meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unreachable {
    TimesOut,
    Refuses,
}

/// When things happen after a card begins to boot (`staros-cli.md` 3.11).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Timeline {
    /// Self-tests done, the image runs on the management card: uptime counts from here.
    #[serde(deserialize_with = "seconds")]
    pub management: Duration,
    /// The first packet card enters Standby.
    #[serde(deserialize_with = "seconds")]
    pub packet_cards: Duration,
    /// TCP 22 answers, without a login behind it.
    #[serde(deserialize_with = "seconds")]
    pub port_open: Duration,
    /// The configuration is applied: login works, SRP starts, services are Initialized.
    #[serde(deserialize_with = "seconds")]
    pub configuration: Duration,
    /// The first packet card leaves Standby for Active.
    #[serde(deserialize_with = "seconds")]
    pub cards_active: Duration,
    /// From one packet card to the next.
    #[serde(deserialize_with = "seconds")]
    pub card_step: Duration,
    #[serde(deserialize_with = "seconds")]
    pub services: Duration,
    #[serde(deserialize_with = "seconds")]
    pub bgp: Duration,
    #[serde(deserialize_with = "seconds")]
    pub session_recovery: Duration,
    /// starSystemStartup.
    #[serde(deserialize_with = "seconds")]
    pub complete: Duration,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CardGroup {
    slots: Vec<u8>,
    letters: String,
    /// StarentCardType.
    type_number: u8,
    name: String,
    kind: CardKind,
    settled: CardState,
}

/// No profile has this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no emulator profile is called `{name}`, expected one of {}", Profile::names().join(", "))]
pub struct Unknown {
    pub name: String,
}

impl Profile {
    /// The names an inventory may use.
    pub fn names() -> Vec<&'static str> {
        SHIPPED.iter().map(|(name, _)| *name).collect()
    }

    /// One of the profiles that come with the program.
    pub fn named(name: &str) -> Result<Self, Unknown> {
        let shipped = SHIPPED.iter().find(|(known, _)| *known == name);
        let (_, text) = shipped.ok_or_else(|| Unknown {
            name: name.to_owned(),
        })?;
        Ok(serde_yaml::from_str(text).expect("a test reads every shipped profile"))
    }

    /// The number before the first dot of the release, such as 21.
    pub fn major(&self) -> u32 {
        self.release
            .version
            .split('.')
            .next()
            .and_then(|major| major.parse().ok())
            .unwrap_or(0)
    }

    /// The slots filled as ordered, everything settled.
    pub fn cards(&self) -> Vec<Card> {
        let mut cards: Vec<Card> = Vec::new();
        for group in &self.cards {
            cards.extend(group.slots.iter().map(|&slot| Card {
                slot,
                letters: group.letters.clone(),
                name: Some(group.name.clone()),
                type_number: group.type_number,
                state: group.settled,
                settled: group.settled,
                kind: group.kind,
                broken: false,
            }));
        }
        cards.sort_by_key(|card| card.slot);
        cards
    }
}

impl Timeline {
    /// Makes everything take `factor` times as long (F-74).
    pub fn stretch(&mut self, factor: u32) {
        let Self {
            management,
            packet_cards,
            port_open,
            configuration,
            cards_active,
            card_step,
            services,
            bgp,
            session_recovery,
            complete,
        } = self;
        for step in [
            management,
            packet_cards,
            port_open,
            configuration,
            cards_active,
            card_step,
            services,
            bgp,
            session_recovery,
            complete,
        ] {
            *step *= factor;
        }
    }
}

/// Durations are written in seconds, with a fraction if need be.
pub(super) fn seconds<'de, D: Deserializer<'de>>(input: D) -> Result<Duration, D::Error> {
    Duration::try_from_secs_f64(f64::deserialize(input)?).map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_profile_reads_and_its_timeline_runs_forwards() {
        for name in Profile::names() {
            let profile = Profile::named(name).unwrap();
            assert_eq!(profile.id, name);
            let boot = &profile.boot;
            let steps = [
                boot.management,
                boot.packet_cards,
                boot.port_open,
                boot.configuration,
                boot.cards_active,
                boot.services,
                boot.bgp,
                boot.session_recovery,
                boot.complete,
            ];
            assert!(steps.is_sorted(), "{name}: {steps:?}");
            let cards = profile.cards();
            assert!(cards.is_sorted_by_key(|card| card.slot), "{name}");
            for slot in &profile.management_slots {
                let card = cards.iter().find(|card| card.slot == *slot).unwrap();
                assert_eq!(card.kind, CardKind::Management, "{name} slot {slot}");
            }
        }
    }

    #[test]
    fn cli_7_2_reload_times_are_in_the_field_range() {
        let minutes = |name: &str| Profile::named(name).unwrap().boot.complete.as_secs() / 60;
        assert!((15..=30).contains(&minutes("asr5500-21")));
        assert!((3..=8).contains(&minutes("vpc-si-21")));
    }

    #[test]
    fn protocols_0_4_only_releases_from_20_count_session_managers() {
        for name in Profile::names() {
            let profile = Profile::named(name).unwrap();
            assert_eq!(
                profile.release.checks_session_managers,
                profile.major() >= 20,
                "{name}"
            );
        }
        assert!(
            Profile::named("asr5600")
                .unwrap_err()
                .to_string()
                .contains("vpc-si-21")
        );
    }
}
