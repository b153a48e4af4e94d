//! What a single step must satisfy beyond the types of its fields.

mod commands;

use std::time::Duration;

use crate::action::fields::Span;
use crate::action::{Action, boot_stack, health_check, wait_for};

use super::diagnostics::{Diagnostic, Place};
use super::plan::On;
use super::source::{Data, Node};
use super::step::{Draft, Part};
use super::vars::is_url;
use commands::{check_command, check_configure};

/// Where the parts of a step are written, as far as they are.
pub struct Written<'n> {
    pub on: Option<&'n Place>,
    pub undo: Option<&'n Place>,
    pub no_undo: Option<&'n Place>,
    pub attempts: Option<&'n Place>,
    pub optional: Option<&'n Place>,
    pub if_done: Option<&'n Place>,
    /// The verb as it is written.
    pub verb: Option<&'n str>,
    /// The fields of the verb.
    pub fields: Option<&'n Node>,
}

/// Verbs that need `undo:` or `no_undo:` whatever their fields say ([`Action::needs_undo`]).
const OWES_A_WAY_BACK: [&str; 4] = ["boot_stack", "reload", "srp_switchover", "configure"];

/// Checks a step that stands alone.
pub fn check(draft: &Draft, written: &Written<'_>, found: &mut Vec<Diagnostic>) {
    if let (Part::Main, Some(place)) = (draft.part, written.if_done) {
        found.push(
            Diagnostic::at(
                place.clone(),
                "`if_done` belongs to fallback steps",
                "in a main step",
            )
            .help("a main step waits for others with `needs:`"),
        );
    }
    if let (Some(undo), Some(no_undo)) = (written.undo, written.no_undo) {
        found.push(
            Diagnostic::at(
                no_undo.clone(),
                format!("step `{}` has both `undo` and `no_undo`", draft.id.text),
                "says there is no way back",
            )
            .also(undo.clone(), "gives the way back")
            .help("keep one of them"),
        );
    }
    let Some(action) = &draft.action else {
        // Its fields are wrong; that it owes a way back is known from the verb alone.
        let owing = written.verb.filter(|verb| OWES_A_WAY_BACK.contains(verb));
        if let (Some(verb), None, None) = (owing, written.undo, written.no_undo) {
            found.push(no_way_back(draft, verb));
        }
        return;
    };
    check_chassis(draft, action, written, found);
    check_way_back(draft, action, written, found);
    check_repetition(draft, action, written, found);
    if let Some(fields) = written.fields {
        check_fields(action, &draft.verb, fields, found);
    }
}

fn check_chassis(
    draft: &Draft,
    action: &Action,
    written: &Written<'_>,
    found: &mut Vec<Diagnostic>,
) {
    let verb = action.verb();
    match written.on {
        None if action.needs_chassis() => found.push(
            Diagnostic::at(
                draft.id.place.clone(),
                format!("step `{}` does not say on which chassis", draft.id.text),
                format!("`{verb}` works on one chassis"),
            )
            .help("add `on: primary` or `on: backup` (or active, standby)"),
        ),
        Some(place) if draft.on == Some(On::Active) && matches!(action, Action::Reload(_)) => {
            let message = "`reload` on the Active chassis is always refused";
            found.push(
                Diagnostic::at(place.clone(), message, "carries the traffic").help(
                    "move the traffic with `srp_switchover` first, then reload the other chassis \
                     by its identity: `on: primary` or `on: backup` (INV-4)",
                ),
            );
        }
        Some(place) if !action.needs_chassis() => {
            let help = match action {
                Action::SrpSwitchover(_) => {
                    "a switchover involves both; `to:` says who is Active afterwards: remove `on:`"
                }
                _ => "remove `on:`",
            };
            let message = format!("`{verb}` does not work on a chassis");
            found.push(Diagnostic::at(place.clone(), message, "means nothing here").help(help));
        }
        _ => {}
    }
}

fn check_way_back(
    draft: &Draft,
    action: &Action,
    written: &Written<'_>,
    found: &mut Vec<Diagnostic>,
) {
    let verb = action.verb();
    match (written.undo, written.no_undo) {
        (None, None) if action.needs_undo() => found.push(no_way_back(draft, verb)),
        (Some(place), _) if !action.has_impact() => {
            let message = format!("`{verb}` changes nothing, so there is nothing to undo");
            found
                .push(Diagnostic::at(place.clone(), message, "remove this").help("remove `undo:`"));
        }
        _ => {}
    }
}

