//! The chassis itself: one sans-I/O machine.
//!
//! Give it an input with the time it happened, drain [`Chassis::poll_output`], then wake it with
//! [`Chassis::tick`] at [`Chassis::deadline`].

use std::collections::{BTreeMap, VecDeque};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use super::boot::{Entry, MissingConfig, Stack};
use super::flash::{BOOT_SYS, File, Flash, Image};
use super::hardware::Hardware;
use super::jobs::Jobs;
use super::overrides::Faults;
use super::profile::Profile;
use super::redundancy::Redundancy;
use super::spec::Spec;
use super::staros::config::Running;
use super::staros::lock::ConfigLock;
use super::subscribers::{Population, Sequence};
use super::traps::{self, Arg, History, Trap};
use super::truth::Truth;
use super::users::{Account, Credential, Level, User};
use crate::proto::{Time, srp};
use power::Power;

mod files;
mod hardware;
mod power;
#[cfg(test)]
mod tests;

pub use power::Access;

/// The first boot entry of a chassis nobody has upgraded yet.
const FIRST_PRIORITY: u8 = 10;

/// One StarOS chassis.
pub struct Chassis {
    pub name: String,
    pub profile: Profile,
    pub hardware: Hardware,
    /// `[0]`: the active management card's; `[1]`: the standby one's, if the platform has it.
    pub flash: Vec<Flash>,
    /// Same indexes as [`Chassis::flash`].
    pub boot: Vec<Stack>,
    pub running: Running,
    /// Who is logged in and who may configure; shared by all terminals.
    pub config_lock: ConfigLock,
    /// What goes wrong; may be changed while the chassis runs.
    pub faults: Faults,
    /// Files behind `sftp://…` and its kin, by the last part of their path.
    pub remote: BTreeMap<String, File>,
    /// The slot of the active management card.
    pub active_management: u8,
    pub(super) redundancy: Redundancy,
    pub(super) population: Population,
    pub(super) truth: Truth,
    key_seed: u64,
    pub(super) outputs: VecDeque<Output>,
    epoch: jiff::Timestamp,
    now: Time,
    power: Power,
    missing_config: MissingConfig,
    software: Image,
    boot_image: String,
    boot_config: String,
    /// Uptime the chassis brought into this world; gone with the first reload.
    uptime_before: Duration,
    accounts: Vec<Account>,
    jobs: Jobs,
    traps: History,
    trap_count: i32,
}

/// What the chassis wants from the world.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// A trap, from the management address.
    Datagram { to: SocketAddr, bytes: Vec<u8> },
    /// Open, send or close an SRP connection.
    Srp(srp::Output),
    /// A line of the system log.
    Log(String),
    /// A line every terminal prints (`staros-cli.md` 1.11).
    Broadcast(String),
}

