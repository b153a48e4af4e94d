//! `cutover check`: every mistake of a playbook (and an inventory) in one go.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use crate::engine::event::exit;
use crate::playbook::{self, Diagnostics, Inventory, Missing};

/// Check a playbook: every mistake in one go, with line, column, caret and a hint
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Playbook to check (YAML)
    pub playbook: PathBuf,
    /// Inventory it is to run on, checked as well (YAML)
    #[arg(short, long, value_name = "FILE")]
    pub inventory: Option<PathBuf>,
    /// Set a variable of the playbook; repeatable. Without any, required variables get an example
    /// value of their type; with one, all required ones must be given
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = var)]
    pub vars: Vec<(String, String)>,
}

/// Checks; mistakes go to standard error, the summary to standard output.
pub fn run(args: &Args) -> u8 {
    match check(args, std::io::stderr().is_terminal()) {
        Ok(summary) => super::say(format_args!("{summary}\n")),
        Err(report) => {
            super::note(report);
            exit::USAGE
        }
    }
}

/// The summary line, or the report of all mistakes ending with their number.
fn check(args: &Args, colour: bool) -> Result<String, String> {
    let mut reports: Vec<String> = Vec::new();
    let mut mistakes = 0;
    let mut note = |found: Result<Diagnostics, String>| match found {
        Ok(found) => {
            mistakes += found.len();
            reports.push(found.render(colour));
        }
        Err(unreadable) => {
            mistakes += 1;
            reports.push(format!("{unreadable}\n"));
        }
    };
    let inventory = args
        .inventory
        .as_deref()
        .and_then(|path| read_inventory(path).map_err(&mut note).ok());
    let text = playbook::read_file(&args.playbook).map_err(|error| note(Err(error)));
    let missing = if args.vars.is_empty() {
        Missing::Placeholder
    } else {
        Missing::Refuse
    };
    let name = args.playbook.display().to_string();
    let loaded = text.and_then(|text| {
        playbook::load_with(&text, &name, &args.vars, inventory.as_ref(), missing)
            .map_err(|found| note(Ok(found)))
    });
    if mistakes > 0 {
        let noun = if mistakes == 1 { "mistake" } else { "mistakes" };
        return Err(format!("{}{mistakes} {noun}\n", reports.concat()));
    }
    let (plan, placeholders) = loaded.expect("what did not load was noted as a mistake");
    let impact =
        |steps: &[playbook::Step]| steps.iter().filter(|step| step.action.has_impact()).count();
    let mut summary = format!(
        "{name}: ok, {} steps ({} with impact), {} fallback steps ({} with impact)",
        plan.main_steps().len(),
        impact(plan.main_steps()),
        plan.fallback_steps().len(),
        impact(plan.fallback_steps()),
    );
    if let (Some(path), Some(inventory)) = (&args.inventory, &inventory) {
        let chassis = inventory.chassis.len();
        summary += &format!(
            "; {}: ok, {chassis} chassis, pair {}",
            path.display(),
            plan.pair
        );
    }
    if !placeholders.is_empty() {
        summary += &format!(
            "; checked with example values for {}",
            placeholders.join(", ")
        );
    }
    Ok(summary)
}

fn read_inventory(path: &Path) -> Result<Inventory, Result<Diagnostics, String>> {
    let text = playbook::read_file(path).map_err(Err)?;
    Inventory::load(&text, &path.display().to_string()).map_err(Ok)
}

/// A `NAME=VALUE` argument.
///
/// # Errors
/// Without `=` or without a name.
pub fn var(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err(format!("expected NAME=VALUE, found `{text}`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shipped(file: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("playbooks")
            .join(file)
    }

    #[test]
    fn a_right_playbook_is_one_line() {
        let args = Args {
            playbook: shipped("icsr-upgrade.yaml"),
            inventory: Some(shipped("lab.yaml")),
            vars: Vec::new(),
        };
        let summary = check(&args, false).unwrap();
        assert_eq!(summary.lines().count(), 1);
        for part in [
            " steps (16 with impact)",
            "13 fallback steps",
            "pair east-west",
        ] {
            assert!(summary.contains(part), "{summary}");
        }
    }

    #[test]
    fn mistakes_of_both_files_come_in_one_report() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let args = Args {
            playbook: file("night.yaml", "playbook: x\npair: icsr\nsteps: []\n"),
            inventory: Some(file("lab.yaml", "chassis: {}\nextra: 1\n")),
            vars: Vec::new(),
        };
        let report = check(&args, false).unwrap_err();
        assert!(report.contains("night.yaml:3:1"), "{report}");
        assert!(report.contains("lab.yaml:2:1"), "{report}");
        assert!(report.ends_with("3 mistakes\n"), "{report}");
        assert_eq!(run(&args), 2);
    }

    #[test]
    fn required_variables_get_examples_until_one_is_given() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("night.yaml");
        let text = "playbook: x\npair: icsr\nvars:\n  why: { type: string, required: true }\n  soak: \
                    { type: duration, default: 1m }\nsteps:\n  - { id: a, approve: { message: \"${why}\" } }\n";
        std::fs::write(&path, text).unwrap();
        let with = |vars| Args {
            playbook: path.clone(),
            inventory: None,
            vars,
        };
        let summary = check(&with(Vec::new()), false).unwrap();
        assert!(
            summary.ends_with("checked with example values for why"),
            "{summary}"
        );
        let given = vec![("soak".to_owned(), "2m".to_owned())];
        let report = check(&with(given), false).unwrap_err();
        assert!(
            report.contains("required variable `why` has no value"),
            "{report}"
        );
    }

    #[test]
    fn files_that_cannot_be_read_say_why() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("night.yaml");
        let args = |path: PathBuf| Args {
            playbook: path,
            inventory: None,
            vars: Vec::new(),
        };
        let report = check(&args(path.clone()), false).unwrap_err();
        assert!(report.contains("night.yaml: cannot be read"), "{report}");
        std::fs::write(&path, b"a: 1\nb: \xff\n").unwrap();
        let report = check(&args(path), false).unwrap_err();
        assert!(report.contains("line 2 is not UTF-8"), "{report}");
    }
}
