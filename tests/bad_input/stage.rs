//! A night on the emulated lab in which things go wrong: before it, or in the middle of it.
//!
//! The engine, the drivers and the chassis are the shipping ones, joined by the in-memory network
//! in virtual time; only the joining is done here, so that a test can hold the chassis, the
//! network and the operator's requests in its hand while the run goes on.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cutover::action::context::{Keep, Programs};
use cutover::emulator::boot::Entry;
use cutover::emulator::chassis::Chassis;
use cutover::emulator::host::{self, Handle, Networks};
use cutover::emulator::truth::Truth;
use cutover::engine::control::Request;
use cutover::engine::event::{Event, Record, Started};
use cutover::engine::journal::Journal;
use cutover::engine::launch::{self, Launch};
use cutover::engine::runner::Beforehand;
use cutover::engine::world::Surroundings;
use cutover::net::Clock;
use cutover::net::memory::Fabric;
use cutover::playbook::{self, Inventory, Plan};
use cutover::proto::srp::State;
use cutover::rehearsal::lab::{self, Member};
use cutover::rehearsal::traffic;
use tokio::sync::mpsc;

use crate::morning::Morning;

pub const EAST: &str = "ha-east";
pub const WEST: &str = "ha-west";
pub const OLD: &str = "21.26.9";
pub const NEW: &str = "21.28.3";
pub const NEW_IMAGE: &str = "/flash/asr5500-21.28.3.bin.SPA";

/// What the lab's `emulated:` sections have unless a test says otherwise.
const REMOTE: &str = "remote_images: { asr5500-21.28.3.bin.SPA: { version: 21.28.3 } }";

/// Everything a meddler can reach.
pub struct Stage {
    pub chassis: BTreeMap<String, Handle>,
    pub fabric: Fabric,
    pub clock: Clock,
    requests: mpsc::Sender<Request>,
}

impl Stage {
    pub fn with<R>(&self, name: &str, act: impl FnOnce(&mut Chassis) -> R) -> R {
        self.chassis[name].with(act)
    }

    /// What another terminal asks of the run.
    pub fn ask(&self, request: Request) {
        self.requests
            .try_send(request)
            .expect("few requests are made");
    }

    /// Takes the management address of a chassis off the network, or puts it back.
    pub fn set_up(&self, name: &str, up: bool) {
        self.fabric
            .set_up(self.chassis[name].ssh_address().ip(), up);
    }

    /// The chassis does as if somebody had typed `srp initiate-switchover` on its console; one that
    /// refuses, refuses.
    pub fn switch_over(&self, name: &str) {
        self.with(name, |chassis| {
            let now = chassis.now();
            let _ = chassis.srp_initiate_switchover(now, false);
        });
    }
}

pub type Meddler = Box<dyn FnMut(&Record, &Arc<Stage>) + Send>;
type Prepare = Box<dyn FnOnce(&Stage) + Send>;

/// What the night is made from; starts as the shipped playbook in the shipped lab.
pub struct Night {
    pub playbook: String,
    pub vars: Vec<(&'static str, String)>,
    /// Further fields of `emulated:` of the two chassis, in flow style.
    pub east: String,
    pub west: String,
    /// Fields of the two inventory entries beside `emulated:`, in flow style.
    pub east_entry: String,
    pub west_entry: String,
    pub pair: &'static str,
    /// Changes what the operator believes, not what the chassis are.
    pub operator: Box<dyn FnOnce(&mut Inventory) + Send>,
    /// Believe every host key.
    pub trust: bool,
    dusk: Vec<Prepare>,
    meddlers: Vec<Meddler>,
    seed: u64,
}

pub fn night() -> Night {
    Night {
        playbook: include_str!("../../playbooks/icsr-upgrade.yaml").to_owned(),
        vars: vec![],
        east: REMOTE.to_owned(),
        west: REMOTE.to_owned(),
        east_entry: String::new(),
        west_entry: String::new(),
        pair: "primary: ha-east, backup: ha-west",
        operator: Box::new(|_| ()),
        trust: true,
        dusk: vec![],
        meddlers: vec![],
        seed: 7,
    }
}

impl Night {
    /// Adds to the `emulated:` section of the primary.
    pub fn east(mut self, more: &str) -> Self {
        self.east = format!("{}, {more}", self.east);
        self
    }

