//! `srp_switchover`: validate, check parity, switch, and see it on both chassis (INV-7 to INV-13).

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::context::Context;
pub use super::fields::Side;
use super::fields::{Percent, Span};
use super::outcome::{Facts, Failure, Success};
use super::reading::{Pair, unread, unspoken, word};
use super::wait_for::parity;
use crate::device::Error;
use crate::device::staros::srp_info::{self, SrpInfo, State};

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// The role whose chassis shall be Active afterwards.
    pub to: Side,
    /// How far pre-allocated calls may differ from the subscribers on the Active.
    #[serde(default = "five_percent")]
    pub parity: Percent,
    /// Fewer pre-allocated calls than this prove nothing, equal or not.
    #[serde(default = "ten")]
    pub floor: u64,
    /// How many sessions may be lost.
    #[serde(default = "five_percent")]
    pub loss: Percent,
    /// Guard plus damping period: no second switchover sooner than this after the last (INV-11).
    #[serde(default = "two_minutes")]
    pub guard: Span,
    #[serde(default = "five_minutes")]
    pub within: Span,
    #[serde(default = "five_seconds")]
    pub poll: Span,
    /// After an interruption: how long a pair that ought to have swapped, and has not moved, is
    /// watched before "it never heard the command" is believed.
    #[serde(default = "fifteen_seconds")]
    pub doubt: Span,
}

fn five_percent() -> Percent {
    Percent(5.0)
}

fn ten() -> u64 {
    10
}

fn two_minutes() -> Span {
    Span::seconds(120)
}

fn five_minutes() -> Span {
    Span::seconds(300)
}

fn five_seconds() -> Span {
    Span::seconds(5)
}

fn fifteen_seconds() -> Span {
    Span::seconds(15)
}

const COMMAND: &str = "srp initiate-switchover";

/// How old a proof of readiness may be when the command goes out.
const FRESH: Duration = Duration::from_secs(120);
const PROOFS: usize = 3;

/// How long the chassis may take over `srp validate-switchover`.
const VALIDATION: Duration = Duration::from_secs(60);

impl Spec {
    pub async fn perform(&self, cx: &Context) -> Result<Success, Failure> {
        let to = cx.side(self.to).to_owned();
        let from = cx.peer_of(&to).to_owned();
        if cx.unfinished.is_some() {
            cx.progress("finding out what became of the switchover of the interrupted run")
                .await;
            let before = cx
                .unfinished
                .as_ref()
                .map(|unfinished| unfinished.before.clone());
            if self.took_place(cx, &to).await? {
                return self
                    .verify(cx, &from, &to, &before.unwrap_or_default(), cx.elapsed())
                    .await;
            }
        }
        let pair = Pair::read(cx).await?;
        let (active, _) = pair.roles(&cx.world).map_err(Failure::refused)?;
        if active == to {
            return Ok(Success::already(format!(
                "{to} is Active, {from} is Standby"
            )));
        }
        self.sit_out_guard(cx, &to).await?;
        let before = self.prove_fresh(cx, &from, &to).await?;
        still_active(cx, &from).await?;
        cx.intent(&from, COMMAND, before.clone()).await?;
        // The journal took its time, and somebody may have used it (F-54).
        let proof = still_active(cx, &from).await;
        proof.map_err(|failure| Failure {
            transient: false,
            message: format!("{}; nothing was sent", failure.message),
            ..failure
        })?;
        let sent_at = cx.elapsed();
        self.send(cx, &from).await?;
        self.verify(cx, &from, &to, &before, sent_at).await
    }

    /// No second switchover inside the guard and damping period of the last (INV-11, F-75).
    async fn sit_out_guard(&self, cx: &Context, to: &str) -> Result<(), Failure> {
        let last = cx
            .facts
            .values()
            .filter_map(|facts| facts.get("switched_at")?.as_str());
        let Some(last) = last.filter_map(|at| at.parse::<Timestamp>().ok()).max() else {
            return Ok(());
        };
        let passed =
            Duration::try_from(cx.world.clock.now().duration_since(last)).unwrap_or_default();
        if let Some(left) = self
            .guard
            .0
            .checked_sub(passed)
            .filter(|left| !left.is_zero())
        {
            let left_text = Span(Duration::from_secs(left.as_secs() + 1));
            cx.progress(format!(
                "{left_text} of the guard period are left before {to} may take over"
            ))
            .await;
            cx.world.clock.sleep(left).await;
        }
        Ok(())
    }

