//! When a chassis has booted, by its own count of minutes.

use super::*;

const MINUTE: u64 = 60;
const DAY: u64 = 86_400;

/// Up for `before` when the command was to go out, up for `now` after `since`, in seconds; the
/// chassis counts minutes, so both its counts are up to a minute behind.
fn rebooted(before: u64, now: u64, since: u64) -> bool {
    let shown = |seconds: u64| Duration::from_secs(seconds / MINUTE * MINUTE);
    let sent = Sent {
        at: Timestamp::UNIX_EPOCH,
        up: shown(before),
    };
    sent.has_rebooted(shown(now), Duration::from_secs(since))
}

#[test]
fn trap_13_a_chassis_that_never_went_down_is_never_taken_for_one_that_booted() {
    for before in [0, 59, 60, 61, 119, 120, 3600, 30 * DAY] {
        for since in [0, 1, 59, 60, 61, 600, 3600, 3 * DAY] {
            assert!(!rebooted(before, before + since, since), "{before} {since}");
        }
    }
}

#[test]
fn trap_13_a_chassis_that_booted_is_known_by_it_minutes_or_days_later() {
    for before in [2 * MINUTE, 3600, 30 * DAY] {
        for since in [5 * MINUTE, 3600, 3 * DAY] {
            assert!(rebooted(before, since - MINUTE, since), "{before} {since}");
            assert!(rebooted(before, 0, since), "booted twice: {before} {since}");
        }
    }
}

#[test]
fn f_71_a_clock_that_stood_still_or_jumped_does_not_hide_a_reboot_from_a_long_uptime() {
    // This machine slept for the hour in which the chassis booted.
    assert!(rebooted(30 * DAY, 3600, 10));
    // The clock was set back between two processes: nothing seems to have passed.
    assert!(rebooted(30 * DAY, 15 * MINUTE, 0));
}
