//! Floor 4: an emulated StarOS chassis that speaks the full protocols.
//!
//! [`chassis::Chassis`] is sans-I/O: it is told the time and what happened, and drained of what it
//! wants to send. [`shell::Shell`] is one administrator's terminal on it. [`host`] is the thin
//! async rim that puts both on a [`crate::net::Network`].
//!
//! The driver in [`crate::device`] is the other end of every byte written here. The two never
//! import each other and share no format string: a shared mistake would cancel out.

pub mod boot;
pub mod chassis;
pub mod flash;
pub mod hardware;
pub mod host;
pub mod jobs;
pub mod overrides;
pub mod profile;
pub mod redundancy;
pub mod shell;
pub mod spec;
pub mod staros;
pub mod subscribers;
pub mod traps;
pub mod truth;
pub mod users;
