//! OpenSSH's client at the chassis of `cutover emulate`, as somebody at a keyboard uses it.
//! Skipped where no `ssh` is installed.

mod emulated;
#[path = "emulated/truth.rs"]
mod truth;

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};

use cutover::playbook::Inventory;
use emulated::{Emulator, end, until};
use russh::keys::PrivateKey;
use russh::keys::ssh_key::{LineEnding, private::Ed25519Keypair};

/// What the chassis shows below a page.
const PAGER: &str = "---(more)---";

fn has_ssh() -> bool {
    let found = Command::new("ssh")
        .arg("-V")
        .stderr(Stdio::null())
        .status()
        .is_ok();
    if !found {
        eprintln!("skipped: no `ssh` on this machine");
    }
    found
}

/// Somebody with an SSH client, a key and a password.
struct Desk {
    emulator: Option<Emulator>,
    key: PathBuf,
    ask: PathBuf,
}

impl Desk {
    fn new() -> Self {
        let keys = tempfile::tempdir().expect("a folder").keep();
        let key = keys.join("id");
        let pair = PrivateKey::from(Ed25519Keypair::from_seed(&[9; 32]));
        let text = pair.to_openssh(LineEnding::LF).expect("written");
        write(&key, &text, 0o600);
        let public = pair.public_key().to_openssh().expect("written");
        write(&keys.join("id.pub"), &public, 0o600);
        let lab = include_str!("resume/lab.yaml").replace(
            "password: lab }",
            &format!("password: lab, key: {} }}", key.display()),
        );
        let emulator = Emulator::start(&lab, "10");
        let ask = emulator.folder().join("ask");
        write(&ask, "#!/bin/sh\necho \"${LAB_PASSWORD:-lab}\"\n", 0o700);
        Self {
            emulator: Some(emulator),
            key,
            ask,
        }
    }

    fn ssh(&self, options: &[&str]) -> Command {
        let text = {
            let emulator = self.emulator.as_ref().expect("it runs");
            std::fs::read_to_string(emulator.inventory()).expect("it is ready")
        };
        let inventory = Inventory::load(&text, "ready").unwrap_or_else(|e| panic!("{e}"));
        let chassis = &inventory.chassis["vm-west"];
        let mut ssh = Command::new("ssh");
        ssh.args(["-F", "none", "-o", "StrictHostKeyChecking=no"]);
        ssh.args(["-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR"]);
        ssh.args(["-o", "NumberOfPasswordPrompts=1"]);
        ssh.args(options);
        ssh.args(["-p", &chassis.port.to_string()]);
        ssh.arg(format!("{}@{}", chassis.login.user, chassis.address));
        ssh.env("SSH_ASKPASS", &self.ask);
        ssh.env("SSH_ASKPASS_REQUIRE", "force")
            .env("DISPLAY", "none");
        ssh.stdin(Stdio::null());
        ssh.stdout(Stdio::piped()).stderr(Stdio::piped());
        ssh
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        let folder = self.key.parent().expect("it is in a folder");
        // What cannot be removed is the system's to clean.
        let _ = std::fs::remove_dir_all(folder);
    }
}

fn write(path: &Path, text: &str, mode: u32) {
    std::fs::write(path, text).expect("written");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(mode);
    std::fs::set_permissions(path, mode).expect("restricted");
}

const PASSWORD: [&str; 4] = [
    "-o",
    "PubkeyAuthentication=no",
    "-o",
    "PreferredAuthentications=password",
];
const INTERACTIVE: [&str; 4] = [
    "-o",
    "PubkeyAuthentication=no",
    "-o",
    "PreferredAuthentications=keyboard-interactive",
];

/// A terminal session that is typed into.
struct Terminal {
    child: Child,
    typing: ChildStdin,
    seen: Arc<Mutex<String>>,
}

