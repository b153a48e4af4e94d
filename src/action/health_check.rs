//! `health_check`: is this chassis fit for what comes next? (INV-30)

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::bgp;
use super::context::Context;
use super::fields::Span;
use super::outcome::{Failure, Success};
use super::reading::Pair;
use crate::device::staros::srp_info::State;
use crate::device::staros::{
    alarms, card_table, clock, license, resources, services, session_recovery, srp_monitor,
    trap_history,
};

/// What must hold. Every named check reads a whole table and must find a typed value; what could
/// not be read is a failure (INV-37). At least one check must be named.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// No card offline, unknown or still starting.
    pub cards: Option<Ok>,
    /// Every service within its licensed limits.
    pub resources: Option<Ok>,
    pub alarms: Option<Alarms>,
    /// Every configured service started.
    pub services: Option<Started>,
    pub session_recovery: Option<Ready>,
    /// Every monitored peer up (on the standby, authentication probes may rest).
    pub srp_monitor: Option<Ok>,
    /// One Active, one Standby, connected, and both say the same of each other.
    pub srp: Option<Paired>,
    pub bgp: Option<Established>,
    /// No AAA-unreachable trap newer than the last switchover (INV-13).
    pub aaa: Option<Reachable>,
    pub license: Option<Good>,
    /// The release that must be running, exactly as `show version` says it.
    pub version: Option<String>,
    /// Keep checking until all is well, at most this long; without it, one look decides.
    pub within: Option<Span>,
}

