//! `cutover completions` and `cutover man`.

use crate::engine::event::exit;

/// Print a completion script for a shell
#[derive(clap::Args)]
pub struct CompletionsArgs {
    /// The shell
    shell: clap_complete::Shell,
}

/// Print the manual page
#[derive(clap::Args)]
pub struct ManArgs {
    /// The command it is about, such as `run` or `trap listen`; the whole program when left out
    #[arg(value_name = "COMMAND")]
    of: Vec<String>,
}

pub fn completions(args: CompletionsArgs, mut command: clap::Command) -> u8 {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "cutover", &mut script);
    print(&script)
}

pub fn man(args: ManArgs, mut command: clap::Command) -> u8 {
    command.build();
    for name in &args.of {
        command = match command.find_subcommand(name) {
            Some(found) => found.clone(),
            None => {
                let of = command.get_bin_name().unwrap_or("cutover");
                let why = format_args!("`{of}` has no command `{name}`; `{of} --help` lists them");
                return super::complain(why, exit::USAGE);
            }
        };
    }
    let title = command.get_display_name().unwrap_or("cutover").to_owned();
    let mut page = Vec::new();
    match clap_mangen::Man::new(command)
        .title(title)
        .render(&mut page)
    {
        Ok(()) => print(&page),
        Err(error) => super::complain(error, exit::BUG),
    }
}

fn print(bytes: &[u8]) -> u8 {
    super::say(String::from_utf8_lossy(bytes))
}
