//! Are both configured alike (`protocols.md` A.9), and could a switchover succeed (SRP-90 to SRP-92)?

use sha2::{Digest, Sha256};

use super::config::first_difference;
use super::peer::Peer;
use super::{Notice, Output, State};
use crate::proto::Time;
use crate::wire::srp::{Check, ConfigPart, Message};

/// Bytes of text in one CONFIG frame; a TLV holds 65535.
const PART: usize = 48 << 10;
/// A normalised configuration longer than this is refused rather than collected.
const LONGEST: usize = 1 << 20;

/// The check that `force` overrides (SRP-90).
const SESSION_MANAGERS: &str = "session managers";

/// `Peer Configuration Validation` and its neighbours in `show srp info`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Validation {
    pub status: ValidationStatus,
    /// The last comparison's error, `None` when the chassis agree.
    pub last_error: Option<String>,
    pub last_event: Option<Time>,
    /// The configurations are known to differ (SRP-60).
    pub out_of_sync: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ValidationStatus {
    #[default]
    Initial,
    InProgress,
    Complete,
}

impl std::fmt::Display for ValidationStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Initial => "Initial",
            Self::InProgress => "In Progress",
            Self::Complete => "Complete",
        })
    }
}

/// Stored result of a switchover validation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SwitchoverCheck {
    pub at: Time,
    /// The first reason why a switchover would be refused.
    pub result: Result<(), String>,
}

/// Why a command was refused; nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("this chassis is {state}, expected Active; use the Active chassis")]
    NotActive { state: State },
    #[error("this chassis is {state}, expected Pending-Active; there is no post-switchover work")]
    NotPendingActive { state: State },
    #[error("the SRP connection is not established; check the link to {peer}")]
    NotConnected { peer: std::net::IpAddr },
    #[error("the peer is {state}, expected {expected}; wait until it is")]
    PeerState { state: State, expected: State },
    #[error("a switchover is in progress; wait until one chassis is Active and the other Standby")]
    InProgress,
    #[error("{mismatched} of {total} session managers mismatched: not ready on the Standby")]
    SessionManagers { mismatched: u16, total: u16 },
    #[error("this release does not know `force`")]
    NoForce,
    #[error("call {call_id} is not in the session table")]
    UnknownCall { call_id: u32 },
    #[error("session manager {instance} does not exist, expected 1 to {total}")]
    UnknownInstance { instance: u16, total: u16 },
}

impl Refusal {
    fn check(&self) -> &'static str {
        match self {
            Self::NotConnected { .. } => "link",
            Self::InProgress => "in progress",
            Self::SessionManagers { .. } => SESSION_MANAGERS,
            _ => "state",
        }
    }
}

/// Our configuration and the piece of the peer's that has arrived.
#[derive(Debug, Default)]
pub(super) struct Configuration {
    text: Option<String>,
    digest: [u8; 32],
    incoming: Vec<u8>,
    next_part: u16,
    /// The exchange at link formation has been started (SRP-14).
    pub exchanged: bool,
    pub due_at: Option<Time>,
}

impl Configuration {
    pub fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// The connection is new: a half-received text is worthless.
    pub fn reset(&mut self) {
        self.incoming.clear();
        (self.next_part, self.exchanged, self.due_at) = (0, false, None);
    }
}

impl Peer {
    /// The chassis' configuration changed; it is compared with the peer's (SRP-58).
    ///
    /// `normalised` is what SRP-56 compares: secrets decrypted, fields that must differ removed.
    pub fn set_configuration(&mut self, now: Time, normalised: String) {
        self.configuration.digest = Sha256::digest(normalised.as_bytes()).into();
        self.configuration.text = Some(normalised);
        self.exchange_configuration(now);
    }

