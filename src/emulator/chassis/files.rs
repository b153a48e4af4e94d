//! Files, boot stacks and the jobs that change them.

use std::time::Duration;

use super::super::boot::Entry;
use super::super::flash::{BOOT_SYS, Content, File, is_local, key};
use super::super::jobs::{Job, JobId, JobReport, JobState, Task};
use super::{Chassis, Stack};
use crate::proto::Time;

/// What a remote server says when a file is not there (`staros-cli.md` 1.9).
const UNAVAILABLE: &str = "+ERR 2 File unavailable (e.g., file not found, no access)";

/// Connecting to a server takes this long.
const CONNECT: Duration = Duration::from_secs(1);

const MIB: f64 = 1_048_576.0;

impl Chassis {
    /// Starts a long job; its effect happens when it is finished. The error is the text after
    /// `Failure: `.
    pub fn start_job(&mut self, now: Time, job: Job) -> Result<JobId, String> {
        self.tick(now);
        let mut cut = None;
        let takes = match &job {
            Job::Copy { from, to } => {
                let size = match self.source(from) {
                    Some(file) => file.size,
                    None if is_local(from) => {
                        return Err(format!("{from} does not exist on this chassis"));
                    }
                    None => 0,
                };
                if !is_local(from) {
                    cut = self.faults.take_copy_cut();
                }
                let mut bytes = size * u64::from(cut.unwrap_or(100)) / 100;
                if is_local(to) {
                    bytes = bytes.min(self.flash[0].room_for_kib(to) * 1024);
                }
                CONNECT + per_mib(self.profile.copy_per_mib, bytes)
            }
            Job::Synchronize { .. } if self.flash.len() < 2 => Duration::ZERO,
            Job::Synchronize { check_only } => {
                let bytes: u64 = self
                    .differing()
                    .iter()
                    .filter_map(|file| self.size(file))
                    .sum();
                let bytes = if *check_only { 0 } else { bytes };
                self.profile.synchronize + per_mib(self.profile.synchronize_per_mib, bytes)
            }
            Job::Save { .. } => self.profile.save,
        };
        Ok(self.jobs.start(job, now, takes, cut))
    }

    /// How a job is doing; a finished job may be asked for again.
    pub fn job(&self, id: JobId) -> JobState {
        let gone = || JobState::Finished(Err("the operation was interrupted".into()));
        self.jobs.state(id, self.now).unwrap_or_else(gone)
    }

    /// The user pressed Ctrl-C: the job ends without its effect; a copy leaves a partial file.
    pub fn cancel_job(&mut self, now: Time, id: JobId) {
        let Some(task) = self.jobs.take(id) else {
            return;
        };
        if let Job::Copy { from, to } = &task.job {
            let arrived = self.source(from).map_or(0, |file| file.size);
            let arrived = arrived * u64::from(task.progress(now)) / 100;
            self.leave_partial(now, to, arrived);
        }
        self.jobs.finish(id, Err("interrupted by the user".into()));
        self.after(now);
    }

    /// `boot system priority …`: acts on the active management card only. The error is the text
    /// after `Failure: `.
    pub fn boot_set(&mut self, entry: Entry) -> Result<(), String> {
        self.boot[0].set(entry)?;
        self.boot_stack_changed();
        Ok(())
    }

    /// `no boot system priority N`. The error is the text after `Failure: `.
    pub fn boot_delete(&mut self, priority: u8) -> Result<(), String> {
        self.boot[0].delete(priority)?;
        self.boot_stack_changed();
        Ok(())
    }

    /// `delete /flash/X`. The error is the text after `Failure: `.
    pub fn delete_file(&mut self, path: &str) -> Result<(), String> {
        if !is_local(path) || self.flash[0].remove(path).is_none() {
            return Err(format!("{path} does not exist on this chassis"));
        }
        self.truth.lost_files.push((self.now, path.to_owned()));
        self.reread_boot_sys(0, path);
        Ok(())
    }

    pub(super) fn finish_jobs(&mut self, now: Time) {
        while let Some(task) = self.jobs.due(now) {
            let result = match &task.job {
                Job::Copy { from, to } => self.copied(&task, from, to),
                Job::Synchronize { check_only } => Ok(self.synchronised(&task, *check_only)),
                Job::Save {
                    path,
                    text,
                    redundant,
                } => self.saved(&task, path, text, *redundant),
            };
            self.jobs.finish(task.id, result);
        }
        if !self.jobs.saving() {
            self.release_shutdown_lock(now);
        }
    }

