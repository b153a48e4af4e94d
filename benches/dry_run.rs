//! The dry run of the shipped upgrade, whole process: processor time, and how much faster than
//! life it is. Target: under 100 ms of processor time.
//!
//! Processor time is what the system accounts to finished children, so this runs on Linux only.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

const RUNS: u32 = 20;

fn main() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    dry_run(folder.path());
    let (before, start) = (children(), Instant::now());
    let mut says = String::new();
    for _ in 0..RUNS {
        says = dry_run(folder.path());
    }
    let wall = start.elapsed() / RUNS;
    let spent = (children() - before) / RUNS;
    let night = says
        .lines()
        .find(|line| line.contains("of virtual time"))
        .unwrap_or("");
    println!("the last one: {}", night.trim());
    println!(
        "dry run of icsr-upgrade.yaml, mean of {RUNS}: {:.1} ms of processor time, {:.1} ms of wall time",
        spent.as_secs_f64() * 1e3,
        wall.as_secs_f64() * 1e3,
    );
}

fn dry_run(runs: &Path) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_cutover"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["run", "playbooks/icsr-upgrade.yaml", "-i"])
        .args(["playbooks/lab.yaml", "--dry-run", "--runs"])
        .arg(runs)
        .output()
        .expect("the program starts");
    assert!(output.status.success(), "the good night ends well");
    String::from_utf8(output.stdout).expect("it prints text")
}

/// User and system time of all finished children (`proc(5)`: `cutime`, `cstime`, in ticks of 10 ms
/// since Linux 2.6).
fn children() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let behind_name = stat.rsplit(')').next().unwrap_or("");
    let fields: Vec<u64> = behind_name
        .split_whitespace()
        .map(|field| field.parse().unwrap_or(0))
        .collect();
    // Fields 16 and 17 of the line; the state, field 3, is the first behind the name.
    let ticks = fields.get(13..15).map_or(0, |ticks| ticks.iter().sum());
    Duration::from_millis(10 * ticks)
}
