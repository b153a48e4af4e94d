//! `kill -9` at every place that matters, then `cutover resume` (INV-36, INV-37).

use cutover::device::staros::srp_info::State;
use cutover::engine::event::{Event, Verdict};
use serde_json::Value;

use crate::harness::{Going, Scene, finish, has, processes, saw};
use crate::wire::Cut;

/// Where a run is killed.
enum Place {
    /// Once the journal shows this.
    Seen(&'static str, fn(&[Value]) -> bool),
    /// When the intent of such a command is on disk, around its first byte.
    Wire(&'static str, Cut),
}

/// Starts the run, kills it at every place in turn, resumes it each time, and lets the last one
/// end.
fn story(places: &[Place]) -> Scene {
    let scene = Scene::set();
    let mut command = scene.run("half.yaml", &[]);
    for (before, place) in places.iter().enumerate() {
        if let Place::Wire(command, cut) = place {
            scene.gate.arm(command, *cut);
        }
        let mut going = Going::start(command);
        match place {
            Place::Seen(what, seen) => going.until(&scene, what, |lines| {
                // What an earlier process did may be there already; this one must have begun.
                processes(lines) > before && seen(lines)
            }),
            Place::Wire(what, _) => going.until(&scene, what, |_| scene.gate.reached()),
        }
        going.kill();
        scene.gate.open();
        command = scene.cutover(&["resume", &scene.id()]);
    }
    command.args(["--approve", "all"]);
    let (code, said) = finish(command);
    assert_eq!(code, 0, "{said}");
    scene
}

/// Whatever happened in between: the same end, and every dangerous command received once.
fn prove(scene: Scene, kills: usize) {
    assert_eq!(scene.verdict(), Some(Verdict::Completed));
    let records = scene.records();
    let resumed = records
        .iter()
        .filter(|record| matches!(record.event, Event::RunResumed {}))
        .count();
    assert_eq!(resumed, kills);
    let pair = scene.look();
    assert_eq!(
        (pair.east.state, pair.west.state),
        (State::Standby, State::Active)
    );
    assert_eq!(pair.east.version, "21.26.9");
    assert_eq!(pair.west.version, "21.28.3");
    assert_eq!(pair.west.boots.len(), 2, "{:?}", pair.west.boots);
    assert!(pair.west.boots[0].contains("21.28.3"));
    assert_eq!(pair.east.boots.len(), 1, "{:?}", pair.east.boots);
    let received = scene.close();
    for (what, east, west) in [
        ("reloads", 0, 1),
        ("boots", 0, 1),
        ("switchovers", 1, 0),
        ("refused_switchovers", 0, 0),
        ("forced_switchovers", 0, 0),
        ("boot_stack_changes", 0, 1),
    ] {
        let times = (received("vm-east", what), received("vm-west", what));
        assert_eq!(times, (east, west), "{what}");
    }
}

#[test]
fn inv_36_killed_at_every_step_and_before_every_command_each_is_received_once() {
    let places = [
        Place::Seen("copy started", |j| has(j, "step_started", "copy")),
        Place::Wire("copy ", Cut::Before),
        Place::Seen("copied", |j| has(j, "step_finished", "copy")),
        Place::Wire("save configuration", Cut::Before),
        Place::Wire("boot system", Cut::Before),
        Place::Seen("boot finished", |j| has(j, "step_finished", "boot")),
        Place::Wire("filesystem synchronize", Cut::Before),
        Place::Seen("health checked", |j| has(j, "step_started", "fit")),
        Place::Wire("reload", Cut::Before),
        Place::Seen("the chassis is down", |j| saw(j, "reload", "no login yet")),
        Place::Seen("it is back and settles", |j| {
            saw(j, "reload", "settling") || has(j, "step_finished", "reload")
        }),
        Place::Seen("parity is waited for", |j| has(j, "step_started", "parity")),
        Place::Wire("srp initiate-switchover", Cut::Before),
        Place::Seen("switched", |j| has(j, "step_finished", "switch")),
        Place::Seen("approval is waited for", |j| {
            has(j, "approval_requested", "go")
        }),
    ];
    prove(story(&places), places.len());
}

#[test]
fn inv_36_killed_right_after_every_command_each_is_received_once() {
    let places = [
        Place::Wire("copy ", Cut::After),
        Place::Wire("save configuration", Cut::After),
        Place::Wire("boot system", Cut::After),
        Place::Wire("filesystem synchronize", Cut::After),
        Place::Wire("reload", Cut::After),
        Place::Seen("reloaded", |j| has(j, "step_finished", "reload")),
        Place::Wire("srp initiate-switchover", Cut::After),
    ];
    prove(story(&places), places.len());
}

#[test]
fn inv_36_killed_while_it_soaks_only_the_rest_is_done() {
    let scene = Scene::set();
    let mut going = Going::start(scene.run("half.yaml", &["--approve", "all"]));
    going.until(&scene, "soaking", |j| has(j, "step_started", "soak"));
    going.kill();
    let (code, said) = finish(scene.cutover(&["resume", &scene.id()]));
    assert_eq!(code, 0, "{said}");
    prove(scene, 1);
}
