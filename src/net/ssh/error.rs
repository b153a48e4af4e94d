//! What can go wrong on the way to a shell, and how a shell ends.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use super::client::Peer;

/// Why there is no shell.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The device did not get that far in time.
    #[error("{peer}: no answer within {} s while {stage}", limit.as_secs_f64())]
    Timeout {
        peer: Peer,
        stage: Stage,
        limit: Duration,
    },
    /// The device is perhaps not the one it should be.
    #[error(transparent)]
    HostKey(#[from] HostKeyError),
    /// Every credential we have was refused.
    #[error(
        "{peer}: user `{user}` was refused by {}; the device would still take {}; check the user and \
         the credentials in the inventory",
        listed(tried),
        listed(left)
    )]
    AuthRefused {
        peer: Peer,
        user: String,
        tried: Vec<&'static str>,
        left: Vec<&'static str>,
    },
    /// Our own private key cannot be used.
    #[error(
        "private key {name} cannot be used: {reason}; expected an OpenSSH, PKCS#8 or PEM private \
         key and, when it is encrypted, its passphrase"
    )]
    Key { name: String, reason: String },
    /// Both sides speak SSH, but no common dialect.
    #[error(
        "{peer}: no common {kind} algorithm; the device offers {}, we offer {}; for an old device \
         allow legacy algorithms in the inventory (SSH-3)", theirs.join(", "), ours.join(", ")
    )]
    NoCommonAlgorithm {
        peer: Peer,
        kind: String,
        ours: Vec<String>,
        theirs: Vec<String>,
    },
    /// The device broke the protocol or refused a request that every shell needs.
    #[error("{peer}: {reason} while {stage}")]
    Protocol {
        peer: Peer,
        stage: Stage,
        reason: String,
    },
    /// The connection ended before there was a shell.
    #[error("{peer}: {lost} while {stage}")]
    Closed {
        peer: Peer,
        stage: Stage,
        lost: Lost,
    },
}

fn listed(names: &[&str]) -> String {
    if names.is_empty() {
        "nothing".to_owned()
    } else {
        names.join(", ")
    }
}

/// How far a login got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    KeyExchange,
    Login,
    Shell,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::KeyExchange => "exchanging SSH keys",
            Self::Login => "logging in",
            Self::Shell => "asking for a shell",
        })
    }
}

/// Why a host key is not trusted. Fingerprints are `SHA256:…` as `ssh-keygen -l` prints them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HostKeyError {
    /// Strict checking, and the device has no line in the file.
    #[error(
        "{peer}: host key {seen} is not in {}; compare it with the console of the device, then add \
         the line `{entry}`", file.display()
    )]
    Unknown {
        peer: Peer,
        seen: String,
        file: PathBuf,
        entry: String,
    },
    /// The file has another key for the device.
    #[error(
        "{peer}: the host key CHANGED: {} line {line} has {recorded}, the device shows {seen}; \
         somebody may be in between, or the device has new keys: compare with its console, then \
         replace the line", file.display()
    )]
    Changed {
        peer: Peer,
        seen: String,
        recorded: String,
        file: PathBuf,
        line: usize,
    },
    /// The file says that the key must not be used any more.
    #[error(
        "{peer}: host key {seen} is revoked by {} line {line}; give the device a new host key",
        file.display()
    )]
    Revoked {
        peer: Peer,
        seen: String,
        file: PathBuf,
        line: usize,
    },
    /// The inventory pins another key.
    #[error(
        "{peer}: the inventory expects host key {pinned}, the device shows {seen}; compare with \
         its console, then correct the inventory"
    )]
    WrongPin {
        peer: Peer,
        seen: String,
        pinned: String,
    },
    /// A line names the device, but its key cannot be read.
    #[error("{peer}: {} line {line} names the device, but has no readable key; repair the line", file.display())]
    Malformed {
        peer: Peer,
        file: PathBuf,
        line: usize,
    },
    /// The file cannot be read or written. A file that does not exist is an empty file.
    #[error("{peer}: cannot {verb} the host keys in {}: {reason}; check the file", file.display())]
    File {
        peer: Peer,
        file: PathBuf,
        verb: &'static str,
        reason: String,
    },
}

/// How a session ended, other than by the device's orderly close.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Lost {
    /// The connection ended without SSH goodbye, as when a chassis reloads (SSH-2).
    #[error("the device hung up")]
    HungUp,
    /// The device said why it ends the connection.
    #[error("the device disconnected: {0}")]
    Disconnected(String),
    /// The network broke the connection.
    #[error("the connection broke ({0})")]
    Broken(io::ErrorKind),
    /// Three keepalives in a row stayed unanswered.
    #[error("the device stopped answering keepalives")]
    Silent,
    /// The device broke the protocol.
    #[error("the SSH session failed: {0}")]
    Protocol(String),
    /// We closed it ourselves.
    #[error("the session was closed here")]
    Closed,
}

impl Lost {
    /// Reads the library's verdict; `broken` is the first error the stream itself met.
    pub(super) fn from_verdict(
        verdict: &Result<(), russh::Error>,
        said: Option<String>,
        broken: Option<io::ErrorKind>,
    ) -> Self {
        use russh::Error as Ssh;
        let hung_up = Some(io::ErrorKind::UnexpectedEof);
        match (said, verdict, broken) {
            (Some(said), ..) => Self::Disconnected(said),
            (_, Err(Ssh::KeepaliveTimeout), _) => Self::Silent,
            (_, _, Some(kind)) if broken != hung_up => Self::Broken(kind),
            (_, Ok(()) | Err(Ssh::HUP | Ssh::Disconnect | Ssh::SendError | Ssh::RecvError), _) => {
                Self::HungUp
            }
            (_, Err(Ssh::IO(error)), _) if Some(error.kind()) == hung_up => Self::HungUp,
            (_, Err(Ssh::IO(error)), _) => Self::Broken(error.kind()),
            (_, Err(error), _) => Self::Protocol(error.to_string()),
        }
    }

    /// Whether the connection is what ended, rather than the protocol or ourselves.
    pub(super) fn is_of_the_line(&self) -> bool {
        !matches!(self, Self::Protocol(_) | Self::Closed)
    }
}
