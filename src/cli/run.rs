//! `cutover run`: carry out a playbook, against devices or, with `--dry-run`, in virtual time.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::control::who;
use super::{complain, terminal};
use crate::action::context::{Keep, Programs};
use crate::engine::event::{Started, Verdict, exit};
use crate::engine::journal::Journal;
use crate::engine::launch::{self, Launch};
use crate::engine::runner::Beforehand;
use crate::engine::store::{RunDir, Store};
use crate::engine::world::Surroundings;
use crate::net::Clock;
use crate::net::sockets::Sockets;
use crate::playbook::{self, Inventory, Plan};
use crate::report::story::Story;
use crate::report::summary;

/// Carry out a playbook on a pair of chassis
#[derive(clap::Args)]
pub struct Args {
    /// Playbook to carry out (YAML)
    pub playbook: PathBuf,
    /// Inventory that names the pair: addresses, logins, emulated profiles (YAML)
    #[arg(short, long, value_name = "FILE")]
    pub inventory: PathBuf,
    /// Try the good night on emulated chassis in virtual time: no socket is opened, no device touched
    #[arg(long)]
    pub dry_run: bool,
    /// Set a variable of the playbook; repeatable
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = super::check::var)]
    pub vars: Vec<(String, String)>,
    /// Approve a step that asks for it, or all of them, beforehand; repeatable
    #[arg(long, value_name = "STEP|all")]
    pub approve: Vec<String>,
    /// Print every event as it happens, one JSON object a line, and nothing else
    #[arg(long)]
    pub json: bool,
    /// Where runs are kept [default: cutover/runs in $XDG_STATE_HOME or ~/.local/state]
    #[arg(long, value_name = "DIR")]
    pub runs: Option<PathBuf>,
}

/// A playbook and an inventory that passed all checks.
pub struct Loaded {
    pub plan: Arc<Plan>,
    pub inventory: Inventory,
    pub playbook_text: String,
    pub vars: Vec<(String, String)>,
}

pub fn run(args: Args) -> u8 {
    let loaded = match load(&args.playbook, &args.inventory, &args.vars) {
        Ok(loaded) => loaded,
        Err(code) => return code,
    };
    let store = match Store::open(args.runs) {
        Ok(store) => store,
        Err(error) => return complain(error, exit::USAGE),
    };
    // A dry run approves everything by itself, but a wrong name is a mistake there as well.
    let approved = match beforehand(&args.approve, &loaded.plan) {
        Ok(approved) => approved,
        Err(why) => return complain(why, exit::USAGE),
    };
    if args.dry_run {
        return super::rehearse::dry_run(&loaded, &store, args.json);
    }
    live(
        &loaded,
        &args.playbook,
        &args.inventory,
        &store,
        approved,
        args.json,
    )
}

/// Reads and checks everything before anything is touched.
pub fn load(playbook: &Path, inventory: &Path, vars: &[(String, String)]) -> Result<Loaded, u8> {
    let refuse = |error: &dyn std::fmt::Display| {
        super::note(format_args!("{error}\n"));
        exit::USAGE
    };
    let inventory_text = playbook::read_file(inventory).map_err(|error| refuse(&error))?;
    let playbook_text = playbook::read_file(playbook).map_err(|error| refuse(&error))?;
    let inventory = Inventory::load(&inventory_text, &inventory.display().to_string())
        .map_err(|diagnostics| refuse(&diagnostics))?;
    let name = playbook.display().to_string();
    let plan = playbook::load(&playbook_text, &name, vars, Some(&inventory))
        .map_err(|diagnostics| refuse(&diagnostics))?;
    Ok(Loaded {
        plan: Arc::new(plan),
        inventory,
        playbook_text,
        vars: vars.to_vec(),
    })
}

/// Approvals given on the command line must be for steps that ask.
pub fn beforehand(given: &[String], plan: &Plan) -> Result<Beforehand, String> {
    let asks = |step: &playbook::Step| matches!(step.action, crate::action::Action::Approve(_));
    let mut approved = Beforehand {
        by: format!("{} (--approve)", who()),
        ..Beforehand::default()
    };
    for name in given {
        if name == "all" {
            approved.all = true;
        } else if plan.steps.iter().any(|step| step.id == *name && asks(step)) {
            approved.steps.insert(name.clone());
        } else {
            let known: Vec<_> = plan
                .steps
                .iter()
                .filter(|s| asks(s))
                .map(|s| s.id.as_str())
                .collect();
            return Err(format!(
                "--approve {name}: no step of that name asks for approval; these do: {}",
                known.join(", ")
            ));
        }
    }
    Ok(approved)
}

/// The header of a run.
pub fn header(plan: &Plan, inventory: &Inventory, run: String, dry_run: bool) -> Started {
    let pair = &inventory.pairs[&plan.pair];
    let hide = |(name, value): (&String, &String)| {
        let shown = match names_a_secret(name) {
            true => "********".to_owned(),
            false => crate::device::transcript::redacted(value, &[]),
        };
        (name.clone(), shown)
    };
    Started {
        run,
        playbook: plan.name.clone(),
        hash: plan.hash.clone(),
        pair: plan.pair.clone(),
        primary: pair.primary.clone(),
        backup: pair.backup.clone(),
        dry_run,
        cutover: env!("CARGO_PKG_VERSION").to_owned(),
        vars: plan.vars.iter().map(hide).collect(),
    }
}

