//! From a connected stream to a shell on the device.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use russh::client::{self, Config, Handle};
use russh::keys::{Algorithm, HashAlg, PublicKey};

use super::algorithms::offer;
use super::error::{Error, Lost, Stage};
use super::known_hosts;
use super::login::{self, log_in};
use super::shell::{Line, Shell};
use super::verifier::{Notes, Verifier};
use crate::net::tether::tie;
use crate::net::{Guard, Secret, Stream};

/// With [`KEEPALIVES`], a device that vanished without a word is noticed after one minute.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(15);
/// Keepalives that may stay unanswered.
const KEEPALIVES: usize = 3;

/// Whom we mean to talk to: as the inventory names it, which is what `known_hosts` is asked for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Peer {
    pub host: String,
    pub port: u16,
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        if host.contains(':') {
            write!(f, "[{host}]:{port}")
        } else {
            write!(f, "{host}:{port}")
        }
    }
}

/// Who we are. Without key and password only a device that asks for neither lets us in.
#[derive(Clone)]
pub struct Login {
    pub user: String,
    pub password: Option<Secret>,
    pub key: Option<KeySource>,
}

/// A private key as its file has it.
#[derive(Clone)]
pub struct KeySource {
    /// What errors call it: the path, usually.
    pub name: String,
    /// The text of the file: OpenSSH, PKCS#8, PEM or PuTTY.
    pub text: Secret,
    pub passphrase: Option<Secret>,
}

/// Which host keys are trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostKeyPolicy {
    /// Only keys in the file.
    Strict { known_hosts: PathBuf },
    /// Keys in the file; the key of a device without any is recorded there once it is proven. A
    /// changed key is refused as ever.
    AcceptNew { known_hosts: PathBuf },
    /// Only the key with this fingerprint (`SHA256:…`).
    Pinned { fingerprint: String },
    /// Any key. Only for the in-memory network of a rehearsal, where nobody can be in between.
    TrustRehearsal,
}

impl HostKeyPolicy {
    pub(super) fn file(&self) -> Option<&Path> {
        match self {
            Self::Strict { known_hosts } | Self::AcceptNew { known_hosts } => Some(known_hosts),
            Self::Pinned { .. } | Self::TrustRehearsal => None,
        }
    }
}

/// How the session should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Columns of the terminal; wide enough that devices do not fold their tables.
    pub width: u32,
    /// Rows of the terminal; tall, because nobody answers a pager before the driver turns it off.
    pub height: u32,
    pub term: String,
    /// Also offer what only old devices need (SSH-3): SHA-1 and CBC.
    pub legacy: bool,
    /// Limit for everything from the SSH greeting to the shell.
    pub deadline: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            width: 512,
            height: 1000,
            term: "vt100".to_owned(),
            legacy: false,
            deadline: Duration::from_secs(30),
        }
    }
}

/// What both sides agreed on, for the run's report (SSH-3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Negotiated {
    pub key_exchange: String,
    pub host_key: String,
    pub cipher: String,
    /// `SHA256:…` of the host key.
    pub fingerprint: String,
    /// At least one of them is weak and was only there because legacy algorithms are allowed.
    pub legacy: bool,
}

/// A key's SHA-256 fingerprint as `ssh-keygen -l` prints it.
pub fn fingerprint(key: &PublicKey) -> String {
    key.fingerprint(HashAlg::Sha256).to_string()
}

/// Opens a shell on the device at the other end of `stream`: key exchange, host key, login,
/// terminal, shell. Dropping the future, an error or the deadline ends the stream.
///
/// # Errors
/// See [`Error`]; a host key that is not trusted is an error before any credential is sent.
pub async fn open_shell(
    stream: Stream,
    peer: &Peer,
    login: &Login,
    policy: &HostKeyPolicy,
    options: &Options,
) -> Result<Shell, Error> {
    let mut stage = Stage::KeyExchange;
    let attempt = attempt(stream, peer, login, policy, options, &mut stage);
    let outcome = tokio::time::timeout(options.deadline, attempt).await;
    outcome.unwrap_or_else(|_| {
        Err(Error::Timeout {
            peer: peer.clone(),
            stage,
            limit: options.deadline,
        })
    })
}

