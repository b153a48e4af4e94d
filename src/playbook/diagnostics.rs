//! Mistakes in a text, all of them, each with its place and a way out.

use std::fmt;
use std::sync::Arc;

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteDiagnostic, MietteError,
    MietteSpanContents, Report, SourceCode, SourceSpan, SpanContents,
};

/// A byte range of the text that was read.
pub type Place = std::ops::Range<usize>;

/// How wide a rendered report is, in columns.
const WIDTH: usize = 100;

/// How many mistakes are drawn; the rest is counted.
const MAX_DRAWN: usize = 100;

/// How many names a hint lists.
const MAX_NAMES: usize = 30;

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// What is wrong, naming the thing.
    pub message: String,
    /// Where, with a word for the caret; `None` when the mistake is not in the text at all (a
    /// `--var` that nobody declared).
    pub place: Option<(Place, String)>,
    /// Further places that explain it.
    pub also: Vec<(Place, String)>,
    /// What to do about it.
    pub help: Option<String>,
}

impl Diagnostic {
    pub fn at(place: Place, message: impl Into<String>, label: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            place: Some((place, label.into())),
            also: Vec::new(),
            help: None,
        }
    }

    pub fn nowhere(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            place: None,
            also: Vec::new(),
            help: None,
        }
    }

    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Help of the form "did you mean", when something is close enough; else the whole choice.
    pub fn suggest<'a>(self, name: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        let known: Vec<&str> = known.into_iter().collect();
        match closest(name, known.iter().copied()) {
            Some(hit) => self.help(format!("did you mean `{hit}`?")),
            None if known.is_empty() => self,
            None => {
                let more = if known.len() > MAX_NAMES { ", …" } else { "" };
                let names = known[..known.len().min(MAX_NAMES)].join(", ");
                self.help(format!("expected one of: {names}{more}"))
            }
        }
    }

    pub fn also(mut self, place: Place, label: impl Into<String>) -> Self {
        self.also.push((place, label.into()));
        self
    }
}

/// Every mistake of one text, in the order of the text.
#[derive(Clone, Debug)]
pub struct Diagnostics {
    name: String,
    text: String,
    items: Vec<Diagnostic>,
}

impl Diagnostics {
    /// Sorts the mistakes by place; those without one come first. A place is cut to its first line.
    pub fn new(name: &str, text: &str, mut items: Vec<Diagnostic>) -> Self {
        for (place, _) in items
            .iter_mut()
            .flat_map(|item| item.place.iter_mut().chain(&mut item.also))
        {
            *place = super::source::first_line(text, place);
        }
        items.sort_by_key(|item| item.place.as_ref().map(|(place, _)| place.start));
        items.dedup();
        Self {
            name: name.to_owned(),
            text: text.to_owned(),
            items,
        }
    }

    pub fn len(&self) -> usize {
        self.items.len()
    }

    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.items.iter()
    }

    /// Line and column (both from 1, columns in characters) of a mistake.
    pub fn position(&self, item: &Diagnostic) -> Option<(usize, usize)> {
        let (place, _) = item.place.as_ref()?;
        let before = &self.text[..place.start];
        let line = before.matches('\n').count() + 1;
        let column = before
            .rsplit('\n')
            .next()
            .map_or(0, |line| line.chars().count())
            + 1;
        Some((line, column))
    }

    /// The report for people: file name, line, column, caret and hint of every mistake.
    pub fn render(&self, colour: bool) -> String {
        let theme = if colour {
            GraphicalTheme::unicode()
        } else {
            GraphicalTheme::unicode_nocolor()
        };
        let handler = GraphicalReportHandler::new_themed(theme)
            .with_width(WIDTH)
            .with_links(false);
        let source = Arc::new(Source {
            name: self.name.clone(),
            text: self.text.clone(),
        });
        let mut out = String::new();
        for item in self.items.iter().take(MAX_DRAWN) {
            let mut diagnostic = MietteDiagnostic::new(item.message.clone());
            if let Some(help) = &item.help {
                diagnostic = diagnostic.with_help(help.clone());
            }
            let placed = item.place.iter().map(|place| (true, place));
            let also = item.also.iter().map(|place| (false, place));
            for (primary, (place, label)) in placed.chain(also) {
                let label = Some(label.clone()).filter(|label| !label.is_empty());
                diagnostic = diagnostic.and_label(if primary {
                    LabeledSpan::new_primary_with_span(label, place.clone())
                } else {
                    LabeledSpan::new_with_span(label, place.clone())
                });
            }
            let report = if item.place.is_some() {
                Report::from(diagnostic).with_source_code(Arc::clone(&source))
            } else {
                let message = format!("{}: {}", self.name, diagnostic.message);
                diagnostic.message = message;
                Report::from(diagnostic)
            };
            handler
                .render_report(&mut out, report.as_ref())
                .expect("writing to a string succeeds");
            out.push('\n');
        }
        if let Some(more) = self
            .items
            .len()
            .checked_sub(MAX_DRAWN)
            .filter(|more| *more > 0)
        {
            out += &format!("… and {more} more in {}\n", self.name);
        }
        out
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Diagnostics {}

/// The text under its name. Columns count characters, as editors do; miette's own source would
/// count bytes.
struct Source {
    name: String,
    text: String,
}

impl SourceCode for Source {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let found = self.text.read_span(span, before, after)?;
        let start = found.span().offset();
        let column = self.text[..start]
            .rsplit('\n')
            .next()
            .map_or(0, |line| line.chars().count());
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            found.data(),
            *found.span(),
            found.line(),
            column,
            found.line_count(),
        )))
    }
}

/// The names worth comparing with: a file with very many mistakes gets no more suggestions, since
/// each one looks at every name.
pub fn worth_suggesting<'a>(
    found: &[Diagnostic],
    names: impl Iterator<Item = &'a str>,
) -> impl Iterator<Item = &'a str> {
    names.take(if found.len() < MAX_DRAWN { 1_000 } else { 0 })
}

/// The known name that was probably meant.
pub fn closest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let folded = |text: &str| text.to_lowercase().replace('-', "_");
    let wanted = folded(name);
    known
        .into_iter()
        .map(|candidate| {
            let distance = strsim::damerau_levenshtein(&wanted, &folded(candidate));
            (distance, candidate)
        })
        .min_by_key(|(distance, _)| *distance)
        .filter(|(distance, candidate)| {
            let length = candidate.chars().count().max(wanted.chars().count());
            *distance <= (length / 3).max(1) && *distance < length
        })
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_shows_file_line_column_caret_and_hint() {
        let text = "a: 1\nb: è two\n";
        let item = Diagnostic::at(11..14, "`two` is not a number", "here").help("write 2");
        let all = Diagnostics::new("x.yaml", text, vec![item]);
        assert_eq!(all.position(&all.items[0]), Some((2, 6)));
        let shown = all.render(false);
        for part in [
            "x.yaml:2:6",
            "`two` is not a number",
            "here",
            "help: write 2",
        ] {
            assert!(shown.contains(part), "{part} in {shown}");
        }
    }

    #[test]
    fn suggestions_are_close_or_absent() {
        let known = ["drain-spine1", "health-backup", "on"];
        assert_eq!(closest("drain-spin1", known), Some("drain-spine1"));
        assert_eq!(closest("health_bakcup", known), Some("health-backup"));
        assert_eq!(closest("reload", known), None);
        assert_eq!(closest("x", known), None);
    }
}
