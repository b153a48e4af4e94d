//! Variables: declared with a type, given on the command line, put into scalars before those are
//! typed.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use super::diagnostics::{Diagnostic, Place, worth_suggesting};
use super::fields::Fields;
use super::source::{Data, Key, Node, first_line};
use kind::{Kind, Value};

mod kind;

pub use kind::is_url;

/// Names that mean something without being declared.
pub const BUILT_IN: &str = "pair";

/// What to do about required variables that nobody gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// A run cannot guess: each one is a mistake.
    Refuse,
    /// Checking and drawing can go on with an example of the right type.
    Placeholder,
}

/// The variables of one playbook with their values.
#[derive(Default)]
pub struct Vars {
    values: IndexMap<String, Value>,
    /// Required ones that got an example value.
    pub placeholders: Vec<String>,
    /// Scalars that could not be filled in: later complaints about them would be echoes.
    pub broken: Vec<Place>,
}

impl Vars {
    /// Reads the declarations (`vars:`) and the values from the command line.
    pub fn declare(
        node: Option<(&Key, &Node)>,
        given: &[(String, String)],
        missing: Missing,
        text: &str,
        found: &mut Vec<Diagnostic>,
    ) -> Self {
        let mut vars = Self::default();
        let mut left = command_line(given, found);
        if let Some(pair) = left.remove(BUILT_IN) {
            vars.values.insert(BUILT_IN.to_owned(), Value::Text(pair));
        }
        match node.map(|(_, node)| (&node.data, node)) {
            None => {}
            Some((_, node)) if node.is_null() => {}
            Some((Data::Map(entries), _)) => {
                for (key, node) in entries {
                    let given = left.remove(key.text.as_str());
                    let value = vars.declare_one(key, node, given, missing, text, found);
                    vars.values.insert(key.text.clone(), value);
                }
            }
            Some((_, node)) => found.push(Diagnostic::at(
                first_line(text, &node.place),
                format!("`vars` is a map of declarations, found {}", node.kind()),
                "not a map",
            )),
        }
        for name in left.keys() {
            found.push(
                Diagnostic::nowhere(format!("--var {name}: the playbook declares no `{name}`"))
                    .suggest(name, vars.values.keys().map(String::as_str)),
            );
        }
        vars
    }

    fn declare_one(
        &mut self,
        key: &Key,
        node: &Node,
        given: Option<String>,
        missing: Missing,
        text: &str,
        found: &mut Vec<Diagnostic>,
    ) -> Value {
        let what = format!("variable `{}`", key.text);
        if !is_name(&key.text) || key.text == BUILT_IN {
            let message = format!("`{}` cannot be the name of a variable", key.text);
            found.push(Diagnostic::at(key.place.clone(), message, "").help(format!(
                "letters, digits, `_` and `-`, beginning with a letter; `{BUILT_IN}` is taken"
            )));
        }
        let Some(mut fields) = Fields::of(node, what.clone(), key.place.clone(), found) else {
            return Value::Broken;
        };
        let kind = fields.require::<Kind>("type", found);
        let required = fields.read::<bool>("required", found);
        let default = fields.take_entry("default");
        fields.read::<String>("help", found);
        fields.finish(found);
        let Some(kind) = kind else {
            return Value::Broken;
        };
        match (required.unwrap_or(false), &default) {
            (true, Some((other, _))) => found.push(
                Diagnostic::at(
                    other.place.clone(),
                    format!("{what} is required and has a default"),
                    "a default makes it optional",
                )
                .help("remove `required: true` or the default"),
            ),
            (false, None) => found.push(
                Diagnostic::at(
                    key.place.clone(),
                    format!("{what} is neither required nor has a default"),
                    "no value possible",
                )
                .help("add `required: true` or `default: …`"),
            ),
            _ => {}
        }
        if let Some(given) = given {
            return kind.parse_argument(&given).unwrap_or_else(|expected| {
                found.push(
                    Diagnostic::at(
                        key.place.clone(),
                        format!("--var {}: {expected}", key.text),
                        "declared here",
                    )
                    .help(format!(
                        "give it as `--var {}={}`",
                        key.text,
                        kind.example()
                    )),
                );
                Value::Broken
            });
        }
        match default {
            Some((_, node)) => {
                let node = self.fill(node, text, found);
                if self.broken.contains(&node.place) {
                    return Value::Broken;
                }
                kind.check(&node).unwrap_or_else(|expected| {
                    let message = format!("the default of {what}: {expected}");
                    let place = first_line(text, &node.place);
                    found.push(
                        Diagnostic::at(place, message, format!("not {}", kind.noun()))
                            .help(format!("such as `{}`", kind.example())),
                    );
                    Value::Broken
                })
            }
            None if missing == Missing::Placeholder => {
                self.placeholders.push(key.text.clone());
                kind.parse_argument(kind.example())
                    .expect("examples are of their own type")
            }
            None => {
                if required == Some(true) {
                    found.push(
                        Diagnostic::at(
                            key.place.clone(),
                            format!("required {what} has no value"),
                            "declared here",
                        )
                        .help(format!(
                            "give it as `--var {}={}`",
                            key.text,
                            kind.example()
                        )),
                    );
                }
                Value::Broken
            }
        }
    }

