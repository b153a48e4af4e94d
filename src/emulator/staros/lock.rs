//! Who is logged in, and who may configure (`staros-cli.md` 1.10).
//!
//! The default lock is shared: everybody may configure and is warned of the others. An exclusive
//! lock keeps everybody else out, of loading files too.

use std::collections::BTreeMap;

use super::super::users::Level;
use crate::proto::Time;

/// Names one terminal for as long as its session lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TerminalId(u32);

/// One logged-in administrator.
#[derive(Clone, Debug)]
pub struct Terminal {
    pub user: String,
    pub level: Level,
    pub tty: String,
    pub since: Time,
    configuring: bool,
    notices: Vec<String>,
}

impl Terminal {
    /// Whether it is in configuration mode.
    pub fn is_configuring(&self) -> bool {
        self.configuring
    }
}

/// All terminals of a chassis and the configuration lock.
#[derive(Clone, Debug, Default)]
pub struct ConfigLock {
    terminals: BTreeMap<TerminalId, Terminal>,
    exclusive: Option<TerminalId>,
    last: u32,
}

/// Printed when a configuration mode is entered beside others.
pub const SHARED_WARNING: &str =
    "Warning: One or more other administrators may be configuring this system";
/// Printed to whoever gets the exclusive lock.
pub const EXCLUSIVE_INFO: &str =
    "Info: No one else can access config mode while you have the exclusive lock";
/// Why nobody else gets in (`staros-cli.md` 1.9).
pub const LOCKED: &str =
    "Failure: Configuration mode is currently locked, use ignore-lock to ignore lock";
/// The answer to `configure lock` when the others stay.
pub const NOT_RELEASED: &str = "Failure: Another administrator could not release the configuration mode lock\n\
     - please enter 'show administrators' for more information";

impl ConfigLock {
    /// A session begins.
    pub fn log_in(&mut self, user: &str, level: Level, tty: &str, now: Time) -> TerminalId {
        self.last += 1;
        let id = TerminalId(self.last);
        self.terminals.insert(
            id,
            Terminal {
                user: user.to_owned(),
                level,
                tty: tty.to_owned(),
                since: now,
                configuring: false,
                notices: Vec::new(),
            },
        );
        id
    }

    /// A session ends; its lock is free.
    pub fn log_out(&mut self, id: TerminalId) {
        self.leave(id);
        self.terminals.remove(&id);
    }

    /// Who is logged in, longest first.
    pub fn terminals(&self) -> impl Iterator<Item = &Terminal> {
        self.terminals.values()
    }

    /// Takes the shared lock. The text is the warning to print, if there is one.
    ///
    /// # Errors
    ///
    /// The refusal to print, while another has the exclusive lock.
    pub fn enter(&mut self, id: TerminalId) -> Result<Option<&'static str>, &'static str> {
        if self.is_locked_for(id) {
            return Err(LOCKED);
        }
        let others = self.others_configure(id);
        if let Some(terminal) = self.terminals.get_mut(&id) {
            terminal.configuring = true;
        }
        Ok(others.then_some(SHARED_WARNING))
    }

    /// Takes the exclusive lock if nobody else configures.
    ///
    /// # Errors
    ///
    /// The refusal to print.
    pub fn enter_exclusively(&mut self, id: TerminalId) -> Result<&'static str, &'static str> {
        if self.is_locked_for(id) || self.others_configure(id) {
            return Err(NOT_RELEASED);
        }
        if let Some(terminal) = self.terminals.get_mut(&id) {
            terminal.configuring = true;
            self.exclusive = Some(id);
        }
        Ok(EXCLUSIVE_INFO)
    }

    /// Tells everybody else who configures to stop (`configure lock warn`).
    pub fn warn_others(&mut self, id: TerminalId) {
        let user = self.user(id).to_owned();
        let text = format!(
            "Administrator {user} requires exclusive access to configuration mode\n\
             >>> You need to exit from configuration mode as soon as possible <<<"
        );
        for (_, other) in self.terminals.iter_mut().filter(|(other, _)| **other != id) {
            if other.configuring {
                other.notices.push(text.clone());
            }
        }
    }

    /// Throws everybody else out of configuration mode (`configure lock force`).
    pub fn expel_others(&mut self, id: TerminalId) {
        let user = self.user(id).to_owned();
        self.exclusive = None;
        for (_, other) in self.terminals.iter_mut().filter(|(other, _)| **other != id) {
            if other.configuring {
                other.configuring = false;
                let text = format!("Administrator {user} has taken the configuration mode lock");
                other.notices.push(text);
            }
        }
    }

    /// Leaves configuration mode.
    pub fn leave(&mut self, id: TerminalId) {
        if let Some(terminal) = self.terminals.get_mut(&id) {
            terminal.configuring = false;
        }
        if self.exclusive == Some(id) {
            self.exclusive = None;
        }
    }

    /// Whether this session is still in configuration mode; another may have thrown it out.
    pub fn is_configuring(&self, id: TerminalId) -> bool {
        self.terminals.get(&id).is_some_and(|own| own.configuring)
    }

    /// Whether anybody else is in configuration mode.
    pub fn others_configure(&self, id: TerminalId) -> bool {
        let mut others = self.terminals.iter().filter(|(other, _)| **other != id);
        others.any(|(_, other)| other.configuring)
    }

    /// Whether another holds the exclusive lock.
    pub fn is_locked_for(&self, id: TerminalId) -> bool {
        self.exclusive.is_some_and(|holder| holder != id)
    }

    /// What others had to tell this session since it was last asked.
    pub fn take_notices(&mut self, id: TerminalId) -> Vec<String> {
        let own = self.terminals.get_mut(&id);
        own.map(|own| std::mem::take(&mut own.notices))
            .unwrap_or_default()
    }

    fn user(&self, id: TerminalId) -> &str {
        self.terminals.get(&id).map_or("", |own| &own.user)
    }
}
