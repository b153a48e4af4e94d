//! Floor 1: names to OIDs and back.
//!
//! [`Mib::embedded`] knows what this program needs without any file; [`Mib::load_dir`] adds the
//! vendors' own modules. Chassis send objects with and without instance (`snmp.md` 1.6), so every
//! look-up takes the longest known prefix and says what is left over.

mod load;
mod smi;
pub mod starent;
mod syntax;
mod values;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use crate::wire::snmp::{Oid, without_zero_arc};

pub use smi::Problem;
pub use syntax::{Base, Hint, Syntax};
pub use values::{BadValue, Described, printable};

/// The modules this program carries, each a file below `mibs/`.
const EMBEDDED: [(&str, &str); 3] = [
    (
        "SNMPV2-SUBSET.txt",
        include_str!("../../mibs/SNMPV2-SUBSET.txt"),
    ),
    (
        "RADIUS-CLIENT-SUBSET.txt",
        include_str!("../../mibs/RADIUS-CLIENT-SUBSET.txt"),
    ),
    (
        "STARENT-MIB-SUBSET.txt",
        include_str!("../../mibs/STARENT-MIB-SUBSET.txt"),
    ),
];

/// Names, types and notifications of a set of modules.
#[derive(Clone, Debug, Default)]
pub struct Mib {
    nodes: BTreeMap<Oid, Node>,
    names: BTreeMap<Arc<str>, Oid>,
    notifications: BTreeMap<Oid, Notification>,
}

#[derive(Clone, Debug)]
struct Node {
    name: Arc<str>,
    /// What the object holds; `None` for a node that is no object.
    syntax: Option<Arc<Syntax>>,
}

/// A notification as its module defines it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    pub name: Arc<str>,
    /// As the module annotates it; SMI itself knows no severities.
    pub severity: Option<Severity>,
    /// The notification that ends what this one tells.
    pub cleared_by: Option<String>,
    /// The objects it carries, in order; one may occur twice (`snmp.md` 6.2).
    pub objects: Vec<String>,
}

/// How bad a notification is, least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Informational,
    Warning,
    Minor,
    Major,
    Critical,
}

impl Severity {
    /// Reads `--#SEVERITY`; vendors spell the least one in two ways (`snmp.md` 6.2).
    fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "INFORMATIONAL" | "INFORMATION" => Self::Informational,
            "WARNING" => Self::Warning,
            "MINOR" => Self::Minor,
            "MAJOR" => Self::Major,
            "CRITICAL" => Self::Critical,
            _ => return None,
        })
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Informational => "informational",
            Self::Warning => "warning",
            Self::Minor => "minor",
            Self::Major => "major",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Why a folder of modules could not be read at all.
#[derive(Debug, thiserror::Error)]
#[error("cannot read MIB modules from {path}: {reason}")]
pub struct Unreadable {
    pub path: PathBuf,
    pub reason: std::io::Error,
}

/// What a module file left out, so that the operator can be told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {problem}")]
pub struct Warning {
    pub file: String,
    pub problem: Problem,
}

