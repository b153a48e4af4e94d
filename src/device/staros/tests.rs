//! One healthy answer per command, what a sick one says, and answers damaged at random.

mod samples;

use std::time::Duration;

use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use samples::*;

#[test]
fn staros_cli_4_1_srp_info() {
    let info = srp_info::parse(SRP_INFO).expect("readable");
    assert_eq!(info.chassis_state, srp_info::State::Active);
    assert_eq!(info.chassis_mode, srp_info::Mode::Primary);
    assert_eq!(
        (info.route_modifier, info.peer_route_modifier),
        (Some(6), Some(9))
    );
    assert_eq!(info.peer_address.as_deref(), Some("10.9.0.2"));
    assert_eq!(info.last_hello_age, Some(Duration::from_secs(2)));
    assert_eq!(
        (
            info.last_validate_switchover,
            info.last_peer_configuration_error
        ),
        (None, None)
    );
    let validated = SRP_INFO.replace(
        "Switchover Status:           None",
        "Switchover Status:  Remote Chassis - Ready for Switchover (4 seconds ago)",
    );
    let status = srp_info::parse(&validated)
        .expect("readable")
        .last_validate_switchover;
    let status = status.expect("validated");
    assert!(status.ready && status.age == Some(Duration::from_secs(4)));
    let not = validated.replace("- Ready", "- Not Ready");
    let status = srp_info::parse(&not)
        .expect("readable")
        .last_validate_switchover;
    assert!(status.is_some_and(|status| !status.ready));
    let pending = SRP_INFO.replace("Standby\n", "Pending-Standby\n");
    let info = srp_info::parse(&pending).expect("readable");
    assert_eq!(info.peer_state, srp_info::State::PendingStandby);
}

#[test]
fn a_missing_label_is_an_error_for_every_command_that_needs_it() {
    for (command, text, labels) in [
        (
            "show srp info",
            SRP_INFO,
            &["Chassis State", "Chassis Mode", "Peer State"][..],
        ),
        (
            "show version",
            VERSION,
            &["Image Version", "Image Build Number"],
        ),
        ("show resources", RESOURCES, &["License Status"]),
        (
            "show subscribers summary",
            SUBSCRIBERS,
            &["Total Subscribers"],
        ),
        (
            "show session recovery status",
            RECOVERY,
            &["Overall Status"],
        ),
        (
            "show srp checkpoint statistics",
            CHECKPOINT,
            &["Number of Sessmgrs", "pre-allocated"],
        ),
        ("show license information", LICENSE, &["License Status"]),
    ] {
        let entry = catalogue::find(command).expect("known");
        entry
            .parse(text)
            .unwrap_or_else(|error| panic!("{command}: {error}"));
        for label in labels {
            let without: String = text
                .lines()
                .filter(|line| !line.contains(label))
                .map(|l| format!("{l}\n"))
                .collect();
            assert!(entry.parse(&without).is_err(), "{command} without {label}");
        }
    }
}

#[test]
fn an_empty_or_refused_answer_is_never_healthy() {
    // Where nothing to tell looks like nothing: no alarms, no such service, no traps yet.
    let may_be_empty = ["alarm", "X-service", "trap history"];
    for entry in catalogue::ENTRIES {
        for refusal in [
            "Unknown command - \"x\", unrecognized keyword",
            "Failure: no",
        ] {
            assert!(
                entry.parse(refusal).is_err(),
                "{}: {refusal}",
                entry.command
            );
        }
        let empty = may_be_empty.iter().any(|word| entry.command.contains(word));
        assert_eq!(entry.parse("").is_ok(), empty, "{}", entry.command);
        assert_eq!(entry.parse("\n \n").is_ok(), empty, "{}", entry.command);
    }
}

#[test]
fn staros_cli_3_1_version_and_image() {
    let version = version::parse(VERSION).expect("readable");
    assert_eq!(
        (version.version.as_str(), version.build.as_str()),
        ("21.28.3", "88412")
    );
    assert_eq!(
        version.boot_image.as_deref(),
        Some("/flash/asr5500-21.28.3.bin.SPA")
    );
    let image =
        version::parse_image(&format!("{VERSION}  Platform:  ASR5500\n")).expect("readable");
    assert_eq!(image.platform.as_deref(), Some("ASR5500"));
    assert!(version::parse_image("Failure: /flash/x.bin, has a bad magic number").is_err());
}

