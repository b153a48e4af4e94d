//! The inventory's YAML, taken apart field by field so that every mistake is seen.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use indexmap::IndexMap;

use crate::net::Secret;
use crate::playbook::diagnostics::{Diagnostic, Diagnostics, Place};
use crate::playbook::fields::Fields;
use crate::playbook::source::{self, Data, Key, Node};
use crate::playbook::typed;

use super::login::{home, host_key, read_login, read_secret};
use super::{Chassis, HostKey, Inventory, Os, Pair, PairKind, SecretSource, Traps};

/// The port of SSH (RFC 4253).
const SSH: u16 = 22;

pub fn load(text: &str, name: &str) -> Result<Inventory, Diagnostics> {
    let mut found = Vec::new();
    let inventory =
        source::parse(text, &mut found).and_then(|root| inventory(&root, text, &mut found));
    match inventory {
        Some(inventory) if found.is_empty() => Ok(inventory),
        _ => Err(Diagnostics::new(name, text, found)),
    }
}

fn inventory(root: &Node, text: &str, found: &mut Vec<Diagnostic>) -> Option<Inventory> {
    let top = source::first_line(text, &root.place);
    let mut fields = Fields::of(root, "the inventory", top, found)?;
    let known_hosts = fields
        .read::<String>("known_hosts", found)
        .map(|path| home(&path));
    let mut chassis = IndexMap::new();
    let mut places: Vec<(&Key, Option<Place>)> = Vec::new();
    let mut any = false;
    if let Some(node) = fields.require_node("chassis", found) {
        for (key, node) in entries(node, "chassis", found) {
            any = true;
            check_name(key, "a chassis", found);
            let (one, place) = read_chassis(key, node, known_hosts.as_ref(), found);
            places.push((key, place));
            if let Some(one) = one {
                chassis.insert(key.text.clone(), one);
            }
        }
        if !any {
            let place = node.place.clone();
            found.push(
                Diagnostic::at(place, "the inventory has no chassis", "")
                    .help("name at least one: `ha-east: { os: staros, address: …, login: … }`"),
            );
        }
    }
    check_addresses(&chassis, &places, found);
    let mut pairs = IndexMap::new();
    if let Some(node) = fields.take("pairs") {
        let names: Vec<&str> = places.iter().map(|(key, _)| key.text.as_str()).collect();
        for (key, node) in entries(node, "pairs", found) {
            check_name(key, "a pair", found);
            if let Some(pair) = read_pair(key, node, &names, found) {
                pairs.insert(key.text.clone(), pair);
            }
        }
    }
    let traps = fields
        .take_entry("traps")
        .filter(|(_, node)| !node.is_null())
        .and_then(|(key, node)| read_traps(key, node, found));
    fields.finish(found);
    Some(Inventory {
        chassis,
        pairs,
        traps,
    })
}

fn entries<'n>(node: &'n Node, what: &str, found: &mut Vec<Diagnostic>) -> &'n [(Key, Node)] {
    match &node.data {
        Data::Map(entries) => entries,
        _ => {
            let message = format!("`{what}` is a map from names, found {}", node.kind());
            found.push(Diagnostic::at(node.place.clone(), message, "not a map"));
            &[]
        }
    }
}

/// Names become parts of file names: nothing that leaves a folder.
fn check_name(key: &Key, what: &str, found: &mut Vec<Diagnostic>) {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let begins = |c: char| c.is_ascii_alphanumeric();
    if !key.text.starts_with(begins) || !key.text.chars().all(plain) {
        let message = format!("`{}` cannot name {what}", key.text);
        found.push(
            Diagnostic::at(key.place.clone(), message, "")
                .help("letters, digits, `.`, `_` and `-`, beginning with a letter or digit"),
        );
    }
}

/// A chassis, and where its address is written even when the rest is wrong.
fn read_chassis(
    key: &Key,
    node: &Node,
    known_hosts: Option<&PathBuf>,
    found: &mut Vec<Diagnostic>,
) -> (Option<Chassis>, Option<Place>) {
    let what = format!("chassis `{}`", key.text);
    let Some(mut fields) = Fields::of(node, what, key.place.clone(), found) else {
        return (None, None);
    };
    let os = fields.require::<Os>("os", found);
    let address = fields.require_node("address", found);
    let place = address.map(|node| node.place.clone());
    let address = address.and_then(|node| host(node, found));
    let port = match fields.take("port") {
        None => Some(SSH),
        Some(node) => port(node, found),
    };
    let trap_sources = fields
        .take("trap_sources")
        .map(|node| addresses(node, found));
    let login = fields
        .require_node("login", found)
        .and_then(|node| read_login(node, &key.place, found));
    let own_hosts = fields
        .read::<String>("known_hosts", found)
        .map(|path| home(&path));
    let known_hosts = own_hosts.or_else(|| known_hosts.cloned());
    let host_key = match fields.take("host_key") {
        None => Some(HostKey::Strict { known_hosts }),
        Some(node) => host_key(node, known_hosts, found),
    };
    let legacy_ssh = fields.read::<bool>("legacy_ssh", found).unwrap_or(false);
    let hostname = fields.read::<String>("hostname", found);
    let profile = fields.read::<String>("profile", found);
    let emulated = match fields.take("emulated") {
        None => serde_yaml::Value::Null,
        Some(node) => typed::read(node, "emulated").unwrap_or_else(|mistakes| {
            found.extend(mistakes);
            serde_yaml::Value::Null
        }),
    };
    fields.finish(found);
    let chassis = || {
        Some(Chassis {
            os: os?,
            address: address?,
            port: port?,
            trap_sources: trap_sources.unwrap_or_default(),
            login: login?,
            host_key: host_key?,
            legacy_ssh,
            hostname,
            profile,
            emulated,
        })
    };
    (chassis(), place)
}

