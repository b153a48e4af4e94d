//! The StarOS command language of the emulated chassis.

pub mod config;
