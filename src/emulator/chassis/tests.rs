mod files;

use std::net::{IpAddr, SocketAddr};

use super::super::jobs::{Job, JobId, JobReport, JobState};
use super::super::overrides::Overrides;
use super::super::staros::config::{Lab, lab_configuration};
use super::*;
use crate::emulator::hardware::CardState;

const NEW_IMAGE: &str = "/flash/asr5500-21.28.3.bin.SPA";
const NEW_CONFIG: &str = "/flash/production.cfg";

fn secs(seconds: u64) -> Time {
    Time::from_secs(seconds)
}

fn configuration() -> String {
    let ip = |text: &str| -> IpAddr { text.parse().unwrap() };
    lab_configuration(&Lab {
        hostname: "pgw-east",
        primary: true,
        management: ip("192.0.2.10"),
        srp_address: ip("10.9.0.1"),
        srp_peer: ip("10.9.0.2"),
        hello: 10,
        dead: 30,
        delay: 0,
        trap_target: Some((SocketAddr::new(ip("192.0.2.99"), 1162), "public")),
        administrators: &["ops1"],
        cards: &[1, 2, 3, 4, 7, 8, 9, 10],
        timezone: "utc",
    })
}

fn chassis_of(profile: &str, overrides: &str) -> Chassis {
    let overrides: Overrides = match overrides {
        "" => Overrides::default(),
        yaml => serde_yaml::from_str(yaml).unwrap(),
    };
    let spec = Spec {
        name: "pgw-east".into(),
        profile: Profile::named(profile).unwrap(),
        overrides,
        address: "192.0.2.10".parse().unwrap(),
        configuration: configuration(),
        users: Vec::new(),
        seed: 1,
    };
    Chassis::new(&spec, "2026-11-20T22:00:00Z".parse().unwrap(), Time::ZERO)
}

fn chassis(overrides: &str) -> Chassis {
    chassis_of("asr5500-21", overrides)
}

/// Lives through every deadline until `until`, without a network.
fn live(chassis: &mut Chassis, until: Time) {
    while let Some(at) = chassis.deadline().filter(|at| *at <= until) {
        chassis.tick(at);
        while chassis.poll_output().is_some() {}
    }
    chassis.tick(until);
}

fn finish(chassis: &mut Chassis, id: JobId) -> Result<JobReport, String> {
    while let JobState::Running { until, .. } = chassis.job(id) {
        live(chassis, until);
    }
    match chassis.job(id) {
        JobState::Finished(result) => result,
        running => panic!("{running:?}"),
    }
}

/// With the new image on flash and at the top of the stack.
fn upgraded(faults: &str) -> Chassis {
    let mut chassis = chassis(&format!(
        "images: {{ asr5500-21.28.3.bin.SPA: {{ version: 21.28.3 }} }}\nfaults: {{ {faults} }}"
    ));
    let entry = Entry {
        priority: 9,
        image: NEW_IMAGE.into(),
        config: NEW_CONFIG.into(),
    };
    chassis.boot_set(entry).unwrap();
    let job = Job::Synchronize { check_only: false };
    let id = chassis.start_job(secs(1), job).unwrap();
    finish(&mut chassis, id).unwrap();
    chassis
}

fn reloaded(faults: &str) -> Chassis {
    let mut chassis = upgraded(faults);
    chassis.reload(secs(100));
    live(&mut chassis, secs(100 + 30 * 60));
    chassis
}

