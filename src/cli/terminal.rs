//! How a run and the terminal it was started from talk to each other.

use std::collections::BTreeMap;
use std::io::{BufRead, IsTerminal};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

use super::control::who;
use crate::engine::control::{self, Request};
use crate::engine::event::{Event, Record, exit};
use crate::engine::runner::Observer;
use crate::playbook::Plan;
use crate::report::{json, live, plain};

/// How often requests left by other terminals are looked for.
const MAILBOX: Duration = Duration::from_millis(200);

/// The observers for a run: JSON lines, a live view, or plain lines.
pub fn observer(json: bool, plan: &Plan) -> Observer {
    if json {
        return json::observer(std::io::stdout());
    }
    if !std::io::stderr().is_terminal() || !std::io::stdout().is_terminal() {
        return plain::observer(std::io::stdout());
    }
    let expected: BTreeMap<_, _> = plan
        .steps
        .iter()
        .filter_map(|step| Some((step.id.clone(), step.expect?.to_string())))
        .collect();
    live::observer(expected)
}

/// Feeds a run with what the operator and others ask of it, until the receiver is gone.
pub fn requests(mailbox: PathBuf, ask: bool) -> (mpsc::Receiver<Request>, Observer) {
    let (sender, receiver) = mpsc::channel(16);
    tokio::spawn(take_mail(mailbox, sender.clone()));
    tokio::spawn(take_signals(sender.clone()));
    let waiting = Arc::new(Mutex::new(Vec::new()));
    if ask {
        take_answers(Arc::clone(&waiting), sender);
    }
    let observer: Observer = Box::new(move |record: &Record| {
        let mut waiting = waiting.lock().expect("nobody panics holding a step's name");
        match &record.event {
            Event::ApprovalRequested { step, .. } if !waiting.contains(step) => {
                waiting.push(step.clone());
            }
            Event::Approved { step, .. } | Event::StepFinished { step, .. }
                if waiting.contains(step) =>
            {
                waiting.retain(|other| other != step);
            }
            _ => {}
        }
    });
    (receiver, observer)
}

async fn take_mail(mailbox: PathBuf, sender: mpsc::Sender<Request>) {
    let mut ticks = tokio::time::interval(MAILBOX);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut complained = false;
    while !sender.is_closed() {
        ticks.tick().await;
        let requests = match control::take(&mailbox) {
            Ok(requests) => requests,
            Err(error) => {
                // It may pass; an abort must not be lost to a moment's trouble.
                if !complained {
                    tracing::warn!("cannot look for requests of other terminals: {error}");
                }
                complained = true;
                continue;
            }
        };
        complained = false;
        for request in requests {
            match request {
                Ok(request) => {
                    // The run is over when nobody receives; requests stay for a resume.
                    let _ = sender.send(request).await;
                }
                Err(error) => tracing::warn!("{error}"),
            }
        }
    }
}

/// Ctrl-C: once asks, twice insists, three times leaves at once (the journal can be resumed). A
/// terminal that hangs up, or a request to terminate, asks once: the run ends at its next safe
/// point, instead of dying with a command on its way.
async fn take_signals(sender: mpsc::Sender<Request>) {
    let hear = |kind| signal(kind).map_err(|error| tracing::warn!("{error}"));
    let (Ok(mut interrupt), Ok(mut terminate), Ok(mut hangup)) = (
        hear(SignalKind::interrupt()),
        hear(SignalKind::terminate()),
        hear(SignalKind::hangup()),
    ) else {
        return;
    };
    let (mut count, mut asked) = (0, false);
    loop {
        tokio::select! {
            biased;
            Some(()) = interrupt.recv() => count += 1,
            Some(()) = terminate.recv(), if !asked => (count, asked) = (count.max(1), true),
            Some(()) = hangup.recv(), if !asked => (count, asked) = (count.max(1), true),
            else => return,
        }
        if count >= 3 {
            super::note("left at once; `cutover resume` goes on and probes what was under way\n");
            std::process::exit(i32::from(exit::INTERRUPTED));
        }
        // Never waits: the third Ctrl-C must be heard even when the run hears nothing any more.
        let _ = sender.try_send(Request::Interrupt { count });
    }
}

/// Reads answers from the terminal, on a thread of its own: reading cannot be given up.
fn take_answers(waiting: Arc<Mutex<Vec<String>>>, sender: mpsc::Sender<Request>) {
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines() {
            let Ok(line) = line else { return };
            let step = waiting
                .lock()
                .expect("nobody panics holding a step's name")
                .first()
                .cloned();
            match (step, line.trim().to_ascii_lowercase().as_str()) {
                (Some(step), "yes") => {
                    let request = Request::Approve {
                        step,
                        by: who(),
                        reason: None,
                    };
                    if sender.blocking_send(request).is_err() {
                        return;
                    }
                }
                (Some(step), _) => {
                    super::note(format_args!(
                        "{step} still waits: `yes` approves it, Ctrl-C stops the run\n"
                    ));
                }
                (None, _) => {}
            }
        }
    });
}
