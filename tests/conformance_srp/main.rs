//! SRP as `protocols.md` section A numbers it: two real machines on a link that can be delayed,
//! cut and made to lose single frames. Time jumps to whatever happens next.

mod configuration;
mod garbage;
mod harness;
mod sessions;
mod states;
mod switchover;