impl Chassis {
    /// A chassis that has been up and settled for long when its world begins. `epoch` is the
    /// calendar time of [`Time::ZERO`].
    pub fn new(spec: &Spec, epoch: jiff::Timestamp, now: Time) -> Self {
        let Spec {
            name,
            overrides,
            configuration,
            users,
            seed,
            ..
        } = spec;
        let profile = overrides.apply(spec.profile.clone());
        let software = Image {
            version: profile.release.version.clone(),
            build: profile.release.build.clone(),
            platform: profile.platform.clone(),
            size: profile.image_size,
            defect: None,
        };
        let boot_image = format!("/flash/{}", image_name(&software));
        let boot_config = overrides
            .config
            .clone()
            .unwrap_or("/flash/production.cfg".into());
        let first = Entry {
            priority: FIRST_PRIORITY,
            image: boot_image.clone(),
            config: boot_config.clone(),
        };
        let stack = Stack {
            entries: overrides.boot.clone().unwrap_or(vec![first]),
        };
        let mut flash = Flash {
            capacity_kib: profile.flash_capacity_kib,
            ..Flash::default()
        };
        let mut put = |path: &str, file: File| {
            flash
                .insert(path, file)
                .unwrap_or_else(|full| panic!("initial files, {path}: {full}"));
        };
        put(&boot_image, File::image(software.clone(), now));
        put(&boot_config, File::text(configuration.clone(), now));
        put(BOOT_SYS, File::text(stack.render(), now));
        for (file, image) in &overrides.images {
            put(file, File::image(image.resolve(&profile), now));
        }
        if let Some(free) = overrides.flash_free_kib {
            let filler = flash.free_kib().saturating_sub(free);
            if filler > 0 {
                flash
                    .insert("crashlogs.tar", File::opaque(filler * 1024, now))
                    .expect("the filler is smaller than the free space");
            }
        }
        let remote_images = overrides.remote_images.iter();
        let remote = remote_images
            .map(|(file, image)| (file.clone(), File::image(image.resolve(&profile), now)));
        let cards = profile.management_slots.len();
        let salt = Sequence::new(*seed ^ u64::from(crc32fast::hash(name.as_bytes()))).draw();
        let mut chassis = Self {
            name: name.clone(),
            hardware: Hardware {
                cards: profile.cards(),
                ..Hardware::default()
            },
            flash: vec![flash; cards],
            boot: vec![stack; cards],
            running: Running::parse(configuration).0,
            config_lock: ConfigLock::default(),
            faults: overrides.faults.clone(),
            remote: remote.collect(),
            active_management: profile.management_slots[0],
            redundancy: Redundancy::new(salt),
            population: Population::new(
                salt,
                profile.sessions,
                profile.session_lifetime,
                profile.session_managers,
            ),
            truth: Truth::default(),
            key_seed: *seed,
            outputs: VecDeque::new(),
            epoch,
            now,
            power: Power::settled(now),
            missing_config: overrides.missing_config,
            software,
            boot_image,
            boot_config,
            uptime_before: profile.initial_uptime,
            accounts: users.clone(),
            jobs: Jobs::default(),
            traps: History::default(),
            trap_count: 0,
            profile,
        };
        chassis.read_hardware(now, true);
        chassis.start_redundancy(now);
        chassis.after(now);
        chassis
    }

    /// Time passes: everything that was due until `now` happens.
    pub fn tick(&mut self, now: Time) {
        self.now = self.now.max(now);
        self.finish_jobs(now);
        self.power_due(now);
        self.redundancy_due(now);
        self.after(now);
    }

    /// When to [`Chassis::tick`] next.
    pub fn deadline(&self) -> Option<Time> {
        let deadlines = [
            self.jobs.deadline(),
            self.power.deadline(),
            self.redundancy.deadline(),
            self.population.deadline(),
        ];
        deadlines.into_iter().flatten().min()
    }

    /// The next thing the chassis wants from the world.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// The name in the prompt: `system hostname X`, or the name it was made with.
    pub fn hostname(&self) -> &str {
        self.running
            .view()
            .hostname
            .as_deref()
            .unwrap_or(&self.name)
    }

    /// The time of the latest input.
    pub fn now(&self) -> Time {
        self.now
    }

    /// What the device's own clock shows at `at`: its zone, its skew. The zone's abbreviation is
    /// [`Profile::time_zone`].
    pub fn calendar(&self, at: Time) -> jiff::Zoned {
        let shown = self
            .epoch
            .checked_add(at)
            .and_then(|t| t.checked_add(self.profile.clock_skew));
        let offset = jiff::tz::Offset::from_seconds(self.profile.utc_offset_minutes * 60);
        let zone = jiff::tz::TimeZone::fixed(offset.expect("a zone is within a day of UTC"));
        shown
            .expect("a run ends before the calendar does")
            .to_zoned(zone)
    }

    /// Time since the running software started; zero while none runs.
    pub fn uptime(&self, now: Time) -> Duration {
        let since = self.power.software_since();
        since.map_or(Duration::ZERO, |since| {
            now.saturating_sub(since) + self.uptime_before
        })
    }

    /// The image that runs (or ran last).
    pub fn software(&self) -> &Image {
        &self.software
    }

    /// Such as `/flash/asr5500-21.28.3.bin.SPA`.
    pub fn boot_image_path(&self) -> &str {
        &self.boot_image
    }

    /// The configuration file it was booted with.
    pub fn boot_config_path(&self) -> &str {
        &self.boot_config
    }

    /// Who this is, if the credential holds. Accounts of the world come first, then those of the
    /// running configuration.
    pub fn authenticate(&self, credential: &Credential<'_>) -> Option<User> {
        let name = credential.user();
        let known = self.accounts.iter().find(|account| account.name == name);
        if let Some(account) = known {
            let user = User {
                name: account.name.clone(),
                level: account.level,
            };
            return account.accepts(credential).then_some(user);
        }
        self.configured_user(credential)
    }

