//! What a night came to, and what may be said of it.

use std::collections::BTreeMap;
use std::time::Duration;

use cutover::action::outcome::Outcome;
use cutover::engine::event::{Event, Record, Verdict};
use cutover::engine::runner::Ending;
use cutover::proto::srp::State;
use cutover::rehearsal::traffic::Stretch;

use crate::stage::{EAST, Seen, WEST};

/// What a night came to.
pub struct Morning {
    pub ending: Ending,
    pub records: Vec<Record>,
    pub before: BTreeMap<String, Seen>,
    pub after: BTreeMap<String, Seen>,
    pub traffic: Vec<Stretch>,
}

impl Morning {
    /// The run ended so; on failure the whole story is shown.
    #[track_caller]
    pub fn ended(&self, verdict: Verdict, exit_code: u8) -> &Self {
        assert!(
            self.ending.verdict == verdict && self.ending.exit_code == exit_code,
            "expected {verdict:?} {exit_code}, ended {:?}\n{}",
            self.ending,
            self.story()
        );
        self
    }

    /// The last end of a step: outcome, what was said, and what to do.
    #[track_caller]
    pub fn step(&self, id: &str) -> (Outcome, String) {
        let found = self
            .records
            .iter()
            .rev()
            .find_map(|record| match &record.event {
                Event::StepFinished {
                    step,
                    outcome,
                    detail,
                    hint,
                    ..
                } if step == id => Some((
                    *outcome,
                    format!("{detail} | {}", hint.as_deref().unwrap_or_default()),
                )),
                _ => None,
            });
        found.unwrap_or_else(|| panic!("step {id} never ended\n{}", self.story()))
    }

    /// The step ended so and said all of this, what was seen and what to do.
    #[track_caller]
    pub fn said(&self, id: &str, outcome: Outcome, parts: &[&str]) -> &Self {
        let (seen, text) = self.step(id);
        assert_eq!(seen, outcome, "{id}: {text}\n{}", self.story());
        for part in parts {
            assert!(text.contains(part), "{id} does not say `{part}`: {text}");
        }
        self
    }

    #[track_caller]
    pub fn never_started(&self, id: &str) -> &Self {
        let started = self
            .records
            .iter()
            .any(|record| matches!(&record.event, Event::StepStarted { step, .. } if step == id));
        assert!(!started, "{id} was started\n{}", self.story());
        self
    }

    /// Nothing at all was done to either chassis, by its own truth and by the journal.
    #[track_caller]
    pub fn nothing_touched(&self) -> &Self {
        let intents = self.commands();
        assert!(
            intents.is_empty(),
            "announced {intents:?}\n{}",
            self.story()
        );
        for name in [EAST, WEST] {
            self.left_alone(name);
            assert_eq!(self.before[name].files, self.after[name].files, "{name}");
        }
        self
    }

    /// No reload, no switchover, no change of the boot stack, no file lost, no session lost.
    #[track_caller]
    pub fn left_alone(&self, name: &str) -> &Self {
        let (before, after) = (&self.before[name], &self.after[name]);
        let (b, a) = (&before.truth, &after.truth);
        assert_eq!(
            b.reloads,
            a.reloads,
            "{name} was reloaded\n{}",
            self.story()
        );
        assert_eq!(b.switchovers, a.switchovers, "{name} switched over");
        assert_eq!(b.boot_stack_changes, a.boot_stack_changes, "{name}");
        assert_eq!(b.lost_files, a.lost_files, "{name} lost files");
        assert_eq!(b.sessions_lost, a.sessions_lost, "{name} lost sessions");
        assert_eq!(before.stack, after.stack, "{name}");
        assert_eq!(before.software, after.software, "{name}");
        assert_eq!(before.state, after.state, "{name}");
        self
    }

    #[track_caller]
    pub fn reloads(&self, name: &str, times: usize) -> &Self {
        let reloads = &self.after[name].truth.reloads;
        assert_eq!(
            reloads.len(),
            times,
            "{name}: {reloads:?}\n{}",
            self.story()
        );
        self
    }

    #[track_caller]
    pub fn runs(&self, name: &str, version: &str) -> &Self {
        assert_eq!(
            self.after[name].software,
            version,
            "{name}\n{}",
            self.story()
        );
        self
    }

    #[track_caller]
    pub fn is(&self, name: &str, state: State) -> &Self {
        assert_eq!(self.after[name].state, state, "{name}\n{}", self.story());
        self
    }

    /// The stack is as it was before the run.
    #[track_caller]
    pub fn stack_as_before(&self, name: &str) -> &Self {
        assert_eq!(self.before[name].stack, self.after[name].stack, "{name}");
        self
    }

    /// At every moment exactly one chassis carried traffic, save for the moments of planned
    /// switchovers (INV-1, INV-3), nothing was forced (INV-8) and no reload cost a session (INV-4).
    #[track_caller]
    pub fn traffic_never_down(&self) -> &Self {
        const MOMENT: Duration = Duration::from_secs(5);
        let switchovers: usize = [EAST, WEST]
            .iter()
            .map(|name| self.after[*name].truth.switchovers.len())
            .sum();
        let gaps: Vec<_> = self
            .traffic
            .iter()
            .filter(|s| s.carriers.len() != 1)
            .collect();
        assert!(gaps.len() <= switchovers, "{gaps:?}\n{}", self.story());
        for gap in gaps {
            assert!(gap.carriers.is_empty(), "two carried: {gap:?}");
            assert!(gap.until - gap.from <= MOMENT, "{gap:?}\n{}", self.story());
        }
        for (name, seen) in &self.after {
            assert_eq!(seen.truth.forced_switchovers, [], "{name}");
            assert_eq!(
                seen.truth.sessions_lost,
                self.before[name].truth.sessions_lost,
                "{name} lost sessions\n{}",
                self.story()
            );
        }
        self
    }

    /// Every command that was announced, in order.
    pub fn commands(&self) -> Vec<String> {
        let commands = self
            .records
            .iter()
            .filter_map(|record| match &record.event {
                Event::Intent {
                    chassis, command, ..
                } => Some(format!("{chassis}: {command}")),
                _ => None,
            });
        commands.collect()
    }

    /// The journal, for a person who has to find out what went wrong.
    pub fn story(&self) -> String {
        let mut lines = Vec::new();
        for record in &self.records {
            let line = match &record.event {
                Event::StepFinished {
                    step,
                    outcome,
                    detail,
                    hint,
                    ..
                } => format!("{step}: {outcome}: {detail} | {hint:?}"),
                Event::TrapReceived(_) | Event::StepStarted { .. } => continue,
                event => format!("{event:?}"),
            };
            lines.push(format!("{} {line}", record.at));
        }
        lines.join("\n")
    }
}
