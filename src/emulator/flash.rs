//! The files on `/flash` of one management card.

use std::collections::BTreeMap;

use crate::proto::Time;

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