impl Terminal {
    fn open(mut ssh: Command) -> Self {
        ssh.stdin(Stdio::piped()).stderr(Stdio::null());
        let mut child = ssh.spawn().expect("ssh runs");
        let typing = child.stdin.take().expect("piped");
        let mut output = child.stdout.take().expect("piped");
        let seen = Arc::new(Mutex::new(String::new()));
        let heard = Arc::clone(&seen);
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = output.read(&mut bytes) {
                let text = String::from_utf8_lossy(&bytes[..count]).into_owned();
                heard.lock().unwrap().push_str(&text);
            }
        });
        Self {
            child,
            typing,
            seen,
        }
    }

    /// Types, and returns what is shown until `wanted` has been.
    fn ask(&mut self, text: &str, wanted: &str) -> String {
        self.typing.write_all(text.as_bytes()).expect("ssh reads");
        self.typing.flush().expect("ssh reads");
        self.wait(wanted)
    }

    fn wait(&mut self, wanted: &str) -> String {
        let seen = Arc::clone(&self.seen);
        until(&format!("`{wanted}` is shown"), || {
            let mut seen = seen.lock().unwrap();
            let end = seen.find(wanted)? + wanted.len();
            Some(seen.drain(..end).collect())
        })
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

#[test]
fn openssh_logs_in_with_password_key_and_keyboard_interactive_and_not_without() {
    if !has_ssh() {
        return;
    }
    let desk = Desk::new();
    let key = desk.key.display().to_string();
    let by_key = ["-i", &key, "-o", "PreferredAuthentications=publickey"];
    for options in [&PASSWORD[..], &INTERACTIVE[..], &by_key[..]] {
        let output = desk
            .ssh(options)
            .arg("show version")
            .output()
            .expect("ssh runs");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            text.contains("21.26.9") && text.contains("Image Version"),
            "{options:?}: {text}{complaint}"
        );
    }
    for options in [&PASSWORD[..], &INTERACTIVE[..]] {
        let wrong = desk
            .ssh(options)
            .env("LAB_PASSWORD", "wrong")
            .arg("show version")
            .output();
        let wrong = wrong.expect("ssh runs");
        assert_eq!(wrong.status.code(), Some(255), "{options:?}");
        assert!(wrong.stdout.is_empty());
    }
}

#[test]
fn openssh_works_by_hand_with_pipes_a_pager_and_a_refused_reload() {
    if !has_ssh() {
        return;
    }
    let mut desk = Desk::new();
    let options = [&["-tt"], &PASSWORD[..]].concat();
    let mut terminal = Terminal::open(desk.ssh(&options));
    let prompt = "[local]vm-west# ";
    terminal.wait(prompt);
    let version = terminal.ask("show version\r", prompt);
    assert!(version.contains("21.26.9"), "{version}");

    let matching = terminal.ask("show srp info | grep -i \"chassis state\"\r", prompt);
    assert!(matching.contains("Standby"), "{matching}");
    assert!(!matching.contains("Route-Modifier"), "{matching}");

    terminal.ask("terminal length 12\r", prompt);
    let page = terminal.ask("show configuration\r", PAGER);
    assert!(page.lines().count() <= 15, "one page: {page}");
    let next = terminal.ask(" ", PAGER);
    assert!(!next.contains(prompt), "{next}");
    let rest = terminal.ask("q", prompt);
    assert!(!rest.contains("end\r"), "`q` ends it: {rest}");
    terminal.ask("terminal length 0\r", prompt);

    terminal.ask("reload\r", "Are you sure?");
    let refused = terminal.ask("No\r", prompt);
    assert!(!refused.contains("Connection"), "{refused}");
    let history = terminal.ask("show snmp trap history\r", prompt);
    assert!(!history.contains("SystemReboot"), "{history}");
    let unknown = terminal.ask("show srp infoo\r", prompt);
    assert!(
        unknown.contains("Unknown command") || unknown.contains("Failure"),
        "{unknown}"
    );
    terminal.ask("exit\r", "");
    until("the session ends", || {
        terminal.child.try_wait().expect("a child")
    });
    let truth = truth::of(desk.emulator.take().expect("it runs"));
    for chassis in ["vm-east", "vm-west"] {
        assert_eq!(truth[chassis]["reloads"].as_array().map(Vec::len), Some(0));
    }
}