/// Whether a variable of this name holds what no journal may show (INV-40).
fn names_a_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let words = [
        "password",
        "passwd",
        "passphrase",
        "secret",
        "community",
        "token",
    ];
    words.iter().any(|word| name.contains(word)) || name.split(['_', '-']).any(|w| w == "pw")
}

/// The addresses that identify the chassis of a pair to the lock, whatever inventories call them:
/// by number where a name can be resolved, so that a name and its number are one chassis.
pub fn addresses(plan: &Plan, inventory: &Inventory) -> Vec<String> {
    use std::net::ToSocketAddrs;
    let pair = &inventory.pairs[&plan.pair];
    let address = |name: &String| {
        let chassis = &inventory.chassis[name];
        let known = (chassis.address.as_str(), chassis.port).to_socket_addrs();
        match known.ok().and_then(|all| all.min()) {
            Some(address) => address.to_string(),
            None => format!("{}:{}", chassis.address, chassis.port),
        }
    };
    vec![address(&pair.primary), address(&pair.backup)]
}

fn live(
    loaded: &Loaded,
    playbook: &Path,
    inventory: &Path,
    store: &Store,
    approved: Beforehand,
    json: bool,
) -> u8 {
    let now = Clock::wall_now().strftime("%Y%m%dT%H%M%SZ");
    let dir = match store.create(&format!("{now}-{}", loaded.plan.name)) {
        Ok(dir) => dir,
        Err(error) => return complain(error, exit::USAGE),
    };
    let lock = match store.lock_pair(&addresses(&loaded.plan, &loaded.inventory), &dir.id()) {
        Ok(lock) => lock,
        Err(error) => {
            let _ = std::fs::remove_dir_all(dir.path());
            return complain(error, exit::REFUSED);
        }
    };
    let kept = super::resume::Kept {
        inventory: std::path::absolute(inventory).unwrap_or_else(|_| inventory.to_owned()),
        playbook: playbook.display().to_string(),
        vars: loaded.vars.clone(),
    };
    if let Err(error) = kept.write(&dir, &loaded.playbook_text) {
        return complain(
            format!("cannot keep the playbook with the run: {error}"),
            exit::REFUSED,
        );
    }
    let journal = match Journal::create(&dir.journal()) {
        Ok(journal) => journal,
        Err(error) => return complain(error, exit::REFUSED),
    };
    let started = Some(header(&loaded.plan, &loaded.inventory, dir.id(), false));
    let code = go(Go {
        loaded,
        dir: &dir,
        journal,
        history: Vec::new(),
        started,
        approved,
        json,
    });
    drop(lock);
    code
}

/// A run on real devices, new or resumed.
pub struct Go<'a> {
    pub loaded: &'a Loaded,
    pub dir: &'a RunDir,
    pub journal: Journal,
    pub history: Vec<crate::engine::event::Record>,
    pub started: Option<Started>,
    pub approved: Beforehand,
    pub json: bool,
}

/// Carries it out and reports it; returns the exit code.
pub fn go(go: Go<'_>) -> u8 {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return complain(format!("cannot start: {error}"), exit::BUG),
    };
    let (json, dir) = (go.json, go.dir);
    let changed_before = Story::of(&go.history).intents > 0;
    let result = runtime.block_on(async {
        let ask = !json && std::io::IsTerminal::is_terminal(&std::io::stdin());
        let (requests, listener) = terminal::requests(dir.control(), ask);
        let transcripts = dir.clone();
        launch::go(Launch {
            plan: Arc::clone(&go.loaded.plan),
            inventory: &go.loaded.inventory,
            surroundings: Surroundings {
                network: Arc::new(Sockets),
                clock: Clock::wall(),
                programs: Programs::Run,
                keep: Keep::Directory(dir.kept()),
                transcripts: Some(Box::new(move |chassis| transcripts.transcript(chassis))),
                trust_host_keys: false,
            },
            journal: go.journal,
            history: go.history,
            started: go.started,
            observers: vec![terminal::observer(json, &go.loaded.plan), listener],
            requests,
            approved: go.approved,
        })
        .await
    });
    // A thread that still waits for the terminal must not keep the program.
    runtime.shutdown_background();
    match result {
        Ok(finished) => {
            if !json {
                print_summary(dir, &go.loaded.plan, finished.ending.verdict);
            }
            finished.ending.exit_code
        }
        Err(error) => {
            let records = crate::engine::journal::read(&dir.journal()).unwrap_or_default();
            let changed = changed_before || Story::of(&records).intents > 0;
            complain(
                error,
                if changed {
                    exit::STOPPED
                } else {
                    exit::REFUSED
                },
            )
        }
    }
}

fn print_summary(dir: &RunDir, plan: &Plan, verdict: Verdict) {
    match crate::engine::journal::read(&dir.journal()) {
        Ok(records) => {
            let story = Story::of(&records);
            let summary = summary::render(&story);
            let back = match verdict {
                Verdict::Completed | Verdict::FellBack => String::new(),
                _ => summary::take_back(&story, plan),
            };
            let kept = dir.path().display();
            super::say(format_args!(
                "{summary}{back}journal and transcripts: {kept}\n"
            ));
        }
        Err(error) => super::note(format_args!("cutover: {error}\n")),
    }
}
