//! One fsync for each impact step, never two: the upgrade against emulated chassis, journalled on
//! a real disk.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cutover::action::context::{Keep, Programs};
use cutover::emulator::host::{self, Networks};
use cutover::engine::event::{Event, Record, Started, Verdict};
use cutover::engine::journal::{self, Journal};
use cutover::engine::launch::{self, Launch};
use cutover::engine::runner::{Beforehand, Finished};
use cutover::engine::world::Surroundings;
use cutover::net::Clock;
use cutover::net::memory::Fabric;
use cutover::playbook::{self, Inventory, Plan};
use cutover::rehearsal::lab::{self, Member};

/// Long enough for the pair to elect its roles and to synchronize every session.
const SETTLING: Duration = Duration::from_secs(300);

fn shipped(name: &str) -> String {
    let path = format!("{}/playbooks/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap()
}

async fn upgrade(plan: &Arc<Plan>, inventory: &Inventory, journal: Journal) -> Finished {
    let clock = Clock::starting_at("2026-01-15T01:30:00Z".parse().unwrap());
    let fabric = Fabric::new();
    let inventory = lab::stand_in(inventory);
    let mut chassis = Vec::new();
    for Member {
        spec, redundancy, ..
    } in lab::members(&inventory, &plan.pair, 0).unwrap()
    {
        let (power, address) = (fabric.clone(), spec.address);
        let networks = Networks {
            management: Arc::new(fabric.host(address)),
            redundancy: Arc::new(fabric.host(redundancy)),
            power: Some(Arc::new(move |up| power.set_up(address, up))),
        };
        chassis.push(host::start(spec, networks, clock.clone()).await.unwrap());
    }
    clock.sleep(SETTLING).await;
    let pair = &inventory.pairs[&plan.pair];
    let operator = inventory.traps.as_ref().unwrap().listen.ip();
    let (_requests, nobody_asks) = tokio::sync::mpsc::channel(1);
    let launch = Launch {
        plan: Arc::clone(plan),
        inventory: &inventory,
        surroundings: Surroundings {
            network: Arc::new(fabric.host(operator)),
            clock: clock.clone(),
            programs: Programs::DryRun,
            keep: Keep::Memory(Mutex::default()),
            transcripts: None,
            trust_host_keys: true,
        },
        journal,
        history: Vec::new(),
        started: Some(Started {
            run: "syncs".to_owned(),
            playbook: plan.name.clone(),
            hash: plan.hash.clone(),
            pair: plan.pair.clone(),
            primary: pair.primary.clone(),
            backup: pair.backup.clone(),
            dry_run: true,
            cutover: String::new(),
            vars: plan.vars.clone(),
        }),
        observers: Vec::new(),
        requests: nobody_asks,
        approved: Beforehand {
            by: "the test".to_owned(),
            all: true,
            ..Beforehand::default()
        },
    };
    launch::go(launch).await.unwrap()
}

/// The commands each step was about to send, by step.
fn intents(records: &[Record]) -> BTreeMap<&str, Vec<&str>> {
    let mut intents: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for record in records {
        if let Event::Intent { step, command, .. } = &record.event {
            intents.entry(step).or_default().push(command);
        }
    }
    intents
}

#[test]
fn inv_36_each_command_that_changes_something_costs_one_fsync() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    let inventory = Inventory::load(&shipped("lab.yaml"), "lab.yaml").unwrap();
    let plan = playbook::load(
        &shipped("icsr-upgrade.yaml"),
        "icsr-upgrade.yaml",
        &[],
        Some(&inventory),
    );
    let plan = Arc::new(plan.unwrap_or_else(|wrong| panic!("{wrong}")));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.jsonl");
    let journal = Journal::create(&path).unwrap();
    let finished = runtime.block_on(upgrade(&plan, &inventory, journal));
    assert_eq!(finished.ending.verdict, Verdict::Completed);
    let records = journal::read(&path).unwrap();
    let intents = intents(&records);
    let commands: usize = intents.values().map(Vec::len).sum();
    let impact = |id: &str| {
        let step = plan.steps.iter().find(|step| step.id == id);
        step.is_some_and(|step| step.action.has_impact())
    };
    assert!(
        intents.len() >= 10,
        "the night changes many things: {intents:?}"
    );
    for (step, commands) in &intents {
        assert!(impact(step), "`{step}` sent {commands:?}, no impact step");
        // A configuration that is also saved off the box takes two commands.
        let saves = commands.iter().all(|c| c.starts_with("save configuration"));
        assert!(
            commands.len() == 1 || (saves && commands.len() == 2),
            "{step}: {commands:?}"
        );
    }
    assert_eq!(
        finished.journal.syncs(),
        1 + commands as u64,
        "one for the header, one for each command: {intents:?}"
    );
}
