//! SSH on both ends: the driver's client and the emulated chassis's server.

pub mod client;
