//! `approve`: a human says go; who, when and why is journalled.

use serde::{Deserialize, Serialize};

use super::context::{Context, Report};
use super::outcome::{Failure, Success};

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// What the human is asked.
    pub message: String,
}

impl Spec {
    pub async fn perform(&self, cx: &mut Context) -> Result<Success, Failure> {
        let request = Report::ApprovalRequested {
            step: cx.step.clone(),
            message: self.message.clone(),
        };
        let ending = || Failure::refused("nobody can approve any more, the run is ending");
        cx.reports.send(request).await.map_err(|_| ending())?;
        let step = cx.step.clone();
        let approvals = cx
            .approvals
            .wait_for(|given| given.contains_key(&step))
            .await;
        let approvals = approvals.map_err(|_| ending())?;
        let (by, reason) = &approvals[&step];
        let why = reason
            .as_ref()
            .map(|reason| format!(": {reason}"))
            .unwrap_or_default();
        Ok(Success::done(format!("approved by {by}{why}")).with("by", by.as_str()))
    }
}
