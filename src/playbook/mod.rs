//! Floor 6: YAML to a [`Plan`], with every mistake reported at once; and the inventory.

pub mod diagnostics;
mod fields;
pub mod inventory;
pub mod plan;
mod source;
mod typed;

pub use diagnostics::{Diagnostic, Diagnostics};
pub use inventory::Inventory;
pub use plan::{Plan, Step};
