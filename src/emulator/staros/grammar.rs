//! Commands as patterns, and the matcher that forgives abbreviations (`staros-cli.md` 1.7, 1.9).
//!
//! A pattern is what a command reference prints:
//!
//! ```text
//! show version verbose          keywords
//! copy <from> <to>              parameters; <n:1-100> a number, <a:ip> an address, <x...> the rest
//! chassis-mode ! primary|backup alternatives; `!` ends what `no` must name to remove the line
//! show boot [ verbose ]         may be absent
//! reload { -noconfirm , -x <y>} any of these, in any order, any number of times
//! ```
//!
//! All patterns of a mode make one net. A line is followed through it as a set of threads, so a
//! keyword may be shortened to any prefix that fits only one keyword *at that place*.

mod build;
mod trail;

use std::ops::RangeInclusive;

use trail::{Read, Trail};

/// What a parameter accepts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    Number(RangeInclusive<u64>),
    Address,
}

#[derive(Clone, Debug)]
enum Label {
    Epsilon,
    Keyword(&'static str),
    Parameter(&'static str, Kind),
    Rest(&'static str),
}

#[derive(Clone, Debug)]
struct Edge {
    label: Label,
    to: usize,
    /// Which pattern this edge belongs to.
    pattern: usize,
}

/// All patterns of one mode.
#[derive(Clone, Debug)]
pub struct Net {
    edges: Vec<Vec<Edge>>,
    /// State → the pattern that may end there.
    ends: Vec<Option<usize>>,
    /// State → the pattern whose key is complete there.
    keys: Vec<Option<usize>>,
    patterns: usize,
}

/// One word of an understood line: keywords spelled out, parameters as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// The parameter's name; `None` for a keyword.
    pub name: Option<&'static str>,
    pub text: String,
}

/// A line that was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// Index of the pattern.
    pub pattern: usize,
    pub words: Vec<Word>,
    /// How many words make the line's identity (all of them without `!`).
    pub key: usize,
}

impl Match {
    /// The value of a parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        let word = self.words.iter().find(|word| word.name == Some(name))?;
        Some(&word.text)
    }

    /// The value of a parameter that its pattern always has.
    pub fn value(&self, name: &str) -> &str {
        self.get(name)
            .unwrap_or_else(|| panic!("the pattern has no parameter {name:?}"))
    }

    /// Whether a keyword was given.
    pub fn has(&self, keyword: &str) -> bool {
        self.words
            .iter()
            .any(|word| word.name.is_none() && word.text == keyword)
    }

    /// The line with all keywords spelled out.
    pub fn line(&self) -> String {
        join(&self.words)
    }
}

/// Why a line was not understood. `Display` is what the device prints (`staros-cli.md` 1.9).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Misunderstood {
    #[error("Unknown command - \"{0}\", unrecognized keyword")]
    Unknown(String),
    #[error("Ambiguous keyword - \"{0}\"")]
    Ambiguous(String),
    #[error("Incomplete command")]
    Incomplete,
    #[error("Invalid value - \"{0}\", {1}")]
    Invalid(String, String),
}

/// One reading of the words so far. What it read stands in a [`Trail`] that all threads share:
/// the first word of `show …` fits dozens of patterns, and most of those threads end at the next.
#[derive(Clone, Copy, Debug)]
struct Thread {
    state: usize,
    /// The last word read, in the trail.
    last: Option<usize>,
    /// Words read.
    words: usize,
    /// Words read when the key of its pattern was complete.
    key: Option<usize>,
}

impl Net {
    /// Reads the patterns of a table.
    ///
    /// # Panics
    ///
    /// On a pattern with unbalanced brackets: the tables are ours.
    pub fn new(patterns: impl IntoIterator<Item = &'static str>) -> Self {
        let mut net = Self {
            edges: vec![Vec::new()],
            ends: vec![None],
            keys: vec![None],
            patterns: 0,
        };
        for pattern in patterns {
            let index = net.patterns;
            net.patterns += 1;
            let items: Vec<&'static str> = pattern.split_whitespace().collect();
            let mut at = 0;
            let end = net.sequence(&items, &mut at, 0, index);
            assert!(at == items.len(), "unbalanced pattern: {pattern}");
            net.ends[end] = Some(index);
        }
        net
    }

