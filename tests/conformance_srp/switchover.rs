//! Manual switchover (SRP-89 to SRP-95, A.11) and epochs (SRP-112).

use std::time::Duration;

use cutover::proto::srp::{Conn, Direction, Input, Notice, Reason, Refusal, Settings, State};
use cutover::wire::srp::{CONTROL, Message, Request};

use super::harness::{A, B, Pair, pair_settings, seconds};

const RESPONSE: u8 = 6;
const REQUEST: u8 = 5;

fn initiate(pair: &mut Pair, who: usize, force: bool) -> Result<(), Refusal> {
    pair.with(who, |peer, now| peer.initiate_switchover(now, force))
}

fn swapped(pair: &Pair) -> bool {
    pair.states() == (State::Standby, State::Active)
}

#[test]
fn srp_89_srp_93_planned_switchover_swaps_the_states_and_keeps_every_session() {
    let mut pair = Pair::loaded(4000);
    pair.notices = [vec![], vec![]];
    pair.outage = Duration::ZERO;
    initiate(&mut pair, A, false).expect("accepted");
    assert_eq!(
        pair.peer(A).state(),
        State::Active,
        "the peer is asked first"
    );
    pair.run_while_not(seconds(1), |pair| {
        pair.peer(A).state() == State::PendingStandby
    });
    assert_eq!(
        pair.with(A, |peer, _| peer.detach(1)),
        Err(Refusal::NotActive {
            state: State::PendingStandby
        })
    );
    pair.run_while_not(seconds(10), swapped);
    assert_eq!(
        pair.modifiers(),
        (3, 2),
        "SRP-29: new Active keeps n, old Active n + 1"
    );
    assert_eq!(
        pair.heard(A),
        [
            Notice::SwitchoverInitiated,
            Notice::SwitchoverOccured(Reason::ManualSwitchover),
            Notice::Standby
        ]
    );
    assert_eq!(pair.heard(B), [Notice::Active]);
    assert_eq!((pair.peer(A).epoch(), pair.peer(B).epoch()), (1, 1));
    assert!(
        pair.outage >= seconds(2) && pair.outage < seconds(3),
        "accounting flush: {:?}",
        pair.outage
    );
    pair.run(seconds(10));
    assert_eq!(
        (
            pair.peer(B).totals().sessions,
            pair.peer(A).totals().pre_allocated
        ),
        (4000, 4000)
    );
    let lost: u32 = [A, B]
        .iter()
        .flat_map(|who| pair.peer(*who).call_loss_history())
        .map(|record| record.lost())
        .sum();
    assert_eq!(lost, 0);
    assert_eq!(
        pair.peer(A)
            .call_loss_history()
            .last()
            .map(|record| record.direction),
        Some(Direction::ToStandby)
    );
}

#[test]
fn srp_69_a_planned_switchover_loses_only_what_was_too_young() {
    for (flush_young, kept) in [(false, 40), (true, 45)] {
        let mut settings = pair_settings();
        for settings in &mut settings {
            settings.flush_young = flush_young;
        }
        let mut pair = Pair::booted(settings);
        pair.run(seconds(45));
        let now = pair.now;
        pair.add_sessions(A, 1..41, now - seconds(100));
        pair.add_sessions(A, 100..105, now);
        initiate(&mut pair, A, false).expect("accepted");
        pair.run_while_not(seconds(20), swapped);
        assert_eq!(pair.peer(B).totals().sessions, kept);
        for who in [A, B] {
            let record = pair
                .peer(who)
                .call_loss_history()
                .last()
                .expect("a record")
                .clone();
            assert_eq!(
                (record.before, record.recovered, record.lost_not_eligible),
                (45, kept, 45 - kept),
                "{record:?}"
            );
        }
    }
}

