//! The journal: append-only JSON lines, each chained to the one before.
//!
//! A line is the JSON of a [`Record`] with one more member, `chain`: the first 16 hex digits of
//! SHA-256 over the previous line's chain and this line without it. `jq` works on it; an edited,
//! missing or foreign line does not pass. Each record is one `write`; header and intents are
//! synced to the disk before anything else happens (kill -9 needs no sync, a power cut does).
//!
//! On reading, a torn last line is cut off: it was never acknowledged. Damage anywhere else is
//! refused: a run that cannot say what it did must not go on by itself.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::event::Record;

/// What can be wrong with a journal.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot write the journal {path}: {source}; the run stops before its next change")]
    Write {
        path: String,
        source: std::io::Error,
    },
    #[error("cannot read the journal {path}: {source}")]
    Read {
        path: String,
        source: std::io::Error,
    },
    #[error(
        "the journal {path} is damaged in line {line} ({what}) and has intact lines behind it; \
         it was edited or the disk lost data. Read it, look at both chassis, and start a new run"
    )]
    Damaged {
        path: String,
        line: usize,
        what: String,
    },
    #[error("the journal {path} has no complete line: the run had not begun, start it anew")]
    Empty { path: String },
    #[error("another process is writing the journal {path}; is the run still going on?")]
    Busy { path: String },
}

/// Where lines go.
enum Sink {
    Disk {
        file: File,
        path: PathBuf,
    },
    /// Rehearsals: same bytes, no disk in the way of virtual time.
    Memory(Vec<u8>),
}

/// An open journal; the only writer of its file.
pub struct Journal {
    sink: Sink,
    next: u64,
    chain: String,
    line: Vec<u8>,
    syncs: u64,
}

/// What the chain starts from: the format's name and version.
const GENESIS: &str = "cutover-journal-1";

impl Journal {
    /// A journal in memory.
    pub fn in_memory() -> Self {
        Self::over(Sink::Memory(Vec::new()))
    }

    /// A new journal file; it must not exist yet.
    pub fn create(path: &Path) -> Result<Self, Error> {
        let failed = |source| Error::Write {
            path: path.display().to_string(),
            source,
        };
        let mut options = OpenOptions::new();
        options.append(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path).map_err(failed)?;
        lock(&file, path)?;
        if let Some(parent) = path.parent() {
            File::open(parent)
                .and_then(|dir| dir.sync_all())
                .map_err(failed)?;
        }
        Ok(Self::over(Sink::Disk {
            file,
            path: path.to_owned(),
        }))
    }

    /// Opens an existing journal to go on with it, and returns what it holds. A torn last line is
    /// cut off.
    pub fn reopen(path: &Path) -> Result<(Self, Vec<Record>), Error> {
        let failed = |source| Error::Read {
            path: path.display().to_string(),
            source,
        };
        let mut file = OpenOptions::new()
            .read(true)
            .append(true)
            .open(path)
            .map_err(failed)?;
        lock(&file, path)?;
        let mut text = Vec::new();
        file.rewind()
            .and_then(|()| file.read_to_end(&mut text))
            .map_err(failed)?;
        let Contents {
            records,
            chain,
            intact,
        } = parse(&text, path)?;
        if intact < text.len() {
            file.set_len(intact as u64).map_err(failed)?;
        }
        let mut journal = Self::over(Sink::Disk {
            file,
            path: path.to_owned(),
        });
        journal.next = records.len() as u64 + 1;
        journal.chain = chain;
        Ok((journal, records))
    }

    fn over(sink: Sink) -> Self {
        Self {
            sink,
            next: 1,
            chain: GENESIS.to_owned(),
            line: Vec::new(),
            syncs: 0,
        }
    }

    /// The sequence number of the next record.
    pub fn next_seq(&self) -> u64 {
        self.next
    }

    /// How often the disk was told to keep what it has.
    pub fn syncs(&self) -> u64 {
        self.syncs
    }

    /// The bytes of a journal in memory; empty for one on disk.
    pub fn bytes(&self) -> &[u8] {
        match &self.sink {
            Sink::Memory(bytes) => bytes,
            Sink::Disk { .. } => &[],
        }
    }

