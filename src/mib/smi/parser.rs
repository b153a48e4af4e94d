//! Tokens to definitions, one at a time, each on its own.

use super::lexer::{Token, Tokens, tokens};
use super::{Body, Definition, Module, Notes, Place, Problem};

/// The macros a definition can invoke, all with the value notation `::= { … }`.
const MACROS: [&str; 9] = [
    "MODULE-IDENTITY",
    "OBJECT-IDENTITY",
    "OBJECT-TYPE",
    "NOTIFICATION-TYPE",
    "OBJECT-GROUP",
    "NOTIFICATION-GROUP",
    "MODULE-COMPLIANCE",
    "AGENT-CAPABILITIES",
    "TRAP-TYPE",
];

/// Reads every module in `text`. What could not be read is in the second list.
pub(in crate::mib) fn parse(text: &str) -> (Vec<Module<'_>>, Vec<Problem>) {
    let mut problems = Vec::new();
    let tokens = tokens(text, &mut problems);
    let mut parser = Parser {
        text: tokens,
        at: 0,
    };
    let mut modules = Vec::new();
    while parser.peek(0).is_some() {
        match parser.header() {
            Ok(name) => {
                let definitions = parser.definitions(name, &mut problems);
                modules.push(Module { name, definitions });
            }
            Err(problem) => {
                problems.push(problem);
                parser.skip_to_header();
            }
        }
    }
    if modules.is_empty() && problems.is_empty() {
        problems.push(Problem::new(
            1,
            "no module: expected NAME DEFINITIONS ::= BEGIN",
        ));
    }
    problems.sort_by_key(|problem| problem.line);
    (modules, problems)
}

pub(super) struct Parser<'a> {
    text: Tokens<'a>,
    at: usize,
}

impl<'a> Parser<'a> {
    fn line(&self) -> u32 {
        let tokens = &self.text.tokens;
        tokens
            .get(self.at)
            .or(tokens.last())
            .map_or(1, |(_, line)| *line)
    }

