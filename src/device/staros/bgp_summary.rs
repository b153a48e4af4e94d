//! `show ip bgp summary`: are the routers listening? (`staros-cli.md` 2.8)

use std::net::IpAddr;

use serde::Serialize;

use super::text::{Text, Unparsed};

/// The BGP neighbours of one context.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BgpSummary {
    pub router_id: Option<String>,
    pub peers: Vec<Peer>,
}

/// One neighbour.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Peer {
    pub address: IpAddr,
    pub remote_as: String,
    pub state: State,
}

/// Only a number in the last column means that a session is up. `Active` is BGP's word for trying
/// to connect (trap 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    Established { prefixes: u64 },
    Idle,
    IdleAdmin,
    Connect,
    Active,
    OpenSent,
    OpenConfirm,
}

/// Reads `show ip bgp summary`.
pub fn parse(text: &str) -> Result<BgpSummary, Unparsed> {
    let text = Text::accepted("show ip bgp summary", text)?;
    let mut router_id = None;
    let mut has_header = false;
    let mut peers = Vec::new();
    let mut wrapped: Option<(usize, &str)> = None;
    for (at, line) in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        if let ["BGP", "router", "identifier", id, ..] = words.as_slice() {
            router_id = Some(id.trim_end_matches(',').to_owned());
        }
        has_header |= words.first() == Some(&"Neighbor") && words.len() > 5;
        let Some(first) = words.first().filter(|_| has_header) else {
            continue;
        };
        if let Some((_, address)) = wrapped.take() {
            // A long address stands alone; the rest of its row follows.
            let mut whole = vec![address];
            whole.extend(&words);
            peers.push(peer(&text, &whole, line, at)?);
        } else if first.contains(['.', ':']) || first.starts_with(|c: char| c.is_ascii_digit()) {
            // Whatever looks like a neighbour must be one: a torn row must not vanish.
            if first.ends_with(':') && words.len() == 1 {
                continue;
            }
            match words.as_slice() {
                [address] => wrapped = Some((at, address)),
                _ => peers.push(peer(&text, &words, line, at)?),
            }
        }
    }
    if let Some((at, address)) = wrapped {
        return Err(text.wrong("the rest of a neighbour's row", address, at));
    }
    if !has_header && router_id.is_none() {
        return Err(text.missing("`BGP router identifier` or a table under `Neighbor`"));
    }
    Ok(BgpSummary { router_id, peers })
}

/// `neighbour V AS received sent version InQ OutQ up/down state-or-prefixes`
fn peer(text: &Text<'_>, words: &[&str], line: &str, at: usize) -> Result<Peer, Unparsed> {
    let wrong = |expected: &str| text.wrong(expected, line, at);
    let address = words[0]
        .parse()
        .map_err(|_| wrong("the address of a neighbour"))?;
    let (Some(remote_as), Some(last)) = (words.get(2), words.get(9..).filter(|l| !l.is_empty()))
    else {
        return Err(wrong("ten columns of a neighbour"));
    };
    let last = last.join(" ");
    let state = match last.to_ascii_lowercase().as_str() {
        "idle" => State::Idle,
        "idle (admin)" | "idle(admin)" => State::IdleAdmin,
        "connect" => State::Connect,
        "active" => State::Active,
        "opensent" => State::OpenSent,
        "openconfirm" => State::OpenConfirm,
        number => State::Established {
            prefixes: number
                .parse()
                .map_err(|_| wrong("a BGP state or a number of prefixes"))?,
        },
    };
    Ok(Peer {
        address,
        remote_as: (*remote_as).to_owned(),
        state,
    })
}

impl BgpSummary {
    /// Neighbours that are not up; to have none is a problem, too, not a success.
    pub fn problems(&self) -> Vec<String> {
        if self.peers.is_empty() {
            return vec!["there are no BGP neighbours".to_owned()];
        }
        (self.peers.iter())
            .filter(|peer| !matches!(peer.state, State::Established { .. }))
            .map(|peer| format!("BGP neighbour {} is not up: {:?}", peer.address, peer.state))
            .collect()
    }
}
