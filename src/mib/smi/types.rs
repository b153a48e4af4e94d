//! The types of objects: their names and named values. Ranges and sizes are not kept, because
//! real values break them (`snmp.md` 6.2).

use super::lexer::Token;
use super::parser::Parser;
use super::{Problem, Type};

impl<'a> Parser<'a> {
    /// A type assignment's right side: a convention's SYNTAX, or the type itself.
    pub(super) fn type_assignment(&mut self) -> Result<Type<'a>, Problem> {
        if self.take(Token::Word("TEXTUAL-CONVENTION")) {
            while !self.take(Token::Word("SYNTAX")) {
                if self.peek(0).is_none() || self.at_definition() {
                    return Err(self.expected("SYNTAX of the textual convention"));
                }
                self.next();
            }
        }
        self.type_name()
    }

    pub(super) fn type_name(&mut self) -> Result<Type<'a>, Problem> {
        if self.take(Token::Mark(b'[')) {
            self.skip_past(Token::Mark(b']'))?;
            self.take(Token::Word("IMPLICIT"));
        }
        let name = self.word("a type")?;
        let name = match (name, self.peek(0)) {
            ("OCTET", Some(Token::Word("STRING"))) => {
                self.next();
                "OCTET STRING"
            }
            ("OBJECT", Some(Token::Word("IDENTIFIER"))) => {
                self.next();
                "OBJECT IDENTIFIER"
            }
            ("SEQUENCE", Some(Token::Word("OF"))) => {
                self.next();
                self.word("the type of a row")?;
                name
            }
            _ => name,
        };
        let mut labels = Vec::new();
        if self.peek(0) == Some(Token::Mark(b'{')) {
            match name {
                "SEQUENCE" | "CHOICE" => self.skip_braces()?,
                _ => labels = self.labels()?,
            }
        }
        if self.peek(0) == Some(Token::Mark(b'(')) {
            self.skip_parentheses()?;
        }
        Ok(Type { name, labels })
    }

    /// `{ up(1), down(2) }`
    fn labels(&mut self) -> Result<Vec<(i64, &'a str)>, Problem> {
        self.need(Token::Mark(b'{'))?;
        let mut labels = Vec::new();
        while !self.take(Token::Mark(b'}')) {
            if !labels.is_empty() {
                self.need(Token::Mark(b','))?;
            }
            let label = self.word("the name of a value")?;
            self.need(Token::Mark(b'('))?;
            let Some(Token::Number(number)) = self.peek(0) else {
                return Err(self.expected(&format!("the number of {label}")));
            };
            self.next();
            self.need(Token::Mark(b')'))?;
            labels.push((number, label));
        }
        Ok(labels)
    }
}
