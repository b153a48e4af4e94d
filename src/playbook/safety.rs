//! What a playbook as a whole must satisfy before it may touch a pair.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::action::Action;

use super::diagnostics::{Diagnostic, closest};
use super::order::Order;
use super::step::{Draft, Part};

/// How much looking around one playbook is worth: the square of seven thousand steps.
const BUDGET: usize = 50_000_000;

/// Reports orders of steps that no night should try. Needs a graph without cycles.
pub fn check(drafts: &[Draft], order: &Order, found: &mut Vec<Diagnostic>) {
    let before = Before::of(&order.needs);
    one_change_at_a_time(drafts, order, found);
    for (at, draft) in drafts.iter().enumerate() {
        match &draft.action {
            Some(Action::Reload(_)) => synchronised(drafts, at, &before, found),
            Some(Action::Compare(spec)) => captured(drafts, at, &spec.with, &before, found),
            _ => {}
        }
        if before.budget.get() == 0 {
            let place = draft.id.place.clone();
            found.push(
                Diagnostic::at(place, "the playbook is too large to be proven safe", "")
                    .help("split it, one for each pair and night"),
            );
            return;
        }
    }
}

/// Which steps are surely over when a step starts, within a budget.
struct Before<'n> {
    needs: &'n [Vec<usize>],
    known: RefCell<BTreeMap<usize, Rc<Vec<bool>>>>,
    budget: Cell<usize>,
}

impl<'n> Before<'n> {
    fn of(needs: &'n [Vec<usize>]) -> Self {
        Self {
            needs,
            known: RefCell::default(),
            budget: Cell::new(BUDGET),
        }
    }

    fn spend(&self, effort: usize) -> bool {
        self.budget.set(self.budget.get().saturating_sub(effort));
        self.budget.get() > 0
    }

    /// By step, whether it is over when `at` starts. All false once the budget is used up.
    fn step(&self, at: usize) -> Rc<Vec<bool>> {
        if let Some(known) = self.known.borrow().get(&at) {
            return Rc::clone(known);
        }
        let mut over = vec![false; self.needs.len()];
        if self.spend(over.len()) {
            let mut open = self.needs[at].clone();
            while let Some(next) = open.pop() {
                if !std::mem::replace(&mut over[next], true) {
                    open.extend(&self.needs[next]);
                }
            }
        }
        let over = Rc::new(over);
        self.known.borrow_mut().insert(at, Rc::clone(&over));
        over
    }
}

/// INV-6: one chassis of a pair is under change at a time, so such steps have an order.
///
/// Steps are totally ordered exactly if, sorted topologically, each has the one before it among
/// those it needs, directly or not; so one pass that carries the latest such step suffices.
fn one_change_at_a_time(drafts: &[Draft], order: &Order, found: &mut Vec<Diagnostic>) {
    let disruptive = |draft: &Draft| match &draft.action {
        Some(Action::Reload(_) | Action::SrpSwitchover(_) | Action::Configure(_)) => true,
        Some(Action::Command(spec)) => spec.impact,
        _ => false,
    };
    for part in [Part::Main, Part::Fallback] {
        // The place in the sequence of disruptive steps that a step is, or has surely behind it.
        let mut latest: Vec<Option<usize>> = vec![None; drafts.len()];
        let mut sequence: Vec<usize> = Vec::new();
        for &at in order
            .topological
            .iter()
            .filter(|at| drafts[**at].part == part)
        {
            let behind = order.needs[at]
                .iter()
                .filter_map(|need| latest[*need])
                .max();
            latest[at] = behind;
            if !disruptive(&drafts[at]) {
                continue;
            }
            if let Some(&other) = sequence.last()
                && behind != Some(sequence.len() - 1)
            {
                found.push(unordered(&drafts[at], &drafts[other]));
            }
            latest[at] = Some(sequence.len());
            sequence.push(at);
        }
    }
}

fn unordered(this: &Draft, that: &Draft) -> Diagnostic {
    let (one, other) = (&that.id.text, &this.id.text);
    Diagnostic::at(
        this.id.place.clone(),
        format!(
            "`{one}` and `{other}` may run at the same time, and both can take subscribers off \
             the air"
        ),
        "not ordered",
    )
    .also(that.id.place.clone(), "against this step")
    .help(format!(
        "one chassis is under change at a time (INV-6): let `{other}` need `{one}` or the other \
         way round"
    ))
}

/// INV-25: a changed boot stack is on both management cards before a reload reads it.
fn synchronised(drafts: &[Draft], reload: usize, before: &Before<'_>, found: &mut Vec<Diagnostic>) {
    let over = before.step(reload);
    let (mut boots, mut syncs) = (Vec::new(), Vec::new());
    for at in (0..drafts.len()).filter(|&at| over[at] && drafts[at].on == drafts[reload].on) {
        match &drafts[at].action {
            Some(Action::BootStack(_)) => boots.push(at),
            Some(Action::SyncFilesystems(_)) => syncs.push(at),
            _ => {}
        }
    }
    for boot in boots {
        let covered = syncs
            .iter()
            .rev()
            .any(|&sync| before.spend(1) && before.step(sync)[boot]);
        if covered || !before.spend(1) {
            continue;
        }
        let (reload, boot) = (&drafts[reload], &drafts[boot]);
        found.push(
            Diagnostic::at(
                reload.id.place.clone(),
                format!(
                    "`{}` reloads after `{}` without synchronizing the file systems between",
                    reload.id.text, boot.id.text
                ),
                "would boot from an old stack after a card switch",
            )
            .also(boot.id.place.clone(), "changes the boot stack")
            .help("put a `sync_filesystems` step on this chassis between them (INV-25)"),
        );
        // One missing synchronization is one mistake, however many changes wait for it.
        return;
    }
}

/// A comparison needs its snapshot: of that name, on that chassis, surely taken.
fn captured(
    drafts: &[Draft],
    compare: usize,
    with: &str,
    before: &Before<'_>,
    found: &mut Vec<Diagnostic>,
) {
    let draft = &drafts[compare];
    let snapshots: Vec<(usize, &str)> = drafts
        .iter()
        .enumerate()
        .filter_map(|(at, draft)| match &draft.action {
            Some(Action::Snapshot(spec)) => Some((at, spec.name.as_str())),
            _ => None,
        })
        .collect();
    let place = draft.verb.clone();
    let mut named = snapshots
        .iter()
        .filter(|(_, name)| *name == with)
        .peekable();
    if named.peek().is_none() {
        let message = format!(
            "step `{}` compares with `{with}`, which no step captures",
            draft.id.text
        );
        let mistake = Diagnostic::at(place, message, "no snapshot of this name");
        let names = snapshots.iter().map(|(_, name)| *name);
        found.push(match closest(with, names) {
            Some(hit) => mistake.help(format!("did you mean `{hit}`?")),
            None => mistake.help(format!("add a step `snapshot: {{ name: {with} }}`")),
        });
        return;
    }
    let over = before.step(compare);
    let usable = named.any(|(at, _)| {
        let from_main = draft.part == Part::Fallback && drafts[*at].part == Part::Main;
        drafts[*at].on == draft.on && (from_main || over[*at])
    });
    if !usable {
        let message = format!(
            "`{with}` is not surely captured when `{}` starts",
            draft.id.text
        );
        found.push(Diagnostic::at(place, message, "").help(
            "let the step need, directly or through others, a snapshot of that name with the \
                 same `on:`",
        ));
    }
}
