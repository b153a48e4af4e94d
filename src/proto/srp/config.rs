//! What a chassis is configured with, and the comparison of two normalised configurations.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use super::election::PriorityRule;
use super::modifier::Modifier;
use crate::wire::srp::Mode;

/// The SRP block of a chassis' configuration, with what its release and hardware add.
///
/// The defaults are those of SRP-18 and `protocols.md` G.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// `bind address`; the chassis with the lower one opens all connections (SRP-113).
    pub bind: IpAddr,
    /// `peer-ip-address`.
    pub peer: IpAddr,
    pub mode: Mode,
    pub priority: u16,
    pub tiebreak_mac: [u8; 6],
    pub hello: Duration,
    /// At least three hello intervals (SRP-16); see [`Settings::check`].
    pub dead: Duration,
    /// Postpones the start of the dead interval after start-up (SRP-17).
    pub delay: Duration,
    /// A seeded offset of the first Hello, 0 to 10 % of `hello` (`protocols.md` A.4).
    pub hello_phase: Duration,
    pub configuration_interval: Duration,
    pub modifier: Modifier,
    /// `checkpoint session duration` for sessions that are not IMS (SRP-62).
    pub checkpoint_duration: Duration,
    pub ims_checkpoint_duration: Duration,
    /// Checkpoint sessions below the duration at a planned switchover too (SRP-69).
    pub flush_young: bool,
    /// `num-internal-switchover-retry` (SRP-94).
    pub switchover_retries: u8,
    /// `internal-switchover-retry-interval` (SRP-94).
    pub switchover_retry_interval: Duration,
    /// `standby database-recovery aggressive` (SRP-85).
    pub aggressive: bool,
    pub rule: PriorityRule,
    pub release: String,
    pub chassis_id: String,
    /// Session-manager instances, numbered from 1.
    pub session_managers: u16,
    /// Release 20.0 and later check every session manager before a manual switchover and know
    /// `force` (SRP-90).
    pub validates_session_managers: bool,
    pub phases: Phases,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            bind: Ipv4Addr::UNSPECIFIED.into(),
            peer: Ipv4Addr::UNSPECIFIED.into(),
            mode: Mode::Backup,
            priority: 125,
            tiebreak_mac: [0; 6],
            hello: Duration::from_secs(10),
            dead: Duration::from_secs(30),
            delay: Duration::ZERO,
            hello_phase: Duration::ZERO,
            configuration_interval: Duration::from_secs(3600),
            modifier: Modifier::default(),
            checkpoint_duration: Duration::from_secs(60),
            ims_checkpoint_duration: Duration::from_secs(60),
            flush_young: false,
            switchover_retries: 3,
            switchover_retry_interval: Duration::from_secs(10),
            aggressive: false,
            rule: PriorityRule::default(),
            release: String::new(),
            chassis_id: String::new(),
            session_managers: 4,
            validates_session_managers: true,
            phases: Phases::default(),
        }
    }
}

/// How long the phases of a switchover take (SRP-101); a base and a share for every session.
///
/// Without options of `protocols.md` A.12; their durations join here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Phases {
    pub flush: Duration,
    pub flush_per_session: Duration,
    /// Until the external BGP peer has the new best path; one second, the bound of SRP-31.
    pub convergence: Duration,
    pub accounting: Duration,
    pub accounting_per_session: Duration,
    pub audit: Duration,
    pub audit_per_session: Duration,
}

impl Default for Phases {
    fn default() -> Self {
        Self {
            flush: Duration::from_millis(500),
            flush_per_session: Duration::from_micros(10),
            convergence: Duration::from_secs(1),
            accounting: Duration::from_secs(2),
            accounting_per_session: Duration::from_micros(20),
            audit: Duration::from_secs(2),
            audit_per_session: Duration::from_micros(20),
        }
    }
}

/// Why an SRP block cannot be left as it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    #[error(
        "dead-interval must be at least three times hello-interval: expected {} s or more, saw {} s; raise dead-interval or lower hello-interval",
        3 * hello.as_secs(), dead.as_secs()
    )]
    DeadInterval { hello: Duration, dead: Duration },
}

impl Settings {
    /// The check made when leaving SRP configuration mode, so that command order does not matter
    /// (SRP-16).
    pub fn check(&self) -> Result<(), SettingsError> {
        if self.dead < 3 * self.hello {
            return Err(SettingsError::DeadInterval {
                hello: self.hello,
                dead: self.dead,
            });
        }
        Ok(())
    }

    /// The age at which a session is first checkpointed (SRP-62).
    pub fn checkpoint_age(&self, ims: bool) -> Duration {
        if ims {
            self.ims_checkpoint_duration
        } else {
            self.checkpoint_duration
        }
    }

    /// Whether this chassis opens the connections; never across address families (SRP-3, SRP-113).
    pub(super) fn opens(&self) -> bool {
        self.bind.is_ipv4() == self.peer.is_ipv4() && self.bind < self.peer
    }
}

/// Where two normalised configurations first differ, or `None`.
///
/// Every line counts in its order, `busyout ip pool` lines included (SRP-57). The text says the
/// line number and its first word only: the compared text itself is not for users (SRP-115).
pub(super) fn first_difference(here: &str, peer: &str) -> Option<String> {
    let (mut ours, mut theirs) = (here.lines(), peer.lines());
    for number in 1.. {
        let (our, their) = (ours.next(), theirs.next());
        if our == their {
            our?;
            continue;
        }
        let word = |line: Option<&str>| {
            line.map_or("nothing".to_owned(), |line| {
                format!("'{}'", line.split_whitespace().next().unwrap_or(""))
            })
        };
        return Some(format!(
            "line {number} differs: {} here, {} on the peer",
            word(our),
            word(their)
        ));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn srp_16_dead_interval_below_three_hellos_is_refused() {
        let mut settings = Settings {
            hello: Duration::from_secs(10),
            dead: Duration::from_secs(29),
            ..Settings::default()
        };
        let said = settings.check().expect_err("29 < 30").to_string();
        assert!(said.contains("expected 30 s or more, saw 29 s"), "{said}");
        settings.dead = Duration::from_secs(30);
        assert_eq!(settings.check(), Ok(()));
    }

    #[test]
    fn srp_57_the_order_of_lines_matters() {
        assert_eq!(first_difference("a\nb", "a\nb"), None);
        assert_eq!(
            first_difference(
                "x\nbusyout ip pool a\nbusyout ip pool b",
                "x\nbusyout ip pool b\nbusyout ip pool a"
            ),
            Some("line 2 differs: 'busyout' here, 'busyout' on the peer".to_owned())
        );
        assert_eq!(
            first_difference("a", "a\nb c"),
            Some("line 2 differs: nothing here, 'b' on the peer".to_owned())
        );
    }

    #[test]
    fn srp_115_no_secret_of_the_compared_text_is_shown() {
        let said = first_difference("radius server key hunter2", "radius server key other")
            .expect("differs");
        assert!(
            !said.contains("hunter2") && !said.contains("other"),
            "{said}"
        );
    }

    #[test]
    fn srp_03_srp_113_only_the_lower_address_of_one_family_opens() {
        let with = |bind: &str, peer: &str| {
            Settings {
                bind: bind.parse().expect("bind"),
                peer: peer.parse().expect("peer"),
                ..Settings::default()
            }
            .opens()
        };
        assert!(with("10.9.0.1", "10.9.0.2"));
        assert!(!with("10.9.0.2", "10.9.0.1"));
        assert!(!with("10.9.0.1", "2001:db8::1"));
    }
}
