//! Where runs live on disk, and the lock that keeps a pair to one run (INV-38).

use std::fs::File;
use std::path::{Path, PathBuf};

mod locks;

/// What can be wrong with the store.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot use the runs directory {path}: {source}")]
    Directory {
        path: String,
        source: std::io::Error,
    },
    #[error("no run `{run}` below {root}; `cutover status` lists the runs")]
    Unknown { run: String, root: String },
    #[error(
        "the pair is taken: {holder} holds {path}. Wait for it to end, or look at it with \
         `cutover status`"
    )]
    Taken { path: String, holder: String },
}

/// The directory that holds all runs.
#[derive(Clone, Debug)]
pub struct Store {
    root: PathBuf,
}

/// One run's directory.
#[derive(Clone, Debug)]
pub struct RunDir {
    path: PathBuf,
}

/// Held while a run works on a pair; let go when dropped, also by `kill -9`.
#[derive(Debug)]
pub struct PairLock {
    _files: Vec<File>,
}

impl Store {
    /// The store at `root`, or the user's own: `runs` in `$XDG_STATE_HOME/cutover`, or in
    /// `~/.local/state/cutover`.
    ///
    /// # Errors
    /// When there is neither, or the directory cannot be made.
    pub fn open(root: Option<PathBuf>) -> Result<Self, Error> {
        let from_env = |name: &str| {
            std::env::var_os(name)
                .filter(|v| !v.is_empty())
                .map(PathBuf::from)
        };
        let root = root
            .or_else(|| Some(from_env("XDG_STATE_HOME")?.join("cutover/runs")))
            .or_else(|| Some(from_env("HOME")?.join(".local/state/cutover/runs")))
            .unwrap_or_else(|| PathBuf::from("runs"));
        make(&root)?;
        Ok(Self { root })
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A new directory called `id`, or `id-2`, `id-3` … if that is taken.
    pub fn create(&self, id: &str) -> Result<RunDir, Error> {
        for n in 1.. {
            let name = if n == 1 {
                id.to_owned()
            } else {
                format!("{id}-{n}")
            };
            let path = self.root.join(name);
            match private().create(&path) {
                Ok(()) => return RunDir::prepare(path),
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(source) => {
                    return Err(Error::Directory {
                        path: path.display().to_string(),
                        source,
                    });
                }
            }
        }
        unreachable!("numbers do not run out")
    }

    /// The directory called `id`, emptied: a dry run of the same night is the same run.
    pub fn replace(&self, id: &str) -> Result<RunDir, Error> {
        let path = self.root.join(id);
        match std::fs::remove_dir_all(&path) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::Directory {
                    path: path.display().to_string(),
                    source,
                });
            }
            _ => {}
        }
        make(&path)?;
        RunDir::prepare(path)
    }

    /// An existing run, by its id or any beginning of it that only one run has, or by the path of
    /// its directory.
    pub fn find(&self, run: &str) -> Result<RunDir, Error> {
        for path in [self.root.join(run), PathBuf::from(run)] {
            if path.join("journal.jsonl").is_file() {
                return Ok(RunDir { path });
            }
        }
        let mut matching = self
            .list()?
            .into_iter()
            .filter(|dir| dir.id().starts_with(run));
        match (matching.next(), matching.next()) {
            (Some(dir), None) if !run.is_empty() => Ok(dir),
            _ => Err(Error::Unknown {
                run: run.to_owned(),
                root: self.root.display().to_string(),
            }),
        }
    }

    /// All runs, by id.
    pub fn list(&self) -> Result<Vec<RunDir>, Error> {
        let failed = |source| Error::Directory {
            path: self.root.display().to_string(),
            source,
        };
        let mut runs = Vec::new();
        for entry in std::fs::read_dir(&self.root).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if path.join("journal.jsonl").is_file() {
                runs.push(RunDir { path });
            }
        }
        runs.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(runs)
    }

    /// Takes the chassis at these addresses, whatever an inventory calls them and wherever their
    /// runs are kept: the locks belong to the machine. Each chassis has its own, so that two pairs
    /// that share one cannot both be under way.
    ///
    /// # Errors
    /// [`Error::Taken`] while another run of any user has one of them.
    pub fn lock_pair(&self, addresses: &[String], holder: &str) -> Result<PairLock, Error> {
        let shared = locks::directory();
        locks::take(shared.as_ref().unwrap_or(&self.root), addresses, holder)
    }
}

impl RunDir {
    fn prepare(path: PathBuf) -> Result<Self, Error> {
        for sub in ["transcripts", "kept", "control"] {
            make(&path.join(sub))?;
        }
        Ok(Self { path })
    }

    /// The run's id: the directory's name.
    pub fn id(&self) -> String {
        self.path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default()
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn journal(&self) -> PathBuf {
        self.path.join("journal.jsonl")
    }

    /// A chassis's transcript.
    pub fn transcript(&self, chassis: &str) -> PathBuf {
        self.path.join("transcripts").join(format!("{chassis}.log"))
    }

    /// Copies kept off the chassis: configurations, snapshots.
    pub fn kept(&self) -> PathBuf {
        self.path.join("kept")
    }

    /// Where other terminals leave their requests.
    pub fn control(&self) -> PathBuf {
        self.path.join("control")
    }
}

/// Directories only their owner can look into: configurations and transcripts lie there.
fn private() -> std::fs::DirBuilder {
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}

fn make(path: &Path) -> Result<(), Error> {
    private()
        .recursive(true)
        .create(path)
        .map_err(|source| Error::Directory {
            path: path.display().to_string(),
            source,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_found_by_a_beginning_that_only_one_has() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(Some(dir.path().to_owned())).unwrap();
        for id in ["2026-01-15-a", "2026-01-16-b"] {
            std::fs::write(store.create(id).unwrap().journal(), "").unwrap();
        }
        assert_eq!(store.find("2026-01-16").unwrap().id(), "2026-01-16-b");
        assert!(store.find("2026").is_err() && store.find("").is_err());
        assert_eq!(store.create("2026-01-15-a").unwrap().id(), "2026-01-15-a-2");
    }
}
