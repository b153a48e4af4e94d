//! Mistakes in the text as such and in how steps hang together.

use super::{lines, mistakes, only, steps};
use crate::playbook::{Inventory, load};

#[test]
fn texts_that_are_no_playbook_say_why() {
    let nested = format!("a: {}{}", "[".repeat(70), "]".repeat(70));
    let deep = "[".repeat(100_000);
    let scalar_bomb = format!("a: &a {}\nb: [{}]\n", "x".repeat(50_000), "*a,".repeat(20));
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for level in 1..9 {
        let items = vec![format!("*a{}", level - 1); 9].join(", ");
        bomb += &format!("a{level}: &a{level} [{items}]\n");
    }
    let cases = [
        ("", "- the file is empty", "write the document"),
        ("# nothing\n", "- the file is empty", ""),
        ("a: 1\n---\nb: 2\n", "2:1 a second document", "split"),
        ("a: [1\nb: 2\n", "2:2 not YAML", "indentation"),
        ("? [a]\n: b\n", "1:3 a key must be plain text", ""),
        ("a: !x 1\n", "1:4 tags", "without the tag"),
        (&nested, "1:67 nested deeper than 64 levels", ""),
        (&deep, "1:256 not YAML: recursion limit exceeded", ""),
        (
            &scalar_bomb,
            "2:20 aliases repeat too much",
            "write the values out",
        ),
        (&bomb, "4:", "write the values out"),
        (
            "- a\n",
            "1:1 the playbook: expected a map of fields, found a list",
            "",
        ),
        ("just words\n", "1:1 the playbook: expected a map", ""),
    ];
    for (text, begins, hint) in cases {
        only(text, begins, hint);
    }
    let large = " ".repeat((4 << 20) + 1);
    only(&large, "- the file has 4194305 bytes", "");
}

#[test]
fn the_frame_of_a_playbook_is_checked() {
    let step = "  - { id: a, on: backup, snapshot: { name: x } }\n";
    only(
        &format!("pair: icsr\nsteps:\n{step}"),
        "1:1 the playbook needs the field `playbook`",
        "add",
    );
    only(
        &format!("playbook: a\nsteps:\n{step}"),
        "1:1 the playbook needs the field `pair`",
        "add",
    );
    only(
        "playbook: a\npair: icsr\n",
        "1:1 the playbook has no steps",
        "add `steps:`",
    );
    only(
        "playbook: a\npair: icsr\nsteps: []\n",
        "3:1 `steps` is an empty list",
        "- id: name",
    );
    only(
        "playbook: a\npair: icsr\nsteps: { a: 1 }\n",
        "3:1 `steps` is a list of steps",
        "- id: name",
    );
    only(
        &format!("{}sumary: x\n", steps(step)),
        "5:1 the playbook has no field `sumary`",
        "`summary`",
    );
    only(
        &format!("{}fallback: []\n", steps(step)),
        "5:11 `fallback`: expected a map",
        "",
    );
    only(
        &format!("{}fallback: {{}}\n", steps(step)),
        "5:1 `fallback` needs the field `steps`",
        "",
    );
    only(
        &format!("{}pair: b\n", steps(step)),
        "5:1 `pair` is written twice",
        "keep one",
    );
}

#[test]
fn a_key_written_twice_in_a_step_is_seen() {
    let text = steps("  - { id: a, on: backup, on: primary, snapshot: { name: x } }\n");
    only(&text, "4:26 `on` is written twice", "guess");
}

#[test]
fn an_unknown_need_suggests_the_step_that_was_meant() {
    let text = steps(
        "  - { id: drain-spine1, approve: { message: x } }\n  - { id: b, needs: [drain-spin1], approve: { message: x } }\n",
    );
    only(
        &text,
        "5:22 step `b` needs `drain-spin1`, which is not a step",
        "did you mean `drain-spine1`?",
    );
}

#[test]
fn a_cycle_is_shown_with_its_members_in_order() {
    let text = steps(
        "  - { id: a, needs: [c], approve: { message: x } }\n  - { id: b, needs: [a], approve: { message: x } }\n  - { id: c, needs: [b], approve: { message: x } }\n  - { id: d, needs: [c], approve: { message: x } }\n",
    );
    let found = mistakes(&text);
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(found[0].starts_with("4:22 steps need each other in a circle: a → c → b → a"));
    assert!(found[1].starts_with("7:11 step `d` can never start"));
    let itself = steps("  - { id: a, needs: [a], approve: { message: x } }\n");
    only(&itself, "4:22 step `a` needs itself", "remove");
}

#[test]
fn ids_are_unique_over_both_parts() {
    let text = format!(
        "{}fallback:\n  steps:\n    - {{ id: a, approve: {{ message: x }} }}\n",
        steps("  - { id: a, approve: { message: x } }\n")
    );
    only(&text, "7:13 two steps are called `a`", "rename");
}

