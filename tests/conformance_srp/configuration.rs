//! Comparison of the two configurations (SRP-55 to SRP-60).

use cutover::proto::srp::{Notice, Refusal, State, ValidationStatus};

use super::harness::{A, B, Pair, pair_settings, seconds};

fn configure(pair: &mut Pair, who: usize, text: &str) {
    pair.with(who, |peer, now| {
        peer.set_configuration(now, text.to_owned())
    });
}

#[test]
fn srp_58_the_configurations_are_compared_when_the_link_forms() {
    let pair = Pair::formed();
    for who in [A, B] {
        let validation = pair.peer(who).validation();
        assert_eq!(validation.status, ValidationStatus::Complete);
        assert_eq!(
            (validation.last_error.as_deref(), validation.out_of_sync),
            (None, false)
        );
        assert!(validation.last_event.is_some());
    }
}

#[test]
fn srp_59_out_of_sync_is_told_once_and_in_sync_after_it() {
    let mut pair = Pair::formed();
    configure(&mut pair, A, "config\n  busyout ip pool b\nend");
    pair.run(seconds(5));
    pair.with(A, |peer, now| peer.validate_configuration(now))
        .expect("Active");
    pair.run(seconds(5));
    for who in [A, B] {
        assert!(pair.peer(who).validation().out_of_sync);
        let error = pair
            .peer(who)
            .validation()
            .last_error
            .clone()
            .expect("an error");
        assert!(error.contains("line 2 differs"), "{error}");
        let told = pair
            .heard(who)
            .iter()
            .filter(|notice| **notice == Notice::ConfigOutOfSync)
            .count();
        assert_eq!(told, 1);
    }
    configure(&mut pair, B, "config\n  busyout ip pool b\nend");
    pair.run(seconds(5));
    for who in [A, B] {
        assert_eq!(pair.heard(who).last(), Some(&Notice::ConfigInSync));
        assert_eq!(pair.peer(who).validation().last_error, None);
    }
}

#[test]
fn srp_58_the_comparison_is_repeated_every_configuration_interval() {
    let mut pair = Pair::formed();
    let before = pair.peer(A).statistics().validations;
    pair.run(seconds(3 * 3600 + 60));
    assert_eq!(pair.peer(A).statistics().validations - before, 3);
}

#[test]
fn srp_58_the_command_is_for_the_active() {
    let mut pair = Pair::formed();
    let refused = pair.with(B, |peer, now| peer.validate_configuration(now));
    assert_eq!(
        refused,
        Err(Refusal::NotActive {
            state: State::Standby
        })
    );
}

#[test]
fn srp_19_different_timers_are_a_mismatch() {
    let mut settings = pair_settings();
    settings[B].dead = seconds(40);
    let mut pair = Pair::booted(settings);
    pair.run(seconds(10));
    for who in [A, B] {
        let error = pair
            .peer(who)
            .validation()
            .last_error
            .clone()
            .expect("an error");
        assert!(error.starts_with("dead-interval differs"), "{error}");
    }
}

#[test]
fn a14_a_configuration_longer_than_one_frame_is_put_together_again() {
    let mut pair = Pair::formed();
    let long: String = (0..8000)
        .map(|line| format!("  ip pool pool-{line} range 10.0.0.0\n"))
        .collect();
    assert!(long.len() > 200_000);
    pair.chunk = 1000;
    configure(&mut pair, A, &long);
    pair.run(seconds(5));
    assert!(pair.peer(B).validation().out_of_sync);
    configure(&mut pair, B, &long);
    pair.run(seconds(5));
    assert!(!pair.peer(A).validation().out_of_sync && !pair.peer(B).validation().out_of_sync);
}

#[test]
fn srp_60_while_out_of_sync_nothing_new_is_pre_allocated() {
    let mut pair = Pair::loaded(40);
    configure(&mut pair, A, "config\nend");
    pair.run(seconds(5));
    let now = pair.now;
    pair.add_sessions(A, 1000..1010, now - seconds(100));
    pair.run(seconds(10));
    assert_eq!(pair.peer(B).totals().pre_allocated, 40);
    assert_eq!(pair.peer(B).statistics().checkpoints_not_applied, 10);
    let received: u64 = pair
        .peer(B)
        .instances()
        .map(|instance| instance.full_received)
        .sum();
    assert_eq!(received, 50, "received but not applied");
    configure(&mut pair, B, "config\nend");
    pair.run(seconds(5));
    assert_eq!(
        pair.peer(B).totals().pre_allocated,
        50,
        "in step again: filled again"
    );
}

#[test]
fn srp_55_an_unplanned_switchover_while_out_of_sync_recovers_nothing() {
    let mut pair = Pair::loaded(40);
    configure(&mut pair, A, "config\nend");
    pair.run(seconds(11));
    pair.crash(A);
    pair.run(seconds(40));
    assert_eq!(pair.peer(B).state(), State::Active);
    assert_eq!(pair.peer(B).totals().sessions, 0);
    let record = pair.peer(B).call_loss_history().last().expect("a record");
    assert_eq!(
        (record.before, record.recovered, record.lost_not_applied),
        (40, 0, 40)
    );
}
