//! What was typed at a chassis and what it said, for the night's record; secrets taken out.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use regex::Regex;

use crate::net::{Clock, Secret};

/// What stands where a secret stood.
const HIDDEN: &str = "********";
/// An open line longer than this is written in pieces.
const LONGEST_LINE: usize = 16 << 10;

/// One chassis's transcript. Clones write to the same place.
#[derive(Clone)]
pub struct Transcript(Arc<Mutex<Inner>>);

struct Inner {
    sink: Sink,
    clock: Clock,
    secrets: Vec<Secret>,
    /// Received bytes of a line that has not ended: a secret may be split over two reads.
    open: Vec<u8>,
    failure: Option<String>,
}

enum Sink {
    Memory(Vec<u8>),
    File(File),
    Nothing,
}

/// A transcript can no longer be written; the run must not go on unrecorded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the transcript cannot be written ({0}); free some space, then resume the run")]
pub struct Unwritable(pub String);

impl Transcript {
    /// Keeps the transcript in memory; see [`Transcript::text`].
    pub fn memory(clock: Clock) -> Self {
        Self::over(Sink::Memory(Vec::new()), clock)
    }

    /// Keeps nothing: for the thousands of nights of a rehearsal.
    pub fn none(clock: Clock) -> Self {
        Self::over(Sink::Nothing, clock)
    }

    /// Appends to a file only its owner can read.
    pub fn file(path: &Path, clock: Clock) -> Result<Self, Unwritable> {
        let mut options = OpenOptions::new();
        options.create(true).append(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options
            .open(path)
            .map_err(|error| Unwritable(format!("{}: {error}", path.display())))?;
        Ok(Self::over(Sink::File(file), clock))
    }

    fn over(sink: Sink, clock: Clock) -> Self {
        let inner = Inner {
            sink,
            clock,
            secrets: Vec::new(),
            open: Vec::new(),
            failure: None,
        };
        Self(Arc::new(Mutex::new(inner)))
    }

    /// From now on this never appears in the transcript.
    pub fn hide(&self, secret: Secret) {
        if !secret.expose().is_empty() {
            let mut inner = self.lock();
            inner.secrets.push(secret);
            // The longest first: one secret may be the start of another.
            inner
                .secrets
                .sort_by_key(|secret| std::cmp::Reverse(secret.expose().len()));
        }
    }

    /// Records what is about to be typed.
    pub fn sent(&self, text: &str) {
        let mut inner = self.lock();
        inner.end_line();
        inner.write('>', text.trim_end_matches(['\r', '\n']));
    }

    /// Records what the chassis said.
    pub fn received(&self, bytes: &[u8]) {
        let mut inner = self.lock();
        if matches!(inner.sink, Sink::Nothing) {
            return;
        }
        for &byte in bytes {
            if byte == b'\n' || inner.open.len() >= LONGEST_LINE {
                inner.end_line();
            }
            if byte != b'\n' {
                inner.open.push(byte);
            }
        }
    }

    /// Records something about the session itself.
    pub fn note(&self, text: &str) {
        let mut inner = self.lock();
        inner.end_line();
        inner.write('*', text);
    }

    /// Whether everything so far could be written. Asked before each command.
    pub fn check(&self) -> Result<(), Unwritable> {
        match &self.lock().failure {
            Some(why) => Err(Unwritable(why.clone())),
            None => Ok(()),
        }
    }

    /// What a memory transcript holds; empty for the others.
    pub fn text(&self) -> String {
        let mut inner = self.lock();
        inner.end_line();
        match &inner.sink {
            Sink::Memory(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Sink::File(_) | Sink::Nothing => String::new(),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn end_line(&mut self) {
        if self.open.is_empty() {
            return;
        }
        let line = std::mem::take(&mut self.open);
        let line = String::from_utf8_lossy(&line).replace(|c: char| c.is_control(), "");
        self.write('<', &line);
    }

    fn write(&mut self, mark: char, text: &str) {
        if matches!(self.sink, Sink::Nothing) {
            return;
        }
        let text = redacted(text, &self.secrets);
        let line = format!("{:.3} {mark} {text}\n", self.clock.now());
        let wrote = match &mut self.sink {
            Sink::Memory(bytes) => bytes.write_all(line.as_bytes()),
            Sink::File(file) => file.write_all(line.as_bytes()),
            Sink::Nothing => Ok(()),
        };
        if let Err(error) = wrote {
            self.failure.get_or_insert(error.to_string());
        }
    }
}

/// The text without secrets: the given ones, passwords in URLs, and what follows the words that
/// introduce a secret in a configuration (trap 18).
pub fn redacted(text: &str, secrets: &[Secret]) -> String {
    static RULES: OnceLock<[Regex; 2]> = OnceLock::new();
    let [url, word] = RULES.get_or_init(|| {
        [
            r"(?P<keep>[A-Za-z][A-Za-z0-9+.-]*://[^\s/:@]*:)[^\s/]*@",
            r"(?i)(?P<keep>\b(?:password|passphrase|secret|community(?: name)?|shared-key|(?:auth|priv)-key)\s+(?:encrypted\s+)?)[^\s:]\S*",
        ]
        .map(|rule| Regex::new(rule).expect("our own pattern"))
    });
    let mut text = text.to_owned();
    for secret in secrets {
        if text.contains(secret.expose()) {
            text = text.replace(secret.expose(), HIDDEN);
        }
    }
    let text = url.replace_all(&text, format!("${{keep}}{HIDDEN}@"));
    word.replace_all(&text, format!("${{keep}}{HIDDEN}"))
        .into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock() -> Clock {
        Clock::starting_at(jiff::Timestamp::UNIX_EPOCH)
    }

    #[tokio::test(start_paused = true)]
    async fn inv_40_no_secret_reaches_a_transcript() {
        let transcript = Transcript::memory(clock());
        transcript.hide(Secret::new("s3cret"));
        transcript.sent("copy sftp://ops:hunter2@192.0.2.1/a.bin /flash/a.bin\r");
        // Split in the middle of the secret.
        transcript.received(b"echo s3c");
        transcript.received(b"ret done\r\npassword hunter3\r\n  encrypted password +A1b2\r\n");
        transcript.received(b"snmp community name hunter4 read-only\r\n[local]a# ");
        let text = transcript.text();
        for secret in ["hunter2", "s3cret", "hunter3", "+A1b2", "hunter4"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
        assert!(
            text.contains("1970-01-01T00:00:00.000Z > copy sftp://ops:********@192.0.2.1/a.bin")
        );
        assert!(text.contains("< [local]a#"), "{text}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_disk_is_reported_and_does_not_panic() {
        let Ok(full) = OpenOptions::new().write(true).open("/dev/full") else {
            return;
        };
        let transcript = Transcript::over(Sink::File(full), clock());
        assert_eq!(transcript.check(), Ok(()));
        transcript.sent("show version\r");
        assert!(transcript.check().is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn a_file_transcript_is_appended_and_private() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("east.txt");
        Transcript::file(&path, clock())
            .expect("writable")
            .sent("one\r");
        Transcript::file(&path, clock())
            .expect("writable")
            .sent("two\r");
        let text = std::fs::read_to_string(&path).expect("readable");
        assert_eq!(text.lines().count(), 2);
        assert!(Transcript::file(folder.path(), clock()).is_err());
    }
}
