//! One night, from dusk to the last event, in virtual time.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc;

use super::lab::{self, Member};
use super::traffic::{self, Stretch};
use crate::action::context::{Keep, Programs};
use crate::emulator::host::{self, Handle, Networks};
use crate::engine::event::{Record, Started};
use crate::engine::journal::Journal;
use crate::engine::launch::{self, Launch};
use crate::engine::runner::{Beforehand, Ending, Observer};
use crate::engine::world::Surroundings;
use crate::net::Clock;
use crate::net::memory::Fabric;
use crate::playbook::{Inventory, Plan};
use crate::proto::srp::State;

/// What a night is made from.
pub struct Script<'a> {
    pub plan: &'a Arc<Plan>,
    pub inventory: &'a Inventory,
    pub started: Started,
    /// Everything that looks like chance comes from here.
    pub seed: u64,
    pub observers: Vec<Observer>,
}

/// What a night left.
pub struct Night {
    pub ending: Ending,
    pub journal: Vec<u8>,
    pub records: Vec<Record>,
    /// When the run began, on the world's clock, and what the calendar said.
    pub began: (Duration, Timestamp),
    /// Virtual time the run took.
    pub took: Duration,
    pub traffic: Vec<Stretch>,
    /// Real time for everything, chassis included.
    pub real: Duration,
}

/// What keeps a night from being rehearsed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Lab(#[from] lab::Error),
    #[error(transparent)]
    Launch(#[from] launch::Error),
    #[error("the rehearsal stood still: nothing would have happened for 30 days of virtual time")]
    Deadlock,
    #[error("cannot start a thread for the rehearsal: {0}")]
    Thread(std::io::Error),
}

/// Where every rehearsed world begins.
const DUSK: &str = "2026-01-15T01:30:00Z";
/// How long a pair may take to find its roles and synchronize its sessions before the run begins.
const SETTLING: Duration = Duration::from_secs(1800);
/// One in so many sessions may be missing on the Standby of a settled pair: the youngest minute of
/// calls is not checkpointed yet, which is 3 % where a call lasts half an hour.
const PARITY: u64 = 25;
/// How often a settling pair is looked at.
const LOOK: Duration = Duration::from_secs(10);
/// A night that takes longer has run into a deadlock: a bug, said out loud.
const TOO_LONG: Duration = Duration::from_secs(30 * 86_400);
/// The runtime's thread has debug builds' deep futures on its stack.
const STACK: usize = 16 << 20;

/// The first line of a dry run: what it proves and what it does not.
pub fn scope(plan: &Plan, inventory: &Inventory) -> String {
    let pair = &inventory.pairs[&plan.pair];
    let profile = |name: &String| inventory.chassis[name].profile.clone().unwrap_or_default();
    format!(
        "DRY RUN: the good night on emulated chassis in virtual time; no socket is opened, no device is touched. \
         {} ({}) and {} ({}) are stand-ins: engine, drivers and protocols are the real ones, the devices are not.",
        pair.primary,
        profile(&pair.primary),
        pair.backup,
        profile(&pair.backup)
    )
}

