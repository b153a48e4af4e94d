//! The command-line dialogue: when has a chassis finished answering, and what did it say?
//!
//! A terminal has no framing. This machine is fed bytes in any chunking and recognises, on the last
//! unterminated line only, the three things a chassis waits with: a prompt, a pager, a question
//! (`staros-cli.md` 1.3, 1.5, 1.8). Everything else is collected as lines, with the echo of the
//! typed command, date lines (1.4), rub-outs and log lines (1.11) taken out.
//!
//! Each byte is handled once; patterns run over a completed line once, and over the open tail only
//! while it is short and ends like something worth looking at. So a hostile or huge reply costs
//! linear time.

mod line;
#[cfg(test)]
mod tests;

use regex::Regex;

use line::Editor;

/// The longest open tail that can be a prompt, pager or question. A row of `*` from a copy may grow
/// without end and must not be searched again for each star.
const LONGEST_TAIL: usize = 512;
/// A reply larger than this is cut off and marked, so that a chassis gone mad cannot fill memory.
const LARGEST_REPLY: usize = 32 << 20;

/// What a kind of chassis looks like on a terminal; data of a dialect, compiled.
#[derive(Clone, Debug)]
pub struct Rules {
    /// Anchored at both ends; named groups `context`, `host`, `mode`, `level`.
    pub prompt: Regex,
    /// The same pattern without its end, for prompts that something was printed behind.
    pub prompt_start: Regex,
    pub pager: Regex,
    pub questions: Vec<Question>,
    /// The date line printed before outputs, and once more after a confirmed question.
    pub timestamp: Regex,
    /// How lines nobody asked for begin, all ways in one pattern so that a line is searched once.
    /// A match may be in mid-line; the line is theirs from there to its end.
    pub unsolicited: Option<Regex>,
    /// The last visible characters a prompt, pager or question can have.
    pub ends: String,
}

/// A question a chassis asks before it acts, and how to answer it.
#[derive(Clone, Debug)]
pub struct Question {
    pub pattern: Regex,
    pub yes: String,
    pub no: String,
}

/// A prompt, taken apart: `[context]host(mode)level`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Prompt {
    /// What stands in the brackets; empty when the dialect has none.
    pub context: String,
    pub host: String,
    /// The configuration mode word; `None` in exec mode.
    pub mode: Option<String>,
    /// `#` for administrators, `>` for operators and inspectors.
    pub level: char,
}

impl std::fmt::Display for Prompt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.context.is_empty() {
            write!(f, "[{}]", self.context)?;
        }
        write!(f, "{}", self.host)?;
        if let Some(mode) = &self.mode {
            write!(f, "({mode})")?;
        }
        write!(f, "{}", self.level)
    }
}

/// What the chassis waits with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// It is done; the next command may be sent.
    Prompt(Prompt),
    /// It shows one page and wants a key.
    Pager,
    /// It asks; `which` is the index in [`Rules::questions`].
    Question { text: String, which: usize },
}

/// What was collected since [`Dialogue::begin`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Collected {
    /// The reply, cleaned: no echo, no date lines, no log lines, no trailing blanks.
    pub lines: Vec<String>,
    /// Log and lock lines that came in between. When there are any, a line of the reply may have
    /// been torn; whoever reads numbers from it should ask again.
    pub unsolicited: Vec<String>,
    /// The last date line taken out.
    pub date: Option<String>,
    /// The reply was larger than this program keeps.
    pub truncated: bool,
}

/// How much of the echo of the typed command has been seen.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Echo {
    /// Nothing typed, or all of it seen: what comes is output.
    Done,
    /// The part not seen yet, without blanks; `begun` when some of it was.
    Waiting { rest: String, begun: bool },
}

/// One terminal's dialogue.
#[derive(Debug)]
pub struct Dialogue {
    rules: &'static Rules,
    editor: Editor,
    echo: Echo,
    /// Lines that came before the echo: late output of something earlier, or the reply itself when
    /// the chassis does not echo.
    before: Vec<String>,
    collected: Collected,
    size: usize,
    /// A date line may come now.
    date_due: bool,
    /// The host name every prompt has carried so far.
    host: Option<String>,
    /// A prompt was seen that something else was printed on or into.
    torn_prompt: bool,
    line_ended: bool,
}

impl Dialogue {
    pub fn new(rules: &'static Rules) -> Self {
        Self {
            rules,
            editor: Editor::default(),
            echo: Echo::Done,
            before: Vec::new(),
            collected: Collected::default(),
            size: 0,
            date_due: false,
            host: None,
            torn_prompt: false,
            line_ended: false,
        }
    }

