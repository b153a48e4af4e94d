//! The SSH server of an emulated chassis (SSH-1).

mod door;

use std::sync::Arc;
use std::time::Duration;

use russh::keys::ssh_key::private::Ed25519Keypair;
use russh::keys::{PrivateKey, PublicKey};
use russh::{MethodKind, MethodSet, SshId, server};
use tokio::sync::{mpsc, watch};

use super::algorithms::{legacy_only, offer};
use super::client::fingerprint;
use crate::net::memory::End;
use crate::net::tether::{Scissors, tie};
use crate::net::{Guard, Stream};
use door::Door;

/// A refused credential is answered after this time (emulated time is cheap).
const REFUSAL: Duration = Duration::from_secs(1);

/// A chassis' private host key.
#[derive(Clone)]
pub struct HostKey(PrivateKey);

impl HostKey {
    /// The Ed25519 key of this seed: the same seed, the same key, in no time.
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self(PrivateKey::from(Ed25519Keypair::from_seed(&seed)))
    }

    /// The half that everybody may know.
    pub fn public(&self) -> PublicKey {
        self.0.public_key().clone()
    }

    /// `SHA256:…`, as a client sees it.
    pub fn fingerprint(&self) -> String {
        fingerprint(self.0.public_key())
    }
}

/// See [`HostKey::from_seed`].
pub fn generate_host_key(seed: [u8; 32]) -> HostKey {
    HostKey::from_seed(seed)
}

/// What a client shows to be let in.
pub enum Credential<'a> {
    Password {
        user: &'a str,
        password: &'a str,
    },
    /// Asked first when the key is offered and again when the client has proven to have it.
    PublicKey {
        user: &'a str,
        key: &'a PublicKey,
    },
    /// Answers to the one question `Password: `.
    Interactive {
        user: &'a str,
        answers: &'a [String],
    },
}

/// How a user can log in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Password,
    PublicKey,
    Interactive,
}

/// Decides who is let in.
pub type Doorman = Arc<dyn Fn(&Credential<'_>) -> bool + Send + Sync>;

/// A chassis' SSH server, prepared once for all its connections.
pub struct ServerConfig {
    library: Arc<server::Config>,
    banner: Option<String>,
    auth: Doorman,
}

impl ServerConfig {
    /// A server with `host_key` that lets in whom `auth` accepts by one of `methods`.
    pub fn new(host_key: &HostKey, methods: &[Method], auth: Doorman) -> Self {
        let mut set = MethodSet::empty();
        for method in methods {
            set.push(match method {
                Method::Password => MethodKind::Password,
                Method::PublicKey => MethodKind::PublicKey,
                Method::Interactive => MethodKind::KeyboardInteractive,
            });
        }
        let library = server::Config {
            methods: set,
            auth_rejection_time: REFUSAL,
            auth_rejection_time_initial: Some(Duration::ZERO),
            keys: vec![host_key.0.clone()],
            preferred: offer(false, &[]),
            // The default ends sessions after ten minutes, which a chassis in a soak must survive.
            inactivity_timeout: None,
            ..server::Config::default()
        };
        Self {
            library: Arc::new(library),
            banner: None,
            auth,
        }
    }

    /// Shows `banner` before the login.
    pub fn with_banner(mut self, banner: impl Into<String>) -> Self {
        self.banner = Some(banner.into());
        self
    }

    /// Greets as `ident`, which starts with `SSH-2.0-`.
    pub fn with_ident(self, ident: impl Into<String>) -> Self {
        let ident = ident.into();
        self.changed(|library| library.server_id = SshId::Standard(ident.into()))
    }

    /// Offers and takes what only old devices and clients use (SSH-3), after all the rest.
    pub fn with_legacy(self) -> Self {
        self.changed(|library| library.preferred = offer(true, &[]))
    }

    /// Offers and takes nothing but what old devices have (SSH-3): group14 with SHA-1, AES-CBC.
    pub fn with_legacy_only(self) -> Self {
        self.changed(|library| library.preferred = legacy_only())
    }

    fn changed(mut self, change: impl FnOnce(&mut server::Config)) -> Self {
        let library = Arc::get_mut(&mut self.library);
        change(library.expect("a configuration is not shared while it is put together"));
        self
    }
}

/// A shell or command somebody asked for.
pub struct Session {
    pub user: String,
    /// Terminal size in columns and rows; 0 when the client named none.
    pub width: u32,
    pub height: u32,
    /// Terminal type; `None` without a terminal.
    pub term: Option<String>,
    /// The command to run; `None` asks for a shell.
    pub exec: Option<String>,
    /// What the user types and sees. End of file is the user's goodbye; dropping it ends the
    /// session in an orderly way after all that was written.
    pub stream: End,
    /// Later terminal sizes.
    pub resized: watch::Receiver<(u32, u32)>,
    line: Scissors<Stream>,
}

impl Session {
    /// Ends the whole connection without a word, as a reloading chassis does (SSH-2).
    pub fn hang_up(&self) {
        self.line.cut();
    }
}

/// Why a connection was not served to its end.
#[derive(Debug, thiserror::Error)]
#[error("SSH client broke off: {0}")]
pub struct ServeError(#[from] russh::Error);

/// Serves one connection until it ends; each shell or command asked for goes to `sessions`.
/// Dropping the future breaks the connection.
///
/// # Errors
/// When the client breaks the protocol or has no algorithm in common with us. A client that
/// leaves, however abruptly, is no error.
pub async fn serve(
    stream: Stream,
    config: Arc<ServerConfig>,
    sessions: mpsc::Sender<Session>,
) -> Result<(), ServeError> {
    let (stream, line) = tie(stream);
    let cutting = line.clone();
    let _cut = Guard::new(move || cutting.cut());
    let library = config.library.clone();
    let door = Door::new(config, sessions, line);
    let served = match server::run_stream(library, stream, door).await {
        Ok(running) => running.await,
        Err(error) => Err(error),
    };
    use russh::Error as Ssh;
    match served {
        Ok(()) | Err(Ssh::HUP | Ssh::Disconnect | Ssh::IO(_)) => Ok(()),
        Err(error) => Err(ServeError(error)),
    }
}
