//! Object identifiers.

use std::borrow::Borrow;
use std::fmt;
use std::ops::Deref;
use std::str::FromStr;

use crate::wire::ber;

/// An object identifier that has a wire form: at least two arcs, the first two within bounds.
///
/// It orders as a MIB walk does and reads as a slice, so `starts_with`, `len` and `last` are
/// there; comparing with a constant `&[u32]` is too.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Oid(Vec<u32>);

/// Why text or numbers are not an object identifier.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadOid {
    #[error("{arc:?} in {text:?} is not a number from 0 to 4294967295")]
    Arc { arc: String, text: String },
    #[error(
        "{0:?} is not an object identifier: it needs two numbers or more, the first 0 to 2, \
         the second below 40 unless the first is 2"
    )]
    Root(String),
    #[error("an object identifier has at most 128 numbers, this has {0}")]
    TooLong(usize),
}

impl Oid {
    /// An identifier from a constant of ours.
    ///
    /// # Panics
    /// When `arcs` is no object identifier; use [`Oid::try_from`] for numbers from outside.
    pub fn new(arcs: &[u32]) -> Self {
        assert!(
            ber::oid_is_encodable(arcs),
            "a constant that is no object identifier: {arcs:?}"
        );
        Self(arcs.to_vec())
    }

    /// This identifier with `arcs` appended, such as an instance.
    pub fn join(&self, arcs: &[u32]) -> Self {
        Self([&self.0, arcs].concat())
    }

    pub fn arcs(&self) -> &[u32] {
        &self.0
    }

    /// What follows `prefix`; `None` when this does not start with it.
    pub fn below(&self, prefix: &[u32]) -> Option<&[u32]> {
        self.0.strip_prefix(prefix)
    }

    pub(super) fn from_wire(arcs: Vec<u32>) -> Self {
        debug_assert!(ber::oid_is_encodable(&arcs));
        Self(arcs)
    }
}

impl TryFrom<Vec<u32>> for Oid {
    type Error = BadOid;

    fn try_from(arcs: Vec<u32>) -> Result<Self, BadOid> {
        if arcs.len() > ber::MAX_ARCS {
            return Err(BadOid::TooLong(arcs.len()));
        }
        if !ber::oid_is_encodable(&arcs) {
            return Err(BadOid::Root(dotted(&arcs)));
        }
        Ok(Self(arcs))
    }
}

impl FromStr for Oid {
    type Err = BadOid;

    /// Reads dotted numbers, with or without a leading dot.
    fn from_str(text: &str) -> Result<Self, BadOid> {
        let bad = |arc: &str| BadOid::Arc {
            arc: arc.to_owned(),
            text: text.to_owned(),
        };
        let arcs: Vec<u32> = text
            .strip_prefix('.')
            .unwrap_or(text)
            .split('.')
            .map(|arc| match arc.bytes().all(|byte| byte.is_ascii_digit()) {
                true => arc.parse().map_err(|_| bad(arc)),
                false => Err(bad(arc)),
            })
            .collect::<Result<_, _>>()?;
        Self::try_from(arcs)
    }
}

impl Deref for Oid {
    type Target = [u32];

    fn deref(&self) -> &[u32] {
        &self.0
    }
}

impl Borrow<[u32]> for Oid {
    fn borrow(&self) -> &[u32] {
        &self.0
    }
}

impl PartialEq<[u32]> for Oid {
    fn eq(&self, arcs: &[u32]) -> bool {
        self.0 == arcs
    }
}

impl PartialEq<&[u32]> for Oid {
    fn eq(&self, arcs: &&[u32]) -> bool {
        self.0 == *arcs
    }
}

impl fmt::Display for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&dotted(&self.0))
    }
}

impl fmt::Debug for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Oid({self})")
    }
}

fn dotted(arcs: &[u32]) -> String {
    arcs.iter()
        .map(u32::to_string)
        .collect::<Vec<_>>()
        .join(".")
}
