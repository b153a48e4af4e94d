//! What other terminals, and Ctrl-C, ask of a run.

use cutover::engine::event::{Event, Verdict};
use serde_json::Value;

use crate::harness::{Going, Scene, finish, has, saw};

/// A run that waits for its approval; `name` keeps its files apart from those of other runs.
pub fn waiting(scene: &Scene, name: &str) -> Going {
    let mut going = Going::start(scene.run("asks.yaml", &["--var", &format!("name={name}")]));
    // The journal of the run before is there until this one has its own.
    let own = |j: &[Value]| j.first().is_some_and(|line| line["vars"]["name"] == name);
    going.until(scene, "it asks", |j| {
        own(j) && has(j, "approval_requested", "go")
    });
    going
}

/// Resumes the newest run, which must then complete.
pub fn completes(scene: &Scene) {
    let (code, said) = finish(scene.cutover(&["resume", &scene.id(), "--approve", "all"]));
    assert_eq!(code, 0, "{said}");
    assert_eq!(scene.verdict(), Some(Verdict::Completed));
}

#[test]
fn a_run_is_looked_at_paused_released_and_approved_from_other_terminals() {
    let scene = Scene::set();
    let going = waiting(&scene, "calm");
    let id = scene.id();
    let ask = |arguments: &[&str]| {
        let (code, said) = finish(scene.cutover(arguments));
        assert_eq!(code, 0, "{arguments:?}: {said}");
        said
    };
    let said = ask(&["status"]);
    assert!(said.contains("waits for approval"), "{said}");

    // INV-38: the pair belongs to the run, and the journal to one process.
    let (code, said) = finish(scene.run("asks.yaml", &["--var", "name=second"]));
    assert_eq!(code, 8, "{said}");
    assert!(said.contains("the pair is taken"), "{said}");
    assert_eq!(scene.id(), id, "a refused run leaves no directory");
    let (code, said) = finish(scene.cutover(&["resume", &id]));
    assert_eq!(code, 8, "{said}");

    let mut going = going;
    ask(&["pause", &id]);
    going.until(&scene, "paused", |j| {
        j.iter().any(|line| line["event"] == "pause_requested")
    });
    ask(&["approve", &id, "go", "--reason", "CHG7"]);
    going.until(&scene, "approved", |j| has(j, "step_finished", "go"));
    let said = ask(&["status", &id]);
    assert!(said.contains("paused"), "{said}");
    ask(&["pause", "--release", &id]);
    let (code, said) = going.finish();
    assert_eq!(code, 0, "{said}");
    let records = scene.records();
    let place = |wanted: &dyn Fn(&Event) -> bool| {
        records
            .iter()
            .position(|record| wanted(&record.event))
            .expect("it happened")
    };
    let released = place(&|event| matches!(event, Event::PauseReleased { .. }));
    let soaked = place(&|e| matches!(e, Event::StepStarted { step, .. } if step == "soak"));
    assert!(released < soaked, "no new step starts while paused");
    place(&|event| {
        matches!(event, Event::Approved { by, reason, .. }
            if by == "tester" && reason.as_deref() == Some("CHG7"))
    });
    let (code, said) = finish(scene.cutover(&["resume", &id]));
    assert_eq!(code, 2, "nothing is left to resume: {said}");
}

#[test]
fn ctrl_c_and_abort_end_a_run_at_a_safe_point_and_it_can_go_on() {
    let scene = Scene::set();
    for (name, times) in [("once", 1), ("twice", 2)] {
        let mut going = waiting(&scene, name);
        for _ in 0..times {
            going.signal("INT");
        }
        let (code, said) = going.finish();
        assert_eq!(code, 130, "{name}: {said}");
        assert_eq!(scene.verdict(), Some(Verdict::Stopped), "{said}");
        completes(&scene);
    }
    let going = waiting(&scene, "aborted");
    let (code, said) = finish(scene.cutover(&["abort", &scene.id()]));
    assert_eq!(code, 0, "{said}");
    let (code, said) = going.finish();
    assert_eq!(code, 3, "{said}");
    completes(&scene);
    let (code, said) = finish(scene.cutover(&["abort", &scene.id()]));
    assert_eq!(code, 2, "it has ended: {said}");
    let files = scene.look().west.files;
    for name in ["once", "twice", "aborted"] {
        for part in 1..=2 {
            let file = format!("{name}-{part}.cfg");
            assert_eq!(files.iter().filter(|f| **f == file).count(), 1, "{files:?}");
        }
    }
}

#[test]
fn ctrl_c_in_the_middle_of_a_change_sees_it_to_its_end_first() {
    let scene = Scene::set();
    let mut going = Going::start(scene.run("half.yaml", &["--approve", "all"]));
    going.until(&scene, "it reloads", |j| has(j, "intent", "reload"));
    going.signal("INT");
    let (code, said) = going.finish();
    assert_eq!(code, 130, "{said}");
    let reloaded = scene.records().into_iter().any(|record| {
        matches!(record.event, Event::StepFinished { step, outcome, .. }
            if step == "reload" && outcome.is_good())
    });
    assert!(reloaded, "the reload was seen to its end: {said}");
    completes(&scene);
    let received = scene.close();
    assert_eq!(received("vm-west", "reloads"), 1);
    assert_eq!(received("vm-east", "switchovers"), 1);
}

#[test]
fn ctrl_c_twice_leaves_a_change_in_doubt_and_a_resumed_run_finds_out() {
    let scene = Scene::set();
    let mut going = Going::start(scene.run("half.yaml", &["--approve", "all"]));
    going.until(&scene, "it is down", |j| saw(j, "reload", "no login yet"));
    going.signal("INT");
    going.until(&scene, "once", |j| {
        j.iter().any(|line| line["event"] == "interrupted")
    });
    going.signal("INT");
    let (code, said) = going.finish();
    assert_eq!(code, 5, "{said}");
    assert_eq!(scene.verdict(), Some(Verdict::InDoubt), "{said}");
    completes(&scene);
    let received = scene.close();
    assert_eq!(received("vm-west", "reloads"), 1);
    assert_eq!(received("vm-east", "switchovers"), 1);
}
