//! Cards, services, BGP peers and session recovery as they follow from configuration and boot.

use super::super::hardware::{
    Alarm, BgpPeer, CardKind, CardState, MonitoredServer, Recovery, RecoveryRow, Service, Severity,
};
use super::super::traps::{self, Arg};
use super::super::users::{Credential, User};
use super::{Chassis, ipv4};
use crate::proto::Time;

/// Sessions a service is licensed for.
const LICENSED: u64 = 250_000;

/// Prefixes a neighbour advertises: a default route and the far sides of the pools.
const PREFIXES: u32 = 14;

impl Chassis {
    /// Takes over what the running configuration says about services and neighbours. What it
    /// still names keeps its state. `established`: neighbours that are new are up already.
    pub(super) fn read_hardware(&mut self, now: Time, established: bool) {
        let started = self.services_started();
        let view = self.running.view();
        let services = view.services.iter().map(|line| Service {
            context: line.context.clone(),
            name: line.name.clone(),
            kind: line.kind.clone(),
            started: started && line.bound,
            limit: LICENSED,
        });
        let former = std::mem::take(&mut self.hardware.bgp);
        let up = established || (started && self.power.recovery_ready());
        let bgp = view.bgp_neighbors.iter().map(|line| {
            let same =
                |peer: &&BgpPeer| (&peer.context, &peer.address) == (&line.context, &line.address);
            let state = former.iter().find(same).map(|peer| (peer.down, peer.since));
            let (down, since) = state.unwrap_or(((!up).then_some("Active"), now));
            BgpPeer {
                context: line.context.clone(),
                address: line.address.clone(),
                remote_as: line.remote_as,
                down,
                prefixes: PREFIXES,
                since,
                monitored: line.monitored,
            }
        });
        let known = std::mem::take(&mut self.hardware.servers);
        let servers = view.servers.iter().map(|line| {
            let same = |server: &&MonitoredServer| {
                (server.kind, &server.context, &server.address, server.port)
                    == (line.kind, &line.context, &line.address, line.port)
            };
            known.iter().find(same).cloned().unwrap_or(MonitoredServer {
                kind: line.kind,
                context: line.context.clone(),
                address: line.address.clone(),
                port: line.port,
                up: true,
                since: now,
            })
        });
        self.hardware.services = services.collect();
        self.hardware.bgp = bgp.collect();
        self.hardware.servers = servers.collect();
    }

    /// A neighbour goes down or comes up (`down` is the state word of the summary).
    pub fn set_bgp(&mut self, now: Time, address: &str, down: Option<&'static str>) {
        self.tick(now);
        let peers = self.hardware.bgp.iter_mut();
        let changed = peers.filter(|peer| peer.address == address && peer.down != down);
        let mut args = Vec::new();
        for peer in changed {
            peer.down = down;
            peer.since = now;
            args.push(bgp_args(peer));
        }
        let number = match down {
            Some(_) => traps::BGP_SESSION_DOWN,
            None => traps::BGP_SESSION_UP,
        };
        for args in args.into_iter().flatten() {
            self.remember(now, number, args);
        }
        self.after(now);
    }

    pub(super) fn bgp_up(&mut self, now: Time) {
        let down = self.hardware.bgp.iter().filter(|peer| peer.down.is_some());
        let addresses: Vec<String> = down.map(|peer| peer.address.clone()).collect();
        for address in addresses {
            let peers = self.hardware.bgp.iter_mut();
            let mut args = Vec::new();
            for peer in peers.filter(|peer| peer.address == address && peer.down.is_some()) {
                peer.down = None;
                peer.since = now;
                args.extend(bgp_args(peer));
            }
            for args in args {
                self.remember(now, traps::BGP_SESSION_UP, args);
            }
        }
    }

    /// A card changes its state, with its trap; a broken one only ever goes Offline.
    pub(super) fn set_card(&mut self, now: Time, slot: u8, state: CardState) {
        let serial = self.serial_number(slot);
        let Some(card) = self
            .hardware
            .cards
            .iter_mut()
            .find(|card| card.slot == slot)
        else {
            return;
        };
        let former = card.state;
        card.state = if card.broken {
            CardState::Offline
        } else {
            state
        };
        let args = vec![
            Arg::Number("starSlotNum", i64::from(slot)),
            Arg::Number("starCardType", i64::from(card.type_number)),
            Arg::Text("starSlotSerialNumber", serial),
        ];
        let (broken, name) = (card.broken, card.name.clone().unwrap_or_default());
        if broken {
            let text = format!("The {name} in slot {slot} is offline");
            let object = format!("Card {slot}");
            if !self
                .hardware
                .alarms
                .iter()
                .any(|alarm| alarm.object == object)
            {
                let alarm = Alarm {
                    severity: Severity::Major,
                    object,
                    text,
                    since: now,
                };
                self.hardware.alarms.push(alarm);
                self.remember(now, traps::CARD_DOWN, args);
            }
            return;
        }
        if matches!(
            former,
            CardState::Booting | CardState::Starting | CardState::Offline
        ) {
            self.remember(now, traps::CARD_UP, args.clone());
        }
        match state {
            CardState::Active => self.remember(now, traps::CARD_ACTIVE, args),
            CardState::Standby => self.remember(now, traps::CARD_STANDBY, args),
            CardState::Offline => self.remember(now, traps::CARD_DOWN, args),
            CardState::Empty | CardState::Booting | CardState::Starting => {}
        }
    }

