//! The Basic Encoding Rules, as far as SNMP uses them: single-octet tags and definite lengths.
//!
//! Reading is as tolerant as real agents make it necessary (`snmp.md` 3.4): lengths may be longer
//! than they need be, unsigned numbers may miss or repeat their leading zero. What is never
//! tolerated is a length that reaches beyond its container: nothing is read outside it.

use std::fmt;

/// The largest message this program reads: the largest UDP payload over IPv4, in octets.
pub const MAX_MESSAGE: usize = 65_507;
/// Containers within containers; an SNMPv3 message needs seven.
pub const MAX_DEPTH: u8 = 16;
/// Sub-identifiers in one object identifier (RFC 2578 3.5).
pub const MAX_ARCS: usize = 128;

/// Universal tags.
pub const INTEGER: u8 = 0x02;
pub const OCTET_STRING: u8 = 0x04;
pub const NULL: u8 = 0x05;
pub const OBJECT_IDENTIFIER: u8 = 0x06;
pub const SEQUENCE: u8 = 0x30;

/// Which field could not be read, where, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} at offset {offset}: {problem}")]
pub struct Error {
    /// The field by its name in the RFC, such as `request-id`.
    pub field: &'static str,
    /// Octets from the start of the message to the start of the field.
    pub offset: usize,
    pub problem: Problem,
}

/// What was wrong with a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The container or the datagram ends first.
    Truncated {
        needed: usize,
        left: usize,
    },
    WrongTag {
        expected: u8,
        seen: u8,
    },
    /// A tag number above 30 (several octets); SNMP has none.
    LongTag,
    /// Length octet 0x80; RFC 3417 section 8 forbids it.
    IndefiniteLength,
    /// A length that no message can have.
    HugeLength,
    TooDeep,
    /// The message is larger than [`MAX_MESSAGE`].
    TooLarge(usize),
    /// A number without content octets.
    EmptyNumber,
    /// A number beyond the range its type has here.
    NumberOutOfRange,
    /// The content has another length than its type demands.
    WrongLength {
        expected: usize,
        seen: usize,
    },
    EmptyOid,
    /// A sub-identifier above 2^32 - 1, or one that is cut off.
    BadArc,
    TooManyArcs,
    /// Octets after the last field.
    Trailing(usize),
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated { needed, left } => {
                write!(f, "needs {needed} octets, {left} are left")
            }
            Self::WrongTag { expected, seen } => {
                write!(f, "expected tag {expected:#04x}, saw {seen:#04x}")
            }
            Self::LongTag => write!(f, "a tag of several octets, which SNMP does not use"),
            Self::IndefiniteLength => write!(f, "an indefinite length, which SNMP forbids"),
            Self::HugeLength => write!(f, "a length that no message can have"),
            Self::TooDeep => write!(f, "nested deeper than {MAX_DEPTH} levels"),
            Self::TooLarge(seen) => {
                write!(f, "{seen} octets, a message has at most {MAX_MESSAGE}")
            }
            Self::EmptyNumber => write!(f, "a number without octets"),
            Self::NumberOutOfRange => write!(f, "a number beyond the range of its type"),
            Self::WrongLength { expected, seen } => {
                write!(f, "expected {expected} octets of content, saw {seen}")
            }
            Self::EmptyOid => write!(f, "an object identifier without octets"),
            Self::BadArc => write!(f, "a sub-identifier that is cut off or above 2^32 - 1"),
            Self::TooManyArcs => write!(f, "more than {MAX_ARCS} sub-identifiers"),
            Self::Trailing(left) => write!(f, "{left} octets after the last field"),
        }
    }
}

/// Reads the fields of one container, in order.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    offset: usize,
    depth: u8,
}

impl<'a> Reader<'a> {
    /// Starts at the first octet of a message.
    pub fn new(message: &'a [u8]) -> Result<Self, Error> {
        if message.len() > MAX_MESSAGE {
            let problem = Problem::TooLarge(message.len());
            return Err(Error {
                field: "message",
                offset: 0,
                problem,
            });
        }
        Ok(Self {
            bytes: message,
            offset: 0,
            depth: 0,
        })
    }

