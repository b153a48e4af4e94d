//! The same chassis behind SSH, on a network in memory.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cutover::device::error::Lost;
use cutover::device::staros::srp_info;
use cutover::device::{Device, Error, Limits, dialect};
use cutover::net::memory::Fabric;
use cutover::net::ssh::server::{Credential, HostKey, Method, ServerConfig, Session, serve};
use cutover::net::{Network, Secret};
use tokio::sync::mpsc;

use super::chassis::{Say, Script, Typed, target, transcript};
use super::{SRP, limits};

const EAST: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 10));

/// A scripted chassis behind SSH on an in-memory network, and how often it was logged in to.
fn behind_ssh(script: Script) -> (Fabric, Device, Typed, Arc<Mutex<u32>>) {
    let fabric = Fabric::new();
    let chassis = fabric.host(EAST);
    let (asked, mut sessions) = mpsc::channel::<Session>(8);
    let (typed, logins) = (Typed::default(), Arc::new(Mutex::new(0)));
    let door = |who: &Credential<'_>| {
        matches!(
            who,
            Credential::Password {
                user: "ops",
                password: "s3cret"
            }
        )
    };
    let key = HostKey::from_seed([7; 32]);
    let config = Arc::new(ServerConfig::new(
        &key,
        &[Method::Password, Method::Interactive],
        Arc::new(door),
    ));
    tokio::spawn(async move {
        let mut listener = chassis
            .listen(SocketAddr::new(EAST, 22))
            .await
            .expect("free");
        while let Some((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, config.clone(), asked.clone()));
        }
    });
    let (heard, count) = (typed.clone(), logins.clone());
    tokio::spawn(async move {
        while let Some(session) = sessions.recv().await {
            *count.lock().expect("fine") += 1;
            script.clone().on(session.stream, heard.clone());
        }
    });
    let operator = Arc::new(fabric.host(IpAddr::from([198, 51, 100, 5])));
    let mut target = target(Limits::default());
    target.login.password = Some(Secret::new("s3cret"));
    (
        fabric,
        Device::new(target, operator, dialect::staros(), transcript()),
        typed,
        logins,
    )
}

#[tokio::test(start_paused = true)]
async fn over_ssh_a_read_survives_a_session_lost_before_it_and_an_act_does_not_repeat() {
    let script = Script::new(&[
        ("show srp info", &[Say::Text(SRP)]),
        ("reload", &[Say::Hang]),
    ]);
    let (fabric, mut device, typed, logins) = behind_ssh(script);
    tokio::task::yield_now().await;
    let info = device
        .read("show srp info", srp_info::parse)
        .await
        .expect("read");
    assert_eq!(info.chassis_state, srp_info::State::Active);
    fabric.cut(EAST);
    tokio::time::sleep(Duration::from_secs(1)).await;
    device.run("show srp info").await.expect("logs in again");
    assert_eq!(*logins.lock().expect("fine"), 2);

    fabric.cut(EAST);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let error = device
        .send_once("reload", true, limits(9, 9))
        .await
        .expect_err("no session");
    assert_eq!(error.lost_phase(), Some(Lost::BeforeSend), "{error}");
    assert!(error.before_any_change());
    let error = device
        .send_once("reload", true, limits(9, 9))
        .await
        .expect_err("none");
    assert!(matches!(error, Error::NotConnected), "{error}");
    assert!(!typed.lines().contains(&"reload".to_owned()));

    // The network goes away under the command: a limit ends it, and it stays typed once.
    device.connect().await.expect("logs in");
    fabric.set_up(EAST, false);
    let error = device
        .send_once("reload", true, limits(9, 9))
        .await
        .expect_err("late");
    assert!(!error.before_any_change(), "{error}");
    let error = device.run("show srp info").await.expect_err("down");
    assert!(
        matches!(error, Error::Unreachable { .. }) || error.is_transient(),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn over_ssh_a_wrong_password_is_a_login_error() {
    let (fabric, _, _, logins) = behind_ssh(Script::new(&[]));
    tokio::task::yield_now().await;
    let mut target = target(Limits::default());
    target.login.password = Some(Secret::new("wrong-one"));
    let record = transcript();
    let operator = Arc::new(fabric.host(IpAddr::from([198, 51, 100, 6])));
    let mut device = Device::new(target, operator, dialect::staros(), record.clone());
    let error = device.connect().await.expect_err("refused");
    assert!(matches!(error, Error::Login { .. }), "{error}");
    assert!(error.before_any_change() && !error.is_transient());
    assert!(!record.text().contains("wrong-one"));
    assert_eq!(*logins.lock().expect("fine"), 0);
}
