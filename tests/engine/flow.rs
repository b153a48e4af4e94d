//! Pause, abort, interruption, retries, fallback, evidence.

use std::time::Duration;

use crate::night::{Fate, Night, Script};
use crate::plans::{self, on, optional, plan, step};
use cutover::action::outcome::Outcome;
use cutover::engine::event::{Event, Verdict};
use cutover::engine::run::Status;
use cutover::playbook::plan::{On, Step};

const HOUR: Duration = Duration::from_secs(3600);

fn by() -> String {
    "anna".to_owned()
}

fn script(id: &str, fate: Fate) -> Script {
    Script::from([(id.to_owned(), fate)])
}

fn begin() -> Night {
    Night::begin(&plans::upgrade(), &Script::new())
}

#[test]
fn a_pause_keeps_new_steps_from_starting_until_it_is_released() {
    let mut night = begin();
    night.play_until("image");
    night.happen(Event::PauseRequested { by: by() });
    night.play();
    assert_eq!(night.starts("fit"), 0);
    assert_eq!(night.verdict(), None, "a paused run waits");
    night.happen(Event::PauseReleased { by: by() });
    night.play();
    assert_eq!(night.verdict(), Some((Verdict::Completed, 0)));
}

#[test]
fn inv_30_a_reload_that_was_kept_waiting_has_its_health_checks_repeated() {
    let mut night = begin();
    night.play_until("fit");
    night.happen(Event::PauseRequested { by: by() });
    night.play();
    night.pass(HOUR);
    night.happen(Event::PauseReleased { by: by() });
    assert_eq!((night.starts("fit"), night.starts("reload")), (2, 0));
    // Paused once more behind the repeated check: old again.
    night.happen(Event::PauseRequested { by: by() });
    night.play();
    night.pass(HOUR);
    night.happen(Event::PauseReleased { by: by() });
    assert_eq!((night.starts("fit"), night.starts("reload")), (3, 0));
    night.play();
    assert_eq!(night.starts("fit"), 3, "fresh evidence is not taken again");
    assert_eq!(night.starts("look"), 1, "only what the step itself needs");
    assert_eq!(night.verdict(), Some((Verdict::Completed, 0)));
}

#[test]
fn inv_30_a_repeated_health_check_that_fails_stops_the_reload() {
    let mut night = begin();
    night.play_until("fit");
    night.happen(Event::PauseRequested { by: by() });
    night.play();
    night.pass(HOUR);
    night.script = script("fit", Fate::Failed);
    night.happen(Event::PauseReleased { by: by() });
    night.play();
    assert_eq!(night.starts("reload"), 0);
    assert_eq!(night.verdict(), Some((Verdict::Stopped, 3)));
    let mut resumed = night.crash(night.journal.len());
    resumed.script = Script::new();
    resumed.play();
    assert_eq!(resumed.verdict(), Some((Verdict::Completed, 0)));
}

#[test]
fn inv_30_one_check_shared_by_two_destructive_steps_is_repeated_once_for_both() {
    let shared = plan(
        vec![
            on(step("fit", "check", &[]), On::Backup),
            on(step("reload", "reload", &[0]), On::Backup),
            step("switch", "switch", &[0]),
            on(step("after", "check", &[0]), On::Backup),
        ],
        vec![],
    );
    let mut night = Night::begin(&shared, &Script::new());
    night.happen(Event::PauseRequested { by: by() });
    night.play();
    night.pass(HOUR);
    night.happen(Event::PauseReleased { by: by() });
    night.play();
    assert_eq!(night.verdict(), Some((Verdict::Completed, 0)));
    let starts = ["fit", "reload", "switch", "after"].map(|id| night.starts(id));
    assert_eq!(starts, [2, 1, 1, 1]);
}

