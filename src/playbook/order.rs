//! How the steps hang together: names to places, cycles, what can never start.
//!
//! Everything here is iterative on purpose: a playbook is foreign input, and a chain of many
//! thousand steps must not end in a stack overflow.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use super::diagnostics::{Diagnostic, worth_suggesting};
use super::plan::OnFailure;
use super::step::{Draft, Name, Part};

/// The drafts' edges, by place in the list of drafts.
#[derive(Debug, Default)]
pub struct Order {
    pub needs: Vec<Vec<usize>>,
    pub if_done: Vec<Vec<usize>>,
    /// Every draft behind those it needs. Complete only without cycles.
    pub topological: Vec<usize>,
}

/// Resolves names and reports every mistake in how the steps hang together.
pub fn arrange(drafts: &[Draft], found: &mut Vec<Diagnostic>) -> Order {
    let by_id = index(drafts, found);
    let mut order = Order::default();
    for draft in drafts {
        let needs = draft
            .needs
            .iter()
            .filter_map(|n| need(draft, n, drafts, &by_id, found));
        order.needs.push(needs.collect());
        let if_done = draft
            .if_done
            .iter()
            .filter_map(|n| done(draft, n, drafts, &by_id, found));
        order.if_done.push(if_done.collect());
    }
    on_failure(drafts, found);
    let stuck = cycles(drafts, &order.needs, found);
    unreachable(drafts, &order.needs, stuck, found);
    order.topological = topological(&order.needs);
    order
}

fn index<'d>(drafts: &'d [Draft], found: &mut Vec<Diagnostic>) -> BTreeMap<&'d str, usize> {
    let mut by_id: BTreeMap<&str, usize> = BTreeMap::new();
    for (at, draft) in drafts.iter().enumerate() {
        let id = &draft.id;
        if id.text.is_empty() {
            continue;
        }
        if let Some(first) = by_id.get(id.text.as_str()) {
            found.push(
                Diagnostic::at(
                    id.place.clone(),
                    format!("two steps are called `{}`", id.text),
                    "again here",
                )
                .also(drafts[*first].id.place.clone(), "first here")
                .help("rename one; main and fallback steps share their names"),
            );
        } else {
            by_id.insert(&id.text, at);
        }
    }
    by_id
}

fn ids(drafts: &[Draft], part: Part) -> impl Iterator<Item = &str> {
    drafts
        .iter()
        .filter(move |draft| draft.part == part)
        .map(|draft| draft.id.text.as_str())
        .filter(|id| !id.is_empty())
}

fn need(
    draft: &Draft,
    name: &Name,
    drafts: &[Draft],
    by_id: &BTreeMap<&str, usize>,
    found: &mut Vec<Diagnostic>,
) -> Option<usize> {
    let id = &draft.id.text;
    let Some(&at) = by_id.get(name.text.as_str()) else {
        let others = ids(drafts, draft.part).filter(|other| other != id);
        let others: Vec<&str> = worth_suggesting(found, others).collect();
        found.push(
            Diagnostic::at(
                name.place.clone(),
                format!("step `{id}` needs `{}`, which is not a step", name.text),
                "no step with this id",
            )
            .suggest(&name.text, others),
        );
        return None;
    };
    if drafts[at].part == draft.part {
        return Some(at);
    }
    found.push(match draft.part {
        Part::Main => Diagnostic::at(
            name.place.clone(),
            format!(
                "step `{id}` can never start: `{}` is a fallback step",
                name.text
            ),
            "runs only after a failure",
        )
        .help("a main step needs main steps; move one of the two"),
        Part::Fallback => Diagnostic::at(
            name.place.clone(),
            format!("fallback step `{id}` needs the main step `{}`", name.text),
            "may never have run",
        )
        .help(format!(
            "to run only after it, write `if_done: [{}]`",
            name.text
        )),
    });
    None
}

fn done(
    draft: &Draft,
    name: &Name,
    drafts: &[Draft],
    by_id: &BTreeMap<&str, usize>,
    found: &mut Vec<Diagnostic>,
) -> Option<usize> {
    if draft.part == Part::Main {
        return None;
    }
    let place = name.place.clone();
    let Some(&at) = by_id.get(name.text.as_str()) else {
        let message = format!("`if_done` names `{}`, which is not a step", name.text);
        let mistake = Diagnostic::at(place, message, "no step with this id");
        let known: Vec<&str> = worth_suggesting(found, ids(drafts, Part::Main)).collect();
        found.push(mistake.suggest(&name.text, known));
        return None;
    };
    let step = &drafts[at];
    if step.part == Part::Fallback {
        let message = format!("`if_done` names `{}`, a fallback step", name.text);
        found.push(
            Diagnostic::at(place, message, "not a main step")
                .help("to run after another fallback step, write `needs:`"),
        );
        return None;
    }
    if step
        .action
        .as_ref()
        .is_some_and(|action| !action.has_impact())
    {
        let message = format!("`if_done` names `{}`, which changes nothing", name.text);
        found.push(
            Diagnostic::at(place, message, "nothing to go back from")
                .also(step.verb.clone(), "only looks")
                .help("name the step whose change is taken back here"),
        );
    }
    Some(at)
}