    /// Readiness and parity, both young enough to act on: a network that was gone in between makes
    /// the first half of the proof worthless.
    async fn prove_fresh(&self, cx: &Context, from: &str, to: &str) -> Result<Facts, Failure> {
        for _ in 0..PROOFS {
            let asked = cx.elapsed();
            self.validate(cx, from).await?;
            let before = self.prove_ready(cx, from, to).await?;
            if cx.elapsed() - asked <= FRESH {
                return Ok(before);
            }
            cx.progress("proving readiness took too long to still be true; once more")
                .await;
        }
        Err(Failure::refused(format!(
            "readiness could not be proven within {} in {PROOFS} attempts: {from} or {to} answers too slowly",
            Span(FRESH)
        ))
        .hint("mend the management network, then `cutover resume`"))
    }

    /// Has both chassis check their readiness, and waits for an answer younger than the question.
    async fn validate(&self, cx: &Context, from: &str) -> Result<(), Failure> {
        let former = cx.srp(from).await?.last_validate_switchover;
        let former = former.and_then(|status| status.age);
        for command in ["srp validate-configuration", "srp validate-switchover"] {
            let mut device = cx.connected(from).await?;
            device.run(command).await.map_err(|e| unspoken(from, &e))?;
        }
        let asked = cx.elapsed();
        loop {
            cx.world
                .clock
                .sleep(Duration::from_secs(1).max(self.poll.0 / 5))
                .await;
            let info = cx.srp(from).await?;
            let waited = cx.elapsed() - asked;
            if let Some(status) = &info.last_validate_switchover
                && status.age.is_some_and(|age| is_answer(age, former, waited))
            {
                return if status.ready {
                    configuration_in_step(from, &info)
                } else {
                    Err(Failure::refused(format!(
                        "{from}: srp validate-switchover says `{}`",
                        status.text
                    ))
                    .hint("mend what it names; `force` is for a human to decide (INV-8)"))
                };
            }
            if waited >= VALIDATION {
                return Err(Failure::refused(format!(
                    "{from} gave no result of srp validate-switchover within {}",
                    Span(VALIDATION)
                )));
            }
        }
    }

    /// Every session manager ready, and the sessions there (INV-7, INV-9).
    async fn prove_ready(&self, cx: &Context, from: &str, to: &str) -> Result<Facts, Failure> {
        let standby = cx.checkpoints(to).await?;
        let ready = standby
            .instances
            .iter()
            .filter(|instance| instance.ready)
            .count() as u64;
        if !standby.instances.is_empty() && ready < u64::from(standby.session_managers) {
            return Err(Failure::refused(format!(
                "{to}: {ready} of {} session managers are ready; the sessions of the others would be lost",
                standby.session_managers
            ))
            .hint("wait until all are, then `cutover resume`"));
        }
        let active = cx.subscribers(from).await?;
        let off = parity(active, standby.preallocated);
        if off > self.parity.0 || standby.preallocated < self.floor {
            return Err(Failure::refused(format!(
                "{active} subscribers on {from}, {} pre-allocated calls on {to}: {off:.1}% apart where {} is \
                 allowed, at least {} needed", standby.preallocated, self.parity, self.floor
            ))
            .hint("wait for the sessions to synchronize, then `cutover resume`"));
        }
        let mut before = Facts::new();
        before.insert("sessions".into(), active.into());
        before.insert("preallocated".into(), standby.preallocated.into());
        before.insert("active".into(), from.into());
        Ok(before)
    }

