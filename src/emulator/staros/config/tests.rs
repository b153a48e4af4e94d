use proptest::prelude::*;

use super::*;

fn lab(primary: bool) -> String {
    let (own, peer) = if primary {
        ([10, 9, 0, 1], [10, 9, 0, 2])
    } else {
        ([10, 9, 0, 2], [10, 9, 0, 1])
    };
    lab_configuration(&Lab {
        hostname: if primary { "pgw-east" } else { "pgw-west" },
        primary,
        management: [192, 0, 2, 10].into(),
        srp_address: own.into(),
        srp_peer: peer.into(),
        hello: 10,
        dead: 30,
        delay: 0,
        trap_target: Some((([192, 0, 2, 99], 1162).into(), "public")),
        administrators: &["ops"],
        cards: &[1, 2],
        timezone: "UTC",
    })
}

fn parse(text: &str) -> Running {
    let (running, problems) = Running::parse(text);
    assert_eq!(problems, Vec::<String>::new());
    running
}

#[test]
fn cli_4_9_the_lab_configuration_loads_without_a_word_and_round_trips() {
    let running = parse(&lab(true));
    assert_eq!(parse(&running.render()), running);
    let readable = parse(&running.render_with_secrets());
    assert_eq!(readable.comparison_text(), running.comparison_text());
    assert!(
        running
            .render()
            .starts_with("config\n  system hostname pgw-east\n")
    );
    assert!(running.render().ends_with("  #exit\nend\n"));
}

#[test]
fn cli_4_10_the_view_reads_the_lab() {
    let running = parse(&lab(true));
    let view = running.view();
    assert_eq!(view.hostname.as_deref(), Some("pgw-east"));
    assert_eq!(view.contexts, ["local", "SRP", "AAA", "PGWin", "PGWout"]);
    let srp = view.srp.as_ref().unwrap();
    assert_eq!(
        (srp.context.as_str(), srp.primary, srp.priority),
        ("SRP", true, 10)
    );
    assert_eq!(srp.bind, Some([10, 9, 0, 1].into()));
    assert_eq!(srp.peer, Some([10, 9, 0, 2].into()));
    assert_eq!((srp.hello.as_secs(), srp.dead.as_secs()), (10, 30));
    let groups: Vec<_> = view
        .bgp_neighbors
        .iter()
        .map(|peer| peer.monitored)
        .collect();
    assert_eq!(groups, [Some(1), Some(2)]);
    assert_eq!(view.servers[0].address, "10.30.0.7");
    let services: Vec<_> = view
        .services
        .iter()
        .map(|s| (s.kind.as_str(), s.bound))
        .collect();
    assert_eq!(services, [("pgw", true), ("sgw", true), ("ha", true)]);
    assert_eq!(view.trap_targets[0].address, ([192, 0, 2, 99], 1162).into());
    assert!(view.session_recovery);
}

#[test]
fn srp_56_a_pair_differs_only_in_what_must_differ() {
    let (east, west) = (parse(&lab(true)), parse(&lab(false)));
    assert_ne!(east.render_srp(), west.render_srp());
    assert_eq!(east.comparison_text(), west.comparison_text());
    assert!(!east.comparison_text().contains("chassis-mode"));
    assert!(east.comparison_text().contains("ip pool dyn-a"));
}

#[test]
fn srp_57_only_the_order_of_busyout_lines_counts() {
    let with = |lines: &str| {
        parse(&format!("config\n  context A\n{lines}  #exit\nend\n")).comparison_text()
    };
    let (a, b) = (
        "    busyout ip pool name a\n",
        "    busyout ip pool name b\n",
    );
    assert_ne!(with(&format!("{a}{b}")), with(&format!("{b}{a}")));
    let (p, q) = (
        "    ip pool p 10.0.0.0 255.0.0.0 srp-activate\n",
        "    ip pool q 11.0.0.0 255.0.0.0 srp-activate\n",
    );
    assert_eq!(with(&format!("{p}{q}")), with(&format!("{q}{p}")));
}

#[test]
fn srp_115_secrets_are_compared_readable() {
    let with = |host: &str| {
        let text = format!(
            "config\n  system hostname {host}\n  context A\n    radius server 10.0.0.1 key s3cret port 1812\n  #exit\nend\n"
        );
        parse(&text)
    };
    let (east, west) = (with("east"), with("west"));
    assert_ne!(east.render_srp(), west.render_srp());
    assert!(!east.render().contains("s3cret"));
    assert!(east.render_with_secrets().contains("key s3cret"));
    assert_eq!(east.comparison_text(), west.comparison_text());
}