    /// Adds to the `emulated:` section of the backup.
    pub fn west(mut self, more: &str) -> Self {
        self.west = format!("{}, {more}", self.west);
        self
    }

    pub fn both(self, more: &str) -> Self {
        self.east(more).west(more)
    }

    pub fn remote(mut self, image: &str) -> Self {
        let remote = format!("remote_images: {{ {image} }}");
        self.east = remote.clone();
        self.west = remote;
        self
    }

    pub fn var(mut self, name: &'static str, value: &str) -> Self {
        self.vars.push((name, value.to_owned()));
        self
    }

    /// Does something when the pair has settled, before the run begins.
    pub fn dusk(mut self, prepare: impl FnOnce(&Stage) + Send + 'static) -> Self {
        self.dusk.push(Box::new(prepare));
        self
    }

    /// Does something once, when the first event of this kind is recorded.
    pub fn when(
        mut self,
        is: impl Fn(&Event) -> bool + Send + 'static,
        act: impl FnOnce(&Arc<Stage>) + Send + 'static,
    ) -> Self {
        let mut act = Some(act);
        self.meddlers.push(Box::new(move |record, stage| {
            if is(&record.event)
                && let Some(act) = act.take()
            {
                act(stage);
            }
        }));
        self
    }

    /// Does something when a step starts.
    pub fn at_start(
        self,
        id: &'static str,
        act: impl FnOnce(&Arc<Stage>) + Send + 'static,
    ) -> Self {
        self.when(
            move |event| matches!(event, Event::StepStarted { step, .. } if step == id),
            act,
        )
    }

    /// Does something when a step has announced its command and before it is sent.
    pub fn at_intent(
        self,
        id: &'static str,
        act: impl FnOnce(&Arc<Stage>) + Send + 'static,
    ) -> Self {
        self.when(
            move |event| matches!(event, Event::Intent { step, .. } if step == id),
            act,
        )
    }

    /// Does something some time after a step has announced its command.
    pub fn after_intent(
        self,
        id: &'static str,
        wait: Duration,
        act: impl FnOnce(&Arc<Stage>) + Send + 'static,
    ) -> Self {
        self.at_intent(id, move |stage| {
            let stage = Arc::clone(stage);
            tokio::spawn(async move {
                stage.clock.sleep(wait).await;
                act(&stage);
            });
        })
    }

