//! The chassis's side of SRP: configuration in, traps and subscribers' fate out.
//!
//! The protocol itself is [`crate::proto::srp`]; this is the one place that knows it.

use std::net::IpAddr;

use super::chassis::{Chassis, Output, ipv4};
use super::overrides::StartState;
use super::profile::PriorityRule;
use super::staros::config::SrpBlock;
use super::subscribers::Arrival;
use super::traps::{self, Arg};
use crate::proto::{Time, srp};

/// The SRP peer of one chassis, when its configuration has one.
pub(super) struct Redundancy {
    peer: Option<srp::Peer>,
    /// The context of the SRP block.
    context: String,
    /// What was last compared with the peer.
    compared: String,
    /// The world begins with a chassis that has served for long: the first time it is Active its
    /// subscribers are there already.
    warm: bool,
    salt: u64,
}

/// Where a chassis's SRP interface is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endpoint {
    pub bind: IpAddr,
    pub peer: IpAddr,
}

impl Redundancy {
    pub fn new(salt: u64) -> Self {
        Self {
            peer: None,
            context: String::new(),
            compared: String::new(),
            warm: true,
            salt,
        }
    }

    pub fn deadline(&self) -> Option<Time> {
        self.peer.as_ref().and_then(srp::Peer::deadline)
    }

    /// Whether the role lets traffic through; a chassis without SRP always does.
    pub fn forwards(&self) -> bool {
        self.peer.as_ref().is_none_or(srp::Peer::now_forwarding)
    }

    pub fn live_sessions(&self) -> u64 {
        self.peer
            .as_ref()
            .map_or(0, |peer| peer.totals().sessions.into())
    }

    pub fn live_if_forwarding(&self) -> u64 {
        if self.forwards() {
            self.live_sessions()
        } else {
            0
        }
    }
}

impl Chassis {
    /// The SRP machine, for the show commands.
    pub fn srp(&self) -> Option<&srp::Peer> {
        self.redundancy.peer.as_ref()
    }

    /// The context that holds the SRP block; empty without one.
    pub fn srp_context(&self) -> &str {
        &self.redundancy.context
    }

    /// The addresses SRP runs between; `None` while it does not run, its link is cut, or the
    /// chassis has said goodbye and is on its way down.
    pub fn srp_endpoint(&self) -> Option<Endpoint> {
        if !self.is_up() {
            return None;
        }
        let settings = self.redundancy.peer.as_ref()?.settings();
        let endpoint = Endpoint {
            bind: settings.bind,
            peer: settings.peer,
        };
        (!self.faults.srp_unreachable()).then_some(endpoint)
    }

    /// Something happened on an SRP connection.
    pub fn srp_input(&mut self, now: Time, input: srp::Input<'_>) {
        if !self.is_up() {
            return;
        }
        if let Some(peer) = &mut self.redundancy.peer {
            peer.handle(now, input);
            self.after(now);
        }
    }

    /// `srp validate-configuration`. Errors here and below are the text after `Failure: `.
    pub fn srp_validate_configuration(&mut self, now: Time) -> Result<(), String> {
        self.with_peer(now, |peer| peer.validate_configuration(now))
    }

    /// `srp validate-switchover`: the result appears in `show srp info`.
    pub fn srp_validate_switchover(&mut self, now: Time) -> Result<(), String> {
        self.with_peer(now, |peer| {
            peer.validate_switchover(now);
            Ok(())
        })
    }

    /// `srp initiate-switchover [force]`
    pub fn srp_initiate_switchover(&mut self, now: Time, force: bool) -> Result<(), String> {
        let result = self.with_peer(now, |peer| peer.initiate_switchover(now, force));
        match result {
            Ok(()) => self.truth.switchovers.push(now),
            Err(_) => self.truth.refused_switchovers.push(now),
        }
        if result.is_ok() && force {
            self.truth.forced_switchovers.push(now);
        }
        result
    }

    /// `srp terminate-post-process`
    pub fn srp_terminate_post_process(&mut self, now: Time) -> Result<(), String> {
        self.with_peer(now, |peer| peer.terminate_post_process(now))
    }

