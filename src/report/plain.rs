//! Plain lines, one an event: for logs, pipes and terminals that cannot do more.

use std::io::Write;

use crate::action::outcome::Outcome;
use crate::engine::event::{Event, Record};
use crate::engine::runner::Observer;

/// Prints a line for every event that a person wants to see.
pub fn observer(mut out: impl Write + Send + 'static) -> Observer {
    Box::new(move |record: &Record| {
        if let Some(text) = line(&record.event) {
            let time = record.at.strftime("%H:%M:%S");
            // Nobody to read it: the run goes on, the journal has everything.
            let _ = writeln!(out, "{time}  {text}").and_then(|()| out.flush());
        }
    })
}

/// An event as a line, or nothing for one that only programs want.
pub fn line(event: &Event) -> Option<String> {
    Some(match event {
        Event::RunStarted(s) => {
            let kind = if s.dry_run { "dry run" } else { "run" };
            format!(
                "{kind} {} of {} on {} (primary {}, backup {})",
                s.run, s.playbook, s.pair, s.primary, s.backup
            )
        }
        Event::RunResumed {} => "resumed".to_owned(),
        Event::StepStarted { step, attempt, on } => {
            let on = on
                .as_ref()
                .map(|on| format!(" on {on}"))
                .unwrap_or_default();
            let again = if *attempt > 1 {
                format!(", attempt {attempt}")
            } else {
                String::new()
            };
            format!("> {step}{on}{again}")
        }
        Event::Intent {
            step,
            chassis,
            command,
            ..
        } => format!("! {step}: {chassis}# {command}"),
        Event::StepProgress { step, text } => format!("  {step}: {text}"),
        Event::StepFinished {
            step,
            outcome,
            detail,
            hint,
            ..
        } => {
            let hint = hint
                .as_ref()
                .map(|hint| format!("\n            hint: {hint}"))
                .unwrap_or_default();
            format!("{} {step}: {outcome}: {detail}{hint}", mark(*outcome))
        }
        Event::TrapReceived(trap) if is_routine(&trap.name) => return None,
        Event::TrapReceived(trap) => format!("~ {} from {}", trap.name, trap.from),
        Event::ApprovalRequested { step, message } => {
            format!(
                "? {step} waits for approval: {message}\n            `yes` and Enter approves it here, `cutover approve RUN {step}` elsewhere"
            )
        }
        Event::Approved { step, by, reason } => {
            let reason = reason
                .as_ref()
                .map(|reason| format!(" ({reason})"))
                .unwrap_or_default();
            format!("+ {step} approved by {by}{reason}")
        }
        Event::PauseRequested { by } => format!("paused by {by}: no new step starts"),
        Event::PauseReleased { by } => format!("released by {by}"),
        Event::AbortRequested { by, fallback } => {
            let then = if *fallback { ", then falling back" } else { "" };
            format!("abort requested by {by}: what was sent is seen to its end{then}")
        }
        Event::Interrupted { count: 1 } => {
            "interrupted: what was sent is seen to its end; Ctrl-C again leaves it".to_owned()
        }
        Event::Interrupted { .. } => "interrupted again: leaving".to_owned(),
        Event::FallbackStarted { because } => format!("falling back: {because}"),
        Event::Assessed { detail, .. } => format!("a last look: {detail}"),
        Event::RunEnded { .. } => return None,
    })
}

/// Notifications of our own logins and of cards on their way up: the journal has them, a person
/// looking for trouble does not want them.
fn is_routine(name: &str) -> bool {
    const CARDS: [&str; 3] = ["starCardUp", "starCardStandby", "starCardActive"];
    name.starts_with("starCLI") || CARDS.contains(&name)
}

/// Two characters for an outcome.
pub fn mark(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Done => "ok",
        Outcome::Already => "==",
        Outcome::Skipped => "--",
        Outcome::Refused => "NO",
        Outcome::Failed => "XX",
        Outcome::InDoubt => "??",
    }
}