    /// The token `ahead` of the next one.
    pub(super) fn peek(&self, ahead: usize) -> Option<Token<'a>> {
        self.text
            .tokens
            .get(self.at + ahead)
            .map(|(token, _)| *token)
    }

    pub(super) fn next(&mut self) -> Option<Token<'a>> {
        let token = self.peek(0)?;
        self.at += 1;
        Some(token)
    }

    pub(super) fn take(&mut self, token: Token<'_>) -> bool {
        let found = self.peek(0) == Some(token);
        if found {
            self.next();
        }
        found
    }

    pub(super) fn word(&mut self, what: &str) -> Result<&'a str, Problem> {
        match self.peek(0) {
            Some(Token::Word(word)) => {
                self.next();
                Ok(word)
            }
            _ => Err(self.expected(what)),
        }
    }

    pub(super) fn need(&mut self, token: Token<'static>) -> Result<(), Problem> {
        match self.take(token) {
            true => Ok(()),
            false => Err(self.expected(&shown(token))),
        }
    }

    pub(super) fn expected(&self, what: &str) -> Problem {
        let seen = self.peek(0).map_or("the end of the file".to_owned(), shown);
        Problem::new(self.line(), format!("expected {what}, saw {seen}"))
    }

    /// `NAME [{ … }] DEFINITIONS [… TAGS] ::= BEGIN`, and the clauses that head a module.
    fn header(&mut self) -> Result<&'a str, Problem> {
        let name = self.word("the name of a module")?;
        if self.take(Token::Mark(b'{')) {
            self.skip_past(Token::Mark(b'}'))?;
        }
        self.need(Token::Word("DEFINITIONS"))?;
        self.skip_past(Token::Assign)?;
        self.need(Token::Word("BEGIN"))?;
        while let Some(Token::Word("IMPORTS" | "EXPORTS")) = self.peek(0) {
            self.skip_past(Token::Mark(b';'))?;
        }
        Ok(name)
    }

    pub(super) fn skip_past(&mut self, end: Token<'static>) -> Result<(), Problem> {
        let line = self.line();
        while let Some(token) = self.next() {
            if token == end {
                return Ok(());
            }
        }
        Err(Problem::new(
            line,
            format!("what starts here never reaches {}", shown(end)),
        ))
    }

    fn skip_to_header(&mut self) {
        self.next();
        while self.peek(0).is_some() && self.peek(1) != Some(Token::Word("DEFINITIONS")) {
            self.next();
        }
    }

    /// Everything up to `END`.
    fn definitions(&mut self, module: &str, problems: &mut Vec<Problem>) -> Vec<Definition<'a>> {
        let mut definitions = Vec::new();
        loop {
            let line = self.line();
            if self.take(Token::Word("END")) {
                return definitions;
            }
            if self.peek(0).is_none() {
                problems.push(Problem::new(line, format!("module {module} has no END")));
                return definitions;
            }
            let start = self.at;
            match self.definition() {
                Ok(definition) => definitions.extend(definition),
                Err(problem) => {
                    problems.push(problem);
                    self.at = self.at.max(start + 1);
                    while self.peek(0).is_some() && !self.at_definition() {
                        self.next();
                    }
                }
            }
        }
    }

    /// Whether the next tokens can only start a definition or end the module.
    pub(super) fn at_definition(&self) -> bool {
        let Some(Token::Word(name)) = self.peek(0) else {
            return false;
        };
        let capital = name.starts_with(|first: char| first.is_ascii_uppercase());
        match self.peek(1) {
            _ if name == "END" => true,
            Some(Token::Word("OBJECT")) => {
                self.peek(2) == Some(Token::Word("IDENTIFIER"))
                    && self.peek(3) == Some(Token::Assign)
            }
            Some(Token::Word("MACRO")) => self.peek(2) == Some(Token::Assign),
            Some(Token::Word(word)) => MACROS.contains(&word),
            Some(Token::Assign) => capital,
            _ => false,
        }
    }

    fn definition(&mut self) -> Result<Option<Definition<'a>>, Problem> {
        let line = self.line();
        let name = self.word("the name of a definition")?;
        let body = match self.peek(0) {
            Some(Token::Assign) => {
                self.next();
                Body::Type(self.type_assignment()?)
            }
            Some(Token::Word("MACRO")) => {
                self.skip_past(Token::Word("END"))?;
                return Ok(None);
            }
            Some(Token::Word("OBJECT")) => {
                self.next();
                self.need(Token::Word("IDENTIFIER"))?;
                self.need(Token::Assign)?;
                Body::Node(self.place()?)
            }
            Some(Token::Word(invoked)) if MACROS.contains(&invoked) => {
                self.next();
                self.invocation(line, name, invoked)?
            }
            _ => return Err(self.expected(&format!("a macro or ::= after the name {name}"))),
        };
        Ok(Some(Definition { name, line, body }))
    }

    /// The clauses of a macro and its value.
    fn invocation(&mut self, line: u32, name: &str, invoked: &str) -> Result<Body<'a>, Problem> {
        let first = self.at;
        let (mut syntax, mut objects, mut enterprise) = (None, Vec::new(), None);
        loop {
            match self.peek(0) {
                Some(Token::Assign) => break,
                Some(Token::Word("SYNTAX")) if invoked == "OBJECT-TYPE" => {
                    self.next();
                    syntax = Some(self.type_name()?);
                }
                Some(Token::Word("OBJECTS" | "VARIABLES")) => {
                    self.next();
                    objects = self.names()?;
                }
                Some(Token::Word("ENTERPRISE")) if invoked == "TRAP-TYPE" => {
                    self.next();
                    enterprise = Some(self.enterprise()?);
                }
                Some(Token::Mark(b'{')) => self.skip_braces()?,
                Some(_) if !self.at_definition() => {
                    self.next();
                }
                _ => return Err(self.expected(&format!("::= and the OID of {name}"))),
            }
        }
        self.next();
        let notes = self.notes(first);
        if invoked == "TRAP-TYPE" {
            let number = self.arc()?;
            let enterprise =
                enterprise.ok_or_else(|| self.expected(&format!("ENTERPRISE in {name}")))?;
            return Ok(Body::Trap {
                enterprise,
                number,
                objects,
                notes,
            });
        }
        let place = self.place()?;
        Ok(match (invoked, syntax) {
            ("OBJECT-TYPE", Some(syntax)) => Body::Object { place, syntax },
            ("OBJECT-TYPE", None) => {
                let message = format!("the object {name} has no SYNTAX");
                return Err(Problem::new(line, message));
            }
            ("NOTIFICATION-TYPE", _) => Body::Notification {
                place,
                objects,
                notes,
            },
            _ => Body::Node(place),
        })
    }

    fn enterprise(&mut self) -> Result<Place<'a>, Problem> {
        match self.peek(0) {
            Some(Token::Mark(b'{')) => self.place(),
            _ => Ok(Place {
                parent: Some(self.word("an enterprise")?),
                arcs: Vec::new(),
            }),
        }
    }

    /// The annotations between token `first` and here.
    fn notes(&self, first: usize) -> Notes<'a> {
        let mut notes = Notes::default();
        let annotations = &self.text.annotations;
        let before = annotations.partition_point(|(at, _)| *at < first);
        for (_, text) in annotations[before..]
            .iter()
            .take_while(|(at, _)| *at < self.at)
        {
            let (key, value) = text.split_once(char::is_whitespace).unwrap_or((*text, ""));
            match key {
                "SEVERITY" => notes.severity = Some(value.trim()),
                "CLEARED-BY" => notes.cleared_by = Some(value.trim()),
                _ => {}
            }
        }
        notes
    }

    /// `{ parent 1 name(2) 3 }`
    fn place(&mut self) -> Result<Place<'a>, Problem> {
        self.need(Token::Mark(b'{'))?;
        let mut place = Place {
            parent: None,
            arcs: Vec::new(),
        };
        if let (Some(Token::Word(parent)), after) = (self.peek(0), self.peek(1))
            && after != Some(Token::Mark(b'('))
        {
            self.next();
            place.parent = Some(parent);
        }
        while !self.take(Token::Mark(b'}')) {
            if let Some(Token::Word(_)) = self.peek(0) {
                self.next();
                self.need(Token::Mark(b'('))?;
                place.arcs.push(self.arc()?);
                self.need(Token::Mark(b')'))?;
            } else {
                place.arcs.push(self.arc()?);
            }
        }
        match place.parent.is_none() && place.arcs.is_empty() {
            true => Err(self.expected("an OID between the braces before this")),
            false => Ok(place),
        }
    }

    fn arc(&mut self) -> Result<u32, Problem> {
        if let Some(Token::Number(number)) = self.peek(0)
            && let Ok(arc) = u32::try_from(number)
        {
            self.next();
            return Ok(arc);
        }
        Err(self.expected("a number from 0 to 4294967295"))
    }

    /// `{ a, b, c }`
    fn names(&mut self) -> Result<Vec<&'a str>, Problem> {
        self.need(Token::Mark(b'{'))?;
        let mut names = Vec::new();
        while !self.take(Token::Mark(b'}')) {
            if !names.is_empty() {
                self.need(Token::Mark(b','))?;
            }
            names.push(self.word("the name of an object")?);
        }
        Ok(names)
    }

    pub(super) fn skip_braces(&mut self) -> Result<(), Problem> {
        self.skip_balanced(Token::Mark(b'{'), Token::Mark(b'}'))
    }

    pub(super) fn skip_parentheses(&mut self) -> Result<(), Problem> {
        self.skip_balanced(Token::Mark(b'('), Token::Mark(b')'))
    }

    fn skip_balanced(&mut self, open: Token<'_>, close: Token<'_>) -> Result<(), Problem> {
        let line = self.line();
        let mut depth = 0_u32;
        while let Some(token) = self.next() {
            if token == open {
                depth += 1;
            } else if token == close {
                depth -= 1;
                if depth == 0 {
                    return Ok(());
                }
            }
        }
        Err(Problem::new(
            line,
            format!("{} is never closed", shown(open)),
        ))
    }
}

fn shown(token: Token<'_>) -> String {
    match token {
        Token::Word(word) => word.to_owned(),
        Token::Number(number) => number.to_string(),
        Token::Text(_) => "a quoted text".to_owned(),
        Token::Binary => "a binary or hexadecimal number".to_owned(),
        Token::Assign => "::=".to_owned(),
        Token::Mark(mark) => format!("{:?}", char::from(mark)),
    }
}
