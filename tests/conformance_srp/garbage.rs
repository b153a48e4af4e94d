//! SRP-114 one floor up: whatever a peer says, the machine stays whole.

use cutover::proto::srp::{Conn, Input, Mode, Reason, State};
use cutover::wire::srp::{
    CONTROL, CallRecord, Capabilities, Edge, Hello, Message, Micro, Open, Phase, PhaseReport,
    Request, Response, Verdict,
};
use proptest::prelude::*;

use super::harness::{A, B, Pair, pair_settings, seconds};

fn state() -> impl Strategy<Value = State> {
    prop_oneof![
        Just(State::Init),
        Just(State::Active),
        Just(State::Standby),
        Just(State::PendingActive),
        Just(State::PendingStandby),
    ]
}

/// A number, often one at an edge.
fn edgy(most: u64) -> impl Strategy<Value = u64> + Clone {
    prop_oneof![
        Just(0),
        Just(1),
        Just(2),
        Just(most),
        Just(most - 1),
        0..=most
    ]
}

fn hello() -> impl Strategy<Value = Message<'static>> {
    let numbers = (
        edgy(0xFFFF),
        edgy(u64::MAX),
        edgy(u64::from(u32::MAX)),
        edgy(0xFFFF),
    );
    (state(), any::<bool>(), any::<bool>(), numbers).prop_map(
        |(state, primary, ack, (modifier, epoch, big, managers))| {
            let (big, managers) = (
                u32::try_from(big).expect("bounded"),
                u16::try_from(managers).expect("bounded"),
            );
            let hello = Hello {
                chassis_id: "x",
                state,
                mode: if primary { Mode::Primary } else { Mode::Backup },
                priority: managers,
                mac: [managers.to_be_bytes()[0]; 6],
                route_modifier: u16::try_from(modifier).expect("bounded"),
                release: "",
                hello_ms: big,
                dead_ms: big,
                digest: [1; 32],
                monitor_failures: [big; 3],
                epoch,
                sessions: big,
                session_managers: managers,
                ready: managers,
                capabilities: Capabilities(big),
                uptime_s: big,
            };
            if ack {
                Message::HelloAck(hello)
            } else {
                Message::Hello(hello)
            }
        },
    )
}

fn message() -> impl Strategy<Value = Message<'static>> {
    let small = edgy(0xFFFF_FFFF).prop_map(|number| u32::try_from(number).expect("bounded"));
    prop_oneof![
        4 => hello(),
        1 => (edgy(u64::MAX), small.clone()).prop_map(|(epoch, sessions)| Message::SwitchoverReq(Request {
            reason: Reason::ManualSwitchover, epoch, options: 0, sessions, young: sessions,
        })),
        1 => edgy(u64::MAX).prop_map(|epoch| Message::SwitchoverRsp(Response {
            epoch, verdict: Verdict::Accepted, route_modifier: 0xFFFF,
        })),
        1 => edgy(u64::MAX).prop_map(|epoch| Message::Phase(PhaseReport {
            epoch, phase: Phase::Convergence, edge: Edge::End, sessions: u32::MAX,
        })),
        1 => Just(Message::ValidateReq(vec![])),
        1 => Just(Message::ValidateRsp(vec![])),
        1 => Just(Message::Goodbye("bye")),
        2 => (any::<bool>(), small.clone()).prop_map(|(aggressive, sessions)| {
            Message::SmOpen(Open { sessions, compression: 2, aggressive })
        }),
        2 => any::<bool>().prop_map(|ready| Message::Heartbeat { counter: 0, sessions: u32::MAX, ready }),
        2 => small.clone().prop_map(|call_id| Message::Full(CallRecord { call_id, ..CallRecord::default() })),
        1 => small.clone().prop_map(|call_id| Message::Micro(Micro { call_id, command: 1, variables: &[] })),
        1 => any::<bool>().prop_map(|complete| Message::FlushBegin { epoch: 0, records: u32::MAX, complete }),
        1 => Just(Message::FlushEnd { epoch: 0, records: 0 }),
        1 => small.prop_map(Message::Applied),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn srp_114_whatever_a_peer_says_the_machine_stays_whole(
        steps in proptest::collection::vec((message(), 0_u16..6, 0_u64..12_000, any::<bool>()), 1..60),
        switch in any::<bool>(),
    ) {
        let mut pair = Pair::booted(pair_settings());
        pair.unchecked = true;
        pair.run(seconds(45));
        let now = pair.now;
        pair.add_sessions(A, 1..30, now - seconds(70));
        for (index, (message, instance, wait, to_a)) in steps.into_iter().enumerate() {
            let who = if to_a { A } else { B };
            let number = if instance == 5 { CONTROL } else { instance };
            let mut bytes = vec![];
            message.encode(&mut bytes, number, 1);
            pair.with(who, |peer, now| peer.handle(now, Input::Received(Conn::from_instance(number), &bytes)));
            if switch && index == 3 {
                let _ = pair.with(A, |peer, now| peer.initiate_switchover(now, true));
            }
            pair.run(std::time::Duration::from_millis(wait));
        }
        // Whatever was believed, the machines still tick and still talk.
        let before = [A, B].map(|who| pair.peer(who).statistics().hello_sent);
        pair.run(seconds(100));
        let after = [A, B].map(|who| pair.peer(who).statistics().hello_sent);
        prop_assert!(after[0] > before[0] && after[1] > before[1]);
    }

    #[test]
    fn srp_114_random_bytes_close_a_connection_and_the_pair_heals(
        bytes in proptest::collection::vec(any::<u8>(), 4..80), instance in 0_u16..6,
    ) {
        prop_assume!(bytes[..4] != *b"CSRP");
        let mut pair = Pair::formed();
        let conn = if instance == 5 { Conn::Control } else { Conn::Session(instance) };
        pair.with(B, |peer, now| peer.handle(now, Input::Received(conn, &bytes)));
        pair.run(seconds(60));
        prop_assert_eq!(pair.states(), (State::Active, State::Standby));
        prop_assert_eq!(pair.peer(B).totals().standby_connected, 4);
    }
}
