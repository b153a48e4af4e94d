//! Large graphs.

use crate::night::{Night, Script};
use crate::plans::{on, plan, step};
use cutover::engine::event::Verdict;
use cutover::playbook::plan::On;

#[test]
fn a_graph_of_10_000_steps_runs_to_its_end() {
    let width = 20;
    let steps = (0..10_000)
        .map(|at| {
            // Layers: each step needs two of the layer before.
            let needs = match at / width {
                0 => vec![],
                layer => vec![
                    (layer - 1) * width + at % width,
                    (layer - 1) * width + (at + 7) % width,
                ],
            };
            let spec = step(&format!("s{at}"), "check", &needs);
            match at % 3 {
                0 => on(spec, On::Primary),
                1 => on(spec, On::Backup),
                _ => step(&format!("s{at}"), "approve", &needs),
            }
        })
        .collect();
    let plan = plan(steps, vec![]);
    // The checks of `Night` at each start look at the whole journal; here only the engine counts.
    let mut night = Night::begin(&plan, &Script::new());
    night.thorough = false;
    night.play_by(|count| count - 1);
    assert_eq!(night.verdict(), Some((Verdict::Completed, 0)));
    let kept = night.journal.len() / 2;
    let mut resumed = night.crash(kept);
    resumed.thorough = false;
    resumed.play();
    assert_eq!(resumed.verdict(), Some((Verdict::Completed, 0)));
}
