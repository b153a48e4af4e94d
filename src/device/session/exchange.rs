//! One command and its answer, and the login before the first.

use std::time::Duration;

use tokio::time::{Instant, timeout, timeout_at};

use super::{Device, Limits, Reply};
use crate::device::error::{Error, Limit, Lost};
use crate::device::terminal::Terminal;
use crate::device::transcript::redacted;
use crate::proto::dialogue::{Dialogue, Event, Prompt};

/// Quiet for this long, a prompt also counts although the echo was not seen or the host name is new.
const SETTLED: Duration = Duration::from_secs(1);
/// Quiet for this long behind a torn prompt, an empty line is typed to get a clean one.
const NUDGE_AFTER: Duration = Duration::from_secs(2);
/// After an empty line was typed in doubt, wait this long for a second prompt.
const SECOND_PROMPT: Duration = Duration::from_millis(500);
/// How long a first prompt must stand still before an empty line tests it.
const FIRST_PROMPT: Duration = Duration::from_millis(200);
/// A chassis that shows no prompt by itself gets an empty line this often while logging in.
const WAKE_EVERY: Duration = Duration::from_secs(3);
/// How long an interrupted command may take to give the prompt back.
const INTERRUPT: Duration = Duration::from_secs(5);
/// A chassis that prints without a pause must not keep us from typing.
const MOST_PENDING: usize = 10_000;
/// More questions than this in one command are no dialogue any more.
const MOST_QUESTIONS: usize = 3;

/// An open session.
pub(super) struct Link {
    pub(super) terminal: Terminal,
    pub(super) dialogue: Dialogue,
    pub(super) prompt: Prompt,
    /// A command is under way. Still set at the next one, its caller went away in the middle, and
    /// nobody knows what the terminal will say next.
    pub(super) busy: bool,
}

/// How questions are answered.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    Yes,
    No,
}

/// What waiting for the chassis came to.
enum Heard {
    Prompt(Prompt),
    Question { text: String, which: usize },
    TimedOut(Limit, Duration),
    Gone(String),
}

impl Device {
    /// From nothing to a prompt in exec mode of the home context.
    pub(super) async fn log_in(&mut self) -> Result<(), Error> {
        self.transcript.check()?;
        let terminal = Terminal::open(&self.target, self.network.as_ref()).await?;
        self.set_up(terminal).await
    }

    /// Learns the prompt, checks whose it is, sets the terminal up.
    pub(super) async fn set_up(&mut self, mut terminal: Terminal) -> Result<(), Error> {
        self.transcript.note("session opened");
        let mut dialogue = Dialogue::new(self.dialect.rules());
        let prompt = match self.first_prompt(&mut terminal, &mut dialogue).await {
            Ok(prompt) => prompt,
            Err(why) => return Err(self.unreachable(why)),
        };
        if let Some(expected) = &self.target.expect_hostname
            && *expected != prompt.host
        {
            let (expected, seen) = (expected.clone(), prompt.host);
            return Err(Error::WrongChassis { expected, seen });
        }
        dialogue.learn_host(&prompt.host);
        self.link = Some(Link {
            terminal,
            dialogue,
            prompt,
            busy: false,
        });
        for command in &self.dialect.setup {
            self.exchange(command, self.target.limits, Answer::No)
                .await?;
        }
        let home = self.back(Ok(())).await;
        home.and_then(|()| self.at_home())
    }

    /// The first prompt. A banner can end like one (`staros-cli.md` 1.1), so the same prompt must
    /// come back for an empty line.
    async fn first_prompt(
        &mut self,
        terminal: &mut Terminal,
        dialogue: &mut Dialogue,
    ) -> Result<Prompt, String> {
        let mut before: Option<Prompt> = None;
        let mut quiet = Duration::ZERO;
        loop {
            match timeout(FIRST_PROMPT, terminal.read()).await {
                Ok(bytes) => {
                    let bytes = bytes?;
                    self.transcript.received(&bytes);
                    if dialogue.receive(&bytes) == Some(Event::Pager) {
                        terminal.write(self.dialect.next_page.as_bytes()).await?;
                        dialogue.answered("");
                    }
                    quiet = Duration::ZERO;
                    continue;
                }
                Err(_) => quiet += FIRST_PROMPT,
            }
            let seen = match dialogue.settle() {
                Some(Event::Prompt(prompt)) => Some(prompt),
                _ => None,
            };
            match (&before, seen) {
                (Some(before), Some(seen)) if *before == seen => return Ok(seen),
                (_, None) if quiet < WAKE_EVERY => continue,
                (_, seen) => before = seen,
            }
            dialogue.begin("");
            self.transcript.sent("");
            terminal.write(self.dialect.enter.as_bytes()).await?;
            quiet = Duration::ZERO;
        }
    }

