//! The running configuration: a tree of canonical lines, and what the chassis reads from it.
//!
//! A line of a file and a line typed in configuration mode go the same way: [`Running::apply`].
//! What was accepted renders to a text that loads again.

mod lab;
mod mode;
mod rules;
mod tree;
mod view;

#[cfg(test)]
mod tests;

pub use lab::{Lab, lab_configuration};
pub use mode::Mode;
pub use rules::{Opens, Rule};
pub use tree::{Node, Selection};
pub use view::{BgpNeighbor, ServerLine, ServiceLine, SrpBlock, TrapTarget, UserLine, View};

use super::cipher;
use super::grammar::{Match, Misunderstood, Word, join, split};
use crate::emulator::boot::Entry;

/// The running configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct Running {
    nodes: Vec<Node>,
    view: View,
}

/// The modes a session has entered, outermost first: each mode with the block line it is in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Path(Vec<(Mode, String)>);

impl Path {
    /// The innermost mode.
    pub fn mode(&self) -> Mode {
        self.0.last().map_or(Mode::Global, |(mode, _)| *mode)
    }

    /// The word in the prompt's parentheses.
    pub fn prompt(&self) -> String {
        let block = self.0.last().map_or("", |(_, line)| line);
        self.mode().prompt(block)
    }

    /// The context being configured, if any.
    pub fn context(&self) -> Option<&str> {
        let (_, line) = self.0.iter().find(|(mode, _)| *mode == Mode::Context)?;
        line.strip_prefix("context ")
    }

    /// One level up; `false` when it was the global mode already.
    pub fn leave(&mut self) -> bool {
        self.0.pop().is_some()
    }

    pub fn is_global(&self) -> bool {
        self.0.is_empty()
    }

    fn lines(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(_, line)| line.as_str())
    }
}

/// What an accepted line did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Applied {
    /// It changed (or repeated) the configuration.
    Changed,
    /// It opened a block; the path has grown.
    Entered,
    /// `boot system priority …`: for the boot stack, not for the configuration.
    BootEntry(Entry),
    /// `no boot system priority N`
    NoBootEntry(u8),
}

impl Default for Running {
    fn default() -> Self {
        let nodes = Vec::new();
        let view = View::read(&nodes);
        Self { nodes, view }
    }
}

impl Running {
    /// Reads a configuration file. Lines it does not understand are reported, one text each, and
    /// skipped together with the block they would open (`staros-cli.md` 1.9).
    pub fn parse(text: &str) -> (Self, Vec<String>) {
        let mut running = Self::default();
        let mut path = Path::default();
        let mut problems = Vec::new();
        let mut skipping: Option<usize> = None;
        for (number, raw) in text.lines().enumerate() {
            let line = raw.trim();
            let depth = raw.len() - raw.trim_start().len();
            match skipping {
                Some(bad) if depth > bad => continue,
                Some(bad) if depth == bad && matches!(line, "#exit" | "exit") => {
                    skipping = None;
                    continue;
                }
                _ => skipping = None,
            }
            match line {
                "" | "config" | "configure" => {}
                "end" => break,
                "exit" | "#exit" => {
                    path.leave();
                }
                comment if comment.starts_with(['#', '!']) => {}
                line => {
                    if let Err(error) = running.apply_unseen(&mut path, line) {
                        problems.push(format!("line {}: {error}", number + 1));
                        skipping = Some(depth);
                    }
                }
            }
        }
        running.view = View::read(&running.nodes);
        (running, problems)
    }

    /// Does one configuration line at `path`.
    ///
    /// # Errors
    ///
    /// The text the device prints.
    pub fn apply(&mut self, path: &mut Path, line: &str) -> Result<Applied, String> {
        let applied = self.apply_unseen(path, line)?;
        self.view = View::read(&self.nodes);
        Ok(applied)
    }

    /// Whether the line would create a context, or delete a block: the device asks first
    /// (`staros-cli.md` 1.8, 1.10).
    pub fn needs_confirmation(&self, path: &Path, line: &str) -> bool {
        let Ok((negated, matched)) = understand(path.mode(), line) else {
            return false;
        };
        let Opens::Block(mode) = path.mode().rules()[matched.pattern].1 else {
            return false;
        };
        let exists = Node::at(&self.nodes, path.lines())
            .is_some_and(|nodes| Node::find(nodes, &key(&matched)).is_some());
        if negated {
            exists
        } else {
            mode == Mode::Context && !exists
        }
    }

