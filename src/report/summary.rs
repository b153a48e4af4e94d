//! The last page of a run: what happened to every step, how it ended, and what to do now.

use std::fmt::Write;
use std::time::Duration;

use super::plain::mark;
use super::story::{Ended, Story};
use crate::action::fields::Span;
use crate::engine::event::{Verdict, exit};
use crate::playbook::Plan;

/// The summary as text.
pub fn render(story: &Story) -> String {
    let mut text = String::new();
    let width = story
        .steps
        .keys()
        .map(String::len)
        .max()
        .unwrap_or(4)
        .max(4);
    let on = story
        .steps
        .values()
        .filter_map(|s| s.on.as_ref())
        .map(String::len)
        .max()
        .unwrap_or(2)
        .max(2);
    text.push('\n');
    let _ = writeln!(
        text,
        "     {:width$}  {:on$}  {:>9}  result",
        "step", "on", "took"
    );
    for (id, step) in &story.steps {
        let took = step.took().map(whole).unwrap_or_default();
        let chassis = step.on.as_deref().unwrap_or("");
        let (sign, result) = match step.outcome {
            Some(outcome) => (mark(outcome), format!("{outcome}: {}", step.detail)),
            None => (
                "..",
                step.progress
                    .clone()
                    .unwrap_or_else(|| "not finished".to_owned()),
            ),
        };
        let _ = writeln!(
            text,
            "  {sign} {id:width$}  {chassis:on$}  {took:>9}  {result}"
        );
        if let Some(hint) = &step.hint {
            let _ = writeln!(
                text,
                "     {:width$}  {:on$}  {:>9}  hint: {hint}",
                "", "", ""
            );
        }
    }
    per_chassis(&mut text, story);
    if let Some(ended) = &story.ended {
        let _ = writeln!(
            text,
            "\n{} after {}: {}",
            headline(ended),
            whole(story.took()),
            ended.reason
        );
        if let Some(started) = &story.started
            && !started.dry_run
            && let Some(next) = advice(ended, &started.run)
        {
            let _ = writeln!(text, "next: {next}");
        }
    }
    text
}

/// What was sent to each chassis that changes something.
fn per_chassis(text: &mut String, story: &Story) {
    let Some(started) = &story.started else {
        return;
    };
    for chassis in [&started.primary, &started.backup] {
        let sent = story
            .steps
            .values()
            .flat_map(|step| &step.sent)
            .filter(|(to, _)| to == chassis);
        let commands: Vec<_> = sent.map(|(_, command)| command.as_str()).collect();
        if !commands.is_empty() {
            let _ = writeln!(text, "\n  sent to {chassis}:");
            commands.iter().for_each(|command| {
                let _ = writeln!(text, "    {command}");
            });
        }
    }
}

fn headline(ended: &Ended) -> &'static str {
    match ended.verdict {
        Verdict::Stopped if ended.exit_code == exit::REFUSED => "STOPPED, nothing was changed,",
        Verdict::Completed => "COMPLETED",
        Verdict::FellBack => "FELL BACK",
        Verdict::Stopped => "STOPPED at a safe point",
        Verdict::Failed => "FAILED",
        Verdict::InDoubt => "IN DOUBT",
        Verdict::FallbackFailed => "FALLBACK FAILED",
    }
}

fn advice(ended: &Ended, run: &str) -> Option<String> {
    match ended.verdict {
        Verdict::Stopped if ended.exit_code == exit::INTERRUPTED => {
            Some(format!("`cutover resume {run}` goes on where it stopped"))
        }
        Verdict::Completed | Verdict::FellBack => None,
        Verdict::Stopped => Some(format!(
            "mend what is named above, then `cutover resume {run}`"
        )),
        Verdict::InDoubt => Some(format!(
            "look at the chassis, then `cutover resume {run}` to have it probed"
        )),
        Verdict::Failed | Verdict::FallbackFailed => {
            Some("look at both chassis now: nobody is known to carry the traffic alone".to_owned())
        }
    }
}

/// A length of time in whole seconds.
pub fn whole(span: Duration) -> String {
    Span(Duration::from_secs(span.as_secs_f64().round() as u64)).to_string()
}

/// What a human can do to take back the steps that sent something, last first: the playbook's own
/// words for each. Empty when nothing was sent.
pub fn take_back(story: &Story, plan: &Plan) -> String {
    let mut text = String::new();
    let changed = story
        .steps
        .iter()
        .rev()
        .filter(|(_, step)| !step.sent.is_empty());
    for (id, step) in changed {
        let Some(declared) = plan.steps.iter().find(|declared| declared.id == *id) else {
            continue;
        };
        let how = match (&declared.undo, &declared.no_undo) {
            (Some(undo), _) => undo.to_string(),
            (None, Some(reason)) => reason.clone(),
            (None, None) => continue,
        };
        let on = step
            .on
            .as_ref()
            .map(|on| format!(" on {on}"))
            .unwrap_or_default();
        let _ = writeln!(text, "  {id}{on}: {how}");
    }
    if text.is_empty() {
        text
    } else {
        format!("\nto take back what was sent, last first:\n{text}")
    }
}