    async fn send(&self, cx: &Context, from: &str) -> Result<(), Failure> {
        let mut device = cx.device(from).await;
        let limits = device.limits();
        match device.send_once(COMMAND, true, limits).await {
            Err(error @ Error::Rejected { .. }) => Err(unspoken(from, &error)
                .hint("the chassis itself refused and nothing has moved; `force` is for a human to decide")),
            Err(error) if error.before_any_change() => Err(unspoken(from, &error)),
            // Whatever else was answered: the states decide.
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// After an interruption: has the chassis that shall take over done so? A pair in the middle of
    /// a switchover is waited for, and one that has not moved is watched for a while: the command
    /// may be on its way.
    async fn took_place(&self, cx: &Context, to: &str) -> Result<bool, Failure> {
        let (began, deadline) = (cx.elapsed(), cx.deadline(self.within));
        loop {
            let pair = Pair::read(cx).await?;
            match pair.roles(&cx.world) {
                Ok((active, _)) if active == to => return Ok(true),
                Ok(_) if cx.elapsed() - began >= self.doubt.0 => return Ok(false),
                Ok(_) => {}
                Err(what) if cx.elapsed() >= deadline => {
                    return Err(Failure::in_doubt(format!(
                        "the pair did not settle within {} after the interrupted switchover: {what}",
                        self.within
                    ))
                    .hint("bring the pair to one Active and one Standby, then `cutover resume`"));
                }
                Err(_) => {}
            }
            cx.world.clock.sleep(self.poll.0).await;
        }
    }

    /// Both ends swapped, and the sessions with them (INV-10, SRP-93).
    async fn verify(
        &self,
        cx: &Context,
        from: &str,
        to: &str,
        before: &Facts,
        sent_at: Duration,
    ) -> Result<Success, Failure> {
        let deadline = sent_at + self.within.0;
        let mut last = String::new();
        loop {
            let seen = match Pair::read(cx).await {
                Err(failure) => failure.message,
                Ok(pair) => match pair.roles(&cx.world) {
                    Ok((active, _)) if active == to => break,
                    Ok(_) => format!("{to} is still Standby"),
                    Err(what) => what,
                },
            };
            if cx.elapsed() >= deadline {
                let message = format!("no completed switchover within {}: {seen}", self.within);
                let hint = "read `show srp info` on both chassis; do not initiate it again before you know why";
                return Err(if seen.ends_with("is still Standby") {
                    Failure::failed(message).hint(hint)
                } else {
                    Failure::in_doubt(message).hint(hint)
                });
            }
            if seen != last {
                cx.progress(&seen).await;
                last = seen;
            }
            cx.world.clock.sleep(self.poll.0).await;
        }
        let took = Span(Duration::from_secs((cx.elapsed() - sent_at).as_secs()));
        let switched_at = cx.world.clock.now();
        let sessions = self.sessions_kept(cx, to, before, deadline).await?;
        Ok(Success::done(format!(
            "{to} is Active, {from} is Standby after {took}; {sessions}"
        ))
        .with("switched_at", switched_at.to_string())
        .with("active", to))
    }

    async fn sessions_kept(
        &self,
        cx: &Context,
        to: &str,
        before: &Facts,
        deadline: Duration,
    ) -> Result<String, Failure> {
        let Some(expected) = before
            .get("sessions")
            .and_then(|sessions| sessions.as_u64())
        else {
            return Ok("the number of sessions before is not known".to_owned());
        };
        let least = expected as f64 * (1.0 - self.loss.0 / 100.0);
        loop {
            let now = cx.subscribers(to).await?;
            if now as f64 >= least {
                let lost = 100.0 * expected.saturating_sub(now) as f64 / expected.max(1) as f64;
                return Ok(format!(
                    "{now} sessions, {expected} before ({lost:.1}% lost)"
                ));
            }
            if cx.elapsed() >= deadline {
                return Err(Failure::failed(format!(
                    "{to} has {now} sessions, there were {expected}: more than {} are lost",
                    self.loss
                ))
                .hint(
                    "the second chassis is left alone; `show srp call-loss statistics` says why",
                ));
            }
            cx.world.clock.sleep(self.poll.0).await;
        }
    }
}

/// Whether a result that is `age` old is the answer to what was asked `waited` ago, when the result
/// before it was `former` old. An age that shrank is proof whatever pace the chassis's clock has.
fn is_answer(age: Duration, former: Option<Duration>, waited: Duration) -> bool {
    // The chassis counts whole seconds.
    former.is_none_or(|former| age < former) || age <= waited + Duration::from_secs(1)
}

/// The chassis that hands over is still the Active beside a Standby, read in the session that
/// carries the command (INV-4's twin). One try: a proof that took minutes is none.
async fn still_active(cx: &Context, from: &str) -> Result<(), Failure> {
    let read = {
        let mut device = cx.device(from).await;
        device.read("show srp info", srp_info::parse).await
    };
    let own = read.map_err(|error| unread(from, &error))?;
    if own.chassis_state == State::Active && own.peer_state == State::Standby {
        return Ok(());
    }
    Err(Failure::refused(format!(
        "{from} is {} with a peer {}; a switchover starts on the Active beside a Standby",
        word(own.chassis_state),
        word(own.peer_state)
    )))
}

/// The configurations of both chassis agree, as the Active sees it (SRP-55, INV-7).
fn configuration_in_step(from: &str, info: &SrpInfo) -> Result<(), Failure> {
    let state = info
        .peer_configuration_validation
        .as_deref()
        .unwrap_or("unknown");
    let error = info
        .last_peer_configuration_error
        .as_deref()
        .filter(|error| !error.eq_ignore_ascii_case("none"));
    if state.eq_ignore_ascii_case("complete") && error.is_none() {
        return Ok(());
    }
    Err(Failure::refused(format!(
        "{from}: the peer's configuration is not in step (validation {state}, last error {})",
        error.unwrap_or("None")
    ))
    .hint("compare `show configuration srp` of both; sessions are not recovered while they differ"))
}
