//! The runner and the world, played.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use cutover::action::Action;
use cutover::action::outcome::{Facts, Outcome};
use cutover::engine::event::{Event, Started, Verdict};
use cutover::engine::run::{Effect, Run};
use cutover::playbook::plan::{On, Plan, StepIndex};
use jiff::Timestamp;

/// How steps end in this world.
pub type Script = BTreeMap<String, Fate>;

/// How a step ends; every other step ends well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Refused before anything was sent.
    Refused,
    /// Failed; an impact step after its command went out.
    Failed,
    /// So many attempts fail in a way that may be repeated.
    Transient(u32),
    /// The session is lost behind its command, which reads might survive.
    Lost,
    /// Nobody can say what became of its command.
    InDoubt,
}

/// A step under way.
#[derive(Clone, Copy, Debug)]
struct Open {
    attempt: u32,
    probe: bool,
    sent: bool,
}

/// A night, as far as it has come.
pub struct Night {
    pub plan: Arc<Plan>,
    pub run: Run,
    pub journal: Vec<(Timestamp, Event)>,
    pub script: Script,
    /// What the last look at the pair sees.
    pub serving: bool,
    /// Check everything at each start; costs a look through the journal.
    pub thorough: bool,
    at: Timestamp,
    effects: VecDeque<Effect>,
    open: BTreeMap<StepIndex, Open>,
    assessing: bool,
    /// Commands that took effect, whatever the journal knows of it.
    arrived: BTreeSet<StepIndex>,
}

impl Night {
    /// A night that has begun.
    pub fn begin(plan: &Arc<Plan>, script: &Script) -> Self {
        let mut night = Self::empty(plan, script);
        night.happen(Event::RunStarted(Started {
            run: "r".into(),
            playbook: plan.name.clone(),
            hash: plan.hash.clone(),
            pair: plan.pair.clone(),
            primary: "east".into(),
            backup: "west".into(),
            dry_run: true,
            cutover: "0".into(),
            vars: Default::default(),
        }));
        night
    }

    fn empty(plan: &Arc<Plan>, script: &Script) -> Self {
        Self {
            plan: Arc::clone(plan),
            run: Run::new(Arc::clone(plan)),
            journal: Vec::new(),
            script: script.clone(),
            serving: true,
            thorough: true,
            at: "2026-01-15T02:00:00Z".parse().unwrap(),
            effects: VecDeque::new(),
            open: BTreeMap::new(),
            assessing: false,
            arrived: BTreeSet::new(),
        }
    }

    /// The process dies after `kept` records and is resumed three hours later.
    pub fn crash(&self, kept: usize) -> Self {
        let mut night = Self::empty(&self.plan, &self.script);
        night.serving = self.serving;
        for (at, event) in &self.journal[..kept] {
            night.run.apply(*at, event);
            night.at = *at;
            if let Event::Intent { step, .. } = event {
                // In this world a command that was announced has also taken effect.
                night.arrived.insert(night.run.find(step).unwrap());
            }
        }
        night.journal = self.journal[..kept].to_vec();
        night.pass(Duration::from_secs(3 * 3600));
        night.happen(Event::RunResumed {});
        night
    }

    /// Time passes.
    pub fn pass(&mut self, time: Duration) {
        self.at += time;
    }

    /// Something happens; the wishes it leads to come true as far as the runner alone can.
    pub fn happen(&mut self, event: Event) {
        self.at += Duration::from_secs(1);
        self.journal.push((self.at, event.clone()));
        self.effects.extend(self.run.apply(self.at, &event));
        while let Some(effect) = self.effects.pop_front() {
            self.perform(effect);
        }
    }

    fn perform(&mut self, effect: Effect) {
        assert!(
            self.run.ending().is_none(),
            "a wish after the end: {effect:?}"
        );
        match effect {
            Effect::Start {
                step,
                attempt,
                after,
                probe,
            } => {
                if self.thorough {
                    self.check_start(step, probe);
                }
                self.at += after;
                let open = Open {
                    attempt,
                    probe,
                    sent: false,
                };
                self.open.insert(step, open);
                let step = self.id(step);
                self.happen(Event::StepStarted {
                    step,
                    attempt,
                    on: None,
                });
            }
            Effect::Skip { step, .. } => self.finished(step, 0, Outcome::Skipped, false),
            Effect::Cancel { step } => self.let_go(step, false),
            Effect::Leave { step } => self.let_go(step, true),
            Effect::FallBack { because } => {
                assert!(self.open.is_empty(), "a fallback over running steps");
                self.happen(Event::FallbackStarted { because });
            }
            Effect::Assess => {
                assert!(self.open.is_empty() && !self.assessing);
                self.assessing = true;
            }
            Effect::End {
                verdict,
                exit_code,
                reason,
            } => {
                assert!(self.open.is_empty(), "an end over running steps");
                self.happen(Event::RunEnded {
                    verdict,
                    exit_code,
                    reason,
                });
            }
        }
    }

