use proptest::prelude::*;

use super::*;

/// A trap for starIPSPAllAddrsFree that snmptrapd accepted (`protocols.md` SNMP-2).
const SNMP_2: &str = "307002010104067075626c6963a763020107020100020100\
    3058300e06082b0601020101030043023039\
    3017060a2b06010603010104010006092b06010401bf640256\
    3015060b2b06010401bf64011f050004066861\
    2d637478\
    3016060b2b06010401bf64011f06000407697073702d6966";

const STARENT: &[u32] = &[1, 3, 6, 1, 4, 1, 8164];

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .bytes()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

fn star(below: &[u32]) -> Oid {
    Oid::new(STARENT).join(below)
}

fn public() -> Community {
    Community::new("public")
}

fn v1(enterprise: Oid, generic: i32, specific: i32) -> V1Trap {
    V1Trap {
        community: public(),
        enterprise,
        agent_address: [192, 0, 2, 10],
        generic,
        specific,
        uptime: 77,
        varbinds: vec![VarBind::new(
            star(&[1, 31, 5]),
            Value::OctetString(b"ha".to_vec()),
        )],
    }
}

#[test]
fn snmp_2_vector_both_ways() {
    let bytes = hex(SNMP_2);
    let message = Message::decode(&bytes).unwrap();
    assert_eq!(message.encode(), bytes);
    let objects = vec![
        VarBind::new(star(&[1, 31, 5, 0]), Value::OctetString(b"ha-ctx".to_vec())),
        VarBind::new(
            star(&[1, 31, 6, 0]),
            Value::OctetString(b"ipsp-if".to_vec()),
        ),
    ];
    let built = Message::notification(
        PduKind::Trap,
        public(),
        7,
        12345,
        star(&[2, 86]),
        objects.clone(),
    );
    assert_eq!(built, message);
    let heard = Notification::of(&message).unwrap();
    assert_eq!(heard.trap_oid, star(&[2, 86]));
    assert_eq!(heard.uptime, Some(12345));
    assert_eq!(heard.varbinds, objects);
    assert_eq!(heard.irregularities, []);
}

#[test]
fn snmp_2_vector_cut_anywhere_is_an_error() {
    let bytes = hex(SNMP_2);
    for end in 0..bytes.len() {
        assert!(Message::decode(&bytes[..end]).is_err(), "cut after {end}");
    }
    let longer = [&bytes[..], &[0]].concat();
    let error = Message::decode(&longer).unwrap_err();
    assert_eq!(
        error.to_string(),
        "malformed SNMP message: message at offset 114: 1 octets after the last field"
    );
}

#[test]
fn snmp_3_4_a_padded_outer_length_is_read() {
    let bytes = hex(SNMP_2);
    let padded = [&[0x30, 0x82, 0x00, 0x70], &bytes[2..]].concat();
    assert_eq!(Message::decode(&padded), Message::decode(&bytes));
}

#[test]
fn version_3_is_refused_by_name() {
    let bytes = hex("30 06 02 01 03 30 01 00");
    assert_eq!(Message::decode(&bytes), Err(Error::UnsupportedVersion(3)));
    assert!(
        Error::UnsupportedVersion(3)
            .to_string()
            .contains("version number 3")
    );
}

#[test]
fn a_pdu_must_exist_in_its_version() {
    let v2_trap_in_v1 =
        hex("30 17 02 01 00 04 01 78 a7 0f 02 01 00 02 01 00 02 01 00 30 04 30 02 06 00");
    let error = Message::decode(&v2_trap_in_v1).unwrap_err();
    assert_eq!(
        error,
        Error::UnknownPdu {
            tag: 0xa7,
            version: Version::V1,
            offset: 8
        }
    );
    let v1_trap_in_v2c = hex("30 08 02 01 01 04 01 78 a4 00");
    let error = Message::decode(&v1_trap_in_v2c).unwrap_err();
    assert_eq!(
        error,
        Error::UnknownPdu {
            tag: 0xa4,
            version: Version::V2c,
            offset: 8
        }
    );
}

#[test]
fn a_community_does_not_show() {
    let message = Message::decode(&hex(SNMP_2)).unwrap();
    assert!(!format!("{message:?}").contains("public"));
    assert_eq!(message.community().expose(), b"public");
}

#[test]
fn rfc_3584_3_1_starent_v1_trap_gets_the_oid_of_its_mib() {
    for (enterprise, specific) in [(star(&[2]), 86), (star(&[2]), 125)] {
        let message = Message::V1Trap(v1(enterprise, 6, specific));
        let decoded = Message::decode(&message.encode()).unwrap();
        assert_eq!(decoded, message);
        let heard = Notification::of(&decoded).unwrap();
        assert_eq!(heard.trap_oid, star(&[2, specific as u32]));
        assert_eq!(heard.uptime, Some(77));
        assert_eq!(heard.agent_address, Some([192, 0, 2, 10]));
    }
}

