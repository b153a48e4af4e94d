//! The tree as a serde deserializer: plain words are typed as YAML 1.2 does, quoted ones are text.

use serde::de::{
    self, DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::{Error, Kind};
use crate::playbook::source::{Data, Key, Node, is_null};

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
