//! A session on a chassis: connect, find out where we stand, type, and know what came of it.
//!
//! Reads ([`Device::run`]) connect by themselves and may be tried once more when the session turns
//! out to be gone before a byte was sent. Commands that act ([`Device::send_once`],
//! [`Device::configure`]) are typed at most once, whatever happens; how far they got is in the error.

mod exchange;
mod typable;

use std::sync::Arc;
use std::time::Duration;

use super::dialect::Dialect;
use super::error::{Error, Lost};
use super::staros::Unparsed;
use super::terminal::Terminal;
use super::transcript::Transcript;
use crate::net::ssh::{HostKeyPolicy, Login};
use crate::net::{Network, Stream};
use crate::proto::dialogue::Prompt;
use exchange::{Answer, Link};
use typable::typable;

/// How often a disturbed or torn read is repeated by [`Device::read`].
const READS: usize = 3;

/// Configuration mode, then the context; and once more should somebody be in the way.
const MOST_STEPS_HOME: usize = 4;

/// A chassis to talk to.
#[derive(Clone)]
pub struct Target {
    /// Its name in the inventory.
    pub name: String,
    /// Address or host name.
    pub host: String,
    pub port: u16,
    pub login: Login,
    pub host_key: HostKeyPolicy,
    /// Also offer the outdated SSH algorithms of old releases (SSH-3).
    pub legacy_ssh: bool,
    /// The host name its prompt must carry.
    pub expect_hostname: Option<String>,
    pub limits: Limits,
}

/// How long things may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connecting, logging in and setting up the terminal, all together.
    pub connect: Duration,
    /// Without a single byte.
    pub idle: Duration,
    /// For a whole command.
    pub total: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(60),
            idle: Duration::from_secs(60),
            total: Duration::from_secs(300),
        }
    }
}

/// What a chassis answered.
#[derive(Clone, Debug)]
pub struct Reply {
    pub command: String,
    /// Cleaned lines: no echo, date lines, pager or log lines.
    pub text: String,
    /// The prompt it ended with.
    pub prompt: Prompt,
    pub elapsed: Duration,
    /// The questions that were answered with yes.
    pub confirmations: Vec<String>,
    /// Lines nobody asked for that came in between.
    pub unsolicited: Vec<String>,
}

impl Reply {
    /// Whether something was printed in between, so that a line may be torn: read again before
    /// trusting a number.
    pub fn is_disturbed(&self) -> bool {
        !self.unsolicited.is_empty()
    }
}

