//! Floor 8: what people and programs see of a run. Everything here is a fold over events.

pub mod json;
pub mod live;
pub mod plain;
pub mod story;
pub mod summary;
