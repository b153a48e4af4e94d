//! The engine: given what happened, what is to be done. No I/O, no clock, no surprise.
//!
//! [`Run::apply`] is called with every event, first when it happens and again whenever the journal
//! is replayed; the state is a fold over events and nothing else. What it returns are wishes
//! ([`Effect`]); they become events when they have come true. After a replay, the event
//! [`Event::RunResumed`] asks for the wishes anew, so none is lost with the process that had them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;
use jiff::Timestamp;

use super::event::{Event, Verdict, exit};
use super::ready::{Claim, Ready};
use crate::action::outcome::{Facts, Outcome};
use crate::playbook::Plan;
use crate::playbook::plan::{OnFailure, StepIndex};

/// Something the runner is asked to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Start a step: record [`Event::StepStarted`], then perform it.
    Start {
        step: StepIndex,
        attempt: u32,
        /// Wait this long first (a repeated attempt).
        after: Duration,
        /// Its last intent was recorded and its end was not: look what became of it first.
        probe: bool,
    },
    /// Record that a step does not apply.
    Skip { step: StepIndex, why: String },
    /// Let go of a step that only reads or waits.
    Cancel { step: StepIndex },
    /// Let go of a step even if a command of its own is under way.
    Leave { step: StepIndex },
    /// Record [`Event::FallbackStarted`].
    FallBack { because: String },
    /// Look at the pair a last time and record [`Event::Assessed`].
    Assess,
    /// Record [`Event::RunEnded`].
    End {
        verdict: Verdict,
        exit_code: u8,
        reason: String,
    },
}

/// A command that was about to be sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Intent {
    pub at: Timestamp,
    pub chassis: String,
    pub command: String,
    pub before: Facts,
}

/// Where a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Something it needs has not ended well yet.
    Waiting,
    /// It could start.
    Ready,
    /// The runner was asked to start it.
    Asked,
    Running,
    Finished(Outcome),
}

#[derive(Clone, Debug)]
struct State {
    status: Status,
    attempt: u32,
    missing: u32,
    claim: Claim,
    started: Option<Timestamp>,
}

/// Why nothing new starts.
#[derive(Clone, Debug)]
struct Halt {
    cause: Cause,
    fallback: bool,
    reason: String,
}

/// Ordered: the strongest cause wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Cause {
    Failure,
    Abort,
    Interrupt,
    Doubt,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Main,
    Fallback,
}

/// What the runner has been asked besides steps.
#[derive(Clone, Copy, Debug, Default)]
struct Asked {
    fallback: bool,
    assessment: bool,
    end: bool,
}

/// A run, as far as it has come.
pub struct Run {
    plan: Arc<Plan>,
    by_id: IndexMap<String, StepIndex>,
    dependents: Vec<Vec<StepIndex>>,
    states: Vec<State>,
    ready: Ready,
    busy: Claim,
    /// Steps asked for or running.
    open: usize,
    /// Steps of the current part that have not ended well.
    unfinished: usize,
    part: Part,
    halt: Option<Halt>,
    paused: bool,
    assessed: Option<(bool, String)>,
    ended: Option<(Verdict, u8, String)>,
    asked: Asked,
    intents: BTreeMap<StepIndex, Intent>,
    facts: Arc<BTreeMap<String, Facts>>,
    retry_wait: Duration,
}

/// The wait before a second attempt; later ones wait a multiple of it.
const RETRY_WAIT: Duration = Duration::from_secs(10);

