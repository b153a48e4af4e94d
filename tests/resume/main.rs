//! The real binary against `cutover emulate` over real sockets: killed, interrupted, asked from
//! other terminals, with a damaged journal and a full disk. What a chassis received is read from
//! the chassis itself.

#[path = "../emulated/mod.rs"]
mod emulated;

mod damage;
mod harness;
mod kills;
mod requests;
#[path = "../emulated/truth.rs"]
mod truth;
mod wire;
