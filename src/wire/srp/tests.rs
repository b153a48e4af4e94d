//! Vectors, round trips, truncation and mutation (SRP-114).

use proptest::prelude::*;

use super::*;

const VECTOR: &str = "4353525001010000ffff000000000001000000a1000000a18a1a38220001000467772d610002000101000300010100040002000100050006000243031c2b0006000200010007000532312e323800080004000027100009000400007530000a00200000000000000000000000000000000000000000000000000000000000000000000b000c000000000000000000000000000c00080000000000000000000d0004000003e8000e000400040004000f0004000000000010000400000e10";

fn vector() -> Vec<u8> {
    (0..VECTOR.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&VECTOR[at..at + 2], 16).expect("hex"))
        .collect()
}

fn hello() -> Hello<'static> {
    Hello {
        chassis_id: "gw-a",
        state: State::Active,
        mode: Mode::Primary,
        priority: 1,
        mac: [0x00, 0x02, 0x43, 0x03, 0x1C, 0x2B],
        route_modifier: 1,
        release: "21.28",
        hello_ms: 10_000,
        dead_ms: 30_000,
        digest: [0; 32],
        monitor_failures: [0; 3],
        epoch: 0,
        sessions: 1000,
        session_managers: 4,
        ready: 4,
        capabilities: Capabilities(0),
        uptime_s: 3600,
    }
}

/// One message of every frame type.
fn every_message() -> Vec<Message<'static>> {
    let check = Check {
        name: "link",
        passed: false,
        detail: "not connected",
    };
    let row = MonitorRow {
        kind: MonitorKind::Bgp,
        up: true,
        group: 2,
        endpoint: "PGWin 10.20.0.1",
    };
    vec![
        Message::Hello(hello()),
        Message::HelloAck(Hello {
            state: State::PendingStandby,
            mode: Mode::Backup,
            epoch: 7,
            ..hello()
        }),
        Message::Config(ConfigPart {
            part: 1,
            parts: 3,
            text: b"busyout ip pool a",
            digest: [9; 32],
        }),
        Message::ConfigResult {
            digest: [3; 32],
            in_step: false,
            difference: "line 4",
        },
        Message::SwitchoverReq(Request {
            reason: Reason::ManualSwitchover,
            epoch: 5,
            options: 8,
            sessions: 4000,
            young: 12,
        }),
        Message::SwitchoverRsp(Response {
            epoch: 5,
            verdict: Verdict::NotStandby,
            route_modifier: 3,
        }),
        Message::Phase(PhaseReport {
            epoch: 5,
            phase: Phase::Audit,
            edge: Edge::End,
            sessions: 8,
        }),
        Message::Goodbye("reload"),
        Message::ValidateReq(vec![
            check,
            Check {
                passed: true,
                ..check
            },
        ]),
        Message::ValidateRsp(vec![]),
        Message::AuditList(vec![
            AuditEntry {
                call_id: 1,
                hash: 2,
            },
            AuditEntry {
                call_id: 3,
                hash: 4,
            },
        ]),
        Message::AuditResult([1, 2, 3, 4]),
        Message::Monitor(vec![
            row,
            MonitorRow {
                kind: MonitorKind::Diameter,
                up: false,
                ..row
            },
        ]),
        Message::SmOpen(Open {
            sessions: 9,
            compression: 0,
            aggressive: true,
        }),
        Message::SmOpenAck(Open {
            sessions: 0,
            compression: 1,
            aggressive: false,
        }),
        Message::Heartbeat {
            counter: 7,
            sessions: 500,
            ready: true,
        },
        Message::Full(CallRecord {
            call_id: 77,
            started_ms: 1 << 40,
            ims: true,
            ..CallRecord::default()
        }),
        Message::Full(CallRecord {
            call_id: 78,
            started_ms: 5,
            ims: false,
            subscriber: "310150123456789",
            addresses: &[10, 0, 0, 1],
            pool: "pool-a",
            service: "ggsn",
            octets: [1, 2],
            timers: [3, 4],
        }),
        Message::Micro(Micro {
            call_id: 1,
            command: command::INVALIDATE,
            variables: &[],
        }),
        Message::Micro(Micro {
            call_id: 1,
            command: command::IDLE_SECONDS,
            variables: &[0, 1, 2],
        }),
        Message::Nack(Nack {
            call_id: 2,
            micro: true,
            command: 2,
            reason: 1,
            count: 3,
        }),
        Message::FlushBegin {
            epoch: 1,
            records: 2,
            complete: true,
        },
        Message::FlushEnd {
            epoch: 1,
            records: 2,
        },
        Message::Applied(u32::MAX),
    ]
}

fn encoded(message: &Message<'_>, sequence: u32) -> Vec<u8> {
    let mut out = Vec::new();
    message.encode(&mut out, 3, sequence);
    out
}

/// Replaces the payload and repairs lengths and CRC, so that damage reaches the TLV reader.
fn reframed(bytes: &[u8], payload: &[u8]) -> Vec<u8> {
    let mut out = bytes[..HEADER].to_vec();
    let length = u32::try_from(payload.len()).expect("small").to_be_bytes();
    out[16..20].copy_from_slice(&length);
    out[20..24].copy_from_slice(&length);
    out[24..28].copy_from_slice(&crc32fast::hash(payload).to_be_bytes());
    out.extend_from_slice(payload);
    out
}

#[test]
fn a14_hello_vector_is_said_and_read() {
    let mut out = Vec::new();
    Message::Hello(hello()).encode(&mut out, CONTROL, 1);
    assert_eq!(out, vector());
    let (frame, length) = split(&out).expect("valid").expect("whole");
    assert_eq!(
        (length, frame.instance, frame.sequence),
        (out.len(), CONTROL, 1)
    );
    assert_eq!(Message::decode(&frame), Ok(Some(Message::Hello(hello()))));
}