impl Run {
    /// A run that has not begun.
    pub fn new(plan: Arc<Plan>) -> Self {
        let states = plan
            .steps
            .iter()
            .map(|step| State {
                status: Status::Waiting,
                attempt: 0,
                missing: u32::try_from(step.needs.len()).expect("a playbook fits in memory"),
                claim: Claim::of(step),
                started: None,
            })
            .collect();
        let mut dependents = vec![Vec::new(); plan.steps.len()];
        for (index, step) in plan.steps.iter().enumerate() {
            step.needs
                .iter()
                .for_each(|needed| dependents[*needed].push(index));
        }
        let by_id = plan
            .steps
            .iter()
            .enumerate()
            .map(|(i, step)| (step.id.clone(), i))
            .collect();
        let unfinished = plan.main;
        Self {
            plan,
            by_id,
            dependents,
            states,
            ready: Ready::default(),
            busy: Claim::default(),
            open: 0,
            unfinished,
            part: Part::Main,
            halt: None,
            paused: false,
            assessed: None,
            ended: None,
            asked: Asked::default(),
            intents: BTreeMap::new(),
            facts: Arc::default(),
            retry_wait: RETRY_WAIT,
        }
    }

    /// Takes in what happened and says what is to be done now.
    ///
    /// # Panics
    /// On an event that cannot follow what happened before: a journal of another plan, or a bug.
    pub fn apply(&mut self, at: Timestamp, event: &Event) -> Vec<Effect> {
        let mut effects = Vec::new();
        match event {
            Event::RunStarted(_) => self.open_part(Part::Main),
            Event::RunResumed {} => self.resume(),
            Event::StepStarted { step, attempt, .. } => self.step_started(at, step, *attempt),
            Event::Intent {
                step,
                chassis,
                command,
                before,
            } => {
                let step = self.index(step);
                let (chassis, command) = (chassis.clone(), command.clone());
                self.intents.insert(
                    step,
                    Intent {
                        at,
                        chassis,
                        command,
                        before: before.clone(),
                    },
                );
            }
            Event::StepFinished {
                step,
                outcome,
                detail,
                transient,
                facts,
                ..
            } => {
                self.step_finished(step, *outcome, detail, *transient, facts);
            }
            Event::PauseRequested { .. } => self.paused = true,
            Event::PauseReleased { .. } => self.paused = false,
            Event::AbortRequested { by, fallback } => {
                self.halt(Cause::Abort, *fallback, format!("aborted by {by}"));
                self.let_go(&mut effects, false);
            }
            Event::Interrupted { count } => {
                self.halt(
                    Cause::Interrupt,
                    false,
                    "interrupted at the terminal".to_owned(),
                );
                self.let_go(&mut effects, *count > 1);
            }
            Event::FallbackStarted { .. } => {
                self.halt = None;
                self.asked.fallback = false;
                self.open_part(Part::Fallback);
            }
            Event::Assessed { serving, detail } => {
                self.assessed = Some((*serving, detail.clone()));
                self.asked.assessment = false;
            }
            Event::RunEnded {
                verdict,
                exit_code,
                reason,
            } => {
                self.ended = Some((*verdict, *exit_code, reason.clone()));
            }
            Event::StepProgress { .. }
            | Event::TrapReceived(_)
            | Event::ApprovalRequested { .. }
            | Event::Approved { .. } => return effects,
        }
        self.settle(&mut effects);
        effects
    }

    /// The plan this run carries out.
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// Where a step is.
    pub fn status(&self, step: StepIndex) -> Status {
        self.states[step].status
    }

    /// When a step's current attempt started.
    pub fn started(&self, step: StepIndex) -> Option<Timestamp> {
        self.states[step].started
    }

    /// The step's number by its id.
    pub fn find(&self, id: &str) -> Option<StepIndex> {
        self.by_id.get(id).copied()
    }

    /// The last command a step was about to send, if any.
    pub fn intent(&self, step: StepIndex) -> Option<&Intent> {
        self.intents.get(&step)
    }

    /// What finished steps left behind, by step id.
    pub fn facts(&self) -> &Arc<BTreeMap<String, Facts>> {
        &self.facts
    }

    /// Whether anything was sent that changes something.
    pub fn has_changed_anything(&self) -> bool {
        !self.intents.is_empty()
    }

    /// How the run ended, if it has.
    pub fn ending(&self) -> Option<(Verdict, u8, &str)> {
        self.ended
            .as_ref()
            .map(|(verdict, code, reason)| (*verdict, *code, reason.as_str()))
    }

