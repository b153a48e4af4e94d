//! One step of the YAML, read on its own so that its mistakes hide nobody else's.

use std::collections::BTreeMap;

use crate::action::fields::Span;
use crate::action::{Action, PLANNED_VERBS, VERBS};

use super::diagnostics::{Diagnostic, Place};
use super::fields::Fields;
use super::plan::{On, OnFailure};
use super::rules;
use super::source::{Data, Key, Node};
use super::typed;

/// A name and where it is written.
#[derive(Clone, Debug)]
pub struct Name {
    pub text: String,
    pub place: Place,
}

/// Which graph a step belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Main,
    Fallback,
}

/// A step as far as it could be read.
#[derive(Clone, Debug)]
pub struct Draft {
    pub part: Part,
    /// Where to point when the step as a whole is meant.
    pub id: Name,
    pub on: Option<On>,
    pub needs: Vec<Name>,
    /// `None` when the verb could not be read; the mistake is reported.
    pub action: Option<Action>,
    /// Where the verb is written.
    pub verb: Place,
    pub undo: Option<Action>,
    pub no_undo: Option<String>,
    pub if_done: Vec<Name>,
    pub on_failure: (OnFailure, Place),
    pub attempts: u32,
    pub optional: bool,
    pub expect: Option<Span>,
    /// False: the step is left out and those that need it inherit its needs.
    pub when: bool,
}

impl Draft {
    /// Reads a step. `None` when it cannot even be named.
    pub fn read(node: &Node, part: Part, text: &str, found: &mut Vec<Diagnostic>) -> Option<Self> {
        let here = super::source::first_line(text, &node.place);
        let mut fields = Fields::of(node, "a step", here.clone(), found)?;
        let id = fields
            .require_node("id", found)
            .and_then(|node| id(node, found));
        let what = match &id {
            Some(id) => format!("step `{}`", id.text),
            None => "the step".into(),
        };
        let on = fields.take_entry("on").filter(|(_, node)| !node.is_null());
        let needs = names(fields.take("needs"), "needs", found);
        let if_done_entry = fields.take_entry("if_done");
        let if_done = names(if_done_entry.map(|(_, node)| node), "if_done", found);
        let undo = fields
            .take_entry("undo")
            .filter(|(_, node)| !node.is_null());
        let no_undo_entry = fields.take_entry("no_undo");
        let no_undo = no_undo_entry.and_then(|(key, node)| reason(key, node, found));
        let on_failure_entry = fields.take_entry("on_failure");
        let on_failure = match on_failure_entry {
            None => (OnFailure::Stop, here.clone()),
            Some((key, node)) => (
                read_or(node, "on_failure", OnFailure::Stop, found),
                key.place.clone(),
            ),
        };
        let attempts = fields.take_entry("attempts");
        let optional = fields.take_entry("optional");
        let expect = fields.read("expect", found);
        let when = fields
            .take("when")
            .is_none_or(|node| read_or(node, "when", true, found));
        let (rest, known) = fields.rest();
        let verb = verb(&rest, &known, &what, &here, found);
        let action = verb.and_then(|entry| action(entry, found));
        let read_undo = undo.and_then(|(key, node)| undo_action(key, node, found));
        let mut draft = Self {
            part,
            id: id.unwrap_or(Name {
                text: String::new(),
                place: here.clone(),
            }),
            on: None,
            needs,
            verb: verb.map_or(here, |(key, _)| key.place.clone()),
            action,
            undo: read_undo,
            no_undo,
            if_done,
            on_failure,
            attempts: attempts.map_or(1, |(_, node)| read_or(node, "attempts", 1, found)),
            optional: optional.is_some_and(|(_, node)| read_or(node, "optional", false, found)),
            expect,
            when,
        };
        draft.on = on.and_then(|(_, node)| role(node, found));
        let written = rules::Written {
            on: on.map(|(key, _)| &key.place),
            undo: undo.map(|(key, _)| &key.place),
            no_undo: no_undo_entry.map(|(key, _)| &key.place),
            attempts: attempts.map(|(_, node)| &node.place),
            optional: optional.map(|(key, _)| &key.place),
            if_done: if_done_entry.map(|(key, _)| &key.place),
            verb: verb.map(|(key, _)| key.text.as_str()),
            fields: verb.map(|(_, node)| node),
        };
        rules::check(&draft, &written, found);
        Some(draft)
    }
}

