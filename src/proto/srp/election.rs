//! Who becomes Active (`protocols.md` A.5): one pure function over two claims.
//!
//! Each chassis decides with its own rule. Where two releases read priorities in opposite ways and
//! both chassis have the same mode, the two decisions contradict each other: an outage or a split
//! brain, and both are reproduced rather than smoothed over (E6).

use std::cmp::Ordering;

use crate::wire::srp::{Mode, State};

/// Which priority is better (X1): the rule changed between releases 10.0 and 21.4.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PriorityRule {
    #[default]
    LowerNumberWins,
    HigherNumberWins,
}

/// What one chassis brings to an election.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    pub state: State,
    pub mode: Mode,
    pub priority: u16,
    pub mac: [u8; 6],
    pub route_modifier: u16,
}

/// The outcome as `local` sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Win,
    Lose,
    /// Identical tie-break MACs (E5): nobody may become Active.
    Tie,
}

/// Decides between `local` and `peer` with the rule of `local`'s release (SRP-21).
///
/// A chassis in service is never displaced by one that is not (SRP-23). Two in service, or two
/// Standby, compare route modifier, priority, MAC (E4). Everything else is an initialisation:
/// mode, priority, MAC (E1 to E3).
pub fn elect(local: &Claim, peer: &Claim, rule: PriorityRule) -> Verdict {
    let by_priority = match rule {
        PriorityRule::LowerNumberWins => peer.priority.cmp(&local.priority),
        PriorityRule::HigherNumberWins => local.priority.cmp(&peer.priority),
    };
    let tie_break = by_priority.then_with(|| compare_macs(local.mac, peer.mac));
    let both_standby = local.state == State::Standby && peer.state == State::Standby;
    let better = match (serves(local.state), serves(peer.state)) {
        (true, false) => Ordering::Greater,
        (false, true) => Ordering::Less,
        (true, true) => peer
            .route_modifier
            .cmp(&local.route_modifier)
            .then(tie_break),
        (false, false) if both_standby => peer
            .route_modifier
            .cmp(&local.route_modifier)
            .then(tie_break),
        (false, false) => local.mode.cmp(&peer.mode).then(tie_break),
    };
    match better {
        Ordering::Greater => Verdict::Win,
        Ordering::Less => Verdict::Lose,
        Ordering::Equal => Verdict::Tie,
    }
}

/// Whether a chassis in this state claims the traffic of the pair.
pub(super) fn serves(state: State) -> bool {
    matches!(
        state,
        State::Active | State::PendingActive | State::PendingStandby
    )
}

/// Last three octets first (E3), then the first three (E5); the higher is better.
fn compare_macs(local: [u8; 6], peer: [u8; 6]) -> Ordering {
    local[3..]
        .cmp(&peer[3..])
        .then_with(|| local[..3].cmp(&peer[..3]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const A_MAC: [u8; 6] = [0x00, 0x02, 0x43, 0x03, 0x1C, 0x2B];
    const B_MAC: [u8; 6] = [0x00, 0x02, 0x43, 0x03, 0x01, 0x3B];

    fn claim(mode: Mode, priority: u16, mac: [u8; 6]) -> Claim {
        Claim {
            state: State::Init,
            mode,
            priority,
            mac,
            route_modifier: 17,
        }
    }

    #[test]
    fn e1_different_roles_the_primary_wins_whatever_the_priority() {
        let primary = claim(Mode::Primary, 200, B_MAC);
        let backup = claim(Mode::Backup, 1, A_MAC);
        for rule in [
            PriorityRule::LowerNumberWins,
            PriorityRule::HigherNumberWins,
        ] {
            assert_eq!(elect(&primary, &backup, rule), Verdict::Win);
            assert_eq!(elect(&backup, &primary, rule), Verdict::Lose);
        }
    }

    #[test]
    fn e2_e6_same_role_each_side_decides_with_its_own_priority_rule() {
        use PriorityRule::{HigherNumberWins as Legacy, LowerNumberWins as Modern};
        let (a, b) = (
            claim(Mode::Primary, 1, A_MAC),
            claim(Mode::Primary, 2, B_MAC),
        );
        for (a_rule, b_rule, a_sees, b_sees) in [
            (Modern, Modern, Verdict::Win, Verdict::Lose),
            (Legacy, Legacy, Verdict::Lose, Verdict::Win),
            (Legacy, Modern, Verdict::Lose, Verdict::Lose),
            (Modern, Legacy, Verdict::Win, Verdict::Win),
        ] {
            assert_eq!(
                (elect(&a, &b, a_rule), elect(&b, &a, b_rule)),
                (a_sees, b_sees),
                "{a_rule:?} {b_rule:?}"
            );
        }
    }

    #[test]
    fn e3_same_priority_the_last_three_octets_decide() {
        let (a, b) = (claim(Mode::Backup, 5, A_MAC), claim(Mode::Backup, 5, B_MAC));
        assert_eq!(elect(&a, &b, PriorityRule::LowerNumberWins), Verdict::Win);
        assert_eq!(elect(&b, &a, PriorityRule::HigherNumberWins), Verdict::Lose);
        let low_vendor = claim(Mode::Backup, 5, [0, 0, 0, 9, 0, 0]);
        let high_vendor = claim(Mode::Backup, 5, [255, 255, 255, 8, 255, 255]);
        assert_eq!(
            elect(&low_vendor, &high_vendor, PriorityRule::LowerNumberWins),
            Verdict::Win
        );
    }

    #[test]
    fn e4_two_in_service_or_two_standby_compare_the_route_modifier_first() {
        for state in [State::Active, State::Standby] {
            let old = Claim {
                state,
                route_modifier: 1,
                ..claim(Mode::Backup, 200, B_MAC)
            };
            let new = Claim {
                state,
                route_modifier: 2,
                ..claim(Mode::Primary, 1, A_MAC)
            };
            assert_eq!(
                elect(&old, &new, PriorityRule::LowerNumberWins),
                Verdict::Win
            );
            assert_eq!(
                elect(&new, &old, PriorityRule::LowerNumberWins),
                Verdict::Lose
            );
            let level = Claim {
                route_modifier: 1,
                ..new
            };
            assert_eq!(
                elect(&level, &old, PriorityRule::LowerNumberWins),
                Verdict::Win,
                "then priority"
            );
        }
    }

    #[test]
    fn e5_equal_lower_octets_fall_back_to_the_upper_and_equal_macs_tie() {
        let a = claim(Mode::Backup, 5, [1, 0, 0, 3, 3, 3]);
        let b = claim(Mode::Backup, 5, [0, 9, 9, 3, 3, 3]);
        assert_eq!(elect(&a, &b, PriorityRule::LowerNumberWins), Verdict::Win);
        assert_eq!(elect(&a, &a, PriorityRule::LowerNumberWins), Verdict::Tie);
    }

    #[test]
    fn srp_23_a_chassis_in_service_is_not_displaced() {
        let active = Claim {
            state: State::Active,
            ..claim(Mode::Backup, 200, B_MAC)
        };
        let returning = claim(Mode::Primary, 1, A_MAC);
        assert_eq!(
            elect(&active, &returning, PriorityRule::LowerNumberWins),
            Verdict::Win
        );
        assert_eq!(
            elect(&returning, &active, PriorityRule::LowerNumberWins),
            Verdict::Lose
        );
    }
}
