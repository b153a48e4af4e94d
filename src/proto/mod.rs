//! Floor 2: sans-I/O protocol machines.
//!
//! The contract every machine here keeps: give it an input together with the time it happened,
//! then drain its outputs until there are none, then read the next deadline. No machine owns a
//! socket, reads a clock or draws a random number.

pub mod dialogue;
pub mod srp;

/// A moment of a machine's life: the time since its world began.
///
/// Machines never ask what time it is; they are told.
pub type Time = std::time::Duration;
