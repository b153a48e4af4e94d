//! What other terminals and the operator's own ask of a running run.
//!
//! `cutover approve`, `pause` and `abort` leave a request as a file in the run's `control`
//! directory; the one process that writes the journal takes it from there. A request left while
//! nobody runs is taken when the run is resumed.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::event::Event;

/// A request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "snake_case")]
pub enum Request {
    Approve {
        step: String,
        by: String,
        reason: Option<String>,
    },
    Pause {
        by: String,
    },
    Release {
        by: String,
    },
    Abort {
        by: String,
        fallback: bool,
    },
    /// The operator pressed Ctrl-C, for the `count`-th time.
    #[serde(skip)]
    Interrupt {
        count: u32,
    },
}

impl Request {
    /// What the request is once it is taken.
    pub fn into_event(self) -> Event {
        match self {
            Self::Approve { step, by, reason } => Event::Approved { step, by, reason },
            Self::Pause { by } => Event::PauseRequested { by },
            Self::Release { by } => Event::PauseReleased { by },
            Self::Abort { by, fallback } => Event::AbortRequested { by, fallback },
            Self::Interrupt { count } => Event::Interrupted { count },
        }
    }
}

/// Leaves a request for the process that runs the run. It appears whole or not at all.
///
/// # Errors
/// Whatever the disk says.
pub fn leave(directory: &Path, request: &Request) -> std::io::Result<()> {
    let mut bytes = serde_json::to_vec(request).expect("a request is plain data");
    bytes.push(b'\n');
    let file = tempfile_in(directory)?;
    std::fs::write(&file, bytes)?;
    std::fs::rename(&file, file.with_extension("json"))
}

/// Takes all requests that were left, oldest first. A file that is no request is put aside as
/// `.rejected` and named in the answer.
///
/// # Errors
/// Whatever the disk says.
pub fn take(directory: &Path) -> std::io::Result<Vec<Result<Request, String>>> {
    let mut files: Vec<_> = std::fs::read_dir(directory)?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .collect();
    files.sort();
    let mut requests = Vec::new();
    for path in files {
        let text = std::fs::read(&path)?;
        match serde_json::from_slice(&text) {
            Ok(request) => {
                std::fs::remove_file(&path)?;
                requests.push(Ok(request));
            }
            Err(error) => {
                std::fs::rename(&path, path.with_extension("rejected"))?;
                requests.push(Err(format!("{} is no request: {error}", path.display())));
            }
        }
    }
    Ok(requests)
}

/// A name nobody else uses, in the order in which requests were left.
fn tempfile_in(directory: &Path) -> std::io::Result<std::path::PathBuf> {
    for n in 0..10_000 {
        let stem = directory.join(format!("{n:05}"));
        let path = stem.with_extension("new");
        let taken = stem.with_extension("json").exists();
        if !taken
            && std::fs::OpenOptions::new()
                .write(true)
                .create_new(true)
                .open(&path)
                .is_ok()
        {
            return Ok(path);
        }
    }
    Err(std::io::Error::other(
        "10,000 requests wait in the control directory",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_arrive_once_whole_and_in_order() {
        let dir = tempfile::tempdir().unwrap();
        let approve = Request::Approve {
            step: "go".into(),
            by: "anna".into(),
            reason: None,
        };
        let abort = Request::Abort {
            by: "ben".into(),
            fallback: true,
        };
        leave(dir.path(), &approve).unwrap();
        leave(dir.path(), &abort).unwrap();
        assert_eq!(take(dir.path()).unwrap(), [Ok(approve), Ok(abort)]);
        assert_eq!(take(dir.path()).unwrap(), []);
    }

    #[test]
    fn what_is_no_request_is_put_aside_once() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("x.json"), "{\"request\":\"reload\"}").unwrap();
        assert!(take(dir.path()).unwrap()[0].is_err());
        assert_eq!(take(dir.path()).unwrap(), []);
    }
}
