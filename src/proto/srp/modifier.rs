//! Route modifier arithmetic (SRP-24 to SRP-32).
//!
//! The value becomes the AS_PATH prepend count of the routes a chassis advertises, so the Active's
//! must be the lower one at every instant: whoever is lower draws the traffic.

use crate::wire::srp::Mode;

/// The value of an Active after a reset and in a freshly formed pair.
pub const FIRST_ACTIVE: u16 = 1;

/// The numbers the arithmetic depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Modifier {
    /// Highest operating value, 4 to 64, default 16.
    pub threshold: u16,
    /// `delta-route-modifier`: how far the Standby stays behind, 1 when not configured (SRP-32).
    pub delta: u16,
}

impl Default for Modifier {
    fn default() -> Self {
        Self {
            threshold: 16,
            delta: 1,
        }
    }
}

impl Modifier {
    /// Before a pair has formed: worse than any operating value, primary better than backup
    /// (SRP-25).
    pub fn initial(&self, mode: Mode) -> u16 {
        match mode {
            Mode::Primary => self.threshold + 1,
            Mode::Backup => self.threshold + 2,
        }
    }

    /// The value of a Standby behind an Active with `active`.
    ///
    /// May exceed the threshold; then the Active resets itself first ([`Self::must_reset`]) and
    /// the Standby follows ([`Self::aligned`]), so that the order never turns round.
    pub fn behind(&self, active: u16) -> u16 {
        active.saturating_add(self.step())
    }

    /// What a Standby with `own` should hold after hearing that its Active has `active`.
    pub fn aligned(&self, own: u16, active: u16) -> u16 {
        let next = self.behind(active);
        if own <= active || (own > self.threshold && next <= self.threshold) {
            next
        } else {
            own
        }
    }

    /// Whether an Active with `own` must go back to [`FIRST_ACTIVE`] because it or its Standby left
    /// the operating range.
    pub fn must_reset(&self, own: u16, standby: u16) -> bool {
        own != FIRST_ACTIVE && (own > self.threshold || standby > self.threshold)
    }

    /// What a Standby with `own` holds when it takes over by agreement: its own value, unless the
    /// old Active could then not stay behind within the threshold.
    pub fn taking_over(&self, own: u16) -> u16 {
        if self.behind(own) > self.threshold {
            FIRST_ACTIVE
        } else {
            own
        }
    }

    /// A delta as large as the whole range would reset for ever; it is capped below it.
    fn step(&self) -> u16 {
        self.delta
            .clamp(1, self.threshold.saturating_sub(FIRST_ACTIVE).max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn srp_25_initial_values_are_worse_than_any_operating_value() {
        let rule = Modifier::default();
        assert_eq!(
            (rule.initial(Mode::Primary), rule.initial(Mode::Backup)),
            (17, 18)
        );
    }

    #[test]
    fn srp_29_joining_chassis_takes_active_value_plus_one() {
        assert_eq!(Modifier::default().behind(5), 6);
    }

    #[test]
    fn srp_29_beyond_the_threshold_the_active_resets_before_the_standby() {
        let rule = Modifier::default();
        let (active, standby) = (16, rule.behind(16));
        assert_eq!(standby, 17);
        assert_eq!(
            rule.aligned(standby, active),
            17,
            "stays behind until the Active has moved"
        );
        assert!(rule.must_reset(active, standby));
        assert_eq!(rule.aligned(standby, FIRST_ACTIVE), 2);
        assert!(!rule.must_reset(FIRST_ACTIVE, 2));
    }

    #[test]
    fn srp_29_planned_take_over_keeps_its_value_or_resets_at_the_threshold() {
        let rule = Modifier::default();
        assert_eq!(rule.taking_over(9), 9);
        assert_eq!(rule.taking_over(16), 1);
    }

    #[test]
    fn srp_32_delta_widens_every_step_and_never_exceeds_the_range() {
        let rule = Modifier {
            threshold: 16,
            delta: 3,
        };
        assert_eq!(
            (rule.behind(1), rule.taking_over(13), rule.taking_over(14)),
            (4, 13, 1)
        );
        let wide = Modifier {
            threshold: 4,
            delta: 100,
        };
        assert_eq!(wide.behind(FIRST_ACTIVE), 4);
    }

    #[test]
    fn srp_26_the_active_stays_lower_through_a_thousand_switchovers() {
        for delta in [1, 2, 5] {
            let rule = Modifier {
                threshold: 16,
                delta,
            };
            let (mut active, mut standby) = (FIRST_ACTIVE, rule.behind(FIRST_ACTIVE));
            for _ in 0..1000 {
                let new_active = rule.taking_over(standby);
                (active, standby) = (new_active, rule.behind(new_active));
                assert!(
                    active < standby && standby <= rule.threshold,
                    "{active} {standby}"
                );
            }
            assert!(active < standby);
        }
    }
}
