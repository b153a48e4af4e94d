//! A self-contained SVG: waves are rows, steps are boxes, the fallback stands to the right.

use std::fmt::Write;

use crate::playbook::Plan;

use super::{role, waves};

/// All lengths in pixels.
const BOX_HEIGHT: usize = 44;
/// From the top of a wave to the top of the next.
const ROW: usize = 84;
const GAP: usize = 32;
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
    let top = MARGIN + 70;
    let (main_right, main_bottom) = place(plan, 0..plan.main, (MARGIN, top), &mut placed);
    let fallback_left = main_right + 3 * GAP;
    let fallback = plan.main..plan.steps.len();
    let has_fallback = !fallback.is_empty();
    let (right, bottom) = if has_fallback {
        place(plan, fallback, (fallback_left, top), &mut placed)
    } else {
        (main_right, main_bottom)
    };
    let title = format!("{}: {}", plan.name, plan.summary);
    let title_width = MARGIN * 2 + title.chars().count() * (CHARACTER + 2);
    let width = right.max(title_width) + MARGIN;
    let height = main_bottom.max(bottom) + MARGIN;
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
    if has_fallback {
        let y = top - 14;
        add(format!(
            "<text class=\"title\" x=\"{fallback_left}\" y=\"{y}\">fallback</text>"
        ));
    }
    for (at, step) in plan.steps.iter().enumerate() {
        for need in &step.needs {
            let (from, to) = (&placed[*need], &placed[at]);
            let (x1, y1) = (from.x + from.width / 2, from.y + BOX_HEIGHT);
            let (x2, y2) = (to.x + to.width / 2, to.y);
            let bend = (ROW - BOX_HEIGHT) / 2;
            add(format!(
                "<path class=\"edge\" marker-end=\"url(#tip)\" d=\"M{x1},{y1} C{x1},{} {x2},{} \
                 {x2},{y2}\"/>",
                y1 + bend,
                y2 - bend
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

/// Places one part with its waves as rows; returns its right and bottom edge.
fn place(
    plan: &Plan,
    steps: std::ops::Range<usize>,
    (left, top): (usize, usize),
    placed: &mut Vec<Placed>,
) -> (usize, usize) {
    let blank = |_| Placed {
        x: 0,
        y: 0,
        width: 0,
    };
    placed.extend(steps.clone().map(blank));
    let (mut right, mut bottom) = (left, top);
    for (row, wave) in waves(plan, steps).iter().enumerate() {
        let (mut x, y) = (left, top + row * ROW);
        for &at in wave {
            let step = &plan.steps[at];
            let sub = step.action.verb().len() + role(step).len() + 3;
            let width = 20 + CHARACTER * step.id.len().max(sub);
            placed[at] = Placed { x, y, width };
            right = right.max(x + width);
            x += width + GAP;
        }
        bottom = y + BOX_HEIGHT;
    }
    (right, bottom)
}

/// Text inside an XML element.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