fn host(node: &Node, found: &mut Vec<Diagnostic>) -> Option<String> {
    let text = node.text().unwrap_or_default();
    let plain = |c: char| c.is_ascii_alphanumeric() || ".-_:%".contains(c);
    let is_v6 = text.parse::<std::net::Ipv6Addr>().is_ok();
    if text.is_empty() || !text.chars().all(plain) || (text.contains(':') && !is_v6) {
        let message = format!(
            "`address` is a host name or an IP address, found {}",
            node.kind()
        );
        let help = if text.contains(':') {
            "the port is a field of its own: `port: 22`"
        } else {
            "such as `192.0.2.10` or `ha-east.example.net`"
        };
        found.push(Diagnostic::at(node.place.clone(), message, "").help(help));
        return None;
    }
    Some(text.to_owned())
}

fn port(node: &Node, found: &mut Vec<Diagnostic>) -> Option<u16> {
    match typed::read::<u16>(node, "port") {
        Ok(0) => {
            found.push(
                Diagnostic::at(node.place.clone(), "`port` cannot be 0", "")
                    .help("a port from 1 to 65535; SSH is 22"),
            );
            None
        }
        Ok(port) => Some(port),
        Err(mistakes) => {
            found.extend(mistakes);
            None
        }
    }
}

fn addresses(node: &Node, found: &mut Vec<Diagnostic>) -> Vec<IpAddr> {
    let Data::List(items) = &node.data else {
        let message = format!(
            "`trap_sources` is a list of IP addresses, found {}",
            node.kind()
        );
        found.push(Diagnostic::at(node.place.clone(), message, "not a list"));
        return Vec::new();
    };
    let mut all = Vec::new();
    for item in items {
        match item.text().and_then(|text| text.parse().ok()) {
            Some(address) => all.push(address),
            None => {
                let message = format!("expected an IP address, found {}", item.kind());
                found.push(
                    Diagnostic::at(item.place.clone(), message, "")
                        .help("traps are known by their sender's address, not by a name"),
                );
            }
        }
    }
    all
}

fn read_pair(
    key: &Key,
    node: &Node,
    chassis: &[&str],
    found: &mut Vec<Diagnostic>,
) -> Option<Pair> {
    let what = format!("pair `{}`", key.text);
    let mut fields = Fields::of(node, what, key.place.clone(), found)?;
    let kind = fields.require::<PairKind>("kind", found);
    let primary = fields.require_node("primary", found);
    let backup = fields.require_node("backup", found);
    fields.finish(found);
    let mut member = |node: &Node| {
        let text = node.text().unwrap_or_default();
        if chassis.contains(&text) {
            return Some(text.to_owned());
        }
        let message = format!(
            "pair `{}` names {}, which is no chassis",
            key.text,
            node.kind()
        );
        found.push(
            Diagnostic::at(node.place.clone(), message, "not below `chassis`")
                .suggest(text, chassis.iter().copied()),
        );
        None
    };
    let (one, other) = (primary.and_then(&mut member), backup.and_then(&mut member));
    if let (Some(one), Some(other), Some(first), Some(second)) = (&one, &other, primary, backup)
        && one == other
    {
        let message = format!("pair `{}` has the same chassis twice", key.text);
        found.push(
            Diagnostic::at(second.place.clone(), message, "again here")
                .also(first.place.clone(), "first here")
                .help("a pair has two chassis"),
        );
        return None;
    }
    Some(Pair {
        kind: kind?,
        primary: one?,
        backup: other?,
    })
}

fn read_traps(key: &Key, node: &Node, found: &mut Vec<Diagnostic>) -> Option<Traps> {
    let mut fields = Fields::of(node, "`traps`", key.place.clone(), found)?;
    let listen = fields.require_node("listen", found);
    let listen = listen.and_then(|node| {
        let address = node.text().and_then(|text| text.parse::<SocketAddr>().ok());
        if address.is_none() {
            let message = format!("`traps.listen` is ADDRESS:PORT, found {}", node.kind());
            found.push(
                Diagnostic::at(node.place.clone(), message, "")
                    .help("such as `0.0.0.0:162`, or `0.0.0.0:10162` without root"),
            );
        }
        address
    });
    let communities = match fields.take("communities") {
        None => vec![SecretSource::Given(Secret::new("public"))],
        Some(Node {
            data: Data::List(items),
            ..
        }) if !items.is_empty() => items
            .iter()
            .filter_map(|item| read_secret("communities", item, found))
            .collect(),
        Some(node) => {
            found.push(
                Diagnostic::at(node.place.clone(), "`communities` is a list of secrets", "")
                    .help("such as `[public]` or `[{ env: TRAP_COMMUNITY }]`"),
            );
            Vec::new()
        }
    };
    fields.finish(found);
    Some(Traps {
        listen: listen?,
        communities,
    })
}

fn check_addresses(
    chassis: &IndexMap<String, Chassis>,
    places: &[(&Key, Option<Place>)],
    found: &mut Vec<Diagnostic>,
) {
    let mut seen: BTreeMap<(String, u16), (&str, &Place)> = BTreeMap::new();
    for (key, place) in places {
        let (Some(one), Some(place)) = (chassis.get(&key.text), place) else {
            continue;
        };
        let address = (one.address.to_ascii_lowercase(), one.port);
        if let Some((other, first)) = seen.get(&address) {
            let message = format!(
                "chassis `{other}` and `{}` have the same address {}:{}",
                key.text, one.address, one.port
            );
            found.push(
                Diagnostic::at(place.clone(), message, "again here")
                    .also((*first).clone(), "first here")
                    .help("two names for one chassis would be a pair of itself: correct one"),
            );
        } else {
            seen.insert(address, (&key.text, place));
        }
    }
}
