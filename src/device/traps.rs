//! The run's ear: traps and informs from the chassis, named and kept.
//!
//! A trap is a hint and never more: it may wake somebody who waits, but what it says is always read
//! from the chassis before anybody acts on it. So a lost, doubled or forged one costs time only.

use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::broadcast;
use tokio::task::JoinHandle;

use crate::mib::{Mib, starent};
use crate::net::{Clock, Datagrams, Secret};
use crate::wire::snmp::{Message, Notification, PduKind};

/// How many notifications are kept for those who ask later.
const KEPT: usize = 4096;
/// How many a subscriber may fall behind before it misses some.
const QUEUE: usize = 1024;

/// One notification as it was heard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Heard {
    pub at: Timestamp,
    pub from: SocketAddr,
    /// The chassis in the inventory with this address.
    pub chassis: Option<String>,
    /// Its MIB name, or its OID when no module knows it.
    pub name: String,
    /// Its number below the chassis maker's traps.
    pub number: Option<u32>,
    /// Names and values, in the sender's order.
    pub varbinds: Vec<(String, String)>,
}

impl Heard {
    /// Whether this is the notification of that name, spelled with or without `star` (trap 2).
    pub fn is(&self, name: &str) -> bool {
        let bare = |name: &str| {
            name.strip_prefix("star")
                .unwrap_or(name)
                .to_ascii_lowercase()
        };
        bare(&self.name) == bare(name)
    }
}

/// What became of the datagrams; nothing is lost silently.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counters {
    pub received: u64,
    pub heard: u64,
    /// Not SNMP, or SNMP that cannot be read.
    pub unreadable: u64,
    /// SNMP, but no trap or inform.
    pub other: u64,
    /// With a community that is not ours.
    pub wrong_community: u64,
}

/// A receiver that listens until it is dropped.
pub struct Traps {
    shared: Arc<Mutex<Shared>>,
    sender: broadcast::Sender<Heard>,
    local: SocketAddr,
    task: JoinHandle<()>,
}

struct Shared {
    kept: VecDeque<Heard>,
    counters: Counters,
}

/// Somebody who waits for notifications.
pub struct Subscription(broadcast::Receiver<Heard>);

impl Traps {
    /// Listens on `datagrams`. `senders` names the chassis behind an address; without `communities`
    /// every community is taken.
    pub fn listen(
        datagrams: Datagrams,
        communities: Vec<Secret>,
        senders: BTreeMap<IpAddr, String>,
        clock: Clock,
    ) -> Self {
        let shared = Arc::new(Mutex::new(Shared {
            kept: VecDeque::new(),
            counters: Counters::default(),
        }));
        let (sender, _) = broadcast::channel(QUEUE);
        let local = datagrams.local();
        let ear = Ear {
            datagrams,
            communities,
            senders,
            clock,
        };
        let task = tokio::spawn(ear.listen(Arc::clone(&shared), sender.clone()));
        Self {
            shared,
            sender,
            local,
            task,
        }
    }

    /// Where it listens.
    pub fn local(&self) -> SocketAddr {
        self.local
    }

    /// Everything heard from now on.
    pub fn subscribe(&self) -> Subscription {
        Subscription(self.sender.subscribe())
    }

    /// Everything heard so far, as far as it is kept (the last 4,096).
    pub fn heard(&self) -> Vec<Heard> {
        lock(&self.shared).kept.iter().cloned().collect()
    }

    pub fn counters(&self) -> Counters {
        lock(&self.shared).counters
    }
}

