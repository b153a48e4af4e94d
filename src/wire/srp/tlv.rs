//! Reading and writing the TLVs of a payload.

use super::{Error, HEADER, MAGIC, VERSION};

/// Type u16, length u16.
const TLV_HEADER: usize = 4;

/// Most frames carry no more than this; longer ones let their buffer grow.
const SMALL_PAYLOAD: usize = 100;

/// Walks the TLVs of a payload, ending after the first error.
pub(super) struct Tlvs<'a> {
    payload: &'a [u8],
    at: usize,
}

/// One TLV, with its place for error texts.
#[derive(Clone, Copy)]
pub(super) struct Tlv<'a> {
    pub tag: u16,
    pub value: &'a [u8],
    /// Offset of the TLV in its payload.
    pub at: usize,
}

impl<'a> Tlvs<'a> {
    pub fn new(payload: &'a [u8]) -> Self {
        Self { payload, at: 0 }
    }
}

impl<'a> Iterator for Tlvs<'a> {
    type Item = Result<Tlv<'a>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let at = self.at;
        let rest = &self.payload[at..];
        if rest.is_empty() {
            return None;
        }
        let Some(head) = rest.first_chunk::<TLV_HEADER>() else {
            self.at = self.payload.len();
            return Some(Err(Error::Truncated {
                at,
                needs: TLV_HEADER,
                left: rest.len(),
            }));
        };
        let tag = u16::from_be_bytes([head[0], head[1]]);
        let needs = TLV_HEADER + usize::from(u16::from_be_bytes([head[2], head[3]]));
        let Some(value) = rest.get(TLV_HEADER..needs) else {
            self.at = self.payload.len();
            return Some(Err(Error::Truncated {
                at,
                needs,
                left: rest.len(),
            }));
        };
        self.at += needs;
        Some(Ok(Tlv { tag, value, at }))
    }
}

impl<'a> Tlv<'a> {
    pub fn array<const N: usize>(&self, field: &'static str) -> Result<[u8; N], Error> {
        let Ok(bytes) = self.value.try_into() else {
            return Err(Error::Value {
                field,
                at: self.at,
                expected: "expected a value of its fixed length",
                seen: format!("{} bytes instead of {N}", self.value.len()),
            });
        };
        Ok(bytes)
    }

    pub fn u8(&self, field: &'static str) -> Result<u8, Error> {
        self.array(field).map(u8::from_be_bytes)
    }

    pub fn u16(&self, field: &'static str) -> Result<u16, Error> {
        self.array(field).map(u16::from_be_bytes)
    }

    pub fn u32(&self, field: &'static str) -> Result<u32, Error> {
        self.array(field).map(u32::from_be_bytes)
    }

    pub fn u64(&self, field: &'static str) -> Result<u64, Error> {
        self.array(field).map(u64::from_be_bytes)
    }

    /// A boolean is exactly 0 or 1, so that what was read can be said again.
    pub fn bool(&self, field: &'static str) -> Result<bool, Error> {
        match self.u8(field)? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(self.wrong(field, "expected 0 or 1", other)),
        }
    }

    pub fn text(&self, field: &'static str) -> Result<&'a str, Error> {
        std::str::from_utf8(self.value)
            .map_err(|_| self.wrong(field, "expected UTF-8 text", "other bytes"))
    }

    /// A value of the right size that means nothing.
    pub fn wrong(&self, field: &'static str, expected: &'static str, seen: impl ToString) -> Error {
        Error::Value {
            field,
            at: self.at,
            expected,
            seen: seen.to_string(),
        }
    }
}

/// Appends one frame to a buffer; [`Writer::finish`] fills in length and CRC.
pub(super) struct Writer<'v> {
    out: &'v mut Vec<u8>,
    start: usize,
}

impl<'v> Writer<'v> {
    pub fn begin(out: &'v mut Vec<u8>, kind: u8, flags: u16, instance: u16, sequence: u32) -> Self {
        let start = out.len();
        // Length and CRC stay zero until `finish`.
        let mut header = [0; HEADER];
        header[..4].copy_from_slice(&MAGIC);
        header[4..6].copy_from_slice(&[VERSION, kind]);
        header[6..8].copy_from_slice(&flags.to_be_bytes());
        header[8..10].copy_from_slice(&instance.to_be_bytes());
        header[12..16].copy_from_slice(&sequence.to_be_bytes());
        out.reserve(HEADER + SMALL_PAYLOAD);
        out.extend_from_slice(&header);
        Self { out, start }
    }

    pub fn bytes(&mut self, tag: u16, value: &[u8]) {
        let length = u16::try_from(value.len())
            .expect("a TLV value has at most 65535 bytes; senders split what is longer");
        self.head(tag, length);
        self.out.extend_from_slice(value);
    }

    fn head(&mut self, tag: u16, length: u16) {
        let ([a, b], [c, d]) = (tag.to_be_bytes(), length.to_be_bytes());
        self.out.extend_from_slice(&[a, b, c, d]);
    }

    pub fn u8(&mut self, tag: u16, value: u8) {
        self.head(tag, 1);
        self.out.push(value);
    }

    pub fn bool(&mut self, tag: u16, value: bool) {
        self.u8(tag, u8::from(value));
    }

    pub fn u16(&mut self, tag: u16, value: u16) {
        self.head(tag, 2);
        self.out.extend_from_slice(&value.to_be_bytes());
    }

    pub fn u32(&mut self, tag: u16, value: u32) {
        self.head(tag, 4);
        self.out.extend_from_slice(&value.to_be_bytes());
    }

    pub fn u64(&mut self, tag: u16, value: u64) {
        self.head(tag, 8);
        self.out.extend_from_slice(&value.to_be_bytes());
    }

    /// Text for people may be cut to what a TLV holds; nothing is decided by it.
    pub fn text(&mut self, tag: u16, value: &str) {
        let mut end = value.len().min(usize::from(u16::MAX));
        while !value.is_char_boundary(end) {
            end -= 1;
        }
        self.bytes(tag, &value.as_bytes()[..end]);
    }

    pub fn finish(self) {
        let payload = self.start + HEADER;
        let length = u32::try_from(self.out.len() - payload).expect("a payload stays below 16 MiB");
        let crc = crc32fast::hash(&self.out[payload..]);
        let header = &mut self.out[self.start..payload];
        header[16..20].copy_from_slice(&length.to_be_bytes());
        header[20..24].copy_from_slice(&length.to_be_bytes());
        header[24..28].copy_from_slice(&crc.to_be_bytes());
    }
}