    /// Sets the value of `${pair}`.
    pub fn set_pair(&mut self, pair: &str) {
        let value = Value::Text(pair.to_owned());
        self.values.insert(BUILT_IN.to_owned(), value);
    }

    /// The pair chosen on the command line.
    pub fn pair(&self) -> Option<String> {
        match self.values.get(BUILT_IN) {
            Some(Value::Text(pair)) => Some(pair.clone()),
            _ => None,
        }
    }

    /// Declared variables with their values as text, lists as JSON; without the built-in ones.
    pub fn resolved(&self) -> IndexMap<String, String> {
        let shown = |value: &Value| match value {
            Value::Text(text) => text.clone(),
            Value::List(items) => serde_json::to_string(items).expect("texts become JSON"),
            Value::Broken => String::new(),
        };
        self.values
            .iter()
            .filter(|(name, _)| *name != BUILT_IN)
            .map(|(name, value)| (name.clone(), shown(value)))
            .collect()
    }

    /// The same tree with `${name}` filled in everywhere and `$${` turned into `${`.
    pub fn fill(&mut self, node: &Node, text: &str, found: &mut Vec<Diagnostic>) -> Node {
        let data = match &node.data {
            Data::Scalar {
                text: scalar,
                plain,
            } if scalar.contains("${") => {
                return self.fill_scalar(node, scalar, *plain, text, found);
            }
            Data::Scalar { .. } => node.data.clone(),
            Data::List(items) => {
                Data::List(items.iter().map(|n| self.fill(n, text, found)).collect())
            }
            Data::Map(entries) => Data::Map(
                entries
                    .iter()
                    .map(|(key, value)| (key.clone(), self.fill(value, text, found)))
                    .collect(),
            ),
        };
        let place = node.place.clone();
        Node { place, data }
    }

    fn fill_scalar(
        &mut self,
        node: &Node,
        scalar: &str,
        plain: bool,
        text: &str,
        found: &mut Vec<Diagnostic>,
    ) -> Node {
        let place = node.place.clone();
        let (mut out, mut rest, mut whole) = (String::new(), scalar, false);
        while let Some(at) = rest.find("${") {
            if rest[..at].ends_with('$') {
                out.push_str(&rest[..at - 1]);
                out.push_str("${");
                rest = &rest[at + 2..];
                continue;
            }
            out.push_str(&rest[..at]);
            let behind = &rest[at + 2..];
            let Some(end) = behind.find('}') else {
                let here = find_in(text, &place, &rest[at..]);
                found.push(
                    Diagnostic::at(here, "`${` without its `}`", "begins here")
                        .help("close it, or write `$${` for the text `${`"),
                );
                self.broken.push(place);
                return node.clone();
            };
            let (name, token) = (&behind[..end], &rest[at..at + end + 3]);
            whole = token == scalar;
            match self.values.get(name) {
                Some(Value::Text(value)) => out.push_str(value),
                Some(Value::List(items)) if whole => {
                    let item = |text: &String| Node::scalar(place.clone(), text, false);
                    let data = Data::List(items.iter().map(item).collect());
                    return Node { place, data };
                }
                Some(Value::List(_)) => {
                    found.push(
                        Diagnostic::at(
                            find_in(text, &place, token),
                            format!("`{name}` is a list and cannot stand inside a text"),
                            "here",
                        )
                        .help(format!("use it as the whole value: \"${{{name}}}\"")),
                    );
                    self.broken.push(place);
                    return node.clone();
                }
                Some(Value::Broken) => {
                    self.broken.push(place);
                    return node.clone();
                }
                None => {
                    let known = self.values.keys().map(String::as_str);
                    let known: Vec<&str> = worth_suggesting(found, known).collect();
                    found.push(
                        Diagnostic::at(
                            find_in(text, &place, token),
                            format!("variable `{name}` is not declared"),
                            "used here",
                        )
                        .suggest(name, known),
                    );
                    self.broken.push(place);
                    return node.clone();
                }
            }
            rest = &behind[end + 1..];
        }
        out.push_str(rest);
        // A value that is nothing but one variable has that variable's type, not that of a text.
        Node::scalar(place, out, plain || whole)
    }
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

/// The `--var` arguments by name; a name given twice is a mistake.
fn command_line(
    given: &[(String, String)],
    found: &mut Vec<Diagnostic>,
) -> BTreeMap<String, String> {
    let mut left = BTreeMap::new();
    for (name, value) in given {
        if left.insert(name.clone(), value.clone()).is_some() {
            found.push(
                Diagnostic::nowhere(format!("--var {name} is given twice")).help("give it once"),
            );
        }
    }
    left
}

/// Where `token` stands in the scalar at `place`; the whole scalar when quoting hides it.
fn find_in(text: &str, place: &Place, token: &str) -> Place {
    match text[place.clone()].find(token) {
        Some(at) => place.start + at..place.start + at + token.len(),
        None => first_line(text, place),
    }
}