impl Drop for Traps {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Subscription {
    /// The next notification; `None` once nobody listens any more. Some may be missing when many
    /// came at once: a poll tells the truth.
    pub async fn next(&mut self) -> Option<Heard> {
        loop {
            match self.0.recv().await {
                Ok(heard) => return Some(heard),
                Err(broadcast::error::RecvError::Lagged(missed)) => {
                    tracing::warn!(missed, "traps came faster than they were looked at");
                }
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }
}

struct Ear {
    datagrams: Datagrams,
    communities: Vec<Secret>,
    senders: BTreeMap<IpAddr, String>,
    clock: Clock,
}

impl Ear {
    async fn listen(mut self, shared: Arc<Mutex<Shared>>, sender: broadcast::Sender<Heard>) {
        while let Some((bytes, from)) = self.datagrams.recv_from().await {
            let mut counters = lock(&shared).counters;
            counters.received += 1;
            let heard = self.one(&bytes, from, &mut counters);
            let mut shared = lock(&shared);
            shared.counters = counters;
            if let Some(heard) = heard {
                if shared.kept.len() == KEPT {
                    shared.kept.pop_front();
                }
                shared.kept.push_back(heard.clone());
                // Nobody waiting is fine.
                let _ = sender.send(heard);
            }
        }
    }

    fn one(&self, bytes: &[u8], from: SocketAddr, counters: &mut Counters) -> Option<Heard> {
        let Ok(message) = Message::decode(bytes) else {
            counters.unreadable += 1;
            return None;
        };
        let community = message.community().expose();
        let known = |secret: &Secret| secret.expose().as_bytes() == community;
        if !self.communities.is_empty() && !self.communities.iter().any(known) {
            counters.wrong_community += 1;
            return None;
        }
        let Ok(notification) = Notification::of(&message) else {
            counters.other += 1;
            return None;
        };
        self.acknowledge(&message, from);
        counters.heard += 1;
        Some(self.name(&notification, from))
    }

    /// An inform is repeated until it is answered.
    fn acknowledge(&self, message: &Message, to: SocketAddr) {
        let Message::V2c { community, pdu, .. } = message else {
            return;
        };
        if pdu.kind == PduKind::Inform {
            let answer = Message::v2c(community.clone(), pdu.acknowledgement());
            if let Err(error) = self.datagrams.send_to(&answer.encode(), to) {
                tracing::warn!(%to, %error, "an inform could not be acknowledged");
            }
        }
    }

    fn name(&self, notification: &Notification, from: SocketAddr) -> Heard {
        let mib = Mib::embedded();
        let oid = &notification.trap_oid;
        let name = match mib.notification(oid) {
            Some(known) => known.name.to_string(),
            None => mib.display(oid),
        };
        let varbinds = (notification.varbinds.iter())
            .map(|varbind| {
                let told = mib.describe(varbind);
                (told.name, told.label.unwrap_or(told.value))
            })
            .collect();
        Heard {
            at: self.clock.now(),
            from,
            chassis: self.senders.get(&from.ip().to_canonical()).cloned(),
            name,
            number: starent::trap_number(oid),
            varbinds,
        }
    }
}

fn lock(shared: &Mutex<Shared>) -> std::sync::MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::Guard;
    use crate::wire::snmp::Community;
    use tokio::sync::mpsc;

    type Sent = Arc<Mutex<Vec<Vec<u8>>>>;

    /// A receiver, where datagrams to it go in, and what it sent.
    fn ear(communities: Vec<Secret>) -> (Traps, mpsc::Sender<(Vec<u8>, SocketAddr)>, Sent) {
        let (wire, incoming) = mpsc::channel(16);
        let sent = Sent::default();
        let out = Arc::clone(&sent);
        let at = SocketAddr::from(([192, 0, 2, 1], 162));
        let send = move |bytes: &[u8], _| {
            out.lock().expect("nobody panicked").push(bytes.to_vec());
            Ok(())
        };
        let datagrams = Datagrams::new(at, incoming, send, Guard::new(|| {}));
        let senders = BTreeMap::from([(IpAddr::from([192, 0, 2, 10]), "east".to_owned())]);
        let clock = Clock::starting_at(Timestamp::UNIX_EPOCH);
        (
            Traps::listen(datagrams, communities, senders, clock),
            wire,
            sent,
        )
    }

    fn message(kind: PduKind, community: &str, number: u32) -> Vec<u8> {
        let oid = starent::trap_oid(number);
        Message::notification(kind, Community::new(community), 7, 100, oid, vec![]).encode()
    }

    fn east() -> SocketAddr {
        SocketAddr::from(([192, 0, 2, 10], 50_000))
    }

    #[tokio::test(start_paused = true)]
    async fn trap_02_a_trap_is_named_with_and_without_star() {
        let (traps, wire, sent) = ear(vec![]);
        let mut waiting = traps.subscribe();
        let (_, known) = (Mib::embedded())
            .notification_by_name("starSRPActive")
            .map(|(oid, _)| {
                (
                    oid.clone(),
                    starent::trap_number(oid).expect("a maker's trap"),
                )
            })
            .expect("a shipped module knows it");
        wire.send((message(PduKind::Trap, "public", known), east()))
            .await
            .expect("taken");
        let heard = waiting.next().await.expect("heard");
        assert_eq!(heard.chassis.as_deref(), Some("east"));
        assert_eq!(heard.number, Some(known));
        assert!(heard.is("SRPActive") && heard.is("starSRPActive") && !heard.is("SRPStandby"));
        assert!(
            sent.lock().expect("fine").is_empty(),
            "a trap is not answered"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn informs_are_acknowledged_and_rubbish_is_counted() {
        let (traps, wire, sent) = ear(vec![Secret::new("ours")]);
        let mut waiting = traps.subscribe();
        for bytes in [
            b"rubbish".to_vec(),
            message(PduKind::Trap, "theirs", 1),
            Message::v2c(
                Community::new("ours"),
                crate::wire::snmp::Pdu::new(PduKind::Get, 1, vec![]),
            )
            .encode(),
            message(PduKind::Inform, "ours", 4_000_000),
        ] {
            wire.send((bytes, east())).await.expect("taken");
        }
        let heard = waiting.next().await.expect("heard");
        assert!(heard.name.ends_with("4000000"), "{}", heard.name);
        let counters = traps.counters();
        let expected = Counters {
            received: 4,
            heard: 1,
            unreadable: 1,
            other: 1,
            wrong_community: 1,
        };
        assert_eq!(counters, expected);
        let sent = sent.lock().expect("fine").clone();
        let answer = Message::decode(&sent[0]).expect("an answer");
        assert!(matches!(answer, Message::V2c { pdu, .. } if pdu.kind == PduKind::Response));
        assert_eq!(traps.heard().len(), 1);
    }
}
