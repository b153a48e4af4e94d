//! Preflight: is this the pair the inventory names, the right way round, with exactly one Active?
//!
//! Every run begins with it and nothing is touched before it has passed. It refuses a pair named
//! the wrong way round (F-56), a pair with equal chassis modes, whose election nobody can predict
//! (INV-14, F-43), a split brain (INV-3) and a pair without an Active (INV-2).

use std::time::Duration;

use serde::Serialize;
use serde_json::json;

use super::context::{Context, World};
use super::outcome::{Failure, Success};
use super::reading::{Pair, unread, word};
use crate::device::staros::srp_info::{self, Mode, State};

#[derive(Clone, Debug, Default, Serialize)]
pub struct Spec {}

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
