use super::*;
use std::fs;

fn folder() -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("new/known_hosts");
    (folder, file)
}

async fn open(policy: &HostKeyPolicy) -> Result<Shell, Error> {
    Lab::with(ALL).open(&by_password(PASSWORD), policy).await
}

fn distrusted(opened: Result<Shell, Error>) -> HostKeyError {
    match opened.err() {
        Some(Error::HostKey(error)) => error,
        other => panic!("expected a host key error, got {other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn strict_refuses_an_unknown_key_and_shows_the_line_that_would_admit_it() {
    let (_folder, file) = folder();
    let policy = HostKeyPolicy::Strict {
        known_hosts: file.clone(),
    };
    let error = distrusted(open(&policy).await);
    let HostKeyError::Unknown { seen, entry, .. } = error else {
        panic!("{error}")
    };
    assert_eq!(seen, host_key().fingerprint());
    assert!(!file.exists(), "strict never writes");
    fs::create_dir_all(file.parent().expect("has one")).expect("created");
    fs::write(&file, format!("{entry}\n")).expect("written");
    open(&policy).await.map(drop).expect("now it is known");
}

#[tokio::test(start_paused = true)]
async fn accept_new_learns_once_and_then_insists() {
    let (_folder, file) = folder();
    let policy = HostKeyPolicy::AcceptNew {
        known_hosts: file.clone(),
    };
    open(&policy).await.map(drop).expect("new");
    open(&policy).await.map(drop).expect("known");
    let text = fs::read_to_string(&file).expect("written");
    assert_eq!(
        text.lines().filter(|line| line.starts_with(DEVICE)).count(),
        1,
        "{text}"
    );

    let other = HostKey::from_seed([2; 32]);
    let impostor = Lab::new(ServerConfig::new(&other, ALL, doorman()));
    let error = distrusted(impostor.open(&by_password(PASSWORD), &policy).await);
    let HostKeyError::Changed {
        seen,
        recorded,
        line,
        ..
    } = &error
    else {
        panic!("{error}")
    };
    assert_eq!(
        (seen, recorded),
        (&other.fingerprint(), &host_key().fingerprint())
    );
    assert_eq!(*line, 1);
    assert_eq!(
        fs::read_to_string(&file).expect("still there"),
        text,
        "nothing is learned"
    );
}

#[tokio::test(start_paused = true)]
async fn no_credential_is_sent_to_a_device_that_is_not_trusted() {
    let auth: Doorman = Arc::new(|_| panic!("nobody may get as far as a credential"));
    let lab = Lab::new(ServerConfig::new(&host_key(), ALL, auth));
    let policy = HostKeyPolicy::Pinned {
        fingerprint: "SHA256:other".to_owned(),
    };
    let error = distrusted(lab.open(&by_password(PASSWORD), &policy).await);
    assert!(matches!(error, HostKeyError::WrongPin { .. }), "{error}");
    assert!(error.to_string().contains(&host_key().fingerprint()));
}

#[tokio::test(start_paused = true)]
async fn a_pinned_key_is_trusted() {
    let policy = HostKeyPolicy::Pinned {
        fingerprint: host_key().fingerprint(),
    };
    open(&policy).await.map(drop).expect("the pinned key");
}

#[tokio::test(start_paused = true)]
async fn a_known_hosts_file_that_cannot_be_read_stops_the_login() {
    let (folder, _) = folder();
    let policy = HostKeyPolicy::AcceptNew {
        known_hosts: folder.path().to_owned(),
    };
    let error = distrusted(open(&policy).await);
    assert!(
        matches!(error, HostKeyError::File { verb: "read", .. }),
        "{error}"
    );
}