    /// An alarm that stays until the chassis reboots.
    pub(in crate::emulator) fn raise_alarm(&mut self, now: Time, object: &str, text: &str) {
        if self
            .hardware
            .alarms
            .iter()
            .any(|alarm| alarm.object == object)
        {
            return;
        }
        let (object, text) = (object.to_owned(), text.to_owned());
        self.hardware.alarms.push(Alarm {
            severity: Severity::Critical,
            object,
            text,
            since: now,
        });
    }

    /// A packet or management card fails now (F-26).
    pub fn break_card(&mut self, now: Time, slot: u8) {
        self.tick(now);
        if let Some(card) = self
            .hardware
            .cards
            .iter_mut()
            .find(|card| card.slot == slot)
        {
            card.broken = true;
        }
        self.set_card(now, slot, CardState::Offline);
        self.after(now);
    }

    /// The serial number of the card in a slot; the same in every life of this chassis.
    pub fn serial_number(&self, slot: u8) -> String {
        let mark = crc32fast::hash(format!("{}/{slot}", self.name).as_bytes());
        format!("FLM{:08X}", mark)
    }

    /// `show session recovery status` (`staros-cli.md` 2.4).
    pub fn session_recovery(&self, _now: Time) -> Recovery {
        let enabled = self.running.view().session_recovery;
        let ready = enabled && self.power.recovery_ready() && self.services_started();
        let overall = match (enabled, ready) {
            (false, _) => "Disabled",
            (true, true) => "Ready For Recovery",
            (true, false) => "SESSMGR Not Ready For Recovery",
        };
        Recovery {
            enabled,
            overall: overall.into(),
            ready,
            rows: self.recovery_rows(),
        }
    }

    fn recovery_rows(&self) -> Vec<RecoveryRow> {
        let up = |state: CardState| matches!(state, CardState::Active | CardState::Standby);
        let cards = || self.hardware.cards.iter().filter(|card| up(card.state));
        let serving: Vec<u8> = cards()
            .filter(|card| card.kind == CardKind::Packet && card.state == CardState::Active)
            .map(|card| card.slot)
            .collect();
        // One card does everything where there are no packet cards.
        let alone = !self
            .hardware
            .cards
            .iter()
            .any(|card| card.kind == CardKind::Packet);
        let status = match (self.power.recovery_ready(), alone) {
            (false, _) => "Not Ready",
            (true, _) => "Good",
        };
        let managers = self.profile.session_managers;
        let count = u16::try_from(serving.len())
            .expect("a chassis has few slots")
            .max(1);
        let mut rows = Vec::new();
        for card in cards() {
            let row = |state, active: u16, standby: u16, demux, status| RecoveryRow {
                cpu: format!("{}/0", card.slot),
                state,
                sessmgr_active: active,
                sessmgr_standby: standby,
                aaamgr_active: active,
                aaamgr_standby: standby,
                demux,
                status,
            };
            match (card.kind, card.state) {
                (CardKind::Management, CardState::Active) if alone => {
                    rows.push(row("Active", managers, 1, 1, status));
                }
                (CardKind::Management, CardState::Active) => {
                    let demux = if status == "Good" {
                        "Good (Demux)"
                    } else {
                        status
                    };
                    rows.push(row("Active", 0, 0, 9, demux));
                }
                (CardKind::Packet, CardState::Active) => {
                    let nth = serving
                        .iter()
                        .position(|slot| *slot == card.slot)
                        .unwrap_or(0);
                    let nth = u16::try_from(nth).expect("a chassis has few slots");
                    let share = managers / count + u16::from(nth < managers % count);
                    rows.push(row("Active", share, 1, 0, status));
                }
                (CardKind::Packet, CardState::Standby) => {
                    rows.push(row("Standby", 0, managers, 0, status));
                }
                (
                    CardKind::Management | CardKind::Packet | CardKind::Fabric | CardKind::Status,
                    _,
                ) => {}
            }
        }
        rows
    }

    /// Accounts that only the running configuration knows.
    pub(super) fn configured_user(&self, credential: &Credential<'_>) -> Option<User> {
        let Credential::Password { user, password } = credential else {
            return None;
        };
        let users = &self.running.view().users;
        let known = users
            .iter()
            .find(|line| line.name == *user && line.accepts(password))?;
        Some(User {
            name: known.name.clone(),
            level: known.level,
        })
    }
}

/// starBGPPeerSessionUp and Down carry an IPv4 peer only (`snmp.md` 1.3); none for others.
fn bgp_args(peer: &BgpPeer) -> Option<Vec<Arg>> {
    let address: std::net::IpAddr = peer.address.parse().ok()?;
    address.is_ipv4().then(|| {
        vec![
            Arg::Text("starContextName", peer.context.clone()),
            Arg::Address("starBGPPeerIpAddress", ipv4(address)),
        ]
    })
}
