use super::*;
use crate::wire::snmp::{Value, VarBind};

fn oid(text: &str) -> Oid {
    text.parse().unwrap()
}

#[test]
fn every_shipped_module_loads_whole() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("mibs");
    let mut shipped: Vec<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    shipped.sort();
    let mut embedded: Vec<&str> = EMBEDDED.iter().map(|(file, _)| *file).collect();
    embedded.sort();
    assert_eq!(shipped, embedded);
    let (mib, warnings) = Mib::parse(&EMBEDDED);
    assert_eq!(warnings, []);
    for (_, notification) in mib.notifications.iter() {
        // Some that only end another are known by name and number alone.
        let bare = notification.objects.is_empty() && notification.name.contains("Clear");
        assert!(
            notification.severity.is_some() || bare,
            "{}",
            notification.name
        );
        for object in &notification.objects {
            let object = mib.oid(object).unwrap();
            assert_ne!(mib.syntax(&object).unwrap().base, Base::Unknown, "{object}");
        }
        if let Some(clear) = &notification.cleared_by {
            assert!(mib.notification_by_name(clear).is_some(), "{clear}");
        }
    }
}

#[test]
fn snmp_1_2_the_two_traps_upgrades_turn_on() {
    let mib = Mib::embedded();
    let free = mib.notification(&oid("1.3.6.1.4.1.8164.2.86")).unwrap();
    assert_eq!(&*free.name, "starIPSPAllAddrsFree");
    assert_eq!(free.objects, ["starContextName", "starInterfaceName"]);
    assert_eq!(free.severity, Some(Severity::Informational));
    let (number, lost) = mib.notification_by_name("starSRPAAAUnreachable").unwrap();
    assert_eq!(*number, starent::trap_oid(125));
    assert_eq!(lost.severity, Some(Severity::Major));
    assert_eq!(lost.cleared_by.as_deref(), Some("starSRPAAAReachable"));
    assert_eq!(
        lost.objects,
        ["starContextName", "starSRPIpAddress", "starUDPPortNum"]
    );
}

#[test]
fn snmp_1_3_rows_of_the_three_tables() {
    let mib = Mib::embedded();
    let rows = [
        (120, "starSRPActive", "informational", 2),
        (1278, "starSRPSwitchoverOccured", "informational", 3),
        (1277, "starBFDSessDown", "major", 9),
        (1289, "starBGPPeerSessionIPv6Down", "major", 2),
        (115, "starSWUpgradeStart", "informational", 0),
        (1028, "starSystemStartup", "informational", 3),
        (1124, "starSystemReboot", "major", 3),
        (37, "starAlertsDisabled", "minor", 2),
        (1185, "starLicenseFeaturesModified", "warning", 5),
        (60, "starCardDown", "critical", 3),
        (1253, "starCardSwitchoverStart", "major", 2),
        (
            504,
            "starThreshClearCardTemperaturePowerOffLimit",
            "informational",
            3,
        ),
    ];
    for (number, name, severity, objects) in rows {
        let known = mib.notification(&starent::trap_oid(number)).unwrap();
        assert_eq!(&*known.name, name);
        assert_eq!(known.severity.unwrap().as_str(), severity, "{name}");
        assert_eq!(known.objects.len(), objects, "{name}");
    }
    let twice = &mib.notification(&starent::trap_oid(1253)).unwrap().objects;
    assert_eq!(twice, &["starSlotNum", "starSlotNum"]);
}

#[test]
fn rfc_3584_a_zero_arc_finds_the_notification_too() {
    let with_zero = oid("1.3.6.1.4.1.8164.2.0.86");
    assert_eq!(
        &*Mib::embedded().notification(&with_zero).unwrap().name,
        "starIPSPAllAddrsFree"
    );
    assert_eq!(starent::trap_number(&with_zero), Some(86));
    assert_eq!(starent::trap_number(&oid("1.3.6.1.4.1.8164.1.86")), None);
}

#[test]
fn standard_traps_are_known() {
    let mib = Mib::embedded();
    for (number, name) in [(1, "coldStart"), (3, "linkDown"), (4, "linkUp")] {
        let oid = oid("1.3.6.1.6.3.1.1.5").join(&[number]);
        assert_eq!(&*mib.notification(&oid).unwrap().name, name);
    }
    assert_eq!(mib.oid("sysUpTime"), Some(oid("1.3.6.1.2.1.1.3")));
    assert_eq!(
        mib.oid("snmpTrapEnterprise"),
        Some(oid("1.3.6.1.6.3.1.1.4.3"))
    );
}

