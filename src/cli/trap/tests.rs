use std::future::pending;
use std::net::{IpAddr, SocketAddr};

use clap::Parser;
use jiff::Timestamp;
use serde_json::Value as Json;

use super::*;
use crate::net::memory::{Fabric, Host};
use crate::wire::snmp::{
    Community, Message, Notification, Oid, Pdu, PduKind, SNMP_TRAP_COMMUNITY, V1Trap, Value,
    VarBind,
};

#[derive(Parser)]
struct Listener {
    #[command(flatten)]
    args: ListenArgs,
}

#[derive(Parser)]
struct Sender {
    #[command(flatten)]
    args: SendArgs,
}

fn listener(args: &[&str]) -> ListenArgs {
    Listener::parse_from([&["listen"], args].concat()).args
}

fn sender(args: &[&str]) -> SendArgs {
    Sender::parse_from([&["send"], args].concat()).args
}

fn clock() -> Clock {
    Clock::starting_at("2026-11-20T02:15:00Z".parse::<Timestamp>().expect("a time"))
}

fn hosts() -> (Host, Host, SocketAddr) {
    let fabric = Fabric::new();
    let ip = |text: &str| text.parse::<IpAddr>().expect("an address");
    let receiver = ip("192.0.2.1");
    (
        fabric.host(receiver),
        fabric.host(ip("192.0.2.10")),
        SocketAddr::new(receiver, PORT),
    )
}

struct Told {
    code: Result<u8, Failure>,
    out: String,
    log: String,
}

async fn heard(args: &[&str], network: &dyn Network) -> Told {
    heard_until(args, network, pending()).await
}

async fn heard_until(args: &[&str], network: &dyn Network, stop: impl Future<Output = ()>) -> Told {
    let (mut out, mut log) = (Vec::new(), Vec::new());
    let mut output = Output {
        out: &mut out,
        log: &mut log,
    };
    let code = listen(&listener(args), network, &clock(), &mut output, stop).await;
    let text = |bytes| String::from_utf8(bytes).expect("text");
    Told {
        code,
        out: text(out),
        log: text(log),
    }
}

async fn sent(args: &[&str], network: &dyn Network) -> Told {
    let (mut out, mut log) = (Vec::new(), Vec::new());
    let mut output = Output {
        out: &mut out,
        log: &mut log,
    };
    let code = send(&sender(args), network, &clock(), &mut output).await;
    let text = |bytes| String::from_utf8(bytes).expect("text");
    Told {
        code,
        out: text(out),
        log: text(log),
    }
}

/// Sends whole datagrams from one socket, then lets the listener work.
async fn deliver(network: &Host, to: SocketAddr, datagrams: &[Vec<u8>]) {
    // The listener binds at its first turn.
    tokio::task::yield_now().await;
    let socket = network
        .bind("0.0.0.0:40000".parse().expect("an address"))
        .await
        .expect("free");
    for datagram in datagrams {
        socket.send_to(datagram, to).expect("sent");
    }
}

fn star(below: &[u32]) -> Oid {
    Oid::new(crate::mib::starent::ENTERPRISE).join(below)
}

fn text(below: &[u32], value: &str) -> VarBind {
    VarBind::new(star(below), Value::OctetString(value.as_bytes().to_vec()))
}

fn trap(community: &str, number: u32, objects: Vec<VarBind>) -> Vec<u8> {
    let community = Community::new(community);
    Message::notification(
        PduKind::Trap,
        community,
        1,
        12345,
        star(&[2, number]),
        objects,
    )
    .encode()
}

#[tokio::test(start_paused = true)]
async fn a_trap_by_name_with_labels_as_json() {
    let (near, far, to) = hosts();
    let objects = vec![
        text(&[1, 31, 5], "SRP"),
        VarBind::new(star(&[1, 31, 13, 0]), Value::IpAddress([10, 0, 0, 1])),
        VarBind::new(star(&[1, 31, 135]), Value::Integer(7)),
        VarBind::new(
            Oid::new(SNMP_TRAP_COMMUNITY),
            Value::OctetString(b"hush".to_vec()),
        ),
    ];
    let datagrams = [trap("public", 1278, objects)];
    let (told, ()) = tokio::join!(
        heard(&["--json", "--count", "1"], &near),
        deliver(&far, to, &datagrams)
    );
    assert_eq!(told.code, Ok(0));
    let line: Json = serde_json::from_str(&told.out).expect("one JSON line");
    assert_eq!(line["at"], "2026-11-20T02:15:00.000Z");
    assert_eq!(line["from"], "192.0.2.10:40000");
    assert_eq!(
        (&line["version"], &line["kind"]),
        (&"2c".into(), &"trap".into())
    );
    assert_eq!(line["trap"]["name"], "starSRPSwitchoverOccured");
    assert_eq!(line["trap"]["oid"], "1.3.6.1.4.1.8164.2.1278");
    assert_eq!(
        (&line["severity"], &line["uptime"]),
        (&"informational".into(), &12345.into())
    );
    assert_eq!(line["varbinds"][0]["value"], "SRP");
    assert_eq!(line["varbinds"][1]["name"], "starSRPIpAddress.0");
    assert_eq!(line["varbinds"][1]["type"], "IpAddress");
    assert_eq!(line["varbinds"][2]["value"], 7);
    assert_eq!(line["varbinds"][2]["label"], "dualActive");
    assert_eq!(line["varbinds"][3]["value"], "(hidden)");
    assert!(
        !told.out.contains("public") && !told.out.contains("hush"),
        "{}",
        told.out
    );
    assert!(
        told.log.contains("accepting the community `public` only"),
        "{}",
        told.log
    );
}