fn id(node: &Node, found: &mut Vec<Diagnostic>) -> Option<Name> {
    let text = typed::read::<String>(node, "id")
        .map_err(|mistakes| found.extend(mistakes))
        .ok()?;
    let place = node.place.clone();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if !text.starts_with(|c: char| c.is_ascii_alphanumeric()) || !text.chars().all(plain) {
        found.push(
            Diagnostic::at(place.clone(), format!("`{text}` cannot name a step"), "")
                .help("letters, digits, `-`, `_` and `.`, beginning with a letter or digit"),
        );
    }
    if matches!(text.as_str(), "preflight" | "all") {
        let why = if text == "all" {
            "`--approve all` means every step"
        } else {
            "every run begins with a step of that name"
        };
        found.push(
            Diagnostic::at(place.clone(), format!("`{text}` is taken: {why}"), "")
                .help("choose another id"),
        );
    }
    Some(Name { text, place })
}

fn names(node: Option<&Node>, what: &str, found: &mut Vec<Diagnostic>) -> Vec<Name> {
    let Some(node) = node.filter(|node| !node.is_null()) else {
        return Vec::new();
    };
    let Data::List(items) = &node.data else {
        let message = format!("`{what}` is a list of step ids, found {}", node.kind());
        let found_text = node.text().unwrap_or("id");
        found.push(
            Diagnostic::at(node.place.clone(), message, "not a list")
                .help(format!("write `{what}: [{found_text}]`")),
        );
        return Vec::new();
    };
    let mut names: Vec<Name> = Vec::new();
    let mut seen: BTreeMap<&str, &Place> = BTreeMap::new();
    for item in items {
        let place = item.place.clone();
        match item.text() {
            None => found.push(Diagnostic::at(
                place,
                format!("`{what}` is a list of step ids, found {}", item.kind()),
                "not an id",
            )),
            Some(text) => {
                if let Some(first) = seen.get(text) {
                    let message = format!("`{text}` stands twice in `{what}`");
                    found.push(
                        Diagnostic::at(place, message, "again here")
                            .also((*first).clone(), "first here")
                            .help("remove one"),
                    );
                } else {
                    seen.insert(text, &item.place);
                    let text = text.to_owned();
                    names.push(Name { text, place });
                }
            }
        }
    }
    names
}

/// The one entry that is a verb; everything else that is left is a mistake.
fn verb<'n>(
    rest: &[&'n (Key, Node)],
    known: &[&'static str],
    what: &str,
    here: &Place,
    found: &mut Vec<Diagnostic>,
) -> Option<&'n (Key, Node)> {
    let mut verbs: Vec<&'n (Key, Node)> = Vec::new();
    let mut explained = false;
    for entry in rest {
        let (name, place) = (entry.0.text.as_str(), entry.0.place.clone());
        if VERBS.contains(&name) {
            verbs.push(entry);
            continue;
        }
        explained = true;
        found.push(if PLANNED_VERBS.contains(&name) {
            Diagnostic::at(
                place,
                format!("`{name}` comes with a later release"),
                "this verb",
            )
            .help(format!("verbs of this release: {}", VERBS.join(", ")))
        } else {
            let all = VERBS.iter().chain(known).copied();
            let message = format!("{what}: `{name}` is neither a verb nor a field of a step");
            Diagnostic::at(place, message, "unknown").suggest(name, all)
        });
    }
    match verbs[..] {
        [] if !explained => found.push(
            Diagnostic::at(here.clone(), format!("{what} has no verb"), "does nothing")
                .help(format!("add one of: {}", VERBS.join(", "))),
        ),
        [first, second, ..] => {
            found.push(
                Diagnostic::at(
                    second.0.place.clone(),
                    format!("{what} has {} verbs", verbs.len()),
                    "a second verb",
                )
                .also(first.0.place.clone(), "the first")
                .help("one step does one thing: make two steps and let one need the other"),
            );
        }
        _ => {}
    }
    verbs.first().copied()
}

