//! Floor 8: the only room that joins emulator and device.
//!
//! A rehearsal runs the shipping engine, drivers, SSH and SNMP against emulated chassis on an
//! in-memory network, on a single-thread runtime whose clock is paused: whenever everybody waits,
//! time jumps to the next thing that is due. Nothing here opens a socket. The same inputs give the
//! same journal, byte for byte.

pub mod lab;
pub mod night;
pub mod stage;
pub mod timeline;
pub mod traffic;

pub use night::{Error, Night, Script, good_night, scope};
