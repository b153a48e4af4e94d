//! Floor 4: driving a chassis: login, modes, commands, and what it says turned into facts.
//!
//! [`session::Device`] types at a chassis; [`crate::proto::dialogue`] tells it when an answer is
//! complete; [`dialect`] says what prompts, questions and failures look like. [`staros`] turns
//! answers into typed values and fails closed: what could not be read is an error, never a default.

pub mod dialect;
pub mod error;
pub mod session;
pub mod staros;
mod terminal;
pub mod transcript;
pub mod traps;

pub use dialect::Dialect;
pub use error::Error;
pub use session::{Device, Limits, Reply, Target};
pub use transcript::Transcript;
