//! A self-contained SVG: waves are columns, steps are boxes, the fallback stands below.

use std::fmt::Write;

use crate::playbook::Plan;

use super::{role, waves};

/// All lengths in pixels.
const BOX_HEIGHT: usize = 44;
const ROW: usize = 64;
const GAP: usize = 60;
const MARGIN: usize = 24;
/// A width that no character of the monospace font exceeds at its size.
const CHARACTER: usize = 8;

const STYLE: &str = "text{font:13px monospace;fill:#1b1b1f}.sub{font-size:11px;fill:#5e5e66}\
    .step{fill:#f5f5fa;stroke:#8a8a94}.impact{fill:#fdecea;stroke:#b3261e;stroke-width:2}\
    .edge{fill:none;stroke:#8a8a94;stroke-width:1.3}.title{font-size:16px}";

struct Placed {
    x: usize,
    y: usize,
    width: usize,
}

pub fn draw(plan: &Plan) -> String {
    let mut placed: Vec<Placed> = Vec::with_capacity(plan.steps.len());
    let top = MARGIN + 40;
    let (right, bottom) = place(plan, 0..plan.main, top, &mut placed);
    let fallback_top = bottom + 50;
    let (fallback_right, fallback_bottom) = if plan.main < plan.steps.len() {
        place(plan, plan.main..plan.steps.len(), fallback_top, &mut placed)
    } else {
        (0, bottom)
    };
    let title = format!("{}: {}", plan.name, plan.summary);
    let title_width = MARGIN * 2 + title.chars().count() * (CHARACTER + 2);
    let width = right.max(fallback_right).max(title_width) + MARGIN;
    let height = fallback_bottom + MARGIN;
    let mut out = String::new();
    let mut add = |text: String| writeln!(out, "{text}").expect("writing to a string succeeds");
    add(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\">"
    ));
    add(format!("<title>{}</title>", escape(&title)));
    add(format!("<style>{STYLE}</style>"));
    add(
        "<defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"7\" \
         markerHeight=\"7\" orient=\"auto\"><path d=\"M0,0 L8,4 L0,8 z\" fill=\"#8a8a94\"/>\
         </marker></defs>"
            .to_owned(),
    );
    add(format!(
        "<rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>"
    ));
    add(format!(
        "<text class=\"title\" x=\"{MARGIN}\" y=\"{}\">{}</text>",
        MARGIN + 16,
        escape(&title)
    ));
    if plan.main < plan.steps.len() {
        let y = fallback_top - 14;
        add(format!(
            "<text class=\"title\" x=\"{MARGIN}\" y=\"{y}\">fallback</text>"
        ));
    }
    for (at, step) in plan.steps.iter().enumerate() {
        for need in &step.needs {
            let (from, to) = (&placed[*need], &placed[at]);
            let (x1, y1) = (from.x + from.width, from.y + BOX_HEIGHT / 2);
            let (x2, y2) = (to.x, to.y + BOX_HEIGHT / 2);
            let bend = GAP / 2;
            add(format!(
                "<path class=\"edge\" marker-end=\"url(#tip)\" d=\"M{x1},{y1} C{},{y1} {},{y2} \
                 {x2},{y2}\"/>",
                x1 + bend,
                x2 - bend
            ));
        }
    }
    for (step, at) in plan.steps.iter().zip(&placed) {
        let class = if step.action.has_impact() {
            "impact"
        } else {
            "step"
        };
        let (x, y, width) = (at.x, at.y, at.width);
        let sub = match role(step) {
            "" => step.action.verb().to_owned(),
            role => format!("{} · {role}", step.action.verb()),
        };
        add(format!(
            "<g><rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" \
             height=\"{BOX_HEIGHT}\" rx=\"6\"/><text x=\"{}\" y=\"{}\">{}</text>\
             <text class=\"sub\" x=\"{}\" y=\"{}\">{}</text></g>",
            x + 10,
            y + 18,
            escape(&step.id),
            x + 10,
            y + 35,
            escape(&sub)
        ));
    }
    add("</svg>".to_owned());
    out
}

/// Places one part with its waves as columns; returns its right and bottom edge.
fn place(
    plan: &Plan,
    steps: std::ops::Range<usize>,
    top: usize,
    placed: &mut Vec<Placed>,
) -> (usize, usize) {
    let first = steps.start;
    placed.extend(steps.clone().map(|_| Placed {
        x: 0,
        y: 0,
        width: 0,
    }));
    debug_assert!(placed.len() >= first);
    let (mut x, mut bottom) = (MARGIN, top);
    for wave in waves(plan, steps) {
        let characters = |at: &usize| {
            let step = &plan.steps[*at];
            let sub = step.action.verb().len() + role(step).len() + 3;
            step.id.len().max(sub)
        };
        let width = 20 + CHARACTER * wave.iter().map(characters).max().unwrap_or(0);
        for (row, at) in wave.iter().enumerate() {
            let y = top + row * ROW;
            placed[*at] = Placed { x, y, width };
            bottom = bottom.max(y + BOX_HEIGHT);
        }
        x += width + GAP;
    }
    (x - GAP, bottom)
}

/// Text inside an XML element.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
