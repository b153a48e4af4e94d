//! A run from its header (or its journal) to its end: what `run`, `resume` and a dry run share.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use tokio::sync::mpsc;

use super::control::Request;
use super::event::{Record, Started, Trap};
use super::journal::Journal;
use super::run::Run;
use super::runner::{self, Beforehand, Finished, Observer, Setup};
use super::world::{self, Surroundings};
use crate::device::traps::{Subscription, Traps};
use crate::net::{Clock, Network};
use crate::playbook::Inventory;
use crate::playbook::plan::Plan;

/// Everything a run needs.
pub struct Launch<'a> {
    pub plan: Arc<Plan>,
    pub inventory: &'a Inventory,
    pub surroundings: Surroundings,
    pub journal: Journal,
    /// What the journal holds already; empty for a new run.
    pub history: Vec<Record>,
    /// The header of a new run; `None` resumes.
    pub started: Option<Started>,
    pub observers: Vec<Observer>,
    pub requests: mpsc::Receiver<Request>,
    pub approved: Beforehand,
}

/// Why a run did not get to its end.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    World(#[from] world::Error),
    #[error(transparent)]
    Runner(#[from] runner::Error),
    #[error("trap community: {0}")]
    Community(crate::playbook::inventory::SecretError),
}

/// How many traps may wait for the journal.
const TRAPS: usize = 1024;

/// Carries a run out.
///
/// # Errors
/// What kept it from beginning, or a journal that cannot be written any more.
pub async fn go(launch: Launch<'_>) -> Result<Finished, Error> {
    let pair = &launch.inventory.pairs[&launch.plan.pair];
    let network = Arc::clone(&launch.surroundings.network);
    let (heard, traps) = mpsc::channel(TRAPS);
    let clock = launch.surroundings.clock.clone();
    let listener = listen(launch.inventory, network.as_ref(), clock, heard).await?;
    let world = Arc::new(world::build(launch.inventory, pair, launch.surroundings)?);
    let setup = Setup {
        run: Run::new(launch.plan),
        journal: launch.journal,
        history: launch.history,
        started: launch.started,
        world: Arc::clone(&world),
        observers: launch.observers,
        requests: launch.requests,
        traps,
        approved: launch.approved,
    };
    let finished = runner::run(setup).await;
    drop(listener);
    for device in world.devices.values() {
        device.lock().await.close().await;
    }
    Ok(finished?)
}

/// Starts to listen for traps, if the inventory says where. A run goes without them if need be:
/// they only hurry what a poll decides.
async fn listen(
    inventory: &Inventory,
    network: &dyn Network,
    clock: Clock,
    heard: mpsc::Sender<(Trap, Option<String>)>,
) -> Result<Option<Traps>, Error> {
    let Some(traps) = &inventory.traps else {
        return Ok(None);
    };
    let mut communities = Vec::new();
    for community in &traps.communities {
        communities.push(community.resolve().map_err(Error::Community)?);
    }
    let socket = match network.bind(traps.listen).await {
        Ok(socket) => socket,
        Err(error) => {
            tracing::warn!(
                "no traps will be heard: cannot listen on {}: {error} (ports below 1024 need \
                 privileges); every wait polls all the same",
                traps.listen
            );
            return Ok(None);
        }
    };
    let mut sources: BTreeMap<IpAddr, String> = BTreeMap::new();
    for (name, chassis) in &inventory.chassis {
        if let Ok(address) = network.resolve(&chassis.address, chassis.port).await {
            sources.insert(address.ip(), name.clone());
        }
        sources.extend(chassis.trap_sources.iter().map(|ip| (*ip, name.clone())));
    }
    let traps = Traps::listen(socket, communities, sources, clock);
    tokio::spawn(hear(traps.subscribe(), heard));
    Ok(Some(traps))
}

async fn hear(mut traps: Subscription, heard: mpsc::Sender<(Trap, Option<String>)>) {
    while let Some(notification) = traps.next().await {
        let trap = Trap {
            from: notification
                .chassis
                .clone()
                .unwrap_or_else(|| notification.from.ip().to_string()),
            name: notification.name,
            varbinds: notification.varbinds.into_iter().collect(),
        };
        if heard.send((trap, notification.chassis)).await.is_err() {
            return;
        }
    }
}
