//! `cutover emulate`: its ready file, and what it says to an inventory it cannot emulate.

mod emulated;
#[path = "emulated/truth.rs"]
mod truth;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use cutover::playbook::Inventory;
use cutover::playbook::inventory::HostKey;
use emulated::Emulator;

const LAB: &str = include_str!("resume/lab.yaml");

/// Runs `cutover emulate` on an inventory that it must refuse.
fn refused(inventory: &str, more: &[&str]) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("lab.yaml");
    std::fs::write(&path, inventory).expect("written");
    let output = Command::new(env!("CARGO_BIN_EXE_cutover"))
        .arg("emulate")
        .arg(&path)
        .args(more)
        .stdin(Stdio::null())
        .output()
        .expect("the binary runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(output.stdout.is_empty());
    said
}

#[test]
fn what_cannot_be_emulated_is_refused_with_the_reason() {
    let pairless = LAB.split("pairs:").next().expect("text");
    for (inventory, reason) in [
        (
            LAB.replacen("profile: vpc-si-21", "", 1),
            "has no `profile:`",
        ),
        (LAB.replacen("vpc-si-21", "asr5600", 1), "vpc-si-21"),
        (
            LAB.replace("sessions: 1000", "sesions: 1000"),
            "unknown field `sesions`",
        ),
        (
            LAB.replace("password: lab", "password: { env: CUTOVER_NO_SUCH }"),
            "CUTOVER_NO_SUCH is not set",
        ),
        (
            LAB.replace("password: lab", "key: /nowhere/id"),
            "/nowhere/id.pub cannot be read",
        ),
        (pairless.to_owned(), "has no `pairs:`"),
        ("chassis: 3".to_owned(), "chassis"),
    ] {
        let said = refused(&inventory, &[]);
        assert!(said.contains(reason), "{reason}: {said}");
    }
    for speed in ["0", "-3", "fast", "inf"] {
        refused(LAB, &["--speed", speed]);
    }
}

#[test]
fn a_ready_file_never_replaces_a_file_of_somebody_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("mine.yaml");
    std::fs::write(&path, LAB).expect("written");
    let said = refused(LAB, &["--ready-file", &path.display().to_string()]);
    assert!(said.contains("was not written by"), "{said}");
    assert_eq!(std::fs::read_to_string(&path).expect("still there"), LAB);
}

#[test]
fn a_ready_file_is_an_inventory_that_reaches_the_chassis_and_goes_with_them() {
    let emulator = Emulator::start(LAB, "60");
    let path = emulator.inventory();
    let mode = std::fs::metadata(&path)
        .expect("there")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600, "it can hold passwords");
    let text = std::fs::read_to_string(&path).expect("there");
    let inventory = Inventory::load(&text, "ready").unwrap_or_else(|error| panic!("{error}"));
    let addresses: Vec<_> = inventory
        .chassis
        .values()
        .map(|chassis| chassis.address.clone())
        .collect();
    assert_ne!(addresses[0], addresses[1], "trap senders are told apart");
    for chassis in inventory.chassis.values() {
        assert!(chassis.address.starts_with("127.0.1."));
        assert!(
            matches!(&chassis.host_key, HostKey::Pinned(print) if print.starts_with("SHA256:"))
        );
        assert_eq!(chassis.login.user, "ops");
    }
    let pair = &inventory.pairs["vm-east-west"];
    assert_eq!((&*pair.primary, &*pair.backup), ("vm-east", "vm-west"));
    let listen = inventory.traps.expect("the lab has them").listen;
    assert!(listen.ip().is_loopback() && listen.port() != 0);
    let folder = emulator.folder().to_owned();
    let left = |folder: &Path| {
        let entries = std::fs::read_dir(folder).expect("there");
        entries
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .collect::<Vec<_>>()
    };
    assert!(!left(&folder).iter().any(|name| name.starts_with(".ready")));
    let truth = truth::of(emulator);
    assert_eq!(
        truth["vm-east"]["reloads"].as_array().map(Vec::len),
        Some(0)
    );
}
