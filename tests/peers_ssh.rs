//! The emulated chassis' SSH server against OpenSSH's client, and our reading of the
//! `known_hosts` file that client writes. Skipped where no `ssh` is installed.

use std::net::SocketAddr;
use std::process::Stdio;
use std::sync::Arc;

use cutover::net::loopback::Loopback;
use cutover::net::ssh::server::{
    Credential, Doorman, HostKey, Method, ServerConfig, Session, serve,
};
use cutover::net::ssh::{HostKeyPolicy, KeySource, Login, Options, Peer, open_shell};
use cutover::net::{Network, Secret};
use russh::keys::PrivateKey;
use russh::keys::ssh_key::{LineEnding, private::Ed25519Keypair};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;
use tokio::sync::mpsc;

/// A chassis that takes one key and answers whatever it is asked with the question.
fn chassis(network: &Loopback, key: &PrivateKey) -> tokio::task::JoinHandle<()> {
    let device = network.host(address().ip());
    let good = key.public_key().clone();
    let auth: Doorman = Arc::new(move |credential| match credential {
        Credential::PublicKey { user, key } => *user == "ops" && key.key_data() == good.key_data(),
        _ => false,
    });
    let host_key = HostKey::from_seed([1; 32]);
    let config = Arc::new(ServerConfig::new(&host_key, &[Method::PublicKey], auth));
    let (asked, mut sessions) = mpsc::channel::<Session>(1);
    tokio::spawn(async move {
        while let Some(mut session) = sessions.recv().await {
            let mut question = session.exec.take().unwrap_or_default().into_bytes();
            if question.is_empty() {
                question = vec![0; 11];
                session
                    .stream
                    .read_exact(&mut question)
                    .await
                    .expect("somebody types");
            }
            session
                .stream
                .write_all(b"asked: ")
                .await
                .expect("somebody listens");
            session
                .stream
                .write_all(&question)
                .await
                .expect("somebody listens");
        }
    });
    tokio::spawn(async move {
        let mut listener = device.listen(address()).await.expect("free");
        while let Some((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, config.clone(), asked.clone()));
        }
    })
}

fn address() -> SocketAddr {
    "192.0.2.10:22".parse().expect("an address")
}

#[tokio::test]
async fn ssh_1_openssh_runs_commands_and_shells_and_its_known_hosts_file_is_ours_too() {
    let mut version = Command::new("ssh");
    version
        .arg("-V")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    if version.status().await.is_err() {
        eprintln!("skipped: no `ssh` on this machine");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let (key_file, known_hosts) = (folder.path().join("id"), folder.path().join("known_hosts"));
    let key = PrivateKey::from(Ed25519Keypair::from_seed(&[7; 32]));
    let text = key.to_openssh(LineEnding::LF).expect("written");
    std::fs::write(&key_file, text.as_bytes()).expect("written");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(&key_file, mode).expect("restricted");

    let network = Loopback::new();
    let _serving = chassis(&network, &key);
    let real = loop {
        match network.real(address()) {
            Some(real) => break real,
            None => tokio::task::yield_now().await,
        }
    };
    let ssh = |terminal: &str| {
        let mut ssh = Command::new("ssh");
        ssh.args(["-F", "none", terminal, "-i"]).arg(&key_file);
        ssh.args([
            "-o",
            "BatchMode=yes",
            "-o",
            "StrictHostKeyChecking=accept-new",
        ]);
        ssh.args(["-o", "HashKnownHosts=yes", "-o", "IdentitiesOnly=yes"]);
        ssh.arg("-o")
            .arg(format!("UserKnownHostsFile={}", known_hosts.display()));
        ssh.args(["-p", &real.port().to_string()])
            .arg(format!("ops@{}", real.ip()));
        ssh.stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        ssh.kill_on_drop(true);
        ssh
    };
    let output = ssh("-T")
        .arg("show version")
        .output()
        .await
        .expect("ssh runs");
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "asked: show version",
        "{complaint}"
    );
    assert!(output.status.success(), "{complaint}");

    let mut shell = ssh("-tt").spawn().expect("ssh runs");
    let mut typing = shell.stdin.take().expect("piped");
    typing.write_all(b"show clock\r").await.expect("ssh reads");
    let output = shell.wait_with_output().await.expect("ssh ends");
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "asked: show clock\r"
    );
    drop(typing);

    let learned = std::fs::read_to_string(&known_hosts).expect("ssh wrote it");
    assert!(learned.starts_with("|1|"), "the host is hashed: {learned}");
    let stream = cutover::net::sockets::Sockets
        .connect(real)
        .await
        .expect("it listens");
    let peer = Peer {
        host: real.ip().to_string(),
        port: real.port(),
    };
    let source = KeySource {
        name: "id".to_owned(),
        text: Secret::new(text.as_str()),
        passphrase: None,
    };
    let login = Login {
        user: "ops".to_owned(),
        password: None,
        key: Some(source),
    };
    let policy = HostKeyPolicy::Strict { known_hosts };
    let opened = open_shell(stream, &peer, &login, &policy, &Options::default()).await;
    opened.expect("OpenSSH's entry is understood").close().await;
}
