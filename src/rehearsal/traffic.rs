//! Who carried the subscribers' traffic, by the chassis' own truth (INV-1, INV-3).

use std::collections::BTreeMap;
use std::time::Duration;

use crate::proto::Time;

/// A stretch of time with the same chassis carrying traffic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    pub from: Time,
    pub until: Time,
    /// Names of those that carried; nobody is an outage, two are a split brain.
    pub carriers: Vec<String>,
}

/// Who carried traffic between `from` and `until`, given each chassis's changes in order.
pub fn stretches(
    changes: &BTreeMap<String, Vec<(Time, bool)>>,
    from: Time,
    until: Time,
) -> Vec<Stretch> {
    let mut moments: Vec<Time> = changes.values().flatten().map(|(at, _)| *at).collect();
    moments.retain(|at| *at > from && *at < until);
    moments.push(from);
    moments.push(until);
    moments.sort_unstable();
    moments.dedup();
    let mut stretches: Vec<Stretch> = Vec::new();
    for pair in moments.windows(2) {
        let carriers: Vec<String> = changes
            .iter()
            .filter(|(_, changes)| carries_at(changes, pair[0]))
            .map(|(name, _)| name.clone())
            .collect();
        match stretches.last_mut() {
            Some(last) if last.carriers == carriers => last.until = pair[1],
            _ => stretches.push(Stretch {
                from: pair[0],
                until: pair[1],
                carriers,
            }),
        }
    }
    stretches
}

fn carries_at(changes: &[(Time, bool)], at: Time) -> bool {
    changes
        .iter()
        .take_while(|(when, _)| *when <= at)
        .last()
        .is_some_and(|(_, carries)| *carries)
}

/// How long nobody carried traffic: the outage integral.
pub fn outage(stretches: &[Stretch]) -> Duration {
    stretches
        .iter()
        .filter(|s| s.carriers.is_empty())
        .map(|s| s.until - s.from)
        .sum()
}

/// How long two carried traffic at once. During a planned switchover the old Active still forwards
/// until the routes have moved, so a short overlap is as it should be.
pub fn overlap(stretches: &[Stretch]) -> Duration {
    stretches
        .iter()
        .filter(|s| s.carriers.len() > 1)
        .map(|s| s.until - s.from)
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_and_overlaps_are_counted_within_the_night() {
        let s = Duration::from_secs;
        let changes = BTreeMap::from([
            ("east".to_owned(), vec![(s(0), true), (s(100), false)]),
            ("west".to_owned(), vec![(s(103), true), (s(200), false)]),
        ]);
        let night = stretches(&changes, s(50), s(150));
        assert_eq!(
            night.iter().map(|x| x.carriers.len()).collect::<Vec<_>>(),
            [1, 0, 1]
        );
        assert_eq!(outage(&night), s(3));
        assert_eq!(overlap(&night), s(0));
    }
}