    /// What must hold whenever a step starts.
    fn check_start(&self, step: StepIndex, probe: bool) {
        let spec = &self.plan.steps[step];
        let id = &spec.id;
        assert!(!self.open.contains_key(&step), "{id} runs twice");
        for need in &spec.needs {
            let tolerated = self.plan.steps[*need].optional;
            let need_id = &self.plan.steps[*need].id;
            let ended = self.journal.iter().any(|(_, event)| {
                matches!(event, Event::StepFinished { step, outcome, .. }
                    if step == need_id && (outcome.is_good() || tolerated))
            });
            assert!(ended, "{id} starts before {}", self.id(*need));
        }
        let announced = self
            .journal
            .iter()
            .any(|(_, event)| matches!(event, Event::Intent { step, .. } if step == id));
        assert_eq!(
            probe, announced,
            "inv_36: {id} has a command in the journal"
        );
        for other in self.open.keys() {
            let both = (occupied(&self.plan, step), occupied(&self.plan, *other));
            let (mine, theirs) = both;
            assert!(
                mine.0 & theirs.0 == 0,
                "{id} and {} speak to one chassis at a time",
                self.id(*other)
            );
            assert!(!(mine.1 && theirs.1), "inv_6: {id} and {}", self.id(*other));
        }
    }

    fn let_go(&mut self, step: StepIndex, even_if_sent: bool) {
        let Some(open) = self.open.get(&step).copied() else {
            return;
        };
        match (open.sent || open.probe, even_if_sent) {
            (true, true) => self.end(step, Outcome::InDoubt, false),
            (true, false) => {}
            (false, _) => self.end(step, Outcome::Failed, false),
        }
    }

    fn end(&mut self, step: StepIndex, outcome: Outcome, transient: bool) {
        let open = self.open.remove(&step).expect("it runs");
        self.finished(step, open.attempt, outcome, transient);
    }

    fn finished(&mut self, step: StepIndex, attempt: u32, outcome: Outcome, transient: bool) {
        let step = self.id(step);
        self.happen(Event::StepFinished {
            step,
            attempt,
            outcome,
            detail: format!("{outcome}"),
            hint: None,
            transient,
            facts: Facts::new(),
        });
    }

    fn id(&self, step: StepIndex) -> String {
        self.plan.steps[step].id.clone()
    }

    /// What could happen next by itself.
    pub fn choices(&self) -> usize {
        self.open.len() + usize::from(self.assessing)
    }

    /// Lets the `choice`-th of them happen.
    pub fn advance(&mut self, choice: usize) {
        let Some(step) = self.open.keys().nth(choice).copied() else {
            self.assessing = false;
            let serving = self.serving;
            let detail = "seen".to_owned();
            return self.happen(Event::Assessed { serving, detail });
        };
        let fate = self.script.get(&self.id(step)).copied();
        let open = self.open[&step];
        if fate == Some(Fate::Refused) {
            return self.end(step, Outcome::Refused, false);
        }
        if let Some(Fate::Transient(times)) = fate
            && open.attempt <= times
        {
            return self.end(step, Outcome::Failed, true);
        }
        let found_done = open.probe && self.arrived.contains(&step);
        if self.plan.steps[step].action.has_impact() && !open.sent && !found_done {
            self.open.get_mut(&step).unwrap().sent = true;
            assert!(
                self.arrived.insert(step),
                "inv_36: {} sent twice",
                self.id(step)
            );
            let step = self.id(step);
            return self.happen(Event::Intent {
                step,
                chassis: "west".into(),
                command: "act".into(),
                before: Facts::new(),
            });
        }
        match fate {
            Some(Fate::Failed) => self.end(step, Outcome::Failed, false),
            Some(Fate::Lost) => self.end(step, Outcome::Failed, true),
            Some(Fate::InDoubt) => self.end(step, Outcome::InDoubt, false),
            _ => self.end(step, Outcome::Done, false),
        }
    }

    /// Goes on, always with the first choice, until nothing happens by itself any more.
    pub fn play(&mut self) -> &mut Self {
        self.play_by(|_| 0)
    }

    /// Goes on with the choices of `pick`, which is told how many there are.
    pub fn play_by(&mut self, mut pick: impl FnMut(usize) -> usize) -> &mut Self {
        for _ in 0..1_000_000 {
            match self.choices() {
                0 => return self,
                count => self.advance(pick(count)),
            }
        }
        panic!("the night does not end");
    }

    /// Goes on until this step has started.
    pub fn play_until(&mut self, id: &str) -> &mut Self {
        let step = self.run.find(id).expect("the plan has it");
        while !self.open.contains_key(&step) {
            assert!(self.choices() > 0, "{id} never starts");
            self.advance(0);
        }
        self
    }

    /// Goes on until this step's command is journalled.
    pub fn play_until_sent(&mut self, id: &str) -> &mut Self {
        self.play_until(id);
        let step = self.run.find(id).unwrap();
        let place = self.open.keys().position(|open| *open == step).unwrap();
        self.advance(place);
        assert!(self.open[&step].sent, "{id} sends nothing");
        self
    }

    pub fn verdict(&self) -> Option<(Verdict, u8)> {
        self.run.ending().map(|(verdict, code, _)| (verdict, code))
    }

    /// How often a step was started.
    pub fn starts(&self, id: &str) -> usize {
        let is_start =
            |event: &Event| matches!(event, Event::StepStarted { step, .. } if step == id);
        self.journal
            .iter()
            .filter(|(_, event)| is_start(event))
            .count()
    }
}

/// The chassis a step speaks to as bits, and whether it puts the pair under change; worked out
/// here from what the verbs do, not taken from the engine.
fn occupied(plan: &Plan, step: StepIndex) -> (u8, bool) {
    let spec = &plan.steps[step];
    match (&spec.action, spec.on) {
        (Action::Reload(_) | Action::SrpSwitchover(_), _) => (3, true),
        (_, Some(On::Primary)) => (1, false),
        (_, Some(On::Backup)) => (2, false),
        (_, Some(On::Active | On::Standby)) => (3, false),
        (_, None) => (0, false),
    }
}
