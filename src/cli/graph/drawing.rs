//! The drawings that are text: for a terminal, for Graphviz, for Mermaid.

use std::fmt::Write;

use crate::playbook::{Plan, Step};

use super::{role, waves};

pub fn text(plan: &Plan) -> String {
    let mut out = String::new();
    let main = plan.main_steps();
    let impact = main.iter().filter(|step| step.action.has_impact()).count();
    let title = if plan.summary.is_empty() {
        "no summary"
    } else {
        &plan.summary
    };
    line(&mut out, format_args!("{}: {title}", plan.name));
    let fallback = plan.fallback_steps().len();
    line(
        &mut out,
        format_args!(
            "pair {}, {} steps ({impact} with impact, marked !), {fallback} fallback steps",
            plan.pair,
            main.len(),
        ),
    );
    let widths = Widths::of(&plan.steps);
    part(&mut out, plan, 0..plan.main, "wave", &widths);
    if fallback > 0 {
        line(&mut out, format_args!(""));
        line(&mut out, format_args!("fallback"));
        part(
            &mut out,
            plan,
            plan.main..plan.steps.len(),
            "fallback wave",
            &widths,
        );
    }
    out
}

struct Widths {
    id: usize,
    verb: usize,
    role: usize,
}

impl Widths {
    fn of(steps: &[Step]) -> Self {
        let widest = |text: &dyn Fn(&Step) -> usize| steps.iter().map(text).max().unwrap_or(0);
        Self {
            id: widest(&|step| step.id.len()),
            verb: widest(&|step| step.action.verb().len()),
            role: widest(&|step| role(step).len()),
        }
    }
}

fn part(out: &mut String, plan: &Plan, steps: std::ops::Range<usize>, noun: &str, widths: &Widths) {
    for (number, wave) in waves(plan, steps).iter().enumerate() {
        line(out, format_args!(""));
        line(out, format_args!("{noun} {}", number + 1));
        for &at in wave {
            let step = &plan.steps[at];
            let mark = if step.action.has_impact() { '!' } else { ' ' };
            let behind = names(plan, &step.needs, "after");
            let only = names(plan, &step.if_done, "only if done:");
            let (id, verb, role) = (widths.id, widths.verb, widths.role);
            let text = format!(
                " {mark} {:id$}  {:verb$}  {:role$}  {behind}{only}",
                step.id,
                step.action.verb(),
                super::role(step),
            );
            line(out, format_args!("{}", text.trim_end()));
        }
    }
}

fn names(plan: &Plan, steps: &[usize], word: &str) -> String {
    if steps.is_empty() {
        return String::new();
    }
    let ids: Vec<&str> = steps.iter().map(|at| plan.steps[*at].id.as_str()).collect();
    format!("{word} {}  ", ids.join(", "))
}

pub fn dot(plan: &Plan) -> String {
    let mut out = String::new();
    line(&mut out, format_args!("digraph {} {{", quoted(&plan.name)));
    line(&mut out, format_args!("  rankdir=LR;"));
    line(&mut out, format_args!("  node [shape=box, style=rounded];"));
    for at in 0..plan.main {
        dot_node(&mut out, plan, at, "  ");
    }
    if plan.main < plan.steps.len() {
        line(&mut out, format_args!("  subgraph cluster_fallback {{"));
        line(
            &mut out,
            format_args!("    label=\"fallback\"; style=dashed;"),
        );
        for at in plan.main..plan.steps.len() {
            dot_node(&mut out, plan, at, "    ");
        }
        line(&mut out, format_args!("  }}"));
    }
    for (at, step) in plan.steps.iter().enumerate() {
        for need in &step.needs {
            line(&mut out, format_args!("  n{need} -> n{at};"));
        }
    }
    line(&mut out, format_args!("}}"));
    out
}

fn dot_node(out: &mut String, plan: &Plan, at: usize, indent: &str) {
    let step = &plan.steps[at];
    let label = quoted(&label(step, "\n"));
    let weight = if step.action.has_impact() {
        ", penwidth=2, color=\"#b3261e\""
    } else {
        ""
    };
    line(out, format_args!("{indent}n{at} [label={label}{weight}];"));
}

/// A double-quoted Graphviz string.
fn quoted(text: &str) -> String {
    let escaped = text
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n");
    format!("\"{escaped}\"")
}

pub fn mermaid(plan: &Plan) -> String {
    let mut out = String::new();
    line(&mut out, format_args!("flowchart LR"));
    for at in 0..plan.main {
        mermaid_node(&mut out, plan, at, "  ");
    }
    if plan.main < plan.steps.len() {
        line(&mut out, format_args!("  subgraph fallback"));
        for at in plan.main..plan.steps.len() {
            mermaid_node(&mut out, plan, at, "    ");
        }
        line(&mut out, format_args!("  end"));
    }
    for (at, step) in plan.steps.iter().enumerate() {
        for need in &step.needs {
            line(&mut out, format_args!("  n{need} --> n{at}"));
        }
    }
    line(
        &mut out,
        format_args!("  classDef impact stroke:#b3261e,stroke-width:2px"),
    );
    let with_impact: Vec<String> = (0..plan.steps.len())
        .filter(|at| plan.steps[*at].action.has_impact())
        .map(|at| format!("n{at}"))
        .collect();
    if !with_impact.is_empty() {
        line(
            &mut out,
            format_args!("  class {} impact", with_impact.join(",")),
        );
    }
    out
}

fn mermaid_node(out: &mut String, plan: &Plan, at: usize, indent: &str) {
    // Mermaid's own entity form, safe inside a quoted label.
    let escape = |text: &str| {
        text.replace('#', "#35;")
            .replace('"', "#quot;")
            .replace('<', "#lt;")
            .replace('>', "#gt;")
    };
    let label = label(&plan.steps[at], "\n");
    let label: Vec<String> = label.split('\n').map(escape).collect();
    line(
        out,
        format_args!("{indent}n{at}[\"{}\"]", label.join("<br/>")),
    );
}

fn label(step: &Step, gap: &str) -> String {
    let mut label = format!("{}{gap}{}", step.id, step.action.verb());
    if !role(step).is_empty() {
        label += &format!(" · {}", role(step));
    }
    label
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    writeln!(out, "{text}").expect("writing to a string succeeds");
}
