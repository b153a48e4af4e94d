//! `cutover approve`, `pause` and `abort`: requests to a run from another terminal.

use std::path::PathBuf;

use super::complain;
use super::resume::Kept;
use crate::action::Action;
use crate::engine::control::{self, Request};
use crate::engine::event::exit;
use crate::engine::journal;
use crate::engine::store::{RunDir, Store};
use crate::playbook::{self, Inventory};
use crate::report::story::Story;

/// Approve a step that a run waits for, from another terminal
#[derive(clap::Args)]
pub struct ApproveArgs {
    /// The run's id, or a beginning of it
    run: String,
    /// Step to approve; approving it before it asks counts too
    step: String,
    /// Why; journalled beside who and when
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Where runs are kept [default: cutover/runs in $XDG_STATE_HOME or ~/.local/state]
    #[arg(long, value_name = "DIR")]
    runs: Option<PathBuf>,
}

/// Keep a run from starting new steps, or let it go on, from another terminal
#[derive(clap::Args)]
pub struct PauseArgs {
    /// The run's id, or a beginning of it
    run: String,
    /// Let a paused run go on
    #[arg(long)]
    release: bool,
    /// Where runs are kept [default: cutover/runs in $XDG_STATE_HOME or ~/.local/state]
    #[arg(long, value_name = "DIR")]
    runs: Option<PathBuf>,
}

/// End a run at the next safe point, from another terminal: what was sent is seen to its end
#[derive(clap::Args)]
pub struct AbortArgs {
    /// The run's id, or a beginning of it
    run: String,
    /// Carry out the playbook's fallback afterwards
    #[arg(long)]
    fallback: bool,
    /// Where runs are kept [default: cutover/runs in $XDG_STATE_HOME or ~/.local/state]
    #[arg(long, value_name = "DIR")]
    runs: Option<PathBuf>,
}

pub fn approve(args: ApproveArgs) -> u8 {
    let request = Request::Approve {
        step: args.step.clone(),
        by: who(),
        reason: args.reason,
    };
    leave(args.runs, &args.run, &request, |story, dir| {
        if let Some(known) = approvals(dir)
            && !known.contains(&args.step)
        {
            return Err(format!(
                "no step `{}` of run {} asks for approval; these do: {}",
                args.step,
                dir.id(),
                known.join(", ")
            ));
        }
        match story.steps.get(&args.step) {
            Some(step) if step.waits_for_approval => Ok(format!("`{}` is approved", args.step)),
            Some(step) if step.outcome.is_some_and(|outcome| outcome.is_good()) => Err(format!(
                "`{}` has already ended: {}",
                args.step, step.detail
            )),
            _ => Ok(format!(
                "`{}` does not wait yet; it will not ask when it comes to it",
                args.step
            )),
        }
    })
}

pub fn pause(args: PauseArgs) -> u8 {
    let (request, said) = match args.release {
        true => (Request::Release { by: who() }, "goes on"),
        false => (
            Request::Pause { by: who() },
            "starts no new step; `--release` lets it go on",
        ),
    };
    leave(args.runs, &args.run, &request, |_, _| {
        Ok(format!("the run {said}"))
    })
}

pub fn abort(args: AbortArgs) -> u8 {
    let request = Request::Abort {
        by: who(),
        fallback: args.fallback,
    };
    leave(args.runs, &args.run, &request, |_, _| {
        Ok("the run ends at the next safe point; `cutover status` shows when".to_owned())
    })
}

/// Who asks: the user's name, for the journal.
pub fn who() -> String {
    use std::os::unix::fs::MetadataExt;
    let named = ["SUDO_USER", "USER", "LOGNAME"]
        .iter()
        .find_map(|name| std::env::var(name).ok());
    // A process always owns its own entry; where there is no /proc there is a USER.
    let uid = || std::fs::metadata("/proc/self").map(|meta| format!("uid {}", meta.uid()));
    named
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| uid().unwrap_or_else(|_| "somebody".to_owned()))
}

/// The steps of a run that ask for approval, by the playbook it keeps; nothing when that cannot be
/// read any more.
fn approvals(dir: &RunDir) -> Option<Vec<String>> {
    let kept = Kept::read(dir).ok()?;
    let inventory = playbook::read_file(&kept.inventory).ok()?;
    let inventory = Inventory::load(&inventory, "inventory").ok()?;
    let text = playbook::read_file(&dir.path().join("playbook.yaml")).ok()?;
    let plan = playbook::load(&text, "playbook", &kept.vars, Some(&inventory)).ok()?;
    let asks = plan
        .steps
        .iter()
        .filter(|step| matches!(step.action, Action::Approve(_)));
    Some(asks.map(|step| step.id.clone()).collect())
}

fn leave(
    runs: Option<PathBuf>,
    run: &str,
    request: &Request,
    answer: impl Fn(&Story, &RunDir) -> Result<String, String>,
) -> u8 {
    let dir = match Store::open(runs).and_then(|store| store.find(run)) {
        Ok(dir) => dir,
        Err(error) => return complain(error, exit::USAGE),
    };
    let story = match journal::read(&dir.journal()) {
        Ok(records) => Story::of(&records),
        Err(error) => return complain(error, exit::USAGE),
    };
    if let Some(ended) = &story.ended
        && !matches!(request, Request::Approve { .. })
    {
        let message = format!("run {} has ended: {}", dir.id(), ended.verdict.word());
        return complain(message, exit::USAGE);
    }
    let said = match answer(&story, &dir) {
        Ok(said) => said,
        Err(why) => return complain(why, exit::USAGE),
    };
    match control::leave(&dir.control(), request) {
        Ok(()) if !journal::is_being_written(&dir.journal()) => super::say(format_args!(
            "no process carries this run out now; the request waits for `cutover resume {}`\n",
            dir.id()
        )),
        Ok(()) => super::say(format_args!("{said}\n")),
        Err(error) => complain(format!("cannot reach the run: {error}"), exit::FAILED),
    }
}