    /// Whether no new step starts because somebody asked for a pause.
    pub fn is_paused(&self) -> bool {
        self.paused
    }

    fn index(&self, id: &str) -> StepIndex {
        self.find(id)
            .unwrap_or_else(|| panic!("an event names `{id}`, no step of {}", self.plan.name))
    }

    fn range(&self) -> std::ops::Range<StepIndex> {
        match self.part {
            Part::Main => 0..self.plan.main,
            Part::Fallback => self.plan.main..self.plan.steps.len(),
        }
    }

    fn open_part(&mut self, part: Part) {
        self.part = part;
        self.ready.clear();
        let range = self.range();
        self.unfinished = range.len();
        for step in range {
            if self.states[step].missing == 0 {
                self.make_ready(step);
            }
        }
    }

    fn make_ready(&mut self, step: StepIndex) {
        self.states[step].status = Status::Ready;
        self.ready.insert(step, self.states[step].claim);
    }

    fn step_started(&mut self, at: Timestamp, id: &str, attempt: u32) {
        let step = self.index(id);
        let state = &mut self.states[step];
        if state.status != Status::Asked {
            // Replaying: the wish was made by a process that is gone.
            self.ready.remove(step, state.claim);
            self.open += 1;
            self.busy = self.busy.and(state.claim);
        }
        *state = State {
            status: Status::Running,
            attempt,
            started: Some(at),
            ..state.clone()
        };
    }

    fn step_finished(
        &mut self,
        id: &str,
        outcome: Outcome,
        detail: &str,
        transient: bool,
        facts: &Facts,
    ) {
        let step = self.index(id);
        let state = &mut self.states[step];
        if matches!(state.status, Status::Asked | Status::Running) {
            self.open -= 1;
            self.busy = self.busy.without(state.claim);
        } else {
            self.ready.remove(step, state.claim);
        }
        state.status = Status::Finished(outcome);
        let attempt = state.attempt;
        if !facts.is_empty() {
            Arc::make_mut(&mut self.facts).insert(id.to_owned(), facts.clone());
        }
        let spec = &self.plan.steps[step];
        if outcome.is_good() {
            return self.release(step);
        }
        if outcome == Outcome::InDoubt {
            return self.halt(Cause::Doubt, false, format!("{id}: {detail}"));
        }
        let untouched = !self.intents.contains_key(&step);
        if transient && untouched && attempt < spec.attempts && self.halt.is_none() {
            return self.make_ready(step);
        }
        if spec.optional {
            return self.release(step);
        }
        let fallback = spec.on_failure == OnFailure::Fallback;
        self.halt(Cause::Failure, fallback, format!("{id}: {detail}"));
    }

    fn release(&mut self, step: StepIndex) {
        self.unfinished -= 1;
        for position in 0..self.dependents[step].len() {
            let dependent = self.dependents[step][position];
            self.states[dependent].missing -= 1;
            if self.states[dependent].missing == 0 {
                self.make_ready(dependent);
            }
        }
    }

    fn halt(&mut self, cause: Cause, fallback: bool, reason: String) {
        match &mut self.halt {
            Some(halt) if halt.cause >= cause => halt.fallback |= fallback && halt.cause == cause,
            halt => {
                *halt = Some(Halt {
                    cause,
                    fallback,
                    reason,
                })
            }
        }
    }

    /// Lets go of running steps: those that only read or wait, or all of them.
    fn let_go(&self, effects: &mut Vec<Effect>, all: bool) {
        for step in self.range() {
            if self.states[step].status != Status::Running {
                continue;
            }
            if all {
                effects.push(Effect::Leave { step });
            } else if !self.plan.steps[step].action.has_impact() {
                effects.push(Effect::Cancel { step });
            }
        }
    }

    fn resume(&mut self) {
        self.halt = None;
        self.paused = false;
        self.assessed = None;
        self.ended = None;
        self.asked = Asked::default();
        self.open = 0;
        self.busy = Claim::default();
        for step in self.range() {
            match self.states[step].status {
                Status::Finished(outcome)
                    if outcome.is_good() || self.plan.steps[step].optional => {}
                Status::Finished(_) | Status::Asked | Status::Running => {
                    // Somebody has looked and wants it to go on: at once, with all its attempts.
                    self.states[step].attempt = 0;
                    self.make_ready(step);
                }
                Status::Waiting | Status::Ready => {}
            }
        }
    }