#[tokio::test(start_paused = true)]
async fn a_trap_as_a_line_that_cannot_steer_the_terminal() {
    let (near, far, to) = hosts();
    let v1 = V1Trap {
        community: Community::new("public"),
        enterprise: star(&[2]),
        agent_address: [10, 9, 9, 9],
        generic: 6,
        specific: 125,
        uptime: 1,
        varbinds: vec![text(&[1, 31, 5], "a b\x1b[2J")],
    };
    let datagrams = [Message::V1Trap(v1).encode()];
    let (told, ()) = tokio::join!(
        heard(&["--count", "1"], &near),
        deliver(&far, to, &datagrams)
    );
    let expected = "2026-11-20T02:15:00.000Z  major          192.0.2.10  \
        starSRPAAAUnreachable  starContextName=\"a b\\u{1b}[2J\"\n";
    assert_eq!(told.out, expected);
}

#[tokio::test(start_paused = true)]
async fn everything_is_counted_and_nothing_stops_the_listener() {
    let (near, far, to) = hosts();
    let request = Message::v2c(Community::new("public"), Pdu::new(PduKind::Get, 1, vec![]));
    let bare = Message::v2c(Community::new("public"), Pdu::new(PduKind::Trap, 1, vec![]));
    let v3 = vec![0x30, 0x06, 2, 1, 3, 0x30, 1, 0];
    let datagrams = [
        vec![],
        b"noise".to_vec(),
        v3,
        trap("wrong", 120, vec![]),
        request.encode(),
        bare.encode(),
        trap("public", 120, vec![]),
    ];
    let (told, ()) = tokio::join!(
        heard(&["--count", "1"], &near),
        deliver(&far, to, &datagrams)
    );
    assert_eq!(told.code, Ok(0));
    let last = told.log.lines().last();
    let expected = "received 7, decoded 1, bad community 1, malformed 4, not a notification 1";
    assert_eq!(last, Some(expected));
    assert_eq!(told.log.matches("refused").count(), 1, "{}", told.log);
    assert!(!told.log.contains("wrong"), "{}", told.log);
}

#[tokio::test(start_paused = true)]
async fn several_addresses_and_an_interrupt() {
    let (near, far, to) = hosts();
    let stop = async {
        deliver(&far, to, &[trap("public", 120, vec![])]).await;
        let other = SocketAddr::new(to.ip(), 1162);
        let socket = far
            .bind("0.0.0.0:0".parse().expect("an address"))
            .await
            .expect("free");
        socket
            .send_to(&trap("public", 121, vec![]), other)
            .expect("sent");
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    };
    let args = ["--listen", "192.0.2.1:162", "--listen", "192.0.2.1:1162"];
    let told = heard_until(&args, &near, stop).await;
    assert_eq!(told.code, Ok(130));
    assert!(told.out.contains("starSRPActive") && told.out.contains("starSRPStandby"));
    assert!(told.log.contains("received 2, decoded 2"), "{}", told.log);
}

#[tokio::test(start_paused = true)]
async fn an_address_in_use_is_refused_with_a_hint() {
    let (near, _, to) = hosts();
    let _held = near.bind(to).await.expect("free");
    let told = heard(&[], &near).await;
    let failure = told.code.expect_err("in use");
    assert_eq!(failure.code, 8);
    assert!(failure.message.contains("--listen"), "{}", failure.message);
}

#[tokio::test(start_paused = true)]
async fn rfc_3416_4_2_7_an_inform_is_acknowledged() {
    let (near, far, _) = hosts();
    let send = async {
        tokio::task::yield_now().await;
        let args = [
            "--to",
            "192.0.2.1",
            "--community",
            "public",
            "--inform",
            "starIPSPAllAddrsFree",
            "starContextName=ha",
            "starInterfaceName=ipsp-if",
        ];
        sent(&args, &far).await
    };
    let (told, sent) = tokio::join!(heard(&["--json", "--count", "1"], &near), send);
    assert_eq!(sent.code, Ok(0));
    assert_eq!(
        sent.log,
        "192.0.2.1:162 acknowledged starIPSPAllAddrsFree at attempt 1\n"
    );
    let line: Json = serde_json::from_str(&told.out).expect("one JSON line");
    assert_eq!(
        (&line["kind"], &line["varbinds"][1]["value"]),
        (&"inform".into(), &"ipsp-if".into())
    );
}

