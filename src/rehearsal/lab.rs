//! From an inventory to emulated chassis.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use crate::emulator::hardware::CardKind;
use crate::emulator::overrides::Overrides;
use crate::emulator::profile::Profile;
use crate::emulator::spec::Spec;
use crate::emulator::staros::config::{Lab, lab_configuration};
use crate::emulator::users::{Account, Level};
use crate::net::Secret;
use crate::playbook::Inventory;
use crate::playbook::inventory::{Chassis, Login, SecretError, SecretSource, Traps};

/// What keeps an inventory from being emulated.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("chassis {0} has no `profile:`, so nothing says what to emulate; known profiles: {known}",
        known = Profile::names().join(", "))]
    NoProfile(String),
    #[error("chassis {chassis}: {why}")]
    Profile { chassis: String, why: String },
    #[error("chassis {chassis}, `emulated:`: {source}")]
    Overrides {
        chassis: String,
        source: serde_yaml::Error,
    },
    #[error("chassis {chassis}: {source}")]
    Secret {
        chassis: String,
        source: SecretError,
    },
    #[error("no pair called {0} in the inventory")]
    NoPair(String),
    #[error("the inventory has no `pairs:`, and only pairs are emulated")]
    NoPairs,
    #[error(
        "chassis {chassis}: the public key {path} cannot be read ({why}), so nobody could log in; \
         `ssh-keygen -y -f KEY > KEY.pub` makes it, or add a `password:`"
    )]
    PublicKey {
        chassis: String,
        path: String,
        why: std::io::Error,
    },
    #[error("an emulated chassis cannot start: {0}")]
    Start(#[from] std::io::Error),
}

/// SRP timers of the emulated pair, in seconds (the values of the ICSR chapter's example).
const HELLO: u32 = 10;
pub const DEAD: u32 = 30;

/// Where the operator's own machine stands when the inventory does not say.
pub const OPERATOR: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 250));

/// The community the emulated chassis send traps with, unless the inventory names one.
const COMMUNITY: &str = "public";

/// One chassis to be emulated.
pub struct Member {
    pub spec: Spec,
    /// The address it speaks SRP from.
    pub redundancy: IpAddr,
    /// What it is called beside its address, when the inventory has a host name.
    pub host_name: Option<String>,
}

/// All chassis of a pair, primary first.
///
/// # Errors
/// What is missing or wrong, by chassis.
pub fn members(inventory: &Inventory, pair: &str, seed: u64) -> Result<Vec<Member>, Error> {
    members_with(inventory, pair, seed, DEAD)
}

/// The same with another dead interval, in seconds.
///
/// # Errors
/// What is missing or wrong, by chassis.
pub fn members_with(
    inventory: &Inventory,
    pair: &str,
    seed: u64,
    dead: u32,
) -> Result<Vec<Member>, Error> {
    let index = inventory
        .pairs
        .get_index_of(pair)
        .ok_or_else(|| Error::NoPair(pair.to_owned()))?;
    let names = &inventory.pairs[index];
    let third = u8::try_from(index).unwrap_or(u8::MAX);
    let addresses = [1, 2].map(|last| IpAddr::from([10, 9, third, last]));
    [(&names.primary, true), (&names.backup, false)]
        .into_iter()
        .map(|(name, primary)| {
            let (own, peer) = if primary { (0, 1) } else { (1, 0) };
            let place = Place {
                primary,
                own: addresses[own],
                peer: addresses[peer],
                seed,
                dead,
            };
            member(inventory, name, &place)
        })
        .collect()
}

struct Place {
    primary: bool,
    own: IpAddr,
    peer: IpAddr,
    seed: u64,
    dead: u32,
}

