//! `directory /flash`: files and free space (`staros-cli.md` 3.7).

use serde::Serialize;

use super::text::{Text, Unparsed};

/// What lies in a folder of the chassis.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Directory {
    pub files: Vec<File>,
    /// Free space on the device, KiB.
    pub available_kib: u64,
}

/// One file or folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct File {
    pub name: String,
    /// Bytes.
    pub size: u64,
    pub is_folder: bool,
}

/// Reads `directory FOLDER`: lines like those of `ls -l`, then a footer like that of `df`, in which
/// the device name may stand on a line of its own.
pub fn parse(text: &str) -> Result<Directory, Unparsed> {
    let text = Text::accepted("directory", text)?;
    let mut files = Vec::new();
    let mut available_kib = None;
    for (at, line) in text.lines() {
        let line = line.trim_start();
        if is_entry(line) {
            let file = file(line);
            files.push(file.ok_or_else(|| text.wrong("a file with its size and name", line, at))?);
        } else if let Some(available) = free_space(line) {
            available_kib = Some(available);
        }
    }
    let available_kib =
        available_kib.ok_or_else(|| text.missing("a footer with the free space in KiB"))?;
    Ok(Directory {
        files,
        available_kib,
    })
}

impl Directory {
    /// The file of this name; a path in front of it does not matter.
    pub fn file(&self, name: &str) -> Option<&File> {
        let name = name.rsplit('/').next().unwrap_or(name);
        self.files
            .iter()
            .find(|file| file.name == name && !file.is_folder)
    }
}

fn is_entry(line: &str) -> bool {
    let Some(mode) = line.split_whitespace().next() else {
        return false;
    };
    let mut letters = mode.chars();
    mode.len() >= 10
        && letters.next().is_some_and(|kind| "-dlbcps".contains(kind))
        && letters.take(9).all(|letter| "rwxsStT-".contains(letter))
        && mode.contains('r')
}

/// `mode links owner group size month day time-or-year name`
fn file(line: &str) -> Option<File> {
    let mut rest = line;
    let mut words = Vec::with_capacity(8);
    for _ in 0..8 {
        rest = rest.trim_start();
        let end = rest.find(char::is_whitespace)?;
        words.push(&rest[..end]);
        rest = &rest[end..];
    }
    let name = rest.trim();
    let name = name.split(" -> ").next().unwrap_or(name);
    let size = words[4].parse().ok()?;
    let is_folder = words[0].starts_with('d');
    (!name.is_empty()).then(|| File {
        name: name.to_owned(),
        size,
        is_folder,
    })
}

/// The number before the percentage, when the line ends in a mount point.
fn free_space(line: &str) -> Option<u64> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let [.., total, used, available, percent, mount] = words.as_slice() else {
        return None;
    };
    let (_, _): (u64, u64) = (total.parse().ok()?, used.parse().ok()?);
    let percent = percent
        .strip_suffix('%')
        .filter(|part| part.parse::<u8>().is_ok());
    if percent.is_none() || !mount.starts_with('/') {
        return None;
    }
    available.parse().ok()
}
