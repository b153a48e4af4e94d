//! Mistakes inside one step.

use super::{mistakes, only, steps};

#[test]
fn a_right_step_has_no_mistake() {
    let text = steps("  - { id: a, on: backup, health_check: { cards: ok } }\n");
    assert_eq!(mistakes(&text), Vec::<String>::new());
}

#[test]
fn wrong_fields_do_not_hide_that_a_step_owes_a_way_back() {
    let found = mistakes(&steps(
        "  - { id: a, on: backup, reload: { version: 1, within: soon } }\n",
    ));
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(
        found
            .iter()
            .any(|seen| seen.contains("step `a` has no way back"))
    );
    assert!(found.iter().any(|seen| seen.contains("`reload.within`")));
}

#[test]
fn inv_4_inv_8_inv_23_what_has_a_verb_is_not_typed_by_hand() {
    for (typed, verb) in [
        ("command: { run: reload -noconfirm }", "reload"),
        (
            "command: { run: rel -n, impact: true, expect: [x] }, no_undo: x",
            "reload",
        ),
        ("command: { run: srp init force }", "srp_switchover"),
        (
            "configure: { lines: [no boot system priority 10], verify: [x] }, no_undo: x",
            "boot_stack",
        ),
    ] {
        let found = mistakes(&steps(&format!("  - {{ id: a, on: primary, {typed} }}\n")));
        let wanted = format!("this is what the verb `{verb}` is for");
        assert!(
            found.iter().any(|seen| seen.contains(&wanted)),
            "{typed}: {found:#?}"
        );
    }
    let found = mistakes(&steps(
        "  - { id: a, on: primary, command: { run: delete /flash/x } }\n",
    ));
    assert!(found[0].contains("not known to only read"), "{found:#?}");
}

