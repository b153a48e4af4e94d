//! Other hands on the pair, and sessions that do not agree.

use std::time::Duration;

use cutover::action::outcome::Outcome;
use cutover::engine::event::Verdict;
use cutover::proto::srp::State;

use crate::stage::{EAST, WEST, night};

#[test]
fn f_54_a_switchover_by_hand_while_the_reload_is_prepared_stops_it() {
    let morning = night()
        .at_start("reload-backup", |stage| stage.switch_over(EAST))
        .live();
    let (outcome, text) = morning.step("reload-backup");
    assert_eq!(outcome, Outcome::Refused, "{text}");
    morning
        .ended(Verdict::Stopped, 3)
        .reloads(EAST, 0)
        .reloads(WEST, 0)
        .is(WEST, State::Active)
        .traffic_never_down();
}

#[test]
fn f_54_inv_4_a_switchover_by_hand_between_proof_and_command_stops_the_command() {
    for wait in [0, 5, 20, 40, 80, 1000] {
        let morning = night()
            .after_intent("reload-backup", Duration::from_millis(wait), |stage| {
                stage.switch_over(EAST);
            })
            .live();
        // The chassis that has begun to carry traffic is never reloaded; a reload that was under
        // way already ends in the old Active taking the traffic back.
        morning.traffic_never_down();
        let reloads = &morning.after[WEST].truth.reloads;
        if wait == 0 {
            assert_eq!(reloads.len(), 0, "{}", morning.story());
            morning.ended(Verdict::Stopped, 3).is(WEST, State::Active);
            morning.said(
                "reload-backup",
                Outcome::Refused,
                &["Standby", "nothing was sent", "INV-4"],
            );
        }
    }
}

#[test]
fn a_switchover_by_hand_after_the_soak_keeps_the_second_half_from_starting_on_the_active() {
    let morning = night()
        .at_start("fit-primary", |stage| stage.switch_over(WEST))
        .live();
    morning
        .ended(Verdict::Stopped, 3)
        .reloads(EAST, 0)
        .reloads(WEST, 1)
        .is(EAST, State::Active)
        .traffic_never_down();
}

#[test]
fn f_39_few_sessions_prove_nothing_and_the_run_stops_before_the_switchover() {
    let morning = night().both("sessions: 20").live();
    morning
        .ended(Verdict::Stopped, 3)
        .said(
            "parity-backup",
            Outcome::Failed,
            &["did not hold within 1h", "sessions.preallocated"],
        )
        .never_started("switch-to-backup")
        .left_alone(EAST)
        .traffic_never_down();
}

#[test]
fn inv_9_sessions_that_cannot_synchronize_stop_the_run_before_the_switchover() {
    let morning = night()
        .at_start("recheck-backup", |stage| {
            // Nothing is checkpointed any more while the Hellos go on.
            stage.with(EAST, |chassis| chassis.faults.srp_link_cut = true);
        })
        .live();
    morning.never_started("switch-to-backup").reloads(EAST, 0);
    assert_ne!(morning.ending.exit_code, 0, "{}", morning.story());
}

#[test]
fn f_1_an_srp_link_cut_before_the_switchover_stops_it() {
    let morning = night()
        .at_start("switch-to-backup", |stage| {
            for name in [EAST, WEST] {
                stage.with(name, |chassis| chassis.faults.srp_link_cut = true);
            }
        })
        .live();
    let switchovers = &morning.after[EAST].truth.switchovers;
    assert_eq!(switchovers.len(), 0, "{}", morning.story());
    morning.ended(morning.ending.verdict, morning.ending.exit_code);
    assert_ne!(morning.ending.exit_code, 0);
}

#[test]
fn f_67_a_session_killed_in_the_middle_of_an_answer_is_read_again() {
    let morning = night()
        .at_start("health-backup", |stage| {
            let stage = stage.clone();
            tokio::spawn(async move {
                for _ in 0..3 {
                    stage.clock.sleep(Duration::from_millis(70)).await;
                    stage.fabric.cut(stage.chassis[WEST].ssh_address().ip());
                }
            });
        })
        .live();
    morning.ended(Verdict::Completed, 0).traffic_never_down();
}

#[test]
fn a_session_killed_while_files_are_synchronized_stops_or_goes_on_but_harms_nothing() {
    let morning = night()
        .after_intent("sync-backup", Duration::from_secs(5), |stage| {
            stage.fabric.cut(stage.chassis[WEST].ssh_address().ip());
        })
        .live();
    morning.reloads(EAST, morning.after[EAST].truth.reloads.len());
    morning.traffic_never_down();
    assert!(
        [0, 3].contains(&morning.ending.exit_code),
        "{:?}",
        morning.ending
    );
}

#[test]
fn a_session_killed_in_the_switchover_changes_nothing() {
    let morning = night()
        .after_intent("switch-to-backup", Duration::from_millis(60), |stage| {
            stage.fabric.cut(stage.chassis[EAST].ssh_address().ip());
        })
        .live();
    morning.ended(Verdict::Completed, 0).traffic_never_down();
    assert_eq!(morning.after[EAST].truth.switchovers.len(), 1);
}

#[test]
fn f_28_the_standby_dies_during_the_switchover_soak() {
    let morning = night()
        .at_start("soak", |stage| {
            stage.with(EAST, |chassis| {
                let now = chassis.now();
                chassis.faults.never_comes_back = true;
                chassis.crash(now);
            });
        })
        .live();
    morning
        .ended(Verdict::Stopped, 3)
        .said("soaked", Outcome::Failed, &["SRP:", EAST])
        .never_started("boot-primary")
        .is(WEST, State::Active)
        .reloads(WEST, 1);
}