    /// `srp validate-configuration`: only on the Active (SRP-58).
    pub fn validate_configuration(&mut self, now: Time) -> Result<(), Refusal> {
        if self.state != State::Active {
            return Err(Refusal::NotActive { state: self.state });
        }
        if !self.control.open {
            return Err(Refusal::NotConnected {
                peer: self.settings.peer,
            });
        }
        self.exchange_configuration(now);
        Ok(())
    }

    /// `srp validate-switchover`: the result is stored on both chassis (SRP-92), a local failure
    /// at once.
    pub fn validate_switchover(&mut self, now: Time) {
        match self.check_switchover() {
            Err(refusal) => self.store_check(now, Err(refusal.to_string())),
            Ok(()) => {
                self.check_until = Some(now + self.settings.switchover_retry_interval);
                self.send_validate_request();
            }
        }
    }

    pub(super) fn send_validate_request(&mut self) {
        self.send_control(&Message::ValidateReq(vec![Check {
            name: "state",
            passed: true,
            detail: "",
        }]));
    }

    /// The checks of SRP-90 and SRP-91, on either chassis of the pair.
    pub(super) fn check_switchover(&self) -> Result<(), Refusal> {
        let expected = match self.state {
            State::Active => State::Standby,
            State::Standby => State::Active,
            State::PendingActive | State::PendingStandby => return Err(Refusal::InProgress),
            State::Init => return Err(Refusal::NotActive { state: self.state }),
        };
        if self.handover.is_some() {
            return Err(Refusal::InProgress);
        }
        let Some(view) = self
            .view
            .as_ref()
            .filter(|view| self.control.open && view.alive)
        else {
            return Err(Refusal::NotConnected {
                peer: self.settings.peer,
            });
        };
        if view.state != expected {
            return Err(Refusal::PeerState {
                state: view.state,
                expected,
            });
        }
        let total = self.settings.session_managers;
        let mismatched = total - self.ready_managers();
        if self.settings.validates_session_managers && mismatched > 0 {
            return Err(Refusal::SessionManagers { mismatched, total });
        }
        Ok(())
    }

