//! Handing over: the old Active's side of a planned switchover (`protocols.md` A.11).
//!
//! Until the new Active has said that it is Pending-Active, the old one falls back to Active
//! whenever anything goes wrong: somebody must carry traffic (T12).

use super::peer::Peer;
use super::statistics::{CallLoss, Direction};
use super::validation::Refusal;
use super::{Notice, Reason, State};
use crate::proto::Time;
use crate::wire::srp::{Edge, Message, Phase, PhaseReport, Request, Response, Verdict};

/// How long the old Active forwards when the new one never reports convergence (A.11 step 5).
const CONVERGENCE_PATIENCE: Time = Time::from_secs(10);

/// The old Active's side.
#[derive(Debug)]
pub(super) struct Handover {
    reason: Reason,
    force: bool,
    /// The epoch this switchover completes.
    epoch: u64,
    sessions: u32,
    young: u32,
    /// What the new Active said it recovered.
    recovered: Option<u32>,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    /// Still Active: the peer checks itself.
    Validating { give_up: Time },
    /// Pending-Standby: checkpoints drain, for at least the flush duration.
    Flushing { until: Time, give_up: Time },
    /// SWITCHOVER-REQ sent, no answer yet.
    Requested { attempts: u8, again: Time },
    /// The peer is Pending-Active; we forward until the routes have moved.
    Converging { until: Time },
}

impl Peer {
    /// `srp initiate-switchover [force]`.
    ///
    /// What this chassis can see is refused at once; what only the peer can see is refused within a
    /// round trip, by a log line and an unchanged state.
    ///
    /// # Errors
    ///
    /// SRP-89 to SRP-91. `force` overrides only the session-manager count, and only where the
    /// release knows it.
    pub fn initiate_switchover(&mut self, now: Time, force: bool) -> Result<(), Refusal> {
        if force && !self.settings.validates_session_managers {
            return Err(Refusal::NoForce);
        }
        if matches!(self.state, State::Init | State::Standby) {
            return Err(Refusal::NotActive { state: self.state });
        }
        match self.check_switchover() {
            Err(Refusal::SessionManagers { .. }) if force => {}
            other => other?,
        }
        self.handover = Some(Handover {
            reason: Reason::ManualSwitchover,
            force,
            epoch: self.next_epoch(),
            sessions: 0,
            young: 0,
            recovered: None,
            stage: Stage::Validating {
                give_up: now + self.settings.switchover_retry_interval,
            },
        });
        self.send_validate_request();
        Ok(())
    }

    pub(super) fn handover_deadline(&self) -> Option<Time> {
        Some(match self.handover.as_ref()?.stage {
            Stage::Validating { give_up } => give_up,
            // Once the minimum has passed, APPLIED wakes us.
            Stage::Flushing { until, give_up } => {
                if self.flush_waited {
                    give_up
                } else {
                    until
                }
            }
            Stage::Requested { again, .. } => again,
            Stage::Converging { until } => until,
        })
    }

    /// `Some(force)` while a switchover waits for the peer's checks.
    pub(super) fn handover_awaits_validation(&self) -> Option<bool> {
        let handover = self.handover.as_ref()?;
        matches!(handover.stage, Stage::Validating { .. }).then_some(handover.force)
    }

    /// Step 1 of A.11 has its answer.
    pub(super) fn handover_validated(&mut self, now: Time, failure: Option<String>) {
        if let Some(reason) = failure {
            self.handover = None;
            self.log(format!("switchover refused, nothing changed: {reason}"));
            return;
        }
        if self.settings.flush_young {
            self.ripen_all();
        } else {
            self.ripen(now);
        }
        let phases = self.settings.phases;
        let dirty = u32::try_from(self.table.len()).unwrap_or(u32::MAX);
        let patience = self.settings.switchover_retry_interval
            * (u32::from(self.settings.switchover_retries) + 1);
        let young = u32::try_from(self.table.young()).unwrap_or(u32::MAX);
        let handover = self.handover.as_mut().expect("a validation was awaited");
        (handover.sessions, handover.young) = (dirty, young);
        handover.stage = Stage::Flushing {
            until: now + phases.flush + phases.flush_per_session * dirty,
            give_up: now + patience,
        };
        self.flush_waited = false;
        self.enter(now, State::PendingStandby, self.modifier);
        self.notify(Notice::SwitchoverInitiated);
        self.flush_sessions();
    }

    /// Step 3 of A.11: every FLUSH-END applied and the flush phase over.
    pub(super) fn advance_flush(&mut self, now: Time) {
        let Some(Handover {
            stage: Stage::Flushing { until, .. },
            ..
        }) = self.handover
        else {
            return;
        };
        let applied = self.flush_sessions();
        self.flush_waited = until <= now;
        if applied && until <= now {
            let again = now + self.settings.switchover_retry_interval;
            self.request(Stage::Requested { attempts: 0, again });
        }
    }

