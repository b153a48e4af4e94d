//! `cutover graph`: a playbook as a picture.

use std::path::PathBuf;

use crate::engine::event::exit;
use crate::playbook::{self, Missing, Plan, Step};

mod drawing;
mod svg;

/// Draw the steps of a playbook and what needs what
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Playbook to draw (YAML)
    pub playbook: PathBuf,
    /// How to draw it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Set a variable of the playbook; repeatable. Required ones that are not given get an example
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = super::check::var)]
    pub vars: Vec<(String, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Waves of steps that may run at the same time, for a terminal
    Text,
    /// For Graphviz
    Dot,
    /// For documents that draw Mermaid
    Mermaid,
    /// A picture that needs nothing else
    Svg,
}

/// Draws on standard output; mistakes of the playbook go to standard error.
pub fn run(args: &Args) -> u8 {
    use std::io::IsTerminal;
    let report = match playbook::read_file(&args.playbook) {
        Err(unreadable) => format!("{unreadable}\n"),
        Ok(text) => {
            let name = args.playbook.display().to_string();
            match playbook::load_with(&text, &name, &args.vars, None, Missing::Placeholder) {
                Ok((plan, _)) => {
                    return super::say(draw(&plan, args.format));
                }
                Err(found) => found.render(std::io::stderr().is_terminal()),
            }
        }
    };
    super::note(report);
    exit::USAGE
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

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
playbook: night <&>
summary: 'say \"hi\" & <go>'
pair: icsr
steps:
  - { id: look, on: backup, health_check: { cards: ok } }
  - { id: boot, on: backup, needs: [look], boot_stack: { remove: top }, no_undo: x }
  - { id: tell, needs: [look], pause: { for: 1s, reason: x } }
fallback:
  steps:
    - { id: back, on: backup, if_done: [boot], boot_stack: { remove: top }, no_undo: x }
";

    fn plan() -> Plan {
        playbook::load(TEXT, "night.yaml", &[], None).unwrap_or_else(|e| panic!("{e}"))
    }

    #[test]
    fn text_shows_waves_impact_and_the_fallback_apart() {
        let shown = draw(&plan(), Format::Text);
        let wanted = "\
night <&>: say \"hi\" & <go>
pair icsr, 4 steps (1 with impact, marked !), 1 fallback steps

wave 1
   preflight  preflight     both

wave 2
   look       health_check  backup  after preflight

wave 3
 ! boot       boot_stack    backup  after look
   tell       pause                 after look

fallback

fallback wave 1
 ! back       boot_stack    backup  only if done: boot
";
        assert_eq!(shown, wanted);
    }

    #[test]
    fn pictures_escape_what_their_language_would_read() {
        let plan = plan();
        let svg = draw(&plan, Format::Svg);
        assert!(
            svg.contains("<title>night &lt;&amp;&gt;: say &quot;hi&quot; &amp; &lt;go&gt;</title>")
        );
        assert_eq!(svg.matches("<rect class=\"impact\"").count(), 2);
        assert_eq!(svg.matches("<path class=\"edge\"").count(), 3);
        assert!(svg.starts_with("<svg ") && svg.trim_end().ends_with("</svg>"));
        assert!(!svg.contains("href"));
        let dot = draw(&plan, Format::Dot);
        assert!(
            dot.contains("n2 [label=\"boot\\nboot_stack · backup\", penwidth=2"),
            "{dot}"
        );
        assert!(dot.contains("n1 -> n2;") && dot.contains("subgraph cluster_fallback"));
        let mermaid = draw(&plan, Format::Mermaid);
        assert!(
            mermaid.contains("n1 --> n2") && mermaid.contains("class n2,n4 impact"),
            "{mermaid}"
        );
    }
}