macro_rules! one_word {
    ($($(#[$doc:meta])* $name:ident { $($word:ident),+ })+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($word),+ }
    )+};
}

one_word! {
    Ok { Ok }
    Started { Started }
    Ready { Ready }
    Paired { Paired }
    Established { Established }
    Reachable { Reachable }
    Good { Good }
    /// `none`: no alarm at all. `none_blocking`: minor ones are reported, not refused.
    Alarms { None, NoneBlocking }
}

/// A licence that ends this soon after the window blocks it (`staros-cli.md` 2.10).
const LICENCE_MARGIN_DAYS: i32 = 7;

/// How often a check with `within:` looks again.
const POLL: Duration = Duration::from_secs(15);

impl Spec {
    /// Whether any check is named at all.
    pub fn is_empty(&self) -> bool {
        self.count() == 0
    }

    /// How many checks are named.
    pub fn count(&self) -> usize {
        [
            self.cards.is_some(),
            self.resources.is_some(),
            self.alarms.is_some(),
            self.services.is_some(),
            self.session_recovery.is_some(),
            self.srp_monitor.is_some(),
            self.srp.is_some(),
            self.bgp.is_some(),
            self.aaa.is_some(),
            self.license.is_some(),
            self.version.is_some(),
        ]
        .into_iter()
        .filter(|named| *named)
        .count()
    }

    pub async fn perform(&self, cx: &Context) -> Result<Success, Failure> {
        let chassis = cx.chassis().to_owned();
        let deadline = self.within.map(|within| cx.deadline(within));
        let mut last = String::new();
        loop {
            let findings = self.look(cx, &chassis).await;
            if findings.problems.is_empty() {
                let notes = findings.notes.join("; ");
                let tail = if notes.is_empty() {
                    notes
                } else {
                    format!(" ({notes})")
                };
                return Ok(Success::done(format!("{}{tail}", held(self.count()))));
            }
            let text = findings.problems.join("; ");
            match deadline {
                Some(deadline) if cx.elapsed() + POLL <= deadline => {
                    if text != last {
                        cx.progress(format!("not yet: {text}")).await;
                        last = text;
                    }
                    cx.world.clock.sleep(POLL).await;
                }
                _ => return Err(self.failure(&chassis, text, findings.unreachable)),
            }
        }
    }

    fn failure(&self, chassis: &str, text: String, unreachable: bool) -> Failure {
        let within = self
            .within
            .map(|within| format!(" within {within}"))
            .unwrap_or_default();
        let failure = Failure::failed(format!("{chassis} is not fit{within}: {text}"))
            .hint("mend what is named, or change the playbook if it is acceptable; then run again");
        if unreachable {
            failure.transient()
        } else {
            failure
        }
    }

    async fn look(&self, cx: &Context, chassis: &str) -> Findings {
        let mut f = Findings::default();
        if let Some(wanted) = &self.version {
            f.take("version", cx.version(chassis).await, |seen| {
                match seen.version == *wanted {
                    true => vec![],
                    false => vec![format!("runs {} instead of {wanted}", seen.version)],
                }
            });
        }
        if self.cards.is_some() {
            let table = cx
                .read(chassis, "show card table all", card_table::parse)
                .await;
            f.take("cards", table, |table| table.problems());
        }
        if self.resources.is_some() {
            let resources = cx.read(chassis, "show resources", resources::parse).await;
            f.take("resources", resources, |resources| resources.problems());
        }
        if let Some(tolerated) = self.alarms {
            let alarms = cx
                .read(chassis, "show alarm outstanding", alarms::parse)
                .await;
            f.alarms(alarms, tolerated);
        }
        if self.services.is_some() {
            let services = cx.read(chassis, "show service all", services::parse).await;
            f.take("services", services, |services| services.problems());
        }
        if self.session_recovery.is_some() {
            let command = "show session recovery status verbose";
            let status = cx.read(chassis, command, session_recovery::parse).await;
            f.take("session recovery", status, |status| status.problems());
        }
        if self.license.is_some() {
            let license = cx
                .read(chassis, "show license information", license::parse)
                .await;
            let clock = cx.read(chassis, "show clock", clock::parse).await;
            let both = license.and_then(|license| Ok((license, clock?)));
            f.take("licence", both, |(license, clock)| {
                license.problems(clock.local.date(), LICENCE_MARGIN_DAYS)
            });
        }
        if self.srp.is_some() {
            let pair = Pair::read(cx).await;
            f.take("SRP", pair, |pair| {
                pair.roles(&cx.world).err().into_iter().collect()
            });
        }
        if self.srp_monitor.is_some() {
            f.take(
                "SRP monitor",
                monitor_problems(cx, chassis).await,
                |problems| problems,
            );
        }
        if self.bgp.is_some() {
            f.take("BGP", bgp::problems(cx, chassis).await, |problems| problems);
        }
        if self.aaa.is_some() {
            let history = cx
                .read(
                    chassis,
                    "show snmp trap history verbose",
                    trap_history::parse,
                )
                .await;
            f.take("AAA", history, |history| aaa_problems(&history.entries));
        }
        f
    }
}

/// How many checks hold, as a person says it.
fn held(count: usize) -> String {
    match count {
        1 => "the check holds".to_owned(),
        count => format!("all {count} checks hold"),
    }
}

/// What a look found.
#[derive(Default)]
struct Findings {
    problems: Vec<String>,
    /// Seen and tolerated; the report says so.
    notes: Vec<String>,
    unreachable: bool,
}

impl Findings {
    /// Takes in one check: what it found, or that it could not be read.
    fn take<T>(
        &mut self,
        what: &str,
        read: Result<T, Failure>,
        judge: impl FnOnce(T) -> Vec<String>,
    ) {
        match read {
            Result::Ok(seen) => {
                self.problems.extend(
                    judge(seen)
                        .into_iter()
                        .map(|problem| format!("{what}: {problem}")),
                );
            }
            Err(failure) => {
                self.unreachable |= failure.transient;
                self.problems.push(format!("{what}: {}", failure.message));
            }
        }
    }

    fn alarms(&mut self, read: Result<alarms::Alarms, Failure>, tolerated: Alarms) {
        let mut notes = Vec::new();
        self.take("alarms", read, |alarms| {
            let (minor, rest): (Vec<_>, Vec<_>) = alarms
                .outstanding
                .into_iter()
                .partition(|alarm| alarm.severity == alarms::Severity::Minor);
            let show = |alarm: &alarms::Alarm| {
                format!("{:?} on {}: {}", alarm.severity, alarm.object, alarm.event)
            };
            let mut problems: Vec<_> = rest.iter().map(show).collect();
            match tolerated {
                Alarms::None => problems.extend(minor.iter().map(show)),
                Alarms::NoneBlocking => notes.extend(minor.iter().map(show)),
            }
            problems
        });
        self.notes.extend(notes);
    }
}

/// Authentication probes run only on the Active (SRP-33), so the state decides what is normal.
async fn monitor_problems(cx: &Context, chassis: &str) -> Result<Vec<String>, Failure> {
    let active = cx.srp(chassis).await?.chassis_state == State::Active;
    let monitor = cx
        .read(chassis, "show srp monitor all", srp_monitor::parse)
        .await?;
    Result::Ok(monitor.problems(active))
}

/// starSRPAAAUnreachable (125) newer than the chassis's last move to Active and not cleared by
/// starSRPAAAReachable (124) since: by number and by both spellings of the name, in the order of
/// the device's own history, whatever its clock says (`staros-cli.md` 6, traps 2 and 19).
fn aaa_problems(history: &[trap_history::Entry]) -> Vec<String> {
    let is = |entry: &trap_history::Entry, number: u32, name: &str| {
        entry.number == number || entry.name.strip_prefix("star").unwrap_or(&entry.name) == name
    };
    let mut problem = None;
    for entry in history {
        if is(entry, 125, "SRPAAAUnreachable") {
            problem = Some(format!(
                "AAA servers unreachable since {} (notification 125)",
                entry.when
            ));
        } else if is(entry, 124, "SRPAAAReachable") || is(entry, 120, "SRPActive") {
            problem = None;
        }
    }
    problem.into_iter().collect()
}
