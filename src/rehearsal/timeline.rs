//! The night's timeline: what took how long, when traffic moved, how long nobody carried it.

use std::fmt::Write;
use std::time::Duration;

use super::night::Night;
use super::traffic;
use crate::report::story::Story;
use crate::report::summary::whole;

/// Columns of the bars.
const WIDTH: usize = 40;
/// Steps shorter than this are not worth a bar.
const SHORT: Duration = Duration::from_secs(1);

/// The timeline as text.
pub fn render(story: &Story, night: &Night) -> String {
    let mut text = String::from("\nthe night:\n");
    bars(&mut text, story, night);
    moves(&mut text, night);
    let outage = traffic::outage(&night.traffic);
    let overlap = traffic::overlap(&night.traffic);
    let _ = writeln!(
        text,
        "  outage: {:.1} s in which nobody carried traffic",
        outage.as_secs_f64()
    );
    if !overlap.is_zero() {
        let _ = writeln!(
            text,
            "  overlap: {:.1} s in which both did",
            overlap.as_secs_f64()
        );
    }
    let (virtual_s, real_s) = (night.took.as_secs_f64(), night.real.as_secs_f64());
    let _ = writeln!(
        text,
        "  {} of virtual time in {:.0} ms of real time ({:.0} virtual seconds per real second)",
        whole(night.took),
        real_s * 1000.0,
        virtual_s / real_s.max(1e-9)
    );
    text
}

fn bars(text: &mut String, story: &Story, night: &Night) {
    let total = night.took.as_secs_f64().max(1.0);
    let width = story.steps.keys().map(String::len).max().unwrap_or(0);
    for (id, step) in &story.steps {
        let (Some(took), Some(began)) = (step.took(), step.began) else {
            continue;
        };
        if took < SHORT {
            continue;
        }
        let offset = Duration::try_from(began.duration_since(night.began.1)).unwrap_or_default();
        let column = |span: Duration| (span.as_secs_f64() / total * WIDTH as f64) as usize;
        let start = column(offset).min(WIDTH - 1);
        let length = column(took).clamp(1, WIDTH - start);
        let bar = format!("{}{}", " ".repeat(start), "#".repeat(length));
        let _ = writeln!(
            text,
            "  +{:>8}  {id:width$}  |{bar:WIDTH$}|  {}",
            whole(offset),
            whole(took)
        );
    }
}

fn moves(text: &mut String, night: &Night) {
    for pair in night.traffic.windows(2) {
        let offset = whole(pair[1].from - night.began.0);
        let who = |names: &[String]| {
            if names.is_empty() {
                "nobody".to_owned()
            } else {
                names.join(" and ")
            }
        };
        let _ = writeln!(
            text,
            "  +{offset:>8}  traffic: {} -> {}",
            who(&pair[0].carriers),
            who(&pair[1].carriers)
        );
    }
}
