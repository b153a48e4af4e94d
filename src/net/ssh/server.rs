//! The SSH server of an emulated chassis (SSH-1).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use russh::keys::ssh_key::private::Ed25519Keypair;
use russh::keys::{PrivateKey, PublicKey};
use russh::server::{
    self, Auth, ChannelOpenHandle, Msg, PublicKeyOffer, Response, VerifiedPublicKey,
};
use russh::{
    Channel, ChannelId, ChannelMsg, ChannelReadHalf, ChannelWriteHalf, MethodKind, MethodSet, Pty,
    SshId,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::sync::{mpsc, watch};

use super::algorithms::{legacy_only, offer};
use super::client::fingerprint;
use crate::net::memory::{End, pair};
use crate::net::tether::{Scissors, tie};
use crate::net::{Guard, Stream};

/// Bytes a shell may leave unread or unsent in each direction before the other side waits.
const BUFFER: usize = 1 << 20;
/// Bytes sent in one packet at most.
const CHUNK: usize = 32 << 10;
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
    let door = Door {
        config,
        sessions,
        line,
        user: String::new(),
        channels: BTreeMap::new(),
    };
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

/// One connection's side of the library's callbacks.
struct Door {
    config: Arc<ServerConfig>,
    sessions: mpsc::Sender<Session>,
    line: Scissors<Stream>,
    user: String,
    channels: BTreeMap<ChannelId, Place>,
}

/// A channel before and after its shell was asked for.
struct Place {
    channel: Option<Channel<Msg>>,
    term: Option<String>,
    size: watch::Sender<(u32, u32)>,
}

impl Door {
    fn judge(&mut self, user: &str, credential: &Credential<'_>) -> Auth {
        if !(self.config.auth)(credential) {
            return Auth::reject();
        }
        user.clone_into(&mut self.user);
        Auth::Accept
    }

    /// Starts what was asked for; false when the channel has something already or nobody serves.
    async fn start(&mut self, id: ChannelId, exec: Option<String>) -> bool {
        let Some(place) = self.channels.get_mut(&id) else {
            return false;
        };
        let Some(channel) = place.channel.take() else {
            return false;
        };
        let (near, far) = pair(BUFFER);
        let (width, height) = *place.size.borrow();
        let session = Session {
            user: self.user.clone(),
            width,
            height,
            term: place.term.clone(),
            exec,
            stream: far,
            resized: place.size.subscribe(),
            line: self.line.clone(),
        };
        if self.sessions.send(session).await.is_err() {
            return false;
        }
        let (reading, writing) = channel.split();
        let (output, input) = tokio::io::split(near);
        tokio::spawn(take_input(reading, input));
        tokio::spawn(give_output(output, writing));
        true
    }
}

/// Carries what the user types to the shell and keeps the channel empty after the shell left.
async fn take_input(mut reading: ChannelReadHalf, mut input: WriteHalf<End>) {
    while let Some(message) = reading.wait().await {
        match message {
            ChannelMsg::Data { data } => {
                let _shell_left = input.write_all(&data).await;
            }
            ChannelMsg::Eof => {
                let _shell_left = input.shutdown().await;
            }
            ChannelMsg::Close => break,
            _ => {}
        }
    }
    let _shell_left = input.shutdown().await;
}

/// Carries what the shell says to the user, then ends the channel in order.
async fn give_output(mut output: ReadHalf<End>, writing: ChannelWriteHalf<Msg>) {
    let mut buffer = vec![0; CHUNK];
    while let Ok(count @ 1..) = output.read(&mut buffer).await {
        if writing.data_bytes(buffer[..count].to_vec()).await.is_err() {
            return;
        }
    }
    let goodbye = async {
        writing.exit_status(0).await?;
        writing.eof().await?;
        writing.close().await
    };
    // A user who is gone already needs no goodbye.
    let _user_left: Result<(), russh::Error> = goodbye.await;
}

impl server::Handler for Door {
    type Error = russh::Error;

    async fn auth_password(&mut self, user: &str, password: &str) -> Result<Auth, Self::Error> {
        Ok(self.judge(user, &Credential::Password { user, password }))
    }

    async fn auth_publickey_offered(
        &mut self,
        user: &str,
        offer: PublicKeyOffer<'_>,
    ) -> Result<Auth, Self::Error> {
        Ok(self.judge(
            user,
            &Credential::PublicKey {
                user,
                key: offer.public_key,
            },
        ))
    }

    async fn auth_publickey(
        &mut self,
        user: &str,
        key: VerifiedPublicKey<'_>,
    ) -> Result<Auth, Self::Error> {
        Ok(self.judge(
            user,
            &Credential::PublicKey {
                user,
                key: key.public_key,
            },
        ))
    }

    async fn auth_keyboard_interactive<'a>(
        &'a mut self,
        user: &str,
        _: &str,
        response: Option<Response<'a>>,
    ) -> Result<Auth, Self::Error> {
        let Some(response) = response else {
            let prompts = vec![("Password: ".into(), false)];
            return Ok(Auth::Partial {
                name: "".into(),
                instructions: "".into(),
                prompts: prompts.into(),
            });
        };
        let answers: Vec<String> = response
            .map(|answer| String::from_utf8_lossy(&answer).into_owned())
            .collect();
        Ok(self.judge(
            user,
            &Credential::Interactive {
                user,
                answers: &answers,
            },
        ))
    }

    async fn authentication_banner(&mut self) -> Result<Option<String>, Self::Error> {
        Ok(self.config.banner.clone())
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _: &mut server::Session,
    ) -> Result<(), Self::Error> {
        let (size, _) = watch::channel((0, 0));
        let place = Place {
            channel: None,
            term: None,
            size,
        };
        let id = channel.id();
        self.channels.insert(
            id,
            Place {
                channel: Some(channel),
                ..place
            },
        );
        reply.accept().await;
        Ok(())
    }

    async fn pty_request(
        &mut self,
        id: ChannelId,
        term: &str,
        width: u32,
        height: u32,
        _: u32,
        _: u32,
        _: &[(Pty, u32)],
        session: &mut server::Session,
    ) -> Result<(), Self::Error> {
        let Some(place) = self.channels.get_mut(&id) else {
            return session.channel_failure(id);
        };
        place.term = Some(term.to_owned());
        place.size.send_replace((width, height));
        session.channel_success(id)
    }

    async fn window_change_request(
        &mut self,
        id: ChannelId,
        width: u32,
        height: u32,
        _: u32,
        _: u32,
        _: &mut server::Session,
    ) -> Result<(), Self::Error> {
        // RFC 4254, 6.7: no answer must be sent.
        if let Some(place) = self.channels.get(&id) {
            place.size.send_replace((width, height));
        }
        Ok(())
    }

    async fn shell_request(
        &mut self,
        id: ChannelId,
        session: &mut server::Session,
    ) -> Result<(), Self::Error> {
        answer(self.start(id, None).await, id, session)
    }

    async fn exec_request(
        &mut self,
        id: ChannelId,
        command: &[u8],
        session: &mut server::Session,
    ) -> Result<(), Self::Error> {
        let command = String::from_utf8_lossy(command).into_owned();
        answer(self.start(id, Some(command)).await, id, session)
    }

    async fn subsystem_request(
        &mut self,
        id: ChannelId,
        _: &str,
        session: &mut server::Session,
    ) -> Result<(), Self::Error> {
        session.channel_failure(id)
    }

    async fn env_request(
        &mut self,
        id: ChannelId,
        _: &str,
        _: &str,
        session: &mut server::Session,
    ) -> Result<(), Self::Error> {
        session.channel_failure(id)
    }

    async fn channel_close(
        &mut self,
        id: ChannelId,
        _: &mut server::Session,
    ) -> Result<(), Self::Error> {
        self.channels.remove(&id);
        Ok(())
    }
}

fn answer(granted: bool, id: ChannelId, session: &mut server::Session) -> Result<(), russh::Error> {
    if granted {
        session.channel_success(id)
    } else {
        session.channel_failure(id)
    }
}