/// Lives through the good night.
///
/// # Errors
/// When the inventory cannot be emulated.
///
/// # Panics
/// With whatever the rehearsed code panics with: that is a bug.
pub fn good_night(script: Script<'_>) -> Result<Night, Error> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .name("rehearsal".to_owned())
            .stack_size(STACK);
        let night = thread
            .spawn_scoped(scope, || in_virtual_time(script))
            .map_err(Error::Thread)?;
        night
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

fn in_virtual_time(script: Script<'_>) -> Result<Night, Error> {
    // No I/O driver: a stray real socket panics instead of letting time run away.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build();
    let runtime = runtime.map_err(Error::Thread)?;
    let stopwatch = crate::net::clock::Stopwatch::start();
    let night = runtime.block_on(async {
        tokio::time::timeout(TOO_LONG, live_through(script))
            .await
            .map_err(|_| Error::Deadlock)?
    });
    let real = stopwatch.elapsed();
    runtime.shutdown_background();
    night.map(|night| Night { real, ..night })
}

async fn live_through(script: Script<'_>) -> Result<Night, Error> {
    let clock = Clock::starting_at(DUSK.parse().expect("the constant is a time"));
    let fabric = Fabric::new();
    let inventory = lab::stand_in(script.inventory);
    let chassis = raise(&inventory, &script.plan.pair, script.seed, &fabric, &clock).await?;
    let _settled = settle(&chassis, &clock).await;
    let began = (clock.elapsed(), clock.now());
    let records = Arc::new(Mutex::new(Vec::new()));
    let mut observers = script.observers;
    observers.push(recorder(Arc::clone(&records)));
    let operator = inventory
        .traps
        .as_ref()
        .map_or(lab::OPERATOR, |traps| traps.listen.ip());
    let (_requests, nobody_asks) = mpsc::channel(1);
    let finished = launch::go(Launch {
        plan: Arc::clone(script.plan),
        inventory: &inventory,
        surroundings: Surroundings {
            network: Arc::new(fabric.host(operator)),
            clock: clock.clone(),
            programs: Programs::DryRun,
            keep: Keep::Memory(Mutex::default()),
            transcripts: None,
            trust_host_keys: true,
        },
        journal: Journal::in_memory(),
        history: Vec::new(),
        started: Some(script.started),
        observers,
        requests: nobody_asks,
        approved: Beforehand {
            by: "the dry run".to_owned(),
            all: true,
            ..Beforehand::default()
        },
    })
    .await?;
    let ended = clock.elapsed();
    let changes: BTreeMap<_, _> = chassis
        .iter()
        .map(|(name, handle)| {
            (
                name.clone(),
                handle.with(|chassis| chassis.truth().traffic.clone()),
            )
        })
        .collect();
    let records = std::mem::take(&mut *records.lock().expect("nobody panics taking a record"));
    Ok(Night {
        ending: finished.ending,
        journal: finished.journal.bytes().to_vec(),
        records,
        began,
        took: ended - began.0,
        traffic: traffic::stretches(&changes, began.0, ended),
        real: Duration::ZERO,
    })
}

fn recorder(records: Arc<Mutex<Vec<Record>>>) -> Observer {
    Box::new(move |record: &Record| {
        records
            .lock()
            .expect("nobody panics taking a record")
            .push(record.clone());
    })
}

/// Puts the chassis of a pair on the fabric.
async fn raise(
    inventory: &Inventory,
    pair: &str,
    seed: u64,
    fabric: &Fabric,
    clock: &Clock,
) -> Result<BTreeMap<String, Handle>, lab::Error> {
    let mut handles = BTreeMap::new();
    for Member {
        spec,
        redundancy,
        host_name,
    } in lab::members(inventory, pair, seed)?
    {
        let (name, address) = (spec.name.clone(), spec.address);
        if let Some(host_name) = host_name {
            fabric.name(host_name, address);
        }
        let networks = Networks {
            management: Arc::new(fabric.host(address)),
            redundancy: Arc::new(fabric.host(redundancy)),
            power: Some(power(fabric.clone(), address)),
        };
        handles.insert(name, host::start(spec, networks, clock.clone()).await?);
    }
    Ok(handles)
}

fn power(fabric: Fabric, address: IpAddr) -> Arc<dyn Fn(bool) + Send + Sync> {
    Arc::new(move |up| fabric.set_up(address, up))
}

/// Lets the pair find its roles and synchronize, and says whether it has. A pair that cannot (a
/// fault says so) is what the run then meets.
pub(super) async fn settle(chassis: &BTreeMap<String, Handle>, clock: &Clock) -> bool {
    while clock.elapsed() < SETTLING {
        clock.sleep(LOOK).await;
        let looks: Vec<_> = chassis.values().map(|handle| handle.with(look)).collect();
        let active = looks.iter().find(|look| look.state == State::Active);
        let standby = looks.iter().find(|look| look.state == State::Standby);
        if let (Some(active), Some(standby)) = (active, standby)
            && active.sessions > 0
            && active.sessions.abs_diff(standby.preallocated) * PARITY <= active.sessions
        {
            return true;
        }
    }
    false
}

struct Look {
    state: State,
    sessions: u64,
    preallocated: u64,
}

fn look(chassis: &mut crate::emulator::chassis::Chassis) -> Look {
    let (state, preallocated) = chassis.srp().map_or((State::Init, 0), |peer| {
        (peer.state(), u64::from(peer.totals().pre_allocated))
    });
    Look {
        state,
        sessions: chassis.subscribers_total(),
        preallocated,
    }
}
