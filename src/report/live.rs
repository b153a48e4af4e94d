//! The live view: one line for every running step, with elapsed and expected time.
//!
//! Finished steps scroll up as plain lines; what runs stays at the bottom. Only for terminals;
//! everything else gets [`super::plain`].

use std::collections::BTreeMap;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::plain;
use crate::engine::event::{Event, Record};
use crate::engine::runner::Observer;

/// How often the elapsed times move.
const TICK: Duration = Duration::from_millis(250);

/// Draws on standard error's terminal. `expected` says how long steps usually take, by id.
pub fn observer(expected: BTreeMap<String, String>) -> Observer {
    let screen = MultiProgress::new();
    let style = ProgressStyle::with_template("  {spinner} {elapsed:>6}{prefix} {msg}")
        .expect("the template is fixed");
    let mut running: BTreeMap<String, ProgressBar> = BTreeMap::new();
    Box::new(move |record: &Record| {
        match &record.event {
            Event::StepStarted { step, on, .. } => {
                let bar = screen
                    .add(ProgressBar::new_spinner())
                    .with_style(style.clone());
                let usual = expected
                    .get(step)
                    .map(|usual| format!(" of about {usual}"))
                    .unwrap_or_default();
                bar.set_prefix(usual);
                let on = on
                    .as_ref()
                    .map(|on| format!(" on {on}"))
                    .unwrap_or_default();
                bar.set_message(format!("{step}{on}"));
                bar.enable_steady_tick(TICK);
                if let Some(old) = running.insert(step.clone(), bar) {
                    old.finish_and_clear();
                }
                return;
            }
            Event::StepProgress { step, text }
            | Event::ApprovalRequested {
                step,
                message: text,
            } => {
                if let Some(bar) = running.get(step) {
                    bar.set_message(format!("{step}: {}", first_line(text)));
                }
                if matches!(record.event, Event::StepProgress { .. }) {
                    return;
                }
            }
            Event::StepFinished { step, .. } => {
                if let Some(bar) = running.remove(step) {
                    bar.finish_and_clear();
                }
            }
            Event::RunEnded { .. } => {
                std::mem::take(&mut running)
                    .into_values()
                    .for_each(|bar| bar.finish_and_clear());
            }
            _ => {}
        }
        if let Some(text) = plain::line(&record.event) {
            let time = record.at.strftime("%H:%M:%S");
            // A terminal that is gone hides the view; the run goes on.
            let _ = screen.println(format!("{time}  {text}"));
        }
    })
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}
