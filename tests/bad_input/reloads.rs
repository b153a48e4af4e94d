//! What can happen to the chassis that was told to reload.

use std::time::Duration;

use cutover::action::outcome::Outcome;
use cutover::engine::event::{Event, Verdict};
use cutover::proto::srp::State;

use crate::morning::Morning;
use crate::stage::{EAST, NEW, OLD, WEST, night};

impl Morning {
    /// The backup is on the old release again, on its old boot stack, and the primary was never
    /// touched.
    #[track_caller]
    fn fell_back(&self) -> &Self {
        self.ended(Verdict::FellBack, 4)
            .reloads(WEST, 2)
            .runs(WEST, OLD)
            .is(WEST, State::Standby)
            .is(EAST, State::Active)
            .stack_as_before(WEST)
            .left_alone(EAST)
            .traffic_never_down()
    }
}

fn is_fallback(event: &Event) -> bool {
    matches!(event, Event::FallbackStarted { .. })
}

#[test]
fn f_18_a_standby_that_never_comes_back_leaves_the_active_alone() {
    let morning = night().west("faults: { never_comes_back: true }").live();
    morning
        .ended(Verdict::Stopped, 3)
        .said(
            "reload-backup",
            Outcome::Failed,
            &[WEST, "not completely back within 45m", "console", "resume"],
        )
        .reloads(WEST, 1)
        .left_alone(EAST)
        .traffic_never_down();
}

#[test]
fn f_19_inv_29_a_chassis_that_boots_the_old_image_is_found_out() {
    let morning = night().west("faults: { ignores_boot_entry: true }").live();
    morning
        .ended(Verdict::Stopped, 3)
        .said(
            "reload-backup",
            Outcome::Failed,
            &["came back with 21.26.9 instead of 21.28.3", "still carries"],
        )
        .reloads(WEST, 1)
        .is(WEST, State::Standby)
        .left_alone(EAST)
        .never_started("check-backup")
        .traffic_never_down();
}

#[test]
fn f_20_an_image_that_does_not_boot_comes_back_on_the_entry_below_and_is_found_out() {
    let morning = night()
        .remote("asr5500-21.28.3.bin.SPA: { version: 21.28.3, defect: does_not_boot }")
        .live();
    morning
        .ended(Verdict::Stopped, 3)
        .said(
            "reload-backup",
            Outcome::Failed,
            &["came back with 21.26.9"],
        )
        .reloads(WEST, 1)
        .is(WEST, State::Standby)
        .left_alone(EAST)
        .traffic_never_down();
}

#[test]
fn f_26_a_card_that_breaks_in_the_reload_makes_the_pair_fall_back() {
    let morning = night()
        .west("faults: { broken_card: 3 }")
        .when(is_fallback, |stage| {
            stage.with(WEST, |chassis| chassis.faults.broken_card = None);
        })
        .live();
    morning.said("check-backup", Outcome::Failed, &["cards:", "3", "Offline"]);
    morning.fell_back();
}

#[test]
fn f_26_a_card_that_stays_broken_makes_the_fallback_fail_and_the_active_still_serves() {
    let morning = night().west("faults: { broken_card: 3 }").live();
    morning
        .ended(Verdict::FallbackFailed, 6)
        .said("healthy-backup", Outcome::Failed, &["cards:", "Offline"])
        .runs(WEST, OLD)
        .reloads(WEST, 2)
        .left_alone(EAST)
        .traffic_never_down();
}

#[test]
fn f_32_services_that_do_not_start_make_the_pair_fall_back() {
    let morning = night()
        .west("faults: { services_not_started_after_reload: true }")
        .when(is_fallback, |stage| {
            stage.with(WEST, |chassis| {
                chassis.faults.services_not_started_after_reload = false;
            });
        })
        .live();
    morning.said("check-backup", Outcome::Failed, &["services:"]);
    morning.fell_back();
}

#[test]
fn f_32_on_the_second_half_the_primary_falls_back_and_then_the_backup() {
    let morning = night()
        .east("faults: { services_not_started_after_reload: true }")
        .when(is_fallback, |stage| {
            stage.with(EAST, |chassis| {
                chassis.faults.services_not_started_after_reload = false;
            });
        })
        .live();
    morning
        .ended(Verdict::FellBack, 4)
        .reloads(EAST, 2)
        .reloads(WEST, 2)
        .runs(EAST, OLD)
        .runs(WEST, OLD)
        .stack_as_before(EAST)
        .stack_as_before(WEST)
        .is(EAST, State::Active)
        .is(WEST, State::Standby)
        .traffic_never_down();
}

#[test]
fn f_14_ssh_2_trap_13_however_the_session_ends_there_is_exactly_one_reload() {
    for drop in ["before_echo", "after_echo", "hang"] {
        let fault = format!("faults: {{ drops_ssh_on_reload: {drop} }}");
        let morning = night().both(&fault).live();
        morning
            .ended(Verdict::Completed, 0)
            .reloads(EAST, 1)
            .reloads(WEST, 1)
            .runs(EAST, NEW)
            .runs(WEST, NEW)
            .traffic_never_down();
    }
}

#[test]
fn f_13_the_management_network_is_gone_for_ten_minutes_while_the_chassis_boots() {
    let minutes = |n: u64| Duration::from_secs(60 * n);
    let morning = night()
        .after_intent("reload-backup", minutes(14), |stage| {
            stage.set_up(EAST, false);
            stage.set_up(WEST, false);
        })
        .after_intent("reload-backup", minutes(24), |stage| {
            stage.set_up(EAST, true);
            stage.set_up(WEST, true);
        })
        .live();
    morning
        .ended(Verdict::Completed, 0)
        .reloads(WEST, 1)
        .traffic_never_down();
}

#[test]
fn f_51_lost_traps_change_nothing_but_time() {
    let morning = night().both("faults: { traps_lost: true }").live();
    morning.ended(Verdict::Completed, 0).traffic_never_down();
    let traps = morning
        .records
        .iter()
        .filter(|record| matches!(record.event, Event::TrapReceived(_)))
        .count();
    assert_eq!(traps, 0);
}

#[test]
fn f_70_trap_19_clocks_that_are_half_an_hour_apart_change_nothing() {
    let morning = night()
        .east("clock_skew: -1800")
        .west("clock_skew: 5400")
        .live();
    morning.ended(Verdict::Completed, 0).traffic_never_down();
}

#[test]
fn f_74_a_boot_three_times_as_slow_is_waited_for_when_the_limit_allows() {
    let morning = night()
        .west("slow_boot: 3")
        .var("reload_within", "90m")
        .live();
    morning
        .ended(Verdict::Completed, 0)
        .reloads(WEST, 1)
        .traffic_never_down();
}

#[test]
fn f_74_a_boot_three_times_as_slow_is_given_up_at_the_limit() {
    let morning = night()
        .west("slow_boot: 3")
        .var("reload_within", "20m")
        .live();
    morning
        .ended(Verdict::Stopped, 3)
        .said(
            "reload-backup",
            Outcome::Failed,
            &["within 20m", "no login yet"],
        )
        .reloads(WEST, 1)
        .left_alone(EAST)
        .traffic_never_down();
}

#[test]
fn f_66_log_lines_at_any_time_change_nothing() {
    let morning = night().both("faults: { logs_on_terminals: true }").live();
    morning.ended(Verdict::Completed, 0).traffic_never_down();
}
