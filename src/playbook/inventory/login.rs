//! How a chassis is logged in to: user, secrets, host key.

use std::path::PathBuf;

use crate::net::Secret;
use crate::playbook::diagnostics::{Diagnostic, Place};
use crate::playbook::fields::Fields;
use crate::playbook::source::{Data, Key, Node};
use crate::playbook::typed;

use super::{HostKey, Login, SecretSource};

pub fn read_login(node: &Node, name: &Place, found: &mut Vec<Diagnostic>) -> Option<Login> {
    let mut fields = Fields::of(node, "`login`", name.clone(), found)?;
    let user = fields.require::<String>("user", found);
    let password = fields.take_entry("password");
    let key = fields.read::<String>("key", found).map(|path| home(&path));
    let passphrase = fields.take_entry("passphrase");
    fields.finish(found);
    if password.is_none() && key.is_none() {
        found.push(
            Diagnostic::at(
                name.clone(),
                "`login` has neither a password nor a key",
                "cannot log in",
            )
            .help("add `password: { env: NAME }` or `key: ~/.ssh/id_ed25519`"),
        );
    }
    if let (Some((place, _)), None) = (passphrase, &key) {
        found.push(
            Diagnostic::at(
                place.place.clone(),
                "a passphrase without a key",
                "opens nothing",
            )
            .help("add `key: PATH`, or remove the passphrase"),
        );
    }
    let mut secret = |entry: Option<(&Key, &Node)>| match entry {
        None => Some(None),
        Some((key, node)) => read_secret(&key.text, node, found).map(Some),
    };
    let (password, passphrase) = (secret(password), secret(passphrase));
    Some(Login {
        user: user?,
        password: password?,
        key,
        passphrase: passphrase?,
    })
}

/// A secret: the text itself, `{ env: NAME }` or `{ file: PATH }`. Messages never show the text.
pub fn read_secret(what: &str, node: &Node, found: &mut Vec<Diagnostic>) -> Option<SecretSource> {
    let mut mistake = |place: &Place, message: String| {
        found.push(
            Diagnostic::at(place.clone(), message, "")
                .help("a secret is a text, `{ env: NAME }` or `{ file: PATH }`"),
        );
        None
    };
    match &node.data {
        Data::Scalar { text, .. } if !node.is_null() && !text.is_empty() => {
            Some(SecretSource::Given(Secret::new(text.clone())))
        }
        Data::Scalar { .. } => mistake(&node.place, format!("`{what}` is empty")),
        Data::List(_) => mistake(&node.place, format!("`{what}` is a list")),
        Data::Map(entries) => match &entries[..] {
            [(key, value)] => match (key.text.as_str(), value.text()) {
                ("env", Some(name)) if !name.is_empty() && !name.contains(['=', '\0']) => {
                    Some(SecretSource::Env(name.to_owned()))
                }
                ("file", Some(path)) if !path.is_empty() => Some(SecretSource::File(home(path))),
                ("env" | "file", _) => {
                    mistake(&value.place, format!("`{what}.{}` needs a name", key.text))
                }
                _ => mistake(&key.place, format!("`{what}` has no field `{}`", key.text)),
            },
            _ => mistake(
                &node.place,
                format!("`{what}` names not exactly one source"),
            ),
        },
    }
}

pub fn host_key(
    node: &Node,
    known_hosts: Option<PathBuf>,
    found: &mut Vec<Diagnostic>,
) -> Option<HostKey> {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Written {
        Strict,
        AcceptNew,
        Pinned(String),
    }
    match typed::read::<Written>(node, "host_key") {
        Ok(Written::Strict) => Some(HostKey::Strict { known_hosts }),
        Ok(Written::AcceptNew) => Some(HostKey::AcceptNew { known_hosts }),
        // 32 bytes as unpadded base 64 are 43 characters.
        Ok(Written::Pinned(print))
            if print.strip_prefix("SHA256:").is_some_and(|hash| {
                let plain = |c: char| c.is_ascii_alphanumeric() || c == '+' || c == '/';
                hash.len() == 43 && hash.chars().all(plain)
            }) =>
        {
            Some(HostKey::Pinned(print))
        }
        Ok(Written::Pinned(_)) => {
            found.push(
                Diagnostic::at(node.place.clone(), "`pinned` is not a fingerprint", "").help(
                    "as `ssh-keygen -l` prints it: `SHA256:` and 43 characters without padding",
                ),
            );
            None
        }
        Err(mistakes) => {
            found.extend(mistakes);
            None
        }
    }
}

/// `~/` at the beginning is the user's home directory.
pub fn home(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(path),
    }
}
