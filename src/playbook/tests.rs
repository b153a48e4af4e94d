//! Every class of mistake, at its line and column, with its hint.

mod hostile;
mod inventories;
mod mistakes;
mod structure;
mod variables;

use super::diagnostics::Diagnostics;
use super::load;

/// `line:column message | help` for each mistake; places without a line are `-`.
fn lines(found: &Diagnostics) -> Vec<String> {
    found
        .iter()
        .map(|item| {
            let place = match found.position(item) {
                Some((line, column)) => format!("{line}:{column}"),
                None => "-".to_owned(),
            };
            let help = item.help.as_deref().unwrap_or("");
            format!("{place} {} | {help}", item.message)
        })
        .collect()
}

fn mistakes(text: &str) -> Vec<String> {
    mistakes_with(text, &[])
}

fn mistakes_with(text: &str, vars: &[(&str, &str)]) -> Vec<String> {
    let vars: Vec<_> = vars
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    match load(text, "night.yaml", &vars, None) {
        Ok(_) => Vec::new(),
        Err(found) => lines(&found),
    }
}

/// Exactly one mistake, beginning with the place and message, with the hint.
fn only(text: &str, begins: &str, hint: &str) {
    let found = mistakes(text);
    assert_eq!(found.len(), 1, "{text}\n{found:#?}");
    assert!(
        found[0].starts_with(begins),
        "wanted {begins}\n{}",
        found[0]
    );
    assert!(!found[0].ends_with("| "), "no way out\n{}", found[0]);
    assert!(found[0].contains(hint), "wanted {hint}\n{}", found[0]);
}

/// A playbook whose steps begin on line 4.
fn steps(steps: &str) -> String {
    format!("playbook: night\npair: icsr\nsteps:\n{steps}")
}
