//! Floor 6: YAML to a [`Plan`], with every mistake reported at once; and the inventory.
//!
//! [`source`] reads the text into a tree that knows where everything stands, [`vars`] fills in
//! `${…}`, [`step`] types each step on its own (so that one mistake hides no other), [`rules`]
//! looks at single steps, [`order`] at how they hang together and [`safety`] at what a night must
//! never try. [`load()`] is the way through all of them.

pub mod diagnostics;
mod fields;
pub mod inventory;
mod load;
mod order;
pub mod plan;
mod rules;
mod safety;
mod source;
mod step;
#[cfg(test)]
mod tests;
mod typed;
mod vars;

use std::path::Path;

pub use diagnostics::{Diagnostic, Diagnostics};
pub use inventory::Inventory;
pub use load::{PREFLIGHT, load, load_with};
pub use plan::{Plan, Step};
pub use vars::Missing;

/// Reads a playbook or an inventory from disk.
///
/// # Errors
/// Says what could not be read and why, in one line: no such file, not UTF-8, too large.
pub fn read_file(path: &Path) -> Result<String, String> {
    let name = path.display();
    let size = std::fs::metadata(path)
        .map_err(|error| format!("{name}: cannot be read: {error}"))?
        .len();
    if size > source::MAX_BYTES as u64 {
        let most = source::MAX_BYTES;
        return Err(format!(
            "{name}: has {size} bytes, more than the {most} that are read"
        ));
    }
    let bytes = std::fs::read(path).map_err(|error| format!("{name}: cannot be read: {error}"))?;
    String::from_utf8(bytes).map_err(|error| {
        let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = good.iter().filter(|byte| **byte == b'\n').count() + 1;
        format!("{name}: line {line} is not UTF-8 text; save the file as UTF-8")
    })
}
