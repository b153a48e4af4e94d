//! Other hands on the pair, and sessions that do not agree.

use std::sync::Arc;
use std::time::Duration;

use cutover::action::outcome::Outcome;
use cutover::emulator::chassis::Chassis;
use cutover::emulator::jobs::Job;
use cutover::engine::event::Verdict;
use cutover::proto::srp::State;

use crate::stage::{EAST, OLD, Stage, WEST, night};

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
fn f_1_inv_9_a_link_cut_before_parity_keeps_the_traffic_where_it_is() {
    let morning = night()
        .at_start("recheck-backup", |stage| {
            stage.with(EAST, |chassis| chassis.faults.srp_link_cut = true);
        })
        .live();
    morning.never_started("switch-to-backup").reloads(EAST, 0);
    // The way back needs the link as well, so nothing is taken back; each thinks it is alone by then.
    morning.ended(Verdict::Failed, 1);
    morning.said(
        "paired-backup",
        Outcome::Failed,
        &["SRP: both chassis are Active, a split brain"],
    );
    morning.left_alone(EAST).reloads(WEST, 1);
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
    morning.ended(Verdict::Stopped, 3).said(
        "switch-to-backup",
        Outcome::Refused,
        &["no SRP connection", EAST],
    );
}

#[test]
fn f_67_a_session_killed_in_the_middle_of_an_answer_is_read_again() {
    for turns in [0, 1, 3, 8, 20, 50] {
        let morning = night()
            .at_start("health-backup", move |stage| {
                cut_after(stage.clone(), turns)
            })
            .live();
        morning.ended(Verdict::Completed, 0).traffic_never_down();
    }
}

/// Cuts the backup's sessions after so many turns of the scheduler; no virtual time passes, so
/// that it happens in the middle of something.
fn cut_after(stage: Arc<Stage>, turns: u32) {
    match turns.checked_sub(1) {
        None => stage.fabric.cut(stage.chassis[WEST].ssh_address().ip()),
        Some(left) => drop(tokio::spawn(async move { cut_after(stage, left) })),
    }
}

#[test]
fn a_session_killed_in_the_middle_of_a_copy_stops_the_run_and_says_what_may_go_on() {
    let morning = night()
        .after_intent("image-backup", Duration::from_secs(20), |stage| {
            stage.fabric.cut(stage.chassis[WEST].ssh_address().ip());
        })
        .live();
    morning
        .ended(Verdict::Stopped, 3)
        .said(
            "image-backup",
            Outcome::Failed,
            &["session was lost", "resume"],
        )
        .left_alone(EAST)
        .traffic_never_down();
}

#[test]
fn f_13_a_network_that_stalls_between_announcement_and_reload_keeps_it_from_being_sent() {
    let morning = night()
        .at_intent("reload-backup", |stage| {
            let operator = "192.0.2.100".parse().unwrap();
            let west = stage.chassis[WEST].ssh_address().ip();
            stage.fabric.partition(operator, west, true);
        })
        .live();
    morning
        .ended(Verdict::Stopped, 3)
        .said(
            "reload-backup",
            Outcome::Failed,
            &[WEST, "nothing was sent"],
        )
        .reloads(WEST, 0)
        .left_alone(EAST)
        .traffic_never_down();
}

#[test]
fn inv_36_a_reload_that_never_took_effect_is_in_doubt_and_not_sent_again() {
    let morning = night()
        .at_intent("reload-backup", |stage| {
            stage.with(WEST, |chassis| {
                chassis.profile.save = Duration::from_secs(7200);
                save(chassis);
            });
        })
        .live();
    morning
        .ended(Verdict::InDoubt, 5)
        .said(
            "reload-backup",
            Outcome::InDoubt,
            &[
                WEST,
                "has not gone down",
                "running save",
                "do not send it again",
            ],
        )
        .reloads(WEST, 1)
        .runs(WEST, OLD)
        .is(WEST, State::Standby)
        .left_alone(EAST)
        .traffic_never_down();
    assert_eq!(morning.after[WEST].truth.boots, [], "it never went down");
}

/// A colleague saves the configuration on the console.
fn save(chassis: &mut Chassis) {
    let now = chassis.now();
    let save = Job::Save {
        path: "/flash/colleague.cfg".into(),
        text: "config\nend\n".into(),
        redundant: false,
    };
    chassis.start_job(now, save).unwrap();
}

#[test]
fn trap_14_a_standby_whose_link_is_cut_is_not_reloaded() {
    let morning = night()
        .at_intent("reload-backup", |stage| {
            for name in [EAST, WEST] {
                stage.with(name, |chassis| {
                    chassis.faults.srp_link_cut = true;
                    let now = chassis.now();
                    chassis.configuration_changed(now);
                });
            }
        })
        .live();
    let (outcome, text) = morning.step("reload-backup");
    assert_eq!(outcome, Outcome::Refused, "{text}\n{}", morning.story());
    assert!(text.contains("nothing was sent"), "{text}");
    morning.reloads(WEST, 0).reloads(EAST, 0);
}

#[test]
fn cli_1_10_a_reload_that_waits_behind_a_save_is_still_one_reload() {
    let morning = night()
        .at_intent("reload-backup", |stage| {
            stage.with(WEST, save);
        })
        .live();
    morning
        .ended(Verdict::Completed, 0)
        .reloads(WEST, 1)
        .traffic_never_down();
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
