//! The files on `/flash` of one management card.

use std::collections::BTreeMap;

use crate::proto::Time;

/// The name below which [`super::boot::Stack`] lives.
pub const BOOT_SYS: &str = "boot.sys";

/// One management card's flash.
#[derive(Clone, Debug, Default)]
pub struct Flash {
    /// Keyed by path below `/flash/`, such as `boot.sys` or `asr5500-21.28.3.bin.SPA`.
    pub files: BTreeMap<String, File>,
    /// Capacity in KiB (`staros-cli.md` 3.7).
    pub capacity_kib: u64,
}

#[derive(Clone, Debug, PartialEq)]
pub struct File {
    pub content: Content,
    /// Size in bytes as `directory` shows it.
    pub size: u64,
    pub modified: Time,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    Image(Image),
    /// A configuration or other text file.
    Text(String),
    /// Anything else, including an image cut off in transfer.
    Opaque,
}

/// What an image file says of itself (`show version /flash/X`).
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Image {
    pub version: String,
    pub build: String,
    /// Such as `ASR5500` or `QVPC-SI`.
    pub platform: String,
    /// Size in bytes of the whole file.
    pub size: u64,
    #[serde(default)]
    pub defect: Option<Defect>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Defect {
    /// `Failure: Image … CRC check failed!`
    Crc,
    /// `Failure: …, has a bad magic number`
    Magic,
    /// The check passes but the card cannot boot it.
    DoesNotBoot,
}

/// Writing failed because the flash is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("No space left on device")]
pub struct Full;

impl File {
    pub fn image(image: Image, modified: Time) -> Self {
        Self {
            size: image.size,
            content: Content::Image(image),
            modified,
        }
    }

    pub fn text(text: String, modified: Time) -> Self {
        let size = u64::try_from(text.len()).expect("a text fits into memory");
        Self {
            size,
            content: Content::Text(text),
            modified,
        }
    }

    pub fn opaque(size: u64, modified: Time) -> Self {
        Self {
            content: Content::Opaque,
            size,
            modified,
        }
    }
}

impl Flash {
    /// The file behind `/flash/X`, `file:/flash/X` or `X`.
    pub fn get(&self, path: &str) -> Option<&File> {
        self.files.get(key(path))
    }

    /// The text of a non-empty text file.
    pub fn text(&self, path: &str) -> Option<&str> {
        match &self.get(path)?.content {
            Content::Text(text) if !text.trim().is_empty() => Some(text),
            Content::Text(_) | Content::Image(_) | Content::Opaque => None,
        }
    }

    /// Writes a file, replacing what was there; nothing changes when it does not fit.
    pub fn insert(&mut self, path: &str, file: File) -> Result<(), Full> {
        if kib(file.size) > self.room_for_kib(path) {
            return Err(Full);
        }
        self.files.insert(key(path).to_owned(), file);
        Ok(())
    }

    pub fn remove(&mut self, path: &str) -> Option<File> {
        self.files.remove(key(path))
    }

    /// Used space in KiB, each file rounded up.
    pub fn used_kib(&self) -> u64 {
        self.files.values().map(|file| kib(file.size)).sum()
    }

    /// Free space in KiB.
    pub fn free_kib(&self) -> u64 {
        self.capacity_kib.saturating_sub(self.used_kib())
    }

    /// How much a new content of `path` may take in KiB: the free space and what it replaces.
    pub fn room_for_kib(&self, path: &str) -> u64 {
        let used = self.used_kib() - self.get(path).map_or(0, |old| kib(old.size));
        self.capacity_kib.saturating_sub(used)
    }
}

/// The path below `/flash/` that [`Flash::files`] is keyed by.
pub fn key(path: &str) -> &str {
    let path = path.strip_prefix("file:").unwrap_or(path);
    path.strip_prefix("/flash/")
        .unwrap_or(path)
        .trim_start_matches('/')
}

/// Whether a URL means a file of this chassis (and not `sftp://…`).
pub fn is_local(url: &str) -> bool {
    !url.contains("://")
}

fn kib(bytes: u64) -> u64 {
    bytes.div_ceil(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cli_3_7_free_space_counts_whole_kibibytes_and_replacement_reuses_space() {
        let mut flash = Flash {
            capacity_kib: 3,
            ..Flash::default()
        };
        flash
            .insert("/flash/a", File::opaque(2000, Time::ZERO))
            .unwrap();
        assert_eq!((flash.used_kib(), flash.free_kib()), (2, 1));
        assert_eq!(flash.insert("b", File::opaque(1025, Time::ZERO)), Err(Full));
        flash
            .insert("file:/flash/a", File::opaque(3000, Time::ZERO))
            .unwrap();
        assert_eq!(flash.free_kib(), 0);
        assert!(flash.get("/flash/b").is_none());
    }

    #[test]
    fn an_empty_text_is_no_configuration() {
        let mut flash = Flash {
            capacity_kib: 3,
            ..Flash::default()
        };
        flash
            .insert("x.cfg", File::text("  \n".into(), Time::ZERO))
            .unwrap();
        assert_eq!(flash.text("/flash/x.cfg"), None);
    }
}
