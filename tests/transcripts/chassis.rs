//! A scripted chassis at the other end of a terminal: it knows lines and answers, nothing else.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cutover::device::{Device, Limits, Target, Transcript, dialect};
use cutover::net::ssh::{HostKeyPolicy, Login};
use cutover::net::{BoxFuture, Clock, Datagrams, Listener, Network, Stream};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadHalf};
use tokio::sync::mpsc;

/// What happens when a line was typed.
#[derive(Clone, Debug)]
pub enum Say {
    /// Output, without the prompt behind it.
    Text(&'static str),
    /// From now on this is the prompt.
    Prompt(&'static str),
    /// Prints this and waits for a whole line; the answers seen are recorded as typed lines.
    Ask(&'static str),
    /// Prints this and waits for one key.
    Page(&'static str),
    /// Says nothing for so long.
    Pause(u64),
    /// Ends the session.
    HangUp,
    /// Never says anything again.
    Hang,
}

/// The script of one chassis.
#[derive(Clone)]
pub struct Script {
    pub greeting: String,
    pub prompt: String,
    pub replies: BTreeMap<String, Vec<Say>>,
    /// Put into the output stream before this byte, counted after the terminal is set up.
    pub noise: Option<(usize, String)>,
    pub echo: bool,
    /// One byte at a time.
    pub dribble: bool,
}

impl Script {
    pub fn new(replies: &[(&str, &[Say])]) -> Self {
        let mut all: BTreeMap<String, Vec<Say>> = BTreeMap::new();
        for quiet in [
            "",
            "terminal length 0",
            "terminal width 512",
            "no timestamps",
        ] {
            all.insert(quiet.to_owned(), vec![]);
        }
        all.insert(
            "context local".to_owned(),
            vec![Say::Prompt("[local]pgw-east# ")],
        );
        all.insert(
            "configure".to_owned(),
            vec![Say::Prompt("[local]pgw-east(config)# ")],
        );
        all.insert("end".to_owned(), vec![Say::Prompt("[local]pgw-east# ")]);
        for (line, says) in replies {
            all.insert((*line).to_owned(), says.to_vec());
        }
        Self {
            greeting: "Welcome. Authorised use only #\n".to_owned(),
            prompt: "[local]pgw-east# ".to_owned(),
            replies: all,
            noise: None,
            echo: true,
            dribble: true,
        }
    }

    /// A device attached to this chassis, and the lines the chassis has been typed.
    pub async fn attach(self) -> (Device, Typed) {
        let mut device = device(Limits::default());
        let (typed, stream) = self.start();
        device
            .attach(stream)
            .await
            .expect("the scripted chassis lets us in");
        (device, typed)
    }

    /// Starts the chassis; its terminal is in the hands of the caller.
    pub fn start(self) -> (Typed, Stream) {
        let (ours, theirs) = tokio::io::duplex(if self.dribble { 1 } else { 4096 });
        let typed = Typed::default();
        self.on(theirs, typed.clone());
        (typed, Box::new(ours))
    }

    /// Starts the chassis on a terminal.
    pub fn on(
        self,
        terminal: impl AsyncRead + AsyncWrite + Send + Unpin + Sync + 'static,
        typed: Typed,
    ) {
        let (wire, mut out) = tokio::io::split::<Stream>(Box::new(terminal));
        let (queue, mut queued) = mpsc::unbounded_channel::<Vec<u8>>();
        tokio::spawn(async move {
            while let Some(bytes) = queued.recv().await {
                if out.write_all(&bytes).await.is_err() {
                    return;
                }
            }
            let _ = out.shutdown().await;
        });
        let chassis = Chassis {
            script: self,
            wire,
            queue,
            typed,
            sent: usize::MAX,
        };
        tokio::spawn(chassis.run());
    }
}

/// The lines a chassis has been typed, in order.
#[derive(Clone, Default)]
pub struct Typed(Arc<Mutex<Vec<String>>>);

impl Typed {
    /// Without the empty lines and the terminal set-up.
    pub fn lines(&self) -> Vec<String> {
        let lines = self.0.lock().expect("nobody panicked");
        let own = |line: &&String| {
            !line.is_empty() && !line.starts_with("terminal") && *line != "no timestamps"
        };
        lines.iter().filter(own).cloned().collect()
    }
}

pub fn device(limits: Limits) -> Device {
    Device::new(
        target(limits),
        Arc::new(Nowhere),
        dialect::staros(),
        transcript(),
    )
}

pub fn transcript() -> Transcript {
    Transcript::memory(Clock::starting_at(jiff::Timestamp::UNIX_EPOCH))
}

pub fn target(limits: Limits) -> Target {
    Target {
        name: "east".to_owned(),
        host: "192.0.2.10".to_owned(),
        port: 22,
        login: Login {
            user: "ops".to_owned(),
            password: None,
            key: None,
        },
        host_key: HostKeyPolicy::TrustRehearsal,
        legacy_ssh: false,
        expect_hostname: Some("pgw-east".to_owned()),
        limits,
    }
}

struct Chassis {
    script: Script,
    wire: ReadHalf<Stream>,
    /// A terminal takes what is typed while it prints.
    queue: mpsc::UnboundedSender<Vec<u8>>,
    typed: Typed,
    /// Bytes sent since the set-up; `MAX` before.
    sent: usize,
}

impl Chassis {
    async fn run(mut self) {
        let greeting = self.script.greeting.clone();
        let _ = self.print(&greeting);
        let _ = self.talk().await;
    }

    async fn talk(&mut self) -> io::Result<()> {
        loop {
            let prompt = self.script.prompt.clone();
            self.print(&prompt)?;
            let line = self.line().await?;
            if line == "no timestamps" {
                self.sent = 0;
            }
            let says = self.script.replies.get(&line).cloned();
            for say in says.unwrap_or(vec![Say::Text(
                "Unknown command - \"x\", unrecognized keyword\n",
            )]) {
                match say {
                    Say::Text(text) => self.print(text)?,
                    Say::Prompt(prompt) => self.script.prompt = prompt.to_owned(),
                    Say::Ask(text) => {
                        self.print(text)?;
                        let answer = self.line().await?;
                        if !answer.eq_ignore_ascii_case("yes") {
                            break;
                        }
                    }
                    Say::Page(text) => {
                        self.print(text)?;
                        self.wire.read_u8().await?;
                        self.print("\r        \r")?;
                    }
                    Say::Pause(seconds) => tokio::time::sleep(Duration::from_secs(seconds)).await,
                    Say::HangUp => return Ok(()),
                    Say::Hang => std::future::pending().await,
                }
            }
        }
    }

    /// A typed line; echoed byte by byte.
    async fn line(&mut self) -> io::Result<String> {
        let mut line = Vec::new();
        loop {
            match self.wire.read_u8().await? {
                b'\r' => break,
                byte => {
                    line.push(byte);
                    if self.script.echo {
                        self.raw(&[byte])?;
                    }
                }
            }
        }
        self.raw(b"\r\n")?;
        let line = String::from_utf8_lossy(&line).into_owned();
        self.typed
            .0
            .lock()
            .expect("nobody panicked")
            .push(line.clone());
        Ok(line)
    }

    fn print(&mut self, text: &str) -> io::Result<()> {
        self.raw(text.replace('\n', "\r\n").as_bytes())
    }

    fn raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        for byte in bytes {
            if let Some((_, noise)) = self.script.noise.take_if(|(at, _)| *at == self.sent) {
                self.send(noise.as_bytes())?;
            }
            self.send(&[*byte])?;
            self.sent = self.sent.saturating_add(1);
        }
        // Noise behind the very last byte, too.
        if let Some((_, noise)) = self.script.noise.take_if(|(at, _)| *at == self.sent) {
            self.send(noise.as_bytes())?;
        }
        Ok(())
    }

    fn send(&self, bytes: &[u8]) -> io::Result<()> {
        self.queue
            .send(bytes.to_vec())
            .map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

/// A network with nothing on it.
pub struct Nowhere;

impl Network for Nowhere {
    fn connect(&self, _: SocketAddr) -> BoxFuture<'_, io::Result<Stream>> {
        Box::pin(async { Err(io::ErrorKind::ConnectionRefused.into()) })
    }
    fn listen(&self, _: SocketAddr) -> BoxFuture<'_, io::Result<Listener>> {
        Box::pin(async { Err(io::ErrorKind::Unsupported.into()) })
    }
    fn bind(&self, _: SocketAddr) -> BoxFuture<'_, io::Result<Datagrams>> {
        Box::pin(async { Err(io::ErrorKind::Unsupported.into()) })
    }
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> BoxFuture<'a, io::Result<SocketAddr>> {
        let parsed = host.parse().map(|ip| SocketAddr::new(ip, port));
        Box::pin(async move { parsed.map_err(|_| io::ErrorKind::NotFound.into()) })
    }
}
