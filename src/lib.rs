//! `cutover` takes redundant telecom chassis through software upgrades without losing subscribers.
//!
//! # The house
//!
//! Imports go down only; `tests/floors.rs` keeps it so.
//!
//! ```text
//! floor 9  cli         arguments -> library -> exit code, one file per subcommand
//! floor 8  rehearsal   the only room that joins emulator and device: the dry-run world
//!          report      folds over events: live terminal, JSON lines, summary
//! floor 7  engine      event, run (pure), journal, runner
//! floor 6  playbook    YAML -> Plan, all diagnostics at once; inventory
//! floor 5  action      one verb per file: observe, act once, verify, probe
//! floor 4  device      driving a chassis: login, dialects, modes, text -> facts, traps heard
//!          emulator    a chassis: hardware, flash, boot, SRP, subscribers, shell
//! floor 3  net         the only place bytes move: sockets, memory, loopback, SSH; clock; secrets
//! floor 2  proto       sans-I/O machines: SRP peer, CLI dialogue
//! floor 1  wire, mib   bytes <-> values; names <-> OIDs
//! ```
//!
//! One run in nine hops: arguments → [`playbook`] → `Plan` → [`engine::runner`] → `Run::apply` →
//! journal, report, [`action`] → [`device`] → [`net`] → an event, back to `apply` … → exit code.
//!
//! # A reading path
//!
//! [`engine::run`] (what is decided), [`engine::journal`] (what is remembered), [`action::reload`]
//! (what the most dangerous verb does), [`device::session`] (how a chassis is spoken to),
//! [`proto::srp`] (how the emulated pair agrees who is Active), [`rehearsal`] (how a night fits in
//! milliseconds).

pub mod action;
pub mod cli;
pub mod device;
pub mod emulator;
pub mod engine;
pub mod mib;
pub mod net;
pub mod playbook;
pub mod proto;
pub mod rehearsal;
pub mod report;
pub mod wire;
