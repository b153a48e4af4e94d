//! Values as people read and write them.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, Ipv6Addr};

use super::{Base, Hint, Mib, Syntax};
use crate::wire::snmp::{Oid, SNMP_TRAP_COMMUNITY, Value, VarBind};

/// A binding in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    /// The object by name, with its instance when it came with one.
    pub name: String,
    /// The type on the wire, as SMI writes it.
    pub type_name: &'static str,
    /// The value; printable on one line, whatever the sender put in. A community that a proxy
    /// tells is hidden (INV-40).
    pub value: String,
    /// The name of an enumerated number, or of an object identifier.
    pub label: Option<String>,
}

/// Why text is not a value for an object.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadValue {
    #[error("{object} is {expected}; {text:?} is not")]
    Mismatch {
        object: String,
        expected: String,
        text: String,
    },
    #[error(
        "no module defines the type of {0}; write the type before the value: i: (INTEGER), \
         u: (Gauge32), c: (Counter32), C: (Counter64), t: (TimeTicks), s: (text), \
         x: (hexadecimal octets), o: (OID), a: (IpAddress)"
    )]
    UnknownType(String),
}

impl Mib {
    /// A binding by name, with its value as its object's type says.
    pub fn describe(&self, varbind: &VarBind) -> Described {
        let syntax = self.syntax(&varbind.oid);
        let hint = syntax.map_or(Hint::None, |syntax| syntax.hint);
        let label = match &varbind.value {
            Value::Integer(number) => syntax
                .and_then(|syntax| syntax.label(*number))
                .map(str::to_owned),
            Value::Oid(oid) => self
                .name(oid)
                .is_some()
                .then(|| self.display(oid))
                .filter(|name| !name.is_empty()),
            _ => None,
        };
        Described {
            name: self.display(&varbind.oid),
            type_name: varbind.value.type_name(),
            value: match varbind.oid == SNMP_TRAP_COMMUNITY {
                true => "(hidden)".to_owned(),
                false => shown(&varbind.value, hint),
            },
            label,
        }
    }

    /// Reads `text` as a value of the object behind `oid`.
    ///
    /// # Errors
    /// The text does not fit the object's type, or no module knows that type.
    pub fn parse_value(&self, oid: &Oid, text: &str) -> Result<Value, BadValue> {
        let object = self.display(oid);
        if let Some((letter, rest)) = text.split_once(':')
            && let Some(base) = by_letter(letter)
            && self
                .syntax(oid)
                .is_none_or(|syntax| syntax.base == Base::Unknown)
        {
            let hex = letter == "x";
            let value = if hex {
                hexadecimal(rest).map(Value::OctetString)
            } else {
                None
            };
            let value = value.or_else(|| (!hex).then(|| self.plain(base, rest)).flatten());
            return value.ok_or(BadValue::Mismatch {
                object,
                expected: format!("{base:?} by its letter {letter:?}"),
                text: rest.to_owned(),
            });
        }
        let Some(syntax) = self
            .syntax(oid)
            .filter(|syntax| syntax.base != Base::Unknown)
        else {
            return Err(BadValue::UnknownType(object));
        };
        self.typed(syntax, text).ok_or_else(|| {
            let labels: Vec<&str> = syntax.labels.iter().map(|(_, label)| &**label).collect();
            let mut expected = syntax.name.clone();
            if !labels.is_empty() {
                let _ = write!(expected, " ({})", labels.join(", "));
            }
            BadValue::Mismatch {
                object,
                expected,
                text: text.to_owned(),
            }
        })
    }

    fn typed(&self, syntax: &Syntax, text: &str) -> Option<Value> {
        match (syntax.base, syntax.hint) {
            (Base::Integer, _) => match syntax.value_of(text) {
                Some(number) => Some(Value::Integer(number)),
                None => self.plain(Base::Integer, text),
            },
            (Base::OctetString, Hint::InternetAddress) => {
                let v4 = text
                    .parse::<Ipv4Addr>()
                    .map(|address| address.octets().to_vec());
                let v6 = text
                    .parse::<Ipv6Addr>()
                    .map(|address| address.octets().to_vec());
                v4.or(v6)
                    .ok()
                    .or_else(|| hexadecimal(text))
                    .map(Value::OctetString)
            }
            (Base::OctetString, Hint::DateAndTime | Hint::Physical) => {
                hexadecimal(text).map(Value::OctetString)
            }
            (Base::OctetString, Hint::None) if text.starts_with("0x") => {
                hexadecimal(text).map(Value::OctetString)
            }
            (base, _) => self.plain(base, text),
        }
    }