    /// Octets from the start of the message to the next field.
    pub fn offset(&self) -> usize {
        self.offset
    }

    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The content octets that have not been read yet.
    pub fn rest(&self) -> &'a [u8] {
        self.bytes
    }

    /// An error about `field` at the present place.
    pub fn error(&self, field: &'static str, problem: Problem) -> Error {
        Error {
            field,
            offset: self.offset,
            problem,
        }
    }

    /// The tag of the next field, whatever it is, and a reader of its content.
    pub fn any(&mut self, field: &'static str) -> Result<(u8, Reader<'a>), Error> {
        let start = self.clone();
        let fail = |problem| start.error(field, problem);
        let [tag, rest @ ..] = self.bytes else {
            return Err(fail(Problem::Truncated { needed: 1, left: 0 }));
        };
        if tag & 0x1f == 0x1f {
            return Err(fail(Problem::LongTag));
        }
        let (length, rest) = length(rest).map_err(fail)?;
        if length > rest.len() {
            return Err(fail(Problem::Truncated {
                needed: length,
                left: rest.len(),
            }));
        }
        if self.depth == MAX_DEPTH {
            return Err(fail(Problem::TooDeep));
        }
        let (content, after) = rest.split_at(length);
        let header = self.bytes.len() - rest.len();
        let inner = Reader {
            bytes: content,
            offset: self.offset + header,
            depth: self.depth + 1,
        };
        self.offset += header + length;
        self.bytes = after;
        Ok((*tag, inner))
    }

    /// The content of the next field, which must have `tag`.
    pub fn expect(&mut self, tag: u8, field: &'static str) -> Result<Reader<'a>, Error> {
        let start = self.clone();
        let (seen, inner) = self.any(field)?;
        if seen != tag {
            return Err(start.error(
                field,
                Problem::WrongTag {
                    expected: tag,
                    seen,
                },
            ));
        }
        Ok(inner)
    }

    /// A whole INTEGER field.
    pub fn integer(&mut self, field: &'static str) -> Result<i64, Error> {
        self.expect(INTEGER, field)?.integer_content(field)
    }

    /// A whole INTEGER field of 32 bits, such as a request-id.
    pub fn integer32(&mut self, field: &'static str) -> Result<i32, Error> {
        let start = self.clone();
        i32::try_from(self.integer(field)?)
            .map_err(|_| start.error(field, Problem::NumberOutOfRange))
    }

    /// A whole OCTET STRING field.
    pub fn octets(&mut self, field: &'static str) -> Result<&'a [u8], Error> {
        Ok(self.expect(OCTET_STRING, field)?.bytes)
    }

    /// A whole OBJECT IDENTIFIER field.
    pub fn oid(&mut self, field: &'static str) -> Result<Vec<u32>, Error> {
        self.expect(OBJECT_IDENTIFIER, field)?.oid_content(field)
    }

    /// This content as a signed number; redundant leading octets are allowed.
    pub fn integer_content(&self, field: &'static str) -> Result<i64, Error> {
        let Some(first) = self.bytes.first() else {
            return Err(self.error(field, Problem::EmptyNumber));
        };
        let fill = if first & 0x80 == 0 { 0x00 } else { 0xff };
        let (padding, digits) = self.bytes.split_at(self.bytes.len().saturating_sub(8));
        let sign_kept = padding.is_empty() || (digits[0] ^ fill) & 0x80 == 0;
        if padding.iter().any(|&octet| octet != fill) || !sign_kept {
            return Err(self.error(field, Problem::NumberOutOfRange));
        }
        let start = if fill == 0 { 0 } else { -1 };
        Ok(digits
            .iter()
            .fold(start, |number, &octet| number << 8 | i64::from(octet)))
    }

    /// This content as an unsigned number of at most `octets` octets, leading zeros not counted.
    /// A set top bit without a leading zero counts as magnitude (`snmp.md` 3.4).
    pub fn unsigned_content(&self, field: &'static str, octets: usize) -> Result<u64, Error> {
        if self.bytes.is_empty() {
            return Err(self.error(field, Problem::EmptyNumber));
        }
        let zeros = self.bytes.iter().take_while(|&&octet| octet == 0).count();
        let digits = &self.bytes[zeros..];
        if digits.len() > octets {
            return Err(self.error(field, Problem::NumberOutOfRange));
        }
        Ok(digits
            .iter()
            .fold(0, |number, &octet| number << 8 | u64::from(octet)))
    }

    /// This content as an unsigned number of 32 bits.
    pub fn unsigned32_content(&self, field: &'static str) -> Result<u32, Error> {
        let number = self.unsigned_content(field, 4)?;
        Ok(u32::try_from(number).expect("four octets are 32 bits"))
    }

    /// This content as sub-identifiers; always at least two.
    pub fn oid_content(&self, field: &'static str) -> Result<Vec<u32>, Error> {
        if self.bytes.is_empty() {
            return Err(self.error(field, Problem::EmptyOid));
        }
        let mut arcs = Vec::with_capacity(self.bytes.len() + 1);
        let mut octets = self.bytes.iter();
        while let Some(&first) = octets.next() {
            let mut octet = first;
            let mut number = u64::from(octet & 0x7f);
            while octet & 0x80 != 0 {
                let next = octets
                    .next()
                    .ok_or_else(|| self.error(field, Problem::BadArc))?;
                octet = *next;
                number = number << 7 | u64::from(octet & 0x7f);
                if number > u64::from(u32::MAX) + 80 {
                    return Err(self.error(field, Problem::BadArc));
                }
            }
            if arcs.is_empty() {
                let root = (number / 40).min(2);
                arcs.push(root as u32);
                number -= root * 40;
            }
            arcs.push(u32::try_from(number).map_err(|_| self.error(field, Problem::BadArc))?);
            if arcs.len() > MAX_ARCS {
                return Err(self.error(field, Problem::TooManyArcs));
            }
        }
        Ok(arcs)
    }

    /// Everything has been read; anything left over is an error.
    pub fn finish(&self, field: &'static str) -> Result<(), Error> {
        match self.bytes.len() {
            0 => Ok(()),
            left => Err(self.error(field, Problem::Trailing(left))),
        }
    }
}

/// A length and what follows it; a long form may carry leading zeros (`30 82 00 2d`).
fn length(bytes: &[u8]) -> Result<(usize, &[u8]), Problem> {
    let [first, rest @ ..] = bytes else {
        return Err(Problem::Truncated { needed: 1, left: 0 });
    };
    if *first < 0x80 {
        return Ok((usize::from(*first), rest));
    }
    let count = usize::from(first & 0x7f);
    if count == 0 {
        return Err(Problem::IndefiniteLength);
    }
    if count > rest.len() {
        return Err(Problem::Truncated {
            needed: count,
            left: rest.len(),
        });
    }
    let (octets, rest) = rest.split_at(count);
    let mut length = 0;
    for &octet in octets {
        length = length << 8 | usize::from(octet);
        if length > MAX_MESSAGE {
            return Err(Problem::HugeLength);
        }
    }
    Ok((length, rest))
}

/// Writes fields one after the other, always in their shortest form.
#[derive(Clone, Debug, Default)]
pub struct Writer(Vec<u8>);

impl Writer {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// A container whose content `fill` writes.
    pub fn nested(&mut self, tag: u8, fill: impl FnOnce(&mut Writer)) {
        let mut inner = Writer::new();
        fill(&mut inner);
        self.raw(tag, &inner.0);
    }

    /// A field with its content as it is.
    pub fn raw(&mut self, tag: u8, content: &[u8]) {
        self.0.push(tag);
        let length = content.len();
        if length < 0x80 {
            self.0.push(length as u8);
        } else {
            let octets = length.to_be_bytes();
            let zeros = octets.iter().take_while(|&&octet| octet == 0).count();
            self.0.push(0x80 | (octets.len() - zeros) as u8);
            self.0.extend_from_slice(&octets[zeros..]);
        }
        self.0.extend_from_slice(content);
    }

    pub fn integer(&mut self, number: i64) {
        let octets = number.to_be_bytes();
        let fill = if number < 0 { 0xff } else { 0x00 };
        let redundant = octets
            .windows(2)
            .take_while(|pair| pair[0] == fill && (pair[1] ^ fill) & 0x80 == 0)
            .count();
        self.raw(INTEGER, &octets[redundant..]);
    }

    /// An unsigned number under an application tag, with the leading zero BER asks for.
    pub fn unsigned(&mut self, tag: u8, number: u64) {
        let mut octets = [0; 9];
        octets[1..].copy_from_slice(&number.to_be_bytes());
        let redundant = octets
            .windows(2)
            .take_while(|pair| pair[0] == 0 && pair[1] & 0x80 == 0)
            .count();
        self.raw(tag, &octets[redundant..]);
    }

    pub fn octets(&mut self, octets: &[u8]) {
        self.raw(OCTET_STRING, octets);
    }

    pub fn null(&mut self) {
        self.raw(NULL, &[]);
    }

    /// An object identifier.
    ///
    /// # Panics
    /// When `arcs` has no BER form (see [`oid_is_encodable`]): `Oid` cannot hold such arcs.
    pub fn oid(&mut self, arcs: &[u32]) {
        assert!(
            oid_is_encodable(arcs),
            "an object identifier without a BER form: {arcs:?}"
        );
        let mut content = Vec::with_capacity(arcs.len() + 4);
        arc(&mut content, u64::from(arcs[0]) * 40 + u64::from(arcs[1]));
        for &number in &arcs[2..] {
            arc(&mut content, u64::from(number));
        }
        self.raw(OBJECT_IDENTIFIER, &content);
    }
}

/// At least two sub-identifiers, the first 0, 1 or 2, the second below 40 unless the first is 2.
pub fn oid_is_encodable(arcs: &[u32]) -> bool {
    matches!(arcs, [0 | 1, second, ..] if *second < 40) || matches!(arcs, [2, _, ..])
}

fn arc(content: &mut Vec<u8>, number: u64) {
    let digits = (64 - number.leading_zeros()).div_ceil(7).max(1);
    for digit in (0..digits).rev() {
        let more = if digit == 0 { 0x00 } else { 0x80 };
        content.push(more | (number >> (7 * digit) & 0x7f) as u8);
    }
}

#[cfg(test)]
mod tests;
