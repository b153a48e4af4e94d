//! What a StarOS chassis says, as typed values.
//!
//! Every parser reads by label or by the rule line of a table, never by line number, and ignores
//! lines it does not know (`staros-cli.md` 0). It fails closed: a label it needs and does not find,
//! or a word outside the list it knows, is an [`Unparsed`], so that an empty or refused answer can
//! never pass for a healthy one (trap 4). The word lists of BGP and SRP are apart on purpose: an
//! `Active` BGP peer is down (trap 6).

pub mod srp_info;
mod text;

pub use text::Unparsed;