    /// Types one command and collects its answer. Whatever goes wrong is in the error; a session
    /// that is out of step is dropped.
    pub(super) async fn exchange(
        &mut self,
        command: &str,
        limits: Limits,
        answer: Answer,
    ) -> Result<Reply, Error> {
        self.transcript.check()?;
        let mut link = match self.link.take() {
            Some(link) if !link.busy => link,
            _ => return Err(Error::NotConnected),
        };
        // From here on a caller that goes away leaves no link behind.
        let result = self.talk(&mut link, command, limits, answer).await;
        let keep = match &result {
            Ok(_) | Err(Error::Rejected { .. } | Error::Asked { .. } | Error::Mode { .. }) => true,
            Err(Error::TooLong { .. }) => true,
            Err(Error::Timeout { .. }) => !link.busy,
            Err(_) => false,
        };
        if let Err(error) = &result {
            self.transcript.note(&error.to_string());
        }
        if keep {
            self.link = Some(link);
        } else {
            self.transcript.note("session dropped");
        }
        result
    }

    async fn talk(
        &mut self,
        link: &mut Link,
        command: &str,
        limits: Limits,
        answer: Answer,
    ) -> Result<Reply, Error> {
        let shown = redacted(command, &[]);
        let lost = |phase, why| Error::Lost {
            command: shown.clone(),
            phase,
            why,
        };
        self.drain(link)
            .await
            .map_err(|why| lost(Lost::BeforeSend, why))?;
        if let Some(Event::Prompt(now)) = link.dialogue.settle()
            && now != link.prompt
        {
            // Something moved us while nobody was typing: what was meant for there stays untyped.
            let wanted = format!("`{}`, where it stood", link.prompt);
            let seen = now.to_string();
            link.prompt = now;
            return Err(Error::Mode { wanted, seen });
        }
        let start = Instant::now();
        link.busy = true;
        link.dialogue.begin(command);
        self.transcript.sent(command);
        let typed = format!("{command}{}", self.dialect.enter);
        let total = start + limits.total;
        let written = timeout_at(total, link.terminal.write(typed.as_bytes())).await;
        match written {
            Ok(Ok(())) => {}
            // Part of it may be on its way.
            Ok(Err(why)) => return Err(lost(Lost::AfterSend, why)),
            Err(_) => {
                return Err(lost(
                    Lost::AfterSend,
                    "it could not be sent in time".to_owned(),
                ));
            }
        }

        let (mut said_yes, mut said_no) = (Vec::new(), None);
        let prompt = loop {
            match self.hear(link, limits, total).await {
                Heard::Prompt(prompt) => break prompt,
                Heard::Question { text, which } => {
                    let question = &self.dialect.rules().questions[which];
                    let yes = answer == Answer::Yes && said_yes.len() < MOST_QUESTIONS;
                    let word = if yes { &question.yes } else { &question.no };
                    if yes {
                        said_yes.push(text)
                    } else {
                        said_no = Some(text)
                    }
                    link.dialogue.answered(word);
                    self.transcript.sent(word);
                    let typed = format!("{word}{}", self.dialect.enter);
                    let written = link.terminal.write(typed.as_bytes()).await;
                    written.map_err(|why| lost(Lost::MidOutput, why))?;
                }
                Heard::Gone(why) => {
                    let heard = link.dialogue.heard_echo() || !said_yes.is_empty();
                    let phase = if heard {
                        Lost::MidOutput
                    } else {
                        Lost::AfterSend
                    };
                    return Err(lost(phase, why));
                }
                Heard::TimedOut(kind, after) => {
                    let seen = link.dialogue.last_lines(3);
                    self.interrupt(link).await;
                    return Err(Error::Timeout {
                        command: shown,
                        kind,
                        after,
                        seen,
                    });
                }
            }
        };
        link.busy = false;
        link.dialogue.learn_host(&prompt.host);
        link.prompt = prompt.clone();
        let mut collected = link.dialogue.take();
        if let Some(question) = said_no {
            return Err(Error::Asked {
                command: shown,
                question,
            });
        }
        if let Some(message) = self.dialect.failure(&collected.lines) {
            return Err(Error::Rejected {
                command: shown,
                message,
            });
        }
        if collected.truncated {
            return Err(Error::TooLong { command: shown });
        }
        Ok(Reply {
            command: command.to_owned(),
            text: self.dialect.answer(command, &mut collected),
            prompt,
            elapsed: start.elapsed(),
            confirmations: said_yes,
            unsolicited: collected.unsolicited,
        })
    }