#[test]
fn staros_cli_3_4_boot() {
    let stack = boot::parse(BOOT).expect("readable");
    let priorities: Vec<u32> = stack.entries.iter().map(|entry| entry.priority).collect();
    assert_eq!(priorities, [8, 9]);
    assert_eq!(
        stack.top().map(|e| e.config.as_str()),
        Some("/flash/20250505_pre.cfg")
    );
    assert_eq!(stack.other.len(), 1);
    for broken in [
        "boot system priority 8 \\\n",
        "boot system priority 8 \\\n    image /flash/a.bin\n",
        "boot system priority 101 image /flash/a config /flash/b\n",
        "boot system priority 8 image /a config /b\nboot system priority 8 image /c config /d\n",
        "boot delay 5\n    image /flash/a.bin \\\n    config /flash/b.cfg\n",
    ] {
        assert!(boot::parse(broken).is_err(), "{broken}");
    }
}

#[test]
fn staros_cli_3_7_directory() {
    let folder = directory::parse(DIRECTORY).expect("readable");
    assert_eq!(folder.available_kib, 1_979_116);
    let image = folder
        .file("/flash/asr5500-21.28.3.bin.SPA")
        .expect("listed");
    assert_eq!(image.size, 178_322_816);
    assert_eq!(folder.file("crsh2"), None);
    assert!(directory::parse(DIRECTORY.split("Filesystem").next().unwrap_or("")).is_err());
}

#[test]
fn staros_cli_2_1_card_table_in_both_widths() {
    for text in [CARDS.to_owned(), CARDS_NARROW.to_owned()] {
        let table = card_table::parse(&text).expect("readable");
        let card = table
            .cards
            .iter()
            .find(|card| card.slot == 5)
            .expect("slot 5");
        assert_eq!(card.state, card_table::State::Standby, "{text}");
        assert_eq!(
            card.card_type.as_deref(),
            Some("Univ Management & 20x10Gb I/O Card")
        );
    }
    let table = card_table::parse(CARDS).expect("readable");
    assert_eq!(table.problems(), ["card 15 (FSC) is Offline"]);
    let healthy = CARDS.replace("Offline", "Active ");
    assert!(
        card_table::parse(&healthy)
            .expect("readable")
            .problems()
            .is_empty()
    );
    let booting = card_table::parse(&CARDS.replace("Offline", "Booting")).expect("readable");
    assert_eq!(booting.unsettled().len(), 1);
    assert_eq!(booting.problems(), ["card 15 (FSC) is Booting"]);
}

#[test]
fn staros_cli_2_2_to_2_7_health() {
    assert!(
        resources::parse(RESOURCES)
            .expect("readable")
            .problems()
            .is_empty()
    );
    let over = RESOURCES.replacen("Within Acceptable Limits", "Over License Limit", 1);
    assert_eq!(
        resources::parse(&over).expect("readable").problems().len(),
        1
    );

    let alarms = alarms::parse(ALARMS).expect("readable");
    assert_eq!(alarms.outstanding.len(), 2);
    assert_eq!(alarms.outstanding[1].object, "Port 5/11");
    assert_eq!(alarms.problems().len(), 1);
    assert!(alarms::parse("something else\n").is_err());

    assert!(
        session_recovery::parse(RECOVERY)
            .expect("readable")
            .problems()
            .is_empty()
    );
    let sick = RECOVERY.replace("Ready For", "SESSMGR Not Ready For");
    assert_eq!(
        session_recovery::parse(&sick)
            .expect("readable")
            .problems()
            .len(),
        1
    );
    let sick = RECOVERY.replace("Good (Demux)", "Waiting");
    assert_eq!(
        session_recovery::parse(&sick)
            .expect("readable")
            .problems()
            .len(),
        1
    );

    assert_eq!(
        subscribers::parse(SUBSCRIBERS).expect("readable").total,
        41250
    );

    let services = services::parse(SERVICES).expect("readable");
    assert_eq!(services.services[2].name, "abcdefghijklmno");
    assert_eq!(
        services.problems(),
        ["service epdg-a in context WIFI is Initialized"]
    );

    let contexts = contexts::parse(CONTEXTS).expect("readable");
    assert_eq!(contexts.contexts[2].name, "Roaming_Partners");
    assert_eq!(
        uptime::parse("System uptime: 12D 4H 7M")
            .expect("readable")
            .0
            .as_secs(),
        1_051_620
    );
}

#[test]
fn staros_cli_2_8_bgp_wraps_long_addresses() {
    let summary = bgp_summary::parse(BGP).expect("readable");
    assert_eq!(summary.peers.len(), 3);
    assert_eq!(summary.problems().len(), 2);
    assert_eq!(summary.peers[2].state, bgp_summary::State::IdleAdmin);
    assert!(
        bgp_summary::parse(&BGP.replace("10.20.0.1 ", "10.20. ")).is_err(),
        "torn"
    );
    let empty = BGP.split("10.20.0.1 ").next().unwrap_or("");
    assert_eq!(
        bgp_summary::parse(empty)
            .expect("readable")
            .problems()
            .len(),
        1
    );
}

