//! boot.sys: the boot stack of one management card (`staros-cli.md` 3.4 to 3.6).

/// One `boot system priority` entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// 1 to 100; 1 is tried first.
    pub priority: u8,
    /// Such as `/flash/asr5500-21.28.3.bin.SPA`.
    pub image: String,
    pub config: String,
}

/// A boot stack, sorted by priority.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stack {
    pub entries: Vec<Entry>,
}
