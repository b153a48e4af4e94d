//! The host keys we know, in OpenSSH's `known_hosts` format (sshd(8)).
//!
//! A file that cannot be read or a line that cannot be understood never counts as "no key known":
//! that would turn damage into trust.

use std::fs::{self, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use hmac::{Hmac, KeyInit, Mac};
use russh::keys::PublicKey;
use russh::keys::ssh_key::known_hosts::HostPatterns;
use sha1::Sha1;

use super::algorithms::can_negotiate;
use super::client::{Peer, fingerprint};
use super::error::HostKeyError;

/// Port whose entries carry the bare host name.
const STANDARD_PORT: u16 = 22;

/// A line about the peer.
#[derive(Clone, Debug)]
pub struct Record {
    /// Counted from 1.
    pub line: usize,
    pub key: PublicKey,
    /// `@revoked`: the key must not be accepted any more.
    pub revoked: bool,
}

/// What the file says about a key.
#[derive(Debug, PartialEq, Eq)]
pub enum Answer {
    /// A line has exactly this key.
    Known,
    /// No line has a valid key of the peer.
    Unknown,
}

/// The lines of `file` that name `peer`; a file that does not exist has none.
///
/// # Errors
/// `File` when it cannot be read, `Malformed` when a line names the peer without a readable key.
/// Lines of key kinds that no key exchange of ours can show are passed over, as are authorities
/// for host certificates: we do not ask for certificates.
pub fn records(file: &Path, peer: &Peer) -> Result<Vec<Record>, HostKeyError> {
    let bytes = match fs::read(file) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(file_error(peer, file, "read", &error)),
    };
    let text = String::from_utf8_lossy(&bytes);
    let name = entry_name(peer);
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line_number = index + 1;
        let mut fields = line.split_ascii_whitespace().peekable();
        let marker = fields.next_if(|field| field.starts_with('@'));
        let (Some(hosts), kind, key) = (fields.next(), fields.next(), fields.next()) else {
            continue;
        };
        let is_other = marker.is_some_and(|marker| marker != "@revoked");
        if hosts.starts_with('#') || is_other || !names(hosts, &name) {
            continue;
        }
        let malformed = || HostKeyError::Malformed {
            peer: peer.clone(),
            file: file.to_owned(),
            line: line_number,
        };
        let (kind, key) = kind.zip(key).ok_or_else(malformed)?;
        if !can_negotiate(kind) {
            continue;
        }
        let key = PublicKey::from_openssh(&format!("{kind} {key}")).map_err(|_| malformed())?;
        found.push(Record {
            line: line_number,
            key,
            revoked: marker.is_some(),
        });
    }
    Ok(found)
}

/// Holds the key a peer shows against its records.
///
/// Any recorded key makes every other key a changed one, also one of another kind: whoever cannot
/// show the key we know must not get in by showing a kind we do not know.
///
/// # Errors
/// `Revoked` and `Changed`, naming `file` and line.
pub fn check(
    records: &[Record],
    file: &Path,
    peer: &Peer,
    shown: &PublicKey,
) -> Result<Answer, HostKeyError> {
    let same = |record: &&Record| record.key.key_data() == shown.key_data();
    let (peer, file, seen) = (peer.clone(), file.to_owned(), fingerprint(shown));
    if let Some(revoked) = records.iter().filter(same).find(|record| record.revoked) {
        return Err(HostKeyError::Revoked {
            peer,
            seen,
            file,
            line: revoked.line,
        });
    }
    if records.iter().any(|record| same(&record)) {
        return Ok(Answer::Known);
    }
    match records.iter().find(|record| !record.revoked) {
        Some(Record { line, key, .. }) => {
            let recorded = fingerprint(key);
            Err(HostKeyError::Changed {
                peer,
                seen,
                recorded,
                file,
                line: *line,
            })
        }
        None => Ok(Answer::Unknown),
    }
}

/// The line that makes `key` known for `peer`.
pub fn entry(peer: &Peer, key: &PublicKey) -> String {
    let mut key = key.clone();
    key.set_comment("");
    let text = key
        .to_openssh()
        .expect("a key that came over the wire can be written down");
    format!("{} {}", entry_name(peer), text.trim_end())
}

/// Appends [`entry`] in one write, so that logins side by side never tear each other's lines.
///
/// # Errors
/// `File` when it cannot be written.
pub fn learn(file: &Path, peer: &Peer, key: &PublicKey) -> Result<(), HostKeyError> {
    append(file, &entry(peer, key)).map_err(|error| file_error(peer, file, "extend", &error))
}

fn append(file: &Path, line: &str) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(file)?;
    let mut last = [b'\n'];
    if file.metadata()?.len() > 0 {
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
    }
    let start = if last == *b"\n" { "" } else { "\n" };
    file.write_all(format!("{start}{line}\n").as_bytes())?;
    file.sync_data()
}

fn file_error(peer: &Peer, file: &Path, verb: &'static str, error: &io::Error) -> HostKeyError {
    let reason = error.to_string();
    HostKeyError::File {
        peer: peer.clone(),
        file: file.to_owned(),
        verb,
        reason,
    }
}

