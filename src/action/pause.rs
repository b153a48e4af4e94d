//! `pause`: soak time.

use serde::{Deserialize, Serialize};

use super::context::Context;
use super::fields::Span;
use super::outcome::{Failure, Success};

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    #[serde(rename = "for")]
    pub length: Span,
    pub reason: String,
}

impl Spec {
    pub async fn perform(&self, cx: &Context) -> Result<Success, Failure> {
        cx.world.clock.sleep(self.length.0).await;
        Ok(Success::done(format!(
            "{} passed: {}",
            self.length, self.reason
        )))
    }
}
