//! How labels, tables and durations are read.

use std::time::Duration;

use jiff::civil::DateTime;

/// An answer that does not hold what it must.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, thiserror::Error)]
#[error(
    "the answer to `{command}` cannot be read: expected {expected}, saw {}{}",
    if seen.is_empty() { "nothing" } else { seen.as_str() },
    line.map(|line| format!(" (line {line})")).unwrap_or_default()
)]
pub struct Unparsed {
    pub command: String,
    pub expected: String,
    /// What stood there; empty when nothing did.
    pub seen: String,
    /// Counted from 1.
    pub line: Option<usize>,
}

/// How refusals begin (`staros-cli.md` 1.9).
const REFUSALS: [&str; 7] = [
    "failure:",
    "unknown command",
    "ambiguous keyword",
    "ambiguous command",
    "incomplete command",
    "invalid ",
    "+err",
];

/// What stands behind a rule line.
pub(super) struct Table<'a> {
    pub(super) columns: Vec<std::ops::Range<usize>>,
    pub(super) rows: Vec<(usize, &'a str)>,
}

/// An answer under the eyes of a parser.
#[derive(Clone, Copy)]
pub(super) struct Text<'a> {
    pub(super) command: &'static str,
    text: &'a str,
}

/// A value and where it stood.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found<'a> {
    pub(super) value: &'a str,
    pub(super) line: usize,
}

impl<'a> Text<'a> {
    pub(super) fn new(command: &'static str, text: &'a str) -> Self {
        Self { command, text }
    }

    /// As [`Text::new`], but refuses what is a refusal itself.
    pub(super) fn accepted(command: &'static str, text: &'a str) -> Result<Self, Unparsed> {
        let text = Self::new(command, text);
        let refused = |line: &str| {
            let line = line.trim_start();
            REFUSALS.iter().any(|start| behind(line, start).is_some())
        };
        match text.lines().find(|(_, line)| refused(line)) {
            Some((at, line)) => Err(text.wrong("an answer, not a refusal", line, at)),
            None => Ok(text),
        }
    }

    /// Whether the answer holds nothing but blanks.
    pub(super) fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }

    /// The lines behind the first rule line, with its columns.
    pub(super) fn table(&self) -> Option<Table<'a>> {
        let mut lines = self.lines();
        let columns = lines.by_ref().find_map(|(_, line)| rule(line))?;
        Some(Table {
            columns,
            rows: lines.collect(),
        })
    }

    /// The lines, counted from 1, without trailing blanks.
    pub(super) fn lines(&self) -> impl Iterator<Item = (usize, &'a str)> + use<'a> {
        self.text
            .lines()
            .enumerate()
            .map(|(at, line)| (at + 1, line.trim_end()))
    }

    /// The error for something that is not there.
    pub(super) fn missing(&self, expected: impl Into<String>) -> Unparsed {
        let first = self
            .text
            .lines()
            .map(str::trim)
            .find(|line| !line.is_empty())
            .unwrap_or("");
        let mut seen: String = first.chars().take(120).collect();
        if !seen.is_empty() {
            seen = format!("an answer beginning `{seen}`");
        }
        Unparsed {
            command: self.command.to_owned(),
            expected: expected.into(),
            seen,
            line: None,
        }
    }

    /// The error for something that is there, but is not what it should be.
    pub(super) fn wrong(&self, expected: impl Into<String>, seen: &str, line: usize) -> Unparsed {
        let seen: String = seen.chars().take(120).collect();
        Unparsed {
            command: self.command.to_owned(),
            expected: expected.into(),
            seen: format!("`{seen}`"),
            line: Some(line),
        }
    }

    /// The value behind `label:`, compared without regard to case and to blanks around the colon.
    pub(super) fn label(&self, label: &str) -> Option<Found<'a>> {
        self.lines().find_map(|(line, text)| {
            let value = behind(text.trim_start(), label)?
                .trim_start()
                .strip_prefix(':')?
                .trim();
            Some(Found { value, line })
        })
    }

    /// The value behind `label:`, which must be there and not be empty.
    pub(super) fn need(&self, label: &str) -> Result<Found<'a>, Unparsed> {
        let found = self
            .label(label)
            .ok_or_else(|| self.missing(format!("`{label}:`")))?;
        if found.value.is_empty() {
            return Err(self.wrong(format!("a value behind `{label}:`"), "", found.line));
        }
        Ok(found)
    }

    /// A number behind `label:`, which must be there.
    pub(super) fn number<T: std::str::FromStr>(&self, label: &str) -> Result<T, Unparsed> {
        let found = self.need(label)?;
        self.as_number(found, &format!("a number behind `{label}:`"))
    }

    /// A value as a number.
    pub(super) fn as_number<T: std::str::FromStr>(
        &self,
        found: Found<'_>,
        expected: &str,
    ) -> Result<T, Unparsed> {
        found
            .value
            .parse()
            .map_err(|_| self.wrong(expected, found.value, found.line))
    }
}

/// What stands in `text` behind `start`, compared without regard to case.
fn behind<'a>(text: &'a str, start: &str) -> Option<&'a str> {
    let (head, rest) = text.split_at_checked(start.len())?;
    head.eq_ignore_ascii_case(start).then_some(rest)
}

/// An optional value: blanks, `-` and `None` say there is none.
pub(super) fn given(value: &str) -> Option<&str> {
    let value = value.trim();
    let none = value.is_empty() || value == "-" || value.eq_ignore_ascii_case("none");
    (!none).then_some(value)
}

