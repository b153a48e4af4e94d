//! The locks that keep a chassis to one run on this machine (INV-38, F-64).

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::{Error, PairLock};

/// Where all users of this machine find the locks, first choice first. A place below somebody's
/// home, or below `--runs`, would let a second operator in.
const SHARED: [&str; 2] = ["/run/lock", "/tmp"];

/// The directory of the locks; `None` when this machine has no place that all may write to.
pub(super) fn directory() -> Option<PathBuf> {
    let places = SHARED.iter().map(|base| Path::new(base).join("cutover"));
    places.into_iter().find(|path| prepare(path).is_ok())
}

/// Makes the directory one where everybody may add a file and nobody may remove another's.
fn prepare(path: &Path) -> std::io::Result<()> {
    match std::fs::create_dir(path) {
        Ok(()) => {
            #[cfg(unix)]
            {
                use std::os::unix::fs::PermissionsExt;
                std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o1777))?;
            }
            Ok(())
        }
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            // A link would lead the lock elsewhere for each who made it.
            match std::fs::symlink_metadata(path)?.is_dir() {
                true => Ok(()),
                false => Err(error),
            }
        }
        Err(error) => Err(error),
    }
}

/// Takes one lock for each address, or none.
pub(super) fn take(dir: &Path, addresses: &[String], holder: &str) -> Result<PairLock, Error> {
    let mut sorted: Vec<_> = addresses.iter().map(|a| a.to_ascii_lowercase()).collect();
    sorted.sort();
    sorted.dedup();
    let mut files = Vec::new();
    for address in sorted {
        files.push(take_one(dir, &address, holder)?);
    }
    Ok(PairLock { _files: files })
}

fn take_one(dir: &Path, address: &str, holder: &str) -> Result<File, Error> {
    let digest = Sha256::digest(address);
    let name: String = digest[..8]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let path = dir.join(format!("{name}.lock"));
    let failed = |source| Error::Directory {
        path: path.display().to_string(),
        source,
    };
    let mut file = open(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(std::fs::TryLockError::Error(source)) => return Err(failed(source)),
        Err(std::fs::TryLockError::WouldBlock) => {
            let mut holder = String::new();
            // The name is a courtesy; the lock is what counts.
            let _ = file.read_to_string(&mut holder);
            let holder = match holder.trim() {
                "" => "another run".to_owned(),
                holder => holder.to_owned(),
            };
            return Err(Error::Taken {
                path: path.display().to_string(),
                holder,
            });
        }
    }
    // Another user's file can be locked but not written to.
    if let Ok(mut file) = OpenOptions::new().write(true).truncate(true).open(&path) {
        let text = format!("run {holder} (process {})\n", std::process::id());
        let _ = file.write_all(text.as_bytes());
    }
    Ok(file)
}

/// Opens the file for reading, which is enough to lock it, and makes it when there is none. An
/// existing file is never opened with leave to create: kernels refuse that for another user's
/// file in a directory everybody writes to.
fn open(path: &Path) -> std::io::Result<File> {
    loop {
        match File::open(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            opened => return opened,
        }
        match OpenOptions::new().write(true).create_new(true).open(path) {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two() -> [String; 2] {
        ["192.0.2.10:22".to_owned(), "192.0.2.11:22".to_owned()]
    }

    #[test]
    fn inv_38_a_pair_belongs_to_one_run_whatever_the_order_of_its_chassis() {
        let dir = tempfile::tempdir().unwrap();
        let [east, west] = two();
        let held = take(dir.path(), &[east.clone(), west.clone()], "first").unwrap();
        let refused = take(dir.path(), &[west.clone(), east.clone()], "second").unwrap_err();
        assert!(refused.to_string().contains("run first"), "{refused}");
        drop(held);
        take(dir.path(), &[west, east], "second").unwrap();
    }

    #[test]
    fn inv_38_a_chassis_of_two_pairs_belongs_to_one_run() {
        let dir = tempfile::tempdir().unwrap();
        let [east, west] = two();
        let north = "192.0.2.12:22".to_owned();
        let held = take(dir.path(), &[east, west.clone()], "first").unwrap();
        assert!(take(dir.path(), &[north.clone(), west.clone()], "second").is_err());
        drop(held);
        let held = take(dir.path(), &[north, west], "second").unwrap();
        drop(held);
    }

    #[test]
    fn inv_38_the_locks_do_not_lie_below_the_runs() {
        let [one, other] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let store = |dir: &tempfile::TempDir| super::super::Store::open(Some(dir.path().into()));
        // Nobody else's: the addresses carry the name of a directory that only this test has.
        let pair = [one.path().display().to_string()];
        let held = store(&one).unwrap().lock_pair(&pair, "first").unwrap();
        assert!(store(&other).unwrap().lock_pair(&pair, "second").is_err());
        drop(held);
    }
}
