//! A night as operators and their scripts see it: dry runs, their events, what is kept of them.

use serde_json::Value;

use super::sealed::Sealed;

const UPGRADE: [&str; 5] = [
    "run",
    "playbooks/icsr-upgrade.yaml",
    "-i",
    "playbooks/lab.yaml",
    "--dry-run",
];
const SHORT: [&str; 7] = [
    "run",
    super::NIGHT,
    "-i",
    super::LAB,
    "--dry-run",
    "--var",
    "change=CHG7",
];

fn upgrade(sealed: &Sealed, more: &[&str]) -> std::process::Output {
    sealed.output(&[&UPGRADE, more].concat())
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("we write UTF-8")
}

/// Without the real time a dry run took, and with the clock's times relative to nothing: when an
/// emulated night begins is not what this is about.
fn without_times(says: &str) -> String {
    let is_clock =
        |text: &str| text.len() == 8 && text.split(':').all(|part| part.parse::<u8>().is_ok());
    let lines = says.lines().map(|line| match line.split_once(' ') {
        Some((clock, rest)) if is_clock(clock) => format!("hh:mm:ss {rest}\n"),
        _ => match line.split_once(" of virtual time in ") {
            Some((before, _)) => format!("{before} of virtual time in [REAL]\n"),
            None => format!("{line}\n"),
        },
    });
    lines.collect()
}

#[test]
fn a_short_night_in_full() {
    let sealed = Sealed::new();
    insta::assert_snapshot!(without_times(&sealed.says(&SHORT)));
}

#[test]
fn runs_are_listed_and_found_by_the_beginning_of_their_id() {
    let sealed = Sealed::new();
    let mut says = sealed.says(&["status"]);
    assert!(sealed.output(&SHORT).status.success());
    for args in [
        &["status"] as &[&str],
        &["status", "dry-short"],
        &["status", "nightmare"],
        &["resume", "dry-short"],
        &["resume", "nightmare"],
        &["pause", "dry-short"],
        &["abort", "dry-short"],
        &["approve", "dry-short", "go"],
        &["approve", "nightmare", "go"],
    ] {
        says += "\n";
        says += &sealed.says(args);
    }
    insta::assert_snapshot!(says);
}

#[test]
fn a_dry_run_says_first_what_it_is_not_and_last_how_it_ended() {
    let sealed = Sealed::new();
    let output = upgrade(&sealed, &[]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let says = text(&output.stdout);
    let first = says.lines().next().expect("a first line");
    for part in ["DRY RUN", "no socket", "no device", "ha-east", "ha-west"] {
        assert!(first.contains(part), "{part} not in {first}");
    }
    assert!(says.contains("\nCOMPLETED after "), "{says}");
    let outage = says
        .lines()
        .find(|line| line.trim_start().starts_with("outage: "));
    assert!(outage.is_some(), "{says}");
    assert!(
        says.lines()
            .last()
            .is_some_and(|line| line.starts_with("journal: ")),
        "{says}"
    );
}

#[test]
fn json_events_are_the_journal_and_keep_the_contract() {
    let sealed = Sealed::new();
    let output = upgrade(&sealed, &["--json"]);
    assert_eq!(output.status.code(), Some(0));
    let events: Vec<Value> = text(&output.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();
    for (at, event) in events.iter().enumerate() {
        assert_eq!(event["seq"], at + 1, "{event}");
        let moment = event["at"].as_str().expect("every event has its time");
        moment
            .parse::<jiff::Timestamp>()
            .unwrap_or_else(|error| panic!("{error}: {event}"));
        assert!(event["event"].is_string(), "{event}");
    }
    let (first, last) = (&events[0], events.last().expect("events"));
    assert_eq!(
        (&first["event"], &first["dry_run"]),
        (&"run_started".into(), &true.into())
    );
    assert_eq!(
        (&last["event"], &last["verdict"]),
        (&"run_ended".into(), &"completed".into())
    );
    assert_eq!(last["exit_code"], 0);
    let of = |name: &str| events.iter().filter(|event| event["event"] == name).count();
    assert_eq!(of("run_started") + of("run_ended"), 2);
    assert!(of("trap_received") > 0 && of("step_started") > 40);
    assert!(
        of("step_finished") >= of("step_started"),
        "every step that starts ends"
    );
    for event in events
        .iter()
        .filter(|event| event["event"] == "step_finished")
    {
        let outcomes = [
            "done", "already", "skipped", "refused", "failed", "in_doubt",
        ];
        assert!(
            outcomes.iter().any(|known| event["outcome"] == *known),
            "{event}"
        );
    }
    let run = first["run"].as_str().expect("the run has an id");
    let kept: Vec<Value> = sealed
        .journal(run)
        .lines()
        .map(|line| serde_json::from_str(line).expect("each line of a journal is JSON"))
        .collect();
    assert_eq!(kept.len(), events.len());
    for (kept, printed) in kept.iter().zip(&events) {
        for (name, value) in printed.as_object().expect("an object") {
            assert_eq!(
                &kept[name], value,
                "`{name}` of the journal differs from {printed}"
            );
        }
    }
}

#[test]
fn a_reader_that_goes_away_does_not_change_the_verdict() {
    let sealed = Sealed::new();
    for more in [&[] as &[&str], &["--json"]] {
        let mut command = sealed.command(&[&UPGRADE as &[&str], more].concat());
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        command
            .stdout(writer.try_clone().expect("a pipe"))
            .stderr(writer);
        let status = command.status().expect("the binary starts");
        assert_eq!(status.code(), Some(0), "{more:?}");
    }
}

#[test]
fn a_full_disk_is_an_error_where_the_output_is_the_result() {
    let Ok(full) = std::fs::OpenOptions::new().write(true).open("/dev/full") else {
        eprintln!("skipped: this system has no /dev/full");
        return;
    };
    let sealed = Sealed::new();
    let mut command = sealed.command(&["check", super::NIGHT]);
    command.stdout(full);
    let output = command.output().expect("the binary starts");
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output.stderr).contains("standard output"),
        "{}",
        text(&output.stderr)
    );
}
