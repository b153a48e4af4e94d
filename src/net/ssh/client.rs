//! Placeholder; see the commit that fills it.

use crate::net::Secret;

#[derive(Clone, Default)]
pub struct Login {
    pub user: String,
    pub password: Option<Secret>,
}

#[derive(Clone)]
pub enum HostKeyPolicy {
    TrustRehearsal,
}