#[test]
fn rfc_3584_3_1_other_enterprises_keep_the_zero() {
    let cisco = Oid::new(&[1, 3, 6, 1, 4, 1, 9, 9, 176, 2]);
    let heard = Notification::of(&Message::V1Trap(v1(cisco.clone(), 6, 1))).unwrap();
    assert_eq!(heard.trap_oid, cisco.join(&[0, 1]));
    assert_eq!(without_zero_arc(&heard.trap_oid), Some(cisco.join(&[1])));
    assert_eq!(without_zero_arc(&cisco), None);
}

#[test]
fn rfc_3584_3_1_generic_traps_become_standard_ones() {
    for generic in 0..6 {
        let heard = Notification::of(&Message::V1Trap(v1(star(&[2]), generic, 0))).unwrap();
        assert_eq!(
            heard.trap_oid,
            Oid::new(SNMP_TRAPS).join(&[generic as u32 + 1])
        );
    }
    for (generic, specific) in [(7, 0), (-1, 0), (6, -5)] {
        let message = Message::V1Trap(v1(star(&[2]), generic, specific));
        let error = Notification::of(&message).unwrap_err();
        assert!(matches!(error, NotANotification::Malformed(_)), "{error}");
    }
}

#[test]
fn a_translated_starent_trap_loses_the_zero_arc_too() {
    let message = Message::notification(PduKind::Inform, public(), 1, 2, star(&[2, 0, 86]), vec![]);
    assert_eq!(Notification::of(&message).unwrap().trap_oid, star(&[2, 86]));
}

#[test]
fn rfc_3416_4_2_6_departures_are_tolerated_and_told() {
    let uptime = VarBind::new(Oid::new(SYS_UP_TIME), Value::TimeTicks(9));
    let trap = VarBind::new(Oid::new(SNMP_TRAP_OID), Value::Oid(star(&[2, 120])));
    let object = VarBind::new(star(&[1, 31, 5]), Value::Null);
    let view = |varbinds: &[&VarBind]| {
        let varbinds = varbinds.iter().map(|&varbind| varbind.clone()).collect();
        Notification::of(&Message::v2c(
            public(),
            Pdu::new(PduKind::Trap, 1, varbinds),
        ))
    };
    let told = |varbinds: &[&VarBind]| view(varbinds).unwrap().irregularities;
    assert_eq!(told(&[&uptime, &trap, &object]), []);
    assert_eq!(told(&[&trap, &uptime, &object]), [Irregularity::Misplaced]);
    assert_eq!(told(&[&uptime, &object, &trap]), [Irregularity::Misplaced]);
    assert_eq!(told(&[&trap, &object]), [Irregularity::NoUptime]);
    let kept = view(&[&trap, &object, &uptime]).unwrap().varbinds;
    assert_eq!(kept, std::slice::from_ref(&object));
    assert_eq!(view(&[&uptime, &object]), Err(NotANotification::NoTrapOid));
    let request = Message::v2c(public(), Pdu::new(PduKind::Get, 1, vec![]));
    assert_eq!(
        Notification::of(&request),
        Err(NotANotification::Kind(PduKind::Get))
    );
}

#[test]
fn a_forwarded_notification_tells_the_original_address() {
    let address = VarBind::new(
        Oid::new(SNMP_TRAP_ADDRESS),
        Value::IpAddress([198, 51, 100, 7]),
    );
    let mut trap = v1(star(&[2]), 6, 120);
    trap.agent_address = [0; 4];
    assert_eq!(
        Notification::of(&Message::V1Trap(trap.clone()))
            .unwrap()
            .agent_address,
        None
    );
    trap.varbinds.push(address);
    let heard = Notification::of(&Message::V1Trap(trap)).unwrap();
    assert_eq!(heard.agent_address, Some([198, 51, 100, 7]));
}

#[test]
fn rfc_3584_3_2_to_v1_and_back() {
    let original = v1(star(&[2]), 6, 125);
    let heard = Notification::of(&Message::V1Trap(original.clone())).unwrap();
    assert_eq!(heard.to_v1(public(), Some([192, 0, 2, 10])), Some(original));
    let cold = Message::notification(
        PduKind::Trap,
        public(),
        1,
        2,
        Oid::new(SNMP_TRAPS).join(&[1]),
        vec![VarBind::new(
            Oid::new(SNMP_TRAP_ENTERPRISE),
            Value::Oid(star(&[2])),
        )],
    );
    let cold = Notification::of(&cold)
        .unwrap()
        .to_v1(public(), None)
        .unwrap();
    assert_eq!(
        (cold.generic, cold.specific, cold.enterprise),
        (0, 0, star(&[2]))
    );
    let mut big = heard;
    big.varbinds
        .push(VarBind::new(star(&[1, 13, 22, 0]), Value::Counter64(1)));
    assert_eq!(big.to_v1(public(), None), None);
}