#[test]
fn an_interruption_lets_go_of_readers_and_sees_commands_to_their_end() {
    let mut night = begin();
    night.play_until_sent("image");
    night.happen(Event::Interrupted { count: 1 });
    night.play();
    assert_eq!(night.verdict(), Some((Verdict::Stopped, 130)));
    let image = night.run.find("image").unwrap();
    assert_eq!(night.run.status(image), Status::Finished(Outcome::Done));
    let mut resumed = night.crash(night.journal.len());
    resumed.play();
    assert_eq!(resumed.verdict(), Some((Verdict::Completed, 0)));
}

#[test]
fn f_60_a_reload_that_is_still_being_proven_safe_is_not_sent_after_an_abort() {
    for request in [
        Event::AbortRequested {
            by: by(),
            fallback: false,
        },
        Event::Interrupted { count: 1 },
    ] {
        let mut night = begin();
        night.play_until("reload");
        night.happen(request);
        night.play();
        let sent = night
            .journal
            .iter()
            .any(|(_, event)| matches!(event, Event::Intent { step, .. } if step == "reload"));
        assert!(!sent);
        let mut resumed = night.crash(night.journal.len());
        resumed.play();
        assert_eq!(resumed.verdict(), Some((Verdict::Completed, 0)));
    }
}

#[test]
fn a_probe_that_is_left_stays_in_doubt() {
    let mut night = begin();
    night.play_until_sent("reload");
    let mut resumed = night.crash(night.journal.len());
    resumed.happen(Event::Interrupted { count: 1 });
    assert_eq!(resumed.verdict(), None, "a probe is seen to its end");
    resumed.happen(Event::Interrupted { count: 2 });
    resumed.play();
    assert_eq!(resumed.verdict(), Some((Verdict::InDoubt, 5)));
}

#[test]
fn a_second_interruption_leaves_a_command_in_doubt() {
    let mut night = begin();
    night.play_until_sent("reload");
    night.happen(Event::Interrupted { count: 1 });
    assert_eq!(night.verdict(), None, "it is seen to its end");
    night.happen(Event::Interrupted { count: 2 });
    night.play();
    assert_eq!(night.verdict(), Some((Verdict::InDoubt, 5)));
}

#[test]
fn an_interruption_ends_a_paused_run() {
    let mut night = begin();
    night.play_until("image");
    night.happen(Event::PauseRequested { by: by() });
    night.play();
    night.happen(Event::Interrupted { count: 1 });
    night.play();
    assert_eq!(night.verdict(), Some((Verdict::Stopped, 130)));
}

#[test]
fn an_abort_with_fallback_ends_a_pause() {
    let mut night = begin();
    night.play_until("healthy");
    night.happen(Event::PauseRequested { by: by() });
    night.play();
    night.happen(Event::AbortRequested {
        by: by(),
        fallback: true,
    });
    night.play();
    assert_eq!(night.verdict(), Some((Verdict::FellBack, 4)));
}

#[test]
fn an_abort_with_fallback_before_any_change_only_stops() {
    let mut night = begin();
    night.play_until("look");
    night.happen(Event::AbortRequested {
        by: by(),
        fallback: true,
    });
    night.play();
    assert_eq!(night.verdict(), Some((Verdict::Stopped, 3)));
}

#[test]
fn an_abort_in_the_middle_of_a_fallback_is_a_safe_point_and_can_be_resumed() {
    let mut night = Night::begin(&plans::upgrade(), &script("final", Fate::Failed));
    night.play_until("unreload");
    night.happen(Event::AbortRequested {
        by: by(),
        fallback: false,
    });
    night.play();
    assert_eq!(night.verdict(), Some((Verdict::Stopped, 3)));
    let mut resumed = night.crash(night.journal.len());
    resumed.play();
    assert_eq!(resumed.verdict(), Some((Verdict::FellBack, 4)));
    assert_eq!(
        resumed.starts("unswitch"),
        1,
        "what ended well is not repeated"
    );
}

#[test]
fn a_fallback_skips_what_sent_nothing() {
    let mut night = Night::begin(&plans::upgrade(), &script("healthy", Fate::Failed));
    night.play();
    assert_eq!(night.verdict(), Some((Verdict::FellBack, 4)));
    assert_eq!((night.starts("unswitch"), night.starts("unreload")), (0, 1));
}