/// `… (2 seconds ago)`, also `3 seconds ago`, `(1 hour 2 minutes ago)`.
pub(super) fn age(text: &str) -> Option<Duration> {
    let before = &text[..text.to_ascii_lowercase().rfind(" ago")?];
    let start = before.rfind('(').map_or(0, |at| at + 1);
    let mut words = before[start..].split_whitespace();
    let mut total: u64 = 0;
    let mut any = false;
    while let Some(word) = words.next() {
        let count: u64 = word.trim_end_matches(',').parse().ok()?;
        let unit = match words
            .next()?
            .trim_end_matches(',')
            .to_ascii_lowercase()
            .as_str()
        {
            "second" | "seconds" | "sec" | "secs" => 1,
            "minute" | "minutes" | "min" | "mins" => 60,
            "hour" | "hours" => 3600,
            "day" | "days" => 86_400,
            _ => return None,
        };
        total = total.checked_add(count.checked_mul(unit)?)?;
        any = true;
    }
    any.then(|| Duration::from_secs(total))
}

/// `[Monday] May 05 22:31:07 [UTC] 2025`: the chassis's own local time and the zone it names, which
/// is never to be turned into another zone (trap 19).
pub(super) fn date(text: &str) -> Option<(DateTime, Option<String>)> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let month_at = words.iter().position(|word| month(word).is_some())?;
    let number = |at: usize| words.get(at)?.trim_end_matches(',').parse::<i16>().ok();
    let month = month(words[month_at])?;
    let day = i8::try_from(number(month_at + 1)?).ok()?;
    let mut time = words.get(month_at + 2).copied().unwrap_or("");
    let mut next = month_at + 3;
    if !time.contains(':') {
        (time, next) = ("00:00:00", month_at + 2);
    }
    let (zone, year) = match number(next) {
        Some(year) => (None, year),
        None => (
            words.get(next).map(|zone| (*zone).to_owned()),
            number(next + 1)?,
        ),
    };
    let mut parts = time.split(':').map(|part| part.parse::<i8>().ok());
    let (hour, minute) = (parts.next()??, parts.next()??);
    let second = parts.next().unwrap_or(Some(0))?;
    let date = DateTime::new(year, month, day, hour, minute, second, 0).ok()?;
    Some((date, zone))
}

fn month(word: &str) -> Option<i8> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let word = word.trim_end_matches(',').to_ascii_lowercase();
    let same = |month: &str| month == word || (word.len() == 3 && month.starts_with(&word));
    MONTHS
        .iter()
        .position(|month| same(month))
        .and_then(|at| i8::try_from(at + 1).ok())
}

/// Where the columns of a rule line (`----  ---- --`) begin and end; `None` when the line is none.
pub(super) fn rule(line: &str) -> Option<Vec<std::ops::Range<usize>>> {
    let clean = line.trim();
    if !clean.starts_with("--") || clean.contains(|c: char| c != '-' && c != ' ') {
        return None;
    }
    let mut columns: Vec<std::ops::Range<usize>> = Vec::new();
    for (at, c) in line.char_indices() {
        if c != '-' {
            continue;
        }
        match columns.last_mut() {
            Some(column) if column.end == at => column.end = at + 1,
            _ => columns.push(at..at + 1),
        }
    }
    Some(columns)
}

/// The text of a row in a column; empty where the row is too short. Cut at character bounds.
pub(super) fn cell<'a>(line: &'a str, column: &std::ops::Range<usize>) -> &'a str {
    let floor = |mut at: usize| {
        at = at.min(line.len());
        while !line.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    line[floor(column.start)..floor(column.end)].trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_read_in_every_unit() {
        let seconds = |text| age(text).map(|age| age.as_secs());
        assert_eq!(seconds("Mon May  5 22:31:07 2025 (2 seconds ago)"), Some(2));
        assert_eq!(
            seconds("Remote Chassis - Ready for Switchover (1 second ago)"),
            Some(1)
        );
        assert_eq!(seconds("(1 hour 2 minutes 3 seconds ago)"), Some(3723));
        assert_eq!(seconds("3 seconds ago"), Some(3));
        for text in [
            "-",
            "",
            "None",
            "long ago",
            "(x seconds ago)",
            "(99999999999999999999 days ago)",
        ] {
            assert_eq!(age(text), None, "{text}");
        }
    }

    #[test]
    fn dates_are_read_in_every_shape() {
        for text in [
            "Monday May 05 22:31:07 UTC 2025",
            "Mon May  5 22:31:07 EST 2025",
            "Mon May 05 22:31:07 2025",
            "May 5 22:31:07 2025",
        ] {
            let read = date(text).map(|(date, _)| date.to_string());
            assert_eq!(read.as_deref(), Some("2025-05-05T22:31:07"), "{text}");
        }
        for text in [
            "",
            "May",
            "May 99 1:1:1 2025",
            "Never",
            "5 22:31:07 2025",
            "May 5 a:b 2025",
        ] {
            assert!(date(text).is_none(), "{text}");
        }
    }

    #[test]
    fn rule_lines_give_the_columns() {
        assert_eq!(rule("---- --"), Some(vec![0..4, 5..7]));
        assert_eq!(rule("  ---- -"), Some(vec![2..6, 7..8]));
        assert_eq!(rule("Slot --"), None);
        assert_eq!(cell("abcü", &(2..4)), "c");
    }
}