/// Why a typed fact could not be had.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error(transparent)]
    Session(#[from] Error),
    #[error(transparent)]
    Unparsed(#[from] Unparsed),
}

/// The driver of one chassis.
pub struct Device {
    target: Target,
    network: Arc<dyn Network>,
    dialect: &'static Dialect,
    transcript: Transcript,
    link: Option<Link>,
}

impl Device {
    pub fn new(
        target: Target,
        network: Arc<dyn Network>,
        dialect: &'static Dialect,
        transcript: Transcript,
    ) -> Self {
        if let Some(password) = &target.login.password {
            transcript.hide(password.clone());
        }
        Self {
            target,
            network,
            dialect,
            transcript,
            link: None,
        }
    }

    /// The chassis's name in the inventory.
    pub fn name(&self) -> &str {
        &self.target.name
    }

    /// The limits commands have unless they bring their own.
    pub fn limits(&self) -> Limits {
        self.target.limits
    }

    /// Where the session stands; `None` without one.
    pub fn prompt(&self) -> Option<&Prompt> {
        self.link.as_ref().map(|link| &link.prompt)
    }

    /// Whether there is a session that was good when last used.
    pub fn is_connected(&self) -> bool {
        self.link.as_ref().is_some_and(|link| !link.busy)
    }

    /// Logs in, learns the prompt, sets the terminal up and goes to exec mode of the home context.
    /// Does nothing when that is already so.
    pub async fn connect(&mut self) -> Result<(), Error> {
        if self.is_connected() {
            return Ok(());
        }
        self.close().await;
        let limit = self.target.limits.connect;
        let opened = tokio::time::timeout(limit, self.log_in()).await;
        let result = opened.unwrap_or_else(|_| {
            Err(self.unreachable(format!("no usable prompt within {} s", limit.as_secs())))
        });
        if let Err(error) = &result {
            self.transcript.note(&format!("not connected: {error}"));
            self.link = None;
        }
        result
    }

    /// Takes over a terminal somebody else opened (a console server, a test), then as
    /// [`Device::connect`].
    pub async fn attach(&mut self, stream: Stream) -> Result<(), Error> {
        self.close().await;
        let limit = self.target.limits.connect;
        let set_up = self.set_up(Terminal::Bytes(stream));
        let opened = tokio::time::timeout(limit, set_up).await;
        let result = opened.unwrap_or_else(|_| {
            Err(self.unreachable(format!("no usable prompt within {} s", limit.as_secs())))
        });
        if result.is_err() {
            self.link = None;
        }
        result
    }

    /// Runs a command in exec mode of the home context. For reads: connects when there is no
    /// session, and tries once more when it was lost before anything was sent.
    pub async fn run(&mut self, command: &str) -> Result<Reply, Error> {
        typable(command)?;
        for last in [false, true] {
            self.connect().await?;
            let result = self.run_here(command).await;
            match result {
                Err(Error::Lost {
                    phase: Lost::BeforeSend,
                    ..
                }) if !last => continue,
                result => return result,
            }
        }
        unreachable!("the second try returns")
    }

    /// Runs a command in exec mode of another context and comes back. The bracket of the prompt
    /// proves that the context was entered (`staros-cli.md` 1.10).
    pub async fn run_in(&mut self, context: &str, command: &str) -> Result<Reply, Error> {
        typable(command)?;
        if context.is_empty() || context.contains(char::is_whitespace) {
            let why = "a context name has no blanks";
            return Err(Error::Untypable {
                command: context.to_owned(),
                why,
            });
        }
        let Some(enter) = self.dialect.enter_context(context) else {
            let why = "this dialect has no contexts";
            return Err(Error::Untypable {
                command: command.to_owned(),
                why,
            });
        };
        let entered = self.run_from_home(&enter).await;
        let result = match entered {
            Ok(reply) if reply.prompt.context == context => {
                self.exchange(command, self.target.limits, Answer::No).await
            }
            Ok(reply) => Err(Error::Mode {
                wanted: format!("context {context}"),
                seen: reply.prompt.to_string(),
            }),
            Err(error) => Err(error),
        };
        self.back(result).await
    }

    /// Types configuration lines one by one and leaves configuration mode again. Stops at the first
    /// line that is refused, asks, or after which we no longer stand in configuration mode (another
    /// administrator can throw us out, trap 17); the lines before it have taken effect.
    pub async fn configure(&mut self, lines: &[String]) -> Result<Vec<Reply>, Error> {
        for line in lines {
            typable(line)?;
            if line.trim().eq_ignore_ascii_case("end") {
                let why = "leaving configuration mode is not a line of it";
                return Err(Error::Untypable {
                    command: line.clone(),
                    why,
                });
            }
        }
        let enter = self
            .dialect
            .mode("config")
            .and_then(|mode| mode.enter.clone());
        let Some(enter) = enter else {
            let why = "this dialect has no configuration mode";
            return Err(Error::Untypable {
                command: "configure".to_owned(),
                why,
            });
        };
        let entered = self.run_from_home(&enter).await;
        let result = match entered {
            Ok(reply) => match self.in_configuration(&reply.prompt) {
                Ok(()) => self.type_lines(lines).await,
                Err(error) => Err(error),
            },
            Err(error) => Err(error),
        };
        self.back(result).await
    }

    /// Types a command that acts. Never connects, never repeats; answers its questions with yes
    /// when `answer_yes`, else with no. When the session ends under it (a reload does that), the
    /// error says how far the command had got.
    pub async fn send_once(
        &mut self,
        command: &str,
        answer_yes: bool,
        limits: Limits,
    ) -> Result<Reply, Error> {
        typable(command)?;
        if !self.is_connected() {
            return Err(Error::NotConnected);
        }
        self.at_home()?;
        let answer = if answer_yes { Answer::Yes } else { Answer::No };
        let result = self.exchange(command, limits, answer).await;
        self.back(result).await
    }

    /// Runs a read and turns the answer into a fact. Reads again when log lines came in between,
    /// since they can tear a number in two, or when the answer cannot be read.
    pub async fn read<T>(
        &mut self,
        command: &str,
        parse: impl Fn(&str) -> Result<T, Unparsed>,
    ) -> Result<T, ReadError> {
        let mut reply = self.run(command).await?;
        for _ in 1..READS {
            if !reply.is_disturbed() {
                break;
            }
            reply = self.run(command).await?;
        }
        Ok(parse(&reply.text)?)
    }

    /// Ends the session.
    pub async fn close(&mut self) {
        if let Some(link) = self.link.take() {
            self.transcript.note("session closed");
            link.terminal.close().await;
        }
    }

    /// A command from exec mode of the home context back to there.
    async fn run_here(&mut self, command: &str) -> Result<Reply, Error> {
        let result = self.exchange(command, self.target.limits, Answer::No).await;
        self.back(result).await
    }

    /// The first command of a longer story; it may leave exec mode.
    async fn run_from_home(&mut self, command: &str) -> Result<Reply, Error> {
        for last in [false, true] {
            self.connect().await?;
            self.at_home()?;
            match self.exchange(command, self.target.limits, Answer::No).await {
                Err(Error::Lost {
                    phase: Lost::BeforeSend,
                    ..
                }) if !last => continue,
                result => return result,
            }
        }
        unreachable!("the second try returns")
    }

    async fn type_lines(&mut self, lines: &[String]) -> Result<Vec<Reply>, Error> {
        let mut replies = Vec::new();
        for (at, line) in lines.iter().enumerate() {
            // In listings `#exit` closes a sub-mode; it is typed without the mark.
            let text = match line.trim() {
                "#exit" => "exit",
                text => text,
            };
            if text.is_empty() || text.starts_with(['#', '!']) {
                continue;
            }
            let limits = self.target.limits;
            let mut result = self.exchange(text, limits, Answer::No).await;
            if let Ok(reply) = &result
                && let Err(error) = self.in_configuration(&reply.prompt)
            {
                result = Err(error);
            }
            replies.push(result.map_err(|source| Error::AtLine {
                line: at + 1,
                of: lines.len(),
                text: super::transcript::redacted(text, &[]),
                source: Box::new(source),
            })?);
        }
        Ok(replies)
    }

    /// Returns to exec mode of the home context, then passes `result` on. A session that cannot be
    /// brought back is dropped: the next command starts from a fresh login.
    async fn back<T>(&mut self, result: Result<T, Error>) -> Result<T, Error> {
        // One step at a time: leaving configuration mode may already lead home.
        for _ in 0..MOST_STEPS_HOME {
            let Some(prompt) = self.prompt().filter(|_| self.is_connected()) else {
                return result;
            };
            if self.dialect.is_home(prompt) {
                return result;
            }
            let Some(step) = self.dialect.step_home(prompt) else {
                break;
            };
            if self
                .exchange(&step, self.target.limits, Answer::No)
                .await
                .is_err()
            {
                break;
            }
        }
        if self.prompt().is_none() {
            return result;
        }
        match self.at_home() {
            Ok(()) => result,
            Err(error) => {
                self.close().await;
                result.and(Err(error))
            }
        }
    }

    fn at_home(&self) -> Result<(), Error> {
        let prompt = self.prompt().ok_or(Error::NotConnected)?;
        if self.dialect.is_home(prompt) {
            return Ok(());
        }
        let home = self.dialect.home_context.as_deref().unwrap_or("no");
        Err(Error::Mode {
            wanted: format!("exec mode of context {home}"),
            seen: prompt.to_string(),
        })
    }

    fn in_configuration(&self, prompt: &Prompt) -> Result<(), Error> {
        if self.dialect.is_in("config", prompt) {
            return Ok(());
        }
        Err(Error::Mode {
            wanted: "configuration mode (another administrator may hold its lock)".to_owned(),
            seen: prompt.to_string(),
        })
    }

    fn unreachable(&self, why: String) -> Error {
        Error::Unreachable {
            chassis: self.target.name.clone(),
            address: format!("{}:{}", self.target.host, self.target.port),
            why,
        }
    }
}
