//! What the threads of one line read: a tree of words that they share, leaf to root.

use super::{Word, quoted};

/// A word as a thread read it, behind another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Read<'a> {
    pub before: Option<usize>,
    /// The parameter's name; `None` for a keyword.
    pub name: Option<&'static str>,
    pub text: &'a str,
    /// Part of the rest of a line, which is one word however many it has.
    pub rest: bool,
}

#[derive(Debug, Default)]
pub(super) struct Trail<'a>(Vec<Read<'a>>);

impl<'a> Trail<'a> {
    /// Adds a word; its place.
    pub fn read(&mut self, read: Read<'a>) -> usize {
        self.0.push(read);
        self.0.len() - 1
    }

    /// The name of the parameter at a place, if there is one.
    pub fn name(&self, at: Option<usize>) -> Option<&'static str> {
        self.0[at?].name
    }

    /// Everything from the first word to the one at `last`.
    pub fn words(&self, last: Option<usize>) -> Vec<Word> {
        let place = |at: Option<usize>| at.map(|at| &self.0[at]);
        let mut reads: Vec<&Read<'_>> =
            std::iter::successors(place(last), |read| place(read.before)).collect();
        reads.reverse();
        let mut words: Vec<Word> = Vec::with_capacity(reads.len());
        for read in reads {
            let text = if read.rest {
                quoted(read.text)
            } else {
                read.text.to_owned()
            };
            match words.last_mut() {
                Some(last) if read.rest && last.name == read.name => {
                    last.text.push(' ');
                    last.text.push_str(&text);
                }
                _ => words.push(Word {
                    name: read.name,
                    text,
                }),
            }
        }
        words
    }
}
