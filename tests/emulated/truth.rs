//! What really happened to emulated chassis, told by their process when it ends.

use std::process::Command;

use crate::emulated::{Emulator, until};

/// Ends the emulator as a supervisor would and returns what it tells.
pub fn of(mut emulator: Emulator) -> serde_json::Value {
    let pid = emulator.child.id().to_string();
    let asked = Command::new("kill").args(["-s", "TERM", &pid]).status();
    assert!(asked.expect("kill runs").success());
    let ended = until("the emulator ends", || {
        emulator.child.try_wait().expect("a child")
    });
    assert_eq!(ended.code(), Some(0));
    assert!(!emulator.inventory().exists(), "it reaches nobody any more");
    let truth = std::fs::read(emulator.folder().join("truth.json")).expect("written");
    serde_json::from_slice(&truth).expect("JSON")
}
