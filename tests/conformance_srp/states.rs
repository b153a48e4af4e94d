//! States, Hellos, election, route modifiers (SRP-1 to SRP-32).

use cutover::proto::srp::{Connection, Mode, Notice, PriorityRule, Reason, Settings, State};
use cutover::wire::srp::{Message, PORT};

use super::harness::{A, B, Pair, pair_settings, seconds};

#[test]
fn t03_e1_both_boot_and_the_primary_becomes_active() {
    let mut pair = Pair::booted(pair_settings());
    assert_eq!(pair.states(), (State::Init, State::Init));
    pair.run(seconds(1));
    assert_eq!(pair.states(), (State::Active, State::Standby));
    assert_eq!(pair.modifiers(), (1, 2), "SRP-29: a fresh pair");
    assert_eq!(
        (pair.heard(A), pair.heard(B)),
        (vec![Notice::Active], vec![Notice::Standby])
    );
    assert_eq!(pair.peer(B).connection(), Connection::Connected);
    let view = pair.peer(B).peer().expect("heard");
    assert_eq!(
        (view.state, view.mode, view.priority, view.route_modifier),
        (State::Active, Mode::Primary, 10, 1)
    );
    assert_eq!(
        (view.chassis_id.as_str(), view.release.as_str()),
        ("gw-a", "21.28")
    );
}

#[test]
fn t03_boot_order_does_not_matter_within_the_dead_interval() {
    for first in [A, B] {
        let mut pair = Pair::off(pair_settings());
        pair.boot(first);
        pair.run(seconds(12));
        pair.boot(1 - first);
        pair.run(seconds(25));
        assert_eq!(
            pair.states(),
            (State::Active, State::Standby),
            "first {first}"
        );
    }
}

#[test]
fn t05_alone_after_delay_and_dead_interval_either_role_becomes_active() {
    for (who, initial) in [(A, 17), (B, 18)] {
        let mut settings = pair_settings();
        settings[who].delay = seconds(20);
        let mut pair = Pair::off(settings);
        pair.boot(who);
        pair.run(seconds(49));
        assert_eq!(
            pair.peer(who).state(),
            State::Init,
            "SRP-17: delay 20 + dead 30"
        );
        pair.run(seconds(1));
        assert_eq!(pair.peer(who).state(), State::Active);
        assert_eq!(
            pair.peer(who).route_modifier(),
            initial,
            "SRP-25: role-initial"
        );
        assert_eq!(pair.heard(who), [Notice::Active]);
    }
}

#[test]
fn srp_08_t02_returning_primary_becomes_standby() {
    let mut pair = Pair::off(pair_settings());
    pair.boot(B);
    pair.run(seconds(60));
    assert_eq!(pair.peer(B).state(), State::Active);
    pair.boot(A);
    pair.run(seconds(120));
    assert_eq!(pair.states(), (State::Standby, State::Active));
    assert_eq!(
        pair.modifiers(),
        (2, 1),
        "SRP-29: above the threshold the Active resets first"
    );
}

#[test]
fn srp_29_joining_chassis_takes_active_value_plus_one() {
    let mut pair = Pair::formed();
    pair.crash(B);
    pair.run(seconds(60));
    assert_eq!(pair.peer(A).state(), State::Active, "SRP-10: stays");
    pair.boot(B);
    pair.run(seconds(20));
    assert_eq!(
        (pair.states(), pair.modifiers()),
        ((State::Active, State::Standby), (1, 2))
    );
}

#[test]
fn srp_12_srp_14_hellos_flow_every_interval_and_are_answered() {
    let mut pair = Pair::formed();
    let before = pair.peer(A).statistics().clone();
    pair.run(seconds(100));
    let after = pair.peer(A).statistics();
    assert_eq!(after.hello_sent - before.hello_sent, 10);
    assert_eq!(after.hello_received - before.hello_received, 10);
    assert_eq!(after.hello_ack_received - before.hello_ack_received, 10);
}

#[test]
fn srp_15_only_hellos_restart_the_dead_timer() {
    let mut pair = Pair::loaded(40);
    let took_over = |pair: &Pair| {
        pair.heard(B)
            .contains(&Notice::SwitchoverOccured(Reason::DeadTimerExpiry))
    };
    // Heartbeats and checkpoints keep flowing, Hellos and their answers do not.
    pair.loss = Some(Box::new(|_, kind| kind == 1 || kind == 2));
    pair.run(seconds(19));
    assert!(!took_over(&pair));
    pair.run(seconds(12));
    assert!(took_over(&pair));
}

