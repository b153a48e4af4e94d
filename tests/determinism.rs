//! The same night twice is the same journal, byte for byte: in two processes, in one process, and
//! whatever the machine's clock, time zone and environment say.

use std::path::Path;
use std::process::Command;

/// The journal and the events of the upgrade's dry run, in an environment with `more` in it.
fn dry_run(seed: &str, more: &[(&str, &str)]) -> (Vec<u8>, Vec<u8>) {
    let home = tempfile::tempdir().expect("a folder");
    let output = Command::new(env!("CARGO_BIN_EXE_cutover"))
        .args([
            "rehearse",
            "playbooks/icsr-upgrade.yaml",
            "-i",
            "playbooks/lab.yaml",
        ])
        .args(["--json", "--seed", seed])
        .env_clear()
        .env("HOME", home.path())
        .envs(more.iter().copied())
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")))
        .output()
        .expect("the binary starts");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaint}");
    let runs = home.path().join(".local/state/cutover/runs");
    let mut kept = std::fs::read_dir(runs).expect("the run is kept");
    let run = kept.next().expect("one run").expect("readable").path();
    assert!(kept.next().is_none(), "a night keeps one run");
    let journal = std::fs::read(run.join("journal.jsonl")).expect("its journal");
    (journal, output.stdout)
}

/// Says where two journals part, not only that they do.
#[track_caller]
fn same(one: &[u8], other: &[u8]) {
    let (one, other) = (String::from_utf8_lossy(one), String::from_utf8_lossy(other));
    for (line, (one, other)) in one.lines().zip(other.lines()).enumerate() {
        assert_eq!(one, other, "line {} differs", line + 1);
    }
    assert_eq!(one.len(), other.len(), "one is longer");
    assert!(one.lines().count() > 100, "a night has many events");
}

#[test]
fn the_same_night_in_two_processes_is_the_same_journal_byte_for_byte() {
    let (journal, events) = dry_run("0", &[("TZ", "UTC"), ("USER", "ops")]);
    let elsewhere = [
        ("TZ", "Pacific/Kiritimati"),
        ("USER", "somebody-else"),
        ("LANG", "tr_TR.UTF-8"),
        ("COLUMNS", "40"),
        ("CUTOVER_LOG", "debug"),
    ];
    let (again, events_again) = dry_run("0", &elsewhere);
    same(&journal, &again);
    same(&events, &events_again);
}

#[test]
fn another_seed_is_repeatable_too() {
    let (journal, _) = dry_run("7", &[]);
    let (again, _) = dry_run("7", &[]);
    same(&journal, &again);
}

#[test]
fn each_line_of_the_journal_is_json_chained_to_the_one_before() {
    let (journal, _) = dry_run("0", &[]);
    let text = String::from_utf8(journal).expect("UTF-8");
    assert!(text.ends_with('\n'), "the last line is whole");
    let mut chained = std::collections::BTreeSet::new();
    for line in text.lines() {
        let record: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let chain = record["chain"]
            .as_str()
            .unwrap_or_else(|| panic!("no chain in {line}"));
        assert!(chained.insert(chain.to_owned()), "two lines have one chain");
    }
}
