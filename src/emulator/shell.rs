//! One administrator's terminal session: line editing, echo, pager, pipes, confirmations.
//!
//! [`Shell`] is sans-I/O: bytes of the terminal in, bytes for the terminal out, and what it waits
//! for. What the commands say is [`super::staros`]'s affair.

mod help;
mod line;
mod output;
mod pipe;

#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use super::chassis::Chassis;
use super::jobs::JobId;
use super::staros::commands::{self, Awaited, Call, Reply, Session};
use super::staros::grammar::split;
use super::staros::{configure, format};
use super::users::{Level, User};
use crate::proto::Time;
use line::{Editor, Key};
use output::print;
use pipe::Pipe;

/// What the shell wants of its host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// More input.
    Idle,
    /// More input, and a [`Shell::tick`] at this time.
    WakeAt(Time),
    /// The session is over.
    Close,
}

/// Looks that differ from node to node (`staros-cli.md` 1.3, 1.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Style {
    /// What the pager prints between pages.
    pub pager: String,
    /// `[local] host# ` with a blank behind the bracket.
    pub spaced_prompt: bool,
}

impl Default for Style {
    fn default() -> Self {
        Self {
            pager: "---(more)---".to_owned(),
            spaced_prompt: false,
        }
    }
}

/// One terminal session.
pub struct Shell {
    user: User,
    tty: String,
    size: (u16, u16),
    style: Style,
    /// `None` before [`Shell::open`] and after [`Shell::hang_up`].
    session: Option<Session>,
    editor: Editor,
    activity: Activity,
    /// Typed while a command runs.
    ahead: VecDeque<u8>,
}

/// What the terminal is doing.
#[derive(Debug)]
enum Activity {
    Prompt,
    /// A question was asked about this line.
    Asking(String),
    Paging(VecDeque<String>),
    Job {
        id: JobId,
        awaited: Awaited,
        stars: usize,
        pipes: Vec<Pipe>,
    },
    Reloading,
    AwaitingLock(Time),
}

impl Shell {
    /// A session of `user` on the line `tty`, with the terminal size the client asked for; no
    /// paging with a height of 0.
    pub fn new(user: User, tty: String, width: u16, height: u16) -> Self {
        Self {
            user,
            tty,
            size: (width, height),
            style: Style::default(),
            session: None,
            editor: Editor::default(),
            activity: Activity::Prompt,
            ahead: VecDeque::new(),
        }
    }

    /// Changes its looks.
    pub fn with_style(mut self, style: Style) -> Self {
        self.style = style;
        self
    }

    /// Begins the session with a prompt.
    pub fn open(&mut self, chassis: &mut Chassis, now: Time, out: &mut Vec<u8>) {
        let (name, level) = (&self.user.name, self.user.level);
        let terminal = chassis.config_lock.log_in(name, level, &self.tty, now);
        chassis.session_started(now, &self.user, &self.tty);
        let view = chassis.running.view();
        self.session = Some(Session {
            user: self.user.clone(),
            tty: self.tty.clone(),
            terminal,
            context: "local".to_owned(),
            configuring: None,
            length: self.size.1,
            width: self.size.0,
            timestamps: !view.timestamps_off,
            autoconfirm: view.autoconfirm,
        });
        self.prompt(chassis, out);
    }

    /// Ends the session, however it came to that: locks are released. Safe to repeat.
    pub fn hang_up(&mut self, chassis: &mut Chassis, now: Time) {
        if let Some(session) = self.session.take() {
            chassis.config_lock.log_out(session.terminal);
            chassis.session_ended(now, &self.user, &self.tty);
        }
    }

    /// Takes what was typed.
    pub fn input(
        &mut self,
        bytes: &[u8],
        chassis: &mut Chassis,
        now: Time,
        out: &mut Vec<u8>,
    ) -> Next {
        let mut next = self.tick(chassis, now, out);
        for byte in bytes {
            if next == Next::Close {
                return next;
            }
            if self.is_busy() && *byte != 0x03 {
                self.ahead.push_back(*byte);
            } else {
                next = self.byte(*byte, chassis, now, out);
                next = self.catch_up(next, chassis, now, out);
            }
        }
        next
    }

