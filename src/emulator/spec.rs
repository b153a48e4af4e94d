//! What is needed to put a chassis into a world.

use std::net::IpAddr;

use super::overrides::Overrides;
use super::profile::Profile;
use super::users::Account;

/// One chassis as an inventory describes it.
#[derive(Clone)]
pub struct Spec {
    pub name: String,
    pub profile: Profile,
    pub overrides: Overrides,
    /// The management address: SSH listens here, traps come from here.
    pub address: IpAddr,
    /// Text of the configuration it was booted with.
    pub configuration: String,
    pub users: Vec<Account>,
    /// Everything that looks like chance comes from here.
    pub seed: u64,
}