fn no_way_back(draft: &Draft, verb: &str) -> Diagnostic {
    Diagnostic::at(
        draft.verb.clone(),
        format!("step `{}` has no way back", draft.id.text),
        format!("`{verb}` can take subscribers off the air"),
    )
    .help("add `undo:` with the verb that takes it back, or `no_undo: reason` if there is none")
}

fn check_repetition(
    draft: &Draft,
    action: &Action,
    written: &Written<'_>,
    found: &mut Vec<Diagnostic>,
) {
    if let Some(place) = written.attempts {
        if !(1..=100).contains(&draft.attempts) {
            found.push(
                Diagnostic::at(
                    place.clone(),
                    format!("`attempts` is from 1 to 100, not {}", draft.attempts),
                    "",
                )
                .help("one attempt is the default; a wait has its own polling"),
            );
        } else if draft.attempts > 1 && action.has_impact() {
            let message = format!(
                "`{}` changes a chassis and is never repeated",
                action.verb()
            );
            found.push(Diagnostic::at(place.clone(), message, "more than one attempt").help(
                "remove `attempts:`; a change whose end is unknown is looked at, not sent again",
            ));
        }
    }
    if let Some(place) = written.optional
        && draft.optional
        && action.needs_undo()
    {
        let message = format!("`{}` cannot be optional", action.verb());
        found.push(
            Diagnostic::at(place.clone(), message, "its failure must stop the run")
                .help("remove `optional:`; to leave a step out, use `when: false`"),
        );
    }
}

/// Checks the fields of one verb against each other.
pub fn check_fields(action: &Action, verb: &Place, fields: &Node, found: &mut Vec<Diagnostic>) {
    if !matches!(
        action,
        Action::Approve(_) | Action::Pause(_) | Action::Notify(_)
    ) {
        check_lines(fields, action.verb(), found);
    }
    let mut mistake = |place: Place, message: &str, help: &str| {
        found.push(Diagnostic::at(place, message, "").help(help));
    };
    match action {
        Action::HealthCheck(spec) if !names_a_check(spec) => mistake(
            verb.clone(),
            "`health_check` checks nothing",
            "name at least one check, such as `cards: ok`, `services: started` or `srp: paired`",
        ),
        Action::BootStack(spec) => check_boot_stack(spec, verb, found),
        Action::CopyImage(spec) => {
            if spec.from.as_deref().is_some_and(|from| !is_url(from)) {
                mistake(
                    place_of(fields, "from", verb),
                    "`copy_image.from` must be a URL without blanks",
                    "such as `sftp://images.example.net/image.bin`",
                );
            }
            check_word(&spec.version, place_of(fields, "version", verb), found);
            check_limit(fields, verb, spec.within, None, found);
        }
        Action::Reload(spec) => {
            check_word(&spec.version, place_of(fields, "version", verb), found);
            check_limit(fields, verb, spec.within, Some(spec.poll), found);
        }
        Action::SrpSwitchover(spec) => {
            check_limit(fields, verb, spec.within, Some(spec.poll), found);
        }
        Action::WaitFor(spec) => check_wait(spec, fields, verb, found),
        Action::Command(spec) => check_command(spec, fields, verb, found),
        Action::Configure(spec) => check_configure(spec, fields, verb, found),
        Action::SaveConfig(spec) => check_limit(fields, verb, spec.within, None, found),
        Action::SyncFilesystems(spec) => check_limit(fields, verb, spec.within, None, found),
        Action::Notify(spec) => check_limit(fields, verb, spec.within, None, found),
        Action::HealthCheck(_)
        | Action::Snapshot(_)
        | Action::Compare(_)
        | Action::Approve(_)
        | Action::Pause(_)
        | Action::Preflight(_) => {}
    }
}

fn names_a_check(spec: &health_check::Spec) -> bool {
    // Taken apart by name, so that a check added later is not forgotten here.
    let health_check::Spec {
        cards,
        resources,
        alarms,
        services,
        session_recovery,
        srp_monitor,
        srp,
        bgp,
        aaa,
        license,
        version,
        within: _,
    } = spec;
    cards.is_some()
        || resources.is_some()
        || alarms.is_some()
        || services.is_some()
        || session_recovery.is_some()
        || srp_monitor.is_some()
        || srp.is_some()
        || bgp.is_some()
        || aaa.is_some()
        || license.is_some()
        || version.is_some()
}

