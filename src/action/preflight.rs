//! Preflight: is this the pair the inventory names, the right way round, with exactly one Active?
//!
//! Every run begins with it and nothing is touched before it has passed. It refuses a pair named
//! the wrong way round (F-56), a pair with equal chassis modes, whose election nobody can predict
//! (INV-14, F-43), a split brain (INV-3) and a pair without an Active (INV-2).

use std::time::Duration;

use serde::Serialize;
use serde_json::json;

use super::context::{Context, World};
use super::fields::Side;
use super::outcome::{Failure, Success};
use super::reading::{Pair, unread, word};
use crate::device::staros::srp_info::{self, Mode, SrpInfo, State};

#[derive(Clone, Debug, Default, Serialize)]
pub struct Spec {
    /// The chassis the playbook changes first: it must be the Standby before anything is touched.
    pub standby: Option<Side>,
}

/// How long the last look at a pair may take.
const LAST_LOOK: Duration = Duration::from_secs(150);

/// How long a pair may be without an Active before that is the result.
const TRANSITION: Duration = Duration::from_secs(60);
const AGAIN: Duration = Duration::from_secs(5);

impl Spec {
    pub async fn perform(&self, cx: &Context) -> Result<Success, Failure> {
        let refused = |failure: Failure| Failure {
            outcome: super::outcome::Outcome::Refused,
            ..failure
        };
        let pair = Pair::read(cx).await.map_err(refused)?;
        right_way_round(&pair, &cx.world)?;
        same_pair(&pair, &cx.world)?;
        let (active, standby) = pair.roles(&cx.world).map_err(|what| {
            Failure::refused(what)
                .hint("bring the pair to one Active and one Standby before the window")
        })?;
        self.first_is_standby(cx, active)?;
        in_step(&cx.world.primary, &pair.primary)?;
        in_step(&cx.world.backup, &pair.backup)?;
        let mut versions = serde_json::Map::new();
        for chassis in [&cx.world.primary, &cx.world.backup] {
            versions.insert(
                chassis.clone(),
                cx.version(chassis).await.map_err(refused)?.version.into(),
            );
        }
        let detail = format!(
            "{active} is Active on {}, {standby} is Standby on {}, connected",
            versions[active].as_str().unwrap_or_default(),
            versions[standby].as_str().unwrap_or_default()
        );
        Ok(Success::done(detail)
            .with("active", active)
            .with("standby", standby)
            .with("versions", json!(versions)))
    }
}

impl Spec {
    /// A playbook upgrades the Standby first. Found out at its first reload, files and the boot
    /// stack of the Active would have changed already.
    fn first_is_standby(&self, cx: &Context, active: &str) -> Result<(), Failure> {
        match self.standby.map(|side| cx.side(side)) {
            Some(first) if first == active => Err(Failure::refused(format!(
                "{first} is Active, and this playbook reloads it first; nothing was touched"
            ))
            .hint(format!(
                "move the traffic to {} first (`srp initiate-switchover` on {first}), or use a \
                 playbook that begins with the other chassis",
                cx.peer_of(first)
            ))),
            _ => Ok(()),
        }
    }
}

/// A pair whose configurations differ recovers no session (SRP-55): better known now than after
/// the Standby was upgraded.
fn in_step(name: &str, info: &SrpInfo) -> Result<(), Failure> {
    let error = info.last_peer_configuration_error.as_deref();
    match error.filter(|error| !error.eq_ignore_ascii_case("none")) {
        None => Ok(()),
        Some(error) => Err(Failure::refused(format!(
            "{name} finds its peer's configuration different: {error}"
        ))
        .hint(
            "compare `show configuration srp` of both, mend it, then `srp validate-configuration`",
        )),
    }
}

fn right_way_round(pair: &Pair, world: &World) -> Result<(), Failure> {
    let (p, b) = (pair.primary.chassis_mode, pair.backup.chassis_mode);
    match (p, b) {
        (Mode::Primary, Mode::Backup) => Ok(()),
        (Mode::Backup, Mode::Primary) => Err(Failure::refused(format!(
            "the pair is named the wrong way round: {} is configured backup, {} is configured primary",
            world.primary, world.backup
        ))
        .hint("swap `primary` and `backup` of the pair in the inventory")),
        _ => Err(Failure::refused(format!(
            "{} and {} have the chassis-modes {p:?} and {b:?}; a pair needs one primary and one backup, \
             else nobody can say who wins an election",
            world.primary, world.backup
        ))
        .hint("correct `chassis-mode` on one of them")),
    }
}

/// Each chassis's peer address must be the other's own (SRP-2).
fn same_pair(pair: &Pair, world: &World) -> Result<(), Failure> {
    let views = [
        (&world.primary, &pair.primary, &world.backup, &pair.backup),
        (&world.backup, &pair.backup, &world.primary, &pair.primary),
    ];
    for (name, info, other, theirs) in views {
        if let (Some(peer), Some(local)) = (&info.peer_address, &theirs.local_address)
            && peer != local
        {
            return Err(Failure::refused(format!(
                "{name} has its peer at {peer}, but {other} speaks SRP from {local}: they are not a pair"
            ))
            .hint("check the addresses of both chassis in the inventory"));
        }
    }
    Ok(())
}

/// The last look at a pair before a run ends: does exactly one chassis carry traffic? A pair in
/// the middle of a switchover is given a minute to finish it.
pub async fn assess(world: &World) -> (bool, String) {
    let until = world.clock.elapsed() + TRANSITION;
    loop {
        let (serving, said) = look(world).await;
        if serving || world.clock.elapsed() >= until {
            return (serving, said);
        }
        world.clock.sleep(AGAIN).await;
    }
}

async fn look(world: &World) -> (bool, String) {
    let look = async {
        let mut views = Vec::new();
        for name in [&world.primary, &world.backup] {
            let mut device = world.devices[name].lock().await;
            let read = device.read("show srp info", srp_info::parse).await;
            views.push((name, read.map_err(|error| unread(name, &error).message)));
        }
        views
    };
    let Ok(views) = tokio::time::timeout(LAST_LOOK, look).await else {
        return (
            false,
            format!(
                "nobody could say within {} s who carries traffic",
                LAST_LOOK.as_secs()
            ),
        );
    };
    let mut active = 0;
    let mut said = Vec::new();
    for (name, view) in views {
        match view {
            Ok(info) => {
                active += usize::from(info.chassis_state == State::Active);
                said.push(format!("{name} is {}", word(info.chassis_state)));
            }
            Err(why) => said.push(format!("{name} could not be read ({why})")),
        }
    }
    (active == 1, said.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(error: &str) -> SrpInfo {
        let text = include_str!("../../tests/cli/files/srp-info.txt");
        let mut info = srp_info::parse(text).expect("a sample that is also parsed elsewhere");
        info.last_peer_configuration_error = Some(error.to_owned());
        info
    }

    #[test]
    fn f_40_a_pair_out_of_step_is_refused_before_anything_is_touched() {
        assert!(in_step("ha-east", &view("None")).is_ok());
        let refused = in_step("ha-east", &view("hello-interval differs")).expect_err("it differs");
        assert!(
            refused.message.contains("hello-interval differs"),
            "{}",
            refused.message
        );
    }
}
