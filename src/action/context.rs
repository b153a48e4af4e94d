//! What a running step may use: its chassis, the journal's ear, the clock, what others found out.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{Mutex, MutexGuard, broadcast, mpsc, oneshot, watch};

use super::fields::{Side, Span};
use super::outcome::{Facts, Failure};
use crate::device::Device;
use crate::device::transcript::redacted;
use crate::net::Clock;

/// What all steps of a run share.
pub struct World {
    /// Inventory name of the chassis configured primary.
    pub primary: String,
    pub backup: String,
    pub devices: BTreeMap<String, Arc<Mutex<Device>>>,
    pub clock: Clock,
    pub programs: Programs,
    pub keep: Keep,
}

/// What `notify` may start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Programs {
    Run,
    /// A dry run touches nothing, and that includes the operator's own machine.
    DryRun,
}

/// Where copies outside the chassis go.
pub enum Keep {
    /// A directory of the run.
    Directory(std::path::PathBuf),
    /// A dry run keeps them in memory.
    Memory(std::sync::Mutex<BTreeMap<String, String>>),
}

/// What a step tells the runner while it runs.
pub enum Report {
    /// Journal this before the command goes out; the answer is the permission to send.
    Intent {
        step: String,
        chassis: String,
        command: String,
        before: Facts,
        granted: oneshot::Sender<()>,
    },
    Progress {
        step: String,
        text: String,
    },
    ApprovalRequested {
        step: String,
        message: String,
    },
}

/// A notification heard, as far as waiting steps care.
#[derive(Clone, Debug)]
pub struct Hint {
    /// Inventory name of the chassis, if its address is known.
    pub chassis: Option<String>,
    pub name: String,
}

/// A command of this step that was journalled before the process stopped.
#[derive(Clone, Debug)]
pub struct Unfinished {
    pub at: Timestamp,
    pub chassis: String,
    pub command: String,
    pub before: Facts,
}

/// Who approved which step, and why.
pub type Approvals = BTreeMap<String, (String, Option<String>)>;

/// One attempt of one step.
pub struct Context {
    pub world: Arc<World>,
    pub step: String,
    /// The chassis the step works on, by inventory name.
    pub on: Option<String>,
    /// Set when the step must first find out what became of an earlier command.
    pub unfinished: Option<Unfinished>,
    /// What finished steps left, by step id.
    pub facts: Arc<BTreeMap<String, Facts>>,
    /// What was journalled with the last command each step announced, whatever became of it, by
    /// step id.
    pub announced: Arc<BTreeMap<String, Facts>>,
    /// How long a read waits for a chassis that is out of reach (F-13).
    pub patience: Duration,
    pub reports: mpsc::Sender<Report>,
    pub hints: broadcast::Receiver<Hint>,
    pub approvals: watch::Receiver<Approvals>,
}

impl Context {
    /// The step's own chassis.
    ///
    /// # Panics
    /// When the plan gave the step none; loading a playbook rules that out.
    pub fn chassis(&self) -> &str {
        self.on
            .as_deref()
            .unwrap_or_else(|| panic!("step {} has no chassis", self.step))
    }

    /// The other chassis of the pair.
    pub fn peer_of(&self, chassis: &str) -> &str {
        if chassis == self.world.primary {
            &self.world.backup
        } else {
            &self.world.primary
        }
    }

    /// The chassis that plays a role.
    pub fn side(&self, side: Side) -> &str {
        match side {
            Side::Primary => &self.world.primary,
            Side::Backup => &self.world.backup,
        }
    }

    /// The session to a chassis; the scheduler sees to it that nobody else uses it.
    pub async fn device(&self, chassis: &str) -> MutexGuard<'_, Device> {
        self.world
            .devices
            .get(chassis)
            .expect("the plan names chassis of the pair")
            .lock()
            .await
    }

    /// Time on this run's clock since it was started.
    pub fn elapsed(&self) -> Duration {
        self.world.clock.elapsed()
    }

    /// A moment `span` from now, to give up at.
    pub fn deadline(&self, span: Span) -> Duration {
        self.elapsed() + span.0
    }

    /// Waits for `span`, or until a notification called `trap` comes from `chassis`. Says whether
    /// it was the notification: a hint to look now, never a proof.
    pub async fn rest(&mut self, span: Duration, chassis: &str, trap: Option<&str>) -> bool {
        let clock = self.world.clock.clone();
        let timer = clock.sleep(span);
        tokio::pin!(timer);
        loop {
            tokio::select! {
                biased;
                hint = self.hints.recv(), if trap.is_some() => match hint {
                    Ok(hint) if Some(hint.name.as_str()) == trap
                        && hint.chassis.as_deref() == Some(chassis) => return true,
                    Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => {}
                    Err(broadcast::error::RecvError::Closed) => {
                        (&mut timer).await;
                        return false;
                    }
                },
                () = &mut timer => return false,
            }
        }
    }

    /// Journals that `command` is about to go to `chassis`, with what was true before it. Returns
    /// once that is on disk; only then may the command be sent, and only once. The journal gets
    /// the command without its secrets (INV-40).
    ///
    /// # Errors
    /// When the runner is gone or refuses: nothing may be sent.
    pub async fn intent(&self, chassis: &str, command: &str, before: Facts) -> Result<(), Failure> {
        let (granted, permission) = oneshot::channel();
        let report = Report::Intent {
            step: self.step.clone(),
            chassis: chassis.to_owned(),
            command: redacted(command, &[]),
            before,
            granted,
        };
        let refused = || Failure::refused(format!("`{command}` was not sent: the run is ending"));
        self.reports.send(report).await.map_err(|_| refused())?;
        permission.await.map_err(|_| refused())
    }

    /// Tells whoever watches what the step sees.
    pub async fn progress(&self, text: impl Into<String>) {
        let report = Report::Progress {
            step: self.step.clone(),
            text: text.into(),
        };
        // Nobody listens any more only when the run is ending; then nobody misses it.
        let _ = self.reports.send(report).await;
    }

    /// A fact that a finished step left under `name`; the latest by step order of the map.
    pub fn fact(&self, name: &str) -> Option<&serde_json::Value> {
        self.facts.values().rev().find_map(|facts| facts.get(name))
    }
}

impl Keep {
    /// Keeps `text` under `name`, on the disk before it returns.
    ///
    /// # Errors
    /// Whatever the disk says.
    pub fn put(&self, name: &str, text: &str) -> std::io::Result<String> {
        use std::io::Write;
        match self {
            Self::Directory(dir) => {
                let path = dir.join(name);
                // A configuration tells more than anybody but the operator should read.
                let mut options = std::fs::OpenOptions::new();
                options.write(true).create(true).truncate(true);
                #[cfg(unix)]
                std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
                let mut file = options.open(&path)?;
                file.write_all(text.as_bytes())?;
                file.sync_all()?;
                Ok(path.display().to_string())
            }
            Self::Memory(files) => {
                let mut files = files.lock().expect("nothing panics while keeping a file");
                files.insert(name.to_owned(), text.to_owned());
                Ok(format!("memory:{name}"))
            }
        }
    }
}