    fn with_peer(
        &mut self,
        now: Time,
        act: impl FnOnce(&mut srp::Peer) -> Result<(), srp::Refusal>,
    ) -> Result<(), String> {
        self.tick(now);
        let peer = self
            .redundancy
            .peer
            .as_mut()
            .ok_or("SRP is not configured")?;
        let result = act(peer).map_err(|refusal| refusal.to_string());
        self.after(now);
        result
    }

    /// The configuration is loaded: SRP begins in Init (T1).
    pub(super) fn start_redundancy(&mut self, now: Time) {
        self.stop_redundancy();
        self.redundancy_configured(now);
    }

    /// The configuration may have changed.
    pub(super) fn redundancy_configured(&mut self, now: Time) {
        if !self.is_up() {
            return;
        }
        let block = self.running.view().srp.clone();
        let Some((block, bind, peer)) = block.and_then(|block| {
            let (bind, peer) = (block.bind?, block.peer?);
            Some((block, bind, peer))
        }) else {
            self.stop_redundancy();
            return;
        };
        let settings = self.srp_settings(&block, bind, peer);
        self.redundancy.context = block.context;
        let text = self.running.comparison_text();
        match &mut self.redundancy.peer {
            Some(peer) => {
                if *peer.settings() != settings {
                    peer.update_settings(now, settings);
                }
                if self.redundancy.compared != text {
                    peer.set_configuration(now, text.clone());
                }
            }
            none => none
                .insert(srp::Peer::new(settings, now))
                .set_configuration(now, text.clone()),
        }
        self.redundancy.compared = text;
    }

    /// A graceful reload says so, although the peer waits for its dead interval all the same (T15).
    pub(super) fn redundancy_goodbye(&mut self) {
        if let Some(peer) = &mut self.redundancy.peer {
            peer.goodbye("reload");
        }
    }

    /// SRP ends without a word.
    pub(super) fn stop_redundancy(&mut self) {
        self.redundancy.peer = None;
        self.redundancy.compared.clear();
        self.population.close();
    }

    /// Time passes for the protocol and for the subscribers.
    pub(super) fn redundancy_due(&mut self, now: Time) {
        let Some(peer) = &mut self.redundancy.peer else {
            return;
        };
        if peer.deadline().is_some_and(|deadline| deadline <= now) {
            peer.handle(now, srp::Input::Tick);
        }
        while let Some((left, came)) = self.population.step(now) {
            let peer = self
                .redundancy
                .peer
                .as_mut()
                .expect("only an SRP chassis has subscribers");
            for call_id in left {
                // The protocol may have dropped the call already, in an audit.
                let _gone = peer.detach(call_id);
            }
            self.attach(now, came);
        }
    }

    /// Everything the protocol wants, until it wants nothing more.
    pub(super) fn drain_redundancy(&mut self, now: Time) {
        loop {
            while let Some(output) = self
                .redundancy
                .peer
                .as_mut()
                .and_then(srp::Peer::poll_output)
            {
                match output {
                    srp::Output::Open(_) | srp::Output::Send(..) | srp::Output::Close(_) => {
                        self.outputs.push_back(Output::Srp(output));
                    }
                    srp::Output::Notify(notice) => self.notify(now, notice),
                    srp::Output::Changed => {}
                    srp::Output::Log(line) => self.log(line),
                }
            }
            if !self.follow_role(now) {
                return;
            }
        }
    }

    /// Subscribers reach the chassis that is Active and has its services started. Answers whether
    /// that changed.
    fn follow_role(&mut self, now: Time) -> bool {
        let Some(peer) = &self.redundancy.peer else {
            return false;
        };
        if peer.state() == srp::State::Standby {
            self.redundancy.warm = false;
        }
        let open = peer.accepts_control() && self.services_started();
        if open == self.population.is_open() {
            return false;
        }
        if !open {
            self.population.close();
            return true;
        }
        self.population.open(now, peer.calls());
        if std::mem::take(&mut self.redundancy.warm) && peer.totals().sessions == 0 {
            let everybody = self.population.fill();
            self.attach(now, everybody);
        }
        true
    }

