//! The engine alone, without devices: steps a second through `Run::apply`.
//!
//! A step is three applications: the event that made it ready, its start and its end. The cost of
//! a step must not depend on how many there are: compare the rates of the four sizes.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use cutover::action::fields::Span;
use cutover::action::outcome::{Facts, Outcome};
use cutover::action::{Action, pause};
use cutover::engine::event::{Event, Started};
use cutover::engine::run::{Effect, Run};
use cutover::playbook::plan::{OnFailure, Plan, Step};
use indexmap::IndexMap;
use jiff::Timestamp;
use petgraph::graph::DiGraph;

/// Steps that become ready together; each waits for two of the row before.
const ROW: usize = 10;

fn plan(steps: usize) -> Plan {
    let step = |index: usize| {
        let above = index.checked_sub(ROW);
        let beside = above.map(|above| above - above % ROW + (above + 1) % ROW);
        Step {
            id: format!("step-{index}"),
            on: None,
            needs: above.into_iter().chain(beside).collect(),
            action: Action::Pause(pause::Spec {
                length: Span::seconds(1),
                reason: "a step that costs nothing".to_owned(),
            }),
            undo: None,
            no_undo: None,
            if_done: Vec::new(),
            on_failure: OnFailure::Stop,
            attempts: 1,
            optional: false,
            expect: None,
        }
    };
    Plan {
        name: "benchmark".to_owned(),
        summary: String::new(),
        pair: "none".to_owned(),
        vars: IndexMap::new(),
        steps: (0..steps).map(step).collect(),
        main: steps,
        graph: DiGraph::new(),
        hash: String::new(),
    }
}

/// What the runner would record, made beforehand: the engine is measured, not the formatting.
struct Script {
    begin: Event,
    started: Vec<Event>,
    finished: Vec<Event>,
}

fn script(plan: &Plan) -> Script {
    let started = |step: &Step| Event::StepStarted {
        step: step.id.clone(),
        attempt: 1,
        on: None,
    };
    let finished = |step: &Step| Event::StepFinished {
        step: step.id.clone(),
        attempt: 1,
        outcome: Outcome::Done,
        detail: String::new(),
        hint: None,
        transient: false,
        facts: Facts::new(),
    };
    Script {
        begin: Event::RunStarted(Started {
            run: "benchmark".to_owned(),
            playbook: plan.name.clone(),
            hash: String::new(),
            pair: plan.pair.clone(),
            primary: "east".to_owned(),
            backup: "west".to_owned(),
            dry_run: true,
            cutover: String::new(),
            vars: IndexMap::new(),
        }),
        started: plan.steps.iter().map(started).collect(),
        finished: plan.steps.iter().map(finished).collect(),
    }
}

/// Carries the whole graph out; every step must have been started.
fn carry_out(run: &mut Run, script: &Script) {
    let at = Timestamp::UNIX_EPOCH;
    let mut effects = std::collections::VecDeque::from(run.apply(at, &script.begin));
    let mut done = 0;
    while let Some(effect) = effects.pop_front() {
        if let Effect::Start { step, .. } = effect {
            effects.extend(run.apply(at, &script.started[step]));
            effects.extend(run.apply(at, &script.finished[step]));
            done += 1;
        }
    }
    assert_eq!(done, script.started.len(), "a step was never started");
}

fn engine(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("engine");
    group
        .sample_size(10)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    for steps in [100, 1_000, 10_000, 100_000] {
        let plan = Arc::new(plan(steps));
        let script = script(&plan);
        group.throughput(Throughput::Elements(steps as u64));
        group.bench_function(BenchmarkId::new("steps", steps), |bench| {
            bench.iter_batched(
                || Run::new(Arc::clone(&plan)),
                |mut run| {
                    carry_out(&mut run, &script);
                    black_box(run)
                },
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

criterion_group!(benches, engine);
criterion_main!(benches);
