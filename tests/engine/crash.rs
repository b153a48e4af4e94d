//! The process may die behind every record it has written.

use crate::night::{Fate, Night, Script};
use crate::plans;
use cutover::engine::event::Event;

/// Every way a single step of the upgrade can end.
fn scripts() -> Vec<Script> {
    let plan = plans::upgrade();
    let fates = [
        Fate::Refused,
        Fate::Failed,
        Fate::Transient(1),
        Fate::InDoubt,
    ];
    let mut scripts = vec![Script::new()];
    for step in &plan.steps {
        for fate in fates {
            if fate == Fate::InDoubt && !step.action.has_impact() {
                continue;
            }
            scripts.push(Script::from([(step.id.clone(), fate)]));
        }
    }
    // A fallback that is needed, and every way its own steps can end.
    for step in &plan.steps[plan.main..] {
        for fate in fates {
            let fall = ("final".to_owned(), Fate::Failed);
            scripts.push(Script::from([fall, (step.id.clone(), fate)]));
        }
    }
    scripts
}

#[test]
fn f_62_a_run_killed_behind_any_record_and_resumed_ends_the_same() {
    let plan = plans::upgrade();
    for script in scripts() {
        let mut whole = Night::begin(&plan, &script);
        whole.play();
        let verdict = whole.verdict().expect("it ended");
        for kept in 1..whole.journal.len() {
            let mut resumed = whole.crash(kept);
            resumed.play();
            let seen = resumed.verdict().expect("it ended");
            // An attempt that may be repeated is used up by the crash or not.
            if !script
                .values()
                .any(|fate| matches!(fate, Fate::Transient(_)))
            {
                assert_eq!(seen, verdict, "{script:?}, killed behind record {kept}");
            }
        }
    }
}

#[test]
fn f_62_a_run_killed_twice_at_any_two_places_ends_the_same() {
    let plan = plans::upgrade();
    let script = Script::from([("final".to_owned(), Fate::Failed)]);
    let mut whole = Night::begin(&plan, &script);
    whole.play();
    for kept in 1..whole.journal.len() {
        let mut once = whole.crash(kept);
        once.play();
        for again in kept + 1..once.journal.len() {
            let mut twice = once.crash(again);
            twice.play();
            assert_eq!(
                twice.verdict(),
                whole.verdict(),
                "killed behind {kept} and {again}"
            );
        }
    }
}

#[test]
fn inv_36_what_was_announced_is_looked_at_before_anything_else() {
    let plan = plans::upgrade();
    let mut night = Night::begin(&plan, &Script::new());
    night.play_until_sent("reload");
    let kept = night.journal.len();
    let mut resumed = night.crash(kept);
    // `check_start` has seen that the start was a probe; its checks are not repeated first, they
    // would only say that a chassis that boots is not healthy.
    assert_eq!(resumed.starts("fit"), 1);
    assert_eq!(resumed.starts("reload"), 2);
    resumed.play();
    assert_eq!(
        resumed.verdict(),
        Some((cutover::engine::event::Verdict::Completed, 0))
    );
}

#[test]
fn a_replayed_journal_leads_to_the_same_wishes_every_time() {
    let plan = plans::upgrade();
    let mut night = Night::begin(&plan, &Script::new());
    night.play();
    for kept in 1..night.journal.len() {
        let (once, twice) = (night.crash(kept), night.crash(kept));
        assert_eq!(once.journal, twice.journal, "killed behind record {kept}");
    }
}

#[test]
fn a_fallback_that_was_due_when_the_process_died_is_still_due() {
    let plan = plans::upgrade();
    let mut night = Night::begin(&plan, &Script::new());
    night.play_until("healthy");
    night.happen(Event::AbortRequested {
        by: "anna".into(),
        fallback: true,
    });
    let fell = |event: &Event| matches!(event, Event::FallbackStarted { .. });
    let at = night
        .journal
        .iter()
        .position(|(_, event)| fell(event))
        .unwrap();
    let abort = |event: &Event| matches!(event, Event::AbortRequested { .. });
    let asked = night
        .journal
        .iter()
        .position(|(_, event)| abort(event))
        .unwrap();
    for kept in asked + 1..=at {
        let mut resumed = night.crash(kept);
        resumed.play();
        assert_eq!(
            resumed.verdict(),
            Some((cutover::engine::event::Verdict::FellBack, 4)),
            "killed behind record {kept}"
        );
        assert_eq!(resumed.starts("switch"), 0, "nothing went forward");
    }
}

#[test]
fn a_due_fallback_does_not_begin_over_a_command_nobody_saw_the_end_of() {
    let plan = plans::upgrade();
    let mut night = Night::begin(&plan, &Script::new());
    night.play_until_sent("reload");
    night.happen(Event::AbortRequested {
        by: "anna".into(),
        fallback: true,
    });
    let mut resumed = night.crash(night.journal.len());
    resumed.play();
    assert_eq!(
        resumed.verdict(),
        Some((cutover::engine::event::Verdict::InDoubt, 5))
    );
    assert_eq!(resumed.starts("reload"), 1);
    let mut again = resumed.crash(resumed.journal.len());
    again.play();
    assert_eq!(
        again.verdict(),
        Some((cutover::engine::event::Verdict::Completed, 0)),
        "resumed once more, a human has decided to go on"
    );
}