#[test]
fn an_inform_is_acknowledged_with_its_own_bindings() {
    let pdu = Pdu::new(
        PduKind::Inform,
        -9,
        vec![VarBind::new(star(&[1]), Value::Null)],
    );
    let answer = pdu.acknowledgement();
    assert_eq!((answer.kind, answer.request_id), (PduKind::Response, -9));
    assert_eq!((answer.error_status, answer.varbinds), (0, pdu.varbinds));
}

#[test]
fn oids_as_text() {
    for text in ["1.3.6.1.4.1.8164.2.86", "2.999", "0.0", "1.3.4294967295"] {
        assert_eq!(text.parse::<Oid>().unwrap().to_string(), text);
    }
    assert_eq!(".1.3.6".parse::<Oid>(), "1.3.6".parse());
    for text in [
        "",
        "1",
        "3.1",
        "1.40",
        "1.3.",
        "1..3",
        "1.3.x",
        "1.3.+6",
        "1.3.4294967296",
    ] {
        assert!(text.parse::<Oid>().is_err(), "{text:?}");
    }
    assert!(vec!["1"; 129].join(".").parse::<Oid>().is_err());
    assert!("1.3.6.1".parse::<Oid>().unwrap() < "1.3.6.1.0".parse().unwrap());
    assert!("1.3.6.9".parse::<Oid>().unwrap() < "1.3.6.10".parse().unwrap());
}

fn oids() -> impl Strategy<Value = Oid> {
    prop::collection::vec(any::<u32>(), 0..12).prop_map(|tail| Oid::new(&[1, 3]).join(&tail))
}

fn values() -> impl Strategy<Value = Value> {
    let octets = || prop::collection::vec(any::<u8>(), 0..200);
    prop_oneof![
        any::<i64>().prop_map(Value::Integer),
        octets().prop_map(Value::OctetString),
        Just(Value::Null),
        oids().prop_map(Value::Oid),
        any::<[u8; 4]>().prop_map(Value::IpAddress),
        any::<u32>().prop_map(Value::Counter32),
        any::<u32>().prop_map(Value::Gauge32),
        any::<u32>().prop_map(Value::TimeTicks),
        octets().prop_map(Value::Opaque),
        any::<u64>().prop_map(Value::Counter64),
        Just(Value::NoSuchObject),
        Just(Value::NoSuchInstance),
        Just(Value::EndOfMibView),
        octets().prop_map(|bytes| Value::Unknown { tag: 0x45, bytes }),
    ]
}

fn varbinds() -> impl Strategy<Value = Vec<VarBind>> {
    let one = (oids(), values()).prop_map(|(oid, value)| VarBind::new(oid, value));
    prop::collection::vec(one, 0..8)
}

fn messages() -> impl Strategy<Value = Message> {
    let community = || prop::collection::vec(any::<u8>(), 0..40).prop_map(Community::new);
    let kinds = prop::sample::select(vec![
        PduKind::Get,
        PduKind::GetNext,
        PduKind::Response,
        PduKind::Set,
        PduKind::GetBulk,
        PduKind::Inform,
        PduKind::Trap,
        PduKind::Report,
    ]);
    let v2c = (community(), kinds, any::<[i32; 3]>(), varbinds()).prop_map(
        |(community, kind, [request_id, error_status, error_index], varbinds)| {
            let pdu = Pdu {
                kind,
                request_id,
                error_status,
                error_index,
                varbinds,
            };
            Message::v2c(community, pdu)
        },
    );
    let numbers = (any::<[u8; 4]>(), any::<i32>(), any::<i32>(), any::<u32>());
    let v1 = (community(), oids(), numbers, varbinds()).prop_map(
        |(community, enterprise, (agent_address, generic, specific, uptime), varbinds)| {
            Message::V1Trap(V1Trap {
                community,
                enterprise,
                agent_address,
                generic,
                specific,
                uptime,
                varbinds,
            })
        },
    );
    prop_oneof![v2c, v1]
}

proptest! {
    #[test]
    fn messages_come_back(message in messages()) {
        let bytes = message.encode();
        prop_assert_eq!(Message::decode(&bytes), Ok(message));
        for end in 0..bytes.len() {
            prop_assert!(Message::decode(&bytes[..end]).is_err());
        }
    }

    #[test]
    fn damage_never_panics_and_what_is_read_can_be_said_again(
        message in messages(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut bytes = message.encode();
        for (index, octet) in damage {
            let at = index.index(bytes.len());
            bytes[at] = octet;
        }
        if let Ok(read) = Message::decode(&bytes) {
            prop_assert_eq!(Message::decode(&read.encode()), Ok(read.clone()));
            let _ = Notification::of(&read);
        }
    }

    #[test]
    fn noise_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Message::decode(&bytes);
    }
}