/// How entries call the peer: host names compare in lower case, other ports are spelled out.
fn entry_name(peer: &Peer) -> String {
    let host = peer.host.to_ascii_lowercase();
    if peer.port == STANDARD_PORT {
        host
    } else {
        format!("[{host}]:{}", peer.port)
    }
}

/// Whether the host field of a line means `name`.
fn names(field: &str, name: &str) -> bool {
    if field.starts_with('|') {
        let Ok(HostPatterns::HashedName { salt, hash }) = field.parse() else {
            return false;
        };
        let mac = Hmac::<Sha1>::new_from_slice(&salt).expect("HMAC takes keys of any length");
        return mac.chain_update(name).verify_slice(&hash).is_ok();
    }
    let mut matched = false;
    for pattern in field.split(',') {
        let (negated, pattern) = match pattern.strip_prefix('!') {
            Some(pattern) => (true, pattern),
            None => (false, pattern),
        };
        if glob(pattern.to_ascii_lowercase().as_bytes(), name.as_bytes()) {
            if negated {
                return false;
            }
            matched = true;
        }
    }
    matched
}

/// `*` and `?` patterns, without recursion: on a mismatch the last star takes one byte more.
fn glob(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut from) = (0, 0);
    let mut star = None;
    while from < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, from));
                at += 1;
            }
            Some(byte) if *byte == b'?' || *byte == text[from] => {
                at += 1;
                from += 1;
            }
            _ => {
                let Some((star_at, taken)) = star else {
                    return false;
                };
                star = Some((star_at, taken + 1));
                at = star_at + 1;
                from = taken + 1;
            }
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::ssh::server::HostKey;

    fn peer(host: &str, port: u16) -> Peer {
        Peer {
            host: host.to_owned(),
            port,
        }
    }

    fn key(seed: u8) -> PublicKey {
        HostKey::from_seed([seed; 32]).public()
    }

    fn written(text: &str) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("known_hosts");
        fs::write(&file, text).expect("written");
        (folder, file)
    }

    #[test]
    fn patterns_with_wildcards_negations_and_ports_match_as_sshd_8_says() {
        assert!(names("ha-east,192.0.2.*", "192.0.2.10"));
        assert!(!names("192.0.2.*,!192.0.2.10", "192.0.2.10"));
        assert!(names("HA-?AST", "ha-east"));
        assert!(names("[192.0.2.10]:2022", "[192.0.2.10]:2022"));
        assert!(!names("192.0.2.1", "192.0.2.10"));
        assert!(!names("", "192.0.2.10"));
        assert!(glob(b"a*b*c", b"aXbYbZc") && !glob(b"a*b*c", b"aXbYbZ"));
    }

    #[test]
    fn hashed_entries_match_only_their_host() {
        let mac = Hmac::<Sha1>::new_from_slice(&[7; 20]).expect("any length");
        let tag = mac.chain_update("192.0.2.10").finalize().into_bytes();
        let hash = <[u8; 20]>::try_from(tag.as_slice()).expect("SHA-1 has 20 bytes");
        let hosts = HostPatterns::HashedName {
            salt: vec![7; 20],
            hash,
        }
        .to_string();
        assert!(names(&hosts, "192.0.2.10"));
        assert!(!names(&hosts, "192.0.2.11"));
    }

    #[test]
    fn learned_keys_are_known_and_start_on_a_line_of_their_own() {
        let (_folder, file) = written("# ours\n\nother ssh-ed25519 AAAA");
        let there = peer("192.0.2.10", 2022);
        learn(&file, &there, &key(1)).expect("written");
        let found = records(&file, &there).expect("readable");
        assert_eq!(
            found.iter().map(|record| record.line).collect::<Vec<_>>(),
            [4]
        );
        assert_eq!(check(&found, &file, &there, &key(1)), Ok(Answer::Known));
        let error = check(&found, &file, &there, &key(2)).expect_err("changed");
        assert!(
            matches!(error, HostKeyError::Changed { line: 4, .. }),
            "{error}"
        );
        assert_eq!(
            records(&file, &peer("192.0.2.10", 22))
                .expect("readable")
                .len(),
            0
        );
    }

    #[test]
    fn revoked_keys_are_refused_whatever_else_the_file_says() {
        let there = peer("ha-east", 22);
        let line = entry(&there, &key(1));
        let (_folder, file) = written(&format!("{line}\n@revoked {line}\n"));
        let found = records(&file, &there).expect("readable");
        let error = check(&found, &file, &there, &key(1)).expect_err("revoked");
        assert!(
            matches!(error, HostKeyError::Revoked { line: 2, .. }),
            "{error}"
        );
    }

    #[test]
    fn damage_is_never_taken_for_an_unknown_host() {
        let (folder, file) = written("ha-east ssh-ed25519 AAAAnonsense\n");
        let error = records(&file, &peer("ha-east", 22)).expect_err("damaged");
        assert!(
            matches!(error, HostKeyError::Malformed { line: 1, .. }),
            "{error}"
        );
        let error = records(folder.path(), &peer("ha-east", 22)).expect_err("a folder");
        assert!(matches!(error, HostKeyError::File { .. }), "{error}");
        let missing = folder.path().join("missing");
        assert_eq!(
            records(&missing, &peer("ha-east", 22))
                .expect("empty")
                .len(),
            0
        );
    }
}
