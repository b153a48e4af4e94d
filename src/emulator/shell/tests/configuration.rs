//! Typing configuration, and the lock between two terminals (`staros-cli.md` 1.10).

use super::*;

#[test]
fn cli_1_10_a_new_context_is_confirmed_and_a_no_creates_nothing() {
    let mut world = World::new();
    let mut admin = world.admin();
    admin.send(&mut world, "config");
    assert_eq!(
        admin.send(&mut world, "context SPR"),
        "Are you sure? [Yes|No]: "
    );
    assert_eq!(admin.send(&mut world, "n"), "[local]pgw-east(config)# ");
    assert!(
        !world
            .chassis
            .running
            .view()
            .contexts
            .contains(&"SPR".to_owned())
    );
    admin.send(&mut world, "context SPR");
    assert_eq!(admin.send(&mut world, "yes"), "[SPR]pgw-east(config-ctx)# ");
    admin.send(&mut world, "exit");
    assert_eq!(
        admin.send(&mut world, "context NEW -noconfirm"),
        "[NEW]pgw-east(config-ctx)# "
    );
    assert_eq!(admin.send(&mut world, "end"), PROMPT);
    assert!(
        admin
            .send(&mut world, "context NEW")
            .ends_with("[NEW]pgw-east# ")
    );
}

#[test]
fn cli_1_9_a_bad_line_changes_nothing_and_a_hostname_shows_at_once() {
    let mut world = World::new();
    let mut admin = world.admin();
    admin.send(&mut world, "config");
    let before = world.chassis.running.render();
    let answer = admin.send(&mut world, "sytem hostname x");
    assert_eq!(
        answer,
        "Unknown command - \"sytem\", unrecognized keyword\r\n[local]pgw-east(config)# "
    );
    assert_eq!(world.chassis.running.render(), before);
    assert_eq!(
        admin.send(&mut world, "system hostname other"),
        "[local]other(config)# "
    );
}

#[test]
fn cli_3_5_boot_entries_act_at_once_on_the_active_card_only() {
    let mut world = World::new();
    let mut admin = world.admin();
    admin.send(&mut world, "config");
    let line = "boot system priority 7 image /flash/a.bin config /flash/a.cfg";
    assert_eq!(admin.send(&mut world, line), "[local]pgw-east(config)# ");
    admin.send(&mut world, "end");
    let shown = admin.send(&mut world, "show boot");
    let entry =
        "boot system priority 7 \\\r\n    image /flash/a.bin \\\r\n    config /flash/a.cfg\r\n\r\n";
    assert!(shown.contains(entry), "{shown}");
    let has = |world: &World, card: usize| {
        world.chassis.boot[card]
            .entries
            .iter()
            .any(|e| e.priority == 7)
    };
    assert!(has(&world, 0) && !has(&world, 1));
    assert!(!world.chassis.running.render().contains("boot system"));
    admin.send(&mut world, "filesystem synchronize all");
    admin.wait(&mut world);
    assert!(has(&world, 1));
    admin.send(&mut world, "config");
    assert_eq!(
        admin.send(&mut world, "no boot system priority 7"),
        "[local]pgw-east(config)# "
    );
    assert!(!has(&world, 0));
    assert!(
        admin
            .send(&mut world, "no boot system priority 7")
            .starts_with("Failure: ")
    );
}

#[test]
fn srp_16_the_dead_interval_is_checked_on_leaving_the_block() {
    let mut world = World::new();
    let mut admin = world.admin();
    for line in [
        "config",
        "context SRP",
        "service-redundancy-protocol",
        "hello-interval 11",
    ] {
        admin.send(&mut world, line);
    }
    for way_out in ["exit", "end"] {
        let answer = admin.send(&mut world, way_out);
        assert!(
            answer.starts_with("Failure: dead-interval (30)"),
            "{answer}"
        );
        assert!(answer.ends_with("(config-srp)# "), "{answer}");
    }
    admin.send(&mut world, "dead-interval 33");
    assert_eq!(admin.send(&mut world, "end"), PROMPT);
}

#[test]
fn cli_1_10_a_shared_lock_warns_and_an_exclusive_one_refuses() {
    let mut world = World::new();
    let (mut one, mut two) = (world.admin(), world.admin());
    assert!(!one.send(&mut world, "config").contains("Warning"));
    let warned = two.send(&mut world, "config");
    assert!(
        warned.contains(
            "Warning: One or more other administrators may be configuring this system\r\n"
        )
    );
    two.send(&mut world, "end");
    assert!(
        two.send(&mut world, "save configuration /flash/y.cfg")
            .ends_with("Are you sure? [Y/N]: ")
    );
    assert_eq!(two.send(&mut world, "n"), PROMPT);
    one.send(&mut world, "end");
    let info = one.send(&mut world, "configure lock");
    assert!(info.contains(
        "Info: No one else can access config mode while you have the exclusive lock\r\n"
    ));
    let failure =
        "Failure: Configuration mode is currently locked, use ignore-lock to ignore lock\r\n";
    assert_eq!(
        two.send(&mut world, "config"),
        format!("{STAMP}{failure}{PROMPT}")
    );
    assert!(
        two.send(&mut world, "save configuration /flash/y.cfg -noconfirm")
            .contains(failure)
    );
    let ignored = two.send(
        &mut world,
        "save configuration /flash/y.cfg -noconfirm ignore-locks",
    );
    assert!(
        ignored.contains(
            "Warning: Ignoring the configuration mode lock held by another administrator"
        )
    );
    two.wait(&mut world);
    one.shell.hang_up(&mut world.chassis, world.now);
    assert!(two.send(&mut world, "config").ends_with("(config)# "));
}

#[test]
fn cli_1_10_force_throws_the_other_out_of_configuration_mode() {
    let mut world = World::new();
    let (mut one, mut two) = (world.admin(), world.admin());
    one.send(&mut world, "config");
    two.send(&mut world, "configure lock force");
    let told = one.type_in(&mut world, b"").take();
    assert!(
        told.contains("Administrator ops2 has taken the configuration mode lock"),
        "{told}"
    );
    assert!(told.ends_with(PROMPT), "{told}");
}

#[test]
fn cli_1_10_warn_gives_ten_seconds() {
    let mut world = World::new();
    let (mut one, mut two) = (world.admin(), world.admin());
    one.send(&mut world, "config");
    let wait = two.send(&mut world, "configure lock warn");
    assert!(
        wait.contains("please wait for this message to be sent to the other administrators......")
    );
    assert_eq!(two.next, Next::WakeAt(Duration::from_secs(10)));
    let told = one.type_in(&mut world, b"").take();
    assert!(
        told.contains("Administrator ops2 requires exclusive access to configuration mode\r\n"),
        "{told}"
    );
    let refused = two.wait(&mut world);
    assert!(
        refused.contains("Failure: Another administrator could not release"),
        "{refused}"
    );
    two.send(&mut world, "configure lock warn");
    one.type_in(&mut world, b"");
    one.send(&mut world, "end");
    assert!(two.wait(&mut world).ends_with("(config)# "));
}
