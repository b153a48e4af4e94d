//! Preflight: is this the pair the inventory names, the right way round, with exactly one Active?

use serde::Serialize;

#[derive(Clone, Debug, Default, Serialize)]
pub struct Spec {}
