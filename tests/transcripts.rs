//! Sessions replayed one byte a read: prompts, pagers, questions, log lines, limits, lost sessions.

#[path = "transcripts/chassis.rs"]
mod chassis;
#[path = "transcripts/over_ssh.rs"]
mod over_ssh;

use std::time::Duration;

use chassis::{Say, Script, device};
use cutover::device::error::{Limit, Lost};
use cutover::device::staros::srp_info;
use cutover::device::{Error, Limits};

const SRP: &str = "Service Redundancy Protocol:
-----------------------------
Context:             SRP
Chassis State:        Active
Chassis Mode:         Primary
Route-Modifier:                            16
Peer State:           Standby
Peer Mode:            Backup
Last Hello Message received:               Mon May  5 22:31:07 2025 (2 seconds ago)
Last Validate Switchover Status:           None
Connection State:                          Connected
";
const DATE: &str = "Monday May 05 22:10:04 UTC 2025\n";
const LOG: &str =
    "2025-May-05+22:31:07.123 [srp 84004 info] [5/0/4711 <vpnmgr:4> x.c:12] peer up\r\n";

fn limits(idle: u64, total: u64) -> Limits {
    Limits {
        idle: Duration::from_secs(idle),
        total: Duration::from_secs(total),
        ..Limits::default()
    }
}

#[tokio::test(start_paused = true)]
async fn staros_cli_1_a_command_is_answered_without_echo_and_date() {
    let script = Script::new(&[("show srp info", &[Say::Text(DATE), Say::Text(SRP)])]);
    let (mut device, typed) = script.attach().await;
    let reply = device.run("show srp info").await.expect("answered");
    assert_eq!(reply.text, SRP.trim_end());
    assert_eq!(reply.prompt.to_string(), "[local]pgw-east#");
    assert!(!reply.is_disturbed());
    assert_eq!(typed.lines(), ["show srp info"]);
}

/// Everything the driver says at every place a line can intrude. Known kinds of lines must not be
/// noticed at all. Of unknown ones nobody can say that they are not output, so an optional value may
/// be torn; but who is Active is right or an error, and the session stays in step.
async fn with_noise(noise: &str, known: bool) {
    let replies: &[(&str, &[Say])] = &[("show srp info", &[Say::Text(DATE), Say::Text(SRP)])];
    let length = "\r\n[local]pgw-east# show srp info\r\n".len() + DATE.len() + SRP.len() + 14;
    let expected = srp_info::parse(SRP).expect("sound");
    for at in 0..length + 20 {
        let mut script = Script::new(replies);
        script.noise = Some((at, noise.to_owned()));
        script.dribble = !noise.starts_with('\r');
        let (mut device, typed) = script.attach().await;
        match device.read("show srp info", srp_info::parse).await {
            Ok(info) if known => assert_eq!(info, expected, "noise at byte {at}"),
            Ok(info) => {
                let roles = |i: &srp_info::SrpInfo| {
                    (i.chassis_state, i.chassis_mode, i.peer_state, i.peer_mode)
                };
                assert_eq!(roles(&info), roles(&expected), "noise at byte {at}");
            }
            Err(error) => assert!(!known, "noise at byte {at}: {error}"),
        }
        // And the session is still in step.
        let reply = device.run("show srp info").await;
        let reply = reply.unwrap_or_else(|error| panic!("after noise at byte {at}: {error}"));
        let calm = srp_info::parse(&reply.text);
        assert!(
            calm.is_ok_and(|info| info == expected) || reply.is_disturbed(),
            "byte {at}"
        );
        assert!(typed.lines().iter().all(|line| line == "show srp info"));
    }
}

#[tokio::test(start_paused = true)]
async fn staros_cli_1_11_log_line_at_every_byte() {
    with_noise(LOG, true).await;
}

#[tokio::test(start_paused = true)]
async fn staros_cli_1_11_log_line_on_a_line_of_its_own_at_every_byte() {
    with_noise(&format!("\r\n{LOG}"), true).await;
}

