//! The chassis itself: one sans-I/O machine.
//!
//! Give it an input with the time it happened, drain [`Chassis::poll_output`], then wake it at
//! [`Chassis::deadline`].
