//! The StarOS command language of the emulated chassis.
//!
//! [`commands`] is the table of Exec commands; each theme has a file with its handlers.
//! [`config`] is the running configuration, [`configure`] typing into it.

pub mod cipher;
pub mod commands;
pub mod config;
pub mod configure;
mod exec;
pub mod format;
pub mod grammar;
pub mod lock;
mod show_configuration;
mod show_hardware;
mod show_services;
mod show_software;
mod show_srp;
mod show_system;
