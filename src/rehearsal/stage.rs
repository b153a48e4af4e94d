//! The emulated chassis of an inventory on real loopback sockets, for `cutover emulate`.
//!
//! Everything else of a rehearsal happens in memory; this is for people who practise, for other
//! tools, and for tests of this program against real sockets. What comes out is an inventory that
//! reaches the chassis.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};

use super::lab::{self, Error, Member};
use super::night;
use crate::emulator::host::{self, Handle, Networks};
use crate::net::loopback::Loopback;
use crate::net::sockets::Sockets;
use crate::net::{Clock, Network};
use crate::playbook::Inventory;
use crate::playbook::inventory::{Chassis, PairKind, SecretSource};

/// How a stage is set up.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Emulated seconds in a real one.
    pub speed: f64,
    /// Everything that looks like chance comes from here.
    pub seed: u64,
}

/// Chassis that answer on loopback until this is dropped.
pub struct Stage {
    clock: Clock,
    /// By the pair's name, then the chassis's.
    pairs: BTreeMap<String, BTreeMap<String, Handle>>,
    doors: Vec<Door>,
    traps: Option<SocketAddr>,
}

/// Where a chassis really answers.
#[derive(Clone, Debug)]
pub struct Door {
    pub chassis: String,
    pub user: String,
    pub at: SocketAddr,
    /// `SHA256:…` of its host key.
    pub fingerprint: String,
}

/// A dead interval this long in real time outlives the stalls of a busy machine (seconds).
const PATIENCE: f64 = 1.0;
/// The longest dead interval the configuration takes (`staros-cli.md`, `dead-interval`).
const LONGEST_DEAD: u32 = 300;

impl Stage {
    /// Starts the chassis of every pair of the inventory.
    ///
    /// # Errors
    /// What of the inventory cannot be emulated.
    pub async fn raise(inventory: &Inventory, options: Options) -> Result<Self, Error> {
        if inventory.pairs.is_empty() {
            return Err(Error::NoPairs);
        }
        let mut cast = Vec::new();
        for name in inventory.pairs.keys() {
            let dead = dead_interval(options.speed);
            let members = lab::members_with(inventory, name, options.seed, dead)?;
            cast.push((name.clone(), members));
        }
        let network = Loopback::new();
        let traps = match &inventory.traps {
            None => None,
            Some(traps) => {
                let real = free_port().await?;
                network.alias(lab::target(traps), real);
                Some(real)
            }
        };
        let mut stage = Self {
            clock: Clock::wall().with_speed(options.speed),
            pairs: BTreeMap::new(),
            doors: Vec::new(),
            traps,
        };
        for (pair, members) in cast {
            for member in members {
                let user = inventory.chassis[&member.spec.name].login.user.clone();
                let (door, handle) = start(member, user, &network, &stage.clock).await?;
                let chassis = stage.pairs.entry(pair.clone()).or_default();
                chassis.insert(door.chassis.clone(), handle);
                stage.doors.push(door);
            }
        }
        Ok(stage)
    }

    /// Waits until every pair has its roles and its sessions synchronized. Returns the names of
    /// pairs that do not come to it: an inventory may ask for such.
    pub async fn settle(&self) -> Vec<String> {
        let mut unsettled = Vec::new();
        for (name, chassis) in &self.pairs {
            if !night::settle(chassis, &self.clock).await {
                unsettled.push(name.clone());
            }
        }
        unsettled
    }

    /// The time the chassis live in.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Where each chassis is logged in to, pair by pair, primary first.
    pub fn doors(&self) -> &[Door] {
        &self.doors
    }

    /// A chassis by its inventory name, for looking at the truth.
    pub fn chassis(&self, name: &str) -> Option<&Handle> {
        self.pairs.values().find_map(|chassis| chassis.get(name))
    }

    /// What really happened to each chassis, as JSON: what no command of theirs shows.
    pub fn truth(&self) -> String {
        let told: BTreeMap<_, _> = self
            .pairs
            .values()
            .flatten()
            .map(|(name, handle)| (name, handle.with(|chassis| chassis.truth().clone())))
            .collect();
        serde_json::to_string_pretty(&told).expect("plain data")
    }

