//! What the journal costs beside a plain append of the same bytes, with and without the disk.
//!
//! Prints the ratio of each pair, measured in turn, so that a machine whose speed drifts gives the
//! same figures.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use cutover::action::outcome::Facts;
use cutover::engine::event::{Event, Record};
use cutover::engine::journal::Journal;
use jiff::Timestamp;

const ROUNDS: usize = 9;

fn main() {
    let progress = |seq: u64| Event::StepProgress {
        step: "reload-backup".to_owned(),
        text: format!("the chassis does not answer yet, attempt {seq} of the poll"),
    };
    let intent = |seq: u64| Event::Intent {
        step: format!("step-{seq}"),
        chassis: "ha-east".to_owned(),
        command: "reload -noconfirm".to_owned(),
        before: Facts::new(),
    };
    compare("records (not synced)", &records(20_000, progress));
    compare("intents (synced one by one)", &records(200, intent));
}

fn records(count: u64, event: impl Fn(u64) -> Event) -> Vec<Record> {
    let record = |seq| Record {
        seq,
        at: Timestamp::UNIX_EPOCH,
        event: event(seq),
    };
    (1..=count).map(record).collect()
}

fn compare(what: &str, records: &[Record]) {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let path = folder.path().join("journal.jsonl");
    let mut figures: Vec<(f64, Duration, Duration)> = Vec::new();
    for _ in 0..ROUNDS {
        let (took, syncs) = journal(&path, records);
        let text = std::fs::read(&path).expect("the journal was written");
        std::fs::remove_file(&path).expect("it can be removed");
        let plain = plain(&path, &text, syncs > 0);
        std::fs::remove_file(&path).expect("it can be removed");
        let durable = records.iter().filter(|r| r.event.is_durable()).count();
        assert_eq!(syncs, durable as u64, "one sync for each durable record");
        figures.push((took.as_secs_f64() / plain.as_secs_f64(), took, plain));
    }
    figures.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (ratio, took, plain) = figures[ROUNDS / 2];
    let each = |span: Duration| span.as_secs_f64() * 1e6 / records.len() as f64;
    println!(
        "journal, {} {what}: {:.2} us each, plain append of the same lines {:.2} us; ratio {ratio:.2} (median of {ROUNDS})",
        records.len(),
        each(took),
        each(plain),
    );
}

fn journal(path: &Path, records: &[Record]) -> (Duration, u64) {
    let mut journal = Journal::create(path).expect("a new journal");
    let start = Instant::now();
    for record in records {
        journal.append(record).expect("the disk has room");
    }
    (start.elapsed(), journal.syncs())
}

fn plain(path: &Path, text: &[u8], synced: bool) -> Duration {
    let mut file: File = OpenOptions::new()
        .append(true)
        .create_new(true)
        .open(path)
        .expect("a new file");
    let start = Instant::now();
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        file.write_all(line).expect("the disk has room");
        if synced {
            file.sync_data().expect("the disk keeps it");
        }
    }
    start.elapsed()
}
