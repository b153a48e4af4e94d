//! SSH over any [`Stream`](super::Stream): the drivers' client and the emulated chassis' server.
//!
//! Both stand on the same library, which knows nothing of our networks, and neither touches a
//! socket, so a login in a rehearsal is the login of the real night, key exchange included.

mod algorithms;
pub mod client;
mod error;
pub mod known_hosts;
mod login;
pub mod server;
mod shell;
mod verifier;

pub use client::{
    HostKeyPolicy, KeySource, Login, Negotiated, Options, Peer, fingerprint, open_shell,
};
pub use error::{Error, HostKeyError, Lost, Stage};
pub use shell::Shell;

#[cfg(test)]
mod tests;