    /// The account behind a name that has been authenticated.
    pub fn user(&self, name: &str) -> Option<User> {
        let account = self.accounts.iter().find(|account| account.name == name);
        if let Some(account) = account {
            return Some(User {
                name: account.name.clone(),
                level: account.level,
            });
        }
        let line = self
            .running
            .view()
            .users
            .iter()
            .find(|line| line.name == name)?;
        Some(User {
            name: line.name.clone(),
            level: line.level,
        })
    }

    /// To be called after every accepted configuration line.
    pub fn configuration_changed(&mut self, now: Time) {
        self.read_hardware(now, false);
        self.redundancy_configured(now);
        self.after(now);
    }

    /// Sends a trap to every target and remembers it.
    pub fn remember(&mut self, now: Time, number: u32, args: Vec<Arg>) {
        let trap = Trap::new(now, number, args);
        if !self.faults.traps_lost {
            let uptime = self.uptime(now);
            for target in &self.running.view().trap_targets {
                self.trap_count = self.trap_count.wrapping_add(1) & i32::MAX;
                let bytes = trap.encode(&target.community, self.trap_count, uptime);
                self.outputs.push_back(Output::Datagram {
                    to: target.address,
                    bytes,
                });
            }
        }
        self.traps.push(trap);
    }

    /// Oldest first; at most 400.
    pub fn trap_history(&self) -> &[Trap] {
        self.traps.as_slice()
    }

    /// A CLI session begins (trap 52); `line` is the tty name.
    pub fn session_started(&mut self, now: Time, user: &User, line: &str) {
        self.remember(now, traps::CLI_SESSION_START, session_args(user, line));
    }

    /// A CLI session ends (trap 53).
    pub fn session_ended(&mut self, now: Time, user: &User, line: &str) {
        if self.is_up() {
            self.remember(now, traps::CLI_SESSION_END, session_args(user, line));
        }
    }

    /// Live sessions on this chassis (zero on the Standby).
    pub fn subscribers_total(&self) -> u64 {
        self.redundancy.live_sessions()
    }

    /// Ground truth: whether subscribers' traffic passes through this chassis now.
    pub fn is_carrying_traffic(&self, _now: Time) -> bool {
        self.services_started() && self.redundancy.forwards()
    }

    /// Ground truth: what was done to this chassis.
    pub fn truth(&self) -> &Truth {
        &self.truth
    }

    /// The seed of the host key, which outlives every reload.
    pub(super) fn key_seed(&self) -> u64 {
        self.key_seed
    }

    /// A log line for whoever watches.
    pub(super) fn log(&mut self, line: impl Into<String>) {
        let line = line.into();
        let output = if self.faults.logs_on_terminals {
            Output::Broadcast(line)
        } else {
            Output::Log(line)
        };
        self.outputs.push_back(output);
    }

    /// Runs after every input: what follows from it.
    pub(super) fn after(&mut self, now: Time) {
        self.now = self.now.max(now);
        self.drain_redundancy(now);
        let carrying = self.is_carrying_traffic(now);
        self.truth.carries(now, carrying);
    }
}

impl Level {
    /// As the CLI session traps carry it (`staros-cli.md` 2.11).
    fn privileges(self) -> &'static str {
        match self {
            Self::Administrator => "Security Administrator",
            Self::Operator => "Operator",
            Self::Inspector => "Inspector",
        }
    }
}

fn session_args(user: &User, line: &str) -> Vec<Arg> {
    vec![
        Arg::Text("starCLIUsername", user.name.clone()),
        Arg::Text("starCLIPrivs", user.level.privileges().into()),
        Arg::Text("starCLITtyname", line.to_owned()),
    ]
}

/// What a vendor calls the file, such as `asr5500-21.28.3.bin.SPA`.
pub fn image_name(image: &Image) -> String {
    format!(
        "{}-{}.bin.SPA",
        image.platform.to_lowercase(),
        image.version
    )
}

/// The IPv4 form of an address that travels in an IpAddress object; others read as unspecified.
pub(super) fn ipv4(address: std::net::IpAddr) -> Ipv4Addr {
    match address {
        std::net::IpAddr::V4(address) => address,
        std::net::IpAddr::V6(_) => Ipv4Addr::UNSPECIFIED,
    }
}