#[test]
fn the_constants_of_starent_are_those_of_its_module() {
    let mib = Mib::embedded();
    for (name, arcs) in starent::ALL {
        assert_eq!(mib.oid(name), Some(Oid::new(arcs)), "{name}");
    }
    assert_eq!(mib.oid("starentMIB"), Some(Oid::new(starent::ENTERPRISE)));
    assert_eq!(mib.oid("starentTraps"), Some(Oid::new(starent::TRAPS)));
}

#[test]
fn names_take_the_longest_prefix() {
    let mib = Mib::embedded();
    let column = starent::TASK_FACILITY_NAME;
    assert_eq!(
        mib.name(&Oid::new(column)),
        Some(("starTaskFacilityName", vec![]))
    );
    let row = Oid::new(column).join(&[3, 17]);
    assert_eq!(mib.name(&row), Some(("starTaskFacilityName", vec![3, 17])));
    assert_eq!(mib.display(&row), "starTaskFacilityName.3.17");
    assert_eq!(
        mib.display(&oid("1.3.6.1.4.1.99999.1")),
        "enterprises.99999.1"
    );
    assert_eq!(mib.name(&oid("2.999.1")), None);
    assert_eq!(mib.display(&oid("2.999.1")), "2.999.1");
}

#[test]
fn oids_are_read_by_name_or_number() {
    let mib = Mib::embedded();
    let name = oid("1.3.6.1.2.1.1.3.0");
    for text in [
        "sysUpTime.0",
        "SNMPv2-MIB::sysUpTime.0",
        "1.3.6.1.2.1.1.3.0",
        ".1.3.6.1.2.1.1.3.0",
    ] {
        assert_eq!(mib.parse_oid(text), Some(name.clone()), "{text}");
    }
    for text in ["sysUptime", "sysUpTime.", "sysUpTime.x", "", "1", "."] {
        assert_eq!(mib.parse_oid(text), None, "{text}");
    }
}

#[test]
fn enumerations_have_labels_with_and_without_instance() {
    let mib = Mib::embedded();
    let reason = Oid::new(starent::SRP_SWITCH_REASON);
    assert_eq!(mib.enum_label(&reason, 11), Some("manualSwitchOver"));
    assert_eq!(
        mib.enum_label(&reason.join(&[0]), 9),
        Some("deadTimerExpiry")
    );
    assert_eq!(mib.enum_label(&reason, 13), None);
    assert_eq!(
        mib.enum_label(&Oid::new(starent::CARD_TYPE), 42),
        Some("dpc")
    );
    assert_eq!(
        mib.enum_label(&Oid::new(starent::CHASSIS_TYPE), 8),
        Some("ssi-kvm-guest")
    );
    assert_eq!(
        mib.enum_label(&Oid::new(starent::ALERT_SENDING_ENABLED), 2),
        Some("false")
    );
    assert_eq!(mib.enum_label(&Oid::new(starent::CONTEXT_NAME), 1), None);
}

#[test]
fn values_in_words() {
    let mib = Mib::embedded();
    let words = |name: &str, value| {
        let described = mib.describe(&VarBind::new(mib.parse_oid(name).unwrap(), value));
        (described.value, described.label)
    };
    let text = |bytes: &[u8]| Value::OctetString(bytes.to_vec());
    let plain = |value: &str| (value.to_owned(), None);
    assert_eq!(words("starContextName", text(b"SRP")), plain("SRP"));
    assert_eq!(
        words("starContextName", text(b"a\x1b[2J\n")),
        plain("a\\u{1b}[2J\\n")
    );
    assert_eq!(
        words("starSRPIpAddress", Value::IpAddress([10, 0, 0, 1])),
        plain("10.0.0.1")
    );
    assert_eq!(
        words("starBfdSrcAddress", text(&[192, 0, 2, 1])),
        plain("192.0.2.1")
    );
    let v6 = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    assert_eq!(
        words("starBGPPeerIpv6Address", text(&v6)),
        plain("2001:db8::1")
    );
    let date = [7, 0xea, 11, 20, 2, 15, 9, 0, b'+', 1, 0];
    assert_eq!(
        words("starLicenseExpiryDate", text(&date)),
        plain("2026-11-20T02:15:09.0+01:00")
    );
    assert_eq!(
        words("starLicenseExpiryDate", text(&[1, 2])),
        plain("0x0102")
    );
    assert_eq!(words("1.3.6.1.4.1.9.1", text(&[0, 255])), plain("0x00ff"));
    let reason = words("starSRPSwitchReason.0", Value::Integer(7));
    assert_eq!(reason, ("7".to_owned(), Some("dualActive".to_owned())));
    let cold = words("snmpTrapOID.0", Value::Oid(oid("1.3.6.1.6.3.1.1.5.1")));
    assert_eq!(cold.1.as_deref(), Some("coldStart"));
    assert_eq!(
        words("sysUpTime.0", Value::Counter64(u64::MAX)),
        plain("18446744073709551615")
    );
    assert_eq!(words("sysUpTime.0", Value::NoSuchObject), plain(""));
}