    /// `inventory` as it reaches this stage: real addresses, pinned host keys, the same logins.
    /// Secrets are written the way they are given, so a text stays a text.
    pub fn reached_by(&self, inventory: &Inventory) -> String {
        let chassis: serde_json::Map<String, Value> = self
            .doors
            .iter()
            .map(|door| {
                let entry = entry(&inventory.chassis[&door.chassis], door);
                (door.chassis.clone(), entry)
            })
            .collect();
        let pairs: serde_json::Map<String, Value> = inventory
            .pairs
            .iter()
            .map(|(name, pair)| {
                let PairKind::Icsr = pair.kind;
                let entry =
                    json!({ "kind": "icsr", "primary": pair.primary, "backup": pair.backup });
                (name.clone(), entry)
            })
            .collect();
        let mut whole = json!({ "chassis": chassis, "pairs": pairs });
        if let (Some(at), Some(traps)) = (self.traps, &inventory.traps) {
            let communities: Vec<_> = traps.communities.iter().map(secret).collect();
            whole["traps"] = json!({ "listen": at.to_string(), "communities": communities });
        }
        serde_yaml::to_string(&whole).expect("texts and maps are YAML")
    }
}

async fn start(
    member: Member,
    user: String,
    network: &Loopback,
    clock: &Clock,
) -> Result<(Door, Handle), Error> {
    let (name, address) = (member.spec.name.clone(), member.spec.address);
    let power = {
        let network = network.clone();
        move |up| network.set_up(address, up)
    };
    let networks = Networks {
        management: Arc::new(network.host(address)),
        redundancy: Arc::new(network.host(member.redundancy)),
        power: Some(Arc::new(power)),
    };
    let handle = host::start(member.spec, networks, clock.clone()).await?;
    let at = network
        .real(handle.ssh_address())
        .expect("a chassis that was started listens");
    let door = Door {
        chassis: name,
        user,
        at,
        fingerprint: handle.fingerprint(),
    };
    Ok((door, handle))
}

/// The interval of the chassis's configuration, longer where emulated time runs so fast that a
/// stall of this machine would look like a dead peer.
fn dead_interval(speed: f64) -> u32 {
    let patient = (speed * PATIENCE).clamp(f64::from(lab::DEAD), f64::from(LONGEST_DEAD));
    patient as u32
}

/// Where the run that uses the stage will hear traps: a port that is free now.
async fn free_port() -> Result<SocketAddr, Error> {
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    Ok(Sockets.bind(any).await?.local())
}

fn entry(chassis: &Chassis, door: &Door) -> Value {
    let mut login = json!({ "user": chassis.login.user });
    if let Some(password) = &chassis.login.password {
        login["password"] = secret(password);
    }
    if let Some(key) = &chassis.login.key {
        login["key"] = absolute(key);
    }
    if let Some(passphrase) = &chassis.login.passphrase {
        login["passphrase"] = secret(passphrase);
    }
    let mut entry = json!({
        "os": "staros",
        "address": door.at.ip().to_string(),
        "port": door.at.port(),
        "login": login,
        "host_key": { "pinned": door.fingerprint },
    });
    if let Some(hostname) = &chassis.hostname {
        entry["hostname"] = json!(hostname);
    }
    // A dry run with this inventory emulates the same chassis.
    if let Some(profile) = &chassis.profile {
        entry["profile"] = json!(profile);
    }
    if let Ok(emulated @ Value::Object(_)) = serde_json::to_value(&chassis.emulated) {
        entry["emulated"] = emulated;
    }
    entry
}

fn secret(source: &SecretSource) -> Value {
    match source {
        SecretSource::Given(secret) => json!(secret.expose()),
        SecretSource::Env(name) => json!({ "env": name }),
        SecretSource::File(path) => json!({ "file": absolute(path) }),
    }
}

/// The file may be used from another working directory.
fn absolute(path: &Path) -> Value {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    json!(whole.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dead_interval_outlives_a_stall_and_stays_a_valid_one() {
        assert_eq!(dead_interval(1.0), 30);
        assert_eq!(dead_interval(60.0), 60);
        assert_eq!(dead_interval(5000.0), 300);
    }
}
