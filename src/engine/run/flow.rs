//! What starts, what waits, what stops: the flow of steps through a run.

use std::time::Duration;

use super::super::ready::Claim;
use super::{Asked, Cause, Effect, Halt, Part, Run, State, Status};
use crate::action::Action;
use crate::action::outcome::{Facts, Outcome};
use crate::playbook::plan::{OnFailure, StepIndex};

/// The wait before a second attempt; later ones wait a multiple of it.
const RETRY_WAIT: Duration = Duration::from_secs(10);

/// A destructive step rests on health checks no older than this (INV-30).
const FRESH: jiff::SignedDuration = jiff::SignedDuration::from_secs(60);

impl Run {
    fn range(&self) -> std::ops::Range<StepIndex> {
        match self.part {
            Part::Main => 0..self.plan.main,
            Part::Fallback => self.plan.main..self.plan.steps.len(),
        }
    }

    pub(super) fn open_part(&mut self, part: Part) {
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
        let state = &mut self.states[step];
        state.status = Status::Ready;
        state.ready = Some(self.now);
        self.ready.insert(step, state.claim);
    }

    pub(super) fn step_started(&mut self, id: &str, attempt: u32) {
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
            tried: state.tried + 1,
            started: Some(self.now),
            ..state.clone()
        };
    }

    pub(super) fn step_finished(
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
        state.ended = Some(self.now);
        let tried = state.tried;
        if !facts.is_empty() {
            std::sync::Arc::make_mut(&mut self.facts).insert(id.to_owned(), facts.clone());
        }
        let spec = &self.plan.steps[step];
        if outcome.is_good() {
            return self.release(step);
        }
        if outcome == Outcome::InDoubt {
            return self.halt(Cause::Doubt, false, format!("{id}: {detail}"));
        }
        let untouched = !self.intents.contains_key(&step);
        if transient && untouched && tried < spec.attempts && self.halt.is_none() {
            return self.make_ready(step);
        }
        if spec.optional {
            // Let go because the run stops is no end of its own: a resumed run tries it again.
            if self.halt.is_none() {
                self.release(step);
            }
            return;
        }
        let fallback = spec.on_failure == OnFailure::Fallback;
        self.halt(Cause::Failure, fallback, format!("{id}: {detail}"));
    }

    fn release(&mut self, step: StepIndex) {
        self.unfinished -= 1;
        self.states[step].released = true;
        let again = self.again.remove(&step);
        let waiting = again.as_ref().unwrap_or(&self.dependents[step]).len();
        for position in 0..waiting {
            let waiter = match &again {
                Some(waiters) => waiters[position],
                None => self.dependents[step][position],
            };
            self.states[waiter].missing -= 1;
            if self.states[waiter].missing == 0 {
                self.make_ready(waiter);
            }
        }
    }

    pub(super) fn halt(&mut self, cause: Cause, fallback: bool, reason: String) {
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

    /// Lets go of running steps: those that have announced no command, or all of them. A reload
    /// that is still being proven safe when somebody says stop is not sent any more (F-60).
    pub(super) fn let_go(&self, effects: &mut Vec<Effect>, all: bool) {
        for step in self.range() {
            if self.states[step].status != Status::Running {
                continue;
            }
            if all {
                effects.push(Effect::Leave { step });
            } else if !self.intents.contains_key(&step) {
                effects.push(Effect::Cancel { step });
            }
        }
    }

    /// To resume is a decision to go on, so what had stopped the run is forgotten, except one
    /// thing: a fallback that was already due when the process ended is still due. It does not
    /// begin over a command whose end nobody knows.
    pub(super) fn resume(&mut self) {
        let due = self.halt.take().filter(|halt| {
            halt.fallback
                && self.ended.is_none()
                && self.part == Part::Main
                && self.plan.main < self.plan.steps.len()
        });
        self.paused = false;
        self.assessed = None;
        self.ended = None;
        self.asked = Asked::default();
        self.open = 0;
        self.busy = Claim::default();
        let mut under_way = None;
        for step in self.range() {
            self.states[step].tried = 0;
            self.states[step].refreshed = false;
            match self.states[step].status {
                Status::Finished(_) if self.states[step].released => {}
                Status::Asked | Status::Running => {
                    if self.intents.contains_key(&step) {
                        under_way.get_or_insert(step);
                    }
                    self.make_ready(step);
                }
                Status::Finished(_) => self.make_ready(step),
                Status::Waiting | Status::Ready => {}
            }
        }
        self.halt = due.map(|due| match under_way {
            None => due,
            Some(step) => Halt {
                cause: Cause::Doubt,
                fallback: false,
                reason: format!(
                    "{}; {} was under way when the process ended, and the fallback does not begin \
                     over it: look at the chassis, then resume to find out what became of it",
                    due.reason, self.plan.steps[step].id
                ),
            },
        });
    }

    /// Everything that should be under way and is not.
    pub(super) fn settle(&mut self, effects: &mut Vec<Effect>) {
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
            let probe = self.intents.contains_key(&step);
            if !probe && self.takes_evidence_anew(step) {
                continue;
            }
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
            let after = if probe {
                Duration::ZERO
            } else {
                RETRY_WAIT * state.tried
            };
            effects.push(Effect::Start {
                step,
                attempt: state.attempt + 1,
                after,
                probe,
            });
        }
    }

    /// A reload or switchover that was kept waiting, by a pause or between two processes, does not
    /// start on the health checks of an hour ago: those it needs are repeated first (INV-30). They
    /// are repeated once; after that only another wait makes them old again.
    fn takes_evidence_anew(&mut self, step: StepIndex) -> bool {
        let spec = &self.plan.steps[step];
        if !matches!(spec.action, Action::Reload(_) | Action::SrpSwitchover(_)) {
            return false;
        }
        let old = |since: Option<jiff::Timestamp>| {
            since.is_some_and(|since| self.now.duration_since(since) > FRESH)
        };
        let state = &self.states[step];
        let is_check =
            |need: &&StepIndex| matches!(self.plan.steps[**need].action, Action::HealthCheck(_));
        let is_old = |need: &StepIndex| match &self.states[*need] {
            // Another step has it repeated just now.
            need if !need.released => true,
            // An optional check that failed was no evidence in the first place.
            need if !matches!(need.status, Status::Finished(outcome) if outcome.is_good()) => false,
            _ if state.refreshed => old(state.ready),
            need => old(need.ended),
        };
        let stale: Vec<_> = (spec.needs.iter().filter(is_check).copied())
            .filter(is_old)
            .collect();
        if stale.is_empty() {
            return false;
        }
        let state = &mut self.states[step];
        state.status = Status::Waiting;
        state.refreshed = true;
        state.missing = u32::try_from(stale.len()).expect("a playbook fits in memory");
        for need in stale {
            self.again.entry(need).or_default().push(step);
            if self.states[need].released {
                self.states[need].released = false;
                self.states[need].tried = 0;
                self.unfinished += 1;
                self.make_ready(need);
            }
        }
        true
    }
}