#[tokio::test(start_paused = true)]
async fn staros_cli_1_11_unknown_broadcast_at_every_byte_never_gives_a_wrong_value() {
    with_noise(
        "\r\n*** the system goes down for maintenance ***\r\n",
        false,
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn staros_cli_1_1_a_banner_ending_like_a_prompt_is_not_one() {
    let mut script = Script::new(&[("show clock", &[Say::Text("x\n")])]);
    script.greeting =
        "Cisco Systems\nterminal type unknown, using dumb settings\n[lab]box# ".into();
    script.prompt = "\r\n[local]pgw-east# ".into();
    let (device, _) = script.attach().await;
    assert_eq!(
        device.prompt().map(|prompt| prompt.host.as_str()),
        Some("pgw-east")
    );
}

#[tokio::test(start_paused = true)]
async fn staros_cli_1_3_operator_prompt_and_blank_before_the_host() {
    let mut script = Script::new(&[("show boot", &[Say::Text("boot delay 5\n")])]);
    script.prompt = "[local] pgw-east> ".into();
    let (mut device, _) = script.attach().await;
    let reply = device.run("show boot").await.expect("answered");
    assert_eq!(
        (reply.prompt.level, reply.text.as_str()),
        ('>', "boot delay 5")
    );
}

#[tokio::test(start_paused = true)]
async fn staros_cli_1_5_pages_are_turned_and_leave_no_trace() {
    let says = [
        Say::Text("one\n"),
        Say::Page("---(more)---"),
        Say::Text("two\nthree\n"),
    ];
    let (mut device, _) = Script::new(&[("show x", &says)]).attach().await;
    assert_eq!(
        device.run("show x").await.expect("answered").text,
        "one\ntwo\nthree"
    );
}

#[tokio::test(start_paused = true)]
async fn staros_cli_1_4_second_date_line_after_a_confirmation_is_dropped() {
    let question = "Are you sure? [Yes|No]: ";
    let says = [
        Say::Text(DATE),
        Say::Ask(question),
        Say::Text(DATE),
        Say::Text("done\n"),
    ];
    let (mut device, typed) = Script::new(&[("srp x", &says)]).attach().await;
    let reply = device
        .send_once("srp x", true, limits(10, 10))
        .await
        .expect("answered");
    assert_eq!(reply.text, "done");
    assert_eq!(reply.confirmations, ["Are you sure? [Yes|No]:"]);
    assert_eq!(typed.lines(), ["srp x", "Yes"]);
}

#[tokio::test(start_paused = true)]
async fn staros_cli_1_8_an_unexpected_question_is_answered_with_no() {
    let says = [Say::Ask("Are You Sure ? [Yes|No]: "), Say::Text("acted\n")];
    let (mut device, typed) = Script::new(&[("show x", &says)]).attach().await;
    let error = device.run("show x").await.expect_err("asked");
    assert!(matches!(error, Error::Asked { .. }), "{error}");
    assert_eq!(typed.lines(), ["show x", "No"]);
    assert!(device.run("show x").await.is_err() && device.is_connected());
}

#[tokio::test(start_paused = true)]
async fn staros_cli_1_9_a_refusal_is_an_error_with_the_words_of_the_chassis() {
    let says = [Say::Text("Failure: Image /flash/a.bin CRC check failed!\n")];
    let (mut device, _) = Script::new(&[("show version /flash/a.bin", &says)])
        .attach()
        .await;
    match device.run("show version /flash/a.bin").await {
        Err(Error::Rejected { message, .. }) => assert!(message.contains("CRC check failed")),
        other => panic!("{other:?}"),
    }
    assert!(device.is_connected());
}

#[tokio::test(start_paused = true)]
async fn staros_cli_1_10_the_bracket_proves_the_context() {
    let entered = [Say::Prompt("[PGWin]pgw-east# ")];
    let bgp = [Say::Text(
        "BGP router identifier 10.20.0.11, local AS number 64520\n",
    )];
    let failed = [Say::Text("Failure: context does not exist\n")];
    let script = Script::new(&[
        ("context PGWin", &entered),
        ("show ip bgp summary", &bgp),
        ("context nowhere", &failed),
        ("context liar", &[]),
    ]);
    let (mut device, typed) = script.attach().await;
    let reply = device
        .run_in("PGWin", "show ip bgp summary")
        .await
        .expect("answered");
    assert_eq!(reply.prompt.context, "PGWin");
    assert_eq!(device.prompt().map(|p| p.context.as_str()), Some("local"));
    let refused = device.run_in("nowhere", "show ip bgp summary").await;
    assert!(
        matches!(refused, Err(Error::Rejected { .. })),
        "{refused:?}"
    );
    let stayed = device.run_in("liar", "show ip bgp summary").await;
    assert!(matches!(stayed, Err(Error::Mode { .. })), "{stayed:?}");
    let bgp_typed = typed
        .lines()
        .iter()
        .filter(|l| *l == "show ip bgp summary")
        .count();
    assert_eq!(bgp_typed, 1, "never typed in a context not proven");
}

#[tokio::test(start_paused = true)]
async fn staros_cli_1_10_configuration_stops_at_the_first_bad_line_and_leaves() {
    let in_context = [Say::Prompt("[SRP]pgw-east(config-ctx)# ")];
    let bad = [Say::Text(
        "Unknown command - \"bogus\", unrecognized keyword\n",
    )];
    let up = [Say::Prompt("[local]pgw-east(config)# ")];
    let script = Script::new(&[("context SRP", &in_context), ("bogus", &bad), ("exit", &up)]);
    let (mut device, typed) = script.attach().await;
    let lines = |lines: &[&str]| lines.iter().map(|l| (*l).to_owned()).collect::<Vec<_>>();
    let replies = device
        .configure(&lines(&["context SRP", "#exit"]))
        .await
        .expect("accepted");
    assert_eq!(replies.len(), 2);
    let error = device
        .configure(&lines(&["context SRP", "bogus", "exit"]))
        .await;
    match error {
        Err(Error::AtLine {
            line: 2,
            of: 3,
            source,
            ..
        }) => {
            assert!(matches!(*source, Error::Rejected { .. }));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(
        device.prompt().map(ToString::to_string).as_deref(),
        Some("[local]pgw-east#")
    );
    let ends = typed.lines().iter().filter(|line| *line == "end").count();
    assert_eq!(
        (ends, typed.lines().iter().filter(|l| *l == "exit").count()),
        (2, 1)
    );
}

#[tokio::test(start_paused = true)]
async fn a_silent_chassis_runs_into_the_idle_limit_and_an_endless_one_into_the_total() {
    let dots: Vec<Say> = (0..100)
        .flat_map(|_| [Say::Text("*"), Say::Pause(5)])
        .collect();
    let script = Script::new(&[("show hang", &[Say::Hang]), ("copy x y", &dots)]);
    let (mut device, typed) = script.clone().attach().await;
    let error = device
        .send_once("show hang", false, limits(30, 600))
        .await
        .expect_err("late");
    assert!(
        matches!(
            error,
            Error::Timeout {
                kind: Limit::Idle,
                ..
            }
        ),
        "{error}"
    );
    assert!(!device.is_connected());
    let refused = device.send_once("show hang", false, limits(30, 600)).await;
    assert!(matches!(refused, Err(Error::NotConnected)));
    assert_eq!(typed.lines(), ["show hang"], "never typed twice");

    let (mut device, _) = script.attach().await;
    let error = device
        .send_once("copy x y", false, limits(30, 60))
        .await
        .expect_err("late");
    assert!(
        matches!(
            error,
            Error::Timeout {
                kind: Limit::Total,
                ..
            }
        ),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_lost_session_says_how_far_the_command_had_got() {
    let half = [Say::Text("half of\n"), Say::HangUp];
    let reload = [Say::Ask("Are you sure? [Yes|No]: "), Say::HangUp];
    let script = Script::new(&[
        ("show x", &half),
        ("reload", &reload),
        ("quit", &[Say::HangUp]),
    ]);
    let phase = |result: Result<_, Error>| result.map(|_: cutover::device::Reply| ()).unwrap_err();
    let (mut device, _) = script.clone().attach().await;
    let error = phase(device.run("show x").await);
    assert_eq!(error.lost_phase(), Some(Lost::MidOutput), "{error}");

    let (mut device, _) = script.clone().attach().await;
    let error = phase(device.send_once("reload", true, limits(60, 60)).await);
    assert_eq!(error.lost_phase(), Some(Lost::MidOutput), "{error}");
    assert!(!error.before_any_change());

    // The chassis closes an idle session: found before anything is typed.
    let (mut device, typed) = script.attach().await;
    let (ours, theirs) = tokio::io::duplex(1);
    drop((ours, theirs));
    let error = phase(device.send_once("quit", false, limits(60, 60)).await);
    assert!(error.lost_phase().is_some());
    let error = phase(device.run("show x").await);
    assert!(matches!(error, Error::Unreachable { .. }), "{error}");
    assert_eq!(typed.lines(), ["quit"]);
}

#[tokio::test(start_paused = true)]
async fn a_chassis_without_echo_is_understood_too() {
    let mut script = Script::new(&[("show srp info", &[Say::Text(DATE), Say::Text(SRP)])]);
    script.echo = false;
    let (mut device, _) = script.attach().await;
    let reply = device.run("show srp info").await.expect("answered");
    assert!(srp_info::parse(&reply.text).is_ok(), "{}", reply.text);
}

#[tokio::test(start_paused = true)]
async fn the_wrong_chassis_is_not_touched() {
    let mut script = Script::new(&[]);
    script.prompt = "[local]pgw-west# ".into();
    let (typed, stream) = script.start();
    let mut device = device(Limits::default());
    let error = device.attach(stream).await.expect_err("wrong");
    assert!(matches!(error, Error::WrongChassis { .. }), "{error}");
    assert!(typed.lines().is_empty() && error.before_any_change());
}

#[tokio::test(start_paused = true)]
async fn a_chassis_that_never_prompts_is_unreachable_in_time() {
    let mut script = Script::new(&[]);
    script.prompt = "Quick setup wizard: continue?".into();
    let (_, stream) = script.start();
    let error = device(Limits::default())
        .attach(stream)
        .await
        .expect_err("no prompt");
    assert!(matches!(error, Error::Unreachable { .. }), "{error}");
}
