//! The runner: makes the engine's wishes come true, and everything that happens an event.
//!
//! One loop funnels reports of running steps, finished steps, requests and traps into
//! [`Event`]s; each is journalled, shown to the observers and applied to the [`Run`], in this
//! order. Steps run as tasks beside the loop and never touch the journal themselves.

mod perform;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio::task::{AbortHandle, JoinError, JoinSet};

use super::control::Request;
use super::event::{Event, Record, Started, Trap, Verdict};
use super::journal::{self, Journal};
use super::run::{Effect, Run};
use crate::action::context::{Approvals, Hint, Report, World};
use crate::action::outcome::{Facts, Failure, Outcome, Success};
use crate::playbook::plan::StepIndex;

/// Somebody who watches a run; must not block.
pub type Observer = Box<dyn FnMut(&Record) + Send>;

/// Everything a run needs to go.
pub struct Setup {
    pub run: Run,
    pub journal: Journal,
    /// What the journal already holds, for a resumed run; empty for a new one.
    pub history: Vec<Record>,
    /// The header of a new run; `None` resumes.
    pub started: Option<Started>,
    pub world: Arc<World>,
    pub observers: Vec<Observer>,
    pub requests: mpsc::Receiver<Request>,
    pub traps: mpsc::Receiver<(Trap, Option<String>)>,
    pub approved: Beforehand,
}

/// Approvals given on the command line.
#[derive(Clone, Debug, Default)]
pub struct Beforehand {
    pub by: String,
    pub all: bool,
    pub steps: BTreeSet<String>,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    pub verdict: Verdict,
    pub exit_code: u8,
    pub reason: String,
}

/// A run that ended and what it left.
pub struct Finished {
    pub ending: Ending,
    pub journal: Journal,
}

/// What stops the runner itself.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Journal(#[from] journal::Error),
}

enum Done {
    Step {
        step: StepIndex,
        result: Result<Success, Failure>,
    },
    Assessed {
        serving: bool,
        detail: String,
    },
}

struct Runner {
    run: Run,
    journal: Journal,
    world: Arc<World>,
    observers: Vec<Observer>,
    approved: Beforehand,
    effects: VecDeque<Effect>,
    tasks: JoinSet<Done>,
    open: BTreeMap<StepIndex, Open>,
    reports: mpsc::Sender<Report>,
    hints: broadcast::Sender<Hint>,
    approvals: watch::Sender<Approvals>,
    broken: Option<journal::Error>,
    /// Traps journalled by this process.
    traps_kept: u32,
}

struct Open {
    attempt: u32,
    handle: AbortHandle,
    /// An intent of it is in the journal and its end is not.
    sent: bool,
    /// It was let go and may send nothing any more.
    left: bool,
}

impl Open {
    fn leave(&mut self) {
        self.left = true;
        self.handle.abort();
    }
}

/// How many reports may wait; steps wait for the journal, not the other way round.
const REPORTS: usize = 64;
/// How many traps one process puts into the journal; a night has a few hundred.
const TRAPS_KEPT: u32 = 10_000;
/// How many traps a waiting step may be behind; they only hurry it.
const HINTS: usize = 256;

/// Carries a run out to its end.
///
/// # Errors
/// When the journal cannot be written: nothing is begun any more, what is under way is seen to
/// its end, and the error says so.
pub async fn run(setup: Setup) -> Result<Finished, Error> {
    let (reports, mut reported) = mpsc::channel(REPORTS);
    let mut runner = Runner {
        run: setup.run,
        journal: setup.journal,
        world: setup.world,
        observers: setup.observers,
        approved: setup.approved,
        effects: VecDeque::new(),
        tasks: JoinSet::new(),
        open: BTreeMap::new(),
        reports,
        hints: broadcast::channel(HINTS).0,
        approvals: watch::channel(Approvals::new()).0,
        broken: None,
        traps_kept: 0,
    };
    let (mut requests, mut traps) = (setup.requests, setup.traps);
    runner.replay(&setup.history);
    runner.record(
        setup
            .started
            .map_or(Event::RunResumed {}, Event::RunStarted),
    );
    loop {
        runner.perform_all();
        if let Some((verdict, exit_code, reason)) = runner.run.ending() {
            let ending = Ending {
                verdict,
                exit_code,
                reason: reason.to_owned(),
            };
            return Ok(Finished {
                ending,
                journal: runner.journal,
            });
        }
        if runner.tasks.is_empty()
            && let Some(error) = runner.broken.take()
        {
            return Err(error.into());
        }
        tokio::select! {
            biased;
            Some(request) = requests.recv() => runner.take_request(request),
            Some(report) = reported.recv() => runner.take_report(report),
            Some(done) = runner.tasks.join_next_with_id() => runner.take_done(done),
            Some((trap, chassis)) = traps.recv() => runner.take_trap(trap, chassis),
        }
    }
}

impl Runner {
    fn replay(&mut self, history: &[Record]) {
        for record in history {
            self.run.apply(record.at, &record.event);
            if let Event::Approved { step, by, reason } = &record.event {
                self.approve(step, by, reason.as_ref());
            }
        }
    }

