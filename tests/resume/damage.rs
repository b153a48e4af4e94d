//! Journals that are torn, edited or foreign, and disks that are full.

use std::process::Command;

use cutover::engine::event::Event;

use crate::harness::{Scene, finish};
use crate::requests::{completes, waiting};

#[test]
fn a_torn_last_line_is_cut_off_and_the_run_goes_on() {
    let scene = Scene::set();
    waiting(&scene, "torn").kill();
    let path = scene.journal();
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, &whole[..whole.len() - 7]).unwrap();
    let (code, said) = finish(scene.cutover(&["status", &scene.id()]));
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("interrupted; `cutover resume"), "{said}");
    completes(&scene);
}

#[test]
fn a_journal_that_was_edited_or_belongs_to_another_playbook_is_refused() {
    let scene = Scene::set();
    waiting(&scene, "edited").kill();
    let path = scene.journal();
    let whole = std::fs::read_to_string(&path).unwrap();
    let edited = whole.replacen("\"outcome\":\"done\"", "\"outcome\":\"fail\"", 1);
    assert_ne!(edited, whole);
    std::fs::write(&path, edited).unwrap();
    let resume = || finish(scene.cutover(&["resume", &scene.id(), "--approve", "all"]));
    let (code, said) = resume();
    assert_eq!(code, 8, "{said}");
    assert!(said.contains("is damaged in line"), "{said}");
    std::fs::write(&path, whole).unwrap();

    let kept = path.with_file_name("playbook.yaml");
    let playbook = std::fs::read_to_string(&kept).unwrap();
    std::fs::write(&kept, playbook.replace("for: 1s", "for: 2s")).unwrap();
    let (code, said) = resume();
    assert_eq!(code, 8, "{said}");
    assert!(said.contains("belongs to another playbook"), "{said}");
    std::fs::write(&kept, playbook).unwrap();
    completes(&scene);
}

/// The limit on file sizes stands in for a full disk: a write fails in the middle of a run, with
/// another error number and the same consequences (F-65).
#[test]
fn f_65_a_disk_that_fills_up_stops_the_run_before_its_next_change() {
    let scene = Scene::set();
    let mut stopped = 0;
    for kib in [1, 2, 3, 4, 6, 8, 12, 16] {
        let name = format!("full{kib}");
        let run = scene.run(
            "asks.yaml",
            &["--approve", "all", "--var", &format!("name={name}")],
        );
        let mut limited = Command::new("bash");
        // A write beyond the limit fails instead of ending the process.
        limited.args(["-c", "trap '' XFSZ; ulimit -f \"$0\"; exec \"$@\""]);
        limited.arg(kib.to_string());
        limited.arg(run.get_program()).args(run.get_args());
        limited
            .env("USER", "tester")
            .stdin(std::process::Stdio::null());
        limited.stdout(std::process::Stdio::piped());
        limited.stderr(std::process::Stdio::piped());
        let (code, said) = finish(limited);
        let intents: Vec<String> = cutover::engine::journal::read(&scene.journal())
            .unwrap_or_default()
            .into_iter()
            .filter_map(|record| match record.event {
                Event::Intent { command, .. } if command.contains(&name) => Some(command),
                _ => None,
            })
            .collect();
        let files = scene.look().west.files;
        let saved = files.iter().filter(|file| file.starts_with(&name)).count();
        assert!(
            saved <= intents.len(),
            "{kib} KiB: {saved} {intents:?} {said}"
        );
        match (code, intents.len()) {
            (0, 2) => assert_eq!(saved, 2),
            (8, 0) | (3, 1..) => stopped += 1,
            _ => panic!("{kib} KiB: exit code {code} after {intents:?}\n{said}"),
        }
    }
    assert!(stopped > 2, "the limits never hurt");
}
