//! The types a variable can have.

use crate::action::fields::{FlashPath, Percent, Span};
use crate::playbook::source::{self, Data, Node};

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    FlashPath,
    String,
    Duration,
    Number,
    Percent,
    Bool,
    Url,
    List,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Text(String),
    List(Vec<String>),
    /// A mistake was reported where the value comes from; where it goes, nothing is reported.
    Broken,
}

impl Kind {
    /// The value of a `default:`.
    ///
    /// # Errors
    /// What was expected and what was found.
    pub fn check(self, node: &Node) -> Result<Value, String> {
        match (self, &node.data) {
            (Self::List, Data::List(items)) => items
                .iter()
                .map(|item| match item.text() {
                    Some(text) => one_line(text).map(str::to_owned),
                    None => Err(format!("expected a list of texts, found {}", item.kind())),
                })
                .collect::<Result<_, _>>()
                .map(Value::List),
            (Self::List, _) => Err(format!("expected a list, found {}", node.kind())),
            _ => match node.text() {
                Some(text) => self.check_text(text),
                None => Err(format!("expected {}, found {}", self.noun(), node.kind())),
            },
        }
    }

    /// The value of a `--var`; a list is `[a, b]` or words between blanks.
    ///
    /// # Errors
    /// What was expected and what was found.
    pub fn parse_argument(self, given: &str) -> Result<Value, String> {
        if self != Self::List {
            return self.check_text(given);
        }
        if given.trim_start().starts_with('[') {
            let list = source::parse(given, &mut Vec::new())
                .ok_or_else(|| format!("expected a list such as [a, b], found `{given}`"))?;
            return self.check(&list);
        }
        let words = given.split_whitespace().map(str::to_owned);
        Ok(Value::List(words.collect()))
    }

    fn check_text(self, text: &str) -> Result<Value, String> {
        let text = one_line(text)?;
        let refuse = || Err(format!("expected {}, found `{text}`", self.noun()));
        match self {
            Self::FlashPath => drop(text.parse::<FlashPath>()?),
            Self::Duration => drop(text.parse::<Span>()?),
            Self::Percent => drop(text.parse::<Percent>()?),
            Self::Number if !text.parse::<f64>().is_ok_and(f64::is_finite) => return refuse(),
            Self::Bool if !matches!(text, "true" | "false") => return refuse(),
            Self::Url if !is_url(text) => return refuse(),
            _ => {}
        }
        Ok(Value::Text(text.to_owned()))
    }

    /// What such a value is, for messages.
    pub fn noun(self) -> &'static str {
        match self {
            Self::FlashPath => "a file such as /flash/image.bin",
            Self::String => "a text",
            Self::Duration => "a length of time",
            Self::Number => "a number",
            Self::Percent => "a share",
            Self::Bool => "true or false",
            Self::Url => "a URL such as sftp://host/path",
            Self::List => "a list",
        }
    }

    /// A value of this kind, for messages and placeholders.
    pub fn example(self) -> &'static str {
        match self {
            Self::FlashPath => "/flash/example.bin",
            Self::String => "example",
            Self::Duration => "10m",
            Self::Number => "10",
            Self::Percent => "5%",
            Self::Bool => "true",
            Self::Url => "sftp://host.example/path",
            Self::List => "[one, two]",
        }
    }
}

/// A URL that fits on a command line: `scheme://rest`, no blanks.
pub fn is_url(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_graphic() && !"\"'`|;<>".contains(c);
    text.split_once("://").is_some_and(|(scheme, rest)| {
        !scheme.is_empty()
            && scheme.chars().all(|c| c.is_ascii_alphanumeric())
            && !rest.is_empty()
            && rest.chars().all(plain)
    })
}

/// Values end up on command lines of a chassis: a line break would begin a second command.
fn one_line(text: &str) -> Result<&str, String> {
    match text.chars().find(|c| c.is_control()) {
        None => Ok(text),
        Some(c) => Err(format!("{c:?} is not allowed in a value")),
    }
}