#[test]
fn cli_1_9_a_bad_line_is_reported_and_skipped_with_its_block() {
    let text = "config\n  context A\n    new-release-thing x\n      inner 1\n    #exit\n    ip pool p 10.0.0.0 255.0.0.0\n  #exit\n  frobnicate\n  context B\n  #exit\nend\n";
    let (running, problems) = Running::parse(text);
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(problems[0].contains("new-release-thing"), "{problems:?}");
    assert_eq!(running.view().contexts, ["local", "A", "B"]);
    assert!(
        running
            .render()
            .contains("    ip pool p 10.0.0.0 255.0.0.0\n")
    );
}

#[test]
fn cli_1_10_lines_replace_negate_and_nest() {
    let mut running = Running::default();
    let mut path = Path::default();
    let mut apply = |line: &str| running.apply(&mut path, line);
    assert_eq!(apply("cont SRP"), Ok(Applied::Entered));
    assert_eq!(apply("service-red"), Ok(Applied::Entered));
    apply("hello 10").unwrap();
    apply("hello-interval 5").unwrap();
    apply("checkpoint session duration ims-session 20").unwrap();
    apply("checkpoint session duration 40").unwrap();
    apply("monitor bgp context PGWin 10.20.0.1 group 1").unwrap();
    apply("monitor bgp context PGWin 10.20.0.2").unwrap();
    apply("no monitor bgp context PGWin 10.20.0.1").unwrap();
    assert_eq!(apply("no hello"), Ok(Applied::Changed));
    assert_eq!(
        apply("helo"),
        Err("Unknown command - \"helo\", unrecognized keyword".to_owned())
    );
    assert_eq!(path.prompt(), "config-srp");
    assert_eq!(path.context(), Some("SRP"));
    let expected = "config\n  context SRP\n    service-redundancy-protocol\n      checkpoint session duration ims-session 20\n      checkpoint session duration 40\n      monitor bgp context PGWin 10.20.0.2\n    #exit\n  #exit\nend\n";
    assert_eq!(running.render(), expected);
}

#[test]
fn cli_3_5_boot_entries_are_never_part_of_the_configuration() {
    let mut running = Running::default();
    let mut path = Path::default();
    let applied = running.apply(
        &mut path,
        "boot sys prio 7 image /flash/a.bin config /flash/a.cfg",
    );
    let entry = Entry {
        priority: 7,
        image: "/flash/a.bin".into(),
        config: "/flash/a.cfg".into(),
    };
    assert_eq!(applied, Ok(Applied::BootEntry(entry)));
    assert_eq!(
        running.apply(&mut path, "no boot system priority 7"),
        Ok(Applied::NoBootEntry(7))
    );
    assert!(
        running
            .apply(&mut path, "boot system priority 0 image a config b")
            .is_err()
    );
    assert_eq!(running.render(), "config\nend\n");
}

#[test]
fn cli_1_8_creating_a_context_and_deleting_a_block_ask_first() {
    let running = parse(&lab(true));
    let global = Path::default();
    let asks = |line: &str| running.needs_confirmation(&global, line);
    assert!(!asks("context SRP"));
    assert!(asks("context SPR"));
    assert!(asks("no context SRP"));
    assert!(!asks("no context SPR"));
    assert!(!asks("card 3"));
    assert!(!asks("system hostname x"));
}

#[test]
fn no_shutdown_and_shutdown_replace_each_other() {
    let text = "config\n  port ethernet 5/10\n    no shutdown\n    shutdown\n  #exit\nend\n";
    let running = parse(text);
    assert!(!running.render().contains("no shutdown"));
    let back = parse(&text.replace("    shutdown\n", "    shutdown\n    no shutdown\n"));
    assert!(!back.render().contains("\n    shutdown"));
}

proptest! {
    #[test]
    fn any_sequence_of_lines_round_trips(picks in proptest::collection::vec((0usize..24, 0u8..4), 0..60)) {
        let lines = [
            "context {}", "interface i{}", "interface i{} loopback", "ip address 10.0.{}.1 255.255.255.0 srp-activate",
            "exit", "no context {}", "service-redundancy-protocol", "priority {}", "hello-interval 1{}", "no priority",
            "ip pool p{} 10.{}.0.0 255.255.0.0", "pgw-service s{}", "bind ipv4-address 10.1.1.{}", "exit",
            "administrator a{} password pw{}", "radius server 10.1.1.{} key k{} port 1812", "exit", "router bgp 6{}",
            "neighbor 10.0.0.{} remote-as 7{}", "banner motd \"hello  {} you\"", "busyout ip pool name p{}",
            "port ethernet 5/1{}", "no shutdown", "shutdown",
        ];
        let mut running = Running::default();
        let mut path = Path::default();
        for (pick, number) in picks {
            let line = lines[pick].replace("{}", &number.to_string());
            if line == "exit" {
                path.leave();
            } else {
                let _ = running.apply(&mut path, &line);
            }
        }
        let again = parse(&running.render());
        prop_assert_eq!(&again, &running);
        prop_assert_eq!(again.render(), running.render());
    }
}
