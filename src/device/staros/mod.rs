//! What a StarOS chassis says, as typed values.
//!
//! Every parser reads by label or by the rule line of a table, never by line number, and ignores
//! lines it does not know (`staros-cli.md` 0). It fails closed: a label it needs and does not find,
//! or a word outside the list it knows, is an [`Unparsed`], so that an empty or refused answer can
//! never pass for a healthy one (trap 4). The word lists of BGP and SRP are apart on purpose: an
//! `Active` BGP peer is down (trap 6).
//!
//! `problems()` says, in words for the operator, what keeps a fact from being healthy.

pub mod alarms;
pub mod bgp_summary;
pub mod boot;
pub mod call_loss;
pub mod card_table;
pub mod catalogue;
pub mod checkpoint;
pub mod checksum;
pub mod clock;
pub mod configuration;
pub mod contexts;
pub mod crash_list;
pub mod directory;
pub mod license;
pub mod resources;
pub mod service_status;
pub mod services;
pub mod session_recovery;
pub mod srp_info;
pub mod srp_monitor;
pub mod srp_statistics;
pub mod subscribers;
mod text;
pub mod trap_history;
pub mod uptime;
pub mod version;

#[cfg(test)]
mod tests;

pub use text::Unparsed;
