//! `wait_for`: a condition read from the device, hurried along by a trap (a trap is a hint, a
//! poll is the truth).

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::condition::{Condition, Fact, Value};
use super::context::Context;
use super::fields::Span;
use super::outcome::{Failure, Success};
use super::reading;
use crate::device::staros::{card_table, session_recovery};

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// A notification by name that makes the next poll happen at once.
    pub trap: Option<String>,
    /// What decides. A wait without it would believe a datagram.
    pub until: Condition,
    pub poll: Span,
    pub deadline: Span,
    /// The condition must hold this long without a break.
    #[serde(default = "no_time")]
    pub hold: Span,
}

fn no_time() -> Span {
    Span::seconds(0)
}

impl Spec {
    pub async fn perform(&self, cx: &mut Context) -> Result<Success, Failure> {
        let chassis = cx.chassis().to_owned();
        let (began, deadline) = (cx.elapsed(), cx.deadline(self.deadline));
        let mut held_since = None;
        let mut hurried = false;
        let mut last = String::new();
        loop {
            let seen = look(cx, &chassis, &self.until).await;
            if seen.text != last {
                cx.progress(&seen.text).await;
                last.clone_from(&seen.text);
            }
            let now = cx.elapsed();
            if seen.holds {
                let since = *held_since.get_or_insert(now);
                if now >= since + self.hold.0 {
                    let waited = Span(round(now - began));
                    let why = if hurried {
                        "the trap came and the poll agrees"
                    } else {
                        "seen by poll"
                    };
                    return Ok(
                        Success::done(format!("{} after {waited}, {why}", seen.text))
                            .with("waited_s", waited.0.as_secs())
                            .with("hurried_by_trap", hurried),
                    );
                }
            } else {
                held_since = None;
            }
            if now >= deadline {
                return Err(Failure::failed(format!(
                    "{chassis}: `{}` did not hold within {}; last seen: {}",
                    self.until, self.deadline, seen.text
                ))
                .hint("nothing was changed by waiting; find out what is missing, then `cutover resume`"));
            }
            let rest = self
                .poll
                .0
                .min(deadline - now)
                .max(Duration::from_millis(1));
            hurried |= cx.rest(rest, &chassis, self.trap.as_deref()).await;
        }
    }
}

/// What one poll saw.
struct Seen {
    holds: bool,
    text: String,
}

/// Reads every term of a condition. What cannot be read does not hold (INV-37).
async fn look(cx: &Context, chassis: &str, condition: &Condition) -> Seen {
    let mut holds = true;
    let mut texts = Vec::new();
    for term in &condition.terms {
        match fact(cx, chassis, term.fact).await {
            Ok(value) => {
                holds &= term.holds(&value);
                let unit = if term.fact == Fact::SessionsParity {
                    "%"
                } else {
                    ""
                };
                texts.push(format!("{} is {}{unit}", term.fact.name(), show(&value)));
            }
            Err(failure) => {
                holds = false;
                texts.push(format!(
                    "{} could not be read: {}",
                    term.fact.name(),
                    failure.message
                ));
                break;
            }
        }
    }
    Seen {
        holds,
        text: texts.join(", "),
    }
}

async fn fact(cx: &Context, chassis: &str, fact: Fact) -> Result<Value, Failure> {
    let word = |text: &str| Value::Word(text.to_owned());
    Ok(match fact {
        Fact::SrpState => word(reading::word(cx.srp(chassis).await?.chassis_state)),
        Fact::SrpPeer => word(reading::word(cx.srp(chassis).await?.peer_state)),
        Fact::SrpConnection => word(
            cx.srp(chassis)
                .await?
                .connection
                .as_deref()
                .unwrap_or("None"),
        ),
        Fact::SessionsTotal => Value::Number(number(cx.subscribers(chassis).await?)),
        Fact::SessionsPreallocated => {
            Value::Number(number(cx.checkpoints(chassis).await?.preallocated))
        }
        Fact::SessionsParity => {
            let active = cx.subscribers(cx.peer_of(chassis)).await?;
            let standby = cx.checkpoints(chassis).await?.preallocated;
            Value::Number(parity(active, standby))
        }
        Fact::RecoveryReady => {
            let command = "show session recovery status verbose";
            let status = cx.read(chassis, command, session_recovery::parse).await?;
            word(if status.problems().is_empty() {
                "yes"
            } else {
                "no"
            })
        }
        Fact::CardsReady => {
            let table = cx
                .read(chassis, "show card table", card_table::parse)
                .await?;
            word(if table.problems().is_empty() {
                "yes"
            } else {
                "no"
            })
        }
        Fact::Version => word(&cx.version(chassis).await?.version),
    })
}

/// How far pre-allocated calls on the Standby are from the subscribers on the Active, in percent
/// of the latter (SRP-72). Nobody on both is equal, and proves nothing: conditions add a floor
/// (`staros-cli.md` 6, trap 16).
pub fn parity(active: u64, standby: u64) -> f64 {
    match (active, standby) {
        (0, 0) => 0.0,
        (0, _) => 100.0,
        _ => number(active.abs_diff(standby)) * 100.0 / number(active),
    }
}

fn number(count: u64) -> f64 {
    // Exact up to 2^53, far beyond any population of subscribers.
    count as f64
}

fn show(value: &Value) -> String {
    match value {
        Value::Word(word) => word.clone(),
        Value::Number(number) if number.fract() == 0.0 => format!("{number}"),
        Value::Number(number) => format!("{number:.1}"),
    }
}

/// Whole seconds, for people.
fn round(span: Duration) -> Duration {
    Duration::from_secs((span.as_secs_f64()).round() as u64)
}

#[cfg(test)]
mod tests {
    use super::parity;

    #[test]
    fn srp_72_parity_is_a_share_of_the_active_subscribers() {
        assert_eq!(parity(1000, 950), 5.0);
        assert_eq!(parity(1000, 1050), 5.0);
        assert_eq!(parity(10, 9), 10.0);
    }

    #[test]
    fn trap_16_nobody_on_the_active_is_never_close_to_somebody_on_the_standby() {
        assert_eq!(parity(0, 0), 0.0, "equal; a floor has to refuse it");
        assert_eq!(parity(0, 1), 100.0);
    }
}
