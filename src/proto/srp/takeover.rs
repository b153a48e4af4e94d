//! Taking over, asked or unasked (`protocols.md` A.11 steps 4, 6 and 7; A.12 without options).

use super::peer::Peer;
use super::statistics::{CallLoss, Direction};
use super::validation::Refusal;
use super::{Notice, Reason, State};
use crate::proto::Time;
use crate::wire::srp::{Edge, Message, Phase, PhaseReport, Request, Response, Verdict};

/// The new Active's side.
#[derive(Debug)]
pub(super) struct Takeover {
    reason: Reason,
    epoch: u64,
    /// The old Active handed over; otherwise it fell silent.
    planned: bool,
    before: u32,
    young: u32,
    stage: Work,
}

#[derive(Debug)]
enum Work {
    Converging {
        until: Time,
    },
    /// Accounting flush and audit run together; `None` has ended.
    Reconciling {
        accounting: Option<Time>,
        audit: Option<Time>,
    },
}

impl Peer {
    /// The epoch that the next switchover completes; a peer may claim any number.
    pub(super) fn next_epoch(&self) -> u64 {
        self.epoch.wrapping_add(1)
    }

    /// `srp terminate-post-process`: ends the work after a take-over at once (SRP-95, T14).
    pub fn terminate_post_process(&mut self, now: Time) -> Result<(), Refusal> {
        if self.state != State::PendingActive {
            return Err(Refusal::NotPendingActive { state: self.state });
        }
        self.report(Phase::Convergence, Edge::End);
        self.become_active(now);
        Ok(())
    }

    pub(super) fn takeover_deadline(&self) -> Option<Time> {
        match self.takeover.as_ref()?.stage {
            Work::Converging { until } => Some(until),
            Work::Reconciling { accounting, audit } => {
                [accounting, audit].into_iter().flatten().min()
            }
        }
    }

    /// T13: no further news can arrive, finish with what is held.
    pub(super) fn takeover_link_lost(&mut self, now: Time) {
        if self
            .takeover
            .as_ref()
            .is_some_and(|takeover| takeover.planned)
        {
            self.become_active(now);
        }
    }

    /// SWITCHOVER-REQ: step 4 of A.11. A repeated request of the take-over under way gets its
    /// answer again; any other epoch than the next is refused (SRP-112).
    pub(super) fn switchover_requested(&mut self, now: Time, request: &Request) {
        let repeated = self
            .takeover
            .as_ref()
            .is_some_and(|takeover| takeover.planned && takeover.epoch == request.epoch);
        let verdict = match (repeated, self.state) {
            (true, _) => Verdict::Accepted,
            _ if request.epoch != self.next_epoch() => Verdict::WrongEpoch,
            (false, State::Standby) if request.options != 0 => Verdict::OptionsDiffer,
            (false, State::Standby) => Verdict::Accepted,
            (false, _) => Verdict::NotStandby,
        };
        let accepted = verdict == Verdict::Accepted;
        self.statistics.requests_refused += u64::from(!accepted);
        let route_modifier = match (accepted, repeated) {
            (true, false) => self.settings.modifier.taking_over(self.modifier),
            _ => self.modifier,
        };
        self.send_control(&Message::SwitchoverRsp(Response {
            epoch: request.epoch,
            verdict,
            route_modifier,
        }));
        if accepted && !repeated {
            self.begin_takeover(
                now,
                route_modifier,
                Takeover {
                    reason: request.reason,
                    epoch: request.epoch,
                    planned: true,
                    before: request.sessions,
                    young: request.young,
                    stage: Work::Converging {
                        until: now + self.settings.phases.convergence,
                    },
                },
            );
        }
    }

    /// T6 and T11: nobody serves. The value of the route modifier stays: worse than that of an old
    /// Active that is only out of sight (SRP-29, SRP-30).
    pub(super) fn take_over(&mut self, now: Time, reason: Reason) {
        let before = match reason {
            Reason::DeadTimerExpiry => self.view.as_ref().map_or(0, |view| view.sessions),
            _ => 0,
        };
        let held = u32::try_from(self.table.len()).unwrap_or(u32::MAX);
        let mut young = before.saturating_sub(held);
        if self.validation.out_of_sync {
            // SRP-55: with differing configurations no session is recovered.
            self.table.drain();
            young = 0;
        }
        self.notify(Notice::SwitchoverOccured(reason));
        self.begin_takeover(
            now,
            self.modifier,
            Takeover {
                reason,
                epoch: self.next_epoch(),
                planned: false,
                before: before.max(held),
                young,
                stage: Work::Converging {
                    until: now + self.settings.phases.convergence,
                },
            },
        );
    }

    fn begin_takeover(&mut self, now: Time, modifier: u16, takeover: Takeover) {
        self.discarded.clear();
        self.takeover = Some(takeover);
        self.enter(now, State::PendingActive, modifier);
        self.report(Phase::Convergence, Edge::Begin);
    }

    pub(super) fn expire_takeover(&mut self, now: Time) {
        let phases = self.settings.phases;
        let held = u32::try_from(self.table.len()).unwrap_or(u32::MAX);
        let Some(takeover) = &mut self.takeover else {
            return;
        };
        match &mut takeover.stage {
            Work::Converging { until } if *until <= now => {
                takeover.stage = Work::Reconciling {
                    accounting: Some(
                        now + phases.accounting + phases.accounting_per_session * held,
                    ),
                    audit: Some(now + phases.audit + phases.audit_per_session * held),
                };
                self.report(Phase::Convergence, Edge::End);
                self.report(Phase::Accounting, Edge::Begin);
                self.report(Phase::Audit, Edge::Begin);
            }
            Work::Converging { .. } => {}
            Work::Reconciling { accounting, audit } => {
                let accounting_ended = accounting.take_if(|at| *at <= now).is_some();
                let audit_ended = audit.take_if(|at| *at <= now).is_some();
                let done = accounting.is_none() && audit.is_none();
                if accounting_ended {
                    self.report(Phase::Accounting, Edge::End);
                }
                if audit_ended {
                    self.report(Phase::Audit, Edge::End);
                }
                if done {
                    self.become_active(now);
                }
            }
        }
    }

    /// Whether a take-over is past its accounting flush, so that user data may pass.
    pub(super) fn accounting_flushed(&self) -> bool {
        let stage = self.takeover.as_ref().map(|takeover| &takeover.stage);
        matches!(
            stage,
            Some(Work::Reconciling {
                accounting: None,
                ..
            })
        )
    }

    /// Step 7 of A.11.
    fn become_active(&mut self, now: Time) {
        let takeover = self
            .takeover
            .take()
            .expect("Pending-Active has a take-over");
        self.epoch = takeover.epoch;
        self.statistics.count(takeover.reason);
        let recovered = u32::try_from(self.table.len()).unwrap_or(u32::MAX);
        self.history.push(CallLoss::of(
            now,
            takeover.reason,
            Direction::ToActive,
            takeover.before,
            recovered,
            takeover.young,
        ));
        self.enter(now, State::Active, self.modifier);
        self.notify(Notice::Active);
        self.restart_synchronisation(now);
    }

    fn report(&mut self, phase: Phase, edge: Edge) {
        let sessions = u32::try_from(self.table.len()).unwrap_or(u32::MAX);
        if let Some(epoch) = self.takeover.as_ref().map(|takeover| takeover.epoch) {
            self.send_control(&Message::Phase(PhaseReport {
                epoch,
                phase,
                edge,
                sessions,
            }));
        }
    }
}
