//! What the chassis tells its SNMP trap targets, and remembers in `show snmp trap history`.

use crate::proto::Time;

/// One notification as the chassis knows it, before encoding.
#[derive(Clone, Debug, PartialEq)]
pub struct Trap {
    pub at: Time,
    /// The last arc under starentTraps, such as 120 for starSRPActive.
    pub number: u32,
    /// Name as the CLI shows it, without `star` (`staros-cli.md` 2.11).
    pub name: &'static str,
    pub args: Vec<Arg>,
}

/// One object of a notification, by meaning; [`crate::mib`] knows its OID.
#[derive(Clone, Debug, PartialEq)]
pub enum Arg {
    Text(&'static str, String),
    Address(&'static str, std::net::Ipv4Addr),
    Number(&'static str, i64),
}
