//! A run as far as its events tell it.

use std::time::Duration;

use indexmap::IndexMap;
use jiff::Timestamp;

use crate::action::outcome::Outcome;
use crate::engine::event::{Event, Record, Started, Verdict};

/// Everything a report needs to know.
#[derive(Clone, Debug, Default)]
pub struct Story {
    pub started: Option<Started>,
    pub began: Option<Timestamp>,
    pub last: Option<Timestamp>,
    pub steps: IndexMap<String, Step>,
    pub traps: u64,
    pub resumed: u32,
    pub paused: bool,
    /// Asked to stop; what was sent is seen to its end.
    pub stopping: bool,
    pub fallback: Option<String>,
    pub assessed: Option<(bool, String)>,
    pub ended: Option<Ended>,
    pub intents: u64,
}

/// One step's part of the story.
#[derive(Clone, Debug, Default)]
pub struct Step {
    pub on: Option<String>,
    pub attempt: u32,
    pub began: Option<Timestamp>,
    pub ended: Option<Timestamp>,
    pub outcome: Option<Outcome>,
    pub detail: String,
    pub hint: Option<String>,
    /// What it saw last while running, or what it asks a human.
    pub progress: Option<String>,
    /// Commands that were sent, by chassis.
    pub sent: Vec<(String, String)>,
    pub waits_for_approval: bool,
}

#[derive(Clone, Debug)]
pub struct Ended {
    pub verdict: Verdict,
    pub exit_code: u8,
    pub reason: String,
}

impl Step {
    /// How long the last attempt took.
    pub fn took(&self) -> Option<Duration> {
        Duration::try_from(self.ended?.duration_since(self.began?)).ok()
    }

    /// Whether it is under way.
    pub fn is_running(&self) -> bool {
        self.began.is_some() && self.ended.is_none()
    }
}

impl Story {
    /// The story that these records tell.
    pub fn of<'a>(records: impl IntoIterator<Item = &'a Record>) -> Self {
        let mut story = Self::default();
        records.into_iter().for_each(|record| story.take(record));
        story
    }

    /// Takes in one more record.
    pub fn take(&mut self, record: &Record) {
        let at = record.at;
        self.began.get_or_insert(at);
        self.last = Some(at);
        match &record.event {
            Event::RunStarted(started) => self.started = Some(started.clone()),
            Event::RunResumed {} => {
                self.resumed += 1;
                self.ended = None;
                self.paused = false;
                self.stopping = false;
                self.steps
                    .values_mut()
                    .filter(|step| step.is_running())
                    .for_each(|s| s.began = None);
            }
            Event::StepStarted { step, attempt, on } => {
                let entry = self.steps.entry(step.clone()).or_default();
                *entry = Step {
                    on: on.clone(),
                    attempt: *attempt,
                    began: Some(at),
                    sent: std::mem::take(&mut entry.sent),
                    ..Step::default()
                };
            }
            Event::Intent {
                step,
                chassis,
                command,
                ..
            } => {
                self.intents += 1;
                let step = self.steps.entry(step.clone()).or_default();
                step.sent.push((chassis.clone(), command.clone()));
            }
            Event::StepProgress { step, text } => {
                self.steps.entry(step.clone()).or_default().progress = Some(text.clone());
            }
            Event::StepFinished {
                step,
                attempt,
                outcome,
                detail,
                hint,
                ..
            } => {
                let step = self.steps.entry(step.clone()).or_default();
                step.began.get_or_insert(at);
                step.ended = Some(at);
                step.attempt = *attempt;
                step.outcome = Some(*outcome);
                step.detail.clone_from(detail);
                step.hint.clone_from(hint);
                step.waits_for_approval = false;
            }
            Event::TrapReceived(_) => self.traps += 1,
            Event::ApprovalRequested { step, message } => {
                let step = self.steps.entry(step.clone()).or_default();
                step.waits_for_approval = true;
                step.progress = Some(message.clone());
            }
            Event::Approved { step, .. } => {
                self.steps
                    .entry(step.clone())
                    .or_default()
                    .waits_for_approval = false;
            }
            Event::PauseRequested { .. } => self.paused = true,
            Event::PauseReleased { .. } => self.paused = false,
            Event::FallbackStarted { because } => {
                self.fallback = Some(because.clone());
                self.stopping = false;
            }
            Event::Assessed { serving, detail } => self.assessed = Some((*serving, detail.clone())),
            Event::RunEnded {
                verdict,
                exit_code,
                reason,
            } => {
                let (verdict, exit_code) = (*verdict, *exit_code);
                self.ended = Some(Ended {
                    verdict,
                    exit_code,
                    reason: reason.clone(),
                });
            }
            Event::AbortRequested { .. } | Event::Interrupted { .. } => {
                self.stopping = true;
                self.paused = false;
            }
        }
    }

    /// How long the run has taken so far.
    pub fn took(&self) -> Duration {
        match (self.began, self.last) {
            (Some(began), Some(last)) => {
                Duration::try_from(last.duration_since(began)).unwrap_or_default()
            }
            _ => Duration::ZERO,
        }
    }
}
