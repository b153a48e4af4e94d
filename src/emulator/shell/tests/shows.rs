//! Each show command prints what the facts describe.

use super::*;

fn shown(command: &str) -> String {
    let mut world = World::new();
    let mut admin = world.admin();
    admin.send(&mut world, "no timestamps");
    let answer = admin.send(&mut world, command);
    let body = answer.strip_suffix(PROMPT);
    body.unwrap_or_else(|| panic!("{command}: no prompt in {answer:?}"))
        .to_owned()
}

#[test]
fn cli_2_1_card_table_has_its_rule_line_and_states() {
    let text = shown("show card table");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[0],
        "Slot         Card Type                               Oper State     SPOF  Attach"
    );
    let rule: Vec<usize> = lines[1].split("  ").map(str::len).collect();
    assert_eq!(rule, [11, 38, 13, 4, 6]);
    assert!(
        lines.iter().any(|line| line.starts_with(" 5: MMIO")),
        "{text}"
    );
    assert!(text.contains("Active         No"), "{text}");
}

#[test]
fn cli_2_2_to_2_8_services_and_sessions() {
    let status = shown("show resources | grep Status");
    assert!(status.lines().count() > 0);
    assert!(
        status
            .lines()
            .all(|line| line.trim() == "License Status      : Within Acceptable Limits")
    );
    assert!(shown("show service all").contains("Started"));
    assert_eq!(
        shown("show pgw-service all | grep Status"),
        "Status                        : STARTED\r\n"
    );
    assert_eq!(
        shown("show ha-service all | grep \"Service Status:\""),
        "  Service Status:       Started\r\n"
    );
    assert_eq!(shown("show pdsn-service all"), "");
    assert!(shown("show subs summary |grep Total").starts_with("Total Subscribers:             "));
    assert!(shown("show context").contains("PGWin           4            Active"));
    assert_eq!(
        shown("show ip bgp summary"),
        "% BGP process not configured\r\n"
    );
    let mut world = World::new();
    let mut admin = world.admin();
    admin.send(&mut world, "context PGWin");
    let text = admin.send(&mut world, "show ip bgp summary");
    assert!(
        text.contains("local AS number 64520") && text.contains(" 4 64500 "),
        "{text}"
    );
}

#[test]
fn cli_3_1_to_3_7_software_and_files() {
    let text = shown("show version");
    assert!(
        text.starts_with("Active Software:\r\n  Image Version:                  21."),
        "{text}"
    );
    let boot = text
        .lines()
        .find_map(|line| line.trim().strip_prefix("Boot Image:"))
        .unwrap()
        .trim();
    let file = shown(&format!("show version {boot}"));
    assert!(
        file.contains("Image Platform:                 ASR5500\r\n"),
        "{file}"
    );
    assert!(shown("show version /flash/none.bin").starts_with("Failure: "));
    assert_eq!(
        shown("show version /flash/boot.sys"),
        "Failure: /flash/boot.sys, has a bad magic number\r\n"
    );
    let text = shown("directory /flash");
    let words: Vec<&str> = text.lines().last().unwrap().split_whitespace().collect();
    assert_eq!(
        (words.len(), words[4]),
        (5, "/mnt/user/.auto/onboard/flash")
    );
    let number = |at: usize| words[at].parse::<u64>().unwrap();
    assert_eq!(number(0), number(1) + number(2));
    assert!(text.contains(" boot.sys\r\n"), "{text}");
}

#[test]
fn cli_4_1_srp_info_has_every_label_in_order() {
    let text = shown("show srp info");
    let labels = [
        "Context:",
        "Local Address:",
        "Chassis State:",
        "Chassis Mode:",
        "Chassis Priority:",
        "Local Tiebreaker:",
        "Route-Modifier:",
        "Peer Remote Address:",
        "Peer State:",
        "Peer Mode:",
        "Peer Priority:",
        "Peer Tiebreaker:",
        "Peer Route-Modifier:",
        "Last Hello Message received:",
        "Peer Configuration Validation:",
        "Last Peer Configuration Error:",
        "Last Peer Configuration Event:",
        "Last Validate Switchover Status:",
        "Connection State:",
    ];
    let rows: Vec<&str> = text.lines().skip(2).collect();
    assert_eq!(rows.len(), labels.len());
    for (label, row) in labels.iter().zip(&rows) {
        assert!(row.starts_with(label) && row.len() > 43, "{row}");
    }
    assert!(
        text.contains("Chassis Mode:                              Primary\r\n"),
        "{text}"
    );
}

#[test]
fn cli_4_1_to_4_9_the_rest_of_srp() {
    let monitor = shown("show srp monitor all");
    assert!(
        monitor
            .lines()
            .any(|line| line.contains("10.30.0.7        1812  AAA")),
        "{monitor}"
    );
    assert!(!shown("show srp monitor bgp").contains("10.30.0.7"));
    assert!(
        shown("show srp checkpoint statistics")
            .contains("  Current pre-allocated calls:               ")
    );
    assert!(shown("show srp checkpoint statistics verbose").contains("inst       conn    records"));
    assert!(shown("show srp statistics").contains("Hello messages sent:"));
    assert_eq!(
        shown("show srp call-loss statistics"),
        "SRP Call Loss History:\r\n"
    );
    assert!(shown("show srp audit-statistics").contains("No external audit has been performed"));
    let srp = shown("show configuration srp");
    assert!(
        srp.contains("service-redundancy-protocol") && !srp.contains("hostname"),
        "{srp}"
    );
    assert!(!shown("show configuration").contains("lab-radius"));
    assert!(shown("show configuration showsecrets").contains("lab-radius"));
    let mut world = World::new();
    let mut admin = world.admin();
    for line in ["config", "no context SRP", "yes", "end"] {
        admin.send(&mut world, line);
    }
    assert!(
        admin
            .send(&mut world, "show srp info")
            .contains("is not configured")
    );
}

#[test]
fn cli_2_9_and_2_11_the_rest_of_a_check_list() {
    assert!(shown("show system uptime").starts_with("System uptime: "));
    assert!(
        shown("show session recovery status verbose").contains("Overall Status        : Ready")
    );
    assert!(shown("show alarm outstanding").starts_with("Sev Object          Event\r\n--- "));
    assert!(shown("show crash list").contains("Total Crashes : 0"));
    assert!(shown("show license information | grep \"License Status\"").contains("Good"));
    assert!(shown("show administrators").contains("ops1"));
    let history = shown("show snmp trap history");
    assert!(
        history.contains("Internal trap notification 52 (CLISessionStart)"),
        "{history}"
    );
}
