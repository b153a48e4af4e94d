//! Session managers, readiness, checkpoints (SRP-62 to SRP-72, SRP-84 to SRP-88).

use cutover::proto::srp::{Conn, Input, ManagerState, Notice, Refusal, Session, State};

use super::harness::{A, B, Pair, pair_settings, seconds};

fn session(call_id: u32, started: std::time::Duration) -> Session {
    Session {
        call_id,
        started,
        ims: false,
        instance: 1,
    }
}

#[test]
fn srp_84_ready_only_after_seven_heartbeats() {
    let mut pair = Pair::booted(pair_settings());
    pair.run_while_not(seconds(5), |pair| {
        pair.peer(B)
            .instances()
            .all(|instance| instance.state == ManagerState::Connected)
    });
    let connected = pair.now;
    pair.run_while_not(seconds(60), |pair| {
        pair.peer(B).totals().standby_connected == 4
    });
    let took = pair.now - connected;
    assert!(
        took >= seconds(21) && took <= seconds(30),
        "tens of seconds, took {took:?}"
    );
    pair.run(seconds(3));
    assert!(
        pair.peer(A)
            .instances()
            .all(|instance| instance.state == ManagerState::Ready),
        "SRP-87"
    );
}

#[test]
fn srp_85_aggressive_recovery_is_ready_at_once() {
    let mut settings = pair_settings();
    settings[B].aggressive = true;
    let mut pair = Pair::booted(settings);
    pair.run(seconds(4));
    assert_eq!(pair.peer(B).totals().standby_connected, 4);
    assert_eq!(pair.peer(A).totals().active_connected, 4);
}

#[test]
fn srp_86_only_the_affected_instance_starts_over() {
    let mut pair = Pair::loaded(40);
    for who in [A, B] {
        pair.with(who, |peer, now| {
            peer.handle(now, Input::Closed(Conn::Session(2)))
        });
    }
    assert_eq!(pair.peer(B).totals().standby_connected, 3);
    pair.run(seconds(12));
    assert_eq!(pair.peer(B).totals().standby_connected, 3);
    pair.run(seconds(30));
    assert_eq!(pair.peer(B).totals().standby_connected, 4);
    assert_eq!(pair.peer(B).totals().pre_allocated, 40);
}

#[test]
fn srp_88_three_missed_heartbeats_drop_the_instance() {
    let mut pair = Pair::formed();
    pair.loss = Some(Box::new(|_, kind| kind == 34));
    pair.run(seconds(8));
    assert_eq!(pair.peer(B).totals().standby_connected, 4);
    pair.run(seconds(5));
    assert_eq!(pair.peer(B).totals().standby_connected, 0);
    assert_eq!(
        pair.states(),
        (State::Active, State::Standby),
        "no failover"
    );
    pair.loss = None;
    pair.run(seconds(50));
    assert_eq!(pair.peer(B).totals().standby_connected, 4);
}

#[test]
fn srp_62_a_session_is_checkpointed_once_old_enough_ims_apart() {
    let mut settings = pair_settings();
    for settings in &mut settings {
        settings.ims_checkpoint_duration = seconds(20);
    }
    let mut pair = Pair::booted(settings);
    pair.run(seconds(45));
    let now = pair.now;
    pair.with(A, |peer, now| {
        peer.attach(now, session(1, now)).expect("Active");
        peer.attach(
            now,
            Session {
                ims: true,
                ..session(2, now)
            },
        )
        .expect("Active");
    });
    pair.run_until(now + seconds(19));
    assert_eq!(pair.peer(B).totals().pre_allocated, 0);
    pair.run_until(now + seconds(24));
    assert_eq!(pair.peer(B).totals().pre_allocated, 1);
    pair.run_until(now + seconds(59));
    assert_eq!(pair.peer(B).totals().pre_allocated, 1);
    pair.run_until(now + seconds(64));
    assert_eq!(pair.peer(B).totals().pre_allocated, 2);
}

#[test]
fn srp_64_srp_72_a_joining_standby_is_filled_to_parity() {
    let mut pair = Pair::off(pair_settings());
    pair.boot(A);
    pair.run(seconds(40));
    let now = pair.now;
    pair.add_sessions(A, 1..4001, now);
    pair.run(seconds(100));
    pair.boot(B);
    pair.run(seconds(60));
    let (active, standby) = (pair.peer(A).totals(), pair.peer(B).totals());
    assert_eq!((active.sessions, standby.pre_allocated), (4000, 4000));
    assert_eq!((active.pre_allocated, standby.sessions), (0, 0));
    for (sent, received) in pair.peer(A).instances().zip(pair.peer(B).instances()) {
        assert_eq!((sent.full_sent, sent.records), (1000, 1000));
        assert_eq!(
            (received.full_received, received.pre_allocated),
            (1000, 1000)
        );
    }
}

