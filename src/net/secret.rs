//! Secrets that cannot be printed by accident (INV-40).

use zeroize::Zeroizing;

/// A password, passphrase or community.
///
/// It has no `Debug`, `Display` or `Serialize`, so a type that holds one cannot derive them
/// without saying how the secret is hidden. Memory is wiped on drop.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The secret itself, for the one place that must send it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}
