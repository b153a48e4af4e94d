//! The chassis itself: one sans-I/O machine.
//!
//! Give it an input with the time it happened, drain [`Chassis::poll_output`], then wake it at
//! [`Chassis::deadline`].

use std::time::Duration;

use super::boot::{Entry, Stack};
use super::flash::{Flash, Image};
use super::hardware::{Hardware, Recovery};
use super::jobs::{Job, JobId, JobState};
use super::profile::Profile;
use super::staros::config::Running;
use super::traps::{Arg, Trap};
use super::users::{Credential, User};
use crate::proto::Time;

pub struct Chassis {
    pub name: String,
    pub profile: Profile,
    pub hardware: Hardware,
    /// `[0]`: the active management card's; `[1]`: the standby one's, if the platform has it.
    pub flash: Vec<Flash>,
    /// Same indexes as [`Chassis::flash`].
    pub boot: Vec<Stack>,
    pub running: Running,
    epoch: jiff::Timestamp,
    now: Time,
    up_since: Option<Time>,
    software: Image,
    boot_image: String,
    boot_config: String,
    traps: Vec<Trap>,
}

impl Chassis {
    /// The name in the prompt: `system hostname X`, or the name it was made with.
    pub fn hostname(&self) -> &str {
        self.running
            .view()
            .hostname
            .as_deref()
            .unwrap_or(&self.name)
    }

    /// The time of the latest input.
    pub fn now(&self) -> Time {
        self.now
    }

    /// What the device's own clock shows at `at`: its zone, its skew.
    pub fn calendar(&self, at: Time) -> jiff::Zoned {
        let shown = self
            .epoch
            .checked_add(at)
            .and_then(|t| t.checked_add(self.profile.clock_skew));
        let zone = jiff::tz::TimeZone::UTC;
        shown
            .expect("a run ends before the calendar does")
            .to_zoned(zone)
    }

    /// Whether the management card runs software (not reloading, not dead).
    pub fn is_up(&self) -> bool {
        self.up_since.is_some()
    }

    /// Time since the running software started; zero while down.
    pub fn uptime(&self, now: Time) -> Duration {
        self.up_since
            .map_or(Duration::ZERO, |since| now.saturating_sub(since))
    }

    pub fn software(&self) -> &Image {
        &self.software
    }

    /// Such as `/flash/asr5500-21.28.3.bin.SPA`.
    pub fn boot_image_path(&self) -> &str {
        &self.boot_image
    }

    /// The configuration file it was booted with.
    pub fn boot_config_path(&self) -> &str {
        &self.boot_config
    }

    /// Whether the boot sequence is over: cards, services and session recovery are in final state.
    pub fn settled(&self, _now: Time) -> bool {
        self.is_up()
    }

    pub fn authenticate(&self, _credential: &Credential<'_>) -> Option<User> {
        None
    }

    /// Starts a long job; its effect happens when it is finished. The error is the text after
    /// `Failure: `.
    pub fn start_job(&mut self, _now: Time, _job: Job) -> Result<JobId, String> {
        Err("not supported".into())
    }

    /// How a job is doing; a finished job may be asked for again.
    pub fn job(&self, _id: JobId) -> JobState {
        JobState::Finished(Err("no such job".into()))
    }

    /// The user pressed Ctrl-C: the job ends without its effect (a copy leaves a partial file).
    pub fn cancel_job(&mut self, _now: Time, _id: JobId) {}

    pub fn boot_set(&mut self, _entry: Entry) -> Result<(), String> {
        Ok(())
    }

    pub fn boot_delete(&mut self, _priority: u8) -> Result<(), String> {
        Ok(())
    }

    /// `delete /flash/X`.
    pub fn delete_file(&mut self, _path: &str) -> Result<(), String> {
        Ok(())
    }

    /// The confirmed reload: waits for a running save, then goes down. Sessions are closed by the
    /// host; the shell stops talking when [`Chassis::is_up`] is false.
    pub fn reload(&mut self, _now: Time) {}

    /// To be called after every accepted configuration line.
    pub fn configuration_changed(&mut self, _now: Time) {}

    /// Sends a trap to every target and remembers it.
    pub fn remember(&mut self, now: Time, number: u32, args: Vec<Arg>) {
        self.traps.push(Trap {
            at: now,
            number,
            name: "",
            args,
        });
    }

    /// Oldest first; at most 400.
    pub fn trap_history(&self) -> &[Trap] {
        &self.traps
    }

    /// A CLI session begins (trap 52) or ends (53); `line` is the tty name.
    pub fn session_started(&mut self, _now: Time, _user: &User, _line: &str) {}
    pub fn session_ended(&mut self, _now: Time, _user: &User, _line: &str) {}

    // SRP. `srp()` gives the machine itself once `proto::srp` has it.
    pub fn srp_validate_configuration(&mut self, _now: Time) -> Result<(), String> {
        Ok(())
    }
    pub fn srp_validate_switchover(&mut self, _now: Time) -> Result<(), String> {
        Ok(())
    }
    pub fn srp_initiate_switchover(&mut self, _now: Time, _force: bool) -> Result<(), String> {
        Ok(())
    }
    pub fn srp_terminate_post_process(&mut self, _now: Time) -> Result<(), String> {
        Ok(())
    }

    /// `show session recovery status`.
    pub fn session_recovery(&self, _now: Time) -> Recovery {
        Recovery {
            enabled: true,
            overall: String::new(),
            ready: true,
            rows: Vec::new(),
        }
    }

    /// Live sessions on this chassis (zero on the Standby).
    pub fn subscribers_total(&self) -> u64 {
        0
    }

    /// Ground truth: whether subscribers' traffic passes through this chassis now.
    pub fn is_carrying_traffic(&self, _now: Time) -> bool {
        false
    }
}
