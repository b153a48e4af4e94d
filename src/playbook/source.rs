//! YAML text to a tree that remembers where everything stands.
//!
//! The tree is what errors are made of, so the parser keeps byte ranges, refuses duplicate keys
//! (plain serde lets the last one win) and bounds everything a hostile file can blow up: size,
//! nesting, repetition by aliases, number of documents.

use std::borrow::Cow;
use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser, ScalarStyle};

use super::diagnostics::{Diagnostic, Place};

/// The largest file that is read, in bytes.
pub const MAX_BYTES: usize = 4 << 20;
/// How deep lists and maps may nest.
const MAX_DEPTH: usize = 64;
/// How many values aliases may repeat in all.
const MAX_REPEATED: usize = 2_000;
/// How many bytes of text aliases may repeat in all.
const MAX_REPEATED_BYTES: usize = 256 << 10;

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    pub place: Place,
    pub data: Data,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Data {
    Scalar {
        text: String,
        /// Written without quotes, so `true` and `5` mean a truth value and a number.
        plain: bool,
    },
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
}

/// A key of a map; keys are always text.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    pub text: String,
    pub place: Place,
}

impl Node {
    pub fn scalar(place: Place, text: impl Into<String>, plain: bool) -> Self {
        let text = text.into();
        Self {
            place,
            data: Data::Scalar { text, plain },
        }
    }

    /// Nothing was written here (`key:`, `~`, `null`).
    pub fn is_null(&self) -> bool {
        matches!(&self.data, Data::Scalar { text, plain: true } if is_null(text))
    }

    /// The text of a scalar, quoted or not.
    pub fn text(&self) -> Option<&str> {
        match &self.data {
            Data::Scalar { text, .. } if !self.is_null() => Some(text),
            _ => None,
        }
    }

    /// What it is, for messages.
    pub fn kind(&self) -> String {
        match &self.data {
            _ if self.is_null() => "nothing".into(),
            Data::Scalar { text, plain: true } => format!("`{text}`"),
            Data::Scalar { text, .. } => format!("the text {text:?}"),
            Data::List(_) => "a list".into(),
            Data::Map(_) => "a map".into(),
        }
    }

    /// Calls `visit` for every scalar below, depth first. Keys are not visited.
    pub fn scalars<'a>(&'a self, visit: &mut impl FnMut(&'a Node)) {
        match &self.data {
            Data::Scalar { .. } => visit(self),
            Data::List(items) => items.iter().for_each(|item| item.scalars(visit)),
            Data::Map(entries) => entries.iter().for_each(|(_, value)| value.scalars(visit)),
        }
    }

    fn size(&self) -> (usize, usize, usize) {
        let add = |sum: (usize, usize, usize), one: (usize, usize, usize)| {
            (sum.0 + one.0, sum.1 + one.1, sum.2.max(one.2))
        };
        let (nodes, bytes, depth) = match &self.data {
            Data::Scalar { text, .. } => (0, text.len(), 0),
            Data::List(items) => items.iter().map(Node::size).fold((0, 0, 0), add),
            Data::Map(entries) => entries.iter().map(|(_, n)| n.size()).fold((0, 0, 0), add),
        };
        (nodes + 1, bytes, depth + 1)
    }
}

pub fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

/// Reads one document. Mistakes that do not end the reading (a key written twice) are added to
/// `found`; `None` means the text could not be read at all and `found` says why.
pub fn parse(text: &str, found: &mut Vec<Diagnostic>) -> Option<Node> {
    if text.len() > MAX_BYTES {
        found.push(
            Diagnostic::nowhere(format!(
                "the file has {} bytes, more than the {MAX_BYTES} that are read",
                text.len()
            ))
            .help("is this the right file?"),
        );
        return None;
    }
    let mut builder = Builder::new(text, found);
    match builder.run() {
        Ok(Some(root)) if !root.is_null() => Some(root),
        Ok(_) => {
            found.push(
                Diagnostic::nowhere("the file is empty").help("write the document or name another"),
            );
            None
        }
        Err(fatal) => {
            found.push(fatal);
            None
        }
    }
}

struct Builder<'a, 'f> {
    text: &'a str,
    /// Byte offset of every character: the parser counts characters.
    offsets: Vec<usize>,
    found: &'f mut Vec<Diagnostic>,
    open: Vec<Frame>,
    root: Option<Node>,
    anchors: BTreeMap<usize, Node>,
    repeated: (usize, usize),
}

struct Frame {
    start: usize,
    anchor: usize,
    /// For a map: the key whose value comes next.
    key: Option<Key>,
    /// For a map: the keys so far, and where each stands.
    keys: BTreeMap<String, Place>,
    data: Data,
}

impl<'a, 'f> Builder<'a, 'f> {
    fn new(text: &'a str, found: &'f mut Vec<Diagnostic>) -> Self {
        let ends = std::iter::once(text.len());
        Self {
            text,
            offsets: text.char_indices().map(|(at, _)| at).chain(ends).collect(),
            found,
            open: Vec::new(),
            root: None,
            anchors: BTreeMap::new(),
            repeated: (0, 0),
        }
    }

