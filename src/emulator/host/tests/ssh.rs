use super::*;
use crate::emulator::overrides::SshDrop;
use crate::net::ssh::Shell;
use crate::net::ssh::client::{HostKeyPolicy, Login, Options, Peer, open_shell};

const PASSWORD: &str = "s3cret";

async fn login(fabric: &Fabric, handle: &Handle, password: &str) -> Option<Shell> {
    let address = handle.ssh_address();
    let stream = fabric
        .host(ip("192.0.2.99"))
        .connect(address)
        .await
        .unwrap();
    let peer = Peer {
        host: address.ip().to_string(),
        port: address.port(),
    };
    let login = Login {
        user: "ops1".into(),
        password: Some(Secret::new(password)),
        key: None,
    };
    let policy = HostKeyPolicy::Pinned {
        fingerprint: handle.fingerprint(),
    };
    open_shell(stream, &peer, &login, &policy, &Options::default())
        .await
        .ok()
}

/// Everything printed until `end`, or until the session ends.
async fn until(shell: &mut Shell, end: &str) -> String {
    let mut seen = String::new();
    while !seen.ends_with(end) {
        match shell.read().await {
            Ok(Some(bytes)) => seen.push_str(std::str::from_utf8(&bytes).unwrap()),
            Ok(None) | Err(_) => break,
        }
    }
    seen
}

async fn says(shell: &mut Shell, line: &str) -> String {
    shell.write(format!("{line}\n").as_bytes()).await.unwrap();
    until(shell, "# ").await
}

async fn alone(faults: Faults) -> (Fabric, Handle, Clock) {
    let fabric = Fabric::new();
    let clock = Clock::starting_at("2026-11-20T22:00:00Z".parse().unwrap());
    let handle = chassis_with(&fabric, &clock, 0, faults).await;
    (fabric, handle, clock)
}

#[tokio::test(start_paused = true)]
async fn ssh_1_a_login_reads_the_version_and_a_reload_ends_it() {
    let (fabric, east, clock) = alone(Faults::default()).await;
    assert!(login(&fabric, &east, "wrong").await.is_none());
    let mut shell = login(&fabric, &east, PASSWORD).await.unwrap();
    assert!(until(&mut shell, "# ").await.ends_with("[local]ha-east# "));
    let said = says(&mut shell, "show version").await;
    assert!(said.contains("21.26.9"), "{said}");
    let started = east.with(|chassis| chassis.trap_history().last().unwrap().name);
    assert_eq!(started, "CLISessionStart");

    shell.write(b"reload -noconfirm\n").await.unwrap();
    until(&mut shell, "never said").await;
    assert_eq!(east.with(|chassis| chassis.truth().reloads.len()), 1);
    clock.sleep(Duration::from_secs(520)).await;
    let near = fabric.host(ip("192.0.2.99"));
    assert!(
        near.connect(east.ssh_address()).await.is_ok(),
        "the port answers early"
    );
    assert!(
        login(&fabric, &east, PASSWORD).await.is_none(),
        "a login comes later"
    );
    clock.sleep(Duration::from_secs(60)).await;
    let mut shell = login(&fabric, &east, PASSWORD).await.unwrap();
    assert!(until(&mut shell, "# ").await.ends_with("[local]ha-east# "));
}

#[tokio::test(start_paused = true)]
async fn ssh_2_the_reloading_session_may_end_before_or_after_the_echo() {
    for drop in [SshDrop::BeforeEcho, SshDrop::AfterEcho] {
        let faults = Faults {
            drops_ssh_on_reload: Some(drop),
            ..Faults::default()
        };
        let (fabric, east, _clock) = alone(faults).await;
        let mut shell = login(&fabric, &east, PASSWORD).await.unwrap();
        until(&mut shell, "# ").await;
        shell.write(b"reload -noconfirm\n").await.unwrap();
        let said = until(&mut shell, "never said").await;
        assert_eq!(
            said.contains("reload"),
            drop == SshDrop::AfterEcho,
            "{drop:?}: {said:?}"
        );
        assert!(shell.read().await.is_err(), "{drop:?}: no orderly end");
        assert_eq!(east.with(|chassis| chassis.truth().reloads.len()), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn ssh_2_the_reloading_session_may_hang_half_open() {
    let faults = Faults {
        drops_ssh_on_reload: Some(SshDrop::Hang),
        ..Faults::default()
    };
    let (fabric, east, _clock) = alone(faults).await;
    let mut shell = login(&fabric, &east, PASSWORD).await.unwrap();
    until(&mut shell, "# ").await;
    shell.write(b"reload -noconfirm\n").await.unwrap();
    let silence = tokio::time::timeout(Duration::from_secs(20), shell.read()).await;
    assert!(silence.is_err(), "neither a byte nor an end");
    assert_eq!(east.with(|chassis| chassis.truth().reloads.len()), 1);
}

#[tokio::test(start_paused = true)]
async fn cli_1_11_others_hear_of_the_reload_and_are_closed() {
    let (fabric, east, _clock) = alone(Faults::default()).await;
    let mut first = login(&fabric, &east, PASSWORD).await.unwrap();
    let mut second = login(&fabric, &east, PASSWORD).await.unwrap();
    until(&mut first, "# ").await;
    until(&mut second, "# ").await;
    first.write(b"reload -noconfirm\n").await.unwrap();
    let heard = until(&mut second, "never said").await;
    assert!(heard.contains("going down for reload"), "{heard:?}");
}
