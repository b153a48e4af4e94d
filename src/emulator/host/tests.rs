use std::net::IpAddr;
use std::time::Duration;

use super::*;
use crate::emulator::profile::Profile;
use crate::emulator::staros::config::{Lab, lab_configuration};
use crate::net::memory::Fabric;
use crate::proto::srp::State;

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

const MANAGEMENT: [&str; 2] = ["192.0.2.10", "192.0.2.11"];
const REDUNDANCY: [&str; 2] = ["10.9.0.1", "10.9.0.2"];

fn spec(which: usize) -> Spec {
    let hostname = ["ha-east", "ha-west"][which];
    let configuration = lab_configuration(&Lab {
        hostname,
        primary: which == 0,
        management: ip(MANAGEMENT[which]),
        srp_address: ip(REDUNDANCY[which]),
        srp_peer: ip(REDUNDANCY[1 - which]),
        hello: 10,
        dead: 30,
        delay: 0,
        trap_target: Some((SocketAddr::new(ip("192.0.2.99"), 1162), "public")),
        administrators: &[],
        cards: &[1, 2, 3, 4, 7, 8, 9, 10],
        timezone: "utc",
    });
    Spec {
        name: hostname.into(),
        profile: Profile::named("asr5500-21").unwrap(),
        overrides: Default::default(),
        address: ip(MANAGEMENT[which]),
        configuration,
        users: Vec::new(),
        seed: 7,
    }
}

async fn chassis(fabric: &Fabric, clock: &Clock, which: usize) -> Handle {
    let (address, power) = (ip(MANAGEMENT[which]), fabric.clone());
    let networks = Networks {
        management: Arc::new(fabric.host(address)),
        redundancy: Arc::new(fabric.host(ip(REDUNDANCY[which]))),
        power: Some(Arc::new(move |up| power.set_up(address, up))),
    };
    start(spec(which), networks, clock.clone()).await.unwrap()
}

async fn pair(fabric: &Fabric) -> (Handle, Handle, Clock) {
    let clock = Clock::starting_at("2026-11-20T22:00:00Z".parse().unwrap());
    let east = chassis(fabric, &clock, 0).await;
    let west = chassis(fabric, &clock, 1).await;
    (east, west, clock)
}

fn state(handle: &Handle) -> State {
    handle.with(|chassis| chassis.srp().map_or(State::Init, |peer| peer.state()))
}

fn preallocated(handle: &Handle) -> u64 {
    handle.with(|chassis| chassis.srp().unwrap().totals().pre_allocated.into())
}

fn live(handle: &Handle) -> u64 {
    handle.with(|chassis| chassis.subscribers_total())
}

#[tokio::test(start_paused = true)]
async fn srp_a_pair_forms_and_preallocated_calls_approach_the_sessions() {
    let fabric = Fabric::new();
    let (east, west, clock) = pair(&fabric).await;
    clock.sleep(Duration::from_secs(60)).await;
    assert_eq!(
        (state(&east), state(&west)),
        (State::Active, State::Standby)
    );
    clock.sleep(Duration::from_secs(600)).await;
    let (serving, standing_by) = (live(&east), preallocated(&west));
    assert!((3900..=4100).contains(&serving), "{serving}");
    assert!(
        serving.abs_diff(standing_by) * 20 <= serving,
        "{serving} against {standing_by}"
    );
    assert_eq!(live(&west), 0);
    let traffic =
        |handle: &Handle| handle.with(|chassis| chassis.is_carrying_traffic(chassis.now()));
    assert!(traffic(&east) && !traffic(&west));
}

#[tokio::test(start_paused = true)]
async fn t2_t7_switchover_reload_and_return_as_standby() {
    let fabric = Fabric::new();
    let mut manager = fabric
        .host(ip("192.0.2.99"))
        .bind(SocketAddr::new(ip("192.0.2.99"), 1162))
        .await
        .unwrap();
    let (east, west, clock) = pair(&fabric).await;
    clock.sleep(Duration::from_secs(900)).await;
    east.with(|chassis| chassis.srp_initiate_switchover(chassis.now(), false))
        .unwrap();
    clock.sleep(Duration::from_secs(60)).await;
    assert_eq!(
        (state(&east), state(&west)),
        (State::Standby, State::Active)
    );
    let kept = live(&west);
    assert!(kept > 3600, "{kept} calls survived");

    east.with(|chassis| chassis.reload(chassis.now()));
    clock.sleep(Duration::from_secs(60)).await;
    let near = fabric.host(ip("192.0.2.99"));
    let called = near.connect(east.ssh_address());
    let refused = tokio::time::timeout(Duration::from_secs(10), called).await;
    assert!(refused.is_err(), "a chassis without power answers nobody");
    clock.sleep(Duration::from_secs(1200)).await;
    assert_eq!(
        (state(&east), state(&west)),
        (State::Standby, State::Active)
    );
    near.connect(east.ssh_address())
        .await
        .expect("SSH answers again");
    clock.sleep(Duration::from_secs(600)).await;
    let (serving, standing_by) = (live(&west), preallocated(&east));
    assert!(
        serving.abs_diff(standing_by) * 20 <= serving,
        "{serving} against {standing_by}"
    );

    let mut from = std::collections::BTreeSet::new();
    while let Ok(Some((bytes, sender))) =
        tokio::time::timeout(Duration::from_millis(1), manager.recv_from()).await
    {
        crate::wire::snmp::Message::decode(&bytes).expect("a whole trap");
        from.insert(sender.ip());
    }
    assert_eq!(from, MANAGEMENT.map(ip).into());
}

#[tokio::test(start_paused = true)]
async fn f_1_a_cut_link_makes_two_actives_and_healing_makes_one() {
    let fabric = Fabric::new();
    let (east, west, clock) = pair(&fabric).await;
    clock.sleep(Duration::from_secs(300)).await;
    east.with(|chassis| chassis.faults.srp_link_cut = true);
    clock.sleep(Duration::from_secs(120)).await;
    assert_eq!((state(&east), state(&west)), (State::Active, State::Active));
    east.with(|chassis| chassis.faults.srp_link_cut = false);
    clock.sleep(Duration::from_secs(120)).await;
    let states = (state(&east), state(&west));
    assert!(
        matches!(
            states,
            (State::Active, State::Standby) | (State::Standby, State::Active)
        ),
        "{states:?}"
    );
}