#[test]
fn srp_114_every_frame_type_round_trips() {
    for message in every_message() {
        let bytes = encoded(&message, 9);
        let (frame, length) = split(&bytes).expect("valid").expect("whole");
        assert_eq!(length, bytes.len());
        assert_eq!(Message::decode(&frame), Ok(Some(message)));
    }
}

#[test]
fn srp_114_truncated_streams_wait_and_truncated_payloads_never_panic() {
    for message in every_message() {
        let bytes = encoded(&message, 9);
        for end in 0..bytes.len() {
            assert_eq!(split(&bytes[..end]), Ok(None), "{message:?} cut at {end}");
        }
        for end in HEADER..bytes.len() {
            let cut = reframed(&bytes, &bytes[HEADER..end]);
            let (frame, _) = split(&cut).expect("valid").expect("whole");
            if let Ok(Some(shorter)) = Message::decode(&frame) {
                assert_eq!(
                    Message::decode(
                        &split(&encoded(&shorter, 9))
                            .expect("valid")
                            .expect("whole")
                            .0
                    ),
                    Ok(Some(shorter))
                );
            }
        }
    }
}

#[test]
fn a14_bad_magic_version_length_and_crc_are_named() {
    let good = vector();
    let with = |at: usize, value: u8| {
        let mut bytes = good.clone();
        bytes[at] = value;
        split(&bytes).expect_err("damaged").to_string()
    };
    assert!(with(0, b'X').contains("magic"));
    assert!(with(4, 2).contains("version"));
    assert!(with(16, 0x7F).contains("at most 16777216"));
    assert!(with(23, 0).contains("uncompressed length"));
    assert!(with(40, 0xFF).contains("CRC-32"));
    assert_eq!(split(b"SSH-"), Err(Error::Magic(0x5353_482D)));
}

#[test]
fn a14_unknown_frames_and_tlvs_are_skipped_and_missing_ones_named() {
    let mut bytes = vector();
    bytes[5] = 99;
    assert_eq!(
        Message::decode(&split(&bytes).expect("valid").expect("whole").0),
        Ok(None)
    );

    let bytes = encoded(&Message::Applied(5), 1);
    let mut payload = vec![0x12, 0x34, 0, 2, 1, 1];
    payload.extend_from_slice(&bytes[HEADER..]);
    let longer = reframed(&bytes, &payload);
    assert_eq!(
        Message::decode(&split(&longer).expect("valid").expect("whole").0),
        Ok(Some(Message::Applied(5)))
    );

    let empty = reframed(&vector(), &[]);
    let error =
        Message::decode(&split(&empty).expect("valid").expect("whole").0).expect_err("no TLVs");
    assert_eq!(
        error.to_string(),
        "SRP frame type 1 lacks its chassis id TLV"
    );
}

#[test]
fn srp_82_a_compressed_payload_that_was_not_agreed_is_refused() {
    let mut bytes = encoded(&Message::Applied(5), 1);
    bytes[7] |= 2;
    let (frame, _) = split(&bytes).expect("valid").expect("whole");
    assert_eq!(Message::decode(&frame), Err(Error::Compressed { kind: 40 }));
}

proptest! {
    #[test]
    fn srp_114_random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), kind in any::<u8>()) {
        let _ = split(&bytes);
        let mut frame = reframed(&vector(), &bytes);
        frame[5] = kind;
        let (frame, _) = split(&frame).expect("reframed").expect("whole");
        let _ = Message::decode(&frame);
    }

    #[test]
    fn srp_114_mutated_frames_never_panic_and_what_is_accepted_can_be_said_again(
        index in 0_usize..24, at in any::<prop::sample::Index>(), value in any::<u8>(),
    ) {
        let bytes = encoded(&every_message()[index], 9);
        let mut raw = bytes.clone();
        let place = at.index(raw.len());
        raw[place] = value;
        let _ = split(&raw).map(|found| found.map(|(frame, _)| Message::decode(&frame).is_ok()));

        let mut payload = bytes[HEADER..].to_vec();
        if !payload.is_empty() {
            let place = at.index(payload.len());
            payload[place] = value;
        }
        let repaired = reframed(&bytes, &payload);
        let (frame, _) = split(&repaired).expect("reframed").expect("whole");
        if let Ok(Some(message)) = Message::decode(&frame) {
            let again = encoded(&message, 9);
            let (frame, _) = split(&again).expect("ours").expect("whole");
            prop_assert_eq!(Message::decode(&frame), Ok(Some(message)));
        }
    }

    #[test]
    fn srp_114_any_chunking_gives_the_same_frames(cuts in proptest::collection::vec(1_usize..40, 1..60)) {
        let messages = every_message();
        let mut stream = Vec::new();
        for (sequence, message) in (1..).zip(&messages) {
            message.encode(&mut stream, 3, sequence);
        }
        let (mut buffer, mut got, mut fed) = (Vec::new(), 0_u32, 0);
        for cut in cuts.iter().copied().cycle() {
            if fed == stream.len() { break; }
            let end = (fed + cut).min(stream.len());
            buffer.extend_from_slice(&stream[fed..end]);
            fed = end;
            while let Some((frame, length)) = split(&buffer).expect("valid") {
                got += 1;
                prop_assert_eq!(frame.sequence, got);
                buffer.drain(..length);
            }
        }
        prop_assert_eq!(got as usize, messages.len());
    }
}
