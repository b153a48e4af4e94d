//! A source file as the rules see it: its tokens, the paths in them, its strings.
//!
//! Tokens and not items, because much of our code stands inside macros (`select!`, `format!`),
//! where a syntax tree ends.

use std::collections::BTreeMap;
use std::path::Path;
use std::str::FromStr;

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};

/// A Rust file of the crate.
pub struct Source {
    /// From the crate's root, such as `src/net/clock.rs`.
    pub path: String,
    pub lines: usize,
    pub first_line: String,
    pub tokens: TokenStream,
    /// Every path, with what `use` made of its first name undone.
    pub paths: Vec<Named>,
}

/// A path somewhere in a file: `["crate", "net", "Clock"]`, `["std", "time", "Instant", "now"]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    pub line: usize,
    pub segments: Vec<String>,
}

impl Named {
    pub fn text(&self) -> String {
        self.segments.join("::")
    }

    /// Whether the path is `head` or goes on from it.
    pub fn is_below(&self, head: &str) -> bool {
        let mut mine = self.segments.iter();
        head.split("::")
            .all(|wanted| mine.next().is_some_and(|name| name == wanted))
    }
}

impl Source {
    /// # Panics
    /// When the text is no Rust.
    pub fn new(path: &str, text: &str) -> Self {
        let tokens = TokenStream::from_str(text).unwrap_or_else(|error| panic!("{path}: {error}"));
        let mut collector = Collector {
            module: module_of(path),
            found: Vec::new(),
            uses: BTreeMap::new(),
        };
        collector.walk(&tokens);
        let paths = collector.resolved();
        Self {
            path: path.to_owned(),
            lines: text.lines().count(),
            first_line: text.lines().next().unwrap_or_default().to_owned(),
            tokens,
            paths,
        }
    }

    /// All Rust files below a folder of the crate, ordered by path.
    pub fn all_below(folder: &str) -> Vec<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut open = vec![root.join(folder)];
        let mut files = Vec::new();
        while let Some(folder) = open.pop() {
            // A folder the crate does not have holds no offences.
            for entry in std::fs::read_dir(&folder).into_iter().flatten() {
                let path = entry.expect("readable").path();
                if path.is_dir() {
                    open.push(path);
                } else if path.extension().is_some_and(|ext| ext == "rs") {
                    files.push(path);
                }
            }
        }
        files.sort();
        let read = |path: &std::path::PathBuf| {
            let text = std::fs::read_to_string(path).expect("readable");
            let path = path.strip_prefix(root).expect("below the root");
            Self::new(&path.to_string_lossy(), &text)
        };
        files.iter().map(read).collect()
    }

    /// The room of the house it belongs to: `net` for `src/net/ssh/client.rs` and `src/net.rs`.
    pub fn room(&self) -> &str {
        let below = self.path.strip_prefix("src/").unwrap_or_default();
        let end = below.find(['/', '.']).unwrap_or(below.len());
        &below[..end]
    }

    /// Whether it is compiled for tests only, by its name.
    pub fn is_test(&self) -> bool {
        let mut parts = self.path.split('/');
        parts.any(|part| matches!(part, "tests" | "tests.rs"))
    }

    /// Every identifier, in order, wherever it stands, with the token after it.
    pub fn each_identifier(&self, mut see: impl FnMut(&Ident, Option<&TokenTree>)) {
        each(&self.tokens, &mut |tokens, at| {
            if let TokenTree::Ident(ident) = &tokens[at] {
                see(ident, tokens.get(at + 1));
            }
        });
    }

    /// Every string literal outside attributes and inline tests, as written between its quotes, with its line.
    pub fn strings(&self) -> Vec<(usize, String)> {
        let mut found = Vec::new();
        strings(&self.tokens, &mut found);
        found
    }
}

/// Calls `see` with every list of tokens and every place in it.
pub fn each(tokens: &TokenStream, see: &mut dyn FnMut(&[TokenTree], usize)) {
    let list: Vec<TokenTree> = tokens.clone().into_iter().collect();
    for at in 0..list.len() {
        see(&list, at);
        if let TokenTree::Group(group) = &list[at] {
            each(&group.stream(), see);
        }
    }
}

