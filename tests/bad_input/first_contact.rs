//! What keeps a run from getting to the chassis at all: exit code 8, nothing touched.

use cutover::action::outcome::Outcome;
use cutover::engine::event::Verdict;
use cutover::net::Secret;
use cutover::playbook::inventory::{HostKey, SecretSource};

use crate::morning::Morning;
use crate::stage::{EAST, WEST, night};

#[track_caller]
fn refused(morning: &Morning, parts: &[&str]) {
    morning
        .ended(Verdict::Stopped, 8)
        .said("preflight", Outcome::Refused, parts)
        .nothing_touched()
        .traffic_never_down()
        .never_started("snapshot-primary");
    let reason = &morning.ending.reason;
    assert!(parts.iter().any(|part| reason.contains(part)), "{reason}");
}

#[test]
fn f_13_a_chassis_that_cannot_be_reached_is_named_with_its_address() {
    for name in [EAST, WEST] {
        let morning = night().dusk(move |stage| stage.set_up(name, false)).live();
        let address = if name == EAST {
            "192.0.2.10:22"
        } else {
            "192.0.2.11:22"
        };
        refused(
            &morning,
            &[name, address, "cannot be reached", "check the address"],
        );
    }
}

#[test]
fn f_61_a_wrong_password_is_refused_once_and_never_shown() {
    let mut bad = night();
    bad.operator = Box::new(|inventory| {
        let login = &mut inventory.chassis[WEST].login;
        login.password = Some(SecretSource::Given(Secret::new("hunter-2-hunter")));
    });
    let morning = bad.live();
    refused(&morning, &[WEST, "did not let us in", "password", "ops"]);
    let all = serde_json::to_string(&morning.records).unwrap();
    assert!(!all.contains("hunter-2"), "INV-40: {all}");
    let tries = all.matches("\"step_started\"").count();
    assert_eq!(tries, 1, "a second try could lock the account: {all}");
}

#[test]
fn a_user_the_chassis_does_not_know_is_refused() {
    let mut bad = night();
    bad.operator = Box::new(|inventory| inventory.chassis[EAST].login.user = "nobody".into());
    refused(&bad.live(), &[EAST, "did not let us in"]);
}

#[test]
fn a_changed_host_key_is_refused_before_the_password_leaves() {
    let mut bad = night();
    bad.trust = false;
    bad.operator = Box::new(|inventory| {
        for chassis in inventory.chassis.values_mut() {
            let other = "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
            chassis.host_key = HostKey::Pinned(other.to_owned());
        }
    });
    let morning = bad.live();
    refused(
        &morning,
        &[EAST, "host key", "not to be trusted", "SHA256:"],
    );
}

#[test]
fn an_unknown_host_key_is_refused_when_checking_is_strict() {
    let known = tempfile::NamedTempFile::new().unwrap();
    let path = known.path().to_owned();
    let mut bad = night();
    bad.trust = false;
    bad.operator = Box::new(move |inventory| {
        for chassis in inventory.chassis.values_mut() {
            let known_hosts = Some(path.clone());
            chassis.host_key = HostKey::Strict { known_hosts };
        }
    });
    refused(
        &bad.live(),
        &[EAST, "host key", "is not in", "compare it with the console"],
    );
}

#[test]
fn a_chassis_with_another_host_name_is_not_the_one_that_was_meant() {
    let mut bad = night();
    bad.operator = Box::new(|inventory| {
        inventory.chassis[WEST].hostname = Some("pgw-paris".into());
    });
    refused(&bad.live(), &[WEST, "pgw-paris", "hostname"]);
}

#[test]
fn two_entries_that_reach_the_same_chassis_are_no_pair() {
    let mut bad = night();
    bad.operator = Box::new(|inventory| {
        let east = inventory.chassis[EAST].address.clone();
        inventory.chassis[WEST].address = east;
        inventory.chassis[WEST].hostname = Some(EAST.into());
    });
    let morning = bad.live();
    morning.ended(Verdict::Stopped, 8).nothing_touched();
    morning.said("preflight", Outcome::Refused, &["chassis-mode"]);
}
