//! `cutover status`: the runs, or one run, folded from its journal.

use std::path::PathBuf;

use super::complain;
use crate::engine::event::exit;
use crate::engine::journal;
use crate::engine::store::{RunDir, Store};
use crate::report::story::Story;
use crate::report::summary;

/// Show the runs, or one run
#[derive(clap::Args)]
pub struct Args {
    /// The run's id, or a beginning of it
    run: Option<String>,
    /// Where runs are kept [default: cutover/runs in $XDG_STATE_HOME or ~/.local/state]
    #[arg(long, value_name = "DIR")]
    runs: Option<PathBuf>,
}

pub fn run(args: Args) -> u8 {
    let store = match Store::open(args.runs) {
        Ok(store) => store,
        Err(error) => return complain(error, exit::USAGE),
    };
    match args.run {
        Some(run) => match store.find(&run) {
            Ok(dir) => one(&dir),
            Err(error) => complain(error, exit::USAGE),
        },
        None => all(&store),
    }
}

fn one(dir: &RunDir) -> u8 {
    let records = match journal::read(&dir.journal()) {
        Ok(records) => records,
        Err(error) => return complain(error, exit::USAGE),
    };
    let story = Story::of(&records);
    super::say(format_args!(
        "run {}: {}\njournal {} ({} events)\n{}",
        dir.id(),
        state(dir, &story),
        dir.journal().display(),
        records.len(),
        summary::render(&story)
    ))
}

fn all(store: &Store) -> u8 {
    let runs = match store.list() {
        Ok(runs) => runs,
        Err(error) => return complain(error, exit::USAGE),
    };
    if runs.is_empty() {
        return super::say(format_args!("no runs in {}\n", store.root().display()));
    }
    let line = |dir: &RunDir| match journal::read(&dir.journal()) {
        Ok(records) => format!("{}  {}\n", dir.id(), state(dir, &Story::of(&records))),
        Err(error) => format!("{}  {error}\n", dir.id()),
    };
    super::say(runs.iter().map(line).collect::<String>())
}

/// What a run is doing, in a few words.
fn state(dir: &RunDir, story: &Story) -> String {
    if let Some(ended) = &story.ended {
        return format!(
            "{} (exit code {}): {}",
            ended.verdict.word(),
            ended.exit_code,
            ended.reason
        );
    }
    if !journal::is_being_written(&dir.journal()) {
        return format!("interrupted; `cutover resume {}` goes on", dir.id());
    }
    let waiting = story.steps.iter().find(|(_, step)| step.waits_for_approval);
    if let Some((id, _)) = waiting {
        return format!("waits for approval: cutover approve {} {id}", dir.id());
    }
    let running: Vec<_> = story
        .steps
        .iter()
        .filter(|(_, step)| step.is_running())
        .map(|(id, _)| id.as_str())
        .collect();
    let mut words = Vec::new();
    if story.fallback.is_some() {
        words.push("falling back");
    }
    if story.stopping {
        words.push("stopping at the next safe point");
    }
    if story.paused {
        words.push("paused");
    }
    let running = format!("running {}", running.join(", "));
    words.push(&running);
    words.join(", ")
}
