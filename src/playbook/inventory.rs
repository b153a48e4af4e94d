//! Which chassis there are, how to reach them, and which belong together.

use std::path::PathBuf;

use indexmap::IndexMap;

use crate::net::Secret;

use super::diagnostics::Diagnostics;

mod login;
mod read;

/// A checked inventory.
#[derive(Clone)]
pub struct Inventory {
    pub chassis: IndexMap<String, Chassis>,
    pub pairs: IndexMap<String, Pair>,
    /// Where the run listens for traps; without it no trap hurries anything.
    pub traps: Option<Traps>,
}

impl Inventory {
    /// Reads an inventory; `name` is how reports call the text, usually its path. Relative paths
    /// in it are relative to the working directory, `~/` is the home directory.
    ///
    /// # Errors
    /// Every mistake at once, in the order of the text.
    pub fn load(text: &str, name: &str) -> Result<Self, Diagnostics> {
        read::load(text, name)
    }
}

#[derive(Clone)]
pub struct Chassis {
    pub os: Os,
    /// Host name or address of the management interface.
    pub address: String,
    pub port: u16,
    /// Further addresses that traps of this chassis come from.
    pub trap_sources: Vec<std::net::IpAddr>,
    pub login: Login,
    pub host_key: HostKey,
    /// SHA-1, CBC and group14-sha1 for old devices (SSH-3); recorded in the report when on.
    pub legacy_ssh: bool,
    /// The host name the prompt must show, when it is not the inventory's name.
    pub hostname: Option<String>,
    /// The emulated twin: hardware, release, timings. A real run ignores it.
    pub profile: Option<String>,
    /// Deviations of the emulated twin from its profile; a real run ignores them.
    pub emulated: serde_yaml::Value,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Os {
    Staros,
}

/// How to log in. Secrets are resolved only when a run needs them.
#[derive(Clone)]
pub struct Login {
    pub user: String,
    pub password: Option<SecretSource>,
    pub key: Option<PathBuf>,
    pub passphrase: Option<SecretSource>,
}

/// Where a secret comes from.
#[derive(Clone)]
pub enum SecretSource {
    Given(Secret),
    Env(String),
    File(PathBuf),
}

/// A secret that is not where the inventory says.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    #[error("environment variable {name} is not set; export it before the run")]
    Unset { name: String },
    #[error("environment variable {name} is not UTF-8 text")]
    NotText { name: String },
    #[error("{}: cannot be read: {error}", path.display())]
    Unreadable {
        path: PathBuf,
        error: std::io::Error,
    },
    #[error("{origin} is empty; expected a secret there")]
    Empty { origin: String },
}

impl SecretSource {
    /// Fetches the secret. A line break at the end of a file is not part of it.
    ///
    /// # Errors
    /// Says where the secret was looked for; never what it is.
    pub fn resolve(&self) -> Result<Secret, SecretError> {
        let (text, origin) = match self {
            Self::Given(secret) => return Ok(secret.clone()),
            Self::Env(name) => {
                let text = std::env::var(name).map_err(|error| {
                    let name = name.clone();
                    match error {
                        std::env::VarError::NotPresent => SecretError::Unset { name },
                        std::env::VarError::NotUnicode(_) => SecretError::NotText { name },
                    }
                })?;
                (text, format!("environment variable {name}"))
            }
            Self::File(path) => {
                let mut text =
                    std::fs::read_to_string(path).map_err(|error| SecretError::Unreadable {
                        path: path.clone(),
                        error,
                    })?;
                let kept = text.trim_end_matches(['\r', '\n']).len();
                text.truncate(kept);
                (text, path.display().to_string())
            }
        };
        if text.is_empty() {
            return Err(SecretError::Empty { origin });
        }
        Ok(Secret::new(text))
    }
}

#[derive(Clone, Debug)]
pub enum HostKey {
    /// The key must already be in this known_hosts file.
    Strict { known_hosts: Option<PathBuf> },
    /// A first contact is written to the file; a changed key is refused.
    AcceptNew { known_hosts: Option<PathBuf> },
    /// Exactly this `SHA256:` fingerprint.
    Pinned(String),
}

#[derive(Clone, Debug)]
pub struct Pair {
    pub kind: PairKind,
    /// Inventory name of the chassis configured `chassis-mode primary`.
    pub primary: String,
    pub backup: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PairKind {
    Icsr,
}

#[derive(Clone)]
pub struct Traps {
    pub listen: std::net::SocketAddr,
    pub communities: Vec<SecretSource>,
}