    /// Looks whether what it waits for has happened.
    pub fn tick(&mut self, chassis: &mut Chassis, now: Time, out: &mut Vec<u8>) -> Next {
        if self.session.is_none() {
            return Next::Close;
        }
        if !chassis.is_up() {
            self.hang_up(chassis, now);
            return Next::Close;
        }
        self.hear_others(chassis, out);
        let next = match &self.activity {
            Activity::Job { .. } => self.look_at_job(chassis, now, out),
            Activity::AwaitingLock(until) if now >= *until => {
                self.activity = Activity::Prompt;
                self.execute("configure lock", Vec::new(), true, chassis, now, out)
            }
            _ => self.wait(),
        };
        self.catch_up(next, chassis, now, out)
    }

    /// Prints text nobody asked for, such as a log line, and the prompt again (`staros-cli.md` 1.11).
    pub fn notice(&mut self, text: &str, chassis: &Chassis, out: &mut Vec<u8>) {
        out.extend(b"\r\n");
        print(text, out);
        if matches!(self.activity, Activity::Prompt) {
            self.prompt(chassis, out);
            out.extend(self.editor.text().bytes());
        }
    }

    fn is_busy(&self) -> bool {
        matches!(
            self.activity,
            Activity::Job { .. } | Activity::Reloading | Activity::AwaitingLock(_)
        )
    }

    fn wait(&self) -> Next {
        match self.activity {
            Activity::AwaitingLock(until) => Next::WakeAt(until),
            _ => Next::Idle,
        }
    }

    /// Replays what was typed while a command ran.
    fn catch_up(
        &mut self,
        mut next: Next,
        chassis: &mut Chassis,
        now: Time,
        out: &mut Vec<u8>,
    ) -> Next {
        while !self.is_busy() && next != Next::Close {
            let Some(byte) = self.ahead.pop_front() else {
                break;
            };
            next = self.byte(byte, chassis, now, out);
        }
        next
    }

    fn byte(&mut self, byte: u8, chassis: &mut Chassis, now: Time, out: &mut Vec<u8>) -> Next {
        if let Activity::Paging(rest) = &mut self.activity {
            let rest = std::mem::take(rest);
            return self.page_key(byte, rest, chassis, out);
        }
        let asking = matches!(self.activity, Activity::Asking(_));
        match self.editor.key(byte, asking, out) {
            Key::Edited => Next::Idle,
            Key::Interrupt => {
                out.extend(b"^C\r\n");
                self.interrupt(chassis, now, out);
                Next::Idle
            }
            Key::EndOfFile if asking => Next::Idle,
            Key::EndOfFile => self.enter("exit", chassis, now, out),
            Key::Enter(line) => self.enter(&line, chassis, now, out),
            Key::Help(text) => {
                self.help(&text, chassis, out);
                Next::Idle
            }
            Key::Complete(text) => {
                self.complete(&text, chassis, out);
                Next::Idle
            }
        }
    }

    fn interrupt(&mut self, chassis: &mut Chassis, now: Time, out: &mut Vec<u8>) {
        match std::mem::replace(&mut self.activity, Activity::Prompt) {
            Activity::Job { id, .. } => chassis.cancel_job(now, id),
            Activity::Reloading => chassis.cancel_reload(),
            _ => {}
        }
        self.ahead.clear();
        self.prompt(chassis, out);
    }

    fn enter(&mut self, line: &str, chassis: &mut Chassis, now: Time, out: &mut Vec<u8>) -> Next {
        if let Activity::Asking(asked) = &mut self.activity {
            let asked = std::mem::take(asked);
            self.activity = Activity::Prompt;
            // Anything but y or yes is No (`staros-cli.md` 1.8).
            if !matches!(line.trim().to_ascii_lowercase().as_str(), "y" | "yes") {
                self.prompt(chassis, out);
                return Next::Idle;
            }
            return self.command(&asked, true, chassis, now, out);
        }
        self.command(line, false, chassis, now, out)
    }