#[test]
fn words_to_values() {
    let mib = Mib::embedded();
    let value = |name: &str, text: &str| mib.parse_value(&mib.parse_oid(name).unwrap(), text);
    assert_eq!(
        value("starContextName", "SRP"),
        Ok(Value::OctetString(b"SRP".to_vec()))
    );
    assert_eq!(
        value("starContextName", "s:x"),
        Ok(Value::OctetString(b"s:x".to_vec()))
    );
    assert_eq!(
        value("starSRPIpAddress", "10.0.0.1"),
        Ok(Value::IpAddress([10, 0, 0, 1]))
    );
    assert_eq!(
        value("starSRPSwitchReason", "manualSwitchOver"),
        Ok(Value::Integer(11))
    );
    assert_eq!(value("starSRPSwitchReason", "12"), Ok(Value::Integer(12)));
    assert_eq!(value("starTaskCard", "4"), Ok(Value::Gauge32(4)));
    assert_eq!(
        value("starBfdDstAddress", "192.0.2.1"),
        Ok(Value::OctetString(vec![192, 0, 2, 1]))
    );
    assert_eq!(value("1.3.6.1.4.1.9.1", "i:-5"), Ok(Value::Integer(-5)));
    assert_eq!(
        value("1.3.6.1.4.1.9.1", "x:0aff"),
        Ok(Value::OctetString(vec![10, 255]))
    );
    assert_eq!(
        value("starSRPSwitchReason", "manual")
            .unwrap_err()
            .to_string()
            .split(" (")
            .next(),
        Some("starSRPSwitchReason is INTEGER")
    );
    for (name, text) in [
        ("starSRPIpAddress", "10.0.0"),
        ("starTaskCard", "-1"),
        ("starLicenseExpiryDate", "tomorrow"),
        ("1.3.6.1.4.1.9.1", "5"),
        ("1.3.6.1.4.1.9.1", "i:x"),
        ("1.3.6.1.4.1.9.1", "x:abc"),
    ] {
        assert!(value(name, text).is_err(), "{name}={text}");
    }
}

#[test]
fn a_folder_adds_to_the_embedded_modules_and_keeps_what_it_can() {
    let folder = tempfile::tempdir().unwrap();
    let text = "ACME-MIB DEFINITIONS ::= BEGIN\n\
        acme OBJECT IDENTIFIER ::= { enterprises 99999 }\n\
        broken OBJECT-TYPE SYNTAX ::= { acme 1 }\n\
        acmeState OBJECT-TYPE SYNTAX INTEGER { up(1), down(2) } ::= { acme 2 }\n\
        orphan OBJECT IDENTIFIER ::= { nowhere 1 }\n\
        acmeDown NOTIFICATION-TYPE OBJECTS { acmeState, lost } --#SEVERITY LOUD\n\
        STATUS current ::= { acme 3 }\nEND\n";
    std::fs::write(folder.path().join("acme.my"), text).unwrap();
    let (mib, warnings) = Mib::load_dir(folder.path()).unwrap();
    let warnings: Vec<String> = warnings.iter().map(Warning::to_string).collect();
    assert_eq!(
        warnings,
        [
            "acme.my: line 3: expected a type, saw ::=",
            "acme.my: line 6: acmeDown: \"LOUD\" is no severity",
            "acme.my: line 5: orphan: its parent nowhere is not defined",
            "acme.my: line 6: acmeDown: its object lost is not defined",
        ]
    );
    assert_eq!(
        mib.enum_label(&mib.oid("acmeState").unwrap(), 2),
        Some("down")
    );
    assert_eq!(
        mib.notification_by_name("acmeDown").unwrap().1.objects,
        ["acmeState", "lost"]
    );
    assert!(mib.notification_by_name("starSRPActive").is_some());
    let nowhere = folder.path().join("nowhere");
    assert!(
        Mib::load_dir(&nowhere)
            .unwrap_err()
            .to_string()
            .contains("nowhere")
    );
}
