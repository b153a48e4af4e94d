//! A pair that is not as the inventory says, or not fit to begin with: exit code 8.

use cutover::action::outcome::Outcome;
use cutover::engine::event::Verdict;
use cutover::proto::srp::State;

use crate::morning::Morning;
use crate::stage::{EAST, WEST, night};

#[track_caller]
fn refused(morning: &Morning, parts: &[&str]) {
    morning
        .ended(Verdict::Stopped, 8)
        .said("preflight", Outcome::Refused, parts)
        .nothing_touched()
        .never_started("snapshot-primary");
}

#[test]
fn f_56_a_pair_named_the_wrong_way_round_is_refused() {
    let mut bad = night();
    bad.operator = Box::new(|inventory| {
        let pair = &mut inventory.pairs["east-west"];
        std::mem::swap(&mut pair.primary, &mut pair.backup);
    });
    let morning = bad.live();
    refused(
        &morning,
        &["wrong way round", EAST, WEST, "swap `primary` and `backup`"],
    );
    morning.traffic_never_down();
}

#[test]
fn f_56_chassis_that_read_their_modes_swapped_are_refused() {
    let morning = night()
        .both("faults: { chassis_mode_swapped: true }")
        .live();
    refused(&morning, &["wrong way round"]);
}

#[test]
fn x9_a_playbook_that_begins_with_the_active_is_refused_before_it_touches_anything() {
    let mut bad = night();
    bad.playbook = "playbook: wrong-first\nsummary: The Active first\npair: icsr\nsteps:\n  \
                    - id: again\n    on: primary\n    reload: { version: 21.28.3 }\n    \
                    no_undo: there is none\n"
        .to_owned();
    bad.vars.clear();
    let morning = bad.live();
    morning
        .ended(Verdict::Stopped, 8)
        .said(
            "preflight",
            Outcome::Refused,
            &[
                "ha-east is Active",
                "reloads it first",
                "move the traffic to ha-west",
            ],
        )
        .nothing_touched();
}

#[test]
fn f_43_a_pair_of_two_standbys_is_refused() {
    let morning = night().both("faults: { start_state: both_standby }").live();
    morning.is(EAST, State::Standby).is(WEST, State::Standby);
    // Both are configured backup: that is the cause, and named before its effect.
    refused(&morning, &["chassis-mode", EAST, WEST]);
}

#[test]
fn f_5_a_split_brain_is_refused() {
    let morning = night().both("faults: { start_state: both_active }").live();
    morning.is(EAST, State::Active).is(WEST, State::Active);
    refused(
        &morning,
        &[
            "both chassis are Active",
            "split brain",
            "one Active and one Standby",
        ],
    );
}

#[test]
fn f_29_a_pair_whose_standby_is_dark_is_refused() {
    let morning = night()
        .west("faults: { never_comes_back: true }")
        .dusk(|stage| {
            stage.with(WEST, |chassis| {
                let now = chassis.now();
                chassis.crash(now);
            });
        })
        .live();
    refused(&morning, &[WEST, "cannot be reached"]);
}

#[test]
fn f_31_the_wrong_release_stops_the_run_before_any_change() {
    let morning = night().var("old_version", "21.20.1").live();
    morning
        .ended(Verdict::Stopped, 8)
        .said(
            "health-primary",
            Outcome::Failed,
            &["runs 21.26.9 instead of 21.20.1"],
        )
        .nothing_touched()
        .traffic_never_down();
}

#[test]
fn f_26_a_card_that_is_offline_at_the_start_stops_the_run_before_any_change() {
    let morning = night()
        .dusk(|stage| {
            stage.with(EAST, |chassis| {
                let now = chassis.now();
                chassis.break_card(now, 3);
            });
        })
        .live();
    morning
        .ended(Verdict::Stopped, 8)
        .said(
            "health-primary",
            Outcome::Failed,
            &["cards:", "3", "Offline"],
        )
        .never_started("image-primary")
        .left_alone(EAST)
        .left_alone(WEST);
}

#[test]
fn f_8_a_bgp_neighbour_down_on_the_standby_stops_the_run_before_any_change() {
    let morning = night()
        .dusk(|stage| {
            stage.with(WEST, |chassis| {
                let now = chassis.now();
                let peer = chassis.hardware.bgp[0].address.to_string();
                chassis.set_bgp(now, &peer, Some("Active"));
            });
        })
        .live();
    // Trap 6: a BGP neighbour that is `Active` is not established.
    let (outcome, text) = morning.step("health-backup");
    assert_eq!(outcome, Outcome::Failed, "{text}");
    assert!(text.contains("BGP"), "{text}");
    morning
        .left_alone(EAST)
        .left_alone(WEST)
        .never_started("go");
}
