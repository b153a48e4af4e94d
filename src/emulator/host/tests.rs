use std::net::IpAddr;
use std::time::Duration;

use super::*;
use crate::emulator::overrides::{Faults, StartState};
use crate::emulator::profile::Profile;
use crate::emulator::staros::config::{Lab, lab_configuration};
use crate::emulator::users::{Account, Level};
use crate::net::Secret;
use crate::net::memory::Fabric;
use crate::proto::srp::State;

mod ssh;

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
        users: vec![Account {
            name: "ops1".into(),
            password: Some(Secret::new("s3cret")),
            key: None,
            level: Level::Administrator,
        }],
        seed: 7,
    }
}

async fn chassis(fabric: &Fabric, clock: &Clock, which: usize) -> Handle {
    chassis_with(fabric, clock, which, Faults::default()).await
}

async fn chassis_with(fabric: &Fabric, clock: &Clock, which: usize, faults: Faults) -> Handle {
    let mut spec = spec(which);
    spec.overrides.faults = faults;
    let (address, power) = (ip(MANAGEMENT[which]), fabric.clone());
    let networks = Networks {
        management: Arc::new(fabric.host(address)),
        redundancy: Arc::new(fabric.host(ip(REDUNDANCY[which]))),
        power: Some(Arc::new(move |up| power.set_up(address, up))),
    };
    start(spec, networks, clock.clone()).await.unwrap()
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

#[tokio::test(start_paused = true)]
async fn f_43_a_pair_may_begin_both_standby_or_both_active() {
    for (start_state, expected) in [
        (StartState::BothStandby, State::Standby),
        (StartState::BothActive, State::Active),
    ] {
        let fabric = Fabric::new();
        let clock = Clock::starting_at("2026-11-20T22:00:00Z".parse().unwrap());
        let faults = || Faults {
            start_state: Some(start_state),
            ..Faults::default()
        };
        let east = chassis_with(&fabric, &clock, 0, faults()).await;
        let west = chassis_with(&fabric, &clock, 1, faults()).await;
        clock.sleep(Duration::from_secs(300)).await;
        let states = (state(&east), state(&west));
        assert_eq!(states, (expected, expected), "{start_state:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn f_56_a_swapped_mode_makes_the_backup_active() {
    let fabric = Fabric::new();
    let clock = Clock::starting_at("2026-11-20T22:00:00Z".parse().unwrap());
    let faults = || Faults {
        chassis_mode_swapped: true,
        ..Faults::default()
    };
    let east = chassis_with(&fabric, &clock, 0, faults()).await;
    let west = chassis_with(&fabric, &clock, 1, faults()).await;
    clock.sleep(Duration::from_secs(120)).await;
    assert_eq!(
        (state(&east), state(&west)),
        (State::Standby, State::Active)
    );
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_lives_the_same_night() {
    let mut nights = Vec::new();
    for _ in 0..2 {
        let (east, west, clock) = pair(&Fabric::new()).await;
        clock.sleep(Duration::from_secs(1800)).await;
        let facts = |handle: &Handle| {
            handle.with(|chassis| {
                let calls: Vec<u32> = chassis.srp().unwrap().calls().collect();
                (
                    calls,
                    chassis.trap_history().to_vec(),
                    chassis.truth().clone(),
                )
            })
        };
        nights.push((facts(&east), facts(&west)));
    }
    assert!(nights[0] == nights[1]);
}
