//! A whole chassis behind a terminal, driven with bytes.

use std::time::Duration;

use super::super::overrides::Overrides;
use super::super::profile::Profile;
use super::super::spec::Spec;
use super::super::staros::config::{Lab, lab_configuration};
use super::*;

mod configuration;
mod shows;

/// A chassis, the time, and any number of terminals.
struct World {
    chassis: Chassis,
    now: Time,
}

struct Terminal {
    shell: Shell,
    seen: Vec<u8>,
    next: Next,
}

impl World {
    fn new() -> Self {
        Self::with("asr5500-21")
    }

    fn with(profile: &str) -> Self {
        let configuration = lab_configuration(&Lab {
            hostname: "pgw-east",
            primary: true,
            management: [192, 0, 2, 10].into(),
            srp_address: [10, 9, 0, 1].into(),
            srp_peer: [10, 9, 0, 2].into(),
            hello: 10,
            dead: 30,
            delay: 0,
            trap_target: None,
            administrators: &["ops"],
            cards: &[1, 2],
            timezone: "UTC",
        });
        let spec = Spec {
            name: "pgw-east".into(),
            profile: Profile::named(profile).unwrap(),
            overrides: Overrides::default(),
            address: [192, 0, 2, 10].into(),
            configuration,
            users: Vec::new(),
            seed: 1,
        };
        let epoch = "2025-05-05T22:10:04Z".parse().unwrap();
        Self {
            chassis: Chassis::new(&spec, epoch, Time::ZERO),
            now: Time::ZERO,
        }
    }

    /// A terminal without paging.
    fn terminal(&mut self, level: Level) -> Terminal {
        self.terminal_of(80, 0, level)
    }

    fn terminal_of(&mut self, width: u16, height: u16, level: Level) -> Terminal {
        let name = format!("ops{}", self.chassis.config_lock.terminals().count() + 1);
        let user = User { name, level };
        let mut shell = Shell::new(user, "/dev/pts/1".into(), width, height);
        let mut seen = Vec::new();
        shell.open(&mut self.chassis, self.now, &mut seen);
        Terminal {
            shell,
            seen,
            next: Next::Idle,
        }
    }

    fn admin(&mut self) -> Terminal {
        self.terminal(Level::Administrator)
    }

    fn pass(&mut self, time: Duration) {
        self.now += time;
        self.chassis.tick(self.now);
    }
}

impl Terminal {
    /// What has been printed since it was last asked.
    fn take(&mut self) -> String {
        String::from_utf8(std::mem::take(&mut self.seen)).unwrap()
    }

    fn type_in(&mut self, world: &mut World, bytes: &[u8]) -> &mut Self {
        self.next = self
            .shell
            .input(bytes, &mut world.chassis, world.now, &mut self.seen);
        self
    }

    /// Types a line; what was printed behind its echo, up to and with the prompt.
    fn send(&mut self, world: &mut World, line: &str) -> String {
        self.take();
        self.type_in(world, format!("{line}\r").as_bytes());
        let seen = self.take();
        let echo = format!("{line}\r\n");
        let answer = seen.strip_prefix(&echo);
        answer
            .unwrap_or_else(|| panic!("no echo of {line:?} in {seen:?}"))
            .to_owned()
    }

    /// Lets the chassis work until the terminal no longer waits.
    fn wait(&mut self, world: &mut World) -> String {
        while let Next::WakeAt(at) = self.next {
            let ahead = at.saturating_sub(world.now);
            world.pass(ahead);
            self.next = self
                .shell
                .tick(&mut world.chassis, world.now, &mut self.seen);
        }
        self.take()
    }
}

const PROMPT: &str = "[local]pgw-east# ";
const STAMP: &str = "Monday May 05 22:10:04 UTC 2025\r\n";

#[test]
fn cli_1_3_prompts_follow_level_context_and_mode() {
    let mut world = World::new();
    let mut admin = world.admin();
    assert_eq!(admin.take(), PROMPT);
    assert!(
        admin
            .send(&mut world, "context SRP")
            .ends_with("[SRP]pgw-east# ")
    );
    assert!(admin.send(&mut world, "context local").ends_with(PROMPT));
    assert!(
        admin
            .send(&mut world, "configure")
            .ends_with("[local]pgw-east(config)# ")
    );
    assert_eq!(
        admin.send(&mut world, "context SRP"),
        "[SRP]pgw-east(config-ctx)# "
    );
    assert_eq!(
        admin.send(&mut world, "service-redundancy-protocol"),
        "[SRP]pgw-east(config-srp)# "
    );
    assert_eq!(
        admin.send(&mut world, "exit"),
        "[SRP]pgw-east(config-ctx)# "
    );
    assert_eq!(admin.send(&mut world, "end"), PROMPT);
    let mut operator = world.terminal(Level::Operator);
    assert_eq!(operator.take(), "[local]pgw-east> ");
    let answer = operator.send(&mut world, "configure");
    assert_eq!(
        answer,
        "Unknown command - \"configure\", unrecognized keyword\r\n[local]pgw-east> "
    );
    assert!(
        operator
            .send(&mut world, "show boot")
            .contains("boot system priority")
    );
}

