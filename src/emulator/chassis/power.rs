//! Going down and coming up: `reload`, the boot sequence, who answers meanwhile
//! (`staros-cli.md` 3.6, 3.11).

use std::collections::VecDeque;

use super::super::boot::{Decision, Loaded, decide};
use super::super::hardware::{CardKind, CardState};
use super::super::profile::Timeline;
use super::super::staros::config::Running;
use super::super::staros::lock::ConfigLock;
use super::super::traps::{self, Arg, History};
use super::{Chassis, Output};
use crate::emulator::flash::Image;
use crate::proto::Time;

/// Whether and how far the boot sequence has come.
#[derive(Clone, Debug)]
pub(super) struct Power {
    stage: Stage,
    /// When the running software started.
    software_since: Option<Time>,
    /// What remains of the boot sequence.
    steps: VecDeque<(Time, Step)>,
    access: Access,
    services: bool,
    recovery: bool,
}

#[derive(Clone, Debug)]
enum Stage {
    /// The software runs; the boot sequence may still have steps to go.
    Running,
    /// `reload` was confirmed but a save holds the shutdown lock.
    Waiting,
    /// Goodbyes are said; the power goes at this time.
    Leaving(Time),
    /// No software yet.
    Booting(Box<Software>),
    /// Nothing bootable, or dead: only a human at the console helps.
    Dark,
}

/// What is being booted.
#[derive(Clone, Debug)]
struct Software {
    image: Image,
    path: String,
    config: Option<Loaded>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Management,
    CardReady(u8),
    PortOpen,
    Configuration,
    CardActive(u8),
    Services,
    Bgp,
    SessionRecovery,
    Complete,
}

/// What a connection to TCP port 22 meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Nobody.
    Unreachable,
    /// The port is open but no login is to be had.
    PortOnly,
    Login,
}

impl Power {
    /// Up for long, everything in its place.
    pub fn settled(now: Time) -> Self {
        Self {
            stage: Stage::Running,
            software_since: Some(now),
            steps: VecDeque::new(),
            access: Access::Login,
            services: true,
            recovery: true,
        }
    }

    fn down() -> Self {
        Self {
            stage: Stage::Dark,
            software_since: None,
            steps: VecDeque::new(),
            access: Access::Unreachable,
            services: false,
            recovery: false,
        }
    }

    pub fn deadline(&self) -> Option<Time> {
        match self.stage {
            Stage::Leaving(at) => Some(at),
            Stage::Running | Stage::Waiting | Stage::Booting(_) | Stage::Dark => {
                self.steps.front().map(|(at, _)| *at)
            }
        }
    }

    pub fn software_since(&self) -> Option<Time> {
        self.software_since
    }

    pub fn recovery_ready(&self) -> bool {
        self.recovery
    }
}

impl Chassis {
    /// Whether there is a command line to talk to: software and configuration are loaded and no
    /// confirmed reload has begun.
    pub fn is_up(&self) -> bool {
        let running = matches!(self.power.stage, Stage::Running | Stage::Waiting);
        running && self.power.access == Access::Login
    }

    /// What a connection to TCP port 22 meets now.
    pub fn access(&self) -> Access {
        self.power.access
    }

    /// Whether the boot sequence is over: cards, services and session recovery are in final state.
    pub fn settled(&self, _now: Time) -> bool {
        self.is_up() && self.power.steps.is_empty()
    }

    pub(in crate::emulator) fn services_started(&self) -> bool {
        self.power.services && self.power.software_since.is_some()
    }

    /// The confirmed reload: waits for a running save, then says goodbye and goes down
    /// [`super::Profile::shutdown`] later. The shell stops when [`Chassis::is_up`] is false.
    pub fn reload(&mut self, now: Time) {
        self.tick(now);
        if !self.is_up() || matches!(self.power.stage, Stage::Waiting) {
            return;
        }
        self.truth.reloads.push(now);
        if self.jobs.saving() {
            self.power.stage = Stage::Waiting;
            return;
        }
        self.leave(now);
        self.after(now);
    }

    /// Whether a confirmed reload waits for the shutdown lock of a save (`staros-cli.md` 1.10).
    pub fn reload_waits(&self) -> bool {
        matches!(self.power.stage, Stage::Waiting)
    }

    /// Ctrl-C while [`Chassis::reload_waits`]: the reload is forgotten.
    pub fn cancel_reload(&mut self) {
        if self.reload_waits() {
            self.power.stage = Stage::Running;
        }
    }

