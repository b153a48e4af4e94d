//! Small plans, without the detour over YAML.

use std::sync::Arc;

use cutover::action::Action;
use cutover::playbook::plan::{On, OnFailure, Plan, Step, StepIndex};
use indexmap::IndexMap;
use petgraph::graph::DiGraph;

/// A verb by its name, with the fields it cannot do without.
pub fn verb(name: &str) -> Action {
    let json = match name {
        "check" => r#"{"health_check":{"cards":"ok"}}"#,
        "image" => r#"{"copy_image":{"from":"sftp://h/a.bin","to":"/flash/a.bin","version":"2"}}"#,
        "reload" => r#"{"reload":{"version":"2"}}"#,
        "switch" => r#"{"srp_switchover":{"to":"backup"}}"#,
        "approve" => r#"{"approve":{"message":"go?"}}"#,
        "pause" => r#"{"pause":{"for":"10m","reason":"soak"}}"#,
        other => panic!("no verb {other} here"),
    };
    serde_json::from_str(json).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// A step named `id` that does `what` after the steps in `needs`.
pub fn step(id: &str, what: &str, needs: &[StepIndex]) -> Step {
    Step {
        id: id.to_owned(),
        on: None,
        needs: needs.to_vec(),
        action: verb(what),
        undo: None,
        no_undo: None,
        if_done: Vec::new(),
        on_failure: OnFailure::Stop,
        attempts: 1,
        optional: false,
        expect: None,
    }
}

pub fn on(step: Step, on: On) -> Step {
    Step {
        on: Some(on),
        ..step
    }
}

pub fn falls_back(step: Step) -> Step {
    Step {
        on_failure: OnFailure::Fallback,
        ..step
    }
}

pub fn optional(step: Step) -> Step {
    Step {
        optional: true,
        ..step
    }
}

/// The plan of these main steps and these fallback steps.
pub fn plan(main: Vec<Step>, fallback: Vec<Step>) -> Arc<Plan> {
    let count = main.len();
    Arc::new(Plan {
        name: "story".to_owned(),
        summary: String::new(),
        pair: "icsr".to_owned(),
        vars: IndexMap::new(),
        steps: main.into_iter().chain(fallback).collect(),
        main: count,
        graph: DiGraph::new(),
        hash: "0".repeat(64),
    })
}

/// Half an upgrade: look, copy, look again, reload, look, switch; and the way back.
pub fn upgrade() -> Arc<Plan> {
    plan(
        vec![
            step("preflight", "approve", &[]),
            on(step("look", "check", &[0]), On::Backup),
            on(step("image", "image", &[1]), On::Backup),
            on(optional(step("extra", "image", &[1])), On::Primary),
            on(step("fit", "check", &[2, 3]), On::Backup),
            on(step("reload", "reload", &[4]), On::Backup),
            falls_back(on(step("healthy", "check", &[5]), On::Backup)),
            step("switch", "switch", &[6]),
            falls_back(on(step("final", "check", &[7]), On::Primary)),
        ],
        vec![
            Step {
                if_done: vec![7],
                ..step("unswitch", "switch", &[])
            },
            Step {
                if_done: vec![5],
                ..on(step("unreload", "reload", &[9]), On::Backup)
            },
            on(step("safe", "check", &[10]), On::Primary),
        ],
    )
}
