//! Dialects: what a kind of chassis looks like on a terminal, as data.
//!
//! A new operating system is a new file in `dialects/`, not new code in the driver.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use regex::Regex;
use serde::Deserialize;

use crate::proto::dialogue::{Collected, Dialogue, Prompt, Question, Rules};

/// A dialect, ready for use.
#[derive(Debug)]
pub struct Dialect {
    pub name: String,
    /// What the Enter key sends.
    pub enter: String,
    /// What stops a command that hangs.
    pub interrupt: String,
    /// What asks a pager for the next page.
    pub next_page: String,
    /// Commands sent after login; they must not change the saved configuration.
    pub setup: Vec<String>,
    /// The context commands run in unless they say otherwise; `None` when there are no contexts.
    pub home_context: Option<String>,
    rules: Rules,
    tells_date: Regex,
    failures: Vec<Regex>,
    modes: BTreeMap<String, Mode>,
    context: Option<ContextCommands>,
}

/// One node of the mode graph; its edges lead from and to exec mode.
#[derive(Debug)]
pub struct Mode {
    /// Matches the mode word of the prompt; `None` is exec mode, whose prompt has no word.
    word: Option<Regex>,
    /// Typed in exec mode to get here.
    pub enter: Option<String>,
    /// Typed at any depth to get back to exec mode.
    pub leave: Option<String>,
}

