//! The tree to typed values, through serde, with every error at its place.
//!
//! serde stops at the first error of a value. [`read`] takes the offending entry away and tries
//! again, so a verb with three wrong fields says so three times.

use std::fmt;

use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Expected, MapAccess,
    SeqAccess, Unexpected, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::diagnostics::{Diagnostic, Place, closest};
use super::source::{Data, Key, Node, is_null};

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

impl Node {
    fn refuse<T>(&self, expected: &str) -> Result<T, Error> {
        let message = format!("expected {expected}, found {}", self.kind());
        Err(Error::from(Kind::Message(message)).within(&self.place))
    }

    fn plain(&self) -> Option<&str> {
        match &self.data {
            Data::Scalar { text, plain: true } => Some(text),
            _ => None,
        }
    }

    fn number<T: std::str::FromStr>(&self, expected: &str) -> Result<T, Error> {
        match self.plain().map(str::parse) {
            Some(Ok(number)) => Ok(number),
            _ => self.refuse(expected),
        }
    }
}

macro_rules! numbers {
    ($($method:ident $visit:ident $kind:ty, $expected:literal;)+) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            let number: $kind = self.number($expected)?;
            visitor.$visit(number).map_err(|error: Error| error.within(&self.place))
        }
    )+};
}

impl<'de> Deserializer<'de> for &'de Node {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.data {
            Data::Map(_) => return self.deserialize_map(visitor),
            Data::List(_) => return self.deserialize_seq(visitor),
            Data::Scalar { text, plain: false } => visitor.visit_borrowed_str(text),
            Data::Scalar { text, .. } if is_null(text) => visitor.visit_unit(),
            Data::Scalar { text, .. } => match text.as_str() {
                "true" => visitor.visit_bool(true),
                "false" => visitor.visit_bool(false),
                _ if looks_like_a_code(text) => visitor.visit_borrowed_str(text),
                _ => match (text.parse(), text.parse(), text.parse::<f64>()) {
                    (Ok(number), _, _) => visitor.visit_u64(number),
                    (_, Ok(number), _) => visitor.visit_i64(number),
                    (_, _, Ok(number)) if number.is_finite() => visitor.visit_f64(number),
                    _ => visitor.visit_borrowed_str(text),
                },
            },
        }
        .map_err(|error: Error| error.within(&self.place))
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.plain() {
            Some("true") => visitor.visit_bool(true),
            Some("false") => visitor.visit_bool(false),
            _ => self.refuse("true or false"),
        }
    }

    numbers! {
        deserialize_u8 visit_u8 u8, "a number from 0 to 255";
        deserialize_u16 visit_u16 u16, "a number from 0 to 65535";
        deserialize_u32 visit_u32 u32, "a whole number, not negative";
        deserialize_u64 visit_u64 u64, "a whole number, not negative";
        deserialize_i8 visit_i8 i8, "a whole number";
        deserialize_i16 visit_i16 i16, "a whole number";
        deserialize_i32 visit_i32 i32, "a whole number";
        deserialize_i64 visit_i64 i64, "a whole number";
        deserialize_f32 visit_f32 f32, "a number";
        deserialize_f64 visit_f64 f64, "a number";
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.text() {
            Some(text) => visitor
                .visit_borrowed_str(text)
                .map_err(|error: Error| error.within(&self.place)),
            None => self.refuse("text"),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.is_null() {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.data {
            Data::List(items) => visitor
                .visit_seq(Items(items.iter()))
                .map_err(|error| error.within(&self.place)),
            _ => self.refuse("a list"),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let entries: &[(Key, Node)] = match &self.data {
            Data::Map(entries) => entries,
            // `sync_filesystems:` with nothing behind it has no fields.
            _ if self.is_null() => &[],
            _ => return self.refuse("a map of fields"),
        };
        let rest = entries.iter();
        visitor
            .visit_map(Entries { rest, entry: None })
            .map_err(|error| error.within(&self.place))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        words: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match &self.data {
            Data::Scalar { .. } if !self.is_null() => visitor
                .visit_enum(Choice(self, None))
                .map_err(|error| error.within(&self.place)),
            Data::Map(entries) if entries.len() == 1 => {
                let (key, value) = &entries[0];
                visitor
                    .visit_enum(Choice(self, Some((key, value))))
                    .map_err(|error| error.in_entry(key).within(&key.place))
            }
            _ => self.refuse(&format!("one of {}", words.join(", "))),
        }
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    forward_to_deserialize_any! {
        i128 u128 char bytes byte_buf unit unit_struct tuple tuple_struct ignored_any
    }
}

/// `0123` and `1_000` are text: digits somebody wrote that way mean more than their number.
fn looks_like_a_code(text: &str) -> bool {
    let digits = text.trim_start_matches(['-', '+']);
    digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.")
}

struct Items<'de>(std::slice::Iter<'de, Node>);

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Error> {
        self.0
            .next()
            .map(|node| seed.deserialize(node).map_err(|e| e.within(&node.place)))
            .transpose()
    }
}

struct Entries<'de> {
    rest: std::slice::Iter<'de, (Key, Node)>,
    entry: Option<&'de (Key, Node)>,
}

impl<'de> MapAccess<'de> for Entries<'de> {
    type Error = Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Error> {
        self.entry = self.rest.next();
        self.entry
            .map(|(key, _)| {
                let text = de::value::BorrowedStrDeserializer::new(&key.text);
                seed.deserialize(text)
                    .map_err(|e: Error| e.within(&key.place))
            })
            .transpose()
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        let (key, value) = self.entry.expect("serde asks for a key before its value");
        seed.deserialize(value)
            .map_err(|error| error.in_entry(key).within(&value.place))
    }
}

/// A word, or a map of one entry whose key is the word.
struct Choice<'de>(&'de Node, Option<(&'de Key, &'de Node)>);

impl<'de> EnumAccess<'de> for Choice<'de> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Error> {
        let word = match self.1 {
            Some((key, _)) => key.text.as_str(),
            None => self.0.text().unwrap_or_default(),
        };
        let word = de::value::BorrowedStrDeserializer::<Error>::new(word);
        Ok((seed.deserialize(word)?, self))
    }
}

impl<'de> VariantAccess<'de> for Choice<'de> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        match self.1 {
            None => Ok(()),
            Some((key, value)) if !value.is_null() => Err(Error::from(Kind::Message(format!(
                "`{}` stands alone, without fields",
                key.text
            )))
            .within(&key.place)),
            Some(_) => Ok(()),
        }
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Error> {
        match self.1 {
            Some((_, value)) => seed.deserialize(value),
            None => self
                .0
                .refuse("a word with its value, such as `word: value`"),
        }
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, Error> {
        self.0.refuse("a word or one field")
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.1 {
            Some((_, value)) => value.deserialize_map(visitor),
            None => self.0.refuse("a word with fields"),
        }
    }
}