#[test]
fn cli_3_11_a_reload_goes_through_its_phases() {
    let mut chassis = upgraded("");
    chassis.reload(secs(100));
    assert!(
        !chassis.is_up() && chassis.access() == Access::Login,
        "the goodbyes are still said"
    );
    let down = 100 + 3;
    let mut seen = Vec::new();
    for second in 100..=100 + 1200 {
        live(&mut chassis, secs(second));
        let now = (
            chassis.access(),
            chassis.is_up(),
            chassis.settled(secs(second)),
        );
        if seen.last().is_none_or(|(_, last)| *last != now) {
            seen.push((second.saturating_sub(down), now));
        }
    }
    let expected = [
        (0, (Access::Login, false, false)),
        (0, (Access::Unreachable, false, false)),
        (500, (Access::PortOnly, false, false)),
        (540, (Access::Login, true, false)),
        (1080, (Access::Login, true, true)),
    ];
    assert_eq!(seen, expected);
    assert_eq!(chassis.software().version, "21.28.3");
    assert_eq!(chassis.boot_image_path(), NEW_IMAGE);
    assert_eq!(chassis.boot_config_path(), NEW_CONFIG);
    assert_eq!(chassis.uptime(secs(down + 1000)), secs(700));
    assert_eq!(chassis.truth().reloads, [secs(100)]);
    assert_eq!(
        chassis.truth().boots,
        [(secs(down + 300), "21.28.3".to_owned())]
    );
}

#[test]
fn cli_3_11_packet_cards_are_standby_and_services_initialized_at_first_login() {
    let mut chassis = upgraded("");
    chassis.reload(secs(100));
    live(&mut chassis, secs(103 + 560));
    let state = |chassis: &Chassis, slot: u8| {
        chassis
            .hardware
            .cards
            .iter()
            .find(|card| card.slot == slot)
            .unwrap()
            .state
    };
    assert_eq!(
        (state(&chassis, 1), state(&chassis, 5)),
        (CardState::Standby, CardState::Active)
    );
    assert!(!chassis.hardware.services.is_empty());
    assert!(
        chassis
            .hardware
            .services
            .iter()
            .all(|service| !service.started)
    );
    assert!(!chassis.session_recovery(secs(663)).ready);
    assert!(chassis.hardware.bgp.iter().all(|peer| peer.down.is_some()));
    live(&mut chassis, secs(103 + 1100));
    assert_eq!(
        (state(&chassis, 1), state(&chassis, 10)),
        (CardState::Active, CardState::Standby)
    );
    assert!(
        chassis
            .hardware
            .services
            .iter()
            .all(|service| service.started)
    );
    assert!(chassis.session_recovery(secs(1203)).ready);
    assert!(chassis.hardware.bgp.iter().all(|peer| peer.down.is_none()));
}

#[test]
fn snmp_1_3_a_reload_says_reboot_and_the_boot_ends_with_startup() {
    let mut chassis = upgraded("");
    chassis.reload(secs(100));
    let last = chassis.trap_history().last().unwrap();
    assert_eq!(
        (last.number, last.name),
        (traps::SYSTEM_REBOOT, "SystemReboot")
    );
    live(&mut chassis, secs(100 + 1800));
    let numbers: Vec<u32> = chassis
        .trap_history()
        .iter()
        .map(|trap| trap.number)
        .collect();
    assert_eq!(
        numbers
            .iter()
            .filter(|n| **n == traps::SYSTEM_STARTUP)
            .count(),
        1
    );
    let position = |number: u32| numbers.iter().position(|n| *n == number).unwrap();
    assert!(position(traps::CARD_UP) < position(traps::CARD_STANDBY));
    assert!(position(traps::CARD_STANDBY) < position(traps::BGP_SESSION_UP));
    assert!(position(traps::BGP_SESSION_UP) < position(traps::SYSTEM_STARTUP));
    let startup = &chassis.trap_history()[position(traps::SYSTEM_STARTUP)];
    assert!(startup.text().contains("21.28.3"), "{}", startup.text());
}

#[test]
fn traps_go_to_every_target_unless_they_are_lost() {
    for (lost, expected) in [("traps_lost: false", 1), ("traps_lost: true", 0)] {
        let mut chassis = upgraded(lost);
        live(&mut chassis, secs(99));
        while chassis.poll_output().is_some() {}
        chassis.reload(secs(100));
        let mut sent = 0;
        while let Some(output) = chassis.poll_output() {
            if let Output::Datagram { to, .. } = output {
                assert_eq!(to.to_string(), "192.0.2.99:1162");
                sent += 1;
            }
        }
        assert_eq!(
            (sent, chassis.trap_history().is_empty()),
            (expected, false),
            "{lost}"
        );
    }
}

