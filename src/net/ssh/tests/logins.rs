use super::*;

const TRUST: &HostKeyPolicy = &HostKeyPolicy::TrustRehearsal;

/// A private key in the OpenSSH format; the passphrase is `horse` when it is `encrypted`.
fn private_key(seed: u8, passphrase: Option<&str>) -> String {
    use russh::keys::PrivateKey;
    use russh::keys::ssh_key::{LineEnding, private::Ed25519Keypair};
    let mut key = PrivateKey::from(Ed25519Keypair::from_seed(&[seed; 32]));
    if let Some(passphrase) = passphrase {
        let mut random = russh::keys::key::safe_rng();
        key = key.encrypt(&mut random, passphrase).expect("encrypted");
    }
    key.to_openssh(LineEnding::LF).expect("written").to_string()
}

fn by_key(text: String, passphrase: Option<&str>) -> Login {
    let key = KeySource {
        name: "~/.ssh/id_ed25519".to_owned(),
        text: Secret::new(text),
        passphrase: passphrase.map(Secret::new),
    };
    Login {
        user: "ops".to_owned(),
        password: None,
        key: Some(key),
    }
}

/// A device that takes key 7 only.
fn takes_key_7() -> Lab {
    let good = HostKey::from_seed([7; 32]).public();
    let auth: Doorman = Arc::new(move |credential| match credential {
        Credential::PublicKey { user, key } => *user == "ops" && key.key_data() == good.key_data(),
        _ => false,
    });
    Lab::new(ServerConfig::new(&host_key(), ALL, auth))
}

#[tokio::test(start_paused = true)]
async fn ssh_1_password_opens_a_shell_with_terminal_and_banner() {
    let config = ServerConfig::new(&host_key(), ALL, doorman())
        .with_banner("authorized use only\r\n")
        .with_ident("SSH-2.0-StarOS");
    let mut lab = Lab::new(config);
    let start = Instant::now();
    let (mut shell, mut session) = lab.shell().await;
    assert!(
        start.elapsed() < Duration::from_millis(10),
        "a good login waits for nothing"
    );
    assert_eq!(shell.banner().as_deref(), Some("authorized use only\r\n"));
    assert_eq!((session.width, session.height), (512, 1000));
    assert_eq!(session.term.as_deref(), Some("vt100"));
    assert_eq!((session.user.as_str(), &session.exec), ("ops", &None));
    let agreed = shell.negotiated();
    assert_eq!(agreed.key_exchange, "curve25519-sha256");
    assert_eq!(agreed.fingerprint, host_key().fingerprint());
    assert!(!agreed.legacy);

    session
        .stream
        .write_all(b"[local]ha-east# ")
        .await
        .expect("open");
    read_until(&mut shell, "# ").await;
    shell.write(b"show clock\n").await.expect("open");
    let mut typed = [0; 11];
    session.stream.read_exact(&mut typed).await.expect("open");
    assert_eq!(&typed, b"show clock\n");
}

#[tokio::test(start_paused = true)]
async fn a_device_that_only_asks_questions_gets_the_password_as_answer() {
    let mut lab = Lab::with(&[Method::Interactive]);
    lab.shell().await;
}

#[tokio::test(start_paused = true)]
async fn ssh_1_public_key_opens_a_shell_also_from_an_encrypted_file() {
    let lab = takes_key_7();
    lab.open(&by_key(private_key(7, None), None), TRUST)
        .await
        .map(drop)
        .expect("the right key");
    let encrypted = private_key(7, Some("horse"));
    lab.open(&by_key(encrypted, Some("horse")), TRUST)
        .await
        .map(drop)
        .expect("the right key");
}

#[tokio::test(start_paused = true)]
async fn a_refused_key_falls_back_to_the_password() {
    let lab = Lab::with(ALL);
    let password = Some(Secret::new(PASSWORD));
    let login = Login {
        password,
        ..by_key(private_key(8, None), None)
    };
    lab.open(&login, TRUST)
        .await
        .map(drop)
        .expect("the password is right");
}

#[tokio::test(start_paused = true)]
async fn a_key_file_that_cannot_be_used_is_named() {
    let lab = takes_key_7();
    for (text, passphrase) in [
        ("nonsense".to_owned(), None),
        (private_key(7, Some("horse")), None),
        (private_key(7, Some("horse")), Some("wrong")),
    ] {
        let error = lab
            .open(&by_key(text, passphrase), TRUST)
            .await
            .err()
            .expect("unusable");
        assert!(matches!(&error, Error::Key { name, .. } if name.ends_with("id_ed25519")));
    }
}