    /// Lives through it, in a world of its own.
    pub fn live(self) -> Morning {
        std::thread::Builder::new()
            .stack_size(32 << 20)
            .spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_time()
                    .start_paused(true)
                    .build()
                    .unwrap();
                let limit = Duration::from_secs(5 * 86_400);
                let morning =
                    runtime.block_on(async { tokio::time::timeout(limit, self.pass()).await });
                runtime.shutdown_background();
                morning.expect("the night never ended")
            })
            .unwrap()
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }

    fn inventory(&self) -> String {
        let chassis = |name: &str, address: &str, entry: &str, emulated: &str| {
            format!(
                "  {name}:\n    os: staros\n    address: {address}\n    \
                 login: {{ user: ops, password: lab }}\n    host_key: accept_new\n    \
                 profile: asr5500-21\n{entry}    emulated: {{ release: {OLD}, {emulated} }}\n"
            )
        };
        format!(
            "chassis:\n{}{}pairs:\n  east-west: {{ kind: icsr, {} }}\ntraps:\n  \
             listen: 192.0.2.100:162\n  communities: [public]\n",
            chassis(EAST, "192.0.2.10", &self.east_entry, &self.east),
            chassis(WEST, "192.0.2.11", &self.west_entry, &self.west),
            self.pair
        )
    }

    fn plan(&self, inventory: &Inventory) -> Plan {
        let vars: Vec<_> = self
            .vars
            .iter()
            .map(|(k, v)| ((*k).to_owned(), v.clone()))
            .collect();
        playbook::load(&self.playbook, "playbook.yaml", &vars, Some(inventory))
            .unwrap_or_else(|found| panic!("{found}"))
    }

    async fn pass(mut self) -> Morning {
        let text = self.inventory();
        let real = Inventory::load(&text, "lab.yaml").unwrap_or_else(|found| panic!("{found}"));
        let plan = Arc::new(self.plan(&real));
        let mut believed = real.clone();
        std::mem::replace(&mut self.operator, Box::new(|_| ()))(&mut believed);
        let clock = Clock::starting_at("2026-01-15T01:30:00Z".parse().unwrap());
        let fabric = Fabric::with_latency(Duration::from_millis(10));
        let mut chassis = BTreeMap::new();
        for member in lab::members(&real, &plan.pair, self.seed).unwrap() {
            chassis.insert(
                member.spec.name.clone(),
                raise(member, &fabric, &clock).await,
            );
        }
        let (requests, requested) = mpsc::channel(16);
        let stage = Arc::new(Stage {
            chassis,
            fabric: fabric.clone(),
            clock: clock.clone(),
            requests,
        });
        settle(&stage).await;
        for prepare in std::mem::take(&mut self.dusk) {
            prepare(&stage);
        }
        let before = stage.look();
        let began = clock.elapsed();
        let records = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&records);
        let (mut meddlers, hands) = (std::mem::take(&mut self.meddlers), Arc::clone(&stage));
        let observer = move |record: &Record| {
            kept.lock().unwrap().push(record.clone());
            meddlers
                .iter_mut()
                .for_each(|meddle| meddle(record, &hands));
        };
        let started = Started {
            run: "test".into(),
            playbook: plan.name.clone(),
            hash: plan.hash.clone(),
            pair: plan.pair.clone(),
            primary: believed.pairs[&plan.pair].primary.clone(),
            backup: believed.pairs[&plan.pair].backup.clone(),
            dry_run: true,
            cutover: String::new(),
            vars: plan.vars.clone(),
        };
        let operator = "192.0.2.100".parse().unwrap();
        let finished = launch::go(Launch {
            plan: Arc::clone(&plan),
            inventory: &believed,
            surroundings: Surroundings {
                network: Arc::new(fabric.host(operator)),
                clock: clock.clone(),
                programs: Programs::DryRun,
                keep: Keep::Memory(Mutex::default()),
                transcripts: None,
                trust_host_keys: self.trust,
            },
            journal: Journal::in_memory(),
            history: Vec::new(),
            started: Some(started),
            observers: vec![Box::new(observer)],
            requests: requested,
            approved: Beforehand {
                by: "the test".into(),
                all: true,
                ..Beforehand::default()
            },
        })
        .await
        .unwrap_or_else(|error| panic!("{error}"));
        let ended = clock.elapsed();
        let changes = stage
            .chassis
            .iter()
            .map(|(name, handle)| {
                let traffic = handle.with(|chassis| chassis.truth().traffic.clone());
                (name.clone(), traffic)
            })
            .collect();
        let records = std::mem::take(&mut *records.lock().unwrap());
        Morning {
            ending: finished.ending,
            records,
            before,
            after: stage.look(),
            traffic: traffic::stretches(&changes, began, ended),
        }
    }
}

async fn raise(member: Member, fabric: &Fabric, clock: &Clock) -> Handle {
    let address = member.spec.address;
    let power = fabric.clone();
    let networks = Networks {
        management: Arc::new(fabric.host(address)),
        redundancy: Arc::new(fabric.host(member.redundancy)),
        power: Some(Arc::new(move |up| power.set_up(address, up))),
    };
    host::start(member.spec, networks, clock.clone())
        .await
        .unwrap()
}

/// Half an hour is enough for any pair that can settle at all.
async fn settle(stage: &Stage) {
    stage.clock.sleep(Duration::from_secs(1800)).await;
}

/// One chassis at one moment, by its own ground truth.
#[derive(Clone, Debug)]
pub struct Seen {
    pub truth: Truth,
    /// The release that runs (or ran last).
    pub software: String,
    pub stack: Vec<Entry>,
    /// The configuration it was booted with.
    pub config: String,
    pub state: State,
    pub files: Vec<(String, u64)>,
}

impl Stage {
    fn look(&self) -> BTreeMap<String, Seen> {
        let seen = |handle: &Handle| {
            handle.with(|chassis| Seen {
                truth: chassis.truth().clone(),
                software: chassis.software().version.clone(),
                stack: chassis.boot[0].entries.clone(),
                config: chassis.boot_config_path().to_owned(),
                state: chassis.srp().map_or(State::Init, |peer| peer.state()),
                files: chassis.flash[0]
                    .files
                    .iter()
                    .map(|(name, file)| (name.clone(), file.size))
                    .collect(),
            })
        };
        self.chassis
            .iter()
            .map(|(name, handle)| (name.clone(), seen(handle)))
            .collect()
    }
}
