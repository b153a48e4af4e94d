//! The tree to typed values, through serde, with every error at its place.
//!
//! serde stops at the first error of a value. [`read`] takes the offending entry away and tries
//! again, so a verb with three wrong fields says so three times.

use std::fmt;

use serde::de::{self, DeserializeOwned, Expected, Unexpected};

use super::diagnostics::{Diagnostic, Place, closest};
use super::source::{Data, Key, Node};

mod deserialize;

/// What serde refused, where, and in which field.
#[derive(Debug)]
pub struct Error {
    kind: Kind,
    place: Option<Place>,
    field: Option<String>,
}

#[derive(Debug)]
enum Kind {
    Message(String),
    Field(String, &'static [&'static str]),
    Variant(String, &'static [&'static str]),
    Missing(&'static str),
}

/// Reads a value of `T`. `what` names the value in messages, such as the verb it belongs to.
pub fn read<T: DeserializeOwned>(node: &Node, what: &str) -> Result<T, Vec<Diagnostic>> {
    let mut rest = node.clone();
    let mut found = Vec::new();
    let mut removed: Vec<String> = Vec::new();
    loop {
        let error = match T::deserialize(&rest) {
            Ok(value) if found.is_empty() => return Ok(value),
            Ok(_) => return Err(found),
            Err(error) => error,
        };
        if let Kind::Missing(name) = error.kind
            && removed.iter().any(|gone| gone == name)
        {
            return Err(found);
        }
        let place = error.place.clone();
        let missing = matches!(error.kind, Kind::Missing(_));
        if let Kind::Field(name, known) = &error.kind
            && let Some(meant) = closest(name, known.iter().copied())
        {
            removed.push(meant.to_owned());
        }
        found.push(error.into_diagnostic(what, node));
        match place.and_then(|place| take(&mut rest, &place)) {
            Some(name) if !missing => removed.push(name),
            _ => return Err(found),
        }
    }
}

/// Removes the innermost map entry that covers `place` and returns its key.
fn take(node: &mut Node, place: &Place) -> Option<String> {
    let covers = |outer: &Place| outer.start <= place.start && place.end <= outer.end;
    match &mut node.data {
        Data::Scalar { .. } => None,
        Data::List(items) => items
            .iter_mut()
            .find(|item| covers(&item.place))
            .and_then(|item| take(item, place)),
        Data::Map(entries) => {
            let at = entries
                .iter()
                .position(|(key, value)| covers(&key.place) || covers(&value.place))?;
            let (key, value) = &mut entries[at];
            if !covers(&key.place)
                && let Some(inner) = take(value, place)
            {
                return Some(inner);
            }
            Some(entries.remove(at).0.text)
        }
    }
}

impl Error {
    fn into_diagnostic(self, what: &str, node: &Node) -> Diagnostic {
        let place = self.place.unwrap_or_else(|| node.place.clone());
        let field = self.field.filter(|field| field != what);
        match self.kind {
            Kind::Message(message) => {
                let inside = field.map_or(format!("`{what}`"), |f| format!("`{what}.{f}`"));
                let (message, help) = split_hint(&message);
                let diagnostic = Diagnostic::at(place, format!("{inside}: {message}"), "");
                match help {
                    Some(help) => diagnostic.help(help),
                    None => diagnostic,
                }
            }
            Kind::Field(name, known) => Diagnostic::at(
                place,
                format!("`{what}` has no field `{name}`"),
                "unknown field",
            )
            .suggest(&name, known.iter().copied()),
            Kind::Variant(name, known) => {
                let inside = field.map_or(format!("`{what}`"), |f| format!("`{what}.{f}`"));
                Diagnostic::at(
                    place,
                    format!("{inside} cannot be `{name}`"),
                    format!("expected {}", known.join(" or ")),
                )
                .suggest(&name, known.iter().copied())
            }
            Kind::Missing(name) => Diagnostic::at(
                place,
                format!("`{what}` needs the field `{name}`"),
                format!("no `{name}` here"),
            )
            .help(missing_help(what, name)),
        }
    }

    fn within(mut self, place: &Place) -> Self {
        self.place.get_or_insert_with(|| place.clone());
        self
    }

    fn in_entry(mut self, key: &Key) -> Self {
        // A missing field is best shown at the name of what lacks it, not at its whole block.
        if matches!(self.kind, Kind::Missing(_)) && self.field.is_none() {
            self.place = Some(key.place.clone());
        }
        self.field.get_or_insert_with(|| key.text.clone());
        self
    }
}

/// The way out that the text of a value's own error holds.
fn split_hint(message: &str) -> (&str, Option<String>) {
    if let Some((message, meant)) = message.split_once(", did you mean ") {
        return (message, Some(format!("did you mean {meant}")));
    }
    let expected = message
        .strip_prefix("expected ")
        .and_then(|rest| rest.split_once(", found"));
    (
        message,
        expected.map(|(expected, _)| format!("write {expected}")),
    )
}

fn missing_help(what: &str, name: &str) -> String {
    match (what, name) {
        ("wait_for", "until") => "say what decides, such as `until: srp.state == standby`: a trap \
            only hurries the next look, it never proves anything"
            .into(),
        ("wait_for", "poll") => "say how often to look, such as `poll: 30s`: traps get lost".into(),
        ("wait_for", "deadline") => "say when to give up, such as `deadline: 2h`".into(),
        _ => format!("add `{name}: …` to `{what}`"),
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Message(message) => f.write_str(message),
            Kind::Field(name, _) => write!(f, "unknown field `{name}`"),
            Kind::Variant(name, _) => write!(f, "unknown word `{name}`"),
            Kind::Missing(name) => write!(f, "missing field `{name}`"),
        }
    }
}

impl std::error::Error for Error {}

impl From<Kind> for Error {
    fn from(kind: Kind) -> Self {
        Self {
            kind,
            place: None,
            field: None,
        }
    }
}

impl de::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Kind::Message(message.to_string()).into()
    }

    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Kind::Message(format!("expected {expected}, found {unexpected}")).into()
    }

    fn invalid_value(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::invalid_type(unexpected, expected)
    }

    fn unknown_field(name: &str, known: &'static [&'static str]) -> Self {
        Kind::Field(name.to_owned(), known).into()
    }

    fn unknown_variant(name: &str, known: &'static [&'static str]) -> Self {
        Kind::Variant(name.to_owned(), known).into()
    }

    fn missing_field(name: &'static str) -> Self {
        Kind::Missing(name).into()
    }
}
