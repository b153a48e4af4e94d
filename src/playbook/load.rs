//! A playbook's text to a plan, or every mistake in it.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use petgraph::graph::{DiGraph, NodeIndex};
use sha2::{Digest, Sha256};

use crate::action::fields::{On, Side};
use crate::action::{Action, preflight};

use super::diagnostics::{Diagnostic, Diagnostics, Place};
use super::fields::Fields;
use super::inventory::{Inventory, PairKind};
use super::order::{self, Order};
use super::plan::{OnFailure, Plan, Step};
use super::safety;
use super::source::{self, Data, Node};
use super::step::{Draft, Part};
use super::typed;
use super::vars::{Missing, Vars};

/// The id of the step every run begins with.
pub const PREFLIGHT: &str = "preflight";

/// A night has no more steps than this; a file with more was generated wrongly.
const MAX_STEPS: usize = 10_000;

/// Reads a playbook for a run: every required variable must have a value.
///
/// `name` is how reports call the text, usually its path. `vars` are the `--var` arguments; the
/// name `pair` chooses the pair. With an inventory the pair is looked up in it, by name or, when
/// there is one of its kind, by kind; [`Plan::pair`] is then its name.
///
/// # Errors
/// Every mistake at once, in the order of the text.
pub fn load(
    text: &str,
    name: &str,
    vars: &[(String, String)],
    inventory: Option<&Inventory>,
) -> Result<Plan, Diagnostics> {
    load_with(text, name, vars, inventory, Missing::Refuse).map(|(plan, _)| plan)
}

/// The same, with a choice about required variables that were not given. The second value names
/// those that got a placeholder.
///
/// # Errors
/// As [`load`].
pub fn load_with(
    text: &str,
    name: &str,
    vars: &[(String, String)],
    inventory: Option<&Inventory>,
    missing: Missing,
) -> Result<(Plan, Vec<String>), Diagnostics> {
    let mut found = Vec::new();
    let plan = source::parse(text, &mut found)
        .and_then(|root| read(&root, text, vars, inventory, missing, &mut found));
    match plan {
        Some(plan) if found.is_empty() => Ok(plan),
        _ => Err(Diagnostics::new(name, text, found)),
    }
}

fn read(
    root: &Node,
    text: &str,
    given: &[(String, String)],
    inventory: Option<&Inventory>,
    missing: Missing,
    found: &mut Vec<Diagnostic>,
) -> Option<(Plan, Vec<String>)> {
    let top = source::first_line(text, &root.place);
    let mut fields = Fields::of(root, "the playbook", top, found)?;
    let mut vars = Vars::declare(fields.take_entry("vars"), given, missing, text, found);
    let name = fields.require::<String>("playbook", found);
    let pair = fields.require_node("pair", found);
    let pair = pair.and_then(|node| pair_name(node, &mut vars, inventory, text, found));
    let summary = fields.take("summary").cloned();
    let steps = fields.take_entry("steps");
    let fallback = fields.take_entry("fallback");
    fields.finish(found);

    let mut later = Vec::new();
    let summary = summary.map_or(String::new(), |node| {
        let node = vars.fill(&node, text, found);
        typed::read(&node, "summary").unwrap_or_else(|mistakes| {
            later.extend(mistakes);
            String::new()
        })
    });
    let mut drafts = match steps {
        Some((key, node)) => {
            let node = vars.fill(node, text, found);
            part(&node, Part::Main, &key.place, text, &mut later)
        }
        None => {
            let place = source::first_line(text, &root.place);
            found.push(
                Diagnostic::at(place, "the playbook has no steps", "no `steps` here")
                    .help("add `steps:` with a list of steps"),
            );
            Vec::new()
        }
    };
    if let Some((key, node)) = fallback
        && let Some(mut fields) = Fields::of(node, "`fallback`", key.place.clone(), found)
    {
        if let Some(node) = fields.require_node("steps", found) {
            let node = vars.fill(node, text, found);
            drafts.extend(part(&node, Part::Fallback, &key.place, text, &mut later));
        }
        fields.finish(found);
    }
    let before = later.len() + found.len();
    let order = order::arrange(&drafts, &mut later);
    if order.topological.len() == drafts.len() && later.len() + found.len() == before {
        safety::check(&drafts, &order, &mut later);
    }
    vars.broken.sort_by_key(|place| place.start);
    later.retain(|mistake| !is_echo(mistake, &vars.broken));
    found.append(&mut later);
    if !found.is_empty() {
        return None;
    }
    let resolved = vars.resolved();
    let hash = hash(text, &resolved, pair.as_deref()?);
    let (steps, main, graph) = number(&drafts, &order);
    let plan = Plan {
        name: name?,
        summary,
        pair: pair?,
        vars: resolved,
        steps,
        main,
        graph,
        hash,
    };
    Some((plan, vars.placeholders))
}

