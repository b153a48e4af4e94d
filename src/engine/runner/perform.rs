//! What the engine wishes for, done.

use std::sync::Arc;

use super::{Done, Open, Runner};
use crate::action::context::{Context, Unfinished};
use crate::action::outcome::Success;
use crate::action::{self, preflight};
use crate::engine::event::Event;
use crate::engine::run::Effect;
use crate::playbook::plan::{On, StepIndex};

impl Runner {
    pub(super) fn perform_all(&mut self) {
        while let Some(effect) = self.effects.pop_front() {
            if self.broken.is_some() {
                return self.effects.clear();
            }
            self.perform(effect);
        }
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Start {
                step,
                attempt,
                after,
                probe,
            } => {
                let on = self.chassis(step);
                let id = self.run.plan().steps[step].id.clone();
                self.record(Event::StepStarted {
                    step: id,
                    attempt,
                    on: on.clone(),
                });
                if self.broken.is_none() {
                    self.spawn(step, attempt, after, probe, on);
                }
            }
            Effect::Skip { step, why } => self.finish(step, 0, Ok(Success::skipped(why))),
            Effect::Cancel { step } => {
                if let Some(open) = self.open.get_mut(&step).filter(|open| !open.sent) {
                    open.leave();
                }
            }
            Effect::Leave { step } => {
                if let Some(open) = self.open.get_mut(&step) {
                    open.leave();
                }
            }
            Effect::FallBack { because } => self.record(Event::FallbackStarted { because }),
            Effect::Assess => {
                let world = Arc::clone(&self.world);
                self.tasks.spawn(async move {
                    let (serving, detail) = preflight::assess(&world).await;
                    Done::Assessed { serving, detail }
                });
            }
            Effect::End {
                verdict,
                exit_code,
                reason,
            } => {
                self.record(Event::RunEnded {
                    verdict,
                    exit_code,
                    reason,
                });
            }
        }
    }

    /// The chassis a step works on, unless that is for the step to find out.
    fn chassis(&self, step: StepIndex) -> Option<String> {
        match self.run.plan().steps[step].on {
            Some(On::Primary) => Some(self.world.primary.clone()),
            Some(On::Backup) => Some(self.world.backup.clone()),
            Some(On::Active | On::Standby) | None => None,
        }
    }

    fn spawn(
        &mut self,
        step: StepIndex,
        attempt: u32,
        after: std::time::Duration,
        probe: bool,
        on: Option<String>,
    ) {
        let plan = Arc::clone(self.run.plan());
        let unfinished = self
            .run
            .intent(step)
            .filter(|_| probe)
            .map(|intent| Unfinished {
                at: intent.at,
                chassis: intent.chassis.clone(),
                command: intent.command.clone(),
                before: intent.before.clone(),
            });
        let context = Context {
            world: Arc::clone(&self.world),
            step: plan.steps[step].id.clone(),
            on,
            unfinished,
            facts: Arc::clone(self.run.facts()),
            announced: Arc::clone(self.run.announced()),
            patience: plan.steps[step].action.patience(),
            reports: self.reports.clone(),
            hints: self.hints.subscribe(),
            approvals: self.approvals.subscribe(),
        };
        let handle = self.tasks.spawn(async move {
            context.world.clock.sleep(after).await;
            let spec = &plan.steps[step];
            Done::Step {
                step,
                result: action::perform(&spec.action, spec.on, context).await,
            }
        });
        self.open.insert(
            step,
            Open {
                attempt,
                handle,
                sent: probe,
                left: false,
            },
        );
    }
}
