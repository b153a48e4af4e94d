//! The rules of the house (see the drawing in `src/lib.rs`), kept by reading the tree.
//!
//! A single crate has no other walls. Every rule is tried twice: on the tree, where it must find
//! nothing, and on a few lines that break it, where it must find exactly those.

mod rules;
mod source;
mod strangers;

use rules::Offences;
use source::Source;

type Rule = fn(&[Source]) -> Offences;

/// Kept by everything below `src`.
const FOR_THE_HOUSE: [Rule; 12] = [
    rules::imports_go_down,
    rules::below_net_is_pure,
    rules::sockets_are_opened_in_net,
    rules::time_comes_from_the_clock,
    rules::maps_are_ordered,
    rules::nothing_is_left_or_silenced,
    rules::nothing_is_unsafe,
    rules::every_select_is_biased,
    rules::files_are_short_and_say_why,
    rules::no_room_for_odds_and_ends,
    rules::our_traits_are_few,
    rules::nobody_prints_past_a_lost_reader,
];

/// Kept by tests and benches too.
const FOR_EVERYBODY: [Rule; 4] = [
    rules::nothing_is_left_or_silenced,
    rules::nothing_is_unsafe,
    rules::files_are_short_and_say_why,
    rules::no_room_for_odds_and_ends,
];

#[test]
fn the_tree_keeps_every_rule() {
    let house = Source::all_below("src");
    assert!(
        house.len() > 100,
        "the tree was not found: {} files",
        house.len()
    );
    let mut outside = Source::all_below("tests");
    outside.extend(Source::all_below("benches"));
    let mut offences: Offences = Vec::new();
    FOR_THE_HOUSE
        .iter()
        .for_each(|rule| offences.extend(rule(&house)));
    FOR_EVERYBODY
        .iter()
        .for_each(|rule| offences.extend(rule(&outside)));
    offences.extend(strangers::shared_texts(&house));
    for file in house.iter().chain(&outside).filter(|file| file.lines > 400) {
        eprintln!("nearly too long: {} ({} lines)", file.path, file.lines);
    }
    assert!(
        offences.is_empty(),
        "the house has rules:\n  {}",
        offences.join("\n  ")
    );
}

/// The rule finds the offence in `text`, and none in the same text where it is allowed.
#[track_caller]
fn bites(rule: Rule, path: &str, text: &str, fine: &str) {
    let broken = rule(&[Source::new(path, text)]);
    assert_eq!(broken.len(), 1, "{path}: {text}: {broken:?}");
    let kept = rule(&[Source::new(fine, text)]);
    assert!(kept.is_empty(), "{fine}: {text}: {kept:?}");
}

#[test]
fn imports_go_down_only() {
    let rule = rules::imports_go_down;
    bites(
        rule,
        "src/wire/ber.rs",
        "use crate::net::Clock;",
        "src/device/session.rs",
    );
    bites(
        rule,
        "src/action/reload.rs",
        "fn f() { super::super::engine::go() }",
        "src/cli/run.rs",
    );
    bites(
        rule,
        "src/emulator/shell.rs",
        "use crate::device::dialect;",
        "src/rehearsal/night.rs",
    );
    bites(
        rule,
        "src/device/session.rs",
        "fn f() -> u8 { vec![crate::emulator::boot()][0] }",
        "src/rehearsal/lab.rs",
    );
    bites(
        rule,
        "src/cli/emulate.rs",
        "use crate::emulator::host;",
        "src/rehearsal/emulate.rs",
    );
    bites(rule, "src/annex/mod.rs", "", "src/lib.rs");
}

#[test]
fn below_net_nothing_moves_by_itself() {
    let rule = rules::below_net_is_pure;
    bites(
        rule,
        "src/proto/srp/peer.rs",
        "fn f() { let g = tokio::spawn(x); }",
        "src/net/tether.rs",
    );
    bites(
        rule,
        "src/mib/load.rs",
        "use std::{env, fmt};",
        "src/cli/run.rs",
    );
}

#[test]
fn sockets_are_opened_in_net_only() {
    let rule = rules::sockets_are_opened_in_net;
    bites(
        rule,
        "src/device/traps.rs",
        "use tokio::net::UdpSocket;",
        "src/net/sockets.rs",
    );
    bites(
        rule,
        "src/cli/trap/send.rs",
        "use std::net::UdpSocket as S;",
        "src/net/loopback.rs",
    );
}

#[test]
fn time_comes_from_the_clock() {
    let rule = rules::time_comes_from_the_clock;
    let clock = "src/net/clock.rs";
    bites(rule, "src/cli/run.rs", "use std::time::Instant;", clock);
    bites(
        rule,
        "src/cli/run.rs",
        "fn f() { std::thread::sleep(x) }",
        clock,
    );
    // The import is fine, a moment is a value; reading the clock is not.
    bites(
        rule,
        "src/engine/event.rs",
        "use jiff::Timestamp; fn f() { Timestamp::now() }",
        clock,
    );
    bites(
        rule,
        "src/action/reload.rs",
        "use tokio::time; async fn f() { time::sleep(x).await }",
        clock,
    );
}