impl Mib {
    /// The modules this program carries. Parsed on first use, so that a command that needs no
    /// names does not pay for them.
    pub fn embedded() -> &'static Mib {
        static MIB: OnceLock<Mib> = OnceLock::new();
        MIB.get_or_init(|| {
            let (mib, warnings) = Mib::parse(&EMBEDDED);
            assert!(
                warnings.is_empty(),
                "the embedded MIB modules are whole: {warnings:?}"
            );
            mib
        })
    }

    /// Reads modules from `(file name, text)` pairs; later ones win where two disagree.
    pub fn parse(files: &[(&str, &str)]) -> (Mib, Vec<Warning>) {
        load::load(files)
    }

    /// The embedded modules and every file in `folder`, in the order of their names.
    ///
    /// A definition that cannot be read costs a [`Warning`], not the rest of its file.
    ///
    /// # Errors
    /// The folder or a file in it cannot be read.
    pub fn load_dir(folder: &Path) -> Result<(Mib, Vec<Warning>), Unreadable> {
        let unreadable = |path: &Path, reason| Unreadable {
            path: path.to_owned(),
            reason,
        };
        let entries = std::fs::read_dir(folder).map_err(|reason| unreadable(folder, reason))?;
        let mut paths = Vec::new();
        for entry in entries {
            let path = entry.map_err(|reason| unreadable(folder, reason))?.path();
            if path.is_file() {
                paths.push(path);
            }
        }
        paths.sort();
        let mut texts = Vec::new();
        for path in &paths {
            let bytes = std::fs::read(path).map_err(|reason| unreadable(path, reason))?;
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            texts.push((name, String::from_utf8_lossy(&bytes).into_owned()));
        }
        let mut files = EMBEDDED.to_vec();
        files.extend(
            texts
                .iter()
                .map(|(name, text)| (name.as_str(), text.as_str())),
        );
        Ok(Self::parse(&files))
    }

    /// The name of the longest known prefix of `oid`, and the numbers behind it.
    pub fn name(&self, oid: &Oid) -> Option<(&str, Vec<u32>)> {
        let (length, node) = self.longest(oid, |_| true)?;
        Some((&node.name, oid[length..].to_vec()))
    }

    /// `oid` by name with the numbers behind it, such as `starContextName.0`; dotted numbers when
    /// nothing in it has a name.
    pub fn display(&self, oid: &Oid) -> String {
        match self.name(oid) {
            Some((name, rest)) => rest
                .iter()
                .fold(name.to_owned(), |text, arc| format!("{text}.{arc}")),
            None => oid.to_string(),
        }
    }

    /// The OID with exactly this name. Names are as devices spell them, case included.
    pub fn oid(&self, name: &str) -> Option<Oid> {
        self.names.get(name).cloned()
    }

    /// Reads `NAME`, `NAME.1.2`, `MODULE::NAME` or dotted numbers.
    pub fn parse_oid(&self, text: &str) -> Option<Oid> {
        let bare = text.rsplit_once("::").map_or(text, |(_, name)| name);
        let (name, instance) = bare.split_once('.').unwrap_or((bare, ""));
        match self.oid(name) {
            Some(oid) if instance.is_empty() => (!bare.ends_with('.')).then_some(oid),
            Some(oid) => format!("{oid}.{instance}").parse().ok(),
            None => bare.parse().ok(),
        }
    }

    /// Every name, in order; for suggestions.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.keys().map(|name| &**name)
    }

    /// The notification with this OID. A form with the 0 that RFC 3584 inserts is found too.
    pub fn notification(&self, oid: &Oid) -> Option<&Notification> {
        let direct = self.notifications.get(oid);
        direct.or_else(|| self.notifications.get(&without_zero_arc(oid)?))
    }

    /// The notification of this name and its OID.
    pub fn notification_by_name(&self, name: &str) -> Option<(&Oid, &Notification)> {
        self.notifications.get_key_value(self.names.get(name)?)
    }

    /// What the object behind `oid` holds; `oid` may carry an instance or not.
    pub fn syntax(&self, oid: &Oid) -> Option<&Syntax> {
        let (_, node) = self.longest(oid, |node| node.syntax.is_some())?;
        node.syntax.as_deref()
    }

    /// The name of `value` in the enumeration of the object behind `oid`.
    pub fn enum_label(&self, oid: &Oid, value: i64) -> Option<&str> {
        self.syntax(oid)?.label(value)
    }

    fn longest(&self, oid: &Oid, wanted: impl Fn(&Node) -> bool) -> Option<(usize, &Node)> {
        (1..=oid.len()).rev().find_map(|length| {
            let node = self.nodes.get(&oid[..length])?;
            wanted(node).then_some((length, node))
        })
    }
}
