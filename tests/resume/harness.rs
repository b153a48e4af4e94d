//! Runs of the real binary, and what chassis say of them.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;

use cutover::action::context::{Keep, Programs, World};
use cutover::device::staros::srp_info::State;
use cutover::device::staros::{boot, directory, srp_info, version};
use cutover::engine::event::{Event, Record, Verdict};
use cutover::engine::journal;
use cutover::engine::world::{self, Surroundings};
use cutover::net::Clock;
use cutover::net::sockets::Sockets;
use cutover::playbook::Inventory;
use serde_json::Value;

use crate::emulated::{Emulator, PATIENCE, end, until};
use crate::wire::{self, Gate};

pub const LAB: &str = include_str!("lab.yaml");
/// Emulated seconds in a real one: a reload takes five seconds.
pub const SPEED: &str = "60";

/// A pair, a runs folder, and wires between them.
pub struct Scene {
    pub emulator: Emulator,
    pub gate: Arc<Gate>,
    inventory: PathBuf,
}

impl Scene {
    pub fn set() -> Self {
        let emulator = Emulator::start(LAB, SPEED);
        let gate = Gate::new(emulator.folder().join("runs"));
        let text = std::fs::read_to_string(emulator.inventory()).expect("it is ready");
        let mut whole: serde_yaml::Value = serde_yaml::from_str(&text).expect("YAML");
        let chassis = whole["chassis"].as_mapping_mut().expect("chassis");
        for (_, one) in chassis.iter_mut() {
            let ip = one["address"].as_str().expect("an address").to_owned();
            let port = one["port"].as_u64().expect("a port");
            let real = format!("{ip}:{port}").parse().expect("an address");
            let wire = wire::lay(real, gate.clone());
            one["address"] = wire.ip().to_string().into();
            one["port"] = wire.port().into();
            one["trap_sources"] = serde_yaml::Value::Sequence(vec![ip.into()]);
        }
        let inventory = emulator.folder().join("wired.yaml");
        let text = serde_yaml::to_string(&whole).expect("YAML");
        std::fs::write(&inventory, text).expect("written");
        Self {
            emulator,
            gate,
            inventory,
        }
    }

    pub fn runs(&self) -> PathBuf {
        self.emulator.folder().join("runs")
    }

    /// Ends the chassis and returns how often each received something, by what really happened.
    pub fn close(self) -> impl Fn(&str, &str) -> usize {
        let truth = crate::truth::of(self.emulator);
        move |chassis, what| truth[chassis][what].as_array().expect("a list").len()
    }

    /// `cutover` with this scene's runs folder.
    pub fn cutover(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cutover"));
        command.args(arguments).arg("--runs").arg(self.runs());
        command.env("USER", "tester").env("NO_COLOR", "1");
        command.stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// `cutover run` with a playbook beside this file.
    pub fn run(&self, playbook: &str, arguments: &[&str]) -> Command {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/resume")
            .join(playbook);
        let mut command = self.cutover(&["run"]);
        command.arg(path).arg("-i").arg(&self.inventory);
        command.args(arguments);
        command
    }

    /// The newest run's id.
    pub fn id(&self) -> String {
        let dir = newest(&self.runs()).expect("a run began");
        dir.file_name().unwrap().to_string_lossy().into_owned()
    }

    pub fn journal(&self) -> PathBuf {
        newest(&self.runs())
            .expect("a run began")
            .join("journal.jsonl")
    }

    /// The newest run's events, by the program's own reading, chain and all.
    pub fn records(&self) -> Vec<Record> {
        journal::read(&self.journal()).unwrap_or_else(|error| panic!("{error}"))
    }

    /// How the newest run ended.
    pub fn verdict(&self) -> Option<Verdict> {
        match self.records().last().map(|record| record.event.clone()) {
            Some(Event::RunEnded { verdict, .. }) => Some(verdict),
            _ => None,
        }
    }

    /// What the chassis say of themselves now.
    pub fn look(&self) -> Pair {
        let text = std::fs::read_to_string(self.emulator.inventory()).expect("it is ready");
        let inventory =
            Inventory::load(&text, "ready.yaml").unwrap_or_else(|error| panic!("{error}"));
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(async {
            let surroundings = Surroundings {
                network: Arc::new(Sockets),
                clock: Clock::wall(),
                programs: Programs::DryRun,
                keep: Keep::Memory(Default::default()),
                transcripts: None,
                trust_host_keys: false,
            };
            let pair = &inventory.pairs["vm-east-west"];
            let world = world::build(&inventory, pair, surroundings)
                .unwrap_or_else(|error| panic!("{error}"));
            Pair {
                east: testimony(&world, "vm-east").await,
                west: testimony(&world, "vm-west").await,
            }
        })
    }
}

/// What two chassis say of themselves.
pub struct Pair {
    pub east: Testimony,
    pub west: Testimony,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Testimony {
    pub state: State,
    pub version: String,
    /// Images of the boot stack, top first.
    pub boots: Vec<String>,
    pub files: Vec<String>,
}

async fn testimony(world: &World, name: &str) -> Testimony {
    let mut device = world.devices[name].lock().await;
    macro_rules! read {
        ($command:literal, $parse:path) => {
            device
                .read($command, $parse)
                .await
                .unwrap_or_else(|error| panic!("{name}: {error}"))
        };
    }
    let boot = read!("show boot", boot::parse);
    let files = read!("directory /flash", directory::parse);
    Testimony {
        state: read!("show srp info", srp_info::parse).chassis_state,
        version: read!("show version", version::parse).version,
        boots: boot.entries.into_iter().map(|entry| entry.image).collect(),
        files: files.files.into_iter().map(|file| file.name).collect(),
    }
}

/// A run under way; killed when dropped.
pub struct Going(Option<Child>);

impl Going {
    pub fn start(mut command: Command) -> Self {
        Self(Some(command.spawn().expect("the binary runs")))
    }