fn member(inventory: &Inventory, name: &str, place: &Place) -> Result<Member, Error> {
    let chassis = &inventory.chassis[name];
    let profile = chassis
        .profile
        .as_deref()
        .ok_or_else(|| Error::NoProfile(name.to_owned()))?;
    let profile = Profile::named(profile).map_err(|error| Error::Profile {
        chassis: name.to_owned(),
        why: error.to_string(),
    })?;
    let overrides: Overrides = match &chassis.emulated {
        serde_yaml::Value::Null => Overrides::default(),
        value => serde_yaml::from_value(value.clone()).map_err(|source| Error::Overrides {
            chassis: name.to_owned(),
            source,
        })?,
    };
    let position = inventory
        .chassis
        .get_index_of(name)
        .expect("pairs name chassis");
    let (address, host_name) = management(chassis, position);
    let cards: Vec<u8> = profile
        .cards()
        .iter()
        .filter(|card| card.kind == CardKind::Packet && card.name.is_some())
        .map(|card| card.slot)
        .collect();
    let community = inventory
        .traps
        .as_ref()
        .and_then(|traps| traps.communities.first());
    let community = community.map(SecretSource::resolve).transpose();
    let community = community
        .map_err(|source| Error::Secret {
            chassis: name.to_owned(),
            source,
        })?
        .unwrap_or_else(|| Secret::new(COMMUNITY));
    let configuration = lab_configuration(&Lab {
        hostname: chassis.hostname.as_deref().unwrap_or(name),
        primary: place.primary,
        management: address,
        srp_address: place.own,
        srp_peer: place.peer,
        hello: HELLO,
        dead: place.dead,
        delay: 0,
        trap_target: inventory
            .traps
            .as_ref()
            .map(|traps| (target(traps), community.expose())),
        administrators: &[&chassis.login.user],
        cards: &cards,
        timezone: "utc",
    });
    let users = vec![account(name, &chassis.login)?];
    let spec = Spec {
        name: name.to_owned(),
        profile,
        overrides,
        address,
        configuration,
        users,
        // Two chassis are never alike, and the same seed gives the same two.
        seed: place
            .seed
            .wrapping_mul(2)
            .wrapping_add(u64::from(place.primary)),
    };
    Ok(Member {
        spec,
        redundancy: place.own,
        host_name,
    })
}

/// An address in the inventory is kept; a host name gets one of the benchmark range.
fn management(chassis: &Chassis, position: usize) -> (IpAddr, Option<String>) {
    match chassis.address.parse() {
        Ok(address) => (address, None),
        Err(_) => {
            let last = u8::try_from(position + 1).unwrap_or(u8::MAX);
            (
                IpAddr::from([198, 18, 0, last]),
                Some(chassis.address.clone()),
            )
        }
    }
}

/// Where emulated chassis send their traps to.
pub fn target(traps: &Traps) -> SocketAddr {
    match traps.listen.ip() {
        ip if ip.is_unspecified() => SocketAddr::new(OPERATOR, traps.listen.port()),
        _ => traps.listen,
    }
}

fn account(chassis: &str, login: &Login) -> Result<Account, Error> {
    let failed = |source| Error::Secret {
        chassis: chassis.to_owned(),
        source,
    };
    let password = login
        .password
        .as_ref()
        .map(SecretSource::resolve)
        .transpose()
        .map_err(failed)?;
    // The public half of the operator's key lies beside it, as ssh-keygen leaves it.
    let key = login.key.as_ref().map(|path| {
        let mut public = path.clone().into_os_string();
        public.push(".pub");
        let public = std::path::PathBuf::from(public);
        std::fs::read_to_string(&public).map_err(|why| (public, why))
    });
    let key = match key.transpose() {
        Ok(key) => key,
        Err(_) if password.is_some() => None,
        Err((path, why)) => {
            return Err(Error::PublicKey {
                chassis: chassis.to_owned(),
                path: path.display().to_string(),
                why,
            });
        }
    };
    Ok(Account {
        name: login.user.clone(),
        password,
        key,
        level: Level::Administrator,
    })
}

/// The same inventory for a rehearsal: no secret is read, no file touched, traps go to the
/// operator's place on the in-memory network.
pub fn stand_in(inventory: &Inventory) -> Inventory {
    let mut inventory = inventory.clone();
    for chassis in inventory.chassis.values_mut() {
        let user = chassis.login.user.clone();
        let password = Some(SecretSource::Given(Secret::new("rehearsal")));
        chassis.login = Login {
            user,
            password,
            key: None,
            passphrase: None,
        };
    }
    if let Some(traps) = &mut inventory.traps {
        traps.listen = target(traps);
        traps.communities = vec![SecretSource::Given(Secret::new(COMMUNITY))];
    }
    inventory
}