    /// Understands a whole line. `allowed` hides patterns (privilege, licence, release).
    ///
    /// # Errors
    ///
    /// As the device words them.
    pub fn understand(
        &self,
        words: &[String],
        allowed: &dyn Fn(usize) -> bool,
    ) -> Result<Match, Misunderstood> {
        self.finish(words, allowed, false)
    }

    /// Understands the words after `no`: the key of a pattern is enough.
    ///
    /// # Errors
    ///
    /// As the device words them.
    pub fn understand_negated(
        &self,
        words: &[String],
        allowed: &dyn Fn(usize) -> bool,
    ) -> Result<Match, Misunderstood> {
        self.finish(words, allowed, true)
    }

    /// The keywords and parameters that may come next, and the prefix they must have.
    ///
    /// # Errors
    ///
    /// As the device words them, when the words so far make no sense.
    pub fn next(
        &self,
        words: &[String],
        prefix: &str,
        allowed: &dyn Fn(usize) -> bool,
    ) -> Result<Vec<String>, Misunderstood> {
        let (threads, _) = self.follow(words, allowed)?;
        let mut next = Vec::new();
        for thread in &threads {
            for edge in self.edges[thread.state]
                .iter()
                .filter(|e| allowed(e.pattern))
            {
                match &edge.label {
                    Label::Keyword(word) if begins(word, prefix) => next.push((*word).to_owned()),
                    Label::Parameter(name, _) | Label::Rest(name) if prefix.is_empty() => {
                        next.push(format!("<{name}>"));
                    }
                    _ => {}
                }
            }
            if prefix.is_empty() && self.ends[thread.state].is_some_and(allowed) {
                next.push("<cr>".to_owned());
            }
        }
        next.sort();
        next.dedup();
        Ok(next)
    }

    fn finish(
        &self,
        words: &[String],
        allowed: &dyn Fn(usize) -> bool,
        key_is_enough: bool,
    ) -> Result<Match, Misunderstood> {
        let (threads, trail) = self.follow(words, allowed)?;
        let ended = threads.iter().find_map(|thread| {
            let pattern = self.ends[thread.state].filter(|pattern| allowed(*pattern))?;
            Some((thread, pattern))
        });
        let ended = ended.or_else(|| {
            let keyed = |thread| {
                let thread: &Thread = thread;
                let pattern = self.keys[thread.state].filter(|pattern| allowed(*pattern))?;
                Some((thread, pattern))
            };
            key_is_enough.then(|| threads.iter().find_map(keyed))?
        });
        let (thread, pattern) = ended.ok_or(Misunderstood::Incomplete)?;
        Ok(Match {
            pattern,
            words: trail.words(thread.last),
            key: thread.key.unwrap_or(thread.words),
        })
    }