#[test]
fn each_mistake_of_a_step_stands_at_its_place_with_a_hint() {
    let cases = [
        (
            "id: a, on: backup, health_chek: {}",
            "4:26 step `a`: `health_chek` is neither",
            "did you mean `health_check`?",
        ),
        (
            "id: a, on: backup, ipsp: {}",
            "4:26 `ipsp` comes with a later release",
            "verbs of this release",
        ),
        (
            "id: a, on: backup, retries: 3, snapshot: { name: x }",
            "4:26 step `a`: `retries` is neither",
            "expected one of",
        ),
        (
            "id: a, on: backup, reload: { version: 1, polls: 3s }, no_undo: x",
            "4:48 `reload` has no field `polls`",
            "did you mean `poll`?",
        ),
        (
            "id: a, on: backup, reload: { version: 1, poll: soon }, no_undo: x",
            "4:54 `reload.poll`: expected a length of time",
            "",
        ),
        (
            "id: a, on: backup, reload: { version: [1] }, no_undo: x",
            "4:45 `reload.version`: expected text, found a list",
            "",
        ),
        (
            "id: a, on: backup, reload: {}, no_undo: x",
            "4:26 `reload` needs the field `version`",
            "add `version: …`",
        ),
        (
            "id: a, on: backup",
            "4:5 step `a` has no verb",
            "add one of",
        ),
        (
            "id: a, on: backup, snapshot: { name: x }, pause: { for: 1s, reason: x }",
            "4:49 step `a` has 2 verbs",
            "make two steps",
        ),
        (
            "on: backup, snapshot: { name: x }",
            "4:5 a step needs the field `id`",
            "add `id: …`",
        ),
        (
            "id: a b, on: backup, snapshot: { name: x }",
            "4:11 `a b` cannot name a step",
            "letters",
        ),
        (
            "id: preflight, on: backup, snapshot: { name: x }",
            "4:11 `preflight` is taken",
            "another id",
        ),
        (
            "id: all, on: backup, snapshot: { name: x }",
            "4:11 `all` is taken",
            "another id",
        ),
        (
            "id: a, snapshot: { name: x }",
            "4:11 step `a` does not say on which chassis",
            "add `on: primary`",
        ),
        (
            "id: a, on: bakup, snapshot: { name: x }",
            "4:18 `on` names a role, and `bakup` is none",
            "did you mean `backup`?",
        ),
        (
            "id: a, on: ha-east, snapshot: { name: x }",
            "4:18 `on` names a role, and `ha-east` is none",
            "inventory",
        ),
        (
            "id: a, on: backup, pause: { for: 1s, reason: x }",
            "4:14 `pause` does not work on a chassis",
            "remove `on:`",
        ),
        (
            "id: a, on: backup, srp_switchover: { to: backup }, no_undo: x",
            "4:14 `srp_switchover` does not work on",
            "`to:` says who",
        ),
        (
            "id: a, srp_switchover: { to: standby }, no_undo: x",
            "4:36 `srp_switchover.to` cannot be `standby`",
            "primary, backup",
        ),
        (
            "id: a, on: backup, wait_for: { trap: x, poll: 30s, deadline: 1h }",
            "4:26 `wait_for` needs the field `until`",
            "never proves",
        ),
        (
            "id: a, on: backup, wait_for: { until: version == 1, deadline: 1h }",
            "4:26 `wait_for` needs the field `poll`",
            "traps get lost",
        ),
        (
            "id: a, on: backup, wait_for: { until: srp.stat == x, poll: 30s, deadline: 1h }",
            "4:45 `wait_for.until`: unknown fact `srp.stat`",
            "",
        ),
        (
            "id: a, on: backup, wait_for: { until: version == 1, poll: 2h, deadline: 1h }",
            "4:65 polling every 2h never looks again within 1h",
            "poll more often",
        ),
        (
            "id: a, on: backup, wait_for: { until: version == 1, poll: 0s, deadline: 1h }",
            "4:65 `poll` of no time",
            "left alone",
        ),
        (
            "id: a, on: backup, wait_for: { until: version == 1, poll: 1s, deadline: 1h, hold: 2h }",
            "4:89 a hold of 2h cannot fit",
            "longer",
        ),
        (
            "id: a, on: backup, reload: { version: 1, within: 0s }, no_undo: x",
            "4:56 `within` of no time at all",
            "give it time",
        ),
        (
            "id: a, on: backup, reload: { version: 1 }",
            "4:26 step `a` has no way back",
            "no_undo: reason",
        ),
        (
            "id: a, on: backup, reload: { version: 1 }, undo: { reload: { version: 0 } }, no_undo: x",
            "4:84 step `a` has both",
            "keep one",
        ),
        (
            "id: a, on: backup, reload: { version: 1 }, no_undo: \"\"",
            "4:50 `no_undo` needs a reason",
            "sentence",
        ),
        (
            "id: a, on: backup, reload: { version: 1 }, undo: { snapshot: { name: x } }",
            "4:58 `undo`: `snapshot` changes nothing",
            "no_undo",
        ),
        (
            "id: a, on: backup, reload: { version: 1 }, undo: { relod: {} }",
            "4:58 `undo`: `relod` is not a verb",
            "did you mean `reload`?",
        ),
        (
            "id: a, on: backup, reload: { version: 1 }, undo: yes",
            "4:50 `undo` holds one verb",
            "such as",
        ),
        (
            "id: a, on: backup, snapshot: { name: x }, undo: { reload: { version: 1 } }",
            "4:49 `snapshot` changes nothing, so there is nothing to undo",
            "remove",
        ),
        (
            "id: a, on: backup, health_check: { within: 5m }",
            "4:26 `health_check` checks nothing",
            "at least one",
        ),
        (
            "id: a, on: backup, health_check: { cards: good }",
            "4:49 `health_check.cards` cannot be `good`",
            "ok",
        ),
        (
            "id: a, on: backup, boot_stack: {}, no_undo: x",
            "4:26 `boot_stack` neither adds nor removes",
            "either",
        ),
        (
            "id: a, on: backup, boot_stack: { image: /flash/a }, no_undo: x",
            "4:26 `boot_stack` has an image but no config",
            "either",
        ),
        (
            "id: a, on: backup, boot_stack: { image: /flash/a, config: /flash/b, remove: top }, no_undo: x",
            "4:26 `boot_stack` both adds and removes",
            "either",
        ),
        (
            "id: a, on: backup, boot_stack: { image: a.bin, config: /flash/b }, no_undo: x",
            "4:47 `boot_stack.image`: expected a file",
            "",
        ),
        (
            "id: a, on: backup, copy_image: { from: images/a, to: /flash/a, version: 1 }",
            "4:46 `copy_image.from` must be a URL",
            "sftp://",
        ),
        (
            "id: a, on: backup, copy_image: { to: /flash/a, version: a b }",
            "4:63 `a b` is not a version",
            "show version",
        ),
        (
            "id: a, on: backup, command: { run: show clock, expect: [\"ok\", \"(\"] }",
            "4:69 `command.expect`: not a regular expression",
            "escape",
        ),
        (
            "id: a, on: backup, command: { run: \"show clock\\nreload\" }",
            "4:42 a value of `command` has more than one line",
            "one command is one line",
        ),
        (
            "id: a, on: backup, command: { run: \" \" }",
            "4:42 `command.run` is empty",
            "write the command",
        ),
        (
            "id: a, on: backup, command: { run: x, impact: true }, no_undo: x",
            "4:26 a command with impact and no expectation",
            "expect",
        ),
        (
            "id: a, on: backup, configure: { lines: [x], verify: [] }, no_undo: x",
            "4:59 `configure.verify` is empty",
            "accepted is not done",
        ),
        (
            "id: a, on: backup, configure: { lines: [\"x\\ny\"], verify: [x] }, no_undo: x",
            "4:47 a value of `configure` has more",
            "list item",
        ),
        (
            "id: a, on: backup, attempts: 0, snapshot: { name: x }",
            "4:36 `attempts` is from 1 to 100",
            "",
        ),
        (
            "id: a, on: backup, attempts: 3, reload: { version: 1 }, no_undo: x",
            "4:36 `reload` changes a chassis and is never repeated",
            "looked at",
        ),
        (
            "id: a, on: backup, optional: true, reload: { version: 1 }, no_undo: x",
            "4:26 `reload` cannot be optional",
            "when: false",
        ),
        (
            "id: a, on: backup, optional: yes, snapshot: { name: x }",
            "4:36 `optional`: expected true or false, found `yes`",
            "",
        ),
        (
            "id: a, on: backup, when: maybe, snapshot: { name: x }",
            "4:32 `when`: expected true or false, found `maybe`",
            "",
        ),
        (
            "id: a, on: backup, on_failure: retry, snapshot: { name: x }",
            "4:38 `on_failure` cannot be `retry`",
            "stop, fallback",
        ),
        (
            "id: a, on: backup, needs: b, snapshot: { name: x }",
            "4:33 `needs` is a list",
            "`needs: [b]`",
        ),
        (
            "id: a, on: backup, if_done: [b], snapshot: { name: x }",
            "4:26 `if_done` belongs to fallback steps",
            "needs:",
        ),
        (
            "id: a, on: backup, snapshot: { name: \"${img}\" }",
            "4:45 variable `img` is not declared",
            "",
        ),
        (
            "id: a, on: backup, snapshot: { name: \"${img\" }",
            "4:45 `${` without its `}`",
            "$${",
        ),
    ];
    for (step, begins, hint) in cases {
        only(&steps(&format!("  - {{ {step} }}\n")), begins, hint);
    }
}

#[test]
fn several_mistakes_in_one_verb_are_all_seen() {
    let text = steps(
        "  - { id: a, on: backup, wait_for: { untill: x, poll: often, deadline: 1, hold: [] } }\n",
    );
    let found = mistakes(&text);
    assert_eq!(found.len(), 4, "{found:#?}");
    assert!(found[0].contains("did you mean `until`?"), "{found:#?}");
}
