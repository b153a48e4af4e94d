//! Rules for what a playbook types itself.

use super::super::diagnostics::{Diagnostic, Place};
use super::super::source::Node;
use super::{item_place, place_of};
use crate::action::{command, configure, typed};

/// INV-4, INV-8, INV-23: what a verb proves safe first is not typed around it.
fn has_verb(place: Place, verb: &str) -> Diagnostic {
    Diagnostic::at(
        place,
        format!("this is what the verb `{verb}` is for"),
        "not typed by hand",
    )
    .help(format!(
        "use `{verb}`: it proves first that nobody is hurt, and reads back what it did"
    ))
}

pub(super) fn check_command(
    spec: &command::Spec,
    fields: &Node,
    verb: &Place,
    found: &mut Vec<Diagnostic>,
) {
    if spec.run.trim().is_empty() {
        let place = place_of(fields, "run", verb);
        found.push(Diagnostic::at(place, "`command.run` is empty", "").help("write the command"));
    }
    match typed::command(&spec.run) {
        typed::Effect::HasVerb(other) => found.push(has_verb(place_of(fields, "run", verb), other)),
        typed::Effect::Changes if !spec.impact && !spec.run.trim().is_empty() => found.push(
            Diagnostic::at(
                place_of(fields, "run", verb),
                format!("`{}` is not known to only read", spec.run.trim()),
                "may change something",
            )
            .help("say `impact: true`, with `undo:` or `no_undo:`; it is then journalled first and sent once"),
        ),
        typed::Effect::Changes | typed::Effect::Reads => {}
    }
    if spec.impact && spec.expect.is_empty() && spec.reject.is_empty() {
        found.push(
            Diagnostic::at(verb.clone(), "a command with impact and no expectation", "")
                .help("say what its answer must show: `expect: [regex]`"),
        );
    }
    for (name, patterns) in [("expect", &spec.expect), ("reject", &spec.reject)] {
        for (at, pattern) in patterns.iter().enumerate() {
            let Err(error) = regex::Regex::new(pattern) else {
                continue;
            };
            let place = item_place(fields, name, at).unwrap_or_else(|| verb.clone());
            let why = error.to_string();
            let why = why.lines().last().unwrap_or_default().trim();
            let why = why.strip_prefix("error: ").unwrap_or(why);
            found.push(
                Diagnostic::at(
                    place,
                    format!("`command.{name}`: not a regular expression"),
                    why,
                )
                .help("escape `( [ { * + ? |` with a backslash to mean the character itself"),
            );
        }
    }
}

pub(super) fn check_configure(
    spec: &configure::Spec,
    fields: &Node,
    verb: &Place,
    found: &mut Vec<Diagnostic>,
) {
    for (name, lines, help) in [
        ("lines", &spec.lines, "list the configuration lines"),
        (
            "verify",
            &spec.verify,
            "list lines that `show configuration` must contain afterwards: accepted is not done",
        ),
    ] {
        if lines.is_empty() {
            let place = place_of(fields, name, verb);
            found
                .push(Diagnostic::at(place, format!("`configure.{name}` is empty"), "").help(help));
        }
    }
    for line in &spec.lines {
        if let typed::Effect::HasVerb(other) = typed::line(line) {
            found.push(has_verb(place_of(fields, "lines", verb), other));
        }
    }
}