    fn copied(&mut self, task: &Task, from: &str, to: &str) -> Result<JobReport, String> {
        let Some(file) = self.source(from).cloned() else {
            return Err(UNAVAILABLE.into());
        };
        if let Some(percent) = task.cut_at_percent {
            let arrived = file.size * u64::from(percent) / 100;
            self.leave_partial(task.until, to, arrived);
            return Err(format!(
                "connection closed by the server after {arrived} bytes"
            ));
        }
        let bytes = file.size;
        let file = File {
            modified: task.until,
            ..file
        };
        self.write(task.until, 0, to, file)?;
        let took = task.until.saturating_sub(task.began);
        Ok(JobReport {
            bytes,
            took,
            files: Vec::new(),
        })
    }

    fn saved(
        &mut self,
        task: &Task,
        path: &str,
        text: &str,
        redundant: bool,
    ) -> Result<JobReport, String> {
        let file = File::text(text.to_owned(), task.until);
        let bytes = file.size;
        if redundant && is_local(path) && self.flash.len() > 1 {
            self.write(task.until, 1, path, file.clone())?;
        }
        self.write(task.until, 0, path, file)?;
        let took = task.until.saturating_sub(task.began);
        Ok(JobReport {
            bytes,
            took,
            files: vec![path.to_owned()],
        })
    }

    fn synchronised(&mut self, task: &Task, check_only: bool) -> JobReport {
        let files = self.differing();
        let took = task.until.saturating_sub(task.began);
        let bytes = files.iter().filter_map(|file| self.size(file)).sum();
        let report = JobReport { bytes, took, files };
        if !check_only && !self.faults.second_card_not_synchronised && self.flash.len() > 1 {
            self.flash[1].files = self.flash[0].files.clone();
            self.boot[1] = self.boot[0].clone();
        }
        report
    }

    /// Files the standby management card lacks or has otherwise, or has to lose.
    fn differing(&self) -> Vec<String> {
        let [active, standby, ..] = self.flash.as_slice() else {
            return Vec::new();
        };
        let changed = active.files.iter().filter(|(path, file)| {
            standby
                .get(path)
                .is_none_or(|copy| copy.content != file.content)
        });
        let extra = standby
            .files
            .keys()
            .filter(|path| active.get(path).is_none());
        let mut paths: Vec<String> = changed.map(|(path, _)| path.clone()).collect();
        paths.extend(extra.cloned());
        paths.sort();
        paths
    }

    fn source(&self, url: &str) -> Option<&File> {
        if is_local(url) {
            self.flash[0].get(url)
        } else {
            self.remote.get(base_name(url))
        }
    }

    fn size(&self, path: &str) -> Option<u64> {
        self.flash[0].get(path).map(|file| file.size)
    }

    /// Writes a whole file, here or elsewhere; what does not fit leaves as much as fits.
    fn write(&mut self, now: Time, card: usize, url: &str, file: File) -> Result<(), String> {
        if !is_local(url) {
            self.remote.insert(base_name(url).to_owned(), file);
            return Ok(());
        }
        let replaced = self.flash[card].get(url).is_some();
        if let Err(full) = self.flash[card].insert(url, file) {
            self.leave_partial(now, url, u64::MAX);
            return Err(full.to_string());
        }
        if replaced && card == 0 {
            self.truth.lost_files.push((now, url.to_owned()));
        }
        self.reread_boot_sys(card, url);
        Ok(())
    }

    /// What an interrupted copy leaves behind: as many bytes as arrived and fit.
    fn leave_partial(&mut self, now: Time, url: &str, arrived: u64) {
        if !is_local(url) {
            return;
        }
        let size = arrived.min(self.flash[0].room_for_kib(url) * 1024);
        let partial = File::opaque(size, now);
        self.flash[0]
            .insert(url, partial)
            .expect("cut to what fits");
        self.reread_boot_sys(0, url);
    }

    fn boot_stack_changed(&mut self) {
        let text = File::text(self.boot[0].render(), self.now);
        // A full flash keeps the old file; the stack in force is the one in memory.
        if self.flash[0].insert(BOOT_SYS, text).is_err() {
            self.log("boot.sys could not be written: No space left on device");
        }
        self.truth.boot_stack_changes.push(self.now);
    }

    /// Somebody wrote or deleted boot.sys as a file.
    fn reread_boot_sys(&mut self, card: usize, path: &str) {
        if key(path) != BOOT_SYS {
            return;
        }
        let file = self.flash[card].get(BOOT_SYS).map(|file| &file.content);
        self.boot[card] = match file {
            Some(Content::Text(text)) => Stack::parse(text),
            Some(Content::Image(_) | Content::Opaque) | None => Stack::default(),
        };
        self.truth.boot_stack_changes.push(self.now);
    }
}

fn per_mib(takes: Duration, bytes: u64) -> Duration {
    takes.mul_f64(bytes as f64 / MIB)
}

fn base_name(url: &str) -> &str {
    url.rsplit('/').next().unwrap_or(url)
}
