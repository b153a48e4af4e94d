//! `cutover graph`: a playbook as a picture.

use std::path::PathBuf;

use crate::playbook::{self, Missing, Plan, Step};

mod drawing;
mod svg;

/// Show the steps of a playbook and what needs what
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The playbook
    pub playbook: PathBuf,
    /// How to draw it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// A value for a variable of the playbook; required ones that are not given get an example
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = super::check::var)]
    pub vars: Vec<(String, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Waves of steps that may run at the same time, for a terminal
    Text,
    /// Graphviz
    Dot,
    Mermaid,
    /// A picture that needs nothing else
    Svg,
}

/// Draws on standard output; mistakes of the playbook go to standard error.
pub fn run(args: &Args) -> u8 {
    use std::io::{IsTerminal, Write};
    let report = match playbook::read_file(&args.playbook) {
        Err(unreadable) => format!("{unreadable}\n"),
        Ok(text) => {
            let name = args.playbook.display().to_string();
            match playbook::load_with(&text, &name, &args.vars, None, Missing::Placeholder) {
                Ok((plan, _)) => {
                    // A closed pipe (`| head`) is the reader's choice, not an error.
                    let _ = std::io::stdout().write_all(draw(&plan, args.format).as_bytes());
                    return 0;
                }
                Err(found) => found.render(std::io::stderr().is_terminal()),
            }
        }
    };
    eprint!("{report}");
    2
}

/// The drawing as text.
pub fn draw(plan: &Plan, format: Format) -> String {
    match format {
        Format::Text => drawing::text(plan),
        Format::Dot => drawing::dot(plan),
        Format::Mermaid => drawing::mermaid(plan),
        Format::Svg => svg::draw(plan),
    }
}

/// Steps that may run at the same time, by the longest way to them; numbers index the plan.
fn waves(plan: &Plan, steps: std::ops::Range<usize>) -> Vec<Vec<usize>> {
    let mut depth = vec![0_usize; plan.steps.len()];
    let order = petgraph::algo::toposort(&plan.graph, None).expect("a plan has no cycle");
    for node in order {
        let at = node.index();
        let needs = &plan.steps[at].needs;
        depth[at] = needs.iter().map(|need| depth[*need] + 1).max().unwrap_or(0);
    }
    let mut waves: Vec<Vec<usize>> = Vec::new();
    for at in steps {
        if waves.len() <= depth[at] {
            waves.resize_with(depth[at] + 1, Vec::new);
        }
        waves[depth[at]].push(at);
    }
    waves
}

/// The role a step works on, as the playbook writes it.
fn role(step: &Step) -> &'static str {
    use crate::action::Action;
    use crate::action::srp_switchover::Side;
    use crate::playbook::plan::On;
    match (step.on, &step.action) {
        (Some(On::Primary), _) => "primary",
        (Some(On::Backup), _) => "backup",
        (Some(On::Active), _) => "active",
        (Some(On::Standby), _) => "standby",
        (None, Action::SrpSwitchover(spec)) => match spec.to {
            Side::Primary => "to primary",
            Side::Backup => "to backup",
        },
        (None, Action::Preflight(_)) => "both",
        (None, _) => "",
    }
}