#[test]
fn cli_1_3_a_blank_may_stand_behind_the_bracket() {
    let mut world = World::new();
    let style = Style {
        spaced_prompt: true,
        ..Style::default()
    };
    let user = User {
        name: "ops".into(),
        level: Level::Administrator,
    };
    let mut shell = Shell::new(user, "/dev/pts/1".into(), 80, 24).with_style(style);
    let mut out = Vec::new();
    shell.open(&mut world.chassis, world.now, &mut out);
    assert_eq!(out, b"[local] pgw-east# ");
}

#[test]
fn cli_1_4_the_time_comes_before_an_output_until_it_is_turned_off() {
    let mut world = World::new();
    let mut admin = world.admin();
    assert_eq!(
        admin.send(&mut world, "show system uptime | grep nothing"),
        format!("{STAMP}{PROMPT}")
    );
    assert_eq!(
        admin.send(&mut world, "no timestamps"),
        format!("{STAMP}{PROMPT}")
    );
    assert_eq!(
        admin.send(&mut world, "show clock"),
        format!("{STAMP}{PROMPT}")
    );
    assert_eq!(admin.send(&mut world, "terminal length 0"), PROMPT);
    assert_eq!(admin.send(&mut world, ""), PROMPT);
}

#[test]
fn cli_8_bytes_one_by_one_and_in_one_piece_look_the_same() {
    let line = b"show version | grep Version\rterminal width 512\r";
    let mut world = World::new();
    let mut whole = world.admin();
    whole.type_in(&mut world, line);
    let mut single = world.admin();
    for byte in line {
        single.type_in(&mut world, &[*byte]);
    }
    assert_eq!(whole.take(), single.take());
}

#[test]
fn cli_1_5_the_pager_stops_at_each_page() {
    let mut world = World::new();
    let mut admin = world.terminal_of(80, 6, Level::Administrator);
    let first = admin.send(&mut world, "show srp info");
    assert!(first.ends_with("---(more)---"), "{first}");
    assert_eq!(first.matches("\r\n").count(), 6, "{first}");
    let line = admin.type_in(&mut world, b"\r").take();
    assert_eq!(line.matches("\r\n").count(), 1, "{line}");
    assert!(line.starts_with("\r            \r"), "{line:?}");
    let page = admin.type_in(&mut world, b" ").take();
    assert_eq!(page.matches("\r\n").count(), 5, "{page}");
    assert!(admin.type_in(&mut world, b"q").take().ends_with(PROMPT));
    admin.send(&mut world, "terminal length 0");
    assert!(admin.send(&mut world, "show srp info").ends_with(PROMPT));
    assert!(
        admin
            .send(&mut world, "show configuration | more")
            .ends_with("---(more)---")
    );
    assert!(admin.type_in(&mut world, b"\x03").take().ends_with(PROMPT));
}

#[test]
fn cli_1_8_reload_asks_and_anything_but_yes_is_no() {
    let mut world = World::new();
    let mut admin = world.admin();
    for answer in ["", "n", "no", "maybe", "yess"] {
        let question = admin.send(&mut world, "reload");
        assert_eq!(question, format!("{STAMP}Are you sure? [Yes|No]: "));
        assert_eq!(admin.send(&mut world, answer), PROMPT);
        assert!(world.chassis.is_up());
    }
    admin.send(&mut world, "reload");
    let answered = admin.send(&mut world, "yes");
    assert!(answered.starts_with(STAMP), "{answered}");
    world.pass(Duration::from_secs(60));
    admin.type_in(&mut world, b"");
    assert_eq!(admin.next, Next::Close);
}

#[test]
fn cli_3_11_reload_noconfirm_closes_the_session() {
    let mut world = World::new();
    let mut admin = world.admin();
    admin.send(&mut world, "reload -noconfirm");
    world.pass(Duration::from_secs(60));
    assert!(!world.chassis.is_up());
    admin.type_in(&mut world, b"\r");
    assert_eq!(admin.next, Next::Close);
    assert_eq!(world.chassis.config_lock.terminals().count(), 0);
}

#[test]
fn cli_1_8_autoconfirm_asks_nobody() {
    let mut world = World::new();
    let mut admin = world.admin();
    admin.send(&mut world, "autoconfirm");
    admin.send(&mut world, "config");
    assert_eq!(
        admin.send(&mut world, "context NEW"),
        "[NEW]pgw-east(config-ctx)# "
    );
}