fn strings(tokens: &TokenStream, found: &mut Vec<(usize, String)>) {
    let mut after_hash = false;
    let mut names = [String::new(), String::new()];
    for token in tokens.clone() {
        let in_tests = names == ["mod", "tests"];
        names = [std::mem::take(&mut names[1]), token.to_string()];
        let was_after_hash = after_hash;
        after_hash = match &token {
            TokenTree::Punct(mark) if mark.as_char() == '#' => true,
            // The `!` of an inner attribute.
            TokenTree::Punct(mark) if mark.as_char() == '!' => was_after_hash,
            _ => false,
        };
        match token {
            TokenTree::Group(group) if !was_after_hash && !in_tests => {
                strings(&group.stream(), found)
            }
            TokenTree::Literal(literal) => {
                let line = literal.span().start().line;
                if let Ok(syn::Lit::Str(text)) = syn::parse_str(&literal.to_string()) {
                    found.push((line, text.value()));
                }
            }
            _ => {}
        }
    }
}

/// `src/net/ssh/mod.rs` is `crate::net::ssh`.
fn module_of(path: &str) -> Vec<String> {
    let below = path
        .strip_prefix("src/")
        .unwrap_or(path)
        .trim_end_matches(".rs");
    let parts = below
        .split('/')
        .filter(|part| !matches!(*part, "mod" | "lib" | "main"));
    std::iter::once("crate")
        .chain(parts)
        .map(str::to_owned)
        .collect()
}

struct Collector {
    /// The module we are in, inline modules included.
    module: Vec<String>,
    found: Vec<Named>,
    /// What names mean by `use`; a file may import one name twice, in different modules.
    uses: BTreeMap<String, Vec<Vec<String>>>,
}

impl Collector {
    fn walk(&mut self, tokens: &TokenStream) {
        let list: Vec<TokenTree> = tokens.clone().into_iter().collect();
        let mut at = 0;
        while at < list.len() {
            match &list[at] {
                TokenTree::Ident(word) if word == "use" => {
                    let mut end = at + 1;
                    while end < list.len() && !is(&list, end, ';') {
                        end += 1;
                    }
                    self.import(&[], &list[at + 1..end]);
                    at = end;
                }
                TokenTree::Ident(word) if word == "mod" => at = self.module(&list, at),
                TokenTree::Ident(_) => at = self.path(&list, at),
                TokenTree::Group(group) => {
                    self.walk(&group.stream());
                    at += 1;
                }
                _ => at += 1,
            }
        }
    }

    /// `mod name { … }` is walked inside the longer module path; returns where to go on.
    fn module(&mut self, list: &[TokenTree], at: usize) -> usize {
        match (list.get(at + 1), list.get(at + 2)) {
            (Some(TokenTree::Ident(name)), Some(TokenTree::Group(body)))
                if body.delimiter() == Delimiter::Brace =>
            {
                self.module.push(name.to_string());
                self.walk(&body.stream());
                self.module.pop();
                at + 3
            }
            _ => at + 1,
        }
    }

    /// A path outside `use`; returns where to go on.
    fn path(&mut self, list: &[TokenTree], mut at: usize) -> usize {
        let line = list[at].span().start().line;
        let mut segments = vec![list[at].to_string()];
        while is(list, at + 1, ':') && is(list, at + 2, ':') {
            let Some(TokenTree::Ident(name)) = list.get(at + 3) else {
                break;
            };
            segments.push(name.to_string());
            at += 3;
        }
        let segments = self.absolute(segments);
        self.found.push(Named { line, segments });
        at + 1
    }