#[test]
fn srp_09_losing_the_connection_is_no_failover() {
    let mut pair = Pair::formed();
    let conn = cutover::proto::srp::Conn::Control;
    pair.with(A, |peer, now| {
        peer.handle(now, cutover::proto::srp::Input::Closed(conn))
    });
    pair.with(B, |peer, now| {
        peer.handle(now, cutover::proto::srp::Input::Closed(conn))
    });
    pair.run(seconds(60));
    assert_eq!(pair.states(), (State::Active, State::Standby));
    assert_eq!(
        pair.heard(A),
        [Notice::Active, Notice::ConnDown, Notice::ConnUp]
    );
    assert_eq!(
        pair.heard(B),
        [Notice::Standby],
        "only the Active reports the connection"
    );
}

#[test]
fn t06_srp_10_dead_timer_take_over() {
    let mut pair = Pair::loaded(100);
    pair.crash(A);
    pair.run_while_not(seconds(31), |pair| {
        pair.peer(B).state() == State::PendingActive
    });
    assert!(
        pair.heard(B)
            .ends_with(&[Notice::SwitchoverOccured(Reason::DeadTimerExpiry)])
    );
    pair.run_while_not(seconds(10), |pair| pair.peer(B).state() == State::Active);
    assert!(pair.heard(B).ends_with(&[
        Notice::SwitchoverOccured(Reason::DeadTimerExpiry),
        Notice::Active
    ]));
    let peer = pair.peer(B);
    assert_eq!(
        (peer.route_modifier(), peer.epoch()),
        (2, 1),
        "SRP-29 keeps its value, SRP-112 adds one"
    );
    assert_eq!(
        peer.peer().map(|view| (view.alive, view.state)),
        Some((false, State::Init))
    );
    assert_eq!(peer.totals().sessions, 100);
    assert_eq!(peer.statistics().switchovers_peer_dead, 1);
}

#[test]
fn t10_srp_30_cut_link_gives_two_actives_and_healing_keeps_the_old_one() {
    let mut pair = Pair::loaded(100);
    pair.cut();
    pair.run(seconds(60));
    assert_eq!(pair.states(), (State::Active, State::Active));
    assert!(
        pair.modifiers().0 < pair.modifiers().1,
        "the old Active keeps the traffic"
    );
    assert!(pair.heard(A).contains(&Notice::ConnDown));
    pair.with(B, |peer, now| {
        let session = cutover::proto::srp::Session {
            call_id: 9999,
            started: now,
            ims: false,
            instance: 1,
        };
        peer.attach(now, session).expect("B believes to be Active");
    });
    pair.heal();
    pair.run(seconds(120));
    assert_eq!(
        (pair.states(), pair.modifiers()),
        ((State::Active, State::Standby), (1, 2))
    );
    assert!(pair.heard(B).ends_with(&[
        Notice::SwitchoverOccured(Reason::DualActive),
        Notice::Standby
    ]));
    assert!(pair.heard(A).ends_with(&[Notice::ConnUp]));
    assert_eq!(
        pair.peer(B).totals().pre_allocated,
        100,
        "SRP-111: refilled"
    );
    let record = pair.peer(B).call_loss_history().last().expect("a record");
    assert_eq!(
        (
            record.reason,
            record.before,
            record.lost_dual_active,
            record.recovered
        ),
        (Reason::DualActive, 101, 1, 100)
    );
    assert_eq!(pair.peer(A).epoch(), pair.peer(B).epoch(), "SRP-112");
}

#[test]
fn t10_e4_two_actives_that_never_met_settle_by_role_initial_modifier() {
    let mut pair = Pair::off(pair_settings());
    pair.cut();
    pair.boot(A);
    pair.boot(B);
    pair.run(seconds(40));
    assert_eq!(
        (pair.states(), pair.modifiers()),
        ((State::Active, State::Active), (17, 18))
    );
    pair.heal();
    pair.run(seconds(30));
    assert_eq!(
        (pair.states(), pair.modifiers()),
        ((State::Active, State::Standby), (1, 2))
    );
}

#[test]
fn e5_duplicate_mac_leaves_both_in_init_with_an_alarm() {
    let mut settings = pair_settings();
    settings[B].mode = Mode::Primary;
    settings[B].priority = settings[A].priority;
    settings[B].tiebreak_mac = settings[A].tiebreak_mac;
    let mut pair = Pair::booted(settings);
    pair.run(seconds(300));
    assert_eq!(pair.states(), (State::Init, State::Init));
    for who in [A, B] {
        assert_eq!(pair.heard(who), [Notice::DuplicateTiebreak], "once");
    }
    assert!(pair.said("SRP-22"), "equal priorities are warned about");
}