#[test]
fn cli_1_9_syntax_errors_have_no_time_before_them() {
    let mut world = World::new();
    let mut admin = world.admin();
    for (line, text) in [
        ("shw", "Unknown command - \"shw\", unrecognized keyword"),
        ("show s", "Ambiguous keyword - \"s\""),
        ("show", "Incomplete command"),
        (
            "show version | sort",
            "Unknown command - \"sort\", unrecognized keyword",
        ),
    ] {
        assert_eq!(admin.send(&mut world, line), format!("{text}\r\n{PROMPT}"));
    }
    let unknown = admin.send(&mut world, "context SPR");
    assert_eq!(
        unknown,
        format!("{STAMP}Failure: Unknown context 'SPR'\r\n{PROMPT}")
    );
}

#[test]
fn cli_1_9_what_the_release_does_not_have_is_unknown() {
    let mut world = World::with("asr5500-17");
    let mut admin = world.admin();
    let answer = admin.send(&mut world, "srp initiate-switchover force");
    assert!(
        answer.starts_with("Unknown command - \"force\""),
        "{answer}"
    );
}

#[test]
fn ctrl_c_drops_the_line_and_a_running_wait() {
    let mut world = World::new();
    let mut admin = world.admin();
    admin.take();
    assert_eq!(
        admin.type_in(&mut world, b"relo\x03").take(),
        format!("relo^C\r\n{PROMPT}")
    );
    admin.send(&mut world, "save configuration /flash/x.cfg");
    assert!(matches!(admin.next, Next::WakeAt(_)), "{:?}", admin.next);
    assert_eq!(
        admin.type_in(&mut world, b"\x03").take(),
        format!("^C\r\n{PROMPT}")
    );
}

#[test]
fn what_is_typed_while_a_command_runs_comes_after_it() {
    let mut world = World::new();
    let mut admin = world.admin();
    admin.send(&mut world, "no timestamps");
    admin.send(&mut world, "save configuration /flash/x.cfg");
    assert!(matches!(admin.next, Next::WakeAt(_)));
    assert_eq!(admin.type_in(&mut world, b"terminal length 0\r").take(), "");
    admin.next = admin
        .shell
        .tick(&mut world.chassis, world.now, &mut admin.seen);
    assert_eq!(
        admin.wait(&mut world),
        format!("{PROMPT}terminal length 0\r\n{PROMPT}")
    );
    assert!(
        admin
            .send(&mut world, "directory /flash")
            .contains(" x.cfg\r\n")
    );
}

#[test]
fn cli_3_10_save_asks_before_it_overwrites() {
    let mut world = World::new();
    let mut admin = world.admin();
    admin.send(
        &mut world,
        "save configuration /flash/x.cfg -redundant -noconfirm",
    );
    admin.wait(&mut world);
    let question = admin.send(&mut world, "save configuration /flash/x.cfg");
    assert!(
        question.contains("/flash/x.cfg already exists"),
        "{question}"
    );
    assert!(question.ends_with("Are you sure? [Yes|No]: "), "{question}");
    assert_eq!(admin.send(&mut world, "no"), PROMPT);
    let saved = admin.send(&mut world, "show configuration url /flash/x.cfg");
    assert!(saved.contains("  system hostname pgw-east\r\n"), "{saved}");
}

#[test]
fn cli_8_help_lists_keywords_and_tab_completes() {
    let mut world = World::new();
    let mut admin = world.admin();
    admin.take();
    let help = admin.type_in(&mut world, b"show ver?").take();
    assert_eq!(help, format!("show ver?\r\nversion\r\n{PROMPT}show ver"));
    assert_eq!(admin.type_in(&mut world, b"\t").take(), "sion ");
    assert!(
        admin
            .type_in(&mut world, b"\r")
            .take()
            .contains("Image Version:")
    );
    let all = admin.type_in(&mut world, b"terminal ?").take();
    assert!(all.contains("length\r\nwidth\r\n"), "{all}");
}

#[test]
fn cli_1_11_log_lines_come_between_and_the_prompt_comes_back() {
    let mut world = World::new();
    let mut admin = world.admin();
    admin.type_in(&mut world, b"show v").take();
    admin.shell.notice(
        "2025-May-05+22:10:04 link up",
        &world.chassis,
        &mut admin.seen,
    );
    assert_eq!(
        admin.take(),
        format!("\r\n2025-May-05+22:10:04 link up\r\n{PROMPT}show v")
    );
}

#[test]
fn exit_ends_the_session() {
    for line in [&b"exit\r"[..], b"logout\r", b"\x04"] {
        let mut world = World::new();
        let mut admin = world.admin();
        admin.type_in(&mut world, line);
        assert_eq!(admin.next, Next::Close);
    }
}