    /// From now on a prompt with another host name is believed only after a quiet moment (trap 20).
    pub fn learn_host(&mut self, host: &str) {
        self.host = Some(host.to_owned());
    }

    /// Starts a new reply: `command` is about to be typed. Forgets everything collected.
    pub fn begin(&mut self, command: &str) {
        let rest = squeezed(command);
        self.echo = if rest.is_empty() {
            Echo::Done
        } else {
            Echo::Waiting { rest, begun: false }
        };
        self.before.clear();
        self.collected = Collected::default();
        self.size = 0;
        self.date_due = true;
        self.torn_prompt = false;
        self.line_ended = false;
        self.editor.clear();
    }

    /// A pager or question was answered by typing `answer`: its text leaves the reply, and so does
    /// the answer's echo; a date line may follow (1.4).
    pub fn answered(&mut self, answer: &str) {
        self.editor.clear();
        let rest = squeezed(answer);
        if !rest.is_empty() {
            self.echo = Echo::Waiting { rest, begun: false };
            self.date_due = true;
        }
    }

    /// An empty line was typed to get a clean prompt.
    pub fn nudged(&mut self) {
        self.editor.clear();
        self.torn_prompt = false;
    }

    /// Takes bytes; says what the chassis waits with, if it does.
    pub fn receive(&mut self, mut bytes: &[u8]) -> Option<Event> {
        loop {
            bytes = &bytes[self.editor.feed_plain(bytes)..];
            let Some((&byte, rest)) = bytes.split_first() else {
                break;
            };
            bytes = rest;
            // While the echo is awaited a bare carriage return is a wrapped line, not an overwriting.
            let wrapped = byte == b'\r' && matches!(self.echo, Echo::Waiting { .. });
            let line = if wrapped {
                Some(self.editor.end_line())
            } else {
                self.editor.feed(byte)
            };
            if let Some(line) = line {
                self.line(line);
            }
        }
        self.waiting(false)
    }

    /// Called after a quiet moment: now a prompt or question also counts when the echo was never
    /// seen or the host name is a new one.
    pub fn settle(&mut self) -> Option<Event> {
        let event = self.waiting(true)?;
        if matches!(self.echo, Echo::Waiting { begun: false, .. }) {
            let mut lines = std::mem::take(&mut self.before);
            lines.append(&mut self.collected.lines);
            self.collected.lines = lines;
        }
        self.echo = Echo::Done;
        Some(event)
    }

    /// Whether it looks as if a prompt was there but something was printed on it: typing an empty
    /// line will bring a clean one.
    pub fn wants_nudge(&self) -> bool {
        if self.torn_prompt {
            return true;
        }
        let tail = self.editor.text();
        let tail = tail.trim_end();
        tail.len() <= 80
            && tail.ends_with(['#', '>'])
            && !tail.contains(char::is_whitespace)
            && self.line_ended
    }

    /// What was collected; the next reply starts empty.
    pub fn take(&mut self) -> Collected {
        self.size = 0;
        let mut collected = std::mem::take(&mut self.collected);
        if self.echo == Echo::Done {
            collected.unsolicited.splice(0..0, self.before.drain(..));
        } else {
            collected.lines.splice(0..0, self.before.drain(..));
        }
        if collected.truncated {
            collected.lines.push("(the rest was not kept)".to_owned());
        }
        let blank = |line: &String| line.is_empty();
        while collected.lines.last().is_some_and(blank) {
            collected.lines.pop();
        }
        let first = collected
            .lines
            .iter()
            .position(|line| !line.is_empty())
            .unwrap_or(0);
        collected.lines.drain(..first);
        collected
    }

    /// The last `count` non-empty lines seen, the open one included; for messages.
    pub fn last_lines(&self, count: usize) -> Vec<String> {
        let tail = self.editor.text().trim_end().to_owned();
        let mut lines: Vec<String> = (self.collected.lines.iter().rev())
            .chain(self.before.iter().rev())
            .filter(|line| !line.is_empty())
            .take(count)
            .cloned()
            .collect();
        lines.reverse();
        if !tail.is_empty() {
            lines.push(tail);
        }
        lines
    }

    /// Whether any of the typed command came back.
    pub fn heard_echo(&self) -> bool {
        !matches!(self.echo, Echo::Waiting { begun: false, .. })
    }

    /// One completed line.
    fn line(&mut self, line: String) {
        self.line_ended = true;
        let unsolicited = self.rules.unsolicited.as_ref();
        if let Some(start) = unsolicited.and_then(|rule| Some(rule.find(&line)?.start())) {
            // A log line that began in mid-line: what stood before it goes on after it.
            self.collected
                .unsolicited
                .push(line[start..].trim_end().to_owned());
            self.editor.resume(&line[..start]);
            return;
        }
        let line = line.trim_end();
        match self.after_echo(line) {
            Some(output) => self.output(output),
            None => self.keep_size(0),
        }
    }