#[test]
fn main_and_fallback_do_not_need_each_other() {
    let parts = |main: &str, fallback: &str| {
        format!(
            "{}fallback:\n  steps:\n    - {{ {fallback} }}\n",
            steps(&format!("  - {{ {main} }}\n"))
        )
    };
    let (a, b) = (
        "id: a, approve: { message: x }",
        "id: b, approve: { message: x }",
    );
    only(
        &parts(&format!("{a}, needs: [b]"), b),
        "4:47 step `a` can never start",
        "main step",
    );
    only(
        &parts(a, &format!("{b}, needs: [a]")),
        "7:49 fallback step `b` needs the main step",
        "if_done: [a]",
    );
    only(
        &parts(a, &format!("{b}, if_done: [x-y]")),
        "7:51 `if_done` names `x-y`, which is not",
        "a",
    );
    only(
        &parts(a, &format!("{b}, if_done: [a]")),
        "7:51 `if_done` names `a`, which changes nothing",
        "taken back",
    );
    only(
        &parts(a, &format!("{b}, if_done: [b]")),
        "7:51 `if_done` names `b`, a fallback step",
        "needs:",
    );
    only(
        &parts(a, &format!("{b}, on_failure: fallback")),
        "7:41 a fallback step has no fallback",
        "human",
    );
    only(
        &steps(&format!("  - {{ {a}, on_failure: fallback }}\n")),
        "4:39 step `a` falls back, but",
        "on_failure: stop",
    );
}

#[test]
fn inv_4_a_reload_of_the_active_chassis_is_refused_before_the_night() {
    let text = steps("  - { id: a, on: active, reload: { version: 1 }, no_undo: x }\n");
    only(&text, "4:14 `reload` on the Active chassis", "INV-4");
}

#[test]
fn inv_6_two_disruptive_steps_without_an_order_are_refused() {
    let text = steps(
        "  - { id: a, on: backup, reload: { version: 1 }, no_undo: x }\n  - { id: b, on: primary, reload: { version: 1 }, no_undo: x }\n",
    );
    only(&text, "5:11 `a` and `b` may run at the same time", "INV-6");
}

#[test]
fn inv_25_a_reload_after_a_boot_change_needs_a_synchronization_between() {
    let boot = "  - { id: boot, on: backup, boot_stack: { remove: top }, no_undo: x }\n";
    let sync = "  - { id: sync, on: backup, needs: [boot], sync_filesystems: }\n";
    let reload = |need: &str| {
        format!(
            "  - {{ id: r, on: backup, needs: [{need}], reload: {{ version: 1 }}, no_undo: x }}\n"
        )
    };
    let wrong = steps(&format!("{boot}{sync}{}", reload("boot")));
    only(
        &wrong,
        "6:11 `r` reloads after `boot` without synchronizing",
        "INV-25",
    );
    let right = steps(&format!("{boot}{sync}{}", reload("sync")));
    assert_eq!(mistakes(&right), Vec::<String>::new());
}

#[test]
fn a_comparison_needs_its_snapshot_of_the_same_chassis_before_it() {
    let take = "  - { id: take, on: backup, snapshot: { name: before } }\n";
    let compare = |rest: &str| format!("  - {{ id: cmp, {rest} }}\n");
    let missing = compare("on: backup, needs: [take], compare: { with: befor }");
    only(
        &steps(&format!("{take}{missing}")),
        "5:43 step `cmp` compares with `befor`",
        "did you mean `before`?",
    );
    for rest in [
        "on: primary, needs: [take], compare: { with: before }",
        "on: backup, compare: { with: before }",
    ] {
        let found = mistakes(&steps(&format!("{take}{}", compare(rest))));
        assert!(found[0].contains("is not surely captured"), "{found:#?}");
    }
}

#[test]
fn a_step_left_out_passes_its_needs_on() {
    let text = format!(
        "{}fallback:\n  steps:\n    - {{ id: f, on: backup, if_done: [b], boot_stack: {{ remove: top }}, no_undo: x }}\n    - {{ id: g, needs: [f], approve: {{ message: x }} }}\n",
        steps(
            "  - { id: a, approve: { message: x } }\n  - { id: b, needs: [a], when: false, on: backup, boot_stack: { remove: top }, no_undo: x }\n  - { id: c, needs: [b, a], approve: { message: x } }\n"
        )
    );
    let plan = load(&text, "night.yaml", &[], None).unwrap();
    let ids: Vec<&str> = plan.steps.iter().map(|step| step.id.as_str()).collect();
    // `f` can only take back what `b` did, and `b` is never done.
    assert_eq!(ids, ["preflight", "a", "c", "g"]);
    assert_eq!(plan.main, 3);
    assert_eq!(plan.steps[2].needs, [1]);
    assert!(plan.steps[3].needs.is_empty());
}

#[test]
fn a_chain_of_ten_thousand_steps_is_read_without_a_deep_stack() {
    let mut text = steps("  - { id: s0, approve: { message: x } }\n");
    for n in 1..10_000 {
        text += &format!(
            "  - {{ id: s{n}, needs: [s{}], approve: {{ message: x }} }}\n",
            n - 1
        );
    }
    let plan = load(&text, "night.yaml", &[], None).unwrap();
    assert_eq!(plan.steps.len(), 10_001);
    text += "  - { id: more, approve: { message: x } }\n";
    only(&text, "3:1 10001 steps, more than the 10000", "split");
}

