//! The async rim: puts one [`Chassis`] on a network.
//!
//! One task drives the chassis's timers and opens and closes its ports; each connection has a
//! task of its own. All of them go through [`Shared::drive`], which performs what the chassis
//! wants before it lets go of the lock, so that outputs keep their order.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, mpsc};
use tokio::task::JoinSet;

use super::chassis::{Access, Chassis, Output};
use super::profile::Unreachable;
use super::redundancy::Endpoint;
use super::spec::Spec;
use crate::net::ssh::server::HostKey;
use crate::net::{Clock, Datagrams, Network, Stream};
use crate::proto::Time;
use links::Links;

mod links;
mod terminal;
#[cfg(test)]
mod tests;
mod valve;

/// Where administrators log in.
const SSH_PORT: u16 = 22;

/// The networks a chassis is on.
#[derive(Clone)]
pub struct Networks {
    /// As seen from the management address.
    pub management: Arc<dyn Network>,
    /// As seen from the bind address of SRP.
    pub redundancy: Arc<dyn Network>,
    /// Told when the chassis leaves (`false`) and rejoins the management network, if its profile
    /// lets attempts to reach it time out.
    pub power: Option<Arc<dyn Fn(bool) + Send + Sync>>,
}

/// A chassis on a network; it disappears when this is dropped.
pub struct Handle {
    shared: Arc<Shared>,
    address: SocketAddr,
    host_key: HostKey,
    _driver: JoinSet<()>,
}

/// What the tasks of one chassis have in common.
struct Shared {
    clock: Clock,
    networks: Networks,
    inner: Mutex<Inner>,
    /// The driver has something to look at.
    changed: Notify,
}

struct Inner {
    chassis: Chassis,
    datagrams: Datagrams,
    links: Links,
    /// Half-open streams of sessions that hang for ever (SSH-2).
    frozen: Vec<Stream>,
    /// By tty number.
    terminals: BTreeMap<u16, mpsc::Sender<Nudge>>,
    /// The chassis's deadline after the last thing that happened to it.
    due: Option<Time>,
    /// When the driver wakes by itself.
    armed: Option<Time>,
    last: Situation,
}

/// Something a terminal should know although its user typed nothing.
#[derive(Clone, Debug)]
enum Nudge {
    /// A line to print.
    Say(String),
    /// Somebody else changed something, or the chassis goes down.
    Look,
}

/// What the driver keeps ports open for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Situation {
    access: Access,
    endpoint: Option<Endpoint>,
    up: bool,
}

/// Puts a chassis on its networks. It answers at [`Handle::ssh_address`] when this returns.
///
/// # Errors
/// When an address cannot be bound.
pub async fn start(spec: Spec, networks: Networks, clock: Clock) -> io::Result<Handle> {
    let datagrams = networks
        .management
        .bind(SocketAddr::new(spec.address, 0))
        .await?;
    let ssh = networks
        .management
        .listen(SocketAddr::new(spec.address, SSH_PORT))
        .await?;
    let address = ssh.local();
    let now = clock.elapsed();
    let chassis = Chassis::new(&spec, clock.at(Time::ZERO), now);
    let host_key = terminal::host_key(&spec);
    let last = Situation {
        access: Access::Login,
        endpoint: None,
        up: true,
    };
    let inner = Inner {
        due: chassis.deadline(),
        chassis,
        datagrams,
        links: Links::default(),
        frozen: Vec::new(),
        terminals: BTreeMap::new(),
        armed: None,
        last,
    };
    let shared = Arc::new(Shared {
        clock,
        networks,
        inner: Mutex::new(inner),
        changed: Notify::new(),
    });
    let endpoint = shared.lock().chassis.srp_endpoint();
    let mut ports = Ports {
        shared: shared.clone(),
        at: address,
        ssh: None,
        srp: None,
    };
    ports.ssh = Some(terminal::serve(shared.clone(), ssh, &host_key));
    ports.follow_endpoint(endpoint).await;
    shared.lock().last.endpoint = endpoint;
    let mut driver = JoinSet::new();
    driver.spawn(ports.run(Situation { endpoint, ..last }));
    Ok(Handle {
        shared,
        address,
        host_key,
        _driver: driver,
    })
}

impl Handle {
    /// Ground truth for rehearsals: looks at the chassis, or does something to it, now.
    pub fn with<R>(&self, act: impl FnOnce(&mut Chassis) -> R) -> R {
        self.shared.drive(|chassis, now| {
            chassis.tick(now);
            act(chassis)
        })
    }

    /// Where SSH answers while the chassis is up.
    pub fn ssh_address(&self) -> SocketAddr {
        self.address
    }

