//! Announcing a command and typing it, at most once.

use std::time::Duration;

use tokio::sync::MutexGuard;

use super::context::Context;
use super::outcome::{Facts, Failure};
use super::reading::unspoken;
use crate::device::error::Lost;
use crate::device::session::Reply;
use crate::device::{Device, Error, Limits};

impl Context {
    /// The session to a chassis, open; waits for a chassis that is out of reach as long as the
    /// step's patience lasts.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn connected(&self, chassis: &str) -> Result<MutexGuard<'_, Device>, Failure> {
        let given_up = self.elapsed() + self.patience;
        loop {
            let mut device = self.device(chassis).await;
            match device.connect().await {
                Ok(()) => return Ok(device),
                Err(error) => {
                    drop(device);
                    self.hold(given_up, unspoken(chassis, &error)).await?;
                }
            }
        }
    }

    /// Journals a command, types it once, answering its questions with yes, and gives it `within`.
    /// Only when the session turns out to be gone before a byte of it was sent is it announced and
    /// typed again, in a fresh one (INV-36).
    ///
    /// # Errors
    /// The outer one: there is no session, or the run is ending; nothing was sent. The inner one
    /// says how far the command got.
    pub async fn send(
        &self,
        chassis: &str,
        command: &str,
        shown: &str,
        before: &Facts,
        within: Duration,
    ) -> Result<Result<Reply, Error>, Failure> {
        for last in [false, true] {
            let mut device = self.connected(chassis).await?;
            self.intent(chassis, shown, before.clone()).await?;
            let limits = Limits {
                total: within,
                idle: within,
                ..device.limits()
            };
            let result = device.send_once(command, true, limits).await;
            match result {
                Err(error) if error.lost_phase() == Some(Lost::BeforeSend) && !last => {}
                result => return Ok(result),
            }
        }
        unreachable!("the second round returns")
    }
}
