//! `configure`: configuration lines, each one checked, stopping at the first refusal.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::context::Context;
use super::outcome::{Facts, Failure, Outcome, Success};
use super::reading::unspoken;
use crate::device::transcript::redacted;

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// Lines typed from global configuration mode on; sub-modes are entered by their own lines.
    pub lines: Vec<String>,
    /// Lines that `show configuration` must contain afterwards, without leading blanks.
    pub verify: Vec<String>,
}

impl Spec {
    pub async fn perform(&self, cx: &Context) -> Result<Success, Failure> {
        let chassis = cx.chassis();
        if self.missing(cx, chassis).await?.is_empty() {
            return Ok(Success::already(
                "the configuration already holds every line",
            ));
        }
        cx.intent(chassis, &self.lines.join(" ; "), Facts::new())
            .await?;
        let typed = cx.device(chassis).await.configure(&self.lines).await;
        let missing = self.missing(cx, chassis).await.map_err(|failure| Failure {
            outcome: Outcome::InDoubt,
            message: format!(
                "the lines were typed, but cannot be verified: {}",
                failure.message
            ),
            ..failure
        })?;
        match (typed, missing.is_empty()) {
            (_, true) => Ok(Success::done(format!(
                "{} lines in place",
                self.verify.len()
            ))),
            (Err(error), false) => Err(unspoken(chassis, &error)),
            (Ok(_), false) => Err(Failure::failed(format!(
                "{chassis} took every line, but its configuration lacks `{}`",
                redacted(&missing.join("`, `"), &[])
            ))),
        }
    }

    async fn missing(&self, cx: &Context, chassis: &str) -> Result<Vec<&str>, Failure> {
        let mut device = cx.device(chassis).await;
        let reply = device
            .run("show configuration")
            .await
            .map_err(|e| unspoken(chassis, &e))?;
        let present: BTreeSet<&str> = reply.text.lines().map(str::trim).collect();
        // A listing closes with `end`; without it the text was cut (INV-37).
        if !present.contains("end") {
            return Err(Failure::failed(format!(
                "{chassis}: `show configuration` did not end with `end`"
            )));
        }
        Ok(self
            .verify
            .iter()
            .map(|line| line.trim())
            .filter(|line| !present.contains(line))
            .collect())
    }
}
