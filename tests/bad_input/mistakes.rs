//! Mistakes in the files and on the command line, through the binary: exit code 2, all at once,
//! and nothing is touched, not even the place where runs are kept.

use std::path::Path;
use std::process::{Command, Output};

fn cutover(at: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cutover"))
        .args(arguments)
        .current_dir(at)
        .env_clear()
        .env("HOME", at)
        .output()
        .unwrap()
}

const LAB: &str = include_str!("../../playbooks/lab.yaml");
const UPGRADE: &str = include_str!("../../playbooks/icsr-upgrade.yaml");

struct Desk(tempfile::TempDir);

impl Desk {
    fn new(playbook: &str, inventory: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("p.yaml"), playbook).unwrap();
        std::fs::write(dir.path().join("i.yaml"), inventory).unwrap();
        Self(dir)
    }

    fn run(&self, more: &[&str]) -> Output {
        let mut arguments = vec!["run", "p.yaml", "-i", "i.yaml", "--runs", "runs"];
        arguments.extend(more);
        cutover(self.0.path(), &arguments)
    }

    /// Refused with exit code 2, naming all of it, and leaving nothing behind.
    #[track_caller]
    fn refuses(&self, more: &[&str], parts: &[&str]) {
        // Whether a dry run or a real one makes no difference to a mistake.
        for mode in [&["--dry-run"][..], &[]] {
            let output = self.run(&[mode, more].concat());
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{said}");
            for part in parts {
                assert!(said.contains(part), "no `{part}` in\n{said}");
            }
            assert!(output.stdout.is_empty(), "nothing was begun");
            let runs = self.0.path().join("runs");
            let kept = std::fs::read_dir(runs).map_or(0, |kept| kept.count());
            assert_eq!(kept, 0, "no run was created");
        }
    }
}

const MISTAKEN: &str = "\
playbook: wrong
pair: icsr
vars:
  image: { type: flash_path, required: true }
steps:
  - id: one
    on: primary
    needs: [three]
    helth_check: { cards: ok }
  - id: two
    on: primary
    needs: [one]
    wait_for: { until: srp.state == standby, deadline: 5m }
  - id: three
    on: primary
    needs: [two, nobody]
    reload: { version: \"${vresion}\" }
";

#[test]
fn every_mistake_of_a_playbook_comes_at_once() {
    let parts = [
        "helth_check",
        "health_check",
        "nobody",
        "poll",
        "vresion",
        "image",
        "undo",
        "p.yaml:",
    ];
    Desk::new(MISTAKEN, LAB).refuses(&[], &parts);
}

#[test]
fn a_cycle_is_named_with_its_members() {
    let cycle = "\
playbook: cycle
pair: icsr
steps:
  - id: one
    on: primary
    needs: [two]
    health_check: { cards: ok }
  - id: two
    on: primary
    needs: [one]
    health_check: { cards: ok }
";
    Desk::new(cycle, LAB).refuses(&[], &["in a circle", "one → two → one"]);
}

#[test]
fn a_playbook_that_is_no_yaml_is_shown_where() {
    Desk::new("playbook: [", LAB).refuses(&[], &["p.yaml:1"]);
}

#[test]
fn variables_that_are_unknown_or_of_the_wrong_kind_come_at_once() {
    let vars = [
        "--var",
        "imgae=/flash/x.bin",
        "--var",
        "soak=soon",
        "--var",
        "image=flash",
    ];
    Desk::new(UPGRADE, LAB).refuses(&vars, &["imgae", "image", "soak", "soon", "/flash/"]);
}

#[test]
fn every_mistake_of_an_inventory_comes_at_once() {
    let inventory = "\
chassis:
  ha-east: { os: nexus, address: 192.0.2.10, login: { user: ops, pasword: lab } }
  ha-west: { os: staros, login: { user: ops, password: lab }, host_key: trust_me }
pairs:
  east-west: { kind: icsr, primary: ha-east, backup: ha-wset }
";
    let parts = [
        "nexus", "pasword", "password", "address", "trust_me", "ha-wset", "ha-west",
    ];
    Desk::new(UPGRADE, inventory).refuses(&[], &parts);
}

#[test]
fn an_inventory_without_the_pair_is_refused() {
    let inventory = LAB.split("pairs:").next().unwrap();
    Desk::new(UPGRADE, inventory).refuses(&[], &["pair"]);
}

#[test]
fn files_that_are_not_there_are_named() {
    let desk = Desk::new(UPGRADE, LAB);
    let cases = [
        ["run", "no.yaml", "-i", "i.yaml", "no.yaml"],
        ["run", "p.yaml", "-i", "no.yaml", "no.yaml"],
    ];
    for [run, playbook, i, inventory, named] in cases {
        let output = cutover(
            desk.0.path(),
            &[run, playbook, i, inventory, "--runs", "runs"],
        );
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(named), "{said}");
    }
}

#[test]
fn an_approval_for_a_step_that_does_not_ask_is_refused_in_a_dry_run_too() {
    let desk = Desk::new(UPGRADE, LAB);
    desk.refuses(
        &["--approve", "reload-backup"],
        &["reload-backup", "second-half"],
    );
}

#[test]
fn a_secret_that_is_not_there_is_refused_before_any_change() {
    let inventory = LAB.replace("password: lab", "password: { env: CUTOVER_NO_SUCH_SECRET }");
    let desk = Desk::new(UPGRADE, &inventory);
    let output = desk.run(&["--approve", "all"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("CUTOVER_NO_SUCH_SECRET"), "{said}");
    assert!(
        [Some(2), Some(8)].contains(&output.status.code()),
        "{:?}",
        output.status
    );
}

#[test]
fn an_emulated_section_with_a_mistake_is_a_mistake_of_the_inventory() {
    let inventory = LAB.replacen("release: 21.26.9", "relaese: 21.26.9", 1);
    let desk = Desk::new(UPGRADE, &inventory);
    let output = desk.run(&["--dry-run"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.contains("ha-east") && said.contains("relaese"),
        "{said}"
    );
}

#[test]
fn the_binary_says_in_its_events_and_its_code_how_a_bad_night_ended() {
    let fault = "release: 21.26.9\n      faults: { never_comes_back: true }";
    let (east, west) = LAB.split_once("  ha-west:").unwrap();
    let inventory = format!(
        "{east}  ha-west:{}",
        west.replacen("release: 21.26.9", fault, 1)
    );
    let output = Desk::new(UPGRADE, &inventory).run(&["--dry-run", "--json"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(3), "{text}");
    let last: serde_json::Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    assert_eq!(last["event"], "run_ended");
    assert_eq!(last["verdict"], "stopped");
    assert_eq!(last["exit_code"], 3);
    assert!(
        last["reason"].as_str().unwrap().contains("reload-backup"),
        "{last}"
    );
}