    /// Appends `record`, whose number must be [`Self::next_seq`]. Returns once the line is with
    /// the operating system, and for durable events on the disk.
    ///
    /// # Errors
    /// Disk full and the like: nothing may be done that this record announces.
    pub fn append(&mut self, record: &Record) -> Result<(), Error> {
        assert_eq!(record.seq, self.next, "records are numbered without gaps");
        self.line.clear();
        serde_json::to_writer(&mut self.line, record).expect("a record is plain data");
        let chain = link(&self.chain, &self.line);
        self.line.pop();
        writeln!(self.line, ",\"chain\":\"{chain}\"}}").expect("a vector grows");
        match &mut self.sink {
            Sink::Memory(bytes) => bytes.extend_from_slice(&self.line),
            Sink::Disk { file, path } => {
                let failed = |source| Error::Write {
                    path: path.display().to_string(),
                    source,
                };
                let before = file.metadata().map_err(failed)?.len();
                if let Err(source) = file.write_all(&self.line) {
                    // Half a line would make the next one look like damage in the middle.
                    let _ = file.set_len(before);
                    return Err(failed(source));
                }
                if record.event.is_durable() {
                    file.sync_data().map_err(failed)?;
                    self.syncs += 1;
                }
            }
        }
        self.chain = chain;
        self.next += 1;
        Ok(())
    }
}

/// Reads a journal without opening it for writing: for `status` and reports, also while the run
/// goes on.
pub fn read(path: &Path) -> Result<Vec<Record>, Error> {
    let text = std::fs::read(path).map_err(|source| Error::Read {
        path: path.display().to_string(),
        source,
    })?;
    parse(&text, path).map(|contents| contents.records)
}

/// Whether some process has the journal open for writing: the run goes on.
pub fn is_being_written(path: &Path) -> bool {
    let held = |file: File| {
        matches!(
            file.try_lock_shared(),
            Err(std::fs::TryLockError::WouldBlock)
        )
    };
    File::open(path).is_ok_and(held)
}

struct Contents {
    records: Vec<Record>,
    chain: String,
    /// How many bytes belong to intact lines.
    intact: usize,
}

fn parse(text: &[u8], path: &Path) -> Result<Contents, Error> {
    let mut contents = Contents {
        records: Vec::new(),
        chain: GENESIS.to_owned(),
        intact: 0,
    };
    while contents.intact < text.len() {
        let rest = &text[contents.intact..];
        let Some(end) = rest.iter().position(|byte| *byte == b'\n') else {
            break;
        };
        match check_line(
            &rest[..end],
            &contents.chain,
            contents.records.len() as u64 + 1,
        ) {
            Ok((record, chain)) => {
                contents.records.push(record);
                contents.chain = chain;
                contents.intact += end + 1;
            }
            Err(what) => {
                let line = contents.records.len() + 1;
                return Err(Error::Damaged {
                    path: path.display().to_string(),
                    line,
                    what,
                });
            }
        }
    }
    if contents.records.is_empty() {
        return Err(Error::Empty {
            path: path.display().to_string(),
        });
    }
    Ok(contents)
}

/// One line's record and chain, or what is wrong with it.
fn check_line(line: &[u8], previous: &str, seq: u64) -> Result<(Record, String), String> {
    const TAIL: usize = ",\"chain\":\"0123456789abcdef\"}".len();
    let cut = line.len().checked_sub(TAIL).ok_or("too short")?;
    let (body, tail) = line.split_at(cut);
    let claimed = tail
        .strip_prefix(b",\"chain\":\"")
        .and_then(|rest| rest.strip_suffix(b"\"}"))
        .ok_or("no chain at its end")?;
    let mut body = body.to_vec();
    body.push(b'}');
    let chain = link(previous, &body);
    if chain.as_bytes() != claimed {
        return Err("its chain does not follow from the line before".to_owned());
    }
    let record: Record = serde_json::from_slice(&body).map_err(|error| error.to_string())?;
    if record.seq != seq {
        return Err(format!("number {} where {seq} was due", record.seq));
    }
    Ok((record, chain))
}