    /// The text that [`Running::parse`] reads back. Secrets are encrypted.
    pub fn render(&self) -> String {
        tree::render(&self.nodes, &Selection::All)
    }

    /// Like [`Running::render`], secrets readable (`showsecrets`).
    pub fn render_with_secrets(&self) -> String {
        tree::render(&self.nodes, &Selection::WithSecrets)
    }

    /// `show configuration srp` (`staros-cli.md` 4.9).
    pub fn render_srp(&self) -> String {
        tree::render(&self.nodes, &Selection::Srp)
    }

    /// `show configuration context X`; empty for an unknown context.
    pub fn render_context(&self, context: &str) -> String {
        tree::render(&self.nodes, &Selection::Context(context.to_owned()))
    }

    /// The configuration as SRP peers compare it: what must differ is left out, secrets are
    /// decrypted, and only the order of `busyout` lines counts (SRP-56, SRP-57, SRP-115).
    pub fn comparison_text(&self) -> String {
        tree::comparison(&self.nodes)
    }

    /// `show config checksum` (`staros-cli.md` 3.10).
    pub fn checksum(&self) -> String {
        use sha2::{Digest, Sha256};
        let digest = Sha256::digest(self.render_with_secrets());
        digest
            .iter()
            .take(16)
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }

    pub fn view(&self) -> &View {
        &self.view
    }

    /// The lines, outermost blocks first.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    fn apply_unseen(&mut self, path: &mut Path, line: &str) -> Result<Applied, String> {
        let (negated, mut matched) = understand(path.mode(), line).map_err(|e| e.to_string())?;
        let opens = path.mode().rules()[matched.pattern].1;
        if opens == Opens::BootStack {
            return Ok(boot_entry(negated, &matched));
        }
        if !negated {
            self.hide_secrets(&mut matched);
        }
        let nodes = Node::at_mut(&mut self.nodes, path.lines())
            .ok_or("Failure: this block has been deleted, please enter 'end'")?;
        if negated {
            Node::remove(nodes, &key(&matched));
            return Ok(Applied::Changed);
        }
        let kept = Node::put(
            nodes,
            &matched.line(),
            &key(&matched),
            opens != Opens::Nothing,
        );
        match opens {
            Opens::Block(mode) => {
                path.0.push((mode, kept));
                Ok(Applied::Entered)
            }
            _ => Ok(Applied::Changed),
        }
    }

    /// Stores `password X` as `encrypted password +B…`.
    fn hide_secrets(&self, matched: &mut Match) {
        let Some(at) = matched.words.iter().position(|w| w.name == Some("secret")) else {
            return;
        };
        if matched.has("encrypted") {
            return;
        }
        let salt = self.hostname_line().unwrap_or_default().to_owned();
        matched.words[at].text = cipher::encrypt(&matched.words[at].text, &salt);
        let encrypted = Word {
            name: None,
            text: "encrypted".to_owned(),
        };
        matched.words.insert(at - 1, encrypted);
    }

    fn hostname_line(&self) -> Option<&str> {
        self.nodes
            .iter()
            .find_map(|node| node.line.strip_prefix("system hostname "))
    }
}

/// Reads a line in a mode: whether it begins with `no`, and what it says.
fn understand(mode: Mode, line: &str) -> Result<(bool, Match), Misunderstood> {
    let words = split(line);
    let net = mode.net();
    let whole = net.understand(&words, &|_| true);
    match words.first() {
        Some(no) if no.eq_ignore_ascii_case("no") && whole.is_err() && words.len() > 1 => {
            let matched = net.understand_negated(&words[1..], &|_| true)?;
            Ok((true, matched))
        }
        _ => Ok((false, whole?)),
    }
}

/// The words that make the line's identity.
fn key(matched: &Match) -> String {
    join(&matched.words[..matched.key.min(matched.words.len())])
}

fn boot_entry(negated: bool, matched: &Match) -> Applied {
    let priority = matched.value("priority").parse();
    let priority = priority.expect("the pattern limits priorities to 1 to 100");
    if negated {
        return Applied::NoBootEntry(priority);
    }
    Applied::BootEntry(Entry {
        priority,
        image: matched.value("image").to_owned(),
        config: matched.value("config").to_owned(),
    })
}
