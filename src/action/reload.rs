//! `reload`: once, only on a chassis proven Standby with its peer proven Active (INV-4, INV-5).
//!
//! The most dangerous verb. In order: look whether the chassis already runs the release; prove on
//! both chassis, the one to be reloaded last and in the very session that will carry the command,
//! that it is Standby and the other carries the traffic; prove that the boot stack leads to the
//! release; journal the intent; send it once. Nothing the session does afterwards proves anything:
//! the proof is a fresh login to a chassis whose uptime began after the command, that runs the
//! release, has its cards settled and stands as Standby beside an Active peer (`staros-cli.md` 6,
//! traps 13 and 14).

mod proof;
#[cfg(test)]
mod tests;

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::boot_stack::check_bootable;
use super::context::{Context, Unfinished};
use super::fields::Span;
use super::outcome::{Facts, Failure, Success};
use super::reading::{reconnect, unspoken, word};
use crate::device::error::Lost;
use crate::device::staros::srp_info::State;
use crate::device::staros::{boot, card_table, session_recovery, uptime, version};
use crate::device::{Error, Limits};
use proof::{prove_peer_active, prove_roles};

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// The release that must run afterwards (INV-29).
    pub version: String,
    /// How long the chassis may take to come back completely.
    #[serde(default = "forty_five_minutes")]
    pub within: Span,
    /// How often to look while it boots.
    #[serde(default = "fifteen_seconds")]
    pub poll: Span,
    /// After an interruption: how long a chassis that ought to have gone down, and is still up, is
    /// watched before "it never heard the command" is believed.
    #[serde(default = "ninety_seconds")]
    pub doubt: Span,
}

fn forty_five_minutes() -> Span {
    Span::seconds(2700)
}

fn fifteen_seconds() -> Span {
    Span::seconds(15)
}

fn ninety_seconds() -> Span {
    Span::seconds(90)
}

/// The command. `-noconfirm` leaves no question that could be answered twice.
const COMMAND: &str = "reload -noconfirm";

/// How far the chassis's own count of its uptime may be off ours (it counts in minutes).
const UPTIME_GRAIN: Duration = Duration::from_secs(60);

/// A chassis that runs the release as Standby and on which nothing has changed for this long will
/// not settle by being waited for.
const STANDSTILL: Duration = Duration::from_secs(900);

/// What the reload of an interrupted run came to.
enum Probe {
    /// It happened, or the chassis is away and may be in the middle of it.
    UnderWay,
    /// The chassis has been up all along.
    NeverHappened,
}

impl Spec {
    pub async fn perform(&self, cx: &Context) -> Result<Success, Failure> {
        let chassis = cx.chassis().to_owned();
        if let Some(unfinished) = &cx.unfinished {
            cx.progress("finding out what became of the reload of the interrupted run")
                .await;
            match self.probe(cx, &chassis, unfinished).await? {
                Probe::UnderWay => {
                    let sent = Sent::of(unfinished);
                    return self.verify(cx, &chassis, sent).await;
                }
                Probe::NeverHappened => {
                    cx.progress("the chassis has been up all along: the command never took effect")
                        .await;
                }
            }
        } else if let Some(success) = self.already(cx, &chassis).await? {
            return Ok(success);
        }
        for last in [false, true] {
            let before = self.prove_safe(cx, &chassis).await?;
            let up = uptime_in(&before);
            cx.intent(&chassis, COMMAND, before).await?;
            // The journal took its time, and somebody may have used it (F-54).
            let proof = prove_roles(cx, &chassis).await;
            proof.map_err(|failure| Failure {
                transient: false,
                message: format!("{}; nothing was sent", failure.message),
                ..failure
            })?;
            let at = cx.world.clock.now();
            match self.send(cx, &chassis).await {
                Ok(()) => return self.verify(cx, &chassis, Sent { at, up }).await,
                Err(error) if error.lost_phase() == Some(Lost::BeforeSend) && !last => {
                    cx.progress("the session was lost before the command went out; proving again")
                        .await;
                }
                Err(error) => return Err(unspoken(&chassis, &error)),
            }
        }
        unreachable!("the second round returns")
    }

    /// Nothing to do when the release already runs.
    async fn already(&self, cx: &Context, chassis: &str) -> Result<Option<Success>, Failure> {
        let running = cx.version(chassis).await?;
        Ok((running.version == self.version)
            .then(|| Success::already(format!("{chassis} already runs {}", self.version))))
    }

