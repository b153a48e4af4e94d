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

fn went_down(up: Duration, before: Duration, since: Duration) -> bool {
    let sent = Sent {
        at: Timestamp::UNIX_EPOCH,
        up: before,
    };
    sent.has_rebooted(up, since)
}

#[test]
fn trap_13_only_an_uptime_that_began_after_the_command_proves_a_boot() {
    let s = Duration::from_secs;
    let days = s(22 * 86_400);
    assert!(went_down(s(240), days, s(900)), "back after 15 minutes");
    assert!(!went_down(days + s(900), days, s(900)), "still up");
    assert!(
        !went_down(days, days, s(30)),
        "still up, and no minute over"
    );
    assert!(went_down(s(120), s(300), s(600)), "was young, is younger");
    assert!(
        went_down(s(400), s(300), s(1000)),
        "was young, took its time"
    );
    assert!(!went_down(s(300), s(300), s(40)), "young and still up");
}

#[test]
fn f_70_a_clock_that_is_set_or_runs_at_another_pace_fakes_no_boot_and_hides_none() {
    let s = Duration::from_secs;
    let days = s(22 * 86_400);
    assert!(
        !went_down(days + s(60), days, s(7200)),
        "ours was set forwards"
    );
    assert!(
        went_down(s(240), days, s(5)),
        "theirs runs sixty times faster"
    );
    assert!(went_down(s(240), days, s(0)), "ours was set back");
}