#[test]
fn srp_89_srp_91_refused_off_the_active_without_link_and_while_in_progress() {
    let mut pair = Pair::formed();
    assert_eq!(
        initiate(&mut pair, B, true),
        Err(Refusal::NotActive {
            state: State::Standby
        })
    );
    initiate(&mut pair, A, false).expect("accepted");
    assert_eq!(
        initiate(&mut pair, A, true),
        Err(Refusal::InProgress),
        "force does not override"
    );
    pair.run_while_not(seconds(10), swapped);

    let mut alone = Pair::formed();
    alone.crash(B);
    alone.run(seconds(60));
    let peer = alone.settings[A].peer;
    assert_eq!(
        initiate(&mut alone, A, true),
        Err(Refusal::NotConnected { peer })
    );
}

#[test]
fn srp_90_refused_with_the_number_of_mismatched_session_managers_and_forced() {
    let mut pair = Pair::loaded(40);
    for who in [A, B] {
        for instance in [2, 3] {
            pair.with(who, |peer, now| {
                peer.handle(now, Input::Closed(Conn::Session(instance)))
            });
        }
    }
    let refused = initiate(&mut pair, A, false).expect_err("two are missing");
    assert_eq!(
        refused,
        Refusal::SessionManagers {
            mismatched: 2,
            total: 4
        }
    );
    assert!(
        refused
            .to_string()
            .starts_with("2 of 4 session managers mismatched")
    );
    assert_eq!(pair.states(), (State::Active, State::Standby));
    initiate(&mut pair, A, true).expect("forced");
    pair.run_while_not(seconds(20), swapped);
}

#[test]
fn srp_90_older_releases_neither_check_nor_know_force() {
    let mut settings = pair_settings();
    for settings in &mut settings {
        settings.validates_session_managers = false;
    }
    let mut pair = Pair::booted(settings);
    pair.run(seconds(5));
    assert_eq!(pair.peer(B).totals().standby_connected, 0);
    assert_eq!(initiate(&mut pair, A, true), Err(Refusal::NoForce));
    initiate(&mut pair, A, false).expect("no session-manager check");
    pair.run_while_not(seconds(20), swapped);
}

#[test]
fn srp_92_validation_is_stored_with_its_time_on_both_and_changes_nothing() {
    let mut pair = Pair::formed();
    assert!(pair.peer(A).last_switchover_check().is_none());
    let asked = pair.now;
    pair.with(A, |peer, now| peer.validate_switchover(now));
    pair.run(seconds(1));
    for who in [A, B] {
        let check = pair.peer(who).last_switchover_check().expect("stored");
        assert!(check.at >= asked);
        assert_eq!(check.result, Ok(()));
    }
    for who in [A, B] {
        pair.with(who, |peer, now| {
            peer.handle(now, Input::Closed(Conn::Session(1)))
        });
    }
    pair.with(A, |peer, now| peer.validate_switchover(now));
    let failed = pair
        .peer(A)
        .last_switchover_check()
        .expect("stored")
        .result
        .clone();
    assert!(failed.expect_err("one is missing").contains("1 of 4"));
    assert_eq!(pair.states(), (State::Active, State::Standby));
}

#[test]
fn srp_92_a_silent_peer_fails_the_validation() {
    let mut pair = Pair::formed();
    pair.loss = Some(Box::new(|_, kind| kind == 10));
    pair.with(A, |peer, now| peer.validate_switchover(now));
    pair.run(seconds(11));
    let result = pair
        .peer(A)
        .last_switchover_check()
        .expect("stored")
        .result
        .clone();
    assert_eq!(
        result,
        Err("the peer did not answer the validation".to_owned())
    );
}

#[test]
fn srp_94_t12_no_answer_retries_three_times_then_active_again() {
    let mut pair = Pair::loaded(40);
    pair.notices = [vec![], vec![]];
    pair.loss = Some(Box::new(|_, kind| kind == REQUEST));
    initiate(&mut pair, A, false).expect("accepted");
    pair.run(seconds(39));
    assert_eq!(pair.states(), (State::PendingStandby, State::Standby));
    pair.run(seconds(3));
    assert_eq!(pair.states(), (State::Active, State::Standby));
    assert_eq!(pair.heard(A), [Notice::SwitchoverInitiated, Notice::Active]);
    assert_eq!(pair.peer(A).statistics().switchovers_abandoned, 1);
    pair.loss = None;
    pair.run(seconds(10));
    initiate(&mut pair, A, false).expect("accepted again");
    pair.run_while_not(seconds(20), swapped);
    assert_eq!(pair.peer(B).totals().sessions, 40);
}