#[tokio::test(start_paused = true)]
async fn an_inform_nobody_hears_is_told_after_its_retries() {
    let (_, far, _) = hosts();
    let args = [
        "--to",
        "192.0.2.1",
        "--community",
        "public",
        "--inform",
        "--timeout",
        "2",
        "coldStart",
    ];
    let start = tokio::time::Instant::now();
    let failure = sent(&args, &far).await.code.expect_err("nobody listens");
    assert_eq!(failure.code, 8);
    assert_eq!(start.elapsed().as_secs(), 8);
    assert!(
        failure.message.contains("did not acknowledge 4 informs"),
        "{}",
        failure.message
    );
}

#[tokio::test(start_paused = true)]
async fn a_sent_trap_is_what_its_mib_says() {
    let (near, far, to) = hosts();
    let mut socket = near.bind(to).await.expect("free");
    let args = [
        "--to",
        "192.0.2.1:162",
        "--community",
        "public",
        "--uptime",
        "77",
        "starSRPSwitchoverOccured",
        "starContextName=SRP",
        "starSRPIpAddress=10.0.0.1",
        "starSRPSwitchReason=manualSwitchOver",
    ];
    assert_eq!(sent(&args, &far).await.code, Ok(0));
    let v1 = [
        "--to",
        "192.0.2.1",
        "--community",
        "public",
        "--v1",
        "starSRPActive",
    ];
    let told = sent(&v1, &far).await;
    assert!(
        told.log
            .contains("is defined with starContextName, starSRPIpAddress"),
        "{}",
        told.log
    );
    let (bytes, _) = socket.recv_from().await.expect("sent");
    let heard = Notification::of(&Message::decode(&bytes).expect("ours")).expect("a trap");
    assert_eq!((heard.trap_oid, heard.uptime), (star(&[2, 1278]), Some(77)));
    assert_eq!(heard.varbinds[1].value, Value::IpAddress([10, 0, 0, 1]));
    assert_eq!(heard.varbinds[2].value, Value::Integer(11));
    let (bytes, _) = socket.recv_from().await.expect("sent");
    let Ok(Message::V1Trap(trap)) = Message::decode(&bytes) else {
        panic!("not a v1 trap")
    };
    assert_eq!(
        (trap.enterprise, trap.generic, trap.specific),
        (star(&[2]), 6, 120)
    );
}

#[tokio::test(start_paused = true)]
async fn wrong_arguments_send_nothing() {
    let (_, far, _) = hosts();
    let cases: [(&[&str], &str); 6] = [
        (&["starSrpActive"], "did you mean starSRPActive?"),
        (
            &["starSRPActive", "starContextName"],
            "expected OBJECT=VALUE",
        ),
        (
            &["starSRPActive", "starContextname=x"],
            "did you mean starContextName?",
        ),
        (
            &["starSRPActive", "starSRPIpAddress=x"],
            "starSRPIpAddress is IpAddress",
        ),
        (
            &["starSRPActive", "1.3.6.1.4.1.9.1=5"],
            "write the type before the value",
        ),
        (
            &["starSRPActive", "--mibs", "/nonexistent"],
            "cannot read MIB modules",
        ),
    ];
    for (rest, expected) in cases {
        let args = [&["--to", "192.0.2.1", "--community", "c"], rest].concat();
        let failure = sent(&args, &far).await.code.expect_err("wrong");
        assert_eq!(failure.code, 2);
        assert!(failure.message.contains(expected), "{}", failure.message);
    }
    let unset = [
        "--to",
        "192.0.2.1",
        "--community-env",
        "CUTOVER_NO_SUCH",
        "coldStart",
    ];
    assert_eq!(sent(&unset, &far).await.code.expect_err("not set").code, 2);
    let nowhere = ["--to", "no.such.host", "--community", "c", "coldStart"];
    assert_eq!(
        sent(&nowhere, &far)
            .await
            .code
            .expect_err("unknown host")
            .code,
        8
    );
    for to in ["192.0.2.1:", ":162", "192.0.2.1:x", "192.0.2.1:0", "[]:162"] {
        let failure = sent(&["--to", to, "--community", "c", "coldStart"], &far).await;
        assert_eq!(failure.code.expect_err(to).code, 2, "{to}");
    }
    assert!(Sender::try_parse_from(["send", "--to", "192.0.2.1", "coldStart"]).is_err());
}