#[test]
fn srp_64_a_large_synchronisation_respects_the_window() {
    let mut pair = Pair::formed();
    let now = pair.now;
    pair.crash(B);
    pair.add_sessions(A, 1..20_001, now - seconds(100));
    pair.run(seconds(60));
    pair.boot(B);
    pair.run(seconds(60));
    assert_eq!(pair.peer(B).totals().pre_allocated, 20_000);
}

#[test]
fn mc_1_a_session_that_ends_is_invalidated_on_the_standby() {
    let mut pair = Pair::loaded(40);
    pair.with(A, |peer, _| peer.detach(7)).expect("attached");
    pair.run(seconds(1));
    assert_eq!(pair.peer(B).totals().pre_allocated, 39);
    let received: u64 = pair
        .peer(B)
        .instances()
        .map(|instance| instance.micro_received)
        .sum();
    assert_eq!(received, 1);
    assert_eq!(
        pair.with(A, |peer, _| peer.detach(7)),
        Err(Refusal::UnknownCall { call_id: 7 })
    );
}

#[test]
fn srp_64_sessions_that_ended_during_an_outage_leave_no_ghosts() {
    let mut pair = Pair::loaded(40);
    for who in [A, B] {
        for instance in 1..=4 {
            pair.with(who, |peer, now| {
                peer.handle(now, Input::Closed(Conn::Session(instance)))
            });
        }
    }
    pair.with(A, |peer, _| {
        (1..11).for_each(|call_id| peer.detach(call_id).expect("attached"))
    });
    assert_eq!(pair.peer(B).totals().pre_allocated, 40);
    pair.run(seconds(60));
    assert_eq!(pair.peer(B).totals().pre_allocated, 30);
}

#[test]
fn srp_69_young_sessions_are_lost_at_an_unplanned_switchover() {
    let mut pair = Pair::loaded(40);
    let now = pair.now;
    pair.add_sessions(A, 1000..1007, now);
    pair.run(seconds(11));
    pair.crash(A);
    pair.run(seconds(45));
    let peer = pair.peer(B);
    assert_eq!((peer.state(), peer.totals().sessions), (State::Active, 40));
    let record = peer.call_loss_history().last().expect("a record");
    assert_eq!(
        (record.before, record.recovered, record.lost_not_eligible),
        (47, 40, 7)
    );
}

#[test]
fn srp_70_a_checkpoint_that_cannot_be_delivered_is_told_once() {
    let mut pair = Pair::loaded(40);
    pair.with(A, |peer, now| {
        peer.handle(now, Input::Closed(Conn::Session(1)))
    });
    pair.with(B, |peer, now| {
        peer.handle(now, Input::Closed(Conn::Session(1)))
    });
    pair.with(A, |peer, now| {
        for call_id in 500..503 {
            peer.attach(now, session(call_id, now - seconds(100)))
                .expect("Active");
        }
    });
    let told = pair
        .heard(A)
        .iter()
        .filter(|notice| **notice == Notice::CheckpointFailure)
        .count();
    assert_eq!(told, 1);
    pair.run(seconds(60));
    assert_eq!(
        pair.peer(B).totals().pre_allocated,
        43,
        "made good by the next synchronisation"
    );
}

#[test]
fn sessions_are_refused_off_the_active_and_off_the_instances() {
    let mut pair = Pair::formed();
    let refused = pair.with(B, |peer, now| peer.attach(now, session(1, now)));
    assert_eq!(
        refused,
        Err(Refusal::NotActive {
            state: State::Standby
        })
    );
    for instance in [0, 5] {
        let refused = pair.with(A, |peer, now| {
            peer.attach(
                now,
                Session {
                    instance,
                    ..session(1, now)
                },
            )
        });
        assert_eq!(
            refused,
            Err(Refusal::UnknownInstance { instance, total: 4 })
        );
    }
}

#[test]
fn a_night_of_heartbeats_stays_cheap() {
    let mut pair = Pair::loaded(4000);
    (pair.sends, pair.sent_bytes) = (0, 0);
    pair.run(seconds(3600));
    // Per second: 4 pairs and 2 sides every 3 s, and a few Hellos every 10 s.
    assert!(pair.sends < 3600 * 4, "{} sends", pair.sends);
    assert!(pair.sent_bytes < 3600 * 400, "{} bytes", pair.sent_bytes);
}