/// Whether a mistake is about a value that could not be filled in, which is already reported.
/// `broken` is sorted; scalars do not overlap.
fn is_echo(mistake: &Diagnostic, broken: &[Place]) -> bool {
    mistake.place.as_ref().is_some_and(|(place, _)| {
        let behind = broken.partition_point(|broken| broken.start <= place.start);
        behind > 0 && place.end <= broken[behind - 1].end
    })
}

fn part(
    node: &Node,
    part: Part,
    key: &Place,
    text: &str,
    found: &mut Vec<Diagnostic>,
) -> Vec<Draft> {
    match &node.data {
        Data::List(items) if items.len() > MAX_STEPS => {
            let message = format!(
                "{} steps, more than the {MAX_STEPS} of one part",
                items.len()
            );
            found.push(
                Diagnostic::at(key.clone(), message, "")
                    .help("split the playbook, one for each pair and night"),
            );
            Vec::new()
        }
        Data::List(items) if !items.is_empty() => items
            .iter()
            .filter_map(|item| Draft::read(item, part, text, found))
            .collect(),
        _ => {
            let message = match &node.data {
                Data::List(_) => "`steps` is an empty list".to_owned(),
                _ => format!("`steps` is a list of steps, found {}", node.kind()),
            };
            found.push(
                Diagnostic::at(key.clone(), message, "nothing to do")
                    .help("begin each step with `- id: name`"),
            );
            Vec::new()
        }
    }
}

fn pair_name(
    node: &Node,
    vars: &mut Vars,
    inventory: Option<&Inventory>,
    text: &str,
    found: &mut Vec<Diagnostic>,
) -> Option<String> {
    let filled = vars.fill(node, text, found);
    let written = match typed::read::<String>(&filled, "pair") {
        _ if vars.broken.contains(&filled.place) => return None,
        Ok(written) => written,
        Err(mistakes) => {
            found.extend(mistakes);
            return None;
        }
    };
    let wanted = vars.pair().unwrap_or(written);
    let pair = match inventory {
        None => wanted,
        Some(inventory) => match find_pair(&wanted, inventory) {
            Ok(pair) => pair,
            Err((message, known)) => {
                let mistake = Diagnostic::at(node.place.clone(), message, "");
                found.push(mistake.suggest(&wanted, known));
                return None;
            }
        },
    };
    vars.set_pair(&pair);
    Some(pair)
}

fn find_pair<'i>(wanted: &str, inventory: &'i Inventory) -> Result<String, (String, Vec<&'i str>)> {
    if inventory.pairs.contains_key(wanted) {
        return Ok(wanted.to_owned());
    }
    let kind = match wanted {
        "icsr" => Some(PairKind::Icsr),
        _ => None,
    };
    let of_kind: Vec<&str> = inventory
        .pairs
        .iter()
        .filter(|(_, pair)| Some(pair.kind) == kind)
        .map(|(name, _)| name.as_str())
        .collect();
    match of_kind[..] {
        [only] => Ok(only.to_owned()),
        [] => Err((
            format!("the inventory has no pair `{wanted}`"),
            inventory.pairs.keys().map(String::as_str).collect(),
        )),
        _ => Err((
            format!(
                "the inventory has several pairs of kind `{wanted}`; choose with `--var pair=NAME`"
            ),
            of_kind,
        )),
    }
}