/// Why a dialect file is no good; only our own files are loaded, so this is a bug when it happens.
#[derive(Debug, thiserror::Error)]
pub enum BadDialect {
    #[error("a dialect file cannot be read: {0}")]
    Yaml(#[from] serde_yaml::Error),
    #[error("a pattern of a dialect file is wrong: {0}")]
    Pattern(#[from] regex::Error),
    #[error("the dialect lacks mode `{0}`")]
    NoMode(&'static str),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    enter: String,
    interrupt: String,
    prompt: String,
    pager: PagerFile,
    questions: Vec<QuestionFile>,
    ends: String,
    timestamp: String,
    tells_date: String,
    failures: Vec<String>,
    unsolicited: Vec<String>,
    setup: Vec<String>,
    #[serde(default)]
    home: Option<HomeFile>,
    modes: BTreeMap<String, ModeFile>,
    #[serde(default)]
    context: Option<ContextCommands>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PagerFile {
    pattern: String,
    answer: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct QuestionFile {
    pattern: String,
    yes: String,
    no: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HomeFile {
    context: String,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ModeFile {
    mode: Option<String>,
    enter: Option<String>,
    leave: Option<String>,
}

/// How to move an exec session between contexts; `{name}` stands for the context.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ContextCommands {
    enter: String,
    home: String,
}

/// The dialect of StarOS.
pub fn staros() -> &'static Dialect {
    static STAROS: OnceLock<Dialect> = OnceLock::new();
    STAROS.get_or_init(|| {
        Dialect::load(include_str!("dialects/staros.yaml"))
            .expect("the dialect shipped with the program is sound")
    })
}

/// One pattern for all: its first match begins where the first match of any of them does.
fn any_of(patterns: &[String]) -> Result<Option<Regex>, regex::Error> {
    if patterns.is_empty() {
        return Ok(None);
    }
    Regex::new(&format!("(?:{})", patterns.join(")|(?:"))).map(Some)
}

impl Dialect {
    /// Reads a dialect file.
    pub fn load(yaml: &str) -> Result<Self, BadDialect> {
        let file: File = serde_yaml::from_str(yaml)?;
        let regexes = |texts: &[String]| {
            texts
                .iter()
                .map(|text| Regex::new(text))
                .collect::<Result<Vec<_>, _>>()
        };
        let questions = (file.questions.into_iter())
            .map(|q| {
                Ok(Question {
                    pattern: Regex::new(&q.pattern)?,
                    yes: q.yes,
                    no: q.no,
                })
            })
            .collect::<Result<Vec<_>, regex::Error>>()?;
        let modes = (file.modes.into_iter())
            .map(|(name, mode)| {
                let word = mode.mode.as_deref().map(Regex::new).transpose()?;
                Ok((
                    name,
                    Mode {
                        word,
                        enter: mode.enter,
                        leave: mode.leave,
                    },
                ))
            })
            .collect::<Result<BTreeMap<_, _>, regex::Error>>()?;
        for needed in ["exec", "config"] {
            if !modes.contains_key(needed) {
                return Err(BadDialect::NoMode(needed));
            }
        }
        Ok(Self {
            name: file.name,
            enter: file.enter,
            interrupt: file.interrupt,
            next_page: file.pager.answer,
            setup: file.setup,
            home_context: file.home.map(|home| home.context),
            rules: Rules {
                prompt: Regex::new(&format!(r"^\s*{}\s*$", file.prompt))?,
                prompt_start: Regex::new(&format!(r"^\s*{}", file.prompt))?,
                pager: Regex::new(&file.pager.pattern)?,
                questions,
                timestamp: Regex::new(&file.timestamp)?,
                unsolicited: any_of(&file.unsolicited)?,
                ends: file.ends,
            },
            tells_date: Regex::new(&file.tells_date)?,
            failures: regexes(&file.failures)?,
            modes,
            context: file.context,
        })
    }

    /// What the dialogue machine needs to know.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// The lines with which the chassis refused, and what directly follows the first (a failure can
    /// go on in a second line, `staros-cli.md` 1.9); `None` when it did not refuse.
    pub fn failure(&self, lines: &[String]) -> Option<String> {
        let failed = |line: &String| self.failures.iter().any(|rule| rule.is_match(line));
        let first = lines.iter().position(failed)?;
        let told: Vec<&str> = (lines.iter().enumerate().skip(first))
            .filter(|(at, line)| {
                *at == first || failed(line) || line.trim_start().starts_with("- ")
            })
            .map(|(_, line)| line.trim())
            .collect();
        Some(told.join(" "))
    }

    /// The lines of an answer. Where a date line is the answer itself, it is put back.
    pub fn answer(&self, command: &str, collected: &mut Collected) -> String {
        if collected.lines.is_empty() && self.tells_date.is_match(command) {
            collected.lines.extend(collected.date.take());
        }
        collected.lines.join("\n")
    }

    /// The answer in a captured session: as the driver would have it, whether or not the capture
    /// has prompts, the typed command, date or log lines in it.
    pub fn clean(&'static self, command: &str, capture: &[u8]) -> String {
        let mut dialogue = Dialogue::new(&self.rules);
        dialogue.begin("");
        dialogue.receive(capture);
        // The last line of a file may lack its end.
        dialogue.receive(b"\n");
        let mut collected = dialogue.take();
        let spoken = |line: &String| {
            let prompt = self.rules.prompt_start.is_match(line);
            !prompt && line.trim() != command.trim() && !self.rules.timestamp.is_match(line)
        };
        let dates: Vec<String> = (collected.lines.iter())
            .filter(|line| self.rules.timestamp.is_match(line))
            .cloned()
            .collect();
        collected.lines.retain(spoken);
        if collected.lines.iter().all(String::is_empty) {
            collected.lines.clear();
        }
        collected.date = dates.last().cloned().or(collected.date);
        self.answer(command, &mut collected)
            .trim_matches('\n')
            .to_owned()
    }

    /// Whether a prompt stands in the mode of this name.
    pub fn is_in(&self, mode: &str, prompt: &Prompt) -> bool {
        let Some(mode) = self.modes.get(mode) else {
            return false;
        };
        match (&mode.word, &prompt.mode) {
            (None, None) => true,
            (Some(word), Some(seen)) => word.is_match(seen),
            _ => false,
        }
    }

    /// Whether a prompt stands in exec mode of the home context.
    pub fn is_home(&self, prompt: &Prompt) -> bool {
        let home = self.home_context.as_ref();
        self.is_in("exec", prompt) && home.is_none_or(|home| prompt.context == *home)
    }

    /// The mode of this name.
    pub fn mode(&self, name: &str) -> Option<&Mode> {
        self.modes.get(name)
    }

    /// The command that moves an exec session into a context.
    pub fn enter_context(&self, name: &str) -> Option<String> {
        self.context
            .as_ref()
            .map(|context| context.enter.replace("{name}", name))
    }

    /// The next command on the way from `prompt` to exec mode of the home context; `None` when
    /// there is no way, or no need for one.
    pub fn step_home(&self, prompt: &Prompt) -> Option<String> {
        if let Some(word) = &prompt.mode {
            let matches = |mode: &&Mode| mode.word.as_ref().is_some_and(|w| w.is_match(word));
            let mode = self
                .modes
                .values()
                .find(matches)
                .or_else(|| self.modes.get("config"))?;
            return mode.leave.clone();
        }
        let away = self
            .home_context
            .as_ref()
            .is_some_and(|home| prompt.context != *home);
        let context = self.context.as_ref().filter(|_| away)?;
        Some(context.home.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn staros_cli_1_3_every_prompt_shape_is_taken_apart() {
        let rules = staros().rules();
        for (text, context, host, mode, level) in [
            ("[local]pgw-east# ", "local", "pgw-east", None, '#'),
            ("[local]pgw-east> ", "local", "pgw-east", None, '>'),
            ("[SRP]pgw-east# ", "SRP", "pgw-east", None, '#'),
            (
                "[local]pgw-east(config)# ",
                "local",
                "pgw-east",
                Some("config"),
                '#',
            ),
            (
                "[SRP]pgw-east(config-srp)# ",
                "SRP",
                "pgw-east",
                Some("config-srp"),
                '#',
            ),
            (
                "[ha1]ha-a(config-if-eth)#",
                "ha1",
                "ha-a",
                Some("config-if-eth"),
                '#',
            ),
            ("[local] host_1.lab#", "local", "host_1.lab", None, '#'),
        ] {
            let prompt = rules
                .parse_prompt(text)
                .unwrap_or_else(|| panic!("{text} is a prompt"));
            let mode = mode.map(str::to_owned);
            let expected = Prompt {
                context: context.into(),
                host: host.into(),
                mode,
                level,
            };
            assert_eq!(prompt, expected);
        }
        for text in [
            "pgw-east:ssi# ",
            "Welcome to lab #",
            "[local]pgw-east# x",
            "[local]pgw-east",
        ] {
            assert_eq!(rules.parse_prompt(text), None, "{text}");
        }
    }

    #[test]
    fn staros_cli_1_9_failures_are_told_from_warnings() {
        let failure =
            |text: &str| staros().failure(&text.lines().map(str::to_owned).collect::<Vec<_>>());
        for text in [
            "Failure: Image /flash/a.bin CRC check failed!",
            "Unknown command - \"shw\", unrecognized keyword",
            "Ambiguous keyword - \"s\"",
            "Incomplete command",
            "+ERR 2 File unavailable (e.g., file not found, no access)",
            "Warning: careful\nFailure: no",
        ] {
            assert!(failure(text).is_some(), "{text}");
        }
        for text in [
            "Warning: One or more other administrators may be configuring",
            "Info: x",
            "",
        ] {
            assert_eq!(failure(text), None, "{text}");
        }
        let locked = "Failure: Another administrator could not release the configuration mode lock\n\
                      - please enter 'show administrators' for more information";
        assert!(failure(locked).is_some_and(|told| told.contains("show administrators")));
    }

    #[test]
    fn a_captured_session_is_read_like_a_live_one() {
        let date = "Monday May 05 22:10:04 UTC 2025";
        let prompt = "[local]pgw-east# ";
        for (command, answer) in [("show boot", "boot delay 5"), ("show clock", date)] {
            for capture in [
                format!("{prompt}{command}\r\n{date}\r\n\r\n{answer}\r\n{prompt}"),
                format!("{command}\n{answer}\n"),
                answer.to_owned(),
            ] {
                assert_eq!(
                    staros().clean(command, capture.as_bytes()),
                    answer,
                    "{capture:?}"
                );
            }
        }
    }
}
