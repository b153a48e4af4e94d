//! Net-SNMP at both ends of the trap path: its `snmptrap` and `snmpinform` at our listener, our
//! sender and our emulated chassis at its `snmptrapd`. Skipped where it is not installed.

mod emulated;

use std::io::{BufRead, BufReader, Read};
use std::net::UdpSocket;
use std::process::{Child, ChildStderr, Command, Output, Stdio};
use std::sync::{Arc, Mutex};

use emulated::{Emulator, end, until};
use serde_json::Value;

/// Whether a program of Net-SNMP is here; says so when not.
fn has(program: &str) -> bool {
    let quiet = Command::new(program)
        .arg("-V")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if quiet.is_err() {
        eprintln!("skipped: no `{program}` on this machine");
    }
    quiet.is_ok()
}

/// Net-SNMP without the configuration and MIB files of this machine.
fn net_snmp(program: &str) -> Command {
    let mut command = Command::new(program);
    command.env("SNMPCONFPATH", "/nonexistent").env("MIBS", "");
    command.stdin(Stdio::null());
    command
}

fn cutover(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cutover"));
    command.args(args).stdin(Stdio::null());
    command
}

#[track_caller]
fn succeeds(command: &mut Command) -> Output {
    let output = command.output().expect("it starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
    output
}

/// `cutover trap listen` on a port of its own, for `count` notifications.
struct Listener {
    child: Child,
    log: BufReader<ChildStderr>,
    address: String,
}

impl Listener {
    fn start(count: u32) -> Self {
        let count = count.to_string();
        let mut child = cutover(&[
            "trap",
            "listen",
            "--listen",
            "127.0.0.1:0",
            "--json",
            "--count",
            &count,
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
        let mut log = BufReader::new(child.stderr.take().expect("piped"));
        let address = loop {
            let mut line = String::new();
            assert_ne!(
                log.read_line(&mut line).expect("a log"),
                0,
                "it ended early"
            );
            if let Some(rest) = line.strip_prefix("listening on ") {
                break rest.split(' ').next().expect("an address").to_owned();
            }
        };
        Self {
            child,
            log,
            address,
        }
    }

    /// What it heard, once it has ended by itself, and its last word about it.
    fn heard(mut self) -> (Vec<Value>, String) {
        let mut out = String::new();
        let mut stdout = self.child.stdout.take().expect("piped");
        stdout.read_to_string(&mut out).expect("text");
        let mut log = String::new();
        self.log.read_to_string(&mut log).expect("text");
        assert!(self.child.wait().expect("it ends").success(), "{log}");
        let events = out
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"));
        (events.collect(), log)
    }
}

const SRP_ACTIVE: &str = "1.3.6.1.4.1.8164.2.120";

#[test]
fn snmptrap_and_snmpinform_are_heard_and_answered() {
    if !has("snmptrap") || !has("snmpinform") {
        return;
    }
    let listener = Listener::start(3);
    let address = listener.address.as_str();
    let context = ["1.3.6.1.4.1.8164.1.31.5.7", "s", "srp"];
    succeeds(
        net_snmp("snmptrap")
            .args(["-v2c", "-c", "public", address, "4711", SRP_ACTIVE])
            .args(context),
    );
    // It ends well only when the answer came, and the answer only when the inform was written.
    succeeds(net_snmp("snmpinform").args([
        "-v2c", "-c", "public", "-r0", "-t10", address, "1", SRP_ACTIVE,
    ]));
    // To a wrong community nothing is answered.
    let refused = net_snmp("snmpinform")
        .args([
            "-v2c", "-c", "wrong", "-r0", "-t1", address, "1", SRP_ACTIVE,
        ])
        .output()
        .expect("it starts");
    assert!(
        !refused.status.success(),
        "an inform of a stranger was acknowledged"
    );
    let v1 = ["1.3.6.1.4.1.8164.2", "192.0.2.7", "6", "120", "99"];
    succeeds(
        net_snmp("snmptrap")
            .args(["-v1", "-c", "public", address])
            .args(v1),
    );
    let (events, log) = listener.heard();
    let versions: Vec<_> = events
        .iter()
        .map(|event| event["version"].as_str().unwrap_or("?"))
        .collect();
    assert_eq!(versions, ["2c", "2c", "1"], "{events:?}");
    for event in &events {
        assert!(event.to_string().contains("starSRPActive"), "{event}");
    }
    let carried = &events[0]["varbinds"][0];
    assert_eq!(
        (&carried["name"], &carried["value"]),
        (&"starContextName.7".into(), &"srp".into())
    );
    assert!(log.contains("bad community 1"), "{log}");
}

/// `snmptrapd`, printing numbers.
struct Daemon {
    child: Child,
    heard: Arc<Mutex<String>>,
}

impl Daemon {
    fn start(address: &str) -> Self {
        let mut child = net_snmp("snmptrapd")
            .args(["-f", "-n", "-On", "-Lo", "-C", "--disableAuthorization=yes"])
            .arg(format!("udp:{address}"))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let heard = Arc::new(Mutex::new(String::new()));
        let (out, kept) = (child.stdout.take().expect("piped"), heard.clone());
        std::thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                let mut kept = kept.lock().expect("nobody panics here");
                kept.push_str(&line);
                kept.push('\n');
            }
        });
        let daemon = Self { child, heard };
        until("snmptrapd is ready", || {
            daemon.text().contains("NET-SNMP").then_some(())
        });
        daemon
    }

    fn text(&self) -> String {
        self.heard.lock().expect("nobody panics here").clone()
    }

    fn hears(&self, oid: &str) {
        let wanted = format!(".1.3.6.1.6.3.1.1.4.1.0 = OID: .{oid}");
        until(&wanted, || {
            self.text()
                .lines()
                .any(|line| line.contains(&wanted))
                .then_some(())
        });
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

/// An address nobody listens on just now; `snmptrapd` cannot say which port it was given.
fn free_address() -> String {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    socket.local_addr().expect("bound").to_string()
}

#[test]
fn snmptrapd_takes_our_traps_and_acknowledges_our_informs() {
    if !has("snmptrapd") {
        return;
    }
    let address = free_address();
    let daemon = Daemon::start(&address);
    let send = ["trap", "send", "--to", &address, "--community", "public"];
    let trap = [
        "starSRPActive",
        "starContextName=srp",
        "starSRPIpAddress=10.9.0.1",
    ];
    succeeds(cutover(&send).args(trap));
    daemon.hears(SRP_ACTIVE);
    let output = succeeds(cutover(&send).arg("--inform").arg("linkUp"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("acknowledged linkUp at attempt 1"), "{said}");
    daemon.hears("1.3.6.1.6.3.1.1.5.4");
    assert!(daemon.text().contains("\"srp\""), "{}", daemon.text());
}

const SWITCH: &str = "playbook: switch\nsummary: One switchover\npair: icsr\nsteps:\n  \
    - { id: switch, srp_switchover: { to: backup }, no_undo: the test ends here }\n";

#[test]
fn snmptrapd_understands_the_traps_of_an_emulated_switchover() {
    if !has("snmptrapd") {
        return;
    }
    let emulator = Emulator::start(include_str!("resume/lab.yaml"), "60");
    let text = std::fs::read_to_string(emulator.inventory()).expect("it is ready");
    let mut inventory: serde_yaml::Value = serde_yaml::from_str(&text).expect("YAML");
    // The chassis send to the address of the inventory; the run hears nothing and polls.
    let target = inventory["traps"]["listen"]
        .as_str()
        .expect("an address")
        .to_owned();
    let daemon = Daemon::start(&target);
    inventory["traps"]["listen"] = free_address().into();
    let deaf = emulator.folder().join("deaf.yaml");
    std::fs::write(&deaf, serde_yaml::to_string(&inventory).expect("YAML")).expect("written");
    let playbook = emulator.folder().join("switch.yaml");
    std::fs::write(&playbook, SWITCH).expect("written");
    let runs = emulator.folder().join("runs");
    let (playbook, deaf) = (playbook.display().to_string(), deaf.display().to_string());
    succeeds(
        cutover(&["run", &playbook, "-i", &deaf])
            .arg("--runs")
            .arg(runs),
    );
    // Initiated, occurred, and who is what now (staros-cli.md 5: 1037/1038, 120, 121).
    for number in ["120", "121"] {
        daemon.hears(&format!("1.3.6.1.4.1.8164.2.{number}"));
    }
}
