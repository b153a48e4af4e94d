//! Where the manual and the box differ: what would have passed on a broken chassis, or failed on a
//! healthy one. Numbers are those of the list of traps; those about actions are tested with them.

#[path = "transcripts/chassis.rs"]
mod chassis;

use std::time::Duration;

use chassis::{Say, Script};
use cutover::device::staros::{
    alarms, bgp_summary, boot, card_table, clock, resources, service_status, srp_info, srp_monitor,
    trap_history, uptime,
};
use cutover::device::{Error, Limits};

const SRP: &str = "Chassis State:        Standby
Chassis Mode:         Backup
Peer State:           Active
Peer Mode:            Primary
Last Hello Message received:  Mon May  5 22:31:07 2025 (2 seconds ago)
Last Validate Switchover Status:  None
";

#[test]
fn trap_01_offline_and_unknown_are_found_whatever_the_case() {
    let text = "Slot         Card Type                               Oper State     SPOF  Attach
-----------  --------------------------------------  -------------  ----  ------
 1: DPC      Unsupported/Unknown                     Offline        No          
 5: MMIO     Univ Management & 20x10Gb I/O Card      Active         Yes         
";
    assert!(
        !text.contains("offline") && !text.contains("unknown"),
        "what the manual greps for"
    );
    let problems = card_table::parse(text).expect("readable").problems();
    assert_eq!(problems.len(), 3, "{problems:?}");
}

#[test]
fn trap_02_trap_names_have_no_star_on_the_box() {
    let text =
        "Mon May 05 22:31:09 2025 Internal trap notification 1226 (SRPAAAUnreachable) vpn AAA";
    let history = trap_history::parse(text).expect("readable");
    assert_eq!(history.named("starSRPAAAUnreachable").count(), 1);
    assert_eq!(history.named("SRPAAAUnreachable").count(), 1);
    assert_eq!(history.named("SRPAAAReachable").count(), 0);
}