#[test]
fn srp_94_a_lost_response_is_made_good_by_the_next_hello() {
    let mut pair = Pair::loaded(40);
    pair.loss = Some(Box::new(|_, kind| kind == RESPONSE));
    initiate(&mut pair, A, false).expect("accepted");
    pair.run_while_not(seconds(20), swapped);
    assert_eq!((pair.modifiers(), pair.peer(A).epoch()), ((3, 2), 1));
}

#[test]
fn srp_94_srp_112_a_repeated_request_is_answered_again_and_changes_nothing() {
    let mut pair = Pair::loaded(40);
    // Neither responses nor Hellos reach A: only the repeated request can settle it.
    pair.loss = Some(Box::new(|from, kind| {
        from == B && [1, 2, RESPONSE, 7].contains(&kind)
    }));
    initiate(&mut pair, A, false).expect("accepted");
    pair.run_while_not(seconds(5), |pair| {
        pair.peer(B).state() == State::PendingActive
    });
    assert_eq!(pair.peer(A).state(), State::PendingStandby);
    let request = Request {
        reason: Reason::ManualSwitchover,
        epoch: 1,
        options: 0,
        sessions: 40,
        young: 0,
    };
    let mut bytes = vec![];
    Message::SwitchoverReq(request).encode(&mut bytes, CONTROL, 99);
    pair.loss = None;
    pair.with(B, |peer, now| {
        peer.handle(now, Input::Received(Conn::Control, &bytes))
    });
    pair.run_while_not(seconds(20), swapped);
    assert_eq!(
        (
            pair.peer(B).epoch(),
            pair.peer(B).statistics().requests_refused
        ),
        (1, 0)
    );
}

#[test]
fn srp_112_a_request_of_another_epoch_is_refused() {
    let mut pair = Pair::formed();
    for epoch in [0, 2, 7] {
        let request = Request {
            reason: Reason::ManualSwitchover,
            epoch,
            options: 0,
            sessions: 0,
            young: 0,
        };
        let mut bytes = vec![];
        Message::SwitchoverReq(request).encode(&mut bytes, CONTROL, 99);
        pair.with(B, |peer, now| {
            peer.handle(now, Input::Received(Conn::Control, &bytes))
        });
    }
    pair.run(seconds(1));
    assert_eq!(pair.states(), (State::Active, State::Standby));
    assert_eq!(pair.peer(B).statistics().requests_refused, 3);
}

#[test]
fn t12_the_link_breaks_before_the_confirmation_and_the_old_active_carries_on() {
    let mut pair = Pair::loaded(40);
    initiate(&mut pair, A, false).expect("accepted");
    pair.run_while_not(seconds(1), |pair| {
        pair.peer(A).state() == State::PendingStandby
    });
    for who in [A, B] {
        pair.with(who, |peer, now| {
            peer.handle(now, Input::Closed(Conn::Control))
        });
    }
    assert_eq!(pair.peer(A).state(), State::Active);
    pair.run(seconds(60));
    assert_eq!(pair.states(), (State::Active, State::Standby));
    assert_eq!(pair.peer(B).totals().pre_allocated, 40);
}

#[test]
fn t13_the_link_breaks_after_the_confirmation_and_the_new_active_finishes_alone() {
    let mut pair = Pair::loaded(40);
    initiate(&mut pair, A, false).expect("accepted");
    pair.run_while_not(seconds(5), |pair| {
        pair.peer(B).state() == State::PendingActive
    });
    pair.run(Duration::from_millis(20));
    pair.cut();
    for who in [A, B] {
        pair.with(who, |peer, now| {
            peer.handle(now, Input::Closed(Conn::Control))
        });
    }
    assert_eq!(pair.peer(B).state(), State::Active);
    pair.run(seconds(11));
    assert_eq!(
        pair.peer(A).state(),
        State::Standby,
        "ten seconds without PHASE"
    );
    pair.heal();
    pair.run(seconds(60));
    assert!(swapped(&pair));
}