    fn child(&mut self) -> &mut Child {
        self.0.as_mut().expect("it is still ours")
    }

    pub fn pid(&mut self) -> u32 {
        self.child().id()
    }

    /// Looks into the journal until something is there; the run must not end before.
    pub fn until(&mut self, scene: &Scene, what: &str, seen: impl Fn(&[Value]) -> bool) {
        until(what, || {
            let lines = lines(&scene.runs());
            if seen(&lines) {
                return Some(());
            }
            if let Some(status) = self.child().try_wait().expect("a child") {
                let output = self.0.take().unwrap().wait_with_output().expect("read");
                panic!("ended ({status}) before: {what}\n{}", said(&output));
            }
            None
        });
    }

    /// `kill -9`.
    pub fn kill(mut self) {
        end(self.child());
    }

    /// Sends a signal, such as `INT`.
    pub fn signal(&mut self, name: &str) {
        let pid = self.pid().to_string();
        let status = Command::new("kill").args(["-s", name, &pid]).status();
        assert!(status.expect("kill runs").success());
    }

    /// Waits for the end and returns the exit code and everything that was printed.
    pub fn finish(mut self) -> (i32, String) {
        let began = std::time::Instant::now();
        let mut child = self.0.take().expect("it is still ours");
        // The pipes must be read, else a talkative run never ends.
        let reader = |mut pipe: Box<dyn std::io::Read + Send>| {
            std::thread::spawn(move || {
                let mut text = String::new();
                let _ = pipe.read_to_string(&mut text);
                text
            })
        };
        let out = reader(Box::new(child.stdout.take().expect("piped")));
        let err = reader(Box::new(child.stderr.take().expect("piped")));
        while child.try_wait().expect("a child").is_none() {
            if began.elapsed() > PATIENCE {
                end(&mut child);
                panic!(
                    "did not end:\n{}\n{}",
                    out.join().unwrap(),
                    err.join().unwrap()
                );
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        let code = child.wait().expect("ended").code().unwrap_or(-1);
        let said = format!("{}\n{}", out.join().unwrap(), err.join().unwrap());
        (code, said)
    }
}

impl Drop for Going {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            end(child);
        }
    }
}

/// Runs a command to its end.
pub fn finish(command: Command) -> (i32, String) {
    Going::start(command).finish()
}

fn said(output: &Output) -> String {
    let [out, err] = [&output.stdout, &output.stderr].map(|b| String::from_utf8_lossy(b));
    format!("{out}\n{err}")
}

fn newest(runs: &Path) -> Option<PathBuf> {
    let mut all: Vec<PathBuf> = std::fs::read_dir(runs)
        .ok()?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.join("journal.jsonl").exists())
        .collect();
    all.sort_by_key(|path| std::fs::metadata(path).and_then(|m| m.created()).ok());
    all.pop()
}

/// The whole lines of the newest run's journal, as they are now.
fn lines(runs: &Path) -> Vec<Value> {
    let Some(dir) = newest(runs) else {
        return Vec::new();
    };
    let text = std::fs::read_to_string(dir.join("journal.jsonl")).unwrap_or_default();
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    whole
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect()
}

/// Whether the newest run has journalled that it is about to send such a command.
pub fn is_intended(runs: &Path, command: &str) -> bool {
    lines(runs).iter().any(|line| {
        line["event"] == "intent"
            && line["command"]
                .as_str()
                .is_some_and(|c| c.starts_with(command))
    })
}

/// How many processes have worked on a run.
pub fn processes(lines: &[Value]) -> usize {
    let began = |line: &&Value| line["event"] == "run_started" || line["event"] == "run_resumed";
    lines.iter().filter(began).count()
}

/// An event of a step.
pub fn has(lines: &[Value], event: &str, step: &str) -> bool {
    lines
        .iter()
        .any(|line| line["event"] == event && line["step"] == step)
}

/// A step that saw something.
pub fn saw(lines: &[Value], step: &str, text: &str) -> bool {
    lines.iter().any(|line| {
        line["event"] == "step_progress"
            && line["step"] == step
            && line["text"].as_str().is_some_and(|t| t.contains(text))
    })
}