fn link(previous: &str, line: &[u8]) -> String {
    let digest = Sha256::new()
        .chain_update(previous)
        .chain_update(line)
        .finalize();
    digest[..8]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn lock(file: &File, path: &Path) -> Result<(), Error> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(std::fs::TryLockError::WouldBlock) => Err(Error::Busy {
            path: path.display().to_string(),
        }),
        Err(std::fs::TryLockError::Error(source)) => Err(Error::Write {
            path: path.display().to_string(),
            source,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::super::event::Event;
    use super::*;

    fn record(seq: u64, event: Event) -> Record {
        Record {
            seq,
            at: "2026-01-15T02:00:00Z".parse().unwrap(),
            event,
        }
    }

    fn progress(seq: u64) -> Record {
        record(
            seq,
            Event::StepProgress {
                step: "a".into(),
                text: format!("look {seq}"),
            },
        )
    }

    fn three_lines(path: &Path) -> Vec<u8> {
        let mut journal = Journal::create(path).unwrap();
        for seq in 1..=3 {
            journal.append(&progress(seq)).unwrap();
        }
        std::fs::read(path).unwrap()
    }

    #[test]
    fn what_is_written_is_read_back_and_every_line_is_json() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal.jsonl");
        let text = three_lines(&path);
        for line in std::str::from_utf8(&text).unwrap().lines() {
            assert!(serde_json::from_str::<serde_json::Value>(line).unwrap()["chain"].is_string());
        }
        let (mut journal, records) = Journal::reopen(&path).unwrap();
        assert_eq!(records, [progress(1), progress(2), progress(3)]);
        journal.append(&progress(4)).unwrap();
        drop(journal);
        assert_eq!(read(&path).unwrap().len(), 4);
    }

    #[test]
    fn f_63_a_last_line_torn_at_any_byte_is_cut_off() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal.jsonl");
        let text = three_lines(&path);
        let second_end = text
            .iter()
            .enumerate()
            .filter(|(_, b)| **b == b'\n')
            .nth(1)
            .unwrap()
            .0
            + 1;
        for cut in second_end..text.len() {
            std::fs::write(&path, &text[..cut]).unwrap();
            let (mut journal, records) = Journal::reopen(&path).unwrap();
            assert_eq!(records.len(), 2, "cut at byte {cut}");
            journal.append(&progress(3)).unwrap();
            drop(journal);
            assert_eq!(
                std::fs::read(&path).unwrap(),
                text,
                "the rewritten line is the same"
            );
        }
    }

    #[test]
    fn f_63_damage_before_the_last_line_is_refused_with_its_line_number() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal.jsonl");
        let text = three_lines(&path);
        let first_end = text.iter().position(|b| *b == b'\n').unwrap();
        for at in 0..first_end {
            let mut damaged = text.clone();
            damaged[at] ^= 1;
            std::fs::write(&path, &damaged).unwrap();
            assert!(
                matches!(Journal::reopen(&path), Err(Error::Damaged { line: 1, .. })),
                "byte {at}"
            );
        }
        let missing = [&text[..first_end + 1], &text[text.len() - first_end - 1..]].concat();
        std::fs::write(&path, missing).unwrap();
        assert!(
            matches!(read(&path), Err(Error::Damaged { line: 2, .. })),
            "a line was taken out"
        );
    }

    #[test]
    fn inv_38_a_journal_has_one_writer() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal.jsonl");
        let mut journal = Journal::create(&path).unwrap();
        journal.append(&progress(1)).unwrap();
        assert!(matches!(Journal::reopen(&path), Err(Error::Busy { .. })));
        drop(journal);
        assert!(Journal::reopen(&path).is_ok());
    }

    #[test]
    fn only_header_and_intents_are_synced() {
        let dir = tempfile::tempdir().unwrap();
        let mut journal = Journal::create(&dir.path().join("journal.jsonl")).unwrap();
        journal.append(&progress(1)).unwrap();
        assert_eq!(journal.syncs(), 0);
        let intent = Event::Intent {
            step: "reload-backup".into(),
            chassis: "ha-west".into(),
            command: "reload -noconfirm".into(),
            before: Default::default(),
        };
        journal.append(&record(2, intent)).unwrap();
        assert_eq!(journal.syncs(), 1);
    }
}