    pub(super) fn expire_handover(&mut self, now: Time) {
        let Some(handover) = &self.handover else {
            return;
        };
        match handover.stage {
            Stage::Validating { give_up } if give_up <= now => {
                self.handover = None;
                self.log(
                    "switchover refused, nothing changed: the peer did not answer the validation",
                );
            }
            Stage::Flushing { give_up, .. } if give_up <= now => {
                self.fall_back(now, "the Standby did not apply the critical flush");
            }
            Stage::Flushing { until, .. } if until <= now => self.advance_flush(now),
            Stage::Requested { attempts, again } if again <= now => {
                if attempts >= self.settings.switchover_retries {
                    self.fall_back(now, "the Standby did not answer the switchover request");
                } else {
                    let again = now + self.settings.switchover_retry_interval;
                    self.request(Stage::Requested {
                        attempts: attempts + 1,
                        again,
                    });
                }
            }
            Stage::Converging { until } if until <= now => self.withdraw(now),
            _ => {}
        }
    }

    /// SWITCHOVER-RSP.
    pub(super) fn switchover_answered(&mut self, now: Time, response: &Response) {
        let Some(Handover {
            stage: Stage::Requested { .. },
            epoch,
            ..
        }) = self.handover
        else {
            return;
        };
        if response.epoch != epoch {
            return;
        }
        match response.verdict {
            Verdict::Accepted => self.peer_took_over(now, response.route_modifier),
            refused => self.fall_back(
                now,
                &format!("the peer refused the switchover request: {refused:?}"),
            ),
        }
    }

    /// Step 5 of A.11. A Hello that shows the peer in service says the same as its response, which
    /// may have been lost.
    pub(super) fn peer_took_over(&mut self, now: Time, peer_modifier: u16) {
        let Some(handover) = &mut self.handover else {
            return;
        };
        if matches!(handover.stage, Stage::Converging { .. }) {
            return;
        }
        handover.stage = Stage::Converging {
            until: now + CONVERGENCE_PATIENCE,
        };
        self.enter(
            now,
            State::PendingStandby,
            self.settings.modifier.behind(peer_modifier),
        );
    }

    /// PHASE.
    pub(super) fn phase_reported(&mut self, now: Time, report: &PhaseReport) {
        let Some(handover) = self
            .handover
            .as_mut()
            .filter(|handover| handover.epoch == report.epoch)
        else {
            return;
        };
        handover.recovered = Some(report.sessions);
        if (report.phase, report.edge) == (Phase::Convergence, Edge::End) {
            self.withdraw(now);
        }
    }

    /// T12 and the patience of the flush and the request: back to Active.
    fn fall_back(&mut self, now: Time, why: &str) {
        self.handover = None;
        self.forget_flush();
        self.statistics.switchovers_abandoned += 1;
        self.log(format!("switchover abandoned, Active again: {why}"));
        self.enter(now, State::Active, self.modifier);
        self.notify(Notice::Active);
        self.restart_synchronisation(now);
    }

    pub(super) fn handover_link_lost(&mut self, now: Time) {
        match self.handover.as_ref().map(|handover| &handover.stage) {
            Some(Stage::Validating { .. }) => {
                self.handover = None;
                self.log("switchover refused, nothing changed: the SRP connection was lost");
            }
            Some(Stage::Flushing { .. } | Stage::Requested { .. }) => {
                self.fall_back(now, "the SRP connection was lost before the peer confirmed");
            }
            Some(Stage::Converging { .. }) | None => {}
        }
    }

    fn request(&mut self, stage: Stage) {
        let handover = self
            .handover
            .as_mut()
            .expect("a request belongs to a handover");
        handover.stage = stage;
        let request = Request {
            reason: handover.reason,
            epoch: handover.epoch,
            options: 0,
            sessions: handover.sessions,
            young: handover.young,
        };
        self.send_control(&Message::SwitchoverReq(request));
    }

    /// The routes have moved: stop forwarding. T7 is complete.
    fn withdraw(&mut self, now: Time) {
        let handover = self.handover.take().expect("only a handover withdraws");
        self.forget_flush();
        self.epoch = handover.epoch;
        let recovered = handover
            .recovered
            .unwrap_or(handover.sessions - handover.young);
        let loss = CallLoss::of(
            now,
            handover.reason,
            Direction::ToStandby,
            handover.sessions,
            recovered,
            handover.young,
        );
        self.history.push(loss);
        self.statistics.count(handover.reason);
        // The new Active names every call again; what it does not hold must not linger here.
        self.table.drain();
        self.enter(now, State::Standby, self.modifier);
        // The peer may have died while we waited for it; then somebody has to notice (T6).
        self.ensure_dead_timer(now);
        self.notify(Notice::SwitchoverOccured(handover.reason));
        self.notify(Notice::Standby);
    }
}