#[tokio::test(start_paused = true)]
async fn a_wrong_password_is_tried_once_and_never_shown() {
    for methods in [ALL, &[Method::Password], &[Method::Interactive]] {
        let tries = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let counted = tries.clone();
        let auth: Doorman = Arc::new(move |_| {
            counted.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            false
        });
        let lab = Lab::new(ServerConfig::new(&host_key(), methods, auth));
        let error = lab
            .open(&by_password("hunter2"), TRUST)
            .await
            .err()
            .expect("wrong");
        let text = error.to_string();
        assert!(!text.contains("hunter2"), "INV-40: {text}");
        let Error::AuthRefused { user, tried, .. } = error else {
            panic!("{text}")
        };
        assert_eq!((user.as_str(), tried.len()), ("ops", 1));
        let tries = tries.load(std::sync::atomic::Ordering::Relaxed);
        assert_eq!(tries, 1, "a second refusal counts towards a lockout");
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_credential_the_device_takes_the_error_says_what_it_takes() {
    let lab = Lab::with(&[Method::PublicKey]);
    let error = lab
        .open(&by_password(PASSWORD), TRUST)
        .await
        .err()
        .expect("no key");
    let Error::AuthRefused { tried, left, .. } = &error else {
        panic!("{error}")
    };
    assert_eq!(
        (tried.as_slice(), left.as_slice()),
        (&[][..], &["publickey"][..])
    );
}

#[tokio::test(start_paused = true)]
async fn ssh_3_an_old_device_is_reached_only_when_legacy_is_allowed() {
    let old = || ServerConfig::new(&host_key(), ALL, doorman()).with_legacy_only();
    let lab = Lab::new(old());
    let error = lab
        .open(&by_password(PASSWORD), TRUST)
        .await
        .err()
        .expect("nothing in common");
    assert!(matches!(error, Error::NoCommonAlgorithm { .. }), "{error}");
    let options = Options {
        legacy: true,
        ..Options::default()
    };
    let stream = lab.stream().await;
    let shell = open_shell(stream, &peer(), &by_password(PASSWORD), TRUST, &options).await;
    let agreed = shell.expect("legacy is allowed").negotiated();
    assert_eq!(agreed.key_exchange, "diffie-hellman-group14-sha1");
    assert_eq!(agreed.cipher, "aes256-cbc");
    assert!(agreed.legacy);
}

#[tokio::test(start_paused = true)]
async fn a_device_that_never_greets_runs_into_the_deadline() {
    let fabric = Fabric::new();
    let (operator, device) = (fabric.host(ip(OPERATOR)), fabric.host(ip(DEVICE)));
    let at = SocketAddr::new(ip(DEVICE), 22);
    let mut listener = device.listen(at).await.expect("free");
    let stream = operator.connect(at).await.expect("it listens");
    let (mut far, _) = listener.accept().await.expect("a stream");
    let start = Instant::now();
    let opened = open_shell(
        stream,
        &peer(),
        &by_password(PASSWORD),
        TRUST,
        &Options::default(),
    )
    .await;
    let error = opened.err().expect("no greeting");
    assert!(
        matches!(
            error,
            Error::Timeout {
                stage: Stage::KeyExchange,
                ..
            }
        ),
        "{error}"
    );
    assert_eq!(start.elapsed(), Duration::from_secs(30));
    let mut greeting = Vec::new();
    far.read_to_end(&mut greeting)
        .await
        .expect("the client left");
}

#[tokio::test(start_paused = true)]
async fn a_device_that_falls_silent_after_the_key_exchange_runs_into_the_deadline() {
    // The emulated device serves no session: the request for a shell is never answered.
    let lab = Lab::with(ALL);
    let opening = async {
        for _ in 0..9 {
            let stream = lab.stream().await;
            let options = Options {
                deadline: Duration::from_secs(5),
                ..Options::default()
            };
            let login = by_password(PASSWORD);
            let opened = open_shell(stream, &peer(), &login, TRUST, &options).await;
            if let Err(error) = opened {
                return error;
            }
        }
        panic!("only eight sessions fit into the queue");
    };
    let error = opening.await;
    assert!(
        matches!(
            error,
            Error::Timeout {
                stage: Stage::Shell,
                ..
            }
        ),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_speaks_no_ssh_or_leaves_is_told_apart() {
    for (said, left) in [(&b"220 ftp ready\r\n"[..], false), (b"", true)] {
        let (near, mut far) = crate::net::memory::pair(1024);
        far.write_all(said).await.expect("open");
        let far = (!left).then_some(far);
        let (login, options) = (by_password(PASSWORD), Options::default());
        let opened = open_shell(Box::new(near), &peer(), &login, TRUST, &options).await;
        let error = opened.err().expect("no SSH");
        match far {
            Some(_) => assert!(
                matches!(error, Error::Timeout { .. } | Error::Protocol { .. }),
                "{error}"
            ),
            None => assert!(matches!(error, Error::Closed { .. }), "{error}"),
        }
    }
}