    fn plain(&self, base: Base, text: &str) -> Option<Value> {
        Some(match base {
            Base::Integer => Value::Integer(text.parse::<i32>().ok()?.into()),
            Base::OctetString => Value::OctetString(text.as_bytes().to_vec()),
            Base::Oid => Value::Oid(self.parse_oid(text)?),
            Base::IpAddress => Value::IpAddress(text.parse::<Ipv4Addr>().ok()?.octets()),
            Base::Counter32 => Value::Counter32(text.parse().ok()?),
            Base::Gauge32 => Value::Gauge32(text.parse().ok()?),
            Base::TimeTicks => Value::TimeTicks(text.parse().ok()?),
            Base::Opaque => Value::Opaque(hexadecimal(text)?),
            Base::Counter64 => Value::Counter64(text.parse().ok()?),
            Base::Unknown => return None,
        })
    }
}

/// Text from outside on one line: control characters and what could steer a terminal escaped.
pub fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        let steers = matches!(character, '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}' | '\u{feff}');
        match character.is_control() || steers {
            true => out.extend(character.escape_default()),
            false => out.push(character),
        }
    }
    out
}

fn shown(value: &Value, hint: Hint) -> String {
    match value {
        Value::OctetString(bytes) => octets(bytes, hint),
        Value::Oid(oid) => oid.to_string(),
        Value::IpAddress(address) => Ipv4Addr::from(*address).to_string(),
        Value::Opaque(bytes) | Value::Unknown { bytes, .. } => hex(bytes),
        Value::Null | Value::NoSuchObject | Value::NoSuchInstance | Value::EndOfMibView => {
            String::new()
        }
        number => number
            .as_number()
            .map(|number| number.to_string())
            .unwrap_or_default(),
    }
}

fn octets(bytes: &[u8], hint: Hint) -> String {
    let special = match hint {
        Hint::DateAndTime => date_and_time(bytes),
        Hint::InternetAddress => internet_address(bytes),
        Hint::Physical => Some(
            bytes
                .iter()
                .map(|b| format!("{b:02x}"))
                .collect::<Vec<_>>()
                .join(":"),
        ),
        Hint::Text => Some(printable(&String::from_utf8_lossy(bytes))),
        Hint::None => None,
    };
    let text = || {
        let text = std::str::from_utf8(bytes).ok()?;
        (!text.contains(|c: char| c.is_control() && c != '\n')).then(|| printable(text))
    };
    special.or_else(text).unwrap_or_else(|| hex(bytes))
}

fn internet_address(bytes: &[u8]) -> Option<String> {
    let zoned = |address: String, zone: &[u8]| {
        let zone = u32::from_be_bytes(zone.try_into().expect("a zone index has four octets"));
        format!("{address}%{zone}")
    };
    let v4 = |b: &[u8]| <[u8; 4]>::try_from(b).map(|octets| Ipv4Addr::from(octets).to_string());
    let v6 = |b: &[u8]| <[u8; 16]>::try_from(b).map(|octets| Ipv6Addr::from(octets).to_string());
    match bytes.len() {
        4 => v4(bytes).ok(),
        8 => v4(&bytes[..4])
            .ok()
            .map(|address| zoned(address, &bytes[4..])),
        16 => v6(bytes).ok(),
        20 => v6(&bytes[..16])
            .ok()
            .map(|address| zoned(address, &bytes[16..])),
        _ => None,
    }
}

/// RFC 2579 DateAndTime: 8 octets, or 11 with the distance from UTC.
fn date_and_time(bytes: &[u8]) -> Option<String> {
    let (&[y1, y2, month, day, hour, minute, second, tenth], zone) = bytes.split_first_chunk()?;
    let year = u16::from_be_bytes([y1, y2]);
    let mut text =
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{tenth}");
    match zone {
        [] => {}
        [sign @ (b'+' | b'-'), hours, minutes] => {
            let _ = write!(text, "{}{hours:02}:{minutes:02}", *sign as char);
        }
        _ => return None,
    }
    Some(text)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold("0x".to_owned(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Hexadecimal octets with or without `0x`, colons or spaces.
fn hexadecimal(text: &str) -> Option<Vec<u8>> {
    let text = text.strip_prefix("0x").unwrap_or(text);
    let digits: Vec<u8> = text
        .chars()
        .filter(|character| !matches!(character, ':' | ' '))
        .map(|character| character.to_digit(16).map(|digit| digit as u8))
        .collect::<Option<_>>()?;
    let pairs = digits.chunks_exact(2);
    pairs
        .remainder()
        .is_empty()
        .then(|| pairs.map(|pair| pair[0] << 4 | pair[1]).collect())
}

fn by_letter(letter: &str) -> Option<Base> {
    Some(match letter {
        "i" => Base::Integer,
        "u" => Base::Gauge32,
        "c" => Base::Counter32,
        "C" => Base::Counter64,
        "t" => Base::TimeTicks,
        "s" | "x" => Base::OctetString,
        "o" => Base::Oid,
        "a" => Base::IpAddress,
        _ => return None,
    })
}