#[test]
fn f_18_a_chassis_that_never_comes_back_stays_dark() {
    let chassis = reloaded("never_comes_back: true");
    assert_eq!(
        (chassis.access(), chassis.is_up()),
        (Access::Unreachable, false)
    );
    assert_eq!(chassis.uptime(secs(9999)), Time::ZERO);
}

#[test]
fn f_19_a_chassis_that_ignores_its_boot_entry_runs_the_old_image() {
    let chassis = reloaded("ignores_boot_entry: true");
    assert!(chassis.settled(secs(9999)));
    assert_eq!(chassis.software().version, "21.26.9");
}

#[test]
fn f_26_a_broken_card_is_offline_with_alarm_and_trap() {
    let chassis = reloaded("broken_card: 7");
    let card = chassis
        .hardware
        .cards
        .iter()
        .find(|card| card.slot == 7)
        .unwrap();
    assert_eq!(card.state, CardState::Offline);
    assert_eq!(chassis.hardware.alarms[0].object, "Card 7");
    assert_eq!(chassis.hardware.alarms.len(), 1);
    assert!(
        chassis
            .trap_history()
            .iter()
            .any(|trap| trap.number == traps::CARD_DOWN)
    );
}

#[test]
fn f_32_services_may_stay_initialized() {
    let chassis = reloaded("services_not_started_after_reload: true");
    assert!(chassis.settled(secs(9999)));
    assert!(
        chassis
            .hardware
            .services
            .iter()
            .all(|service| !service.started)
    );
    assert!(!chassis.is_carrying_traffic(secs(9999)));
}

#[test]
fn f_23_f_26_a_broken_first_management_card_boots_the_second_ones_stack() {
    let synchronised = reloaded("broken_card: 5");
    assert_eq!(
        (
            synchronised.active_management,
            synchronised.software().version.as_str()
        ),
        (6, "21.28.3")
    );
    let stale = reloaded("broken_card: 5, second_card_not_synchronised: true");
    assert_eq!(
        (stale.active_management, stale.software().version.as_str()),
        (6, "21.26.9")
    );
}

#[test]
fn cli_3_9_a_management_card_takes_over_with_its_own_files() {
    let mut chassis = upgraded("second_card_not_synchronised: true");
    assert_eq!(chassis.boot[0].entries.len(), 2);
    chassis.fail_over_management_card(secs(60));
    assert_eq!(chassis.boot[0].entries.len(), 1);
    assert_eq!(chassis.active_management, 6);
    assert!(chassis.is_up());
}

#[test]
fn cli_3_6_a_missing_configuration_is_unreachable_at_the_wizard() {
    let mut chassis = upgraded("");
    let entry = Entry {
        priority: 8,
        image: NEW_IMAGE.into(),
        config: "/flash/typo.cfg".into(),
    };
    chassis.boot_set(entry).unwrap();
    chassis.reload(secs(100));
    live(&mut chassis, secs(4000));
    assert_eq!(chassis.access(), Access::Unreachable);
    assert_eq!(chassis.software().version, "21.28.3");
}

#[test]
fn f_70_the_device_clock_has_its_own_skew() {
    let chassis = chassis("clock_skew: -1800");
    assert_eq!(
        chassis.calendar(secs(60)).to_string(),
        "2026-11-20T21:31:00+00:00[UTC]"
    );
}

#[test]
fn t5_an_unpaired_chassis_becomes_active_and_serves() {
    let mut chassis = chassis("");
    live(&mut chassis, secs(120));
    assert!(chassis.is_carrying_traffic(secs(120)));
    assert_eq!(chassis.subscribers_total(), 4000);
    live(&mut chassis, secs(7200));
    let total = chassis.subscribers_total();
    assert!((3900..=4100).contains(&total), "{total}");
    assert!(
        chassis
            .trap_history()
            .iter()
            .any(|trap| trap.number == traps::SRP_ACTIVE)
    );
    chassis.reload(secs(7200));
    live(&mut chassis, secs(7300));
    assert_eq!(chassis.subscribers_total(), 0);
    assert!(chassis.truth().sessions_lost > 3900);
    assert_eq!(chassis.truth().traffic.len(), 2);
}