    /// A tree of imports below `prefix`.
    fn import(&mut self, prefix: &[String], list: &[TokenTree]) {
        let mut segments = prefix.to_vec();
        let mut line = 0;
        let mut alias = None;
        let mut at = 0;
        let mut grouped = false;
        while at < list.len() {
            match &list[at] {
                TokenTree::Ident(word) if word == "as" => {
                    alias = list.get(at + 1).map(ToString::to_string);
                    at += 1;
                }
                TokenTree::Ident(name) => {
                    line = name.span().start().line;
                    segments.push(name.to_string());
                }
                TokenTree::Punct(mark) if mark.as_char() == '*' => {
                    line = mark.span().start().line;
                    segments.push("*".to_owned());
                }
                TokenTree::Group(group) => {
                    grouped = true;
                    let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                    for part in inner.split(
                        |token| matches!(token, TokenTree::Punct(mark) if mark.as_char() == ','),
                    ) {
                        if !part.is_empty() {
                            self.import(&segments, part);
                        }
                    }
                }
                _ => {}
            }
            at += 1;
        }
        if grouped || segments.is_empty() {
            return;
        }
        if segments.last().is_some_and(|last| last == "self") && segments.len() > 1 {
            segments.pop();
        }
        let segments = self.absolute(segments);
        let name = alias.unwrap_or_else(|| segments.last().expect("not empty").clone());
        self.uses.entry(name).or_default().push(segments.clone());
        self.found.push(Named { line, segments });
    }

    /// Undoes `self` and `super`.
    fn absolute(&self, segments: Vec<String>) -> Vec<String> {
        let mut base = self.module.clone();
        let mut rest = segments.as_slice();
        match rest.first().map(String::as_str) {
            Some("self") if rest.len() > 1 => rest = &rest[1..],
            Some("super") => {}
            _ => return segments,
        }
        while rest.first().is_some_and(|name| name == "super") {
            base.pop();
            rest = &rest[1..];
        }
        base.extend_from_slice(rest);
        base
    }

    /// Every path under all meanings its first name has in this file.
    fn resolved(self) -> Vec<Named> {
        let mut all = Vec::new();
        for named in self.found {
            for meaning in self.uses.get(&named.segments[0]).into_iter().flatten() {
                let rest = named.segments[1..].iter().cloned();
                let segments = meaning.iter().cloned().chain(rest).collect();
                all.push(Named {
                    line: named.line,
                    segments,
                });
            }
            all.push(named);
        }
        all
    }
}

fn is(list: &[TokenTree], at: usize, wanted: char) -> bool {
    matches!(list.get(at), Some(TokenTree::Punct(mark)) if mark.as_char() == wanted)
}

/// What the reader itself must get right.
mod tests {
    use super::Source;

    fn paths(path: &str, text: &str) -> Vec<String> {
        Source::new(path, text)
            .paths
            .iter()
            .map(super::Named::text)
            .collect()
    }

    #[test]
    fn imports_of_every_shape_are_seen() {
        let text = "use crate::{net::{Clock, ssh as door}, wire::*}; use super::super::super::mib; fn f() { door::open(); }";
        let found = paths("src/action/boot/stack.rs", text);
        for wanted in [
            "crate::net::Clock",
            "crate::net::ssh",
            "crate::wire::*",
            "crate::mib",
            "crate::net::ssh::open",
        ] {
            assert!(
                found.iter().any(|path| path == wanted),
                "{wanted} not in {found:?}"
            );
        }
    }

    #[test]
    fn paths_inside_macros_and_inline_modules_are_seen() {
        let text = "mod tests { use super::super::device::Session; fn f() { assert_eq!(crate::net::now(), 1); } }";
        let found = paths("src/emulator.rs", text);
        assert!(
            found.contains(&"crate::device::Session".to_owned()),
            "{found:?}"
        );
        assert!(found.contains(&"crate::net::now".to_owned()), "{found:?}");
    }

    #[test]
    fn strings_in_comments_and_attributes_are_not_strings() {
        let text = "/// \"doc\"\n#[error(\"attribute\")] fn f() { // \"comment\"\n g(\"real {x}\", r#\"raw \"one\"\"#) } mod tests { const X: &str = \"tests\"; }";
        let strings = Source::new("src/x.rs", text).strings();
        let strings: Vec<_> = strings.into_iter().map(|(_, text)| text).collect();
        assert_eq!(strings, ["real {x}", "raw \"one\""]);
    }
}
