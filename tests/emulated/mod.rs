//! `cutover emulate` as a process of its own, for tests of the real binary.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The longest anything here is waited for.
pub const PATIENCE: Duration = Duration::from_secs(120);
/// Between two looks at something another process does.
const LOOK: Duration = Duration::from_millis(5);

/// Emulated chassis that answer until this is dropped.
pub struct Emulator {
    pub child: Child,
    folder: tempfile::TempDir,
}

impl Emulator {
    /// Starts the chassis of `inventory`, `speed` times faster than real time, and waits until
    /// they are ready.
    pub fn start(inventory: &str, speed: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let written = folder.path().join("lab.yaml");
        std::fs::write(&written, inventory).expect("written");
        let ready = folder.path().join("ready.yaml");
        let mut child = Command::new(env!("CARGO_BIN_EXE_cutover"))
            .arg("emulate")
            .arg(&written)
            .args(["--speed", speed, "--ready-file"])
            .arg(&ready)
            .arg("--truth-file")
            .arg(folder.path().join("truth.json"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .expect("the binary runs");
        until("the chassis are ready", || {
            let ended = child.try_wait().expect("a child");
            assert_eq!(ended, None, "the emulator ended early");
            ready.exists().then_some(())
        });
        Self { child, folder }
    }

    /// The inventory that reaches the chassis.
    pub fn inventory(&self) -> PathBuf {
        self.folder.path().join("ready.yaml")
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

/// Kills a child and waits for it.
pub fn end(child: &mut Child) {
    // It may have ended by itself.
    let _ended = child.kill();
    let _status = child.wait();
}

/// Looks until there is an answer.
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(began.elapsed() < PATIENCE, "in vain: {what}");
        std::thread::sleep(LOOK);
    }
}