    /// Everything that should be under way and is not.
    fn settle(&mut self, effects: &mut Vec<Effect>) {
        if self.ended.is_some() {
            return;
        }
        if self.halt.is_none() && !self.paused {
            self.start_ready(effects);
        }
        if self.open > 0 || self.asked.fallback || self.asked.assessment || self.asked.end {
            return;
        }
        if let Some(halt) = &self.halt {
            let can_fall_back = self.part == Part::Main && self.plan.main < self.plan.steps.len();
            if halt.fallback && can_fall_back && self.has_changed_anything() {
                self.asked.fallback = true;
                effects.push(Effect::FallBack {
                    because: halt.reason.clone(),
                });
                return;
            }
            if !self.has_changed_anything() {
                return self.end(effects);
            }
        } else if self.unfinished > 0 {
            assert!(
                self.paused,
                "steps are left, none can start and nobody asked to wait"
            );
            return;
        }
        if self.assessed.is_some() {
            self.end(effects);
        } else {
            self.asked.assessment = true;
            effects.push(Effect::Assess);
        }
    }

    fn start_ready(&mut self, effects: &mut Vec<Effect>) {
        while let Some((step, claim)) = self.ready.take(self.busy) {
            self.busy = self.busy.and(claim);
            self.open += 1;
            let state = &mut self.states[step];
            state.status = Status::Asked;
            let if_done = &self.plan.steps[step].if_done;
            if !if_done.is_empty() && !if_done.iter().any(|done| self.intents.contains_key(done)) {
                let ids: Vec<_> = if_done
                    .iter()
                    .map(|i| self.plan.steps[*i].id.as_str())
                    .collect();
                let why = format!("nothing to take back: {} sent nothing", ids.join(", "));
                effects.push(Effect::Skip { step, why });
                continue;
            }
            let probe = self.intents.contains_key(&step);
            let after = if probe {
                Duration::ZERO
            } else {
                self.retry_wait * state.attempt
            };
            effects.push(Effect::Start {
                step,
                attempt: state.attempt + 1,
                after,
                probe,
            });
        }
    }

    fn end(&mut self, effects: &mut Vec<Effect>) {
        let (serving, detail) = self.assessed.clone().unwrap_or((true, String::new()));
        let (verdict, exit_code) = self.judge(serving);
        let mut reason = self
            .halt
            .as_ref()
            .map_or_else(String::new, |halt| halt.reason.clone());
        if !detail.is_empty() {
            reason = if reason.is_empty() {
                detail
            } else {
                format!("{reason}; {detail}")
            };
        }
        self.asked.end = true;
        effects.push(Effect::End {
            verdict,
            exit_code,
            reason,
        });
    }

    fn judge(&self, serving: bool) -> (Verdict, u8) {
        let cause = self.halt.as_ref().map(|halt| halt.cause);
        match (cause, self.part) {
            (Some(Cause::Doubt), _) => (Verdict::InDoubt, exit::IN_DOUBT),
            (None, Part::Main) if serving => (Verdict::Completed, exit::COMPLETED),
            (None, Part::Fallback) if serving => (Verdict::FellBack, exit::FELL_BACK),
            (Some(Cause::Interrupt), _) if serving => (Verdict::Stopped, exit::INTERRUPTED),
            (_, Part::Fallback) => (Verdict::FallbackFailed, exit::FALLBACK_FAILED),
            (Some(Cause::Failure), Part::Main) if !self.has_changed_anything() => {
                (Verdict::Stopped, exit::REFUSED)
            }
            (Some(_), Part::Main) if serving => (Verdict::Stopped, exit::STOPPED),
            (_, Part::Main) => (Verdict::Failed, exit::FAILED),
        }
    }
}
