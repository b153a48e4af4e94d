//! From an inventory to sessions: the devices a run drives and the traps it hears.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::Mutex;

use crate::action::context::{Keep, Programs, World};
use crate::device::dialect;
use crate::device::transcript::Unwritable;
use crate::device::{Device, Limits, Target, Transcript};
use crate::net::ssh::{HostKeyPolicy, KeySource, Login};
use crate::net::{Clock, Network, Secret};
use crate::playbook::inventory::{Chassis, HostKey, Inventory, Pair, SecretError};

/// What keeps a world from being built; nothing was touched.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("chassis {chassis}: {source}")]
    Secret {
        chassis: String,
        source: SecretError,
    },
    #[error("chassis {chassis}: cannot read the key {path}: {source}")]
    Key {
        chassis: String,
        path: String,
        source: std::io::Error,
    },
    #[error("chassis {chassis}: {source}")]
    Transcript { chassis: String, source: Unwritable },
    #[error(
        "there is no known_hosts file to check host keys against: set `known_hosts:` in the inventory, or HOME"
    )]
    NoKnownHosts,
}

/// How a world meets its surroundings.
pub struct Surroundings {
    pub network: Arc<dyn Network>,
    pub clock: Clock,
    pub programs: Programs,
    pub keep: Keep,
    /// Where transcripts go; `None` keeps none.
    pub transcripts: Option<Place>,
    /// Rehearsals trust the emulated chassis they started themselves.
    pub trust_host_keys: bool,
}

/// Where a chassis's transcript goes, by its name.
pub type Place = Box<dyn Fn(&str) -> PathBuf + Send>;

/// Builds the devices of a pair. Secrets are resolved here and live no longer than the devices.
///
/// # Errors
/// A secret, key or file that is not there.
pub fn build(
    inventory: &Inventory,
    pair: &Pair,
    surroundings: Surroundings,
) -> Result<World, Error> {
    let mut devices = BTreeMap::new();
    for name in [&pair.primary, &pair.backup] {
        let chassis = &inventory.chassis[name];
        let target = target(name, chassis, surroundings.trust_host_keys)?;
        let clock = surroundings.clock.clone();
        let transcript = match &surroundings.transcripts {
            None => Transcript::none(clock),
            Some(place) => {
                Transcript::file(&place(name), clock).map_err(|source| Error::Transcript {
                    chassis: name.clone(),
                    source,
                })?
            }
        };
        let network = Arc::clone(&surroundings.network);
        let device = Device::new(target, network, dialect::staros(), transcript);
        devices.insert(name.clone(), Arc::new(Mutex::new(device)));
    }
    Ok(World {
        primary: pair.primary.clone(),
        backup: pair.backup.clone(),
        devices,
        clock: surroundings.clock,
        programs: surroundings.programs,
        keep: surroundings.keep,
    })
}

fn target(name: &str, chassis: &Chassis, trust: bool) -> Result<Target, Error> {
    let resolve = |source: &crate::playbook::inventory::SecretSource| -> Result<Secret, Error> {
        source.resolve().map_err(|source| Error::Secret {
            chassis: name.to_owned(),
            source,
        })
    };
    let login = &chassis.login;
    let key = match &login.key {
        None => None,
        Some(path) => {
            let text = std::fs::read_to_string(path).map_err(|source| Error::Key {
                chassis: name.to_owned(),
                path: path.display().to_string(),
                source,
            })?;
            let passphrase = login.passphrase.as_ref().map(resolve).transpose()?;
            Some(KeySource {
                name: path.display().to_string(),
                text: Secret::new(text),
                passphrase,
            })
        }
    };
    let password = login.password.as_ref().map(resolve).transpose()?;
    let host_key = match &chassis.host_key {
        _ if trust => HostKeyPolicy::TrustRehearsal,
        HostKey::Strict { known_hosts } => HostKeyPolicy::Strict {
            known_hosts: known(known_hosts)?,
        },
        HostKey::AcceptNew { known_hosts } => HostKeyPolicy::AcceptNew {
            known_hosts: known(known_hosts)?,
        },
        HostKey::Pinned(fingerprint) => HostKeyPolicy::Pinned {
            fingerprint: fingerprint.clone(),
        },
    };
    Ok(Target {
        name: name.to_owned(),
        host: chassis.address.clone(),
        port: chassis.port,
        login: Login {
            user: login.user.clone(),
            password,
            key,
        },
        host_key,
        legacy_ssh: chassis.legacy_ssh,
        expect_hostname: Some(chassis.hostname.clone().unwrap_or_else(|| name.to_owned())),
        limits: Limits::default(),
    })
}

fn known(given: &Option<PathBuf>) -> Result<PathBuf, Error> {
    given
        .clone()
        .or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".ssh/known_hosts")))
        .ok_or(Error::NoKnownHosts)
}
