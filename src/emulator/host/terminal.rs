//! SSH logins on a chassis: one task a connection, one task a terminal.

use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::valve::{Tap, Valve};
use super::{Inner, Nudge, Shared};
use crate::emulator::chassis::Access;
use crate::emulator::overrides::SshDrop;
use crate::emulator::shell::{Next, Shell};
use crate::emulator::spec::Spec;
use crate::emulator::users::{self, User};
use crate::net::ssh::server::{self, Credential, Doorman, HostKey, Method, ServerConfig, Session};
use crate::net::{Listener, Stream};

/// Shells one connection may have asked for and not got yet.
const SHELLS: usize = 4;

/// Bytes read at once.
const CHUNK: usize = 4096;

/// Nudges that may wait for a terminal.
const NUDGES: usize = 64;

/// What was printed last gets this long to reach the user before the line is cut.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// The host key of a chassis; the same spec, the same key.
pub(super) fn host_key(spec: &Spec) -> HostKey {
    key_of(&spec.name, spec.seed)
}

pub(super) fn key_of(name: &str, seed: u64) -> HostKey {
    let mut hash = Sha256::new();
    hash.update(seed.to_be_bytes());
    hash.update(name.as_bytes());
    HostKey::from_seed(hash.finalize().into())
}

/// Serves logins until the tasks are dropped, which breaks every connection.
pub(super) fn serve(shared: Arc<Shared>, mut listener: Listener, key: &HostKey) -> JoinSet<()> {
    let methods = [Method::PublicKey, Method::Password, Method::Interactive];
    let config = Arc::new(ServerConfig::new(key, &methods, doorman(shared.clone())));
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let mut connections = JoinSet::new();
        while let Some((stream, _)) = listener.accept().await {
            while connections.try_join_next().is_some() {}
            // The port answers before a login is to be had (staros-cli.md 3.11).
            if shared.lock().chassis.access() == Access::Login {
                connections.spawn(connection(shared.clone(), stream, config.clone()));
            }
        }
    });
    tasks
}

fn doorman(shared: Arc<Shared>) -> Doorman {
    Arc::new(move |credential| {
        let inner = shared.lock();
        let known = |credential| inner.chassis.authenticate(&credential).is_some();
        match credential {
            Credential::Password { user, password } => {
                known(users::Credential::Password { user, password })
            }
            Credential::Interactive { user, answers } => match answers {
                [password] => known(users::Credential::Password { user, password }),
                _ => false,
            },
            Credential::PublicKey { user, key } => {
                let Ok(line) = key.to_openssh() else {
                    return false;
                };
                let Some(key) = line.split_whitespace().nth(1) else {
                    return false;
                };
                known(users::Credential::PublicKey { user, key })
            }
        }
    })
}

async fn connection(shared: Arc<Shared>, stream: Stream, config: Arc<ServerConfig>) {
    let valve = Valve::new(stream);
    let tap = valve.tap();
    let (sender, mut sessions) = mpsc::channel(SHELLS);
    let mut served = std::pin::pin!(server::serve(Box::new(valve), config, sender));
    let mut terminals = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            Some(session) = sessions.recv() => {
                terminals.spawn(terminal(shared.clone(), session, tap.clone()));
            }
            ended = &mut served => {
                if let Err(error) = ended {
                    tracing::debug!(%error, "SSH connection");
                }
                break;
            }
        }
    }
    // Shells read the end of file and say goodbye.
    while terminals.join_next().await.is_some() {}
}

/// A shell on its tty: however the session ends, locks and tty are released and its end is a trap.
struct Seat {
    shared: Arc<Shared>,
    number: u16,
    shell: Shell,
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.shared.lock().terminals.remove(&self.number);
        self.shared
            .drive(|chassis, now| self.shell.hang_up(chassis, now));
    }
}

