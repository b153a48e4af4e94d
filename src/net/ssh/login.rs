//! User authentication (RFC 4252, RFC 4256): which credential is tried when.

use std::sync::Arc;

use russh::client::{AuthResult, Handle, KeyboardInteractiveAuthResponse};
use russh::keys::{HashAlg, PrivateKeyWithHashAlg, decode_secret_key};
use russh::{MethodKind, MethodSet};

use super::client::{KeySource, Login, Peer};
use super::error::Error;
use super::verifier::Verifier;
use crate::net::Secret;

/// Rounds of questions that carry nothing to answer before we stop asking for more.
const MOST_ROUNDS: usize = 8;

/// A failure of the session itself is for the caller to explain: it knows how the session ended.
pub(super) enum Failure {
    Refused(Error),
    Session(russh::Error),
    /// The session ended, perhaps because the device takes nothing else after what was tried.
    Ended {
        tried: Vec<&'static str>,
    },
}

impl From<russh::Error> for Failure {
    fn from(error: russh::Error) -> Self {
        Self::Session(error)
    }
}

/// Logs in: the key when there is one, then the password, directly where the device takes it so
/// and as the answer to its question otherwise, but never both ways: a second refusal of the same
/// password would count towards the device's lockout.
pub(super) async fn log_in(
    handle: &mut Handle<Verifier>,
    peer: &Peer,
    login: &Login,
    legacy: bool,
) -> Result<(), Failure> {
    // Asking with method `none` is how RFC 4252, 5.2 lets a client learn what the server takes.
    let mut left = match handle.authenticate_none(login.user.as_str()).await? {
        AuthResult::Success => return Ok(()),
        AuthResult::Failure {
            remaining_methods, ..
        } => remaining_methods,
    };
    let mut tried = Vec::new();
    let mut password_refused = false;
    for method in [
        MethodKind::PublicKey,
        MethodKind::Password,
        MethodKind::KeyboardInteractive,
    ] {
        if handle.is_closed() {
            return Err(Failure::Ended { tried });
        }
        if !left.contains(&method) {
            continue;
        }
        let result = match (method, &login.key, &login.password) {
            (MethodKind::PublicKey, Some(key), _) => {
                prove_key(handle, &login.user, key, legacy).await?
            }
            (MethodKind::Password, _, Some(password)) => {
                handle
                    .authenticate_password(login.user.as_str(), password.expose())
                    .await?
            }
            (MethodKind::KeyboardInteractive, _, Some(password)) if !password_refused => {
                answer(handle, &login.user, password).await?
            }
            _ => continue,
        };
        tried.push(<&'static str>::from(&method));
        match result {
            AuthResult::Success => return Ok(()),
            AuthResult::Failure {
                remaining_methods,
                partial_success,
            } => {
                password_refused |= method == MethodKind::Password && !partial_success;
                left = remaining_methods;
            }
        }
    }
    if handle.is_closed() {
        return Err(Failure::Ended { tried });
    }
    let (peer, user) = (peer.clone(), login.user.clone());
    let left = left.iter().map(<&'static str>::from).collect();
    Err(Failure::Refused(Error::AuthRefused {
        peer,
        user,
        tried,
        left,
    }))
}

async fn prove_key(
    handle: &mut Handle<Verifier>,
    user: &str,
    source: &KeySource,
    legacy: bool,
) -> Result<AuthResult, Failure> {
    let passphrase = source.passphrase.as_ref().map(Secret::expose);
    let key = decode_secret_key(source.text.expose(), passphrase).map_err(|error| {
        let (name, reason) = (source.name.clone(), error.to_string());
        Failure::Refused(Error::Key { name, reason })
    })?;
    let hash = if key.algorithm().is_rsa() {
        rsa_hash(handle, legacy).await?
    } else {
        None
    };
    let key = PrivateKeyWithHashAlg::new(Arc::new(key), hash);
    Ok(handle.authenticate_publickey(user, key).await?)
}

/// The hash to sign with: what the device announces (RFC 8332), else SHA-1 for devices marked as
/// legacy (SSH-3) and SHA-256 for all others.
async fn rsa_hash(
    handle: &Handle<Verifier>,
    legacy: bool,
) -> Result<Option<HashAlg>, russh::Error> {
    let announced = handle.best_supported_rsa_hash().await?.flatten();
    Ok(announced.or(if legacy { None } else { Some(HashAlg::Sha256) }))
}

/// Answers the device's questions: what must not be echoed is the password. It is answered once;
/// when the device asks again, the password was wrong.
async fn answer(
    handle: &mut Handle<Verifier>,
    user: &str,
    password: &Secret,
) -> Result<AuthResult, russh::Error> {
    use KeyboardInteractiveAuthResponse as Reply;
    let refused = || {
        let remaining_methods = MethodSet::from(&[MethodKind::KeyboardInteractive][..]);
        AuthResult::Failure {
            remaining_methods,
            partial_success: false,
        }
    };
    let mut told = false;
    let mut reply = handle
        .authenticate_keyboard_interactive_start(user, None)
        .await?;
    for _ in 0..MOST_ROUNDS {
        let prompts = match reply {
            Reply::Success => return Ok(AuthResult::Success),
            Reply::Failure {
                remaining_methods,
                partial_success,
            } => {
                return Ok(AuthResult::Failure {
                    remaining_methods,
                    partial_success,
                });
            }
            Reply::InfoRequest { prompts, .. } => prompts,
        };
        let asks_secret = prompts.iter().any(|prompt| !prompt.echo);
        if asks_secret && told {
            return Ok(refused());
        }
        told |= asks_secret;
        let answers = prompts.iter().map(|prompt| {
            if prompt.echo {
                String::new()
            } else {
                password.expose().to_owned()
            }
        });
        reply = handle
            .authenticate_keyboard_interactive_respond(answers.collect())
            .await?;
    }
    Ok(refused())
}
