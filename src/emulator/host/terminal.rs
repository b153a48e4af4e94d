//! SSH logins on a chassis: one task a connection, one task a terminal.

use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::valve::{Tap, Valve};
use super::{Inner, Shared};
use crate::emulator::chassis::Access;
use crate::emulator::overrides::SshDrop;
use crate::emulator::shell::{Next, Shell};
use crate::emulator::spec::Spec;
use crate::emulator::users::{self, User};
use crate::net::ssh::server::{
    self, Credential, Doorman, HostKey, Method, ServerConfig, Session,
};
use crate::net::{Listener, Stream};

/// Shells one connection may have asked for and not got yet.
const SHELLS: usize = 4;

/// Bytes read at once.
const CHUNK: usize = 4096;

/// Log lines that may wait for a terminal.
const LOG_LINES: usize = 64;

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
                let Ok(line) = key.to_openssh() else { return false };
                let Some(key) = line.split_whitespace().nth(1) else { return false };
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

/// A tty that is freed, and whose end is a trap, however the session ends.
struct Tty {
    shared: Arc<Shared>,
    number: u16,
    user: User,
}

impl Tty {
    fn name(&self) -> String {
        format!("/dev/pts/{}", self.number)
    }
}

impl Drop for Tty {
    fn drop(&mut self) {
        self.shared.lock().terminals.remove(&self.number);
        let name = self.name();
        self.shared.drive(|chassis, now| {
            chassis.config_lock.line_lost(&name);
            chassis.session_ended(now, &self.user, &name);
        });
    }
}

async fn terminal(shared: Arc<Shared>, mut session: Session, tap: Tap) {
    let Some(user) = shared.lock().chassis.user(&session.user) else { return };
    let (log, mut lines) = mpsc::channel(LOG_LINES);
    let number = shared.lock().take_tty(log);
    let tty = Tty { shared: shared.clone(), number, user: user.clone() };
    let (width, height) = (columns(session.width), columns(session.height));
    let mut shell = Shell::new(user.clone(), tty.name(), width, height);
    let mut out = Vec::new();
    shared.drive(|chassis, now| {
        chassis.session_started(now, &user, &tty.name());
        shell.open(chassis, now, &mut out);
    });
    let mut next = Next::Idle;
    if let Some(command) = session.exec.take() {
        let line = format!("{command}\r");
        next = shared.drive(|chassis, now| shell.input(line.as_bytes(), chassis, now, &mut out));
        if matches!(next, Next::Idle) {
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
            Some(line) = lines.recv() => shell.notice(&line, &mut out),
            read = session.stream.read(&mut buffer) => {
                let Ok(count @ 1..) = read else { return };
                let (said, drop) = shared.drive(|chassis, now| {
                    let was_up = chassis.is_up();
                    let said = shell.input(&buffer[..count], chassis, now, &mut out);
                    let leaving = was_up && !chassis.is_up();
                    (said, chassis.faults.drops_ssh_on_reload.filter(|_| leaving))
                });
                next = said;
                if let Some(drop) = drop {
                    return end_badly(&shared, session, &tap, &out, drop).await;
                }
            }
            () = due => {
                next = shared.drive(|chassis, now| shell.tick(chassis, now, &mut out));
            }
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
    fn take_tty(&mut self, log: mpsc::Sender<String>) -> u16 {
        let free = (0..).find(|number| !self.terminals.contains_key(number));
        let number = free.expect("there are fewer terminals than numbers");
        self.terminals.insert(number, log);
        number
    }
}

/// A terminal dimension; SSH knows 32 bits, terminals do not.
fn columns(asked: u32) -> u16 {
    u16::try_from(asked).unwrap_or(u16::MAX)
}