#[test]
fn e6_opposite_priority_rules_give_an_outage_or_a_split_brain() {
    use PriorityRule::{HigherNumberWins as Legacy, LowerNumberWins as Modern};
    for (rules, expected) in [
        ([Modern, Modern], (State::Active, State::Standby)),
        ([Legacy, Legacy], (State::Standby, State::Active)),
        ([Legacy, Modern], (State::Standby, State::Standby)),
        ([Modern, Legacy], (State::Active, State::Active)),
    ] {
        let mut settings = pair_settings();
        for (settings, rule) in settings.iter_mut().zip(rules) {
            settings.mode = Mode::Primary;
            settings.rule = rule;
        }
        let mut pair = Pair::booted(settings);
        pair.run(seconds(120));
        assert_eq!(pair.states(), expected, "{rules:?}");
    }
}

#[test]
fn t04_init_beside_a_lasting_standby_holds_the_election() {
    let mut pair = Pair::formed();
    pair.crash(A);
    pair.run(seconds(5));
    // A is back before B's dead interval ends: nobody serves, so the primary wins again.
    pair.boot(A);
    pair.run(seconds(40));
    assert_eq!(pair.states(), (State::Active, State::Standby));
}

#[test]
fn srp_03_different_address_families_never_connect() {
    let mut settings = pair_settings();
    settings[A].peer = "2001:db8::2".parse().expect("address");
    let mut pair = Pair::booted(settings);
    pair.run(seconds(60));
    assert_eq!(pair.states(), (State::Active, State::Active));
    assert!(pair.peer(A).peer().is_none());
}

#[test]
fn t15_goodbye_is_logged_and_the_peer_still_waits_its_dead_interval() {
    let mut pair = Pair::formed();
    pair.with(A, |peer, _| peer.goodbye("reload"));
    assert_eq!(pair.peer(A).deadline(), None);
    pair.run(seconds(1));
    assert!(pair.said("goodbye: reload"));
    pair.crash(A);
    pair.run(seconds(18));
    assert_eq!(pair.peer(B).state(), State::Standby);
    pair.run(seconds(20));
    assert_eq!(pair.peer(B).state(), State::Active);
}

#[test]
fn t15_a_new_bind_address_unbinds_and_starts_again() {
    let mut pair = Pair::formed();
    let moved = Settings {
        bind: "10.9.0.3".parse().expect("address"),
        ..pair.settings[B].clone()
    };
    pair.with(B, |peer, now| peer.update_settings(now, moved));
    assert_eq!(pair.peer(B).state(), State::Init);
    assert!(pair.peer(B).peer().is_none());
}

#[test]
fn a14_garbage_closes_the_connection_and_is_counted() {
    let mut pair = Pair::formed();
    let conn = cutover::proto::srp::Conn::Control;
    pair.with(A, |peer, now| {
        peer.handle(
            now,
            cutover::proto::srp::Input::Received(conn, b"GET / HTTP/1.1"),
        )
    });
    pair.run(seconds(1));
    assert_eq!(pair.peer(A).statistics().protocol_errors, 1);
    assert!(pair.said("not an SRP frame"));
    pair.run(seconds(60));
    assert_eq!(
        pair.states(),
        (State::Active, State::Standby),
        "reconnected: SRP-113"
    );
    assert_eq!(PORT, 38190);
}

#[test]
fn a14_any_chunking_leads_to_the_same_pair() {
    let mut pair = Pair::booted(pair_settings());
    pair.chunk = 1;
    pair.run(seconds(45));
    assert_eq!(
        (pair.states(), pair.modifiers()),
        ((State::Active, State::Standby), (1, 2))
    );
    assert_eq!(pair.peer(B).totals().standby_connected, 4);
}

#[test]
fn a14_a_frame_of_another_kind_of_connection_has_no_effect() {
    let mut pair = Pair::formed();
    let mut bytes = vec![];
    Message::Applied(7).encode(&mut bytes, 0xFFFF, 1);
    pair.with(A, |peer, now| {
        peer.handle(
            now,
            cutover::proto::srp::Input::Received(cutover::proto::srp::Conn::Control, &bytes),
        );
    });
    pair.run(seconds(30));
    assert_eq!(pair.states(), (State::Active, State::Standby));
}
