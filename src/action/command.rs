//! `command`: one exec command with expectations.

use serde::{Deserialize, Serialize};

use super::context::Context;
use super::fields::Span;
use super::outcome::{Facts, Failure, Success};
use super::reading::unspoken;
use super::typed;
use crate::device::transcript::redacted;
use crate::device::{Error, Limits};

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    pub run: String,
    /// The context to run it in; `local` without it.
    pub context: Option<String>,
    /// Regular expressions that must match the output.
    #[serde(default)]
    pub expect: Vec<String>,
    /// Regular expressions that must not.
    #[serde(default)]
    pub reject: Vec<String>,
    /// The command changes something: it is journalled first and sent at most once.
    #[serde(default)]
    pub impact: bool,
    /// Answer a confirmation with yes.
    #[serde(default)]
    pub confirm: bool,
    #[serde(default = "two_minutes")]
    pub within: Span,
}

fn two_minutes() -> Span {
    Span::seconds(120)
}

impl Spec {
    pub async fn perform(&self, cx: &Context) -> Result<Success, Failure> {
        let chassis = cx.chassis();
        if self.impact
            && let Some(unfinished) = &cx.unfinished
        {
            return Err(Failure::in_doubt(format!(
                "`{}` may have been sent to {chassis} at {}, and nothing can tell what it did",
                unfinished.command, unfinished.at
            ))
            .hint("look at the chassis; if the goal holds, start a new run behind this step"));
        }
        let reply = if self.impact {
            self.act(cx, chassis).await?
        } else {
            self.look(cx, chassis).await?
        };
        self.judge(chassis, &reply)
    }

    async fn look(&self, cx: &Context, chassis: &str) -> Result<String, Failure> {
        // Loading a playbook refuses it; a command that acts without an intent must not get past here.
        if typed::command(&self.run) != typed::Effect::Reads {
            return Err(Failure::refused(format!(
                "`{}` is not known to only read",
                self.run
            )));
        }
        let mut device = cx.device(chassis).await;
        let reply = match &self.context {
            Some(context) => device.run_in(context, &self.run).await,
            None => device.run(&self.run).await,
        };
        reply
            .map(|reply| reply.text)
            .map_err(|error| unspoken(chassis, &error))
    }

    async fn act(&self, cx: &Context, chassis: &str) -> Result<String, Failure> {
        let mut device = cx.connected(chassis).await?;
        cx.intent(chassis, &redacted(&self.run, &[]), Facts::new())
            .await?;
        let limits = Limits {
            total: self.within.0,
            idle: self.within.0,
            ..device.limits()
        };
        match device.send_once(&self.run, self.confirm, limits).await {
            Ok(reply) => Ok(reply.text),
            Err(error) if error.before_any_change() => Err(unspoken(chassis, &error)),
            Err(error @ Error::Rejected { .. }) => Err(unspoken(chassis, &error)),
            Err(error) => Err(Failure::in_doubt(format!("{chassis}: {error}"))
                .hint("look at the chassis; if the goal holds, start a new run behind this step")),
        }
    }

    fn judge(&self, chassis: &str, text: &str) -> Result<Success, Failure> {
        let run = redacted(&self.run, &[]);
        let matches = |pattern: &String| {
            regex::Regex::new(pattern)
                .expect("loading a playbook compiles its expressions")
                .is_match(text)
        };
        if let Some(pattern) = self.expect.iter().find(|pattern| !matches(pattern)) {
            return Err(Failure::failed(format!(
                "{chassis}: `{run}` was expected to show /{pattern}/ and does not"
            ))
            .hint("the whole answer is in the transcript"));
        }
        if let Some(pattern) = self.reject.iter().find(|pattern| matches(pattern)) {
            return Err(Failure::failed(format!(
                "{chassis}: the answer to `{run}` matches /{pattern}/, which it must not"
            ))
            .hint("the whole answer is in the transcript"));
        }
        Ok(Success::done(format!("`{run}` answered as expected")))
    }
}