impl Seat {
    fn take(
        shared: Arc<Shared>,
        user: User,
        session: &Session,
        nudges: mpsc::Sender<Nudge>,
    ) -> Self {
        let number = shared.lock().take_tty(nudges);
        let (width, height) = (columns(session.width), columns(session.height));
        let shell = Shell::new(user, format!("/dev/pts/{number}"), width, height);
        Self {
            shared,
            number,
            shell,
        }
    }

    /// Hands what was typed to the shell; the others look whether it concerns them. Also answers
    /// how this session ends if it was told to reload and a fault says so (SSH-2).
    fn input(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> (Next, Option<SshDrop>) {
        let shell = &mut self.shell;
        let said = self.shared.drive(|chassis, now| {
            let was_up = chassis.is_up();
            let next = shell.input(bytes, chassis, now, out);
            let leaving = was_up && !chassis.is_up();
            (next, chassis.faults.drops_ssh_on_reload.filter(|_| leaving))
        });
        self.shared.lock().nudge(Some(self.number), &Nudge::Look);
        said
    }

    fn tick(&mut self, out: &mut Vec<u8>) -> Next {
        let shell = &mut self.shell;
        self.shared
            .drive(|chassis, now| shell.tick(chassis, now, out))
    }
}

async fn terminal(shared: Arc<Shared>, mut session: Session, tap: Tap) {
    let Some(user) = shared.lock().chassis.user(&session.user) else {
        return;
    };
    let (sender, mut nudges) = mpsc::channel(NUDGES);
    let mut seat = Seat::take(shared.clone(), user, &session, sender);
    let mut out = Vec::new();
    shared.drive(|chassis, now| seat.shell.open(chassis, now, &mut out));
    let mut next = Next::Idle;
    if let Some(command) = session.exec.take() {
        (next, _) = seat.input(format!("{command}\r").as_bytes(), &mut out);
        if next == Next::Idle {
            next = Next::Close;
        }
    }
    let mut buffer = vec![0; CHUNK];
    loop {
        if !out.is_empty() {
            if session.stream.write_all(&out).await.is_err() {
                return;
            }
            out.clear();
        }
        let wake = match next {
            Next::Close => return,
            Next::WakeAt(at) => Some(at),
            Next::Idle => None,
        };
        let due = async {
            match wake {
                Some(at) => shared.clock.sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            Some(nudge) = nudges.recv() => match nudge {
                Nudge::Say(line) => {
                    shared.drive(|chassis, _| seat.shell.notice(&line, chassis, &mut out));
                }
                Nudge::Look => next = seat.tick(&mut out),
            },
            read = session.stream.read(&mut buffer) => {
                let Ok(count @ 1..) = read else { return };
                let (said, drop) = seat.input(&buffer[..count], &mut out);
                next = said;
                if let Some(drop) = drop {
                    return end_badly(&shared, session, &tap, &out, drop).await;
                }
            }
            () = due => next = seat.tick(&mut out),
        }
    }
}

/// The session that typed the reload does not end as it should (SSH-2).
async fn end_badly(
    shared: &Arc<Shared>,
    mut session: Session,
    tap: &Tap,
    out: &[u8],
    drop: SshDrop,
) {
    match drop {
        SshDrop::BeforeEcho => session.hang_up(),
        SshDrop::AfterEcho => {
            if session.stream.write_all(out).await.is_ok() {
                shared.clock.sleep(LAST_WORDS).await;
            }
            session.hang_up();
        }
        SshDrop::Hang => {
            let frozen = tap.freeze();
            shared.lock().frozen.extend(frozen);
            std::future::pending::<()>().await;
        }
    }
}

impl Inner {
    /// The lowest free tty number.
    fn take_tty(&mut self, nudges: mpsc::Sender<Nudge>) -> u16 {
        let free = (0..).find(|number| !self.terminals.contains_key(number));
        let number = free.expect("there are fewer terminals than numbers");
        self.terminals.insert(number, nudges);
        number
    }
}

/// A terminal dimension; SSH knows 32 bits, terminals do not.
fn columns(asked: u32) -> u16 {
    u16::try_from(asked).unwrap_or(u16::MAX)
}
