//! One line of a terminal, as a person would see it: overwriting, rubbing out, colours ignored.

/// The longest line kept; what is longer loses its end.
const LONGEST_LINE: usize = 64 << 10;

/// Where an escape sequence stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Escape {
    #[default]
    None,
    Started,
    /// `ESC [`: parameters, then one final byte.
    Control {
        parameter: u8,
    },
    /// `ESC ]`: text up to BEL or `ESC \`.
    Text,
    /// `ESC (` and its kind: one more byte.
    OneMore,
}

/// The open line and its cursor.
#[derive(Debug, Default)]
pub(super) struct Editor {
    bytes: Vec<u8>,
    cursor: usize,
    escape: Escape,
}

impl Editor {
    /// Takes a byte; gives the line it completed.
    pub(super) fn feed(&mut self, byte: u8) -> Option<String> {
        match byte {
            // Also inside an escape sequence: noise must not swallow a line.
            b'\n' => {
                self.escape = Escape::None;
                return Some(self.end_line());
            }
            _ if self.escape != Escape::None => self.escaped(byte),
            b'\r' => self.cursor = 0,
            0x08 => self.cursor = self.cursor.saturating_sub(1),
            0x1b => self.escape = Escape::Started,
            b'\t' | 0x20..=0x7e | 0x80.. => self.print(byte),
            _ => {}
        }
        None
    }

    /// Takes the plain text that `bytes` begins with, as far as [`Self::feed`] would do nothing
    /// but append it; answers how much that is. Nearly all of a reply goes this way.
    pub(super) fn feed_plain(&mut self, bytes: &[u8]) -> usize {
        if self.escape != Escape::None || self.cursor != self.bytes.len() {
            return 0;
        }
        let plain = |byte: &u8| matches!(byte, b'\t' | 0x20..=0x7e | 0x80..);
        let length = bytes.iter().take_while(|byte| plain(byte)).count();
        let room = LONGEST_LINE.saturating_sub(self.bytes.len());
        self.bytes.extend_from_slice(&bytes[..length.min(room)]);
        self.cursor = self.bytes.len();
        length
    }

    /// Ends the line here.
    pub(super) fn end_line(&mut self) -> String {
        let line = self.text();
        self.clear();
        line
    }

    /// Puts back what stood before an interruption.
    pub(super) fn resume(&mut self, text: &str) {
        self.bytes = text.as_bytes().to_vec();
        self.cursor = self.bytes.len();
    }

    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.cursor = 0;
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// The last byte that is not a blank.
    pub(super) fn last_visible(&self) -> Option<u8> {
        self.bytes
            .iter()
            .rev()
            .find(|byte| !byte.is_ascii_whitespace())
            .copied()
    }

    fn print(&mut self, byte: u8) {
        if self.cursor < self.bytes.len() {
            self.bytes[self.cursor] = byte;
        } else if self.bytes.len() < LONGEST_LINE {
            self.bytes.push(byte);
        } else {
            return;
        }
        self.cursor += 1;
    }

    fn escaped(&mut self, byte: u8) {
        self.escape = match (self.escape, byte) {
            (Escape::Started, b'[') => Escape::Control { parameter: 0 },
            (Escape::Started, b']') => Escape::Text,
            (Escape::Started, b'(' | b')' | b'#' | b'%') => Escape::OneMore,
            (Escape::Control { .. }, b'0'..=b'9') => Escape::Control {
                parameter: byte - b'0',
            },
            (Escape::Control { parameter }, 0x20..=0x3f) => Escape::Control { parameter },
            (Escape::Control { parameter }, b'K') => {
                match parameter {
                    0 => self.bytes.truncate(self.cursor),
                    2 => self.bytes.fill(b' '),
                    _ => {}
                }
                Escape::None
            }
            (Escape::Text, 0x07) => Escape::None,
            (Escape::Text, 0x1b) => Escape::OneMore,
            (Escape::Text, _) => Escape::Text,
            _ => Escape::None,
        };
    }
}