    /// Proves that the reload hurts nobody and leads to the release.
    async fn prove_safe(&self, cx: &Context, chassis: &str) -> Result<Facts, Failure> {
        let entries = cx.read(chassis, "show boot", boot::parse).await?.entries;
        let top = entries.first().ok_or_else(|| {
            Failure::refused(format!(
                "{chassis} has an empty boot stack and would come up with defaults"
            ))
        })?;
        let image = check_bootable(cx, chassis, &top.image, &top.config).await?;
        if image.version != self.version {
            return Err(Failure::refused(format!(
                "{chassis} would boot {} ({}), the plan wants {}",
                image.version, top.image, self.version
            ))
            .hint("the top entry of the boot stack must lead to the planned release (INV-24)"));
        }
        let running = cx.version(chassis).await?.version;
        let up = cx
            .read(chassis, "show system uptime", uptime::parse)
            .await?
            .0;
        let state = prove_roles(cx, chassis).await?;
        let mut before = Facts::new();
        before.insert("version".into(), running.into());
        before.insert("uptime_s".into(), up.as_secs().into());
        before.insert("state".into(), state);
        Ok(before)
    }

    /// Sends the command, at most once. Every way the session can end behind it is fine; only a
    /// certain "not sent" or "refused" is an error.
    async fn send(&self, cx: &Context, chassis: &str) -> Result<(), Error> {
        let mut device = cx.device(chassis).await;
        let limits = Limits {
            idle: Duration::from_secs(120),
            total: Duration::from_secs(600),
            ..device.limits()
        };
        // Nothing should be asked, so whatever is asked is no question to say yes to.
        let result = device.send_once(COMMAND, false, limits).await;
        device.close().await;
        match result {
            Err(error @ (Error::Rejected { .. } | Error::Asked { .. })) => Err(error),
            Err(error) if error.before_any_change() => Err(error),
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// Looks until the chassis is back, completely, or the limit is reached.
    async fn verify(&self, cx: &Context, chassis: &str, sent: Sent) -> Result<Success, Failure> {
        let deadline = cx.deadline(self.within);
        let mut last = String::new();
        let mut changed = cx.elapsed();
        loop {
            cx.world.clock.sleep(self.poll.0).await;
            let stage = self.look(cx, chassis, sent).await?;
            let text = match &stage {
                Stage::Back => return Ok(self.back(cx, chassis, sent.at, "")),
                Stage::Settling(text) | Stage::NotYet(text) | Stage::NeverWent(text) => text,
            };
            let late = cx.elapsed() >= deadline;
            if *text != last {
                cx.progress(text).await;
                last.clone_from(text);
                changed = cx.elapsed();
            }
            match stage {
                Stage::Settling(text) if late || cx.elapsed() - changed >= STANDSTILL => {
                    return Ok(self.back(cx, chassis, sent.at, &text));
                }
                _ if late => return Err(self.out_of_time(chassis, &last)),
                _ => {}
            }
        }
    }

    /// It runs the release as Standby: what a reload is for. Whether a chassis that does not
    /// settle is good enough is for the health check behind it, which can send the pair back.
    fn back(&self, cx: &Context, chassis: &str, sent_at: Timestamp, unsettled: &str) -> Success {
        let took = Span(Duration::from_secs(age(cx, sent_at).as_secs()));
        let peer = cx.peer_of(chassis);
        let mut detail = format!(
            "{chassis} runs {} as Standby beside {peer} as Active, back after {took}",
            self.version
        );
        if !unsettled.is_empty() {
            detail = format!("{detail}, but {unsettled}");
        }
        Success::done(detail)
            .with("reloaded", chassis)
            .with("version", self.version.as_str())
            .with("settled", unsettled.is_empty())
            .with("took_s", took.0.as_secs())
    }

    fn out_of_time(&self, chassis: &str, last: &str) -> Failure {
        let message = format!(
            "{chassis} was not completely back within {}: {last}",
            self.within
        );
        let hint = "the peer was Active when the command went out and is left alone; go to the console \
                    of this chassis, then `cutover resume`";
        if last.starts_with(NEVER_WENT) {
            return Failure::in_doubt(message).hint(
                "the command may be waiting behind a running save and still take effect; do not send it again",
            );
        }
        Failure::failed(message).hint(hint)
    }

    async fn look(&self, cx: &Context, chassis: &str, sent: Sent) -> Result<Stage, Failure> {
        let mut device = cx.device(chassis).await;
        if let Err(error) = device.connect().await {
            return match error {
                Error::HostKey { .. } => Err(unspoken(chassis, &error)),
                error => Ok(Stage::NotYet(format!("no login yet ({})", short(&error)))),
            };
        }
        let up = device.read("show system uptime", uptime::parse).await;
        let since_sent = age(cx, sent.at);
        match up {
            Err(error) => return Ok(Stage::NotYet(format!("it lets us in, but {error}"))),
            Ok(up) if !sent.has_rebooted(up.0, since_sent) => {
                return Ok(Stage::NeverWent(format!(
                    "{NEVER_WENT}, up for {}",
                    Span(up.0)
                )));
            }
            Ok(_) => {}
        }
        let running = match device.read("show version", version::parse).await {
            Ok(running) => running.version,
            Err(error) => return Ok(Stage::NotYet(format!("it lets us in, but {error}"))),
        };
        drop(device);
        if running != self.version {
            return Err(Failure::failed(format!(
                "{chassis} came back with {running} instead of {}: the boot entry was not used",
                self.version
            ))
            .hint("its peer still carries the traffic; compare `show boot` with the plan"));
        }
        Ok(self
            .settled(cx, chassis)
            .await
            .unwrap_or_else(|failure| Stage::NotYet(failure.message)))
    }

    /// A chassis that has booted is not yet one that can take over.
    async fn settled(&self, cx: &Context, chassis: &str) -> Result<Stage, Failure> {
        let own = cx.srp(chassis).await?;
        if own.chassis_state != State::Standby
            || !own.is_connected()
            || own.peer_state != State::Active
        {
            return Ok(Stage::NotYet(format!(
                "runs {}, SRP says {} with a peer {}",
                self.version,
                word(own.chassis_state),
                word(own.peer_state)
            )));
        }
        let peer = cx.peer_of(chassis);
        prove_peer_active(peer, &cx.srp(peer).await?)?;
        let mut missing = cx
            .read(chassis, "show card table", card_table::parse)
            .await?
            .problems();
        if missing.is_empty() {
            let command = "show session recovery status verbose";
            missing = cx
                .read(chassis, command, session_recovery::parse)
                .await?
                .problems();
        }
        Ok(if missing.is_empty() {
            Stage::Back
        } else {
            Stage::Settling(format!("not settled: {}", missing.join("; ")))
        })
    }

    /// After an interruption: did the reload that was announced happen?
    async fn probe(
        &self,
        cx: &Context,
        chassis: &str,
        unfinished: &Unfinished,
    ) -> Result<Probe, Failure> {
        let began = cx.elapsed();
        loop {
            let mut device = cx.device(chassis).await;
            let up = match reconnect(&mut device).await {
                Ok(()) => device.read("show system uptime", uptime::parse).await,
                Err(error @ Error::HostKey { .. }) => return Err(unspoken(chassis, &error)),
                Err(_) => return Ok(Probe::UnderWay),
            };
            let Ok(up) = up else {
                return Ok(Probe::UnderWay);
            };
            drop(device);
            if Sent::of(unfinished).has_rebooted(up.0, age(cx, unfinished.at)) {
                return Ok(Probe::UnderWay);
            }
            if cx.elapsed() - began >= self.doubt.0 {
                return Ok(Probe::NeverHappened);
            }
            cx.world.clock.sleep(self.poll.0).await;
        }
    }
}

/// A reload that was sent, or was about to be.
#[derive(Clone, Copy)]
struct Sent {
    at: Timestamp,
    /// How long the chassis had been up then, by its own count.
    up: Duration,
}

impl Sent {
    fn of(unfinished: &Unfinished) -> Self {
        Self {
            at: unfinished.at,
            up: uptime_in(&unfinished.before),
        }
    }

    /// Whether a chassis that now says it is `up` has gone down since, `since` ago by our calendar.
    fn has_rebooted(self, up: Duration, since: Duration) -> bool {
        // An uptime never shrinks by itself, whatever anybody's clock says.
        let shrunk = up + UPTIME_GRAIN < self.up;
        // A chassis that had not been up for long: now the calendar must tell. It can be set
        // forwards meanwhile, so this alone would take an old uptime for a young one.
        let younger = up <= since + UPTIME_GRAIN && up + UPTIME_GRAIN < self.up + since;
        shrunk || younger
    }
}

/// The uptime an intent has kept.
fn uptime_in(before: &Facts) -> Duration {
    let seconds = before.get("uptime_s").and_then(|seconds| seconds.as_u64());
    Duration::from_secs(seconds.unwrap_or(0))
}

/// Where a reloading chassis is.
enum Stage {
    NotYet(String),
    /// It is up, but its uptime is from before the command.
    NeverWent(String),
    /// It runs the release as Standby, and something on it is still on its way up, or broken.
    Settling(String),
    Back,
}

const NEVER_WENT: &str = "it has not gone down";

/// How long ago something was, by the calendar (the process that sent a command may be another
/// one than this); never less than nothing.
fn age(cx: &Context, then: Timestamp) -> Duration {
    Duration::try_from(cx.world.clock.now().duration_since(then)).unwrap_or_default()
}

/// The short of an error, for a line that is shown while waiting.
fn short(error: &Error) -> &'static str {
    match error {
        Error::Unreachable { .. } => "unreachable",
        Error::Login { .. } => "login refused",
        Error::Timeout { .. } => "no answer",
        Error::Lost { .. } => "session lost",
        _ => "not ready",
    }
}
