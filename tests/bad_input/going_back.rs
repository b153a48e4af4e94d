//! The way back, asked for by the operator.

use std::time::Duration;

use cutover::action::outcome::Outcome;
use cutover::engine::control::Request;
use cutover::engine::event::Verdict;
use cutover::proto::srp::State;

use crate::morning::Morning;
use crate::stage::{EAST, NEW, OLD, Stage, WEST, night};

fn abort(stage: &Stage) {
    stage.ask(Request::Abort {
        by: "the test".into(),
        fallback: true,
    });
}

impl Morning {
    #[track_caller]
    fn all_as_before(&self) -> &Self {
        for name in [EAST, WEST] {
            self.runs(name, OLD).stack_as_before(name);
        }
        for name in [EAST, WEST] {
            // Trap 12: the old release gets the configuration it had, not one of the new.
            assert_eq!(self.after[name].config, self.before[name].config);
        }
        self.is(EAST, State::Active)
            .is(WEST, State::Standby)
            .traffic_never_down()
    }
}

#[test]
fn inv_27_trap_12_from_late_in_the_night_both_chassis_return_to_the_old_release() {
    let morning = night()
        .at_start("final-primary", |stage| abort(stage))
        .live();
    morning
        .ended(Verdict::FellBack, 4)
        .reloads(EAST, 2)
        .reloads(WEST, 2)
        .all_as_before();
    // The traffic leaves each chassis before it is reloaded, and comes home at the end.
    let story: Vec<_> = morning
        .commands()
        .into_iter()
        .filter(|c| c.ends_with("reload -noconfirm") || c.ends_with("initiate-switchover"))
        .collect();
    let expected = [
        "ha-west: reload -noconfirm",
        "ha-east: srp initiate-switchover",
        "ha-east: reload -noconfirm",
        "ha-west: srp initiate-switchover",
        "ha-east: srp initiate-switchover",
        "ha-east: reload -noconfirm",
        "ha-west: srp initiate-switchover",
        "ha-west: reload -noconfirm",
    ];
    assert_eq!(story, expected);
}

#[test]
fn trap_15_the_way_back_from_the_soak_moves_the_traffic_first() {
    let morning = night().at_start("soak", |stage| abort(stage)).live();
    morning
        .ended(Verdict::FellBack, 4)
        .reloads(EAST, 0)
        .reloads(WEST, 2)
        .all_as_before();
}

#[test]
fn the_way_back_after_the_boot_entry_takes_only_the_entry_away() {
    let morning = night().at_start("fit-backup", |stage| abort(stage)).live();
    morning
        .ended(Verdict::FellBack, 4)
        .reloads(EAST, 0)
        .reloads(WEST, 0)
        .all_as_before()
        .left_alone(EAST);
}

#[test]
fn the_way_back_takes_an_entry_away_whose_step_never_said_it_was_done() {
    // The session dies right after the entry was typed, and the chassis is out of reach until
    // after the step has given up.
    let morning = night()
        .after_intent("boot-backup", Duration::from_millis(150), |stage| {
            stage.set_up(WEST, false);
        })
        .after_intent("boot-backup", Duration::from_secs(5), |stage| abort(stage))
        .after_intent("boot-backup", Duration::from_secs(200), |stage| {
            stage.set_up(WEST, true);
        })
        .live();
    morning.reloads(WEST, 0).left_alone(EAST);
    let stack_is_old = morning.after[WEST].stack == morning.before[WEST].stack;
    assert!(
        stack_is_old || morning.ending.verdict == Verdict::InDoubt,
        "fell back with the new release on top of the stack: {:?}\n{}",
        morning.ending,
        morning.story()
    );
}

#[test]
fn inv_39_an_abort_during_the_reload_sees_it_to_its_end_and_goes_back() {
    let morning = night()
        .after_intent("reload-backup", Duration::from_secs(120), |stage| {
            abort(stage)
        })
        .live();
    morning
        .said("reload-backup", Outcome::Done, &[NEW])
        .ended(Verdict::FellBack, 4)
        .reloads(WEST, 2)
        .all_as_before()
        .left_alone(EAST);
}

#[test]
fn an_abort_before_anything_was_sent_touches_nothing() {
    let morning = night()
        .at_start("health-primary", |stage| abort(stage))
        .live();
    morning.ended(Verdict::Stopped, 3).nothing_touched();
}

#[test]
fn inv_27_an_entry_that_somebody_else_put_on_top_is_not_ours_to_remove() {
    let morning = night()
        .at_start("fit-backup", |stage| {
            stage.with(WEST, |chassis| {
                let mut entry = chassis.boot[0].entries[0].clone();
                entry.priority = 3;
                entry.config = "/flash/theirs.cfg".into();
                chassis.boot_set(entry).unwrap();
            });
            abort(stage);
        })
        .live();
    morning
        .ended(Verdict::FallbackFailed, 6)
        .said(
            "unboot-backup",
            Outcome::Refused,
            &["not the one this run added", "show boot"],
        )
        .reloads(WEST, 0)
        .left_alone(EAST)
        .traffic_never_down();
}

#[test]
fn f_75_inv_11_a_switchover_back_waits_for_the_guard_of_the_last_one() {
    let morning = night().at_start("aaa-backup", |stage| abort(stage)).live();
    morning.ended(Verdict::FellBack, 4).all_as_before();
    let [there, back] = [EAST, WEST].map(|name| morning.after[name].truth.switchovers[0]);
    assert!(
        back - there >= Duration::from_secs(120),
        "{there:?} {back:?}"
    );
}

#[test]
fn trap_21_the_second_reload_is_for_the_chassis_configured_primary() {
    let morning = night().live();
    morning.ended(Verdict::Completed, 0).traffic_never_down();
    let at = |name: &str| morning.after[name].truth.reloads[0];
    let switched = morning.after[EAST].truth.switchovers[0];
    assert!(at(WEST) < switched && switched < at(EAST));
    morning
        .reloads(EAST, 1)
        .reloads(WEST, 1)
        .runs(EAST, NEW)
        .runs(WEST, NEW);
}
