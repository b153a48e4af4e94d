//! Proof that a reload hurts nobody: this chassis is Standby, its peer carries the traffic, and
//! both say so of each other, now (INV-4, INV-5).

use std::time::Duration;

use serde_json::{Value, json};

use crate::action::context::Context;
use crate::action::fields::Span;
use crate::action::outcome::Failure;
use crate::action::reading::{unread, word};
use crate::device::staros::srp_info::{self, SrpInfo, State};

/// A hello older than this says nothing about the peer now: longer than any default dead interval.
const FRESH_HELLO: Duration = Duration::from_secs(60);

const MOVED: &str = "somebody may be switching over, or the link between the chassis is not well; \
                     look at `show srp info` on both before going on (INV-4)";

/// Both roles, each by the chassis itself, the one to be reloaded last and in the very session that
/// carries the command. One try each: a proof that took minutes is none.
pub(super) async fn prove_roles(cx: &Context, chassis: &str) -> Result<Value, Failure> {
    let peer = cx.peer_of(chassis).to_owned();
    let mut seen = Vec::new();
    for name in [peer.as_str(), chassis] {
        let read = {
            let mut device = cx.device(name).await;
            device.read("show srp info", srp_info::parse).await
        };
        seen.push(read.map_err(|error| unread(name, &error))?);
    }
    let [theirs, own] = seen.as_slice() else {
        unreachable!("two were read");
    };
    prove_peer_active(&peer, theirs)?;
    prove_standby(chassis, own)?;
    Ok(json!({ chassis: word(own.chassis_state), peer: word(theirs.chassis_state) }))
}

fn prove_standby(chassis: &str, own: &SrpInfo) -> Result<(), Failure> {
    if own.chassis_state != State::Standby {
        return Err(Failure::refused(format!(
            "{chassis} is {}, and only a Standby chassis is reloaded",
            word(own.chassis_state)
        ))
        .hint(MOVED));
    }
    if own.peer_state != State::Active || !own.is_connected() {
        return Err(Failure::refused(format!(
            "{chassis} sees its peer as {}, connection {}; a reload needs an Active, connected peer",
            word(own.peer_state),
            own.connection.as_deref().unwrap_or("None")
        ))
        .hint(MOVED));
    }
    match own.last_hello_age {
        Some(age) if age > FRESH_HELLO => Err(Failure::refused(format!(
            "{chassis} last heard its peer {} ago; that the peer is Active is no longer certain",
            Span(age)
        ))),
        _ => Ok(()),
    }
}

pub(super) fn prove_peer_active(peer: &str, theirs: &SrpInfo) -> Result<(), Failure> {
    if theirs.chassis_state != State::Active {
        return Err(Failure::refused(format!(
            "{peer} is {} and would not carry the traffic (INV-5)",
            word(theirs.chassis_state)
        ))
        .hint(MOVED));
    }
    if theirs.peer_state != State::Standby || !theirs.is_connected() {
        return Err(Failure::refused(format!(
            "{peer} is Active but sees its peer as {}, connection {}; the two disagree (INV-5)",
            word(theirs.peer_state),
            theirs.connection.as_deref().unwrap_or("None")
        ))
        .hint(MOVED));
    }
    Ok(())
}
