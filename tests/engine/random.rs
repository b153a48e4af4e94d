//! Random graphs, random order, random requests, random deaths: the checks of `Night` hold, no
//! legal order of events panics, and every run ends.

use std::sync::Arc;

use crate::night::{Fate, Night, Script};
use crate::plans::{plan, step};
use cutover::engine::event::Event;
use cutover::playbook::plan::{On, OnFailure, Plan, Step};
use proptest::prelude::*;

/// Chance from one number, so that a failing night can be told again by it.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound.max(1)
    }

    fn one_in(&mut self, bound: usize) -> bool {
        self.below(bound) == 0
    }
}

fn random_step(chance: &mut Chance, at: usize, first: usize) -> Step {
    let verbs = [
        "check", "check", "image", "reload", "switch", "approve", "pause",
    ];
    let needs: Vec<_> = (first..at).filter(|_| chance.one_in(3)).collect();
    let mut spec = step(&format!("s{at}"), verbs[chance.below(verbs.len())], &needs);
    if spec.action.needs_chassis() {
        let roles = [On::Primary, On::Backup, On::Active, On::Standby];
        spec.on = Some(roles[chance.below(roles.len())]);
    }
    spec.optional = !spec.action.needs_undo() && chance.one_in(4);
    if !spec.action.has_impact() {
        spec.attempts = 1 + u32::try_from(chance.below(3)).unwrap();
    }
    if chance.one_in(2) {
        spec.on_failure = OnFailure::Fallback;
    }
    spec
}

fn random_plan(chance: &mut Chance) -> Arc<Plan> {
    let main = 1 + chance.below(12);
    let steps = (0..main).map(|at| random_step(chance, at, 0)).collect();
    let fallback = (main..main + chance.below(5))
        .map(|at| {
            let if_done = (0..main).filter(|_| chance.one_in(4)).collect();
            Step {
                if_done,
                ..random_step(chance, at, main)
            }
        })
        .collect();
    plan(steps, fallback)
}

fn random_script(chance: &mut Chance, plan: &Plan) -> Script {
    let mut script = Script::new();
    for step in &plan.steps {
        let fate = match chance.below(12) {
            0 => Fate::Refused,
            1 => Fate::Failed,
            2 => Fate::Transient(2),
            4 => Fate::Lost,
            3 if step.action.has_impact() => Fate::InDoubt,
            _ => continue,
        };
        script.insert(step.id.clone(), fate);
    }
    script
}

/// Something somebody does.
fn random_request(chance: &mut Chance, plan: &Plan) -> Event {
    let by = "anna".to_owned();
    let step = plan.steps[chance.below(plan.steps.len())].id.clone();
    match chance.below(9) {
        0 | 1 => Event::PauseRequested { by },
        2 | 3 => Event::PauseReleased { by },
        4 => Event::AbortRequested {
            by,
            fallback: chance.one_in(2),
        },
        5 => Event::Interrupted { count: 1 },
        6 => Event::Interrupted { count: 2 },
        7 => Event::Approved {
            step,
            by,
            reason: None,
        },
        _ => Event::StepProgress {
            step,
            text: "still there".into(),
        },
    }
}

fn live_through(seed: u64) {
    let mut chance = Chance(seed);
    let plan = random_plan(&mut chance);
    let script = random_script(&mut chance, &plan);
    let mut night = Night::begin(&plan, &script);
    night.serving = !chance.one_in(5);
    let mut deaths = 0;
    for _ in 0..400 {
        if night.verdict().is_some() {
            if deaths > 4 {
                return;
            }
            deaths += 1;
            night = night.crash(night.journal.len());
        } else if chance.one_in(6) {
            let request = random_request(&mut chance, &plan);
            night.happen(request);
        } else if deaths < 5 && chance.one_in(25) {
            deaths += 1;
            night = night.crash(1 + chance.below(night.journal.len()));
        } else if chance.one_in(10) {
            night.pass(std::time::Duration::from_secs(300));
        } else if night.choices() > 0 {
            let choice = chance.below(night.choices());
            night.advance(choice);
        } else {
            let by = "anna".to_owned();
            night.happen(Event::PauseReleased { by });
        }
    }
    let by = "anna".to_owned();
    if night.verdict().is_none() {
        night.happen(Event::PauseReleased { by });
        night.play();
    }
    assert!(
        night.verdict().is_some(),
        "seed {seed}: the night has no end"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_legal_order_of_events_breaks_the_engine(seed: u64) {
        live_through(seed);
    }
}
