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

use super::event::{Event, Verdict};
use super::ready::{Claim, Ready};
use crate::action::outcome::{Facts, Outcome};
use crate::playbook::Plan;
use crate::playbook::plan::StepIndex;

mod flow;
mod verdict;

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
    /// Attempts in the whole run; numbers them.
    attempt: u32,
    /// Attempts since the run was last resumed; bounds them.
    tried: u32,
    missing: u32,
    claim: Claim,
    started: Option<Timestamp>,
    /// When it last ended.
    ended: Option<Timestamp>,
    /// When it last became ready.
    ready: Option<Timestamp>,
    /// It counts as ended well: steps behind it may start.
    released: bool,
    /// Its evidence was taken anew because it had grown old.
    refreshed: bool,
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
    /// Steps that are repeated because their evidence had grown old, and who waits for each.
    again: BTreeMap<StepIndex, Vec<StepIndex>>,
    /// When the event being applied happened.
    now: Timestamp,
    announced: Arc<BTreeMap<String, Facts>>,
}

impl Run {
    /// A run that has not begun.
    pub fn new(plan: Arc<Plan>) -> Self {
        let states = plan
            .steps
            .iter()
            .map(|step| State {
                status: Status::Waiting,
                attempt: 0,
                tried: 0,
                missing: u32::try_from(step.needs.len()).expect("a playbook fits in memory"),
                claim: Claim::of(step),
                started: None,
                ended: None,
                ready: None,
                released: false,
                refreshed: false,
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
            again: BTreeMap::new(),
            now: Timestamp::UNIX_EPOCH,
            announced: Arc::default(),
        }
    }

    /// Takes in what happened and says what is to be done now.
    ///
    /// # Panics
    /// On an event that cannot follow what happened before: a journal of another plan, or a bug.
    pub fn apply(&mut self, at: Timestamp, event: &Event) -> Vec<Effect> {
        let mut effects = Vec::new();
        self.now = at;
        match event {
            Event::RunStarted(_) => self.open_part(Part::Main),
            Event::RunResumed {} => self.resume(),
            Event::StepStarted { step, attempt, .. } => self.step_started(step, *attempt),
            Event::Intent {
                step,
                chassis,
                command,
                before,
            } => {
                if !before.is_empty() {
                    Arc::make_mut(&mut self.announced).insert(step.clone(), before.clone());
                }
                let index = self.index(step);
                let intent = Intent {
                    at,
                    chassis: chassis.clone(),
                    command: command.clone(),
                    before: before.clone(),
                };
                self.intents.insert(index, intent);
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
                // The later word counts: a fallback that waits for a release helps nobody.
                self.paused &= !fallback;
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

    /// What was recorded with the last command of each step, whatever became of it, by step id.
    pub fn announced(&self) -> &Arc<BTreeMap<String, Facts>> {
        &self.announced
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
}
