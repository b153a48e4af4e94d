use super::*;

#[tokio::test(start_paused = true)]
async fn ssh_2_a_hang_up_in_the_middle_of_output_is_told_after_the_output() {
    let mut lab = Lab::with(ALL);
    let (mut shell, mut session) = lab.shell().await;
    session
        .stream
        .write_all(b"Are you sure? [Yes|No]: ")
        .await
        .expect("open");
    read_until(&mut shell, ": ").await;
    session.hang_up();
    assert_eq!(shell.read().await, Err(Lost::HungUp));
    assert_eq!(
        shell.read().await,
        Err(Lost::HungUp),
        "and again at every call"
    );
    assert_eq!(shell.write(b"yes\n").await, Err(Lost::HungUp));
}

#[tokio::test(start_paused = true)]
async fn a_chassis_that_loses_power_resets_the_session() {
    let mut lab = Lab::with(ALL);
    let (mut shell, _session) = lab.shell().await;
    lab.fabric.set_up(ip(DEVICE), false);
    lab.fabric.cut(ip(DEVICE));
    assert_eq!(
        shell.read().await,
        Err(Lost::Broken(io::ErrorKind::ConnectionReset))
    );
}

#[tokio::test(start_paused = true)]
async fn a_silent_chassis_is_noticed_after_four_keepalive_intervals() {
    let mut lab = Lab::with(ALL);
    let (mut shell, _session) = lab.shell().await;
    let start = Instant::now();
    lab.fabric.partition(ip(DEVICE), ip(OPERATOR), true);
    assert_eq!(shell.read().await, Err(Lost::Silent));
    assert!(
        start.elapsed() >= Duration::from_secs(45),
        "{:?}",
        start.elapsed()
    );
    assert!(
        start.elapsed() <= Duration::from_secs(61),
        "{:?}",
        start.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn an_idle_session_outlives_a_four_hour_soak() {
    let mut lab = Lab::with(ALL);
    let (mut shell, mut session) = lab.shell().await;
    tokio::time::sleep(Duration::from_secs(4 * 3600)).await;
    session.stream.write_all(b"# ").await.expect("open");
    assert_eq!(read_until(&mut shell, "# ").await, "# ");
}

#[tokio::test(start_paused = true)]
async fn an_orderly_end_delivers_everything_first() {
    let mut lab = Lab::with(ALL);
    let (mut shell, mut session) = lab.shell().await;
    let said = vec![b'x'; 300_000];
    let expected = said.len();
    tokio::spawn(async move {
        session.stream.write_all(&said).await.expect("open");
        drop(session);
    });
    let mut seen = 0;
    while let Some(bytes) = shell.read().await.expect("an orderly end") {
        seen += bytes.len();
    }
    assert_eq!(seen, expected);
    assert_eq!(shell.read().await, Ok(None), "and again at every call");
}

#[tokio::test(start_paused = true)]
async fn closing_tells_the_device_and_frees_the_connection() {
    let mut lab = Lab::with(ALL);
    let (shell, mut session) = lab.shell().await;
    shell.close().await;
    let mut rest = Vec::new();
    session
        .stream
        .read_to_end(&mut rest)
        .await
        .expect("end of file");
    let (shell, mut session) = lab.shell().await;
    drop(shell);
    session
        .stream
        .read_to_end(&mut rest)
        .await
        .expect("end of file");
    assert_eq!(rest, b"");
}

#[tokio::test(start_paused = true)]
async fn closing_towards_a_silent_device_takes_five_seconds() {
    let mut lab = Lab::with(ALL);
    let (shell, _session) = lab.shell().await;
    lab.fabric.partition(ip(DEVICE), ip(OPERATOR), true);
    let start = Instant::now();
    shell.close().await;
    assert!(
        start.elapsed() <= Duration::from_secs(5),
        "{:?}",
        start.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn large_output_nobody_reads_yet_waits_without_loss() {
    let mut lab = Lab::with(ALL);
    let (mut shell, mut session) = lab.shell().await;
    let written = tokio::spawn(async move {
        for line in 0..400_000_u32 {
            let text = format!("{line:09}\n");
            session
                .stream
                .write_all(text.as_bytes())
                .await
                .expect("open");
        }
        session
    });
    tokio::time::sleep(Duration::from_secs(60)).await;
    let mut seen = Vec::new();
    while seen.len() < 4_000_000 {
        seen.extend(shell.read().await.expect("alive").expect("more"));
    }
    for (line, text) in seen.chunks(10).enumerate() {
        assert_eq!(text, format!("{line:09}\n").as_bytes());
    }
    written.await.expect("all written");
}

#[tokio::test(start_paused = true)]
async fn a_device_that_types_nothing_but_output_still_hears_the_user() {
    let mut lab = Lab::with(ALL);
    let (mut shell, mut session) = lab.shell().await;
    for _ in 0..1000 {
        shell.write(b"y").await.expect("open");
        session.stream.write_all(&[b'.'; 100]).await.expect("open");
    }
    let mut typed = [0; 1000];
    session.stream.read_exact(&mut typed).await.expect("open");
    assert_eq!(typed, [b'y'; 1000]);
}

#[tokio::test(start_paused = true)]
async fn ssh_1_window_changes_reach_the_device() {
    let mut lab = Lab::with(ALL);
    let (mut shell, mut session) = lab.shell().await;
    shell.resize(80, 24).await.expect("open");
    session.resized.changed().await.expect("open");
    assert_eq!(*session.resized.borrow_and_update(), (80, 24));
}

#[tokio::test(start_paused = true)]
async fn a_single_command_runs_without_terminal_and_reports_its_end() {
    use super::super::verifier::{Notes, Verifier};
    let mut lab = Lab::with(ALL);
    let verifier = Verifier {
        notes: Notes::default(),
        peer: peer(),
        policy: HostKeyPolicy::TrustRehearsal,
        records: Vec::new(),
    };
    let config = Arc::new(russh::client::Config::default());
    let connected = russh::client::connect_stream(config, lab.stream().await, verifier).await;
    let mut handle = connected.expect("the device speaks SSH");
    let let_in = handle
        .authenticate_password("ops", PASSWORD)
        .await
        .expect("answered");
    assert!(let_in.success());
    let mut channel = handle.channel_open_session().await.expect("opened");
    channel.exec(true, "show version").await.expect("sent");
    let mut session = lab.sessions.recv().await.expect("a session was asked for");
    assert_eq!(
        (session.exec.as_deref(), &session.term),
        (Some("show version"), &None)
    );
    session.stream.write_all(b"21.28").await.expect("open");
    drop(session);
    let (mut said, mut status) = (Vec::new(), None);
    while let Some(message) = channel.wait().await {
        match message {
            russh::ChannelMsg::Data { data } => said.extend_from_slice(&data),
            russh::ChannelMsg::ExitStatus { exit_status } => status = Some(exit_status),
            _ => {}
        }
    }
    assert_eq!((said.as_slice(), status), (&b"21.28"[..], Some(0)));
}

#[tokio::test]
async fn the_same_session_works_over_real_loopback_sockets() {
    let network = crate::net::loopback::Loopback::new();
    let device = network.host(ip(DEVICE));
    let at = SocketAddr::new(ip(DEVICE), 22);
    let mut listener = device.listen(at).await.expect("free");
    let config = Arc::new(ServerConfig::new(&host_key(), ALL, doorman()));
    let (asked, mut sessions) = mpsc::channel(1);
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.expect("somebody comes");
        serve(stream, config, asked).await
    });
    let real = network.real(at).expect("it listens");
    let stream = crate::net::sockets::Sockets
        .connect(real)
        .await
        .expect("it listens");
    let login = by_password(PASSWORD);
    let policy = HostKeyPolicy::Pinned {
        fingerprint: host_key().fingerprint(),
    };
    let options = Options::default();
    let opened = open_shell(stream, &peer(), &login, &policy, &options).await;
    let mut shell = opened.expect("the password is right");
    let mut session = sessions.recv().await.expect("a session was asked for");
    session.stream.write_all(b"# ").await.expect("open");
    read_until(&mut shell, "# ").await;
    network.cut(ip(DEVICE));
    assert_eq!(
        shell.read().await,
        Err(Lost::Broken(io::ErrorKind::ConnectionReset))
    );
}

/// `staros-cli.md` 3.11: after a reload the port answers before a login is to be had.
#[tokio::test(start_paused = true)]
async fn a_port_that_hangs_up_at_once_is_an_error_and_never_a_wait() {
    let fabric = Fabric::new();
    let at = SocketAddr::new(ip(DEVICE), 22);
    let mut listener = fabric.host(ip(DEVICE)).listen(at).await.expect("a port");
    tokio::spawn(async move { while listener.accept().await.is_some() {} });
    let stream = fabric
        .host(ip(OPERATOR))
        .connect(at)
        .await
        .expect("it answers");
    let login = by_password(PASSWORD);
    let trust = HostKeyPolicy::TrustRehearsal;
    let opened = open_shell(stream, &peer(), &login, &trust, &Options::default()).await;
    assert!(
        matches!(opened, Err(Error::Closed { .. })),
        "{:?}",
        opened.err()
    );
}