#[test]
fn maps_are_ordered() {
    let rule = rules::maps_are_ordered;
    let broken = rule(&[Source::new(
        "src/mib/mod.rs",
        "fn f(x: &std::collections::HashMap<u8, u8>) {}",
    )]);
    assert_eq!(broken, ["src/mib/mod.rs:1: HashMap"]);
    assert!(
        rule(&[Source::new(
            "src/mib/mod.rs",
            "// HashMap\nconst X: &str = \"HashSet\";"
        )])
        .is_empty()
    );
}

#[test]
fn nothing_is_left_or_silenced() {
    let rule = rules::nothing_is_left_or_silenced;
    for text in [
        "fn f() { todo!() }",
        "#[allow(dead_code)] fn f() {}",
        "#![allow(x)]",
        "#[expect(x)] fn f() {}",
        "mod m { #[test] #[ignore = \"slow\"] fn f() {} }",
        "fn f() { dbg!(1); }",
    ] {
        assert_eq!(rule(&[Source::new("src/x.rs", text)]).len(), 1, "{text}");
    }
    assert!(
        rule(&[Source::new(
            "src/x.rs",
            "fn ignore(expect: u8) { x.expect(\"allow\") }"
        )])
        .is_empty()
    );
}

#[test]
fn nothing_is_unsafe() {
    let rule: Rule = rules::nothing_is_unsafe;
    bites(
        rule,
        "src/wire/ber.rs",
        "fn f() { unsafe { g() } }",
        "tests/chassis_memory.rs",
    );
}

#[test]
fn every_select_is_biased() {
    let rule = rules::every_select_is_biased;
    let chance = Source::new(
        "src/x.rs",
        "async fn f() { loop { tokio::select! { () = a => {} } } }",
    );
    assert_eq!(rule(&[chance]), ["src/x.rs:1: select! without `biased;`"]);
    let sure = Source::new(
        "src/x.rs",
        "async fn f() { tokio::select! { biased; () = a => {} } }",
    );
    assert!(rule(&[sure]).is_empty());
}

#[test]
fn files_are_short_and_say_why() {
    let rule = rules::files_are_short_and_say_why;
    let long = format!("//! Why.\n{}", "fn f() {}\n".repeat(450));
    assert_eq!(
        rule(&[Source::new("src/x.rs", &long)]),
        ["src/x.rs: 451 lines; split it by theme"]
    );
    assert_eq!(rule(&[Source::new("src/x.rs", "fn f() {}")]).len(), 1);
    assert!(rule(&[Source::new("src/x/tests.rs", "fn f() {}")]).is_empty());
}

#[test]
fn there_is_no_room_for_odds_and_ends() {
    let rule = rules::no_room_for_odds_and_ends;
    bites(rule, "src/net/util.rs", "", "src/net/pipe.rs");
    bites(rule, "src/helpers/mod.rs", "", "src/boot/mod.rs");
}

#[test]
fn our_traits_are_few() {
    let rule = rules::our_traits_are_few;
    let broken = rule(&[Source::new(
        "src/device/mod.rs",
        "pub trait Device: Send { fn f(&self); }",
    )]);
    assert_eq!(broken, ["src/device/mod.rs:1: trait Device"]);
}

#[test]
fn nobody_prints_past_a_lost_reader() {
    let rule = rules::nobody_prints_past_a_lost_reader;
    let broken = rule(&[Source::new(
        "src/cli/run.rs",
        "fn f() { if x { eprintln!(\"here\") } }",
    )]);
    assert_eq!(broken, ["src/cli/run.rs:1: eprintln"]);
    assert!(
        rule(&[Source::new(
            "src/cli/run.rs",
            "fn f() { writeln!(out, \"println!\") }"
        )])
        .is_empty()
    );
}

#[test]
fn emulator_and_driver_share_no_text() {
    let driver = Source::new(
        "src/device/x.rs",
        "fn f(t: &str) -> bool { t.contains(\"Chassis State: {s}\") }",
    );
    let twin = Source::new(
        "src/emulator/x.rs",
        "fn f(s: &str) -> String { format!(\" Chassis State: {s}\\n\") }",
    );
    let both = [driver, twin];
    let found = strangers::shared_texts(&both);
    assert_eq!(
        found,
        ["\"Chassis State: {s}\" in src/device/x.rs:1 and src/emulator/x.rs:1"]
    );
    assert!(strangers::shared_texts(&both[..1]).is_empty());
    let command = |path| {
        Source::new(
            path,
            "const COMMAND: &str = \"show srp checkpoint statistics\";",
        )
    };
    let both = [command("src/device/x.rs"), command("src/emulator/x.rs")];
    assert!(
        strangers::shared_texts(&both).is_empty(),
        "commands are the device's words"
    );
}

#[test]
fn the_readme_draws_the_house_as_the_code_does() {
    let floors = |text: &str| -> Vec<String> {
        let lines = text
            .lines()
            .map(|line| line.trim_start_matches("//!").trim());
        let from_floor_9 = lines.skip_while(|line| !line.starts_with("floor 9"));
        from_floor_9
            .take_while(|line| !line.starts_with("```"))
            .map(str::to_owned)
            .collect()
    };
    let drawn = floors(include_str!("../../README.md"));
    assert_eq!(drawn, floors(include_str!("../../src/lib.rs")));
    assert!(drawn.len() >= 9, "{drawn:?}");
}