#[test]
fn staros_cli_4_3_checkpoint_statistics() {
    let statistics = checkpoint::parse(CHECKPOINT).expect("readable");
    assert_eq!(
        (statistics.session_managers, statistics.preallocated),
        (2, 41180)
    );
    assert_eq!(
        statistics
            .instances
            .iter()
            .filter(|instance| instance.ready)
            .count(),
        1
    );
    assert_eq!(statistics.problems(true), ["session manager 2 has no peer"]);
    assert_eq!(statistics.problems(false).len(), 2);
}

#[test]
fn staros_cli_4_4_to_4_9_history_and_configuration() {
    let text = "Hello Messages:\n  Sent:  120\n  Received: 119\nSwitchovers:\n  Manual: 1\n";
    let statistics = srp_statistics::parse(text).expect("readable");
    assert_eq!(
        statistics.counters.get("Hello Messages / Received"),
        Some(&119)
    );

    let text = "Switchover history\n  Date: Mon May 05 22:31:07 2025\n  Total calls lost: 12\n";
    let loss = call_loss::parse(text).expect("readable");
    assert_eq!(loss.switchovers[0].lost, Some(12));
    assert!(
        call_loss::parse("Switchover history\n")
            .expect("readable")
            .switchovers
            .is_empty()
    );

    let ours = configuration::parse(CONFIGURATION).expect("readable");
    let theirs = CONFIGURATION
        .replace("chassis-mode primary", "chassis-mode backup")
        .replace("bind address 10.9.0.1", "bind address 10.9.0.2")
        .replace("+A1", "+B2");
    let theirs = configuration::parse(&theirs).expect("readable");
    assert_ne!(ours.fingerprint, theirs.fingerprint);
    assert_eq!(ours.shared_by_pair(), theirs.shared_by_pair());
    assert!(
        configuration::parse(&CONFIGURATION.replace("end\n", "")).is_err(),
        "cut off"
    );
}

#[test]
fn staros_cli_2_10_license() {
    let license = license::parse(LICENSE).expect("readable");
    assert!(license.icsr);
    assert!(license.problems(date(2025, 5, 5), 7).is_empty());
    assert_eq!(license.problems(date(2026, 5, 1), 7).len(), 1);
    assert_eq!(license.problems(date(2027, 1, 1), 7).len(), 1);
    let expired = license::parse(&LICENSE.replace("Good", "Expired")).expect("readable");
    assert_eq!(expired.problems(date(2025, 5, 5), 7).len(), 1);
}

#[test]
fn commands_are_found_as_they_are_typed() {
    for (typed, command) in [
        ("show srp info", "show srp info"),
        ("SHOW SRP INFO", "show srp info"),
        ("show version /flash/a.bin", "show version FILE"),
        ("show pgw-service all", "show X-service all"),
        ("show service all", "show service all"),
        ("dir /flash", "directory FOLDER"),
        ("show card table all", "show card table"),
        (
            "show srp checkpoint statistics verbose",
            "show srp checkpoint statistics",
        ),
        ("show config checksum", "show configuration checksum"),
    ] {
        assert_eq!(
            catalogue::find(typed).map(|entry| entry.command),
            Some(command),
            "{typed}"
        );
    }
    for typed in ["", "show", "reload", "show srp", "all"] {
        assert!(catalogue::find(typed).is_none(), "{typed}");
    }
}

#[test]
fn answers_cut_at_every_byte_never_panic() {
    for (command, text) in ALL {
        let entry = catalogue::find(command).expect("known");
        for at in (0..=text.len()).filter(|at| text.is_char_boundary(*at)) {
            let _ = entry.parse(&text[..at]);
            let _ = entry.parse(&text[at..]);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn damaged_answers_never_panic(
        which in 0..ALL.len(),
        at in any::<prop::sample::Index>(),
        removed in 0_usize..40,
        inserted in "\\PC{0,20}|[-0-9: \n/.()]{0,30}",
    ) {
        let (_, text) = ALL[which];
        let mut damaged: Vec<char> = text.chars().collect();
        let at = at.index(damaged.len());
        let end = (at + removed).min(damaged.len());
        damaged.splice(at..end, inserted.chars());
        let damaged: String = damaged.into_iter().collect();
        // Through every parser, not only its own.
        for entry in catalogue::ENTRIES {
            let _ = entry.parse(&damaged);
        }
    }
}
