//! `cutover resume`: continue after a crash, a stop or a lost connection.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::complain;
use super::run::{self, Go};
use crate::engine::event::{Event, Started, Verdict, exit};
use crate::engine::journal::Journal;
use crate::engine::store::{RunDir, Store};
use crate::report::story::Story;

/// Continue a run after a crash, a stop or a lost connection
#[derive(clap::Args)]
pub struct Args {
    /// The run's id, or a beginning of it
    run: String,
    /// Approve a step that asks for it, or all of them, beforehand; repeatable
    #[arg(long, value_name = "STEP|all")]
    approve: Vec<String>,
    /// Print every event as it happens, one JSON object a line, and nothing else
    #[arg(long)]
    json: bool,
    /// Where runs are kept [default: cutover/runs in $XDG_STATE_HOME or ~/.local/state]
    #[arg(long, value_name = "DIR")]
    runs: Option<PathBuf>,
}

/// What a run keeps of how it was started. Only its owner may read it: variables can hold
/// passwords in URLs.
#[derive(Serialize, Deserialize)]
pub struct Kept {
    pub inventory: PathBuf,
    /// The playbook's path when the run began, for messages; its text is kept beside this.
    pub playbook: String,
    pub vars: Vec<(String, String)>,
}

impl Kept {
    /// Keeps this and the playbook's text in the run's directory.
    pub fn write(&self, dir: &RunDir, playbook_text: &str) -> std::io::Result<()> {
        use std::io::Write;
        use std::os::unix::fs::OpenOptionsExt;
        let text = serde_json::to_vec_pretty(self).expect("plain data");
        for (name, bytes) in [
            ("start.json", text.as_slice()),
            ("playbook.yaml", playbook_text.as_bytes()),
        ] {
            let mut options = std::fs::OpenOptions::new();
            let mut file = options
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(dir.path().join(name))?;
            file.write_all(bytes)?;
            file.sync_all()?;
        }
        Ok(())
    }

    pub fn read(dir: &RunDir) -> Result<Self, String> {
        let path = dir.path().join("start.json");
        let text = std::fs::read(&path)
            .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        serde_json::from_slice(&text)
            .map_err(|error| format!("{} is damaged: {error}", path.display()))
    }
}

pub fn run(args: Args) -> u8 {
    let found = Store::open(args.runs).and_then(|store| Ok((store.find(&args.run)?, store)));
    let (dir, store) = match found {
        Ok(found) => found,
        Err(error) => return complain(error, exit::USAGE),
    };
    let (journal, history) = match Journal::reopen(&dir.journal()) {
        Ok(opened) => opened,
        Err(error) => return complain(error, exit::REFUSED),
    };
    let story = Story::of(&history);
    let Some(Event::RunStarted(started)) = history.first().map(|record| record.event.clone())
    else {
        return complain(
            "the journal does not begin with the start of a run",
            exit::REFUSED,
        );
    };
    if started.dry_run {
        return complain(
            format!("{} was a dry run; there is nothing to resume", dir.id()),
            exit::USAGE,
        );
    }
    if let Some(ended) = &story.ended
        && matches!(ended.verdict, Verdict::Completed | Verdict::FellBack)
    {
        let message = format!(
            "run {} has {}: there is nothing left to do",
            dir.id(),
            ended.verdict.word()
        );
        return complain(message, exit::USAGE);
    }
    let loaded = match Kept::read(&dir) {
        Ok(kept) => {
            match run::load(
                &dir.path().join("playbook.yaml"),
                &kept.inventory,
                &kept.vars,
            ) {
                Ok(loaded) => loaded,
                Err(code) => return code,
            }
        }
        Err(error) => return complain(error, exit::REFUSED),
    };
    if loaded.plan.hash != started.hash {
        return complain(
            format!(
                "the journal of {} belongs to another playbook (it has {}, the kept playbook is {}); \
                 a run goes on only with exactly what it began with",
                dir.id(),
                &started.hash[..12.min(started.hash.len())],
                &loaded.plan.hash[..12]
            ),
            exit::REFUSED,
        );
    }
    if let Err(why) = same_pair(&started, &loaded) {
        return complain(why, exit::REFUSED);
    }
    let approved = match run::beforehand(&args.approve, &loaded.plan) {
        Ok(approved) => approved,
        Err(why) => return complain(why, exit::USAGE),
    };
    let lock = match store.lock_pair(&run::addresses(&loaded.plan, &loaded.inventory), &dir.id()) {
        Ok(lock) => lock,
        Err(error) => return complain(error, exit::REFUSED),
    };
    let json = args.json;
    let code = run::go(Go {
        loaded: &loaded,
        dir: &dir,
        journal,
        history,
        started: None,
        approved,
        json,
    });
    drop(lock);
    code
}

/// The inventory is read anew, a password may have changed; but it must still mean the same
/// chassis, in the same roles: what was sent was sent to those.
fn same_pair(started: &Started, loaded: &run::Loaded) -> Result<(), String> {
    let pair = &loaded.inventory.pairs[&loaded.plan.pair];
    if (&pair.primary, &pair.backup) == (&started.primary, &started.backup) {
        return Ok(());
    }
    Err(format!(
        "the inventory now says that {} is the primary and {} the backup of the pair, the run began \
         with {} and {}; put the inventory back, a run goes on only with the chassis it began with",
        pair.primary, pair.backup, started.primary, started.backup
    ))
}
