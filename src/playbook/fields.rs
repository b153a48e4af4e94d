//! Taking a map apart by hand, collecting every mistake instead of stopping at the first.

use serde::de::DeserializeOwned;

use super::diagnostics::{Diagnostic, Place};
use super::source::{Data, Key, Node};
use super::typed;

/// The entries of a map that nobody has taken yet.
pub struct Fields<'n> {
    /// What the map describes, for messages: "the step", "chassis `ha-east`".
    what: String,
    place: Place,
    left: Vec<&'n (Key, Node)>,
    known: Vec<&'static str>,
}

impl<'n> Fields<'n> {
    /// Opens a map; anything else is a mistake. `name` is where to point when a field is missing.
    pub fn of(
        node: &'n Node,
        what: impl Into<String>,
        name: Place,
        found: &mut Vec<Diagnostic>,
    ) -> Option<Self> {
        let what = what.into();
        match &node.data {
            Data::Map(entries) => Some(Self {
                what,
                place: name,
                left: entries.iter().collect(),
                known: Vec::new(),
            }),
            _ => {
                let message = format!("{what}: expected a map of fields, found {}", node.kind());
                found.push(
                    Diagnostic::at(node.place.clone(), message, "not a map")
                        .help("write `field: value`, one a line, or `{ field: value, … }`"),
                );
                None
            }
        }
    }

    /// Takes an entry; one without a value counts as absent.
    pub fn take(&mut self, name: &'static str) -> Option<&'n Node> {
        self.take_entry(name)
            .map(|(_, node)| node)
            .filter(|node| !node.is_null())
    }

    pub fn take_entry(&mut self, name: &'static str) -> Option<(&'n Key, &'n Node)> {
        self.known.push(name);
        let at = self.left.iter().position(|(key, _)| key.text == name)?;
        let (key, node) = self.left.remove(at);
        Some((key, node))
    }

    /// A typed entry that may be absent.
    pub fn read<T: DeserializeOwned>(
        &mut self,
        name: &'static str,
        found: &mut Vec<Diagnostic>,
    ) -> Option<T> {
        let node = self.take(name)?;
        typed::read(node, name)
            .map_err(|mistakes| found.extend(mistakes))
            .ok()
    }

    /// A typed entry that must be there.
    pub fn require<T: DeserializeOwned>(
        &mut self,
        name: &'static str,
        found: &mut Vec<Diagnostic>,
    ) -> Option<T> {
        let node = self.require_node(name, found)?;
        typed::read(node, name)
            .map_err(|mistakes| found.extend(mistakes))
            .ok()
    }

    pub fn require_node(
        &mut self,
        name: &'static str,
        found: &mut Vec<Diagnostic>,
    ) -> Option<&'n Node> {
        let node = self.take(name);
        if node.is_none() {
            found.push(
                Diagnostic::at(
                    self.place.clone(),
                    format!("{} needs the field `{name}`", self.what),
                    format!("no `{name}` here"),
                )
                .help(format!("add `{name}: …`")),
            );
        }
        node
    }

    /// What is left, for callers that give other keys a meaning.
    pub fn rest(self) -> (Vec<&'n (Key, Node)>, Vec<&'static str>) {
        (self.left, self.known)
    }

    /// Reports every entry that nobody took.
    pub fn finish(self, found: &mut Vec<Diagnostic>) {
        for (key, _) in &self.left {
            found.push(
                Diagnostic::at(
                    key.place.clone(),
                    format!("{} has no field `{}`", self.what, key.text),
                    "unknown field",
                )
                .suggest(&key.text, self.known.iter().copied()),
            );
        }
    }
}
