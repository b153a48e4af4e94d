//! Who may log in.

use crate::net::Secret;

/// An administrator account of the chassis.
#[derive(Clone)]
pub struct Account {
    pub name: String,
    pub password: Option<Secret>,
    /// An OpenSSH public key line.
    pub key: Option<String>,
    pub level: Level,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    Administrator,
    Operator,
    Inspector,
}

/// Who is logged in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    pub name: String,
    pub level: Level,
}

/// What a client shows to prove who it is.
pub enum Credential<'a> {
    Password {
        user: &'a str,
        password: &'a str,
    },
    /// `key` is the base64 part of an OpenSSH public key line.
    PublicKey {
        user: &'a str,
        key: &'a str,
    },
}

impl<'a> Credential<'a> {
    /// Whose it claims to be.
    pub fn user(&self) -> &'a str {
        let (Self::Password { user, .. } | Self::PublicKey { user, .. }) = self;
        user
    }
}

impl Account {
    pub(super) fn accepts(&self, credential: &Credential<'_>) -> bool {
        match credential {
            Credential::Password { password, .. } => self
                .password
                .as_ref()
                .is_some_and(|own| own.expose() == *password),
            Credential::PublicKey { key, .. } => {
                let own = self
                    .key
                    .as_deref()
                    .and_then(|line| line.split_whitespace().nth(1));
                own == Some(*key)
            }
        }
    }
}