fn check_boot_stack(spec: &boot_stack::Spec, verb: &Place, found: &mut Vec<Diagnostic>) {
    let message = match (&spec.image, &spec.config, &spec.remove) {
        (Some(_), Some(_), None) | (None, None, Some(_)) => return,
        (None, None, None) => "`boot_stack` neither adds nor removes an entry",
        (_, _, Some(_)) => "`boot_stack` both adds and removes an entry",
        (Some(_), None, None) => "`boot_stack` has an image but no config",
        (None, Some(_), None) => "`boot_stack` has a config but no image",
    };
    found.push(Diagnostic::at(verb.clone(), message, "").help(
        "either `image:` and `config:` (a new top entry), or `remove: top` (take it away again)",
    ));
}

fn check_wait(spec: &wait_for::Spec, fields: &Node, verb: &Place, found: &mut Vec<Diagnostic>) {
    let deadline = spec.deadline;
    check_limit(fields, verb, deadline, Some(spec.poll), found);
    if spec.hold >= deadline && spec.hold.0 > Duration::ZERO {
        found.push(
            Diagnostic::at(
                place_of(fields, "hold", verb),
                format!(
                    "a hold of {} cannot fit into a deadline of {deadline}",
                    spec.hold
                ),
                "too long",
            )
            .help("make the deadline longer than the hold"),
        );
    }
}

/// A limit of no time always fails, and a poll at or beyond the limit never looks.
fn check_limit(
    fields: &Node,
    verb: &Place,
    limit: Span,
    poll: Option<Span>,
    found: &mut Vec<Diagnostic>,
) {
    let name = if place_if(fields, "deadline").is_some() {
        "deadline"
    } else {
        "within"
    };
    if limit.0 == Duration::ZERO {
        let place = place_of(fields, name, verb);
        found.push(
            Diagnostic::at(place, format!("`{name}` of no time at all"), "always fails")
                .help("give it time, such as `10m`"),
        );
        return;
    }
    let Some(poll) = poll else { return };
    if poll.0 == Duration::ZERO {
        found.push(
            Diagnostic::at(
                place_of(fields, "poll", verb),
                "`poll` of no time at all",
                "",
            )
            .help("a chassis must be left alone between two looks, such as `poll: 15s`"),
        );
    } else if poll >= limit {
        found.push(
            Diagnostic::at(
                place_of(fields, "poll", verb),
                format!("polling every {poll} never looks again within {limit}"),
                "too rare",
            )
            .help(format!("poll more often, or raise `{name}`")),
        );
    }
}

/// A line break inside a value would send a second command.
fn check_lines(fields: &Node, verb: &str, found: &mut Vec<Diagnostic>) {
    fields.scalars(&mut |node| {
        let Data::Scalar { text, .. } = &node.data else {
            return;
        };
        if text.chars().any(char::is_control) {
            let place = node.place.clone();
            found.push(
                Diagnostic::at(
                    place,
                    format!("a value of `{verb}` has more than one line"),
                    "",
                )
                .help("one command is one line: use one step or one list item for each"),
            );
        }
    });
}

fn check_word(version: &str, place: Place, found: &mut Vec<Diagnostic>) {
    if version.is_empty() || version.chars().any(char::is_whitespace) {
        found.push(
            Diagnostic::at(place, format!("`{version}` is not a version"), "")
                .help("write it as `show version` does, such as `21.28.3`"),
        );
    }
}

fn place_if(fields: &Node, name: &str) -> Option<Place> {
    match &fields.data {
        Data::Map(entries) => entries
            .iter()
            .find(|(key, _)| key.text == name)
            .map(|(_, value)| value.place.clone()),
        _ => None,
    }
}

fn place_of(fields: &Node, name: &str, verb: &Place) -> Place {
    place_if(fields, name).unwrap_or_else(|| verb.clone())
}

fn item_place(fields: &Node, name: &str, at: usize) -> Option<Place> {
    let Data::Map(entries) = &fields.data else {
        return None;
    };
    match &entries.iter().find(|(key, _)| key.text == name)?.1.data {
        Data::List(items) => items.get(at).map(|item| item.place.clone()),
        _ => None,
    }
}
