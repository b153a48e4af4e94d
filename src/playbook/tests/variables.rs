//! Variables: declared, given, filled in.

use super::{mistakes_with, only};

const VARS: &str = "\
playbook: night
pair: icsr
vars:
  image: { type: flash_path, required: true }
  soak: { type: duration, default: 10m }
  calls: { type: list, default: [] }
  ticket: { type: string, default: CHG1 }
  name: { type: string, default: \"${ticket}-a\" }
steps:
  - { id: a, pause: { for: \"${soak}\", reason: \"$${x} ${name} ${image}\" } }
  - { id: b, notify: { program: \"${calls}\" } }
";

#[test]
fn variables_are_filled_in_before_values_are_typed() {
    use crate::action::Action;
    let vars = [
        ("image", "/flash/a"),
        ("calls", "[\"x y\", z]"),
        ("soak", "1h 30m"),
    ];
    let vars = vars.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let plan = crate::playbook::load(VARS, "night.yaml", &vars, None).unwrap();
    match (&plan.steps[1].action, &plan.steps[2].action) {
        (Action::Pause(pause), Action::Notify(notify)) => {
            assert_eq!(pause.length.to_string(), "1h 30m");
            assert_eq!(pause.reason, "${x} CHG1-a /flash/a");
            assert_eq!(notify.program, ["x y", "z"]);
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(plan.vars["calls"], "[\"x y\",\"z\"]");
}

#[test]
fn what_is_wrong_with_variables_is_said_once() {
    type Given<'a> = &'a [(&'a str, &'a str)];
    let cases: [(Given<'_>, &str, &str); 6] = [
        (
            &[],
            "4:3 required variable `image` has no value",
            "--var image=/flash/example.bin",
        ),
        (
            &[("image", "a.bin")],
            "4:3 --var image: expected a file",
            "--var image=",
        ),
        (
            &[("image", "/flash/a"), ("soak", "long")],
            "5:3 --var soak: expected a length",
            "10m",
        ),
        (
            &[("image", "/flash/a"), ("sok", "1m")],
            "- --var sok: the playbook declares no `sok`",
            "did you mean `soak`?",
        ),
        (
            &[("image", "/flash/a"), ("image", "/flash/b")],
            "- --var image is given twice",
            "once",
        ),
        (
            &[("image", "/flash/a"), ("ticket", "a\nreload")],
            "7:3 --var ticket: '\\n' is not allowed",
            "",
        ),
    ];
    for (vars, begins, hint) in cases {
        let found = mistakes_with(VARS, vars);
        assert_eq!(found.len(), 1, "{found:#?}");
        assert!(
            found[0].starts_with(begins) && found[0].contains(hint),
            "{begins}: {}",
            found[0]
        );
    }
}

#[test]
fn declarations_are_checked() {
    let cases = [
        (
            "{ type: durration, default: 1m }",
            "4:14 `type` cannot be `durration`",
            "did you mean `duration`?",
        ),
        (
            "{ default: 1m }",
            "4:3 variable `x` needs the field `type`",
            "add `type: …`",
        ),
        (
            "{ type: string }",
            "4:3 variable `x` is neither required nor has a default",
            "required: true",
        ),
        (
            "{ type: string, required: true, default: a }",
            "4:38 variable `x` is required and has a default",
            "remove",
        ),
        (
            "{ type: bool, default: maybe }",
            "4:29 the default of variable `x`: expected true or false",
            "true",
        ),
        (
            "{ type: number, default: few }",
            "4:31 the default of variable `x`: expected a number",
            "10",
        ),
        (
            "{ type: percent, default: 5 }",
            "4:32 the default of variable `x`: expected a share",
            "5%",
        ),
        (
            "{ type: url, default: here }",
            "4:28 the default of variable `x`: expected a URL",
            "sftp",
        ),
        (
            "{ type: list, default: a }",
            "4:29 the default of variable `x`: expected a list",
            "[one",
        ),
        (
            "{ type: string, defualt: a, default: b }",
            "4:22 variable `x` has no field `defualt`",
            "did you mean `default`?",
        ),
        ("flash_path", "4:6 variable `x`: expected a map", ""),
    ];
    for (declaration, begins, hint) in cases {
        let text = format!(
            "playbook: night\npair: icsr\nvars:\n  x: {declaration}\nsteps:\n  - {{ id: a, approve: {{ message: \"${{x}}\" }} }}\n"
        );
        only(&text, begins, hint);
    }
    let reserved = VARS.replace("  soak:", "  pair:");
    let found = mistakes_with(&reserved, &[("image", "/flash/a")]);
    assert!(
        found[0].starts_with("5:3 `pair` cannot be the name"),
        "{found:#?}"
    );
}

#[test]
fn a_list_inside_a_text_is_refused_where_it_stands() {
    let text = VARS.replace("${name}", "${calls}");
    let found = mistakes_with(&text, &[("image", "/flash/a")]);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(
        found[0].starts_with("10:54 `calls` is a list"),
        "{found:#?}"
    );
}
