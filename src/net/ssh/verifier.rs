//! The client's side of the SSH library's callbacks: judging the host key and taking notes.

use std::sync::{Arc, Mutex, MutexGuard};

use russh::client::{self, DisconnectReason};
use russh::keys::{PublicKey, PublicKeyOrCertificate};

use super::algorithms::is_legacy;
use super::client::{HostKeyPolicy, Negotiated, Peer, fingerprint};
use super::error::HostKeyError;
use super::known_hosts::{self, Answer, Record};

/// What the library's callbacks leave behind for us.
#[derive(Clone, Default)]
pub(super) struct Notes(Arc<Mutex<Noted>>);

#[derive(Default)]
pub(super) struct Noted {
    pub(super) banner: Option<String>,
    pub(super) negotiated: Option<Negotiated>,
    /// The text of the device's disconnect message.
    pub(super) goodbye: Option<String>,
    /// Why the host key is not trusted.
    pub(super) distrust: Option<HostKeyError>,
    /// An unknown host key the policy wants recorded once it is proven.
    pub(super) to_learn: Option<PublicKey>,
    fingerprint: String,
}

impl Notes {
    pub(super) fn lock(&self) -> MutexGuard<'_, Noted> {
        self.0.lock().expect("no code panics while it takes notes")
    }
}

/// The client's side of the library's callbacks.
pub(super) struct Verifier {
    pub(super) notes: Notes,
    pub(super) peer: Peer,
    pub(super) policy: HostKeyPolicy,
    /// What `known_hosts` says about the peer.
    pub(super) records: Vec<Record>,
}

impl Verifier {
    /// Trusts the key, or says why not; an unknown key is to be learned when the policy says so.
    fn judge(&self, key: &PublicKey) -> Result<Option<PublicKey>, HostKeyError> {
        let (peer, seen) = (self.peer.clone(), fingerprint(key));
        let check = |file| known_hosts::check(&self.records, file, &peer, key);
        match &self.policy {
            HostKeyPolicy::Strict { known_hosts: file } => match check(file)? {
                Answer::Known => Ok(None),
                Answer::Unknown => {
                    let entry = known_hosts::entry(&peer, key);
                    Err(HostKeyError::Unknown {
                        peer,
                        seen,
                        file: file.clone(),
                        entry,
                    })
                }
            },
            HostKeyPolicy::AcceptNew { known_hosts: file } => match check(file)? {
                Answer::Known => Ok(None),
                Answer::Unknown => Ok(Some(key.clone())),
            },
            HostKeyPolicy::Pinned {
                fingerprint: pinned,
            } => {
                if pinned.trim().trim_end_matches('=') == seen {
                    return Ok(None);
                }
                Err(HostKeyError::WrongPin {
                    peer,
                    seen,
                    pinned: pinned.clone(),
                })
            }
            HostKeyPolicy::TrustRehearsal => Ok(None),
        }
    }
}

impl client::Handler for Verifier {
    type Error = russh::Error;

    async fn check_server_key(
        &mut self,
        shown: &PublicKeyOrCertificate,
    ) -> Result<bool, Self::Error> {
        let key = shown.public_key();
        let judged = self.judge(&key);
        let mut notes = self.notes.lock();
        notes.fingerprint = fingerprint(&key);
        match judged {
            Ok(to_learn) => {
                notes.to_learn = to_learn;
                Ok(true)
            }
            Err(distrust) => {
                notes.distrust = Some(distrust);
                Ok(false)
            }
        }
    }

    async fn kex_done(
        &mut self,
        _: Option<&[u8]>,
        names: &russh::Names,
        _: &mut client::Session,
    ) -> Result<(), Self::Error> {
        let mut notes = self.notes.lock();
        notes.negotiated = Some(Negotiated {
            key_exchange: names.kex.as_ref().to_owned(),
            host_key: names.key.to_string(),
            cipher: names.cipher.as_ref().to_owned(),
            fingerprint: notes.fingerprint.clone(),
            legacy: is_legacy(names),
        });
        Ok(())
    }

    async fn auth_banner(
        &mut self,
        banner: &str,
        _: &mut client::Session,
    ) -> Result<(), Self::Error> {
        self.notes.lock().banner = Some(banner.to_owned());
        Ok(())
    }

    async fn disconnected(
        &mut self,
        reason: DisconnectReason<Self::Error>,
    ) -> Result<(), Self::Error> {
        match reason {
            DisconnectReason::ReceivedDisconnect(goodbye) => {
                self.notes.lock().goodbye = Some(goodbye.message);
                Ok(())
            }
            DisconnectReason::Error(error) => Err(error),
        }
    }
}