    /// Power loss or crash: like a reload without a goodbye (T15).
    pub fn crash(&mut self, now: Time) {
        self.tick(now);
        self.power_off(now);
        self.after(now);
    }

    /// The standby management card takes over: from now on its files and its boot stack count.
    /// Nothing happens on a platform with one management card.
    pub fn fail_over_management_card(&mut self, now: Time) {
        self.tick(now);
        let Some(other) = self.other_management() else {
            return;
        };
        let former = self.active_management;
        self.take_over(other);
        for (slot, state) in [(other, CardState::Active), (former, CardState::Standby)] {
            self.set_card(now, slot, state);
        }
        self.after(now);
    }

    pub(super) fn release_shutdown_lock(&mut self, now: Time) {
        if self.reload_waits() {
            self.leave(now);
        }
    }

    pub(super) fn power_due(&mut self, now: Time) {
        loop {
            match self.power.stage {
                Stage::Leaving(at) if at <= now => self.power_off(at),
                Stage::Leaving(_) => return,
                Stage::Running | Stage::Waiting | Stage::Booting(_) | Stage::Dark => {
                    match self.power.steps.front() {
                        Some((at, _)) if *at <= now => {
                            let (at, step) = self.power.steps.pop_front().expect("just seen");
                            self.boot_step(at, step);
                        }
                        Some(_) | None => return,
                    }
                }
            }
        }
    }

    fn leave(&mut self, now: Time) {
        let args = self.system_args();
        self.remember(now, traps::SYSTEM_REBOOT, args);
        let said = "The system is going down for reload".to_owned();
        self.outputs.push_back(Output::Broadcast(said));
        self.truth.sessions_lost += self.redundancy.live_if_forwarding();
        self.redundancy_goodbye();
        self.power.stage = Stage::Leaving(now + self.profile.shutdown);
    }

    /// The power goes and, unless the fault says otherwise, the boot sequence begins.
    fn power_off(&mut self, now: Time) {
        // After a goodbye there are none left to lose.
        self.truth.sessions_lost += self.redundancy.live_if_forwarding();
        self.stop_redundancy();
        self.jobs.abandon();
        self.traps = History::default();
        self.uptime_before = std::time::Duration::ZERO;
        self.power = Power::down();
        self.running = Running::default();
        self.config_lock = ConfigLock::default();
        self.hardware.alarms.clear();
        self.hardware.services.clear();
        for peer in &mut self.hardware.bgp {
            peer.down = Some("Idle");
            peer.since = now;
        }
        for card in &mut self.hardware.cards {
            card.broken = self.faults.broken_card == Some(card.slot);
            card.state = if card.broken {
                CardState::Offline
            } else {
                CardState::Booting
            };
        }
        if self.faults.never_comes_back {
            return;
        }
        self.choose_management();
        let Some(software) = self.choose_software() else {
            return;
        };
        self.power.steps = self.sequence(now, &self.profile.boot, software.config.is_some());
        self.power.stage = Stage::Booting(Box::new(software));
    }

    /// The first management card that passes its tests becomes active (3.11).
    fn choose_management(&mut self) {
        let healthy = |slot: &&u8| self.faults.broken_card != Some(**slot);
        let first = self.profile.management_slots.iter().find(healthy).copied();
        if let Some(slot) = first.filter(|slot| *slot != self.active_management) {
            self.take_over(slot);
        }
    }

    fn take_over(&mut self, slot: u8) {
        self.active_management = slot;
        self.flash.swap(0, 1);
        self.boot.swap(0, 1);
    }

    fn other_management(&self) -> Option<u8> {
        let slots = &self.profile.management_slots;
        slots
            .iter()
            .copied()
            .find(|slot| *slot != self.active_management)
    }

    /// What boots; a standby card takes over from one that can boot nothing (3.11).
    fn choose_software(&mut self) -> Option<Software> {
        if self.faults.never_comes_back || self.faults.broken_card == Some(self.active_management) {
            return None;
        }
        let decided = |chassis: &Self, card: usize| {
            let flash = chassis.flash.get(card)?;
            let built_in = &chassis.profile.built_in;
            match decide(&chassis.boot[card], flash, built_in, chassis.missing_config) {
                Decision::Boots {
                    image,
                    image_path,
                    config,
                } => Some(Software {
                    image,
                    path: image_path,
                    config,
                }),
                Decision::Loops => None,
            }
        };
        let mut software = decided(self, 0);
        let spare = self
            .other_management()
            .filter(|s| self.faults.broken_card != Some(*s));
        if let (None, Some(other)) = (&software, spare) {
            software = decided(self, 1);
            if software.is_some() {
                self.take_over(other);
            }
        }
        let mut software = software?;
        if self.faults.ignores_boot_entry {
            software.image = self.software.clone();
            software.path.clone_from(&self.boot_image);
        }
        Some(software)
    }