#[test]
fn t12_t10_cut_exactly_between_request_and_response_ends_in_one_active() {
    let mut pair = Pair::loaded(40);
    initiate(&mut pair, A, false).expect("accepted");
    pair.run_while_not(seconds(5), |pair| {
        pair.peer(B).state() == State::PendingActive
    });
    pair.cut();
    pair.run(seconds(60));
    assert_eq!(pair.states(), (State::Active, State::Active));
    pair.heal();
    pair.run(seconds(120));
    assert_eq!(
        (pair.states(), pair.modifiers()),
        ((State::Active, State::Standby), (1, 2)),
        "E4: the lower value"
    );
    assert_eq!(pair.peer(B).totals().pre_allocated, 40);
}

#[test]
fn t06_t07_the_new_active_dies_during_convergence_and_the_old_one_takes_back() {
    for dead in [9, 30] {
        let mut settings = pair_settings();
        for settings in &mut settings {
            (settings.hello, settings.dead) = (seconds(3), seconds(dead));
        }
        let mut pair = Pair::booted(settings);
        pair.run(seconds(45));
        initiate(&mut pair, A, false).expect("accepted");
        pair.run_while_not(seconds(5), |pair| {
            pair.peer(B).state() == State::PendingActive
        });
        pair.run(Duration::from_millis(20));
        pair.crash(B);
        pair.run(seconds(60));
        assert_eq!(
            pair.peer(A).state(),
            State::Active,
            "dead interval {dead} s"
        );
    }
}

#[test]
fn srp_90_fewer_session_managers_after_a_reconfiguration_break_nothing() {
    let mut pair = Pair::loaded(40);
    for who in [A, B] {
        let fewer = Settings {
            session_managers: 2,
            ..pair.settings[who].clone()
        };
        pair.with(who, |peer, now| peer.update_settings(now, fewer));
    }
    pair.with(A, |peer, _| {
        (1..41).for_each(|call_id| peer.detach(call_id).expect("attached"))
    });
    pair.run(seconds(60));
    assert_eq!(
        (pair.states(), pair.peer(B).totals().standby_connected),
        ((State::Active, State::Standby), 2)
    );
}

#[test]
fn t14_srp_95_terminate_post_process_ends_the_work_at_once() {
    let mut pair = Pair::loaded(40);
    let refused = pair.with(A, |peer, now| peer.terminate_post_process(now));
    assert_eq!(
        refused,
        Err(Refusal::NotPendingActive {
            state: State::Active
        })
    );
    initiate(&mut pair, A, false).expect("accepted");
    pair.run_while_not(seconds(5), |pair| {
        pair.peer(B).state() == State::PendingActive
    });
    pair.with(B, |peer, now| peer.terminate_post_process(now))
        .expect("pending");
    assert_eq!(pair.peer(B).state(), State::Active);
    pair.run(seconds(1));
    assert!(swapped(&pair), "A heard the end of convergence");
}

#[test]
fn srp_26_srp_28_thirty_switchovers_stay_below_the_threshold() {
    let mut pair = Pair::loaded(40);
    for round in 0_u64..30 {
        let (from, to) = if round % 2 == 0 { (A, B) } else { (B, A) };
        initiate(&mut pair, from, false).expect("accepted");
        pair.run_while_not(seconds(20), |pair| {
            (pair.peer(from).state(), pair.peer(to).state()) == (State::Standby, State::Active)
        });
        pair.run(seconds(12));
        let (a, b) = pair.modifiers();
        assert!(a.max(b) <= 16 && a != b, "round {round}: {a} {b}");
        assert_eq!(pair.peer(to).epoch(), round + 1);
        assert_eq!(pair.peer(to).totals().sessions, 40);
        assert_eq!(pair.peer(from).totals().pre_allocated, 40);
    }
}
