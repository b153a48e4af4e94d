//! Client and server against each other, over the in-memory network in virtual time.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::server::{Credential, Doorman, HostKey, Method, ServerConfig, Session, serve};
use super::*;
use crate::net::memory::{Fabric, Host};
use crate::net::{Network, Secret, Stream};

mod host_keys;
mod logins;
mod sessions;

const ALL: &[Method] = &[Method::PublicKey, Method::Password, Method::Interactive];
const DEVICE: &str = "192.0.2.10";
const OPERATOR: &str = "198.51.100.5";
const PASSWORD: &str = "correct horse";

fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

/// A device with an SSH server, and the operator's host beside it.
struct Lab {
    fabric: Fabric,
    operator: Host,
    sessions: mpsc::Receiver<Session>,
}

impl Lab {
    fn new(config: ServerConfig) -> Self {
        let fabric = Fabric::new();
        let operator = fabric.host(ip(OPERATOR));
        let device = fabric.host(ip(DEVICE));
        let (asked, sessions) = mpsc::channel(8);
        let config = Arc::new(config);
        tokio::spawn(async move {
            let mut listener = device
                .listen(SocketAddr::new(ip(DEVICE), 22))
                .await
                .expect("free");
            while let Some((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, config.clone(), asked.clone()));
            }
        });
        Self {
            fabric,
            operator,
            sessions,
        }
    }

    /// A device that takes the password of this page by `methods`.
    fn with(methods: &[Method]) -> Self {
        Self::new(ServerConfig::new(&host_key(), methods, doorman()))
    }

    async fn stream(&self) -> Stream {
        // The listener starts in a task of its own.
        tokio::task::yield_now().await;
        let device = SocketAddr::new(ip(DEVICE), 22);
        self.operator
            .connect(device)
            .await
            .expect("the device listens")
    }

    async fn open(&self, login: &Login, policy: &HostKeyPolicy) -> Result<Shell, Error> {
        let stream = self.stream().await;
        open_shell(stream, &peer(), login, policy, &Options::default()).await
    }

    /// A shell on the device, and the device's end of it.
    async fn shell(&mut self) -> (Shell, Session) {
        let opened = self
            .open(&by_password(PASSWORD), &HostKeyPolicy::TrustRehearsal)
            .await;
        let shell = opened.expect("the password is right");
        (
            shell,
            self.sessions.recv().await.expect("a session was asked for"),
        )
    }
}

fn host_key() -> HostKey {
    HostKey::from_seed([1; 32])
}

fn peer() -> Peer {
    Peer {
        host: DEVICE.to_owned(),
        port: 22,
    }
}

fn doorman() -> Doorman {
    Arc::new(|credential| match credential {
        Credential::Password { user, password } => *user == "ops" && *password == PASSWORD,
        Credential::Interactive { user, answers } => *user == "ops" && *answers == [PASSWORD],
        Credential::PublicKey { .. } => false,
    })
}

fn by_password(password: &str) -> Login {
    Login {
        user: "ops".to_owned(),
        password: Some(Secret::new(password)),
        key: None,
    }
}

/// Reads until everything up to and including `end` was seen.
async fn read_until(shell: &mut Shell, end: &str) -> String {
    let mut seen = String::new();
    while !seen.ends_with(end) {
        let bytes = shell
            .read()
            .await
            .expect("the session lives")
            .expect("more comes");
        seen.push_str(&String::from_utf8(bytes).expect("text"));
    }
    seen
}