    /// `SHA256:…` of the host key.
    pub fn fingerprint(&self) -> String {
        self.host_key.fingerprint()
    }

    /// Takes the chassis off the network.
    pub fn stop(self) {}
}

impl Drop for Handle {
    fn drop(&mut self) {
        let mut inner = self.shared.lock();
        inner.links.clear();
        inner.frozen.clear();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        // A panic in one task is a bug that its own test sees; the others go on.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets the chassis do something and performs what it wants of the world.
    fn drive<R>(self: &Arc<Self>, act: impl FnOnce(&mut Chassis, Time) -> R) -> R {
        let now = self.clock.elapsed();
        let mut guard = self.lock();
        let inner = &mut *guard;
        if inner.due.is_some_and(|due| due <= now) {
            inner.chassis.tick(now);
        }
        let result = act(&mut inner.chassis, now);
        while let Some(output) = inner.chassis.poll_output() {
            match output {
                Output::Datagram { to, bytes } => {
                    if let Err(error) = inner.datagrams.send_to(&bytes, to) {
                        tracing::debug!(chassis = inner.chassis.name, %to, %error, "trap lost");
                    }
                }
                Output::Srp(output) => links::perform(self, inner, now, output),
                Output::Log(line) => {
                    tracing::debug!(chassis = inner.chassis.name, line);
                }
                Output::Broadcast(line) => inner.nudge(None, &Nudge::Say(line)),
            }
        }
        inner.due = inner.chassis.deadline();
        let earlier = inner
            .due
            .is_some_and(|at| inner.armed.is_none_or(|armed| at < armed));
        let situation = Situation::of(&inner.chassis);
        if situation.up != inner.last.up {
            inner.nudge(None, &Nudge::Look);
        }
        if earlier || situation != inner.last {
            inner.last = situation;
            self.changed.notify_one();
        }
        result
    }
}

impl Inner {
    /// Tells every terminal but `except`. One that does not read misses lines, as a slow console
    /// does.
    fn nudge(&mut self, except: Option<u16>, nudge: &Nudge) {
        self.terminals.retain(|number, terminal| {
            Some(*number) == except
                || !matches!(
                    terminal.try_send(nudge.clone()),
                    Err(mpsc::error::TrySendError::Closed(_))
                )
        });
    }
}

impl Situation {
    fn of(chassis: &Chassis) -> Self {
        Self {
            access: chassis.access(),
            endpoint: chassis.srp_endpoint(),
            up: chassis.is_up(),
        }
    }
}

/// The ports of a chassis and the task that opens and closes them.
struct Ports {
    shared: Arc<Shared>,
    at: SocketAddr,
    ssh: Option<JoinSet<()>>,
    srp: Option<JoinSet<()>>,
}

impl Ports {
    async fn run(mut self, mut former: Situation) {
        loop {
            let situation = Situation::of(&self.shared.lock().chassis);
            if situation.access != former.access {
                self.follow_access(former.access, situation.access).await;
            }
            if situation.endpoint != former.endpoint {
                self.follow_endpoint(situation.endpoint).await;
            }
            former = situation;
            let deadline = {
                let mut inner = self.shared.lock();
                inner.armed = inner.due;
                inner.armed
            };
            let due = async {
                match deadline {
                    Some(at) => self.shared.clock.sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                () = self.shared.changed.notified() => {}
                () = due => self.shared.drive(|_, _| ()),
            }
        }
    }

    async fn follow_access(&mut self, former: Access, access: Access) {
        let (timing_out, key) = {
            let inner = self.shared.lock();
            let times_out = inner.chassis.profile.unreachable == Unreachable::TimesOut;
            (
                times_out,
                terminal::key_of(&inner.chassis.name, inner.chassis.key_seed()),
            )
        };
        let power = self.shared.networks.power.clone().filter(|_| timing_out);
        if access == Access::Unreachable {
            self.ssh = None;
            if let Some(power) = power {
                power(false);
            }
            return;
        }
        if former != Access::Unreachable {
            return;
        }
        if let Some(power) = power {
            power(true);
        }
        match self.shared.networks.management.listen(self.at).await {
            Ok(listener) => self.ssh = Some(terminal::serve(self.shared.clone(), listener, &key)),
            Err(error) => tracing::error!(at = %self.at, %error, "SSH cannot listen again"),
        }
    }

    async fn follow_endpoint(&mut self, endpoint: Option<Endpoint>) {
        self.srp = None;
        links::close_all(&self.shared);
        let Some(endpoint) = endpoint else { return };
        match links::listen(self.shared.clone(), endpoint).await {
            Ok(tasks) => self.srp = Some(tasks),
            Err(error) => tracing::error!(at = %endpoint.bind, %error, "SRP cannot listen"),
        }
    }
}
