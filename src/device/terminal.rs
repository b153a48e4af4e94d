//! Where keystrokes go and characters come from.

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::error::Error;
use super::session::Target;
use crate::net::{Network, Stream};

/// An open terminal on a chassis.
pub(super) enum Terminal {
    /// A bare stream of terminal bytes.
    Bytes(Stream),
}

impl Terminal {
    /// Logs in over SSH and opens a terminal.
    pub(super) async fn open(target: &Target, network: &dyn Network) -> Result<Self, Error> {
        let unreachable = |why: String| Error::Unreachable {
            chassis: target.name.clone(),
            address: format!("{}:{}", target.host, target.port),
            why,
        };
        let address = network.resolve(&target.host, target.port).await;
        let address = address.map_err(|error| unreachable(error.to_string()))?;
        let stream = network.connect(address).await;
        let stream = stream.map_err(|error| unreachable(error.to_string()))?;
        Ok(Self::Bytes(stream))
    }

    /// The next characters; `Err` with the reason when there will be no more. Can be cancelled
    /// without losing any.
    pub(super) async fn read(&mut self) -> Result<Vec<u8>, String> {
        match self {
            Self::Bytes(stream) => {
                let mut buffer = vec![0; 4096];
                match stream.read(&mut buffer).await {
                    Ok(0) => Err("the chassis closed the session".to_owned()),
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
            Self::Bytes(mut stream) => drop(stream.shutdown().await),
        }
    }
}
