//! The table of verdicts and exit codes (contract): what ended the run, where, who serves.

use std::fmt::Write;

use crate::night::{Fate, Night, Script};
use crate::plans;
use cutover::engine::event::Event;

/// What ends the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Itself,
    Refusal,
    Failure,
    Doubt,
    Abort,
    Interrupt,
}

/// Where it ends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Where {
    BeforeAnyChange,
    BehindAChange,
    InTheFallback,
}

fn end(by: By, place: Where, serving: bool) -> Option<String> {
    let victim = match place {
        Where::BeforeAnyChange => "look",
        Where::BehindAChange => "reload",
        Where::InTheFallback => "unreload",
    };
    let mut script = Script::new();
    if place == Where::InTheFallback {
        script.insert("final".into(), Fate::Failed);
    }
    let fate = match by {
        By::Refusal => Some(Fate::Refused),
        By::Failure => Some(Fate::Failed),
        By::Doubt if place == Where::BeforeAnyChange => return None,
        By::Itself if place == Where::BeforeAnyChange => return None,
        By::Doubt => Some(Fate::InDoubt),
        By::Itself | By::Abort | By::Interrupt => None,
    };
    if let Some(fate) = fate {
        script.insert(victim.into(), fate);
    }
    let mut night = Night::begin(&plans::upgrade(), &script);
    night.serving = serving;
    let request = match by {
        By::Abort => Some(Event::AbortRequested {
            by: "anna".into(),
            fallback: false,
        }),
        By::Interrupt => Some(Event::Interrupted { count: 1 }),
        _ => None,
    };
    if let Some(request) = request {
        night.play_until(victim);
        night.happen(request);
    }
    night.play();
    let (verdict, code) = night.verdict().expect("it ended");
    Some(format!("{} {code}", verdict.word()))
}

#[test]
fn verdicts_and_exit_codes_are_those_of_the_contract() {
    let mut table = String::new();
    for place in [
        Where::BeforeAnyChange,
        Where::BehindAChange,
        Where::InTheFallback,
    ] {
        for by in [
            By::Itself,
            By::Refusal,
            By::Failure,
            By::Doubt,
            By::Abort,
            By::Interrupt,
        ] {
            let ends: Vec<_> = [true, false]
                .iter()
                .filter_map(|serving| end(by, place, *serving))
                .collect();
            if !ends.is_empty() {
                writeln!(table, "{place:?} {by:?}: {}", ends.join(" / ")).unwrap();
            }
        }
    }
    // Each row: with one chassis serving / without. Before any change nobody looks.
    let expected = "\
BeforeAnyChange Refusal: stopped 8 / stopped 8
BeforeAnyChange Failure: stopped 8 / stopped 8
BeforeAnyChange Abort: stopped 3 / stopped 3
BeforeAnyChange Interrupt: stopped 130 / stopped 130
BehindAChange Itself: completed 0 / failed 1
BehindAChange Refusal: stopped 3 / failed 1
BehindAChange Failure: stopped 3 / failed 1
BehindAChange Doubt: in_doubt 5 / in_doubt 5
BehindAChange Abort: stopped 3 / failed 1
BehindAChange Interrupt: stopped 130 / failed 1
InTheFallback Itself: fell_back 4 / fallback_failed 6
InTheFallback Refusal: fallback_failed 6 / fallback_failed 6
InTheFallback Failure: fallback_failed 6 / fallback_failed 6
InTheFallback Doubt: in_doubt 5 / in_doubt 5
InTheFallback Abort: stopped 3 / fallback_failed 6
InTheFallback Interrupt: stopped 130 / fallback_failed 6
";
    assert_eq!(table, expected);
}
