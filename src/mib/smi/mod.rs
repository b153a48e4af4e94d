//! The Structure of Management Information (RFC 2578 to 2580) as far as names, types and
//! notifications need it, and SMIv1 traps (RFC 1215).
//!
//! The parser is sound rather than complete: what it takes in, it understood; what it did not
//! understand is a [`Problem`] with a line, and the next definition is read all the same, because
//! vendors ship files with one broken definition among thousands (`snmp.md` 6.2).

mod lexer;
mod parser;
mod types;

#[cfg(test)]
mod tests;

pub(super) use parser::parse;

/// One `X DEFINITIONS ::= BEGIN … END`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Module<'a> {
    pub name: &'a str,
    pub definitions: Vec<Definition<'a>>,
}

/// One definition that this program has a use for.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Definition<'a> {
    pub name: &'a str,
    /// Counted from 1.
    pub line: u32,
    pub body: Body<'a>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Body<'a> {
    /// Any macro or assignment that only gives a name to an OID.
    Node(Place<'a>),
    Object {
        place: Place<'a>,
        syntax: Type<'a>,
    },
    Notification {
        place: Place<'a>,
        objects: Vec<&'a str>,
        notes: Notes<'a>,
    },
    /// SMIv1 TRAP-TYPE: its OID follows from the enterprise (RFC 2576 2.1.2).
    Trap {
        enterprise: Place<'a>,
        number: u32,
        objects: Vec<&'a str>,
        notes: Notes<'a>,
    },
    /// A textual convention or type assignment.
    Type(Type<'a>),
}

/// `{ parent 1 2 }`; the parent is missing when the value starts with a number.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Place<'a> {
    pub parent: Option<&'a str>,
    pub arcs: Vec<u32>,
}

/// A type: its name as written (`INTEGER`, `OCTET STRING`, `DisplayString`) and its named values.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Type<'a> {
    pub name: &'a str,
    pub labels: Vec<(i64, &'a str)>,
}

/// What the `--#` comments inside a definition say.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Notes<'a> {
    pub severity: Option<&'a str>,
    pub cleared_by: Option<&'a str>,
}

/// Something in a module that was left out, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct Problem {
    /// Counted from 1.
    pub line: u32,
    pub message: String,
}

impl Problem {
    pub(super) fn new(line: u32, message: impl Into<String>) -> Self {
        Self {
            line,
            message: message.into(),
        }
    }
}