    fn follow<'a>(
        &self,
        words: &'a [String],
        allowed: &dyn Fn(usize) -> bool,
    ) -> Result<(Vec<Thread>, Trail<'a>), Misunderstood> {
        let start = Thread {
            state: 0,
            last: None,
            words: 0,
            key: None,
        };
        let mut trail = Trail::default();
        let mut threads = self.closure(vec![start]);
        for word in words {
            threads = self.step(&threads, &mut trail, word, allowed)?;
        }
        Ok((threads, trail))
    }

    fn step<'a>(
        &self,
        threads: &[Thread],
        trail: &mut Trail<'a>,
        word: &'a str,
        allowed: &dyn Fn(usize) -> bool,
    ) -> Result<Vec<Thread>, Misunderstood> {
        let edges = || {
            threads.iter().flat_map(|thread| {
                let edges = self.edges[thread.state].iter();
                edges
                    .filter(|edge| allowed(edge.pattern))
                    .map(move |edge| (thread, edge))
            })
        };
        let meant = keyword(edges().map(|(_, edge)| edge), word)?;
        let exact = meant.is_some_and(|keyword| keyword.eq_ignore_ascii_case(word));
        let mut invalid: Option<Misunderstood> = None;
        let mut next = Vec::new();
        for (thread, edge) in edges() {
            let (name, text, rest) = match (&edge.label, meant) {
                (Label::Keyword(keyword), Some(meant)) if *keyword == meant => {
                    (None, *keyword, false)
                }
                (Label::Parameter(name, kind), _) if !exact => match check(word, kind) {
                    Ok(()) => (Some(*name), word, false),
                    Err(why) => {
                        invalid.get_or_insert(Misunderstood::Invalid(
                            word.to_owned(),
                            format!("{name} {why}"),
                        ));
                        continue;
                    }
                },
                (Label::Rest(name), _) if !exact => (Some(*name), word, true),
                _ => continue,
            };
            // The rest of a line is one word, however many it has.
            let goes_on = rest && trail.name(thread.last) == name;
            let last = trail.read(Read {
                before: thread.last,
                name,
                text,
                rest,
            });
            next.push(Thread {
                state: edge.to,
                last: Some(last),
                words: thread.words + usize::from(!goes_on),
                key: thread.key,
            });
        }
        if next.is_empty() {
            return Err(invalid.unwrap_or_else(|| Misunderstood::Unknown(word.to_owned())));
        }
        Ok(self.closure(next))
    }

    fn closure(&self, mut threads: Vec<Thread>) -> Vec<Thread> {
        let mut done = 0;
        while done < threads.len() {
            let state = threads[done].state;
            if self.keys[state].is_some() && threads[done].key.is_none() {
                threads[done].key = Some(threads[done].words);
            }
            for edge in &self.edges[state] {
                let new = matches!(edge.label, Label::Epsilon)
                    && !threads.iter().any(|thread| thread.state == edge.to);
                if new {
                    threads.push(Thread {
                        state: edge.to,
                        ..threads[done]
                    });
                }
            }
            done += 1;
        }
        threads
    }
}

/// The one keyword that `word` can mean at this place: itself, or what it is short for.
fn keyword<'e>(
    edges: impl Iterator<Item = &'e Edge>,
    word: &str,
) -> Result<Option<&'static str>, Misunderstood> {
    let mut meant: Option<&'static str> = None;
    let mut ambiguous = false;
    for edge in edges {
        let Label::Keyword(keyword) = edge.label else {
            continue;
        };
        if !begins(keyword, word) || meant == Some(keyword) {
            continue;
        }
        if keyword.len() == word.len() {
            return Ok(Some(keyword));
        }
        ambiguous |= meant.is_some();
        meant = Some(keyword);
    }
    if ambiguous {
        return Err(Misunderstood::Ambiguous(word.to_owned()));
    }
    Ok(meant)
}

/// Splits a line into words; double quotes hold blanks together.
pub fn split(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let (mut quoted, mut started) = (false, false);
    for c in line.chars() {
        match c {
            '"' => {
                quoted = !quoted;
                started = true;
            }
            c if c.is_whitespace() && !quoted => {
                if started {
                    words.push(std::mem::take(&mut word));
                }
                started = false;
            }
            c => {
                started = true;
                word.push(c);
            }
        }
    }
    if started {
        words.push(word);
    }
    words
}

/// Joins words so that [`split`] gives them back.
pub fn join(words: &[Word]) -> String {
    let mut line = String::new();
    for word in words {
        if !line.is_empty() {
            line.push(' ');
        }
        let parts = matches!(word.name, Some(name) if name.ends_with("text"));
        // The rest of a line holds its own quotes.
        if parts {
            line.push_str(&word.text);
        } else {
            line.push_str(&quoted(&word.text));
        }
    }
    line
}

/// A word that [`split`] reads as one.
fn quoted(word: &str) -> String {
    if word.is_empty() || word.contains(char::is_whitespace) {
        format!("\"{word}\"")
    } else {
        word.to_owned()
    }
}

fn begins(keyword: &str, typed: &str) -> bool {
    let head = keyword.get(..typed.len());
    head.is_some_and(|head| head.eq_ignore_ascii_case(typed))
}

fn check(word: &str, kind: &Kind) -> Result<(), String> {
    match kind {
        Kind::Text => Ok(()),
        Kind::Address => match word.parse::<std::net::IpAddr>() {
            Ok(_) => Ok(()),
            Err(_) => Err("must be an IP address".to_owned()),
        },
        Kind::Number(range) => match word.parse::<u64>() {
            Ok(number) if range.contains(&number) => Ok(()),
            _ => Err(format!("must be {} to {}", range.start(), range.end())),
        },
    }
}

#[cfg(test)]
mod tests;