    /// Journals, shows and applies an event.
    fn record(&mut self, event: Event) {
        let at = self.world.clock.now();
        let at = at.round(jiff::Unit::Millisecond).expect("a moment rounds");
        let record = Record {
            seq: self.journal.next_seq(),
            at,
            event,
        };
        if self.broken.is_none()
            && let Err(error) = self.journal.append(&record)
        {
            self.give_up(error);
            return;
        }
        self.observers
            .iter_mut()
            .for_each(|observer| observer(&record));
        self.effects.extend(self.run.apply(at, &record.event));
    }

    /// The journal is gone (F-65): nothing new begins, readers are let go, and what has been sent
    /// is seen to its end because leaving it half-watched helps nobody.
    fn give_up(&mut self, error: journal::Error) {
        tracing::error!("{error}");
        self.broken.get_or_insert(error);
        self.effects.clear();
        self.open
            .values()
            .filter(|open| !open.sent)
            .for_each(|open| open.handle.abort());
    }

    fn take_request(&mut self, request: Request) {
        let event = request.into_event();
        if let Event::Approved { step, by, .. } = &event
            && self.run.find(step).is_none()
        {
            tracing::warn!("{by} approved `{step}`, which is no step of this playbook");
            return;
        }
        self.record(event.clone());
        // The journal says who approved before anything follows from it.
        if let Event::Approved { step, by, reason } = &event
            && self.broken.is_none()
        {
            self.approve(step, by, reason.as_ref());
        }
    }

    fn take_report(&mut self, report: Report) {
        match report {
            Report::Intent {
                step,
                chassis,
                command,
                before,
                granted,
            } => {
                let index = self
                    .run
                    .find(&step)
                    .expect("steps report under their own id");
                if self.open.get(&index).is_none_or(|open| open.left) {
                    // Let go while it asked: without the permission it sends nothing.
                    return;
                }
                self.record(Event::Intent {
                    step,
                    chassis,
                    command,
                    before,
                });
                if self.broken.is_none() {
                    if let Some(open) = self.open.get_mut(&index) {
                        open.sent = true;
                    }
                    grant(granted);
                }
            }
            Report::Progress { step, text } => self.record(Event::StepProgress { step, text }),
            Report::ApprovalRequested { step, message } => {
                let given = self.approved.all || self.approved.steps.contains(&step);
                self.record(Event::ApprovalRequested {
                    step: step.clone(),
                    message,
                });
                if given {
                    let reason = Some("given beforehand".to_owned());
                    self.take_request(Request::Approve {
                        step,
                        by: self.approved.by.clone(),
                        reason,
                    });
                }
            }
        }
    }

    fn take_done(&mut self, done: Result<(tokio::task::Id, Done), JoinError>) {
        match done {
            Ok((_, Done::Step { step, result })) => {
                let open = self.open.remove(&step).expect("a step ends once");
                self.finish(step, open.attempt, result);
            }
            Ok((_, Done::Assessed { serving, detail })) => {
                self.record(Event::Assessed { serving, detail });
            }
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(error) => {
                let left = self
                    .open
                    .iter()
                    .find(|(_, open)| open.handle.id() == error.id());
                let (&step, _) = left.expect("only steps are let go");
                let open = self.open.remove(&step).expect("it was just found");
                let failure = if open.sent {
                    Failure::in_doubt("left while a command of its own was under way")
                        .hint("look at the chassis, then `cutover resume`")
                } else {
                    Failure::failed("let go, the run is stopping; it had sent nothing")
                };
                self.finish(step, open.attempt, Err(failure));
            }
        }
    }

    fn finish(&mut self, step: StepIndex, attempt: u32, result: Result<Success, Failure>) {
        let (outcome, detail, hint, transient, facts) = match result {
            Ok(success) => (success.outcome, success.detail, None, false, success.facts),
            Err(f) => (f.outcome, f.message, f.hint, f.transient, Facts::new()),
        };
        debug_assert!(
            outcome.is_good() || facts.is_empty(),
            "a failure leaves no facts"
        );
        let step = self.run.plan().steps[step].id.clone();
        if outcome == Outcome::InDoubt {
            tracing::warn!("{step}: {detail}");
        }
        self.record(Event::StepFinished {
            step,
            attempt,
            outcome,
            detail,
            hint,
            transient,
            facts,
        });
    }

    fn take_trap(&mut self, trap: Trap, chassis: Option<String>) {
        let hint = Hint {
            chassis,
            name: trap.name.clone(),
        };
        // A storm must not fill the disk that the next intent needs.
        if self.traps_kept < TRAPS_KEPT {
            self.traps_kept += 1;
            self.record(Event::TrapReceived(trap));
        } else if self.traps_kept == TRAPS_KEPT {
            self.traps_kept += 1;
            tracing::warn!("{TRAPS_KEPT} traps are journalled; further ones only hurry waits");
        }
        // Nobody may be waiting just now; the poll will tell them all the same.
        let _ = self.hints.send(hint);
    }

    fn approve(&mut self, step: &str, by: &str, reason: Option<&String>) {
        self.approvals.send_modify(|approvals| {
            approvals.insert(step.to_owned(), (by.to_owned(), reason.cloned()));
        });
    }
}

fn grant(granted: oneshot::Sender<()>) {
    // The step may have been let go in the same moment; then its intent stays, and is probed.
    let _ = granted.send(());
}
