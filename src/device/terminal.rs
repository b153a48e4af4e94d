//! Where keystrokes go and characters come from.

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::error::Error;
use super::session::Target;
use crate::net::ssh::{self, Options, Peer, Shell, open_shell};
use crate::net::{Network, Stream};

/// An open terminal on a chassis.
pub(super) enum Terminal {
    /// A shell over SSH.
    Ssh(Box<Shell>),
    /// A bare stream of terminal bytes.
    Bytes(Stream),
}

impl Terminal {
    /// Logs in over SSH and opens a terminal.
    pub(super) async fn open(target: &Target, network: &dyn Network) -> Result<Self, Error> {
        let chassis = || target.name.clone();
        let unreachable = |why: String| Error::Unreachable {
            chassis: chassis(),
            address: format!("{}:{}", target.host, target.port),
            why,
        };
        let address = network.resolve(&target.host, target.port).await;
        let address = address.map_err(|error| unreachable(error.to_string()))?;
        let stream = network.connect(address).await;
        let stream = stream.map_err(|error| unreachable(error.to_string()))?;
        let peer = Peer {
            host: target.host.clone(),
            port: target.port,
        };
        let options = Options {
            legacy: target.legacy_ssh,
            deadline: target.limits.connect,
            ..Options::default()
        };
        let shell = open_shell(stream, &peer, &target.login, &target.host_key, &options).await;
        match shell {
            Ok(shell) => Ok(Self::Ssh(Box::new(shell))),
            Err(error @ ssh::Error::HostKey(_)) => Err(Error::HostKey {
                chassis: chassis(),
                why: error.to_string(),
            }),
            Err(error @ (ssh::Error::AuthRefused { .. } | ssh::Error::Key { .. })) => {
                Err(Error::Login {
                    chassis: chassis(),
                    why: error.to_string(),
                })
            }
            Err(error) => Err(unreachable(error.to_string())),
        }
    }

    /// The next characters; `Err` with the reason when there will be no more. Can be cancelled
    /// without losing any.
    pub(super) async fn read(&mut self) -> Result<Vec<u8>, String> {
        match self {
            Self::Ssh(shell) => match shell.read().await {
                Ok(Some(bytes)) => Ok(bytes),
                Ok(None) => Err(CLOSED.to_owned()),
                Err(lost) => Err(lost.to_string()),
            },
            Self::Bytes(stream) => {
                let mut buffer = vec![0; 4096];
                match stream.read(&mut buffer).await {
                    Ok(0) => Err(CLOSED.to_owned()),
                    Ok(count) => {
                        buffer.truncate(count);
                        Ok(buffer)
                    }
                    Err(error) => Err(error.to_string()),
                }
            }
        }
    }

    pub(super) async fn write(&mut self, bytes: &[u8]) -> Result<(), String> {
        match self {
            Self::Ssh(shell) => shell.write(bytes).await.map_err(|lost| lost.to_string()),
            Self::Bytes(stream) => {
                stream
                    .write_all(bytes)
                    .await
                    .map_err(|error| error.to_string())?;
                stream.flush().await.map_err(|error| error.to_string())
            }
        }
    }

    pub(super) async fn close(self) {
        match self {
            Self::Ssh(shell) => shell.close().await,
            Self::Bytes(mut stream) => drop(stream.shutdown().await),
        }
    }
}

const CLOSED: &str = "the chassis closed the session";