#[test]
fn a_transient_failure_is_repeated_as_often_as_allowed_and_anew_after_a_resume() {
    let look = Step {
        attempts: 3,
        ..on(step("look", "check", &[]), On::Backup)
    };
    let plan = plan(vec![look], vec![]);
    let mut night = Night::begin(&plan, &script("look", Fate::Transient(5)));
    night.play();
    assert_eq!(night.starts("look"), 3);
    assert_eq!(night.verdict(), Some((Verdict::Stopped, 8)));
    let mut resumed = night.crash(night.journal.len());
    resumed.play();
    assert_eq!(resumed.starts("look"), 6, "the sixth attempt succeeds");
    assert_eq!(resumed.verdict(), Some((Verdict::Completed, 0)));
}

#[test]
fn inv_36_an_impact_step_is_never_repeated_by_itself_once_its_command_is_journalled() {
    let image = Step {
        attempts: 5,
        ..on(step("image", "image", &[]), On::Backup)
    };
    let plan = plan(vec![image], vec![]);
    let mut night = Night::begin(&plan, &script("image", Fate::Lost));
    night.play();
    assert_eq!(night.starts("image"), 1);
    assert_eq!(night.verdict(), Some((Verdict::Stopped, 3)));
}

#[test]
fn an_optional_step_left_in_doubt_can_be_resumed() {
    let plan = plan(
        vec![
            on(optional(step("image", "image", &[])), On::Backup),
            on(step("look", "check", &[0]), On::Backup),
        ],
        vec![],
    );
    let mut night = Night::begin(&plan, &Script::new());
    night.play_until_sent("image");
    night.happen(Event::Interrupted { count: 2 });
    night.play();
    assert_eq!(night.verdict(), Some((Verdict::InDoubt, 5)));
    let mut resumed = night.crash(night.journal.len());
    resumed.play();
    assert_eq!(resumed.verdict(), Some((Verdict::Completed, 0)));
}

#[test]
fn an_optional_step_let_go_by_an_interruption_is_tried_again() {
    let plan = plan(
        vec![
            on(step("image", "image", &[]), On::Backup),
            on(optional(step("look", "check", &[0])), On::Backup),
        ],
        vec![],
    );
    let mut night = Night::begin(&plan, &Script::new());
    night.play_until("look");
    night.happen(Event::Interrupted { count: 1 });
    night.play();
    let mut resumed = night.crash(night.journal.len());
    resumed.play();
    assert_eq!(resumed.starts("look"), 2);
    assert_eq!(resumed.verdict(), Some((Verdict::Completed, 0)));
}

#[test]
fn a_failed_optional_step_does_not_stop_the_run() {
    let mut night = Night::begin(&plans::upgrade(), &script("extra", Fate::Failed));
    night.play();
    assert_eq!(night.verdict(), Some((Verdict::Completed, 0)));
}

#[test]
fn requests_about_steps_that_ended_or_never_were_change_nothing() {
    let mut night = begin();
    night.play_until("image");
    for step in ["look", "image", "switch", "no-such-step"] {
        night.happen(Event::Approved {
            step: step.into(),
            by: by(),
            reason: None,
        });
    }
    night.play();
    assert_eq!(night.verdict(), Some((Verdict::Completed, 0)));
}

#[test]
fn an_interruption_during_the_last_look_stops_a_run_that_resume_completes() {
    let mut night = begin();
    night.play_until("final");
    night.advance(0);
    assert_eq!(night.verdict(), None, "the last look is under way");
    night.happen(Event::Interrupted { count: 1 });
    night.play();
    assert_eq!(night.verdict(), Some((Verdict::Stopped, 130)));
    let mut resumed = night.crash(night.journal.len());
    resumed.play();
    assert_eq!(resumed.verdict(), Some((Verdict::Completed, 0)));
}