    /// Takes the echo out; `None` when nothing of the line is output.
    fn after_echo<'a>(&mut self, line: &'a str) -> Option<&'a str> {
        let Echo::Waiting { rest, begun } = &mut self.echo else {
            return Some(line);
        };
        let typed = match self.rules.prompt_start.find(line) {
            Some(prompt) => &line[prompt.end()..],
            None => line,
        };
        let seen = squeezed(typed);
        if seen.is_empty() {
            return None;
        }
        if let Some(left) = rest.strip_prefix(seen.as_str()) {
            // All of it, or a wrapped piece of it.
            *begun = true;
            if left.is_empty() {
                self.echo = Echo::Done;
            } else {
                *rest = left.to_owned();
            }
            return None;
        }
        if seen.starts_with(rest.as_str()) {
            // Something was printed right behind it.
            let text = behind(typed, rest);
            self.echo = Echo::Done;
            return Some(text);
        }
        if seen.ends_with(rest.as_str()) || (seen.len() > 1 && rest.ends_with(seen.as_str())) {
            self.echo = Echo::Done;
            return None;
        }
        if *begun {
            // The echo was cut short (a narrow terminal scrolls sideways); output has begun.
            self.echo = Echo::Done;
            return Some(line);
        }
        self.keep_size(line.len());
        if !self.collected.truncated {
            self.before.push(line.to_owned());
        }
        None
    }

    fn output(&mut self, line: &str) {
        if self.date_due && !line.is_empty() {
            self.date_due = false;
            if self.rules.timestamp.is_match(line) {
                self.collected.date = Some(line.to_owned());
                return;
            }
        }
        if self.starts_with_own_prompt(line) {
            self.torn_prompt = true;
            self.collected.unsolicited.push(line.to_owned());
            return;
        }
        self.keep_size(line.len() + 1);
        if !self.collected.truncated {
            self.collected.lines.push(line.to_owned());
        }
    }

    fn keep_size(&mut self, more: usize) {
        self.size += more;
        self.collected.truncated |= self.size > LARGEST_REPLY;
    }

    fn starts_with_own_prompt(&self, line: &str) -> bool {
        let Some(host) = &self.host else { return false };
        // Groups cost several times a plain match, and hardly any line is a prompt.
        let prompt_start = &self.rules.prompt_start;
        prompt_start.is_match(line)
            && prompt_start
                .captures(line)
                .is_some_and(|found| found.name("host").is_some_and(|seen| seen.as_str() == host))
    }

    /// Looks at the open tail.
    fn waiting(&self, quiet: bool) -> Option<Event> {
        if self.editor.len() > LONGEST_TAIL || (!quiet && !self.heard_echo()) {
            return None;
        }
        let last = self.editor.last_visible()?;
        if !self.rules.ends.as_bytes().contains(&last) {
            return None;
        }
        let tail = self.editor.text();
        if let Some(prompt) = self.rules.parse_prompt(&tail) {
            let known = self.host.as_ref().is_none_or(|host| *host == prompt.host);
            // An echo that stopped half-way needs a quiet moment, too: `context x#` is no prompt.
            return (known || quiet).then_some(Event::Prompt(prompt));
        }
        if self.rules.pager.is_match(&tail) {
            return Some(Event::Pager);
        }
        let which = self
            .rules
            .questions
            .iter()
            .position(|q| q.pattern.is_match(&tail))?;
        Some(Event::Question {
            text: tail.trim().to_owned(),
            which,
        })
    }
}

impl Rules {
    /// Takes a prompt apart; `None` when `tail` is not one from its first to its last character.
    pub fn parse_prompt(&self, tail: &str) -> Option<Prompt> {
        let found = self.prompt.captures(tail)?;
        let group = |name| found.name(name).map(|m| m.as_str().to_owned());
        Some(Prompt {
            context: group("context").unwrap_or_default(),
            host: group("host").unwrap_or_default(),
            mode: group("mode"),
            level: group("level")
                .and_then(|level| level.chars().next())
                .unwrap_or('#'),
        })
    }
}

/// The text without blanks: a wrapped echo has line ends where none were typed.
fn squeezed(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// What stands in `text` behind the characters of `echo`, which it starts with but for blanks.
fn behind<'a>(text: &'a str, echo: &str) -> &'a str {
    let mut left = echo.chars().count();
    for (at, c) in text.char_indices() {
        if left == 0 {
            return text[at..].trim_start();
        }
        left -= usize::from(!c.is_whitespace());
    }
    ""
}
