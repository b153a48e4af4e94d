//! SMI text to tokens.

use super::Problem;

/// One token, borrowed from the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// A name or keyword.
    Word(&'a str),
    Number(i64),
    /// The text between double quotes, as it is.
    Text(&'a str),
    /// `'…'H` or `'…'B`; nothing we read depends on its value.
    Binary,
    /// `::=`
    Assign,
    /// Any other character, and `..` as a full stop.
    Mark(u8),
}

/// A token and the line it starts in, counted from 1.
pub(super) type Placed<'a> = (Token<'a>, u32);

/// A text's tokens, and beside them its comments that start with `--#`.
#[derive(Default)]
pub(super) struct Tokens<'a> {
    pub tokens: Vec<Placed<'a>>,
    /// How many tokens come before the annotation, and its text without that start.
    pub annotations: Vec<(usize, &'a str)>,
}

/// All tokens; what cannot be a token is left out and reported.
pub(super) fn tokens<'a>(text: &'a str, problems: &mut Vec<Problem>) -> Tokens<'a> {
    let bytes = text.as_bytes();
    let mut lexer = Lexer {
        text,
        bytes,
        at: 0,
        line: 1,
        annotation: None,
    };
    let mut found = Tokens {
        tokens: Vec::with_capacity(text.len() / 6),
        annotations: Vec::new(),
    };
    while let Some(&byte) = lexer.bytes.get(lexer.at) {
        let line = lexer.line;
        match lexer.next(byte) {
            Ok(Some(token)) => found.tokens.push((token, line)),
            Ok(None) => {
                let annotation = lexer.annotation.take();
                found
                    .annotations
                    .extend(annotation.map(|text| (found.tokens.len(), text)));
            }
            Err(message) => problems.push(Problem::new(line, message)),
        }
    }
    found
}

struct Lexer<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    line: u32,
    /// The annotation just read.
    annotation: Option<&'a str>,
}

impl<'a> Lexer<'a> {
    /// Reads from `byte` on; always moves forward.
    fn next(&mut self, byte: u8) -> Result<Option<Token<'a>>, String> {
        let start = self.at;
        let rest = &self.bytes[start..];
        Ok(Some(match byte {
            b'\n' => {
                self.line += 1;
                self.at += 1;
                return Ok(None);
            }
            b' ' | b'\t' | b'\r' => {
                self.at += 1;
                return Ok(None);
            }
            b'a'..=b'z' | b'A'..=b'Z' => self.word(),
            b'-' if rest.starts_with(b"--") => {
                self.comment();
                return Ok(None);
            }
            b'0'..=b'9' => return self.number().map(Some),
            b'-' if rest.get(1).is_some_and(u8::is_ascii_digit) => {
                return self.number().map(Some);
            }
            b'"' => return self.quoted(b'"').map(|text| Some(Token::Text(text))),
            b'\'' => {
                self.quoted(b'\'')?;
                if matches!(self.bytes.get(self.at), Some(b'H' | b'h' | b'B' | b'b')) {
                    self.at += 1;
                }
                Token::Binary
            }
            b':' if rest.starts_with(b"::=") => {
                self.at += 3;
                Token::Assign
            }
            b'.' if rest.starts_with(b"..") => {
                self.at += 2;
                Token::Mark(b'.')
            }
            b'{' | b'}' | b'(' | b')' | b'[' | b']' | b',' | b';' | b'|' | b'.' | b':' | b'<'
            | b'>' | b'=' | b'-' => {
                self.at += 1;
                Token::Mark(byte)
            }
            _ => {
                let character = self.text[start..].chars().next().expect("not at the end");
                self.at += character.len_utf8();
                return Err(format!("the character {character:?} has no meaning here"));
            }
        }))
    }

    fn word(&mut self) -> Token<'a> {
        let start = self.at;
        let bytes = self.bytes;
        while let Some(&byte) = bytes.get(self.at) {
            let hyphen = byte == b'-' && bytes.get(self.at + 1) != Some(&b'-');
            if !(byte.is_ascii_alphanumeric() || byte == b'_' || hyphen) {
                break;
            }
            self.at += 1;
        }
        Token::Word(&self.text[start..self.at])
    }

    fn number(&mut self) -> Result<Token<'a>, String> {
        let start = self.at;
        self.at += 1;
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        let digits = &self.text[start..self.at];
        // Counter64 ranges go to 2^64 - 1; no number that large is a value we use.
        let number = digits
            .parse::<i128>()
            .map_err(|_| format!("{digits} is too large"))?;
        Ok(Token::Number(i64::try_from(number).unwrap_or(i64::MAX)))
    }

    /// A comment ends at the next `--` or with its line.
    fn comment(&mut self) {
        let body = self.at + 2;
        let line = self.bytes[body..].iter().position(|&byte| byte == b'\n');
        let line_end = line.map_or(self.bytes.len(), |length| body + length);
        let dashes = self.bytes[body..line_end]
            .windows(2)
            .position(|pair| pair == b"--");
        let end = dashes.map_or(line_end, |length| body + length);
        self.at = dashes.map_or(line_end, |length| body + length + 2);
        self.annotation = self.text[body..end].strip_prefix('#').map(str::trim);
    }

    /// The text up to the closing `quote`, which is consumed.
    fn quoted(&mut self, quote: u8) -> Result<&'a str, String> {
        let start = self.at + 1;
        let Some(length) = self.bytes[start..].iter().position(|&byte| byte == quote) else {
            self.at = self.bytes.len();
            return Err(format!(
                "the text that starts here with {} never ends",
                quote as char
            ));
        };
        let text = &self.text[start..start + length];
        self.line += text.bytes().filter(|&byte| byte == b'\n').count() as u32;
        self.at = start + length + 1;
        Ok(text)
    }
}