    /// Does one line, or asks about it.
    fn command(
        &mut self,
        line: &str,
        confirmed: bool,
        chassis: &mut Chassis,
        now: Time,
        out: &mut Vec<u8>,
    ) -> Next {
        let line = line.trim();
        let (command, pipes) = match pipe::cut(line) {
            _ if line.is_empty() || line.starts_with('#') => {
                self.prompt(chassis, out);
                return Next::Idle;
            }
            Ok(cut) => cut,
            Err(why) => {
                print(&why, out);
                self.prompt(chassis, out);
                return Next::Idle;
            }
        };
        let session = self.session.as_ref();
        let auto = session.is_some_and(|session| session.autoconfirm)
            || chassis.running.view().autoconfirm;
        let next = self.execute(&command, pipes, confirmed || auto, chassis, now, out);
        if let Activity::Asking(asked) = &mut self.activity {
            line.clone_into(asked);
        }
        next
    }

    fn execute(
        &mut self,
        command: &str,
        pipes: Vec<Pipe>,
        confirmed: bool,
        chassis: &mut Chassis,
        now: Time,
        out: &mut Vec<u8>,
    ) -> Next {
        let Some(session) = &mut self.session else {
            return Next::Close;
        };
        let mut text = String::new();
        let reply = if session.configuring.is_some() {
            configure::line(chassis, session, now, command, confirmed, &mut text)
        } else {
            let (stamp, reply) = exec(chassis, session, now, command, confirmed, &mut text);
            // No filter takes the time away (`staros-cli.md` 1.6).
            print(&stamp, out);
            reply
        };
        match reply {
            Reply::Done => return self.present(&text, &pipes, chassis, out),
            Reply::Ask(question) => {
                print(&text, out);
                out.extend(question.bytes());
                self.activity = Activity::Asking(String::new());
            }
            Reply::Wait(id, awaited) => {
                print(&text, out);
                self.activity = Activity::Job {
                    id,
                    awaited,
                    stars: 0,
                    pipes,
                };
                return self.look_at_job(chassis, now, out);
            }
            Reply::Reload => {
                print(&text, out);
                if !chassis.is_up() {
                    self.hang_up(chassis, now);
                    return Next::Close;
                }
                self.activity = Activity::Reloading;
            }
            Reply::AwaitLock(until) => {
                print(&text, out);
                self.activity = Activity::AwaitingLock(until);
            }
            Reply::Close => {
                print(&text, out);
                self.hang_up(chassis, now);
                return Next::Close;
            }
        }
        self.wait()
    }

    /// Lock messages of other administrators; being thrown out of configuration mode.
    fn hear_others(&mut self, chassis: &mut Chassis, out: &mut Vec<u8>) {
        let Some(session) = &mut self.session else {
            return;
        };
        let notices = chassis.config_lock.take_notices(session.terminal);
        let expelled =
            session.configuring.is_some() && !chassis.config_lock.is_configuring(session.terminal);
        if expelled {
            session.configuring = None;
        }
        if !notices.is_empty() {
            self.notice(&notices.join("\n"), chassis, out);
        }
    }

    fn prompt(&self, chassis: &Chassis, out: &mut Vec<u8>) {
        let Some(session) = &self.session else {
            return;
        };
        let configuring = session.configuring.as_ref();
        let context = configuring.map_or(session.context.as_str(), |path| {
            path.context().unwrap_or("local")
        });
        let mode = configuring.map_or(String::new(), |path| format!("({})", path.prompt()));
        let gap = if self.style.spaced_prompt { " " } else { "" };
        let mark = if session.user.level == Level::Administrator {
            '#'
        } else {
            '>'
        };
        let host = chassis.hostname();
        out.extend(format!("[{context}]{gap}{host}{mode}{mark} ").bytes());
    }
}

/// Does an Exec line. The first text is the time, printed before anything else and again after a
/// confirmation (`staros-cli.md` 1.4).
fn exec(
    chassis: &mut Chassis,
    session: &mut Session,
    now: Time,
    line: &str,
    confirmed: bool,
    out: &mut String,
) -> (String, Reply) {
    let matched = match commands::understand(chassis, &session.user, &split(line)) {
        Ok(matched) => matched,
        Err(why) => {
            out.push_str(&format!("{why}\n"));
            return (String::new(), Reply::Done);
        }
    };
    let stamp = session
        .timestamps
        .then(|| format::long(&chassis.calendar(now)));
    let mut call = Call {
        chassis,
        now,
        session,
        matched,
        confirmed,
        out: String::new(),
    };
    let reply = commands::run(&mut call);
    out.push_str(&call.out);
    let stamp = stamp.filter(|_| reply != Reply::Close);
    (stamp.unwrap_or_default(), reply)
}
