//! Long jobs a command starts: copies, synchronisations, saves.
//!
//! A job takes as long as the profile says; its effect on the files happens when it is finished.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::proto::Time;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct JobId(pub u64);

/// What a command asked for. URLs are as typed (`/flash/X`, `sftp://u:p@h/X`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Job {
    Copy {
        from: String,
        to: String,
    },
    /// `filesystem synchronize all [checkonly]`
    Synchronize {
        check_only: bool,
    },
    /// `save configuration PATH [-redundant]`; `text` is what will be written.
    Save {
        path: String,
        text: String,
        redundant: bool,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub enum JobState {
    /// `progress` runs from 0 to 100.
    Running { until: Time, progress: u8 },
    /// The error is the text after `Failure: `, or a whole line that begins with `+ERR`.
    Finished(Result<JobReport, String>),
}

/// What a finished job has to say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JobReport {
    pub bytes: u64,
    pub took: Duration,
    /// Files written on the standby card by a synchronisation (or that differ, with `checkonly`).
    pub files: Vec<String>,
}

/// A job under way.
#[derive(Clone, Debug)]
pub(super) struct Task {
    pub id: JobId,
    pub job: Job,
    pub began: Time,
    pub until: Time,
    /// How much of a copy will arrive, when not all of it (F-17).
    pub cut_at_percent: Option<u8>,
}

/// The jobs of one chassis.
#[derive(Clone, Debug, Default)]
pub(super) struct Jobs {
    last: u64,
    running: Vec<Task>,
    finished: BTreeMap<JobId, Result<JobReport, String>>,
}

/// Answers of jobs nobody asks for any more are dropped.
const REMEMBERED: usize = 64;

impl Jobs {
    pub fn start(
        &mut self,
        job: Job,
        began: Time,
        takes: Duration,
        cut_at_percent: Option<u8>,
    ) -> JobId {
        self.last += 1;
        let id = JobId(self.last);
        self.running.push(Task {
            id,
            job,
            began,
            until: began + takes,
            cut_at_percent,
        });
        id
    }

    pub fn state(&self, id: JobId, now: Time) -> Option<JobState> {
        if let Some(task) = self.running.iter().find(|task| task.id == id) {
            return Some(JobState::Running {
                until: task.until,
                progress: task.progress(now),
            });
        }
        self.finished
            .get(&id)
            .map(|result| JobState::Finished(result.clone()))
    }

    /// Takes out the earliest job that is over at `now`; [`Jobs::finish`] must follow.
    pub fn due(&mut self, now: Time) -> Option<Task> {
        let due = self
            .running
            .iter()
            .enumerate()
            .filter(|(_, task)| task.until <= now);
        let (at, _) = due.min_by_key(|(_, task)| (task.until, task.id))?;
        Some(self.running.remove(at))
    }

    /// Takes out a job before its time.
    pub fn take(&mut self, id: JobId) -> Option<Task> {
        let at = self.running.iter().position(|task| task.id == id)?;
        Some(self.running.remove(at))
    }

    pub fn finish(&mut self, id: JobId, result: Result<JobReport, String>) {
        self.finished.insert(id, result);
        while self.finished.len() > REMEMBERED {
            self.finished.pop_first();
        }
    }

    pub fn deadline(&self) -> Option<Time> {
        self.running.iter().map(|task| task.until).min()
    }

    /// Whether a `save configuration` runs: the shutdown lock (`staros-cli.md` 1.10).
    pub fn saving(&self) -> bool {
        self.running
            .iter()
            .any(|task| matches!(task.job, Job::Save { .. }))
    }

    /// The power went: nothing that ran takes effect.
    pub fn abandon(&mut self) {
        self.running.clear();
        self.finished.clear();
    }
}

impl Task {
    pub fn progress(&self, now: Time) -> u8 {
        let whole = self.until.saturating_sub(self.began).as_millis().max(1);
        let done = now.saturating_sub(self.began).as_millis().min(whole);
        u8::try_from(done * 100 / whole).expect("at most 100")
    }
}
