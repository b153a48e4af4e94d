//! Long jobs a command starts: copies, synchronisations, saves.

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
    Running {
        until: Time,
        progress: u8,
    },
    Finished(Result<JobReport, String>),
}

/// What a finished job has to say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JobReport {
    pub bytes: u64,
    pub took: Time,
    /// Files written on the standby card by a synchronisation (or that differ, with `checkonly`).
    pub files: Vec<String>,
}
