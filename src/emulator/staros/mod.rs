//! The StarOS command language of the emulated chassis.

pub mod cipher;
pub mod config;
pub mod grammar;