    fn run(&mut self) -> Result<Option<Node>, Diagnostic> {
        let mut parser = Parser::new_from_str(self.text);
        let mut documents = 0;
        while let Some(next) = parser.next_event() {
            let (event, span) = next.map_err(|error| {
                let at = self.byte(error.marker().index());
                let place = self.visible(at..self.text.len(), true);
                Diagnostic::at(place, format!("not YAML: {}", error.info()), "here")
                    .help("check indentation, quotes and brackets just before this place")
            })?;
            let place = self.byte(span.start.index())..self.byte(span.end.index());
            match event {
                Event::DocumentStart(_) => {
                    documents += 1;
                    if documents > 1 {
                        return Err(Diagnostic::at(
                            self.visible(place, true),
                            "a second document in one file",
                            "starts here",
                        )
                        .help("one file holds one document: remove the `---` or split the file"));
                    }
                }
                Event::Scalar(text, style, anchor, tag) => {
                    refuse_tag(tag, &place)?;
                    let plain = style == ScalarStyle::Plain;
                    let place = self.visible(place, false);
                    let node = Node::scalar(place, Cow::into_owned(text), plain);
                    self.add(node, anchor)?;
                }
                Event::Alias(anchor) => self.repeat(anchor, place)?,
                Event::SequenceStart(anchor, tag) => {
                    refuse_tag(tag, &place)?;
                    self.open(place, anchor, Data::List(Vec::new()))?;
                }
                Event::MappingStart(anchor, tag) => {
                    refuse_tag(tag, &place)?;
                    self.open(place, anchor, Data::Map(Vec::new()))?;
                }
                Event::SequenceEnd | Event::MappingEnd => {
                    let frame = self.open.pop().expect("the parser closes what it opened");
                    let place = self.visible(frame.start..place.end, false);
                    let data = frame.data;
                    self.add(Node { place, data }, frame.anchor)?;
                }
                Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
            }
        }
        Ok(self.root.take())
    }

    fn open(&mut self, place: Place, anchor: usize, data: Data) -> Result<(), Diagnostic> {
        if matches!(
            self.open.last(),
            Some(Frame {
                data: Data::Map(_),
                key: None,
                ..
            })
        ) {
            return Err(text_key(self.visible(place, true)));
        }
        if self.open.len() >= MAX_DEPTH {
            return Err(too_deep(self.visible(place, true)));
        }
        let start = place.start;
        let (key, keys) = (None, BTreeMap::new());
        self.open.push(Frame {
            start,
            anchor,
            key,
            keys,
            data,
        });
        Ok(())
    }

    /// Puts a finished value where the reading is: root, list item, key or a key's value.
    fn add(&mut self, node: Node, anchor: usize) -> Result<(), Diagnostic> {
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        let Some(frame) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        match &mut frame.data {
            Data::List(items) => items.push(node),
            Data::Map(entries) => match frame.key.take() {
                None => match node.data {
                    Data::Scalar { text, .. } => {
                        let place = node.place;
                        frame.key = Some(Key { text, place });
                    }
                    _ => return Err(text_key(node.place)),
                },
                Some(key) => match frame.keys.get(&key.text) {
                    None => {
                        frame.keys.insert(key.text.clone(), key.place.clone());
                        entries.push((key, node));
                    }
                    Some(first) => self.found.push(
                        Diagnostic::at(
                            key.place,
                            format!("`{}` is written twice in one map", key.text),
                            "again here",
                        )
                        .also(first.clone(), "first here")
                        .help("keep one of them: which one counts would be a guess"),
                    ),
                },
            },
            Data::Scalar { .. } => unreachable!("only lists and maps are opened"),
        }
        Ok(())
    }

    fn repeat(&mut self, anchor: usize, place: Place) -> Result<(), Diagnostic> {
        let Some(node) = self.anchors.get(&anchor).cloned() else {
            return Err(Diagnostic::at(
                place,
                "an alias inside its own anchor",
                "here",
            ));
        };
        let (nodes, bytes, depth) = node.size();
        self.repeated.0 += nodes;
        self.repeated.1 += bytes;
        if self.repeated.0 > MAX_REPEATED || self.repeated.1 > MAX_REPEATED_BYTES {
            return Err(Diagnostic::at(place, "aliases repeat too much of this file", "here")
                .help(format!(
                    "at most {MAX_REPEATED} values and {MAX_REPEATED_BYTES} bytes: write the values out"
                )));
        }
        if self.open.len() + depth > MAX_DEPTH {
            return Err(too_deep(place));
        }
        self.add(node, 0)
    }

    fn byte(&self, character: usize) -> usize {
        self.offsets[character.min(self.offsets.len() - 1)]
    }

    /// The range without blanks at its end, on request only its first line.
    fn visible(&self, place: Place, first_line: bool) -> Place {
        let start = place.start.min(self.text.len());
        let mut shown = &self.text[start..place.end.clamp(start, self.text.len())];
        if first_line {
            shown = shown.lines().next().unwrap_or_default();
        }
        start..start + shown.trim_end().len()
    }
}

/// The first line of a place: carets below whole maps would hide the mistake.
pub fn first_line(text: &str, place: &Place) -> Place {
    let shown = text[place.clone()].lines().next().unwrap_or_default();
    place.start..place.start + shown.trim_end().len()
}

fn refuse_tag<T>(tag: Option<T>, place: &Place) -> Result<(), Diagnostic> {
    match tag {
        None => Ok(()),
        Some(_) => Err(
            Diagnostic::at(place.clone(), "tags (`!name`) mean nothing here", "")
                .help("write the value without the tag"),
        ),
    }
}

fn text_key(place: Place) -> Diagnostic {
    Diagnostic::at(place, "a key must be plain text", "this is a list or a map")
        .help("to use a variable as a value, put it in quotes: \"${name}\"")
}

fn too_deep(place: Place) -> Diagnostic {
    Diagnostic::at(
        place,
        format!("nested deeper than {MAX_DEPTH} levels"),
        "here",
    )
    .help("no playbook or inventory needs that: flatten it")
}
