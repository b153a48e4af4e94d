//! One playbook over loopback sockets and over memory: the same events, times, traps and what
//! steps see on their way aside.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use cutover::action::context::{Keep, Programs};
use cutover::engine::event::{Event, Record, Started, Verdict};
use cutover::engine::journal::Journal;
use cutover::engine::launch::{self, Launch};
use cutover::engine::runner::Beforehand;
use cutover::engine::world::Surroundings;
use cutover::net::sockets::Sockets;
use cutover::playbook::{self, Inventory, Plan};
use cutover::rehearsal::stage::{Options, Stage};
use cutover::rehearsal::{Script, good_night, lab};
use tokio::sync::mpsc;

/// Emulated seconds in a real one.
const SPEED: f64 = 100.0;

fn read(path: &str) -> String {
    playbook::read_file(&Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

fn inventory(text: &str) -> Inventory {
    Inventory::load(text, "lab").unwrap_or_else(|error| panic!("{error}"))
}

fn plan(path: &str, vars: &[(&str, &str)], inventory: &Inventory) -> Arc<Plan> {
    let vars: Vec<_> = vars
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let plan = playbook::load(&read(path), path, &vars, Some(inventory));
    Arc::new(plan.unwrap_or_else(|error| panic!("{error}")))
}

fn header(plan: &Plan, inventory: &Inventory) -> Started {
    let pair = &inventory.pairs[&plan.pair];
    Started {
        run: "parity".to_owned(),
        playbook: plan.name.clone(),
        hash: plan.hash.clone(),
        pair: plan.pair.clone(),
        primary: pair.primary.clone(),
        backup: pair.backup.clone(),
        dry_run: false,
        cutover: "test".to_owned(),
        vars: plan.vars.clone(),
    }
}

fn in_memory(plan: &Arc<Plan>, inventory: &Inventory) -> Vec<Record> {
    let script = Script {
        plan,
        inventory,
        started: header(plan, inventory),
        seed: 0,
        observers: Vec::new(),
    };
    good_night(script)
        .unwrap_or_else(|error| panic!("{error}"))
        .records
}

fn on_loopback(plan: &Arc<Plan>, lab: &Inventory) -> Vec<Record> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let options = Options {
            speed: SPEED,
            seed: 0,
        };
        let stage = Stage::raise(lab, options).await.unwrap();
        assert_eq!(stage.settle().await, Vec::<String>::new());
        let reached = inventory(&stage.reached_by(lab));
        let records = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&records);
        let (_requests, nobody_asks) = mpsc::channel(1);
        let launch = Launch {
            plan: Arc::clone(plan),
            inventory: &reached,
            surroundings: Surroundings {
                network: Arc::new(Sockets),
                // The run lives in the time of the chassis, as it does in memory.
                clock: stage.clock().clone(),
                programs: Programs::DryRun,
                keep: Keep::Memory(Mutex::default()),
                transcripts: None,
                trust_host_keys: false,
            },
            journal: Journal::in_memory(),
            history: Vec::new(),
            started: Some(header(plan, &reached)),
            observers: vec![Box::new(move |record: &Record| {
                heard.lock().unwrap().push(record.clone());
            })],
            requests: nobody_asks,
            approved: Beforehand {
                by: "the dry run".to_owned(),
                all: true,
                ..Beforehand::default()
            },
        };
        let finished = launch::go(launch).await.unwrap_or_else(|e| panic!("{e}"));
        let records = std::mem::take(&mut *records.lock().unwrap());
        let said: Vec<_> = records.iter().map(|record| &record.event).collect();
        assert_eq!(finished.ending.verdict, Verdict::Completed, "{said:#?}");
        records
    })
}

/// What happened, by chassis: two chassis that are looked at side by side have no order.
fn lanes(records: &[Record]) -> BTreeMap<String, Vec<String>> {
    let mut lanes: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut place: BTreeMap<String, String> = BTreeMap::new();
    for record in records {
        let (lane, text) = match &record.event {
            Event::StepStarted { step, attempt, on } => {
                let lane = on.clone().unwrap_or_else(|| "the pair".to_owned());
                place.insert(step.clone(), lane.clone());
                (lane, format!("{step} starts, attempt {attempt}"))
            }
            Event::Intent {
                step,
                chassis,
                command,
                ..
            } => (chassis.clone(), format!("{step}: {command}")),
            Event::StepFinished {
                step,
                attempt,
                outcome,
                transient,
                facts,
                ..
            } => {
                let lane = place.get(step).map_or("the pair", String::as_str);
                let left: Vec<_> = facts.keys().collect();
                let text = format!("{step} {outcome}, {attempt}, {transient}, leaves {left:?}");
                (lane.to_owned(), text)
            }
            Event::StepProgress { .. } | Event::TrapReceived(_) => continue,
            Event::RunStarted(_) => ("the run".to_owned(), "starts".to_owned()),
            Event::Assessed { serving, detail } => {
                ("the run".to_owned(), format!("{serving}, {detail}"))
            }
            other => ("the run".to_owned(), format!("{other:?}")),
        };
        lanes.entry(lane).or_default().push(text);
    }
    lanes
}

fn same(path: &str, vars: &[(&str, &str)], lab: &str) {
    let lab = lab::stand_in(&inventory(&read(lab)));
    let plan = plan(path, vars, &lab);
    let (memory, loopback) = (in_memory(&plan, &lab), on_loopback(&plan, &lab));
    let traps = |records: &[Record]| {
        let heard = |record: &&Record| matches!(record.event, Event::TrapReceived(_));
        records.iter().filter(heard).count()
    };
    assert!(traps(&memory) > 0 && traps(&loopback) > 0);
    pretty(&lanes(&memory), &lanes(&loopback));
}

fn pretty(memory: &BTreeMap<String, Vec<String>>, loopback: &BTreeMap<String, Vec<String>>) {
    for (lane, events) in memory {
        let other = loopback.get(lane).cloned().unwrap_or_default();
        assert_eq!(&other, events, "on {lane}: over loopback, over memory");
    }
    assert_eq!(memory.len(), loopback.len());
}

#[test]
fn half_an_upgrade_is_the_same_over_sockets_and_over_memory() {
    let vars = [("poll", "10s"), ("patience", "20m")];
    same("tests/resume/half.yaml", &vars, "tests/resume/lab.yaml");
}

#[test]
fn the_shipped_upgrade_is_the_same_over_sockets_and_over_memory() {
    let vars = [
        ("image", "/flash/qvpc-si-21.28.3.bin.SPA"),
        (
            "source",
            "sftp://images.example.net/qvpc-si-21.28.3.bin.SPA",
        ),
        ("soak", "1m"),
        ("poll", "10s"),
    ];
    same(
        "playbooks/icsr-upgrade.yaml",
        &vars,
        "playbooks/lab-vpc.yaml",
    );
}
