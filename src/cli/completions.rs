//! `cutover completions` and `cutover man`.

use std::io::Write;

use crate::engine::event::exit;

/// Print a completion script for a shell
#[derive(clap::Args)]
pub struct CompletionsArgs {
    shell: clap_complete::Shell,
}

/// Print the manual page
#[derive(clap::Args)]
pub struct ManArgs {}

pub fn completions(args: CompletionsArgs, mut command: clap::Command) -> u8 {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "cutover", &mut script);
    print(&script)
}

pub fn man(_: ManArgs, command: clap::Command) -> u8 {
    let mut page = Vec::new();
    match clap_mangen::Man::new(command).render(&mut page) {
        Ok(()) => print(&page),
        Err(error) => super::complain(error, exit::BUG),
    }
}

fn print(bytes: &[u8]) -> u8 {
    match std::io::stdout().lock().write_all(bytes) {
        Ok(()) => exit::COMPLETED,
        Err(error) => super::complain(format!("cannot print: {error}"), exit::FAILED),
    }
}