    /// VALIDATE-REQ: answer with our own checks and remember the merged result.
    pub(super) fn validate_requested(&mut self, now: Time, remote: &[Check<'_>]) {
        let local = self.check_switchover();
        let merged = match &local {
            Err(refusal) => Err(refusal.to_string()),
            Ok(()) => first_failure(remote, false).map_or(Ok(()), Err),
        };
        match &local {
            Ok(()) => self.send_control(&Message::ValidateRsp(vec![Check {
                name: "state",
                passed: true,
                detail: "",
            }])),
            Err(refusal) => {
                let detail = refusal.to_string();
                let check = Check {
                    name: refusal.check(),
                    passed: false,
                    detail: &detail,
                };
                self.send_control(&Message::ValidateRsp(vec![check]));
            }
        }
        self.store_check(now, merged);
    }

    /// VALIDATE-RSP: for the command, for a switchover that waits, or for both.
    pub(super) fn validate_answered(&mut self, now: Time, remote: &[Check<'_>]) {
        if self.check_until.take().is_some() {
            let merged = first_failure(remote, false).map_or(Ok(()), Err);
            self.store_check(now, merged);
        }
        if let Some(force) = self.handover_awaits_validation() {
            self.handover_validated(now, first_failure(remote, force));
        }
    }

    pub(super) fn store_check(&mut self, now: Time, result: Result<(), String>) {
        self.last_check = Some(SwitchoverCheck { at: now, result });
    }

    /// Sends our whole text, in as many frames as it takes (SRP-14).
    pub(super) fn exchange_configuration(&mut self, now: Time) {
        if !self.control.open || !self.configuration.exchanged {
            return;
        }
        let Some(text) = self.configuration.text.take() else {
            return;
        };
        let digest = self.configuration.digest;
        let parts = u16::try_from(text.len().div_ceil(PART).max(1))
            .expect("a configuration stays below 3 GiB");
        let mut chunks = text.as_bytes().chunks(PART);
        for part in 0..parts {
            let text = chunks.next().unwrap_or_default();
            self.send_control(&Message::Config(ConfigPart {
                part,
                parts,
                text,
                digest,
            }));
        }
        self.configuration.text = Some(text);
        self.configuration.due_at = Some(now + self.settings.configuration_interval);
        self.validation.status = ValidationStatus::InProgress;
        self.statistics.validations += 1;
    }

    /// CONFIG: once whole, compare and tell the peer.
    pub(super) fn configuration_received(&mut self, now: Time, part: &ConfigPart<'_>) {
        let configuration = &mut self.configuration;
        if part.part == 0 {
            configuration.incoming.clear();
            configuration.next_part = 0;
        }
        if part.part != configuration.next_part
            || configuration.incoming.len() + part.text.len() > LONGEST
        {
            configuration.incoming.clear();
            configuration.next_part = 0;
            self.log("peer configuration: a part is out of order or the text is longer than 1 MiB; comparison skipped");
            return;
        }
        configuration.incoming.extend_from_slice(part.text);
        configuration.next_part += 1;
        if configuration.next_part < part.parts {
            return;
        }
        let incoming = std::mem::take(&mut configuration.incoming);
        configuration.next_part = 0;
        let Some(own) = &self.configuration.text else {
            return;
        };
        let difference =
            self.timer_difference()
                .or_else(|| match part.digest == self.configuration.digest {
                    true => None,
                    false => {
                        first_difference(own, &String::from_utf8_lossy(&incoming)).or_else(|| {
                            Some("the texts have the same lines but different digests".to_owned())
                        })
                    }
                });
        self.send_control(&Message::ConfigResult {
            digest: part.digest,
            in_step: difference.is_none(),
            difference: difference.as_deref().unwrap_or(""),
        });
        self.conclude_validation(now, difference);
    }

    /// CONFIG-RESULT: the peer's verdict on the text it names, unless ours has changed since.
    pub(super) fn configuration_answered(
        &mut self,
        now: Time,
        digest: &[u8; 32],
        in_step: bool,
        difference: &str,
    ) {
        if *digest == self.configuration.digest {
            self.conclude_validation(
                now,
                if in_step {
                    None
                } else {
                    Some(difference.to_owned())
                },
            );
        }
    }

    /// SRP-59: news only when the verdict changes.
    fn conclude_validation(&mut self, now: Time, difference: Option<String>) {
        let out_of_sync = difference.is_some();
        let was = self.validation.out_of_sync;
        self.validation = Validation {
            status: ValidationStatus::Complete,
            last_error: difference,
            last_event: Some(now),
            out_of_sync,
        };
        match (was, out_of_sync) {
            (false, true) => {
                self.statistics.validation_failures += 1;
                self.outputs
                    .push_back(Output::Notify(Notice::ConfigOutOfSync));
            }
            (true, false) => {
                self.outputs.push_back(Output::Notify(Notice::ConfigInSync));
                // The Standby applied nothing meanwhile (SRP-60): fill it again.
                self.restart_synchronisation(now);
            }
            _ => {}
        }
    }

    /// SRP-19: both chassis must carry the same timers.
    fn timer_difference(&self) -> Option<String> {
        let view = self.view.as_ref()?;
        [
            ("hello-interval", self.settings.hello, view.hello),
            ("dead-interval", self.settings.dead, view.dead),
        ]
        .into_iter()
        .find(|(_, here, there)| here != there)
        .map(|(name, here, there)| {
            format!(
                "{name} differs: {} s here, {} s on the peer",
                here.as_secs(),
                there.as_secs()
            )
        })
    }
}

/// The first failed check's text, leaving out what `force` overrides.
fn first_failure(checks: &[Check<'_>], force: bool) -> Option<String> {
    let failed = checks
        .iter()
        .find(|check| !(check.passed || force && check.name == SESSION_MANAGERS))?;
    Some(format!("peer: {}", failed.detail))
}