fn on_failure(drafts: &[Draft], found: &mut Vec<Diagnostic>) {
    let has_fallback = drafts.iter().any(|draft| draft.part == Part::Fallback);
    for draft in drafts {
        let (OnFailure::Fallback, place) = &draft.on_failure else {
            continue;
        };
        if draft.part == Part::Fallback {
            found.push(
                Diagnostic::at(
                    place.clone(),
                    "a fallback step has no fallback of its own",
                    "",
                )
                .help("remove `on_failure:`; a failed fallback stops for a human"),
            );
        } else if !has_fallback {
            found.push(
                Diagnostic::at(
                    place.clone(),
                    format!(
                        "step `{}` falls back, but there is no fallback",
                        draft.id.text
                    ),
                    "nowhere to go",
                )
                .help("add `fallback: { steps: […] }`, or write `on_failure: stop`"),
            );
        }
    }
}

/// Reports one cycle of every knot and returns the members of all knots.
fn cycles(drafts: &[Draft], needs: &[Vec<usize>], found: &mut Vec<Diagnostic>) -> BTreeSet<usize> {
    let mut graph: DiGraph<(), ()> = DiGraph::new();
    for _ in drafts {
        graph.add_node(());
    }
    for (at, needed) in needs.iter().enumerate() {
        for need in needed {
            graph.add_edge(NodeIndex::new(*need), NodeIndex::new(at), ());
        }
    }
    let mut stuck = BTreeSet::new();
    for knot in kosaraju_scc(&graph) {
        let members: BTreeSet<usize> = knot.iter().map(|node| node.index()).collect();
        let first = *members.first().expect("a component has a member");
        if members.len() == 1 && !needs[first].contains(&first) {
            continue;
        }
        let cycle = shortest_cycle(first, &members, needs);
        stuck.extend(members);
        found.push(describe(drafts, &cycle));
    }
    stuck
}

/// The shortest way from `start` back to itself along `needs`, in that order.
fn shortest_cycle(start: usize, members: &BTreeSet<usize>, needs: &[Vec<usize>]) -> Vec<usize> {
    let mut came_from: BTreeMap<usize, usize> = BTreeMap::new();
    let mut queue = VecDeque::from([start]);
    while let Some(at) = queue.pop_front() {
        for &next in needs[at].iter().filter(|next| members.contains(next)) {
            if next == start {
                let mut way = vec![at];
                while let Some(&before) = came_from.get(&way[way.len() - 1]) {
                    way.push(before);
                }
                way.reverse();
                return way;
            }
            if let std::collections::btree_map::Entry::Vacant(free) = came_from.entry(next) {
                free.insert(at);
                queue.push_back(next);
            }
        }
    }
    unreachable!("every member of a knot lies on a cycle")
}

fn describe(drafts: &[Draft], cycle: &[usize]) -> Diagnostic {
    let id = |at: usize| drafts[at].id.text.as_str();
    let place = |from: usize, to: usize| {
        let needs = &drafts[from].needs;
        let name = needs.iter().find(|name| name.text == id(to));
        name.map_or(drafts[from].id.place.clone(), |name| name.place.clone())
    };
    if let [only] = cycle {
        let message = format!("step `{}` needs itself", id(*only));
        return Diagnostic::at(place(*only, *only), message, "itself").help("remove it");
    }
    let mut members: Vec<&str> = cycle.iter().map(|at| id(*at)).collect();
    members.push(members[0]);
    let message = format!("steps need each other in a circle: {}", members.join(" → "));
    let mut edges = cycle.iter().zip(cycle.iter().cycle().skip(1));
    let (&from, &to) = edges.next().expect("a cycle has an edge");
    let label = |from: usize, to: usize| format!("`{}` needs `{}`", id(from), id(to));
    let mut diagnostic = Diagnostic::at(place(from, to), message, label(from, to))
        .help("read each arrow as “needs”; remove one of them");
    // A report with dozens of places would hide the circle it describes.
    for (&from, &to) in edges.take(7) {
        diagnostic = diagnostic.also(place(from, to), label(from, to));
    }
    diagnostic
}

/// Steps behind a knot: nothing can start them.
fn unreachable(
    drafts: &[Draft],
    needs: &[Vec<usize>],
    mut stuck: BTreeSet<usize>,
    found: &mut Vec<Diagnostic>,
) {
    let mut needed_by = vec![Vec::new(); needs.len()];
    for (at, needed) in needs.iter().enumerate() {
        needed.iter().for_each(|&need| needed_by[need].push(at));
    }
    let mut queue: VecDeque<usize> = stuck.iter().copied().collect();
    while let Some(at) = queue.pop_front() {
        for &next in &needed_by[at] {
            if !stuck.insert(next) {
                continue;
            }
            queue.push_back(next);
            let (draft, cause) = (&drafts[next], &drafts[at].id.text);
            found.push(
                Diagnostic::at(
                    draft.id.place.clone(),
                    format!("step `{}` can never start", draft.id.text),
                    format!("needs `{cause}`, which cannot start either"),
                )
                .help("resolve the circle above it"),
            );
        }
    }
}

fn topological(needs: &[Vec<usize>]) -> Vec<usize> {
    let mut open: Vec<usize> = needs.iter().map(Vec::len).collect();
    let mut needed_by = vec![Vec::new(); needs.len()];
    for (at, needed) in needs.iter().enumerate() {
        needed.iter().for_each(|&need| needed_by[need].push(at));
    }
    let mut ready: VecDeque<usize> = (0..needs.len()).filter(|&at| open[at] == 0).collect();
    let mut sorted = Vec::with_capacity(needs.len());
    while let Some(at) = ready.pop_front() {
        sorted.push(at);
        for &next in &needed_by[at] {
            open[next] -= 1;
            if open[next] == 0 {
                ready.push_back(next);
            }
        }
    }
    sorted
}
