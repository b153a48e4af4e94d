//! Floor 6: YAML to a [`Plan`], with every mistake reported at once; and the inventory.

pub mod inventory;
pub mod plan;

pub use inventory::Inventory;
pub use plan::{Plan, Step};