/// Numbers the steps: the preflight, main steps, fallback steps. Steps with `when: false` are
/// left out, and whoever needed them needs what they needed.
fn number(drafts: &[Draft], order: &Order) -> (Vec<Step>, usize, DiGraph<usize, ()>) {
    let mut inherited: Vec<Vec<usize>> = vec![Vec::new(); drafts.len()];
    for &at in &order.topological {
        let mut needs: Vec<usize> = Vec::new();
        let mut seen = BTreeSet::new();
        for &need in &order.needs[at] {
            let through: &[usize] = if drafts[need].when {
                &[need]
            } else {
                &inherited[need]
            };
            for &one in through {
                if seen.insert(one) {
                    needs.push(one);
                }
            }
        }
        inherited[at] = needs;
    }
    let kept = |part: Part| {
        (0..drafts.len()).filter(move |&at| {
            let draft = &drafts[at];
            // A way back from steps that are all left out is never taken.
            let possible =
                draft.if_done.is_empty() || order.if_done[at].iter().any(|&done| drafts[done].when);
            draft.part == part && draft.when && possible
        })
    };
    let mut new = vec![None; drafts.len()];
    for (number, at) in (1..).zip(kept(Part::Main).chain(kept(Part::Fallback))) {
        new[at] = Some(number);
    }
    let main = 1 + kept(Part::Main).count();
    let mut steps = vec![preflight_step(None)];
    for at in kept(Part::Main).chain(kept(Part::Fallback)) {
        let draft = &drafts[at];
        // A fallback step left out as impossible passes its needs on as well.
        let mut needs: Vec<usize> = Vec::new();
        let mut open: Vec<usize> = inherited[at].iter().rev().copied().collect();
        let mut seen = BTreeSet::new();
        while let Some(need) = open.pop() {
            if !seen.insert(need) {
                continue;
            }
            match new[need] {
                Some(number) => needs.push(number),
                None => open.extend(inherited[need].iter().rev()),
            }
        }
        if draft.part == Part::Main && needs.is_empty() {
            needs.push(0);
        }
        steps.push(Step {
            id: draft.id.text.clone(),
            on: draft.on,
            needs,
            action: draft
                .action
                .clone()
                .expect("a draft without mistakes has its verb"),
            undo: draft.undo.clone(),
            no_undo: draft.no_undo.clone(),
            if_done: order.if_done[at]
                .iter()
                .filter_map(|&done| new[done])
                .collect(),
            on_failure: draft.on_failure.0,
            attempts: draft.attempts,
            optional: draft.optional,
            expect: draft.expect,
        });
    }
    steps[0] = preflight_step(first_reloaded(&steps[..main]));
    let mut graph = DiGraph::new();
    for at in 0..steps.len() {
        graph.add_node(at);
    }
    for (at, step) in steps.iter().enumerate() {
        for &need in &step.needs {
            graph.add_edge(NodeIndex::new(need), NodeIndex::new(at), ());
        }
    }
    (steps, main, graph)
}

/// The chassis the playbook reloads before it moves any traffic.
fn first_reloaded(steps: &[Step]) -> Option<Side> {
    let first = steps
        .iter()
        .find(|step| matches!(step.action, Action::Reload(_) | Action::SrpSwitchover(_)))?;
    match (&first.action, first.on) {
        (Action::Reload(_), Some(On::Primary)) => Some(Side::Primary),
        (Action::Reload(_), Some(On::Backup)) => Some(Side::Backup),
        _ => None,
    }
}

fn preflight_step(standby: Option<Side>) -> Step {
    Step {
        id: PREFLIGHT.to_owned(),
        on: None,
        needs: Vec::new(),
        action: Action::Preflight(preflight::Spec { standby }),
        undo: None,
        no_undo: None,
        if_done: Vec::new(),
        on_failure: OnFailure::Stop,
        attempts: 1,
        optional: false,
        expect: None,
    }
}

/// Lengths go in front of the parts, so that moving text from one to the next changes the hash.
fn hash(text: &str, vars: &IndexMap<String, String>, pair: &str) -> String {
    let mut hash = Sha256::new();
    let mut add = |part: &str| {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    };
    add(text);
    add(pair);
    for (name, value) in vars {
        add(name);
        add(value);
    }
    hash.finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
