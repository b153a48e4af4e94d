//! `snapshot`: named facts of one chassis, kept for a later `compare`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::bgp;
use super::context::Context;
use super::outcome::{Failure, Success};
use crate::device::staros::{alarms, bgp_summary, boot, card_table, crash_list, services};

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// What `compare` will call it; each chassis has its own.
    pub name: String,
}

/// Facts of a chassis by name, each a count, a word or a list.
pub type Facts = BTreeMap<String, Value>;

impl Spec {
    pub async fn perform(&self, cx: &Context) -> Result<Success, Failure> {
        let chassis = cx.chassis();
        let facts = capture(cx, chassis).await?;
        let text = serde_json::to_string_pretty(&facts).expect("facts are plain data");
        let name = format!("{chassis}-{}.json", self.name);
        let place = cx
            .world
            .keep
            .put(&name, &text)
            .map_err(|error| Failure::refused(format!("cannot keep the snapshot: {error}")))?;
        Ok(
            Success::done(format!("{} facts kept at {place}", facts.len())).with(
                "snapshot",
                json!({ "name": self.name, "chassis": chassis, "facts": facts }),
            ),
        )
    }
}

/// Reads the facts that should be the same before and after.
pub async fn capture(cx: &Context, chassis: &str) -> Result<Facts, Failure> {
    let mut facts = Facts::new();
    let mut put = |name: &str, value: Value| facts.insert(name.to_owned(), value);
    put("version", cx.version(chassis).await?.version.into());
    let boot = cx.read(chassis, "show boot", boot::parse).await?;
    put(
        "boot_stack",
        boot.entries
            .iter()
            .map(|e| e.image.clone())
            .collect::<Vec<_>>()
            .into(),
    );
    let cards = cx
        .read(chassis, "show card table", card_table::parse)
        .await?;
    let mut states: BTreeMap<String, u64> = BTreeMap::new();
    // By kind and state: which of two packet cards is the spare one may differ after a boot.
    for card in cards
        .cards
        .iter()
        .filter(|card| card.state != card_table::State::Empty)
    {
        let state = format!("{:?}", card.state).to_ascii_lowercase();
        *states
            .entry(format!("cards.{}.{state}", card.kind))
            .or_default() += 1;
    }
    for (name, count) in states {
        put(&name, count.into());
    }
    let services = cx
        .read(chassis, "show service all", services::parse)
        .await?;
    for service in services.services {
        put(
            &format!("service.{}.{}", service.context, service.name),
            service.state.into(),
        );
    }
    let alarms = cx
        .read(chassis, "show alarm outstanding", alarms::parse)
        .await?;
    let serious = alarms
        .outstanding
        .iter()
        .filter(|alarm| alarm.severity != alarms::Severity::Minor)
        .count();
    put("alarms.major_or_critical", serious.into());
    for context in bgp::contexts(cx, chassis).await? {
        let summary = bgp::summary(cx, chassis, &context).await?;
        for peer in summary.peers {
            let prefixes = match peer.state {
                bgp_summary::State::Established { prefixes } => prefixes.into(),
                _ => Value::from("down"),
            };
            put(
                &format!("bgp.{context}.{}.prefixes", peer.address),
                prefixes,
            );
        }
    }
    let crashes = cx
        .read(chassis, "show crash list", crash_list::parse)
        .await?;
    put("crashes", crashes.total.into());
    Ok(facts)
}