fn action((key, node): &(Key, Node), found: &mut Vec<Diagnostic>) -> Option<Action> {
    // The verb's own fields, as the one entry that the enum is read from.
    let whole = Node {
        place: key.place.clone(),
        data: Data::Map(vec![(key.clone(), node.clone())]),
    };
    typed::read(&whole, &key.text)
        .map_err(|mistakes| found.extend(mistakes))
        .ok()
}

fn undo_action(key: &Key, node: &Node, found: &mut Vec<Diagnostic>) -> Option<Action> {
    let entry = match &node.data {
        Data::Map(entries) if entries.len() == 1 => &entries[0],
        _ => {
            let message = format!(
                "`undo` holds one verb with its fields, found {}",
                node.kind()
            );
            found.push(
                Diagnostic::at(key.place.clone(), message, "here")
                    .help("such as `undo: { boot_stack: { remove: top } }`"),
            );
            return None;
        }
    };
    let (verb, fields) = entry;
    if !VERBS.contains(&verb.text.as_str()) {
        let message = format!("`undo`: `{}` is not a verb", verb.text);
        found.push(
            Diagnostic::at(verb.place.clone(), message, "unknown")
                .suggest(&verb.text, VERBS.iter().copied()),
        );
        return None;
    }
    let action = action(entry, found)?;
    rules::check_fields(&action, &verb.place, fields, found);
    if !action.has_impact() {
        let message = format!(
            "`undo`: `{}` changes nothing, so it undoes nothing",
            verb.text
        );
        found.push(Diagnostic::at(verb.place.clone(), message, "no change").help(
            "name the verb that takes the change back, or say why there is none: `no_undo: reason`",
        ));
    }
    Some(action)
}

fn reason(key: &Key, node: &Node, found: &mut Vec<Diagnostic>) -> Option<String> {
    match node.text().map(str::trim) {
        Some(text) if !text.is_empty() => Some(text.to_owned()),
        _ => {
            found.push(
                Diagnostic::at(
                    key.place.clone(),
                    "`no_undo` needs a reason",
                    "says nothing",
                )
                .help("say in a sentence why this step needs no way back"),
            );
            None
        }
    }
}

fn role(node: &Node, found: &mut Vec<Diagnostic>) -> Option<On> {
    let roles = ["primary", "backup", "active", "standby"];
    match (node.text(), typed::read::<On>(node, "on")) {
        (_, Ok(on)) => Some(on),
        (Some(text), Err(_)) => {
            let place = node.place.clone();
            let message = format!("`on` names a role, and `{text}` is none");
            let diagnostic = Diagnostic::at(place, message, "unknown role");
            found.push(match super::diagnostics::closest(text, roles) {
                Some(_) => diagnostic.suggest(text, roles),
                None => diagnostic.help(
                    "a role is primary or backup (fixed by the inventory), active or standby \
                     (as it is when the step starts); chassis names belong into the inventory",
                ),
            });
            None
        }
        (None, Err(mistakes)) => {
            found.extend(mistakes);
            None
        }
    }
}

fn read_or<T: serde::de::DeserializeOwned>(
    node: &Node,
    what: &str,
    otherwise: T,
    found: &mut Vec<Diagnostic>,
) -> T {
    typed::read(node, what).unwrap_or_else(|mistakes| {
        found.extend(mistakes);
        otherwise
    })
}