async fn attempt(
    stream: Stream,
    peer: &Peer,
    login: &Login,
    policy: &HostKeyPolicy,
    options: &Options,
    stage: &mut Stage,
) -> Result<Shell, Error> {
    let records = policy
        .file()
        .map_or_else(|| Ok(Vec::new()), |file| known_hosts::records(file, peer))?;
    let kinds: Vec<Algorithm> = records
        .iter()
        .map(|record| record.key.algorithm())
        .collect();
    let config = Config {
        preferred: offer(options.legacy, &kinds),
        inactivity_timeout: None,
        keepalive_interval: Some(KEEPALIVE_INTERVAL),
        keepalive_max: KEEPALIVES,
        ..Config::default()
    };
    let (stream, scissors) = tie(stream);
    let broken = stream.first_error();
    // The library's task keeps the stream; nothing else ends it when this future is dropped.
    let cut = Guard::new(move || scissors.cut());

    let notes = Notes::default();
    let verifier = Verifier {
        notes: notes.clone(),
        peer: peer.clone(),
        policy: policy.clone(),
        records,
    };
    let connected = client::connect_stream(Arc::new(config), stream, verifier).await;
    let distrust = notes.lock().distrust.take();
    if let Some(distrust) = distrust {
        return Err(distrust.into());
    }
    let mut handle =
        connected.map_err(|error| explain(peer, *stage, &notes, Err(error), broken()))?;
    // Only now has the peer proven that it has the private half of the key it showed.
    let to_learn = notes.lock().to_learn.take();
    if let (Some(key), Some(file)) = (to_learn, policy.file()) {
        known_hosts::learn(file, peer, &key)?;
    }

    *stage = Stage::Login;
    match log_in(&mut handle, peer, login, options.legacy).await {
        Ok(()) => {}
        Err(login::Failure::Refused(error)) => return Err(error),
        Err(login::Failure::Session(error)) => {
            let verdict = if handle.is_closed() {
                handle.await
            } else {
                Err(error)
            };
            return Err(explain(peer, *stage, &notes, verdict, broken()));
        }
        Err(login::Failure::Ended { tried }) => {
            let verdict = handle.await;
            if let Err(russh::Error::NoAuthMethod) = verdict {
                let (peer, user) = (peer.clone(), login.user.clone());
                return Err(Error::AuthRefused {
                    peer,
                    user,
                    tried,
                    left: Vec::new(),
                });
            }
            return Err(explain(peer, *stage, &notes, verdict, broken()));
        }
    }
    *stage = Stage::Shell;
    let line = Line {
        notes: notes.clone(),
        broken: Box::new(broken),
        cut,
    };
    match ask_for_shell(&handle, options).await {
        Ok(Ok((channel, early))) => Ok(Shell::start(handle, channel, early, line)),
        Ok(Err(refused)) => {
            let reason = format!("the device refused {refused}");
            Err(Error::Protocol {
                peer: peer.clone(),
                stage: *stage,
                reason,
            })
        }
        Err(error) => {
            let verdict = if handle.is_closed() {
                handle.await
            } else {
                Err(error)
            };
            Err(explain(peer, *stage, &notes, verdict, (line.broken)()))
        }
    }
}

/// An open channel and what the device already said on it, or the request it refused.
type Asked = Result<(russh::Channel<client::Msg>, Vec<u8>), &'static str>;

async fn ask_for_shell(
    handle: &Handle<Verifier>,
    options: &Options,
) -> Result<Asked, russh::Error> {
    let mut channel = handle.channel_open_session().await?;
    let mut early = Vec::new();
    let Options {
        width,
        height,
        term,
        ..
    } = options;
    channel
        .request_pty(true, term, *width, *height, 0, 0, &[])
        .await?;
    if !granted(&mut channel, &mut early).await? {
        return Ok(Err("a terminal"));
    }
    channel.request_shell(true).await?;
    if !granted(&mut channel, &mut early).await? {
        return Ok(Err("a shell"));
    }
    Ok(Ok((channel, early)))
}

/// The device's answer to the last request. Output may come before it.
async fn granted(
    channel: &mut russh::Channel<client::Msg>,
    early: &mut Vec<u8>,
) -> Result<bool, russh::Error> {
    use russh::ChannelMsg as Message;
    loop {
        match channel.wait().await {
            Some(Message::Success) => return Ok(true),
            Some(Message::Failure | Message::Close) => return Ok(false),
            Some(Message::Data { data } | Message::ExtendedData { data, .. }) => {
                early.extend_from_slice(&data);
            }
            Some(_) => {}
            None => return Err(russh::Error::Disconnect),
        }
    }
}

/// Turns the end of a session before there is a shell into an error.
fn explain(
    peer: &Peer,
    stage: Stage,
    notes: &Notes,
    verdict: Result<(), russh::Error>,
    broken: Option<std::io::ErrorKind>,
) -> Error {
    let peer = peer.clone();
    if let Err(russh::Error::NoCommonAlgo { kind, ours, theirs }) = verdict {
        let kind = format!("{kind:?}").to_lowercase();
        return Error::NoCommonAlgorithm {
            peer,
            kind,
            ours,
            theirs,
        };
    }
    let lost = Lost::from_verdict(&verdict, notes.lock().goodbye.clone(), broken);
    if lost.is_of_the_line() {
        return Error::Closed { peer, stage, lost };
    }
    Error::Protocol {
        peer,
        stage,
        reason: lost.to_string(),
    }
}
