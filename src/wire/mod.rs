//! Floor 1: bytes to values and back. No I/O, no clock, no randomness.
//!
//! Every decoder takes untrusted bytes, never panics, and says in its error which field at which
//! offset it could not read. What it accepts, the encoder can say again.

pub mod ber;
pub mod snmp;
pub mod srp;