    /// Takes in what came while nobody was typing; `Err` when the session has ended meanwhile.
    async fn drain(&self, link: &mut Link) -> Result<(), String> {
        for _ in 0..MOST_PENDING {
            let Ok(bytes) = timeout(Duration::ZERO, link.terminal.read()).await else {
                break;
            };
            let bytes = bytes?;
            self.transcript.received(&bytes);
            link.dialogue.receive(&bytes);
        }
        Ok(())
    }

    /// Listens until the chassis waits for something, or a limit runs out.
    async fn hear(&self, link: &mut Link, limits: Limits, total: Instant) -> Heard {
        let mut last_byte = Instant::now();
        let mut nudged = false;
        let mut settled = false;
        loop {
            let idle = last_byte + limits.idle;
            let quiet = if settled { NUDGE_AFTER } else { SETTLED };
            let mut until = total.min(idle);
            if !settled || (!nudged && link.dialogue.wants_nudge()) {
                until = until.min(last_byte + quiet);
            }
            let event = match timeout_at(until, link.terminal.read()).await {
                Ok(Err(why)) => return Heard::Gone(why),
                Ok(Ok(bytes)) => {
                    self.transcript.received(&bytes);
                    last_byte = Instant::now();
                    settled = false;
                    link.dialogue.receive(&bytes)
                }
                Err(_) => {
                    let now = Instant::now();
                    if now >= total {
                        return Heard::TimedOut(Limit::Total, limits.total);
                    }
                    if now >= idle {
                        return Heard::TimedOut(Limit::Idle, limits.idle);
                    }
                    let event = link.dialogue.settle();
                    if event.is_none() && settled {
                        nudged = true;
                        link.dialogue.nudged();
                        self.transcript.sent("");
                        let enter = self.dialect.enter.as_bytes();
                        if let Err(why) = link.terminal.write(enter).await {
                            return Heard::Gone(why);
                        }
                    }
                    settled = true;
                    event
                }
            };
            match event {
                None => {}
                Some(Event::Prompt(prompt)) => {
                    if nudged {
                        // The empty line may bring one prompt more than the command does.
                        return self.last_prompt(link, prompt).await;
                    }
                    return Heard::Prompt(prompt);
                }
                Some(Event::Question { text, which }) => return Heard::Question { text, which },
                Some(Event::Pager) => {
                    link.dialogue.answered("");
                    let page = self.dialect.next_page.as_bytes();
                    if let Err(why) = link.terminal.write(page).await {
                        return Heard::Gone(why);
                    }
                }
            }
        }
    }

    /// The prompt after which nothing more comes.
    async fn last_prompt(&self, link: &mut Link, mut prompt: Prompt) -> Heard {
        while let Ok(bytes) = timeout(SECOND_PROMPT, link.terminal.read()).await {
            match bytes {
                Err(why) => return Heard::Gone(why),
                Ok(bytes) => {
                    self.transcript.received(&bytes);
                    if let Some(Event::Prompt(next)) = link.dialogue.receive(&bytes) {
                        prompt = next;
                    }
                }
            }
        }
        Heard::Prompt(prompt)
    }

    /// Stops a command that ran into its limit (a reload can wait in a queue without limit,
    /// `staros-cli.md` 1.10). When the prompt comes back, the session is good again.
    async fn interrupt(&self, link: &mut Link) {
        self.transcript.sent("(interrupt)");
        link.dialogue.begin("");
        if link
            .terminal
            .write(self.dialect.interrupt.as_bytes())
            .await
            .is_err()
        {
            return;
        }
        let until = Instant::now() + INTERRUPT;
        while let Ok(Ok(bytes)) = timeout_at(until, link.terminal.read()).await {
            self.transcript.received(&bytes);
            if let Some(Event::Prompt(prompt)) = link.dialogue.receive(&bytes)
                && let Heard::Prompt(prompt) = self.last_prompt(link, prompt).await
            {
                link.prompt = prompt;
                link.busy = false;
                return;
            }
        }
    }
}