#[test]
fn trap_03_acceptable_limits_in_any_case() {
    let text = |status: &str| {
        format!("PGW Service:\n  In Use : 1\n  Limit : 2\n  License Status : {status}\n")
    };
    let problems = |status: &str| {
        resources::parse(&text(status))
            .expect("readable")
            .problems()
    };
    assert!(problems("Within Acceptable Limits").is_empty());
    assert!(problems("within acceptable limits").is_empty());
    assert_eq!(problems("Not Within Acceptable Limits").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn trap_04_an_empty_answer_proves_nothing() {
    assert!(card_table::parse("").is_err() && resources::parse("").is_err());
    assert!(srp_info::parse("").is_err() && bgp_summary::parse("").is_err());
    // Where no alarm may look like nothing, the refusal of the command must not.
    let says = [Say::Text(
        "Unknown command - \"alarm\", unrecognized keyword\n",
    )];
    let (mut device, _) = Script::new(&[("show alarm outstanding", &says)])
        .attach()
        .await;
    assert!(
        device
            .read("show alarm outstanding", alarms::parse)
            .await
            .is_err()
    );
    assert!(alarms::parse("Unknown command - \"alarm\", unrecognized keyword").is_err());
}

#[test]
fn trap_05_the_status_label_differs_by_service() {
    for text in [
        "Service name: ggsn1\n  Service Status: Started\n",
        "Service name                  : pgw1\n  Status                        : STARTED\n",
    ] {
        let status = service_status::parse(text).expect("readable");
        assert_eq!(status.services.len(), 1);
        assert!(status.problems().is_empty());
    }
    assert!(service_status::parse("Service name: ggsn1\n  Bound: yes\n").is_err());
}

#[test]
fn trap_06_active_is_good_for_srp_and_bad_for_bgp() {
    let bgp = "Neighbor  V AS MsgRcvd MsgSent TblVer InQ OutQ Up/Down State/PfxRcd
10.20.0.1 4 64500 120 133 0 0 0 never Active\n";
    assert_eq!(
        bgp_summary::parse(bgp).expect("readable").problems().len(),
        1
    );
    let info = srp_info::parse(SRP).expect("readable");
    assert_eq!(info.peer_state, srp_info::State::Active);
}

#[tokio::test(start_paused = true)]
async fn trap_07_a_pager_in_the_command_is_refused_before_it_hangs() {
    let (mut device, typed) = Script::new(&[]).attach().await;
    for command in [
        "show srp checkpoint statistics |more",
        "show x | grep y | MORE ",
    ] {
        let error = device.run(command).await.expect_err("refused");
        assert!(matches!(error, Error::Untypable { .. }), "{error}");
    }
    for command in ["", "show x\nreload", "show ?", "show\tx"] {
        assert!(
            device
                .send_once(command, true, Limits::default())
                .await
                .is_err()
        );
        assert!(device.configure(&[command.to_owned()]).await.is_err());
    }
    assert!(typed.lines().is_empty());
    // And where a page stops although none was asked for, it is turned.
    let says = [
        Say::Text("one\n"),
        Say::Pause(3),
        Say::Page("--More--"),
        Say::Text("two\n"),
    ];
    let (mut device, _) = Script::new(&[("show x", &says)]).attach().await;
    assert_eq!(
        device.run("show x").await.expect("answered").text,
        "one\ntwo"
    );
}

#[test]
fn trap_08_a_boot_entry_is_three_lines() {
    let text = "boot system priority 8 \\\n    image /flash/a.bin \\\n    config /flash/a.cfg\n";
    let stack = boot::parse(text).expect("readable");
    assert_eq!(
        stack.top().map(|entry| entry.image.as_str()),
        Some("/flash/a.bin")
    );
    let grepped = "boot system priority 8 \\\n";
    assert!(boot::parse(grepped).is_err());
}

#[tokio::test(start_paused = true)]
async fn trap_12_a_line_the_release_rejects_stops_the_rest() {
    let bad = [Say::Text("Invalid keyword - \"new-feature\"\n")];
    let script = Script::new(&[("new-feature", &bad), ("old-feature", &[])]);
    let (mut device, typed) = script.attach().await;
    let lines = ["new-feature".to_owned(), "old-feature".to_owned()];
    let error = device.configure(&lines).await.expect_err("rejected");
    assert!(matches!(error, Error::AtLine { line: 1, .. }), "{error}");
    assert!(!typed.lines().contains(&"old-feature".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn trap_13_a_half_open_session_ends_in_a_limit_and_uptime_tells_the_boot() {
    let script = Script::new(&[("show version", &[Say::Hang])]);
    let (mut device, _) = script.attach().await;
    let error = device.run("show version").await.expect_err("half open");
    assert!(
        matches!(error, Error::Timeout { .. }) && error.is_transient(),
        "{error}"
    );
    assert!(!device.is_connected(), "the next read logs in afresh");
    let reload = [Say::Ask("Are you sure? [Yes|No]: "), Say::HangUp];
    let (mut device, _) = Script::new(&[("reload", &reload)]).attach().await;
    let error = device
        .send_once("reload", true, Limits::default())
        .await
        .expect_err("gone");
    assert!(
        error.lost_phase().is_some() && !device.is_connected(),
        "{error}"
    );
    let before = uptime::parse("System uptime: 12D 4H 7M").expect("readable");
    let after = uptime::parse("System uptime: 3M").expect("readable");
    assert!(after < before && after.0 == Duration::from_secs(180));
    assert!(uptime::parse("System uptime: soon").is_err());
}

#[test]
fn trap_14_standby_alone_is_not_enough() {
    let limit = Duration::from_secs(30);
    let standby = srp_info::parse(SRP).expect("readable");
    let mut active = standby.clone();
    active.chassis_state = srp_info::State::Active;
    active.peer_state = srp_info::State::Standby;
    assert!(srp_info::pair_problems(&standby, &active, limit).is_empty());
    // Nobody Active; both Active; an old hello; a peer seen as what it is not.
    assert!(!srp_info::pair_problems(&standby, &standby, limit).is_empty());
    assert!(!srp_info::pair_problems(&active, &active, limit).is_empty());
    assert_eq!(
        srp_info::pair_problems(&standby, &active, Duration::from_secs(1)).len(),
        2
    );
    active.peer_state = srp_info::State::Init;
    assert_eq!(srp_info::pair_problems(&standby, &active, limit).len(), 1);
    // And `Standby` is also the tail of `Pending-Standby`.
    let pending = SRP.replace("        Standby", "        Pending-Standby");
    let pending = srp_info::parse(&pending).expect("readable");
    assert_eq!(pending.chassis_state, srp_info::State::PendingStandby);
}

#[tokio::test(start_paused = true)]
async fn trap_17_another_administrator_warns_locks_out_or_throws_us_out() {
    let lines = ["snmp trap on".to_owned(), "snmp trap off".to_owned()];
    let shared = [
        Say::Text("Warning: One or more other administrators may be configuring this system\n"),
        Say::Prompt("[local]pgw-east(config)# "),
    ];
    let script = Script::new(&[
        ("configure", &shared),
        ("snmp trap on", &[]),
        ("snmp trap off", &[]),
    ]);
    let (mut device, _) = script.attach().await;
    assert_eq!(
        device
            .configure(&lines)
            .await
            .expect("a warning is no failure")
            .len(),
        2
    );

    let locked = [Say::Text(
        "Failure: Configuration mode is currently locked, use ignore-lock to ignore lock\n",
    )];
    let (mut device, typed) = Script::new(&[("configure", &locked)]).attach().await;
    let error = device.configure(&lines).await.expect_err("locked");
    assert!(matches!(error, Error::Rejected { .. }), "{error}");
    assert_eq!(typed.lines(), ["configure"]);

    let thrown = [
        Say::Text(
            "Administrator ops2 requires exclusive access to configuration mode\n\
             >>> You need to exit from configuration mode as soon as possible <<<\n",
        ),
        Say::Prompt("[local]pgw-east# "),
    ];
    let script = Script::new(&[("snmp trap on", &thrown), ("snmp trap off", &[])]);
    let (mut device, typed) = script.attach().await;
    match device.configure(&lines).await.expect_err("thrown out") {
        Error::AtLine {
            line: 1, source, ..
        } => {
            assert!(matches!(*source, Error::Mode { .. }), "{source}");
        }
        other => panic!("{other}"),
    }
    assert_eq!(
        typed.lines(),
        ["configure", "snmp trap on"],
        "no line typed in exec mode"
    );
}

#[tokio::test(start_paused = true)]
async fn trap_19_device_time_stays_device_time() {
    let read = clock::parse("Monday May 05 22:31:07 ART 2025").expect("readable");
    assert_eq!(read.local.to_string(), "2025-05-05T22:31:07");
    assert_eq!(read.zone.as_deref(), Some("ART"));
    // The answer to `show clock` looks like the date line in front of every answer.
    let says = [Say::Text("Monday May 05 22:31:07 ART 2025\n")];
    let (mut device, _) = Script::new(&[("show clock", &says)]).attach().await;
    assert_eq!(
        device
            .read("show clock", clock::parse)
            .await
            .expect("readable"),
        read
    );
    let both = [says[0].clone(), says[0].clone()];
    let (mut device, _) = Script::new(&[("show clock", &both)]).attach().await;
    assert_eq!(
        device
            .read("show clock", clock::parse)
            .await
            .expect("readable"),
        read
    );
}

#[tokio::test(start_paused = true)]
async fn trap_20_the_host_name_can_change_in_mid_session() {
    let renamed = [Say::Prompt("[local]pgw-new(config)# ")];
    let end = [Say::Prompt("[local]pgw-new# ")];
    let script = Script::new(&[
        ("system hostname pgw-new", &renamed),
        ("end", &end),
        ("show x", &[]),
    ]);
    let (mut device, _) = script.attach().await;
    let replies = device
        .configure(&["system hostname pgw-new".to_owned()])
        .await;
    assert_eq!(replies.expect("accepted")[0].prompt.host, "pgw-new");
    let reply = device.run("show x").await.expect("answered");
    assert_eq!(reply.prompt.to_string(), "[local]pgw-new#");
}

#[test]
fn trap_22_auth_probes_run_on_the_active_only() {
    let text = "     vvv  IP Addr          Port  Context (VRF Name)  Last Update
     ---- ---------------- ----- ------------------- ------------------------
     BU1  10.20.0.1        179   PGWin               Mon May  5 21:00:12 2025
     AI-  10.30.0.7        1812  AAA                 Mon May  5 21:00:15 2025
";
    let monitor = srp_monitor::parse(text).expect("readable");
    assert_eq!(monitor.problems(true).len(), 1);
    assert!(monitor.problems(false).is_empty());
    let down = srp_monitor::parse(&text.replace("BU1", "BD1")).expect("readable");
    assert_eq!(down.problems(false).len(), 1);
}
