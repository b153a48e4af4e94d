//! `notify`: runs a program on the operator's machine: a message to somebody, a test call.

use std::process::Stdio;

use serde::{Deserialize, Serialize};
use tokio::process::Command;

use super::context::{Context, Programs};
use super::fields::Span;
use super::outcome::{Failure, Success};

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// Program and arguments; no shell is involved. An empty list does nothing, so that a
    /// playbook can leave its hook to a variable.
    pub program: Vec<String>,
    /// Whether a failing program stops the run (a test call must, a chat message need not).
    #[serde(default)]
    pub must_succeed: bool,
    #[serde(default = "five_minutes")]
    pub within: Span,
}

fn five_minutes() -> Span {
    Span::seconds(300)
}

impl Spec {
    pub async fn perform(&self, cx: &Context) -> Result<Success, Failure> {
        let Some((program, arguments)) = self.program.split_first() else {
            return Ok(Success::skipped("no program is configured"));
        };
        if cx.world.programs == Programs::DryRun {
            return Ok(Success::skipped(format!(
                "a dry run starts no programs; `{program}` would run here"
            )));
        }
        let mut command = Command::new(program);
        command
            .args(arguments)
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command.env("CUTOVER_STEP", &cx.step);
        let failed = |why: String| match self.must_succeed {
            true => Err(Failure::failed(format!("`{program}` {why}"))
                .hint("run it by hand to see why; the chassis are as the last steps left them")),
            false => Ok(Success::skipped(format!(
                "`{program}` {why}; it need not succeed"
            ))),
        };
        match tokio::time::timeout(self.within.0, command.output()).await {
            Err(_) => failed(format!("did not end within {}", self.within)),
            Ok(Err(error)) => failed(format!("could not be started: {error}")),
            Ok(Ok(output)) if !output.status.success() => {
                let said = String::from_utf8_lossy(&output.stderr);
                failed(format!(
                    "ended with {}: {}",
                    output.status,
                    last_line(&said)
                ))
            }
            Ok(Ok(output)) => {
                let said = String::from_utf8_lossy(&output.stdout);
                Ok(Success::done(format!(
                    "`{program}` succeeded: {}",
                    last_line(&said)
                )))
            }
        }
    }
}

/// What a program said last, short enough for a report line.
fn last_line(output: &str) -> String {
    let line = output
        .lines()
        .rev()
        .find(|line| !line.trim().is_empty())
        .unwrap_or("it said nothing");
    line.trim().chars().take(200).collect()
}