    /// The order of 3.11; without a configuration it ends where the wizard waits at the console.
    fn sequence(&self, from: Time, times: &Timeline, configured: bool) -> VecDeque<(Time, Step)> {
        let packet: Vec<u8> = self.slots_of(|kind| kind == CardKind::Packet);
        let mut steps = vec![(times.management, Step::Management)];
        for (slot, nth) in packet.iter().zip(0..) {
            steps.push((
                times.packet_cards + times.card_step * nth,
                Step::CardReady(*slot),
            ));
            if configured {
                steps.push((
                    times.cards_active + times.card_step * nth,
                    Step::CardActive(*slot),
                ));
            }
        }
        if configured {
            steps.extend([
                (times.port_open, Step::PortOpen),
                (times.configuration, Step::Configuration),
                (times.services, Step::Services),
                (times.bgp, Step::Bgp),
                (times.session_recovery, Step::SessionRecovery),
                (times.complete, Step::Complete),
            ]);
        }
        steps.sort_by_key(|(after, _)| *after);
        steps
            .into_iter()
            .map(|(after, step)| (from + after, step))
            .collect()
    }

    fn boot_step(&mut self, now: Time, step: Step) {
        match step {
            Step::Management => self.management_up(now),
            Step::CardReady(slot) => self.set_card(now, slot, CardState::Standby),
            Step::PortOpen => self.power.access = Access::PortOnly,
            Step::Configuration => {
                self.power.access = Access::Login;
                self.read_hardware(now, false);
                self.start_redundancy(now);
            }
            Step::CardActive(slot) => {
                let settled = self.hardware.cards.iter().find(|card| card.slot == slot);
                if settled.is_some_and(|card| card.settled == CardState::Active) {
                    self.set_card(now, slot, CardState::Active);
                }
            }
            Step::Services => {
                self.power.services = !self.faults.services_not_started_after_reload;
                self.read_hardware(now, false);
            }
            Step::Bgp => self.bgp_up(now),
            Step::SessionRecovery => self.power.recovery = true,
            Step::Complete => {
                let args = self.system_args();
                self.remember(now, traps::SYSTEM_STARTUP, args);
            }
        }
        self.after(now);
    }

    /// The image runs on the management cards; other slots get power (3.11).
    fn management_up(&mut self, now: Time) {
        let Stage::Booting(software) = std::mem::replace(&mut self.power.stage, Stage::Running)
        else {
            panic!("management cards come up once in a boot sequence");
        };
        let Software {
            image,
            path,
            config,
        } = *software;
        self.truth.boots.push((now, image.version.clone()));
        self.software = image;
        self.boot_image = path;
        self.boot_config = String::new();
        if let Some(Loaded { path, text }) = config {
            let (running, problems) = Running::parse(&text);
            self.running = running;
            self.boot_config = path;
            for problem in problems {
                self.log(format!("configuration file: {problem}"));
            }
        }
        self.power.software_since = Some(now);
        for slot in self.slots_of(|kind| kind != CardKind::Packet) {
            let card = self.hardware.cards.iter().find(|card| card.slot == slot);
            let card = card.expect("slots come from the cards");
            let state = match card.kind {
                CardKind::Management if slot == self.active_management => CardState::Active,
                CardKind::Management => CardState::Standby,
                CardKind::Packet | CardKind::Fabric | CardKind::Status => card.settled,
            };
            self.set_card(now, slot, state);
        }
        for card in &mut self.hardware.cards {
            if card.state == CardState::Booting {
                card.state = CardState::Starting;
            }
        }
    }

    fn slots_of(&self, wanted: impl Fn(CardKind) -> bool) -> Vec<u8> {
        let cards = self.hardware.cards.iter();
        cards
            .filter(|card| wanted(card.kind))
            .map(|card| card.slot)
            .collect()
    }

    /// starSystemStartup and starSystemReboot carry these (`snmp.md` 1.3).
    fn system_args(&self) -> Vec<Arg> {
        vec![
            Arg::Number("starChassisType", i64::from(self.profile.chassis_type)),
            Arg::Text("starChassisDescription", self.profile.description.clone()),
            Arg::Text("starChassisSWRevision", self.software.version.clone()),
        ]
    }
}
