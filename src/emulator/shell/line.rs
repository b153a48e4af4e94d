//! Line editing: what a key does to the line, and what the terminal sees of it.

/// The line being typed.
#[derive(Clone, Debug, Default)]
pub struct Editor {
    line: Vec<u8>,
    escape: Escape,
    /// The last byte was CR, so a LF right behind it belongs to it.
    after_cr: bool,
}

/// Where in an escape sequence (an arrow key) the input is; its bytes are swallowed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Escape {
    #[default]
    None,
    Started,
    Sequence,
}

/// What a byte meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// Nothing more than an edit.
    Edited,
    /// Enter: the line as typed.
    Enter(String),
    /// Ctrl-C
    Interrupt,
    /// Ctrl-D on an empty line.
    EndOfFile,
    /// `?`: help at the end of this text.
    Help(String),
    /// Tab: completion of this text.
    Complete(String),
}

/// A line longer than this takes no more bytes; the terminal rings.
const LONGEST: usize = 4096;
const BELL: u8 = 7;
const RUB_OUT: &[u8] = b"\x08 \x08";

impl Editor {
    /// Takes one byte; `out` gets the echo. With `plain`, `?` and Tab have no meaning (answers to
    /// questions).
    pub fn key(&mut self, byte: u8, plain: bool, out: &mut Vec<u8>) -> Key {
        let after_cr = std::mem::take(&mut self.after_cr);
        match (self.escape, byte) {
            (Escape::None, _) => {}
            (Escape::Started, b'[' | b'O') => {
                self.escape = Escape::Sequence;
                return Key::Edited;
            }
            (Escape::Sequence, 0x20..=0x3f) => return Key::Edited,
            _ => {
                self.escape = Escape::None;
                return Key::Edited;
            }
        }
        match byte {
            b'\n' if after_cr => {}
            b'\r' | b'\n' => {
                self.after_cr = byte == b'\r';
                out.extend(b"\r\n");
                let line = std::mem::take(&mut self.line);
                return Key::Enter(String::from_utf8_lossy(&line).into_owned());
            }
            0x03 => {
                self.line.clear();
                return Key::Interrupt;
            }
            0x04 if self.line.is_empty() => return Key::EndOfFile,
            0x08 | 0x7f => self.rub_out(out),
            0x15 => {
                while !self.line.is_empty() {
                    self.rub_out(out);
                }
            }
            0x1b => self.escape = Escape::Started,
            b'?' if !plain => return Key::Help(self.text()),
            b'\t' if !plain => return Key::Complete(self.text()),
            0x20.. if self.line.len() < LONGEST => {
                self.line.push(byte);
                out.push(byte);
            }
            0x20.. => out.push(BELL),
            _ => {}
        }
        Key::Edited
    }

    /// What has been typed so far.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.line).into_owned()
    }

    /// Adds a completion.
    pub fn insert(&mut self, text: &str, out: &mut Vec<u8>) {
        self.line.extend(text.bytes());
        out.extend(text.bytes());
    }

    /// Removes the last character, however many bytes it has.
    fn rub_out(&mut self, out: &mut Vec<u8>) {
        let Some(mut last) = self.line.pop() else {
            return;
        };
        while last & 0xc0 == 0x80 {
            match self.line.pop() {
                Some(byte) => last = byte,
                None => break,
            }
        }
        out.extend(RUB_OUT);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(bytes: &[u8]) -> (Vec<String>, String) {
        let (mut editor, mut out) = (Editor::default(), Vec::new());
        let mut lines = Vec::new();
        for byte in bytes {
            if let Key::Enter(line) = editor.key(*byte, false, &mut out) {
                lines.push(line);
            }
        }
        (lines, String::from_utf8(out).unwrap())
    }

    #[test]
    fn cli_8_every_byte_is_echoed_as_it_is_typed() {
        let (mut editor, mut out) = (Editor::default(), Vec::new());
        for (count, byte) in b"show".iter().enumerate() {
            editor.key(*byte, false, &mut out);
            assert_eq!(out.len(), count + 1);
        }
        assert_eq!(out, b"show");
    }

    #[test]
    fn cr_lf_and_both_end_one_line_each() {
        let (lines, _) = typed(b"a\rb\nc\r\nd\n\r");
        assert_eq!(lines, ["a", "b", "c", "d", ""]);
    }

    #[test]
    fn backspace_and_ctrl_u_erase_characters_not_bytes() {
        assert_eq!(typed("x\u{e9}\x7fy\r".as_bytes()).0, ["xy"]);
        assert_eq!(
            typed(b"abc\x15de\x08f\r"),
            (
                vec!["df".into()],
                "abc\x08 \x08\x08 \x08\x08 \x08de\x08 \x08f\r\n".into()
            )
        );
        assert_eq!(typed(b"\x7f\x15a\r").0, ["a"]);
    }

    #[test]
    fn arrow_keys_print_nothing() {
        assert_eq!(
            typed(b"a\x1b[A\x1b[1;5Cb\x1bOPc\r"),
            (vec!["abc".into()], "abc\r\n".into())
        );
    }

    #[test]
    fn an_endless_line_is_cut_and_rings() {
        let (lines, echo) = typed(&[vec![b'x'; LONGEST + 3], b"\r".to_vec()].concat());
        assert_eq!(lines[0].len(), LONGEST);
        assert!(echo.ends_with("\x07\x07\x07\r\n"));
    }
}
