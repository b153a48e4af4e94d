//! What a playbook as a whole must satisfy before it may touch a pair.

use std::collections::BTreeSet;

use crate::action::Action;

use super::diagnostics::{Diagnostic, closest};
use super::order::Order;
use super::step::{Draft, Part};

/// Reports orders of steps that no night should try. Needs a graph without cycles.
pub fn check(drafts: &[Draft], order: &Order, found: &mut Vec<Diagnostic>) {
    let before = Before::of(&order.needs);
    one_change_at_a_time(drafts, &before, found);
    for (at, draft) in drafts.iter().enumerate() {
        match &draft.action {
            Some(Action::Reload(_)) => synchronised(drafts, at, &before, found),
            Some(Action::Compare(spec)) => captured(drafts, at, &spec.with, &before, found),
            _ => {}
        }
    }
}

/// Which steps are surely over when a step starts.
struct Before<'n>(&'n [Vec<usize>]);

impl<'n> Before<'n> {
    fn of(needs: &'n [Vec<usize>]) -> Self {
        Self(needs)
    }

    fn step(&self, at: usize) -> BTreeSet<usize> {
        let mut seen = BTreeSet::new();
        let mut open = self.0[at].clone();
        while let Some(next) = open.pop() {
            if seen.insert(next) {
                open.extend(&self.0[next]);
            }
        }
        seen
    }
}

/// INV-6: one chassis of a pair is under change at a time, so such steps have an order.
fn one_change_at_a_time(drafts: &[Draft], before: &Before<'_>, found: &mut Vec<Diagnostic>) {
    let disruptive = |draft: &Draft| match &draft.action {
        Some(Action::Reload(_) | Action::SrpSwitchover(_) | Action::Configure(_)) => true,
        Some(Action::Command(spec)) => spec.impact,
        _ => false,
    };
    let steps: Vec<(usize, BTreeSet<usize>)> = (0..drafts.len())
        .filter(|&at| disruptive(&drafts[at]))
        .map(|at| (at, before.step(at)))
        .collect();
    for (late, (at, over)) in steps.iter().enumerate() {
        let unordered = steps[..late].iter().find(|(other, others_over)| {
            drafts[*other].part == drafts[*at].part
                && !over.contains(other)
                && !others_over.contains(at)
        });
        let Some((other, _)) = unordered else {
            continue;
        };
        let (this, that) = (&drafts[*at], &drafts[*other]);
        found.push(
            Diagnostic::at(
                this.id.place.clone(),
                format!(
                    "`{}` and `{}` may run at the same time, and both can take subscribers off the air",
                    that.id.text, this.id.text
                ),
                "not ordered",
            )
            .also(that.id.place.clone(), "against this step")
            .help(format!(
                "one chassis is under change at a time (INV-6): let `{}` need `{}` or the other way round",
                this.id.text, that.id.text
            )),
        );
    }
}

/// INV-25: a changed boot stack is on both management cards before a reload reads it.
fn synchronised(drafts: &[Draft], reload: usize, before: &Before<'_>, found: &mut Vec<Diagnostic>) {
    let over = before.step(reload);
    let same = |at: &&usize| drafts[**at].on == drafts[reload].on;
    let is_sync = |at: usize| matches!(drafts[at].action, Some(Action::SyncFilesystems(_)));
    let is_boot = |at: usize| matches!(drafts[at].action, Some(Action::BootStack(_)));
    for &boot in over.iter().filter(same).filter(|at| is_boot(**at)) {
        let mut synced = over.iter().filter(same).filter(|at| is_sync(**at));
        if synced.any(|&sync| before.step(sync).contains(&boot)) {
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
        drafts[*at].on == draft.on && (from_main || over.contains(at))
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