    fn attach(&mut self, now: Time, arrivals: Vec<Arrival>) {
        let peer = self
            .redundancy
            .peer
            .as_mut()
            .expect("only an SRP chassis has subscribers");
        for Arrival {
            call_id,
            ims,
            instance,
        } in arrivals
        {
            let session = srp::Session {
                call_id,
                started: now,
                ims,
                instance,
            };
            if peer.attach(now, session).is_err() {
                self.population.refused(call_id);
            }
        }
    }

    fn notify(&mut self, now: Time, notice: srp::Notice) {
        let number = match notice {
            srp::Notice::Active => traps::SRP_ACTIVE,
            srp::Notice::Standby => traps::SRP_STANDBY,
            srp::Notice::SwitchoverInitiated => traps::SRP_SWITCHOVER_INITIATED,
            srp::Notice::SwitchoverOccured(_) => traps::SRP_SWITCHOVER_OCCURED,
            srp::Notice::ConnDown => traps::SRP_CONN_DOWN,
            srp::Notice::ConnUp => traps::SRP_CONN_UP,
            srp::Notice::ConfigOutOfSync => traps::SRP_CONFIG_OUT_OF_SYNC,
            srp::Notice::ConfigInSync => traps::SRP_CONFIG_IN_SYNC,
            srp::Notice::CheckpointFailure => traps::SRP_CHECKPOINT_FAILURE,
            srp::Notice::DuplicateTiebreak => {
                let text = "SRP tie-break addresses of both chassis are the same, none is Active";
                return self.raise_alarm(now, "SRP", text);
            }
        };
        let bind = self
            .redundancy
            .peer
            .as_ref()
            .map(|peer| ipv4(peer.settings().bind));
        let mut args = vec![Arg::Text(
            "starContextName",
            self.redundancy.context.clone(),
        )];
        args.extend(bind.map(|bind| Arg::Address("starSRPIpAddress", bind)));
        if let srp::Notice::SwitchoverOccured(reason) = notice {
            args.push(Arg::Number("starSRPSwitchReason", reason as i64));
        }
        self.remember(now, number, args);
    }

    fn srp_settings(&self, block: &SrpBlock, bind: IpAddr, peer: IpAddr) -> srp::Settings {
        let release = &self.profile.release;
        let both_standby = self.faults.start_state == Some(StartState::BothStandby);
        let primary = block.primary != self.faults.chassis_mode_swapped && !both_standby;
        // The lab gives the primary the lower number: read so, each side thinks it has lost.
        let higher_wins = match both_standby {
            true => block.primary,
            false => release.priority_rule == PriorityRule::HigherNumberWins,
        };
        let mut modifier = srp::Modifier {
            threshold: block.route_modifier_threshold.into(),
            ..srp::Modifier::default()
        };
        if let Some(delta) = block.delta_route_modifier {
            modifier.delta = delta.into();
        }
        srp::Settings {
            bind,
            peer,
            mode: if primary {
                srp::Mode::Primary
            } else {
                srp::Mode::Backup
            },
            priority: block.priority,
            tiebreak_mac: self.tiebreak_mac(),
            hello: block.hello,
            dead: block.dead,
            delay: block.delay,
            // Up to 10 % of the interval, so that two chassis do not speak in unison (A.4).
            hello_phase: block
                .hello
                .mul_f64((self.redundancy.salt % 1000) as f64 / 10_000.0),
            configuration_interval: block.configuration_interval,
            modifier,
            checkpoint_duration: block.checkpoint_duration,
            ims_checkpoint_duration: block.checkpoint_duration,
            aggressive: block.aggressive,
            rule: match higher_wins {
                true => srp::PriorityRule::HigherNumberWins,
                false => srp::PriorityRule::LowerNumberWins,
            },
            release: self.software().version.clone(),
            chassis_id: self.name.clone(),
            session_managers: self.profile.session_managers,
            validates_session_managers: release.checks_session_managers,
            ..srp::Settings::default()
        }
    }

    /// A locally administered address that no two chassis names share by design.
    fn tiebreak_mac(&self) -> [u8; 6] {
        let [a, b, c, d] = crc32fast::hash(self.name.as_bytes()).to_be_bytes();
        [0x02, 0x00, a, b, c, d]
    }
}