#[test]
fn the_pair_is_looked_up_by_name_or_by_its_kind() {
    let chassis = |n: u8| {
        format!(
            "  c{n}: {{ os: staros, address: 192.0.2.{n}, login: {{ user: u, password: p }} }}\n"
        )
    };
    let mut text = String::from("chassis:\n");
    (1..=4).for_each(|n| text += &chassis(n));
    let one = format!("{text}pairs:\n  east: {{ kind: icsr, primary: c1, backup: c2 }}\n");
    let two = format!("{one}  west: {{ kind: icsr, primary: c3, backup: c4 }}\n");
    let playbook = steps("  - { id: a, approve: { message: \"${pair}\" } }\n");
    let load_on = |inventory: &str, vars: &[(String, String)]| {
        let inventory = Inventory::load(inventory, "lab.yaml").unwrap();
        load(&playbook, "night.yaml", vars, Some(&inventory))
            .map(|plan| plan.pair)
            .map_err(|found| lines(&found).remove(0))
    };
    assert_eq!(load_on(&one, &[]).unwrap(), "east");
    let west = [("pair".to_owned(), "west".to_owned())];
    assert_eq!(load_on(&two, &west).unwrap(), "west");
    let several = load_on(&two, &[]).unwrap_err();
    assert!(
        several.starts_with("2:7 the inventory has several pairs"),
        "{several}"
    );
    let none = load_on(&one, &[("pair".to_owned(), "esat".to_owned())]).unwrap_err();
    assert!(
        none.contains("no pair `esat` | did you mean `east`?"),
        "{none}"
    );
}

#[test]
fn ten_mistakes_are_ten_reports() {
    let text = "\
playbook: night
sumary: all wrong
pair: icsr
vars:
  image: { type: flash_path, default: asr.bin }
steps:
  - id: health
    on: bakup
    health_check: {}
  - id: copy
    on: backup
    needs: [helth]
    copy_image: { from: \"${source}\", to: \"${image}\", version: 21.28.3 }
  - id: boot
    on: backup
    boot_stack: { image: /flash/a.bin }
  - id: wait
    on: backup
    needs: [boot, again]
    wait_for: { trap: starSRPStandby, poll: 30s, deadline: 1h }
  - id: again
    needs: [wait]
    pause: { for: a while, reason: x }
";
    let found = mistakes(text);
    let begins = [
        "2:1 the playbook has no field `sumary`",
        "5:39 the default of variable `image`",
        "8:9 `on` names a role, and `bakup` is none",
        "9:5 `health_check` checks nothing",
        "12:13 step `copy` needs `helth`",
        "13:26 variable `source` is not declared",
        "16:5 step `boot` has no way back",
        "16:5 `boot_stack` has an image but no config",
        "19:19 steps need each other in a circle: wait → again → wait",
        "20:5 `wait_for` needs the field `until`",
        "23:19 `pause.for`: expected a length of time",
    ];
    assert_eq!(found.len(), begins.len(), "{found:#?}");
    for (seen, begins) in found.iter().zip(begins) {
        assert!(seen.starts_with(begins), "wanted {begins}\n{seen}");
    }
    let shown = load(text, "night.yaml", &[], None)
        .unwrap_err()
        .render(false);
    assert_eq!(
        shown.matches("[night.yaml:").count(),
        begins.len(),
        "{shown}"
    );
    assert!(
        shown.lines().all(|line| line.chars().count() <= 100),
        "{shown}"
    );
    assert!(!shown.contains('\u{1b}'));
}

#[test]
fn very_many_mistakes_are_counted_and_the_first_ones_drawn() {
    let mut text = steps("");
    for n in 0..3_000 {
        text += &format!(
            "  - {{ id: s{n}, needs: [t{n}, t{n}], approve: {{ message: \"${{v{n}}}\" }} }}\n"
        );
    }
    let found = load(&text, "night.yaml", &[], None).unwrap_err();
    assert_eq!(found.len(), 9_000);
    let shown = found.render(false);
    assert!(shown.ends_with("… and 8900 more in night.yaml\n"));
    let keys: String = (0..200_000).map(|n| format!("k{n}: 1\n")).collect();
    assert!(load(&keys, "night.yaml", &[], None).is_err());
}

#[test]
fn a_playbook_too_tangled_to_be_proven_safe_is_refused() {
    let mut text = steps("  - { id: s0, on: backup, boot_stack: { remove: top }, no_undo: x }\n");
    for n in 1..9_000 {
        let verb = match n % 3 {
            0 => "boot_stack: { remove: top }",
            1 => "sync_filesystems: {}",
            _ => "reload: { version: 1 }",
        };
        let no_undo = if n % 3 == 1 { "" } else { ", no_undo: x" };
        text += &format!(
            "  - {{ id: s{n}, on: backup, needs: [s{}], {verb}{no_undo} }}\n",
            n - 1
        );
    }
    let found = mistakes(&text);
    assert!(
        found
            .iter()
            .any(|line| line.contains("too large to be proven safe"))
    );
}
