//! `cutover emulate`: the emulated chassis on real sockets.
use std::path::PathBuf;
/// Put the emulated chassis of an inventory on loopback sockets
#[derive(clap::Args)]
pub struct Args {
    inventory: PathBuf,
}
pub fn run(_args: Args) -> u8 {
    70
}
