//! How a run ends: the table of verdicts and exit codes (contract).

use super::super::event::{Verdict, exit};
use super::{Cause, Effect, Part, Run};

impl Run {
    pub(super) fn end(&mut self, effects: &mut Vec<Effect>) {
        let (serving, detail) = self.assessed.clone().unwrap_or((true, String::new()));
        let (verdict, exit_code) = self.judge(serving);
        let mut reason = self
            .halt
            .as_ref()
            .map_or_else(String::new, |halt| halt.reason.clone());
        if !detail.is_empty() {
            reason = if reason.is_empty() {
                detail
            } else {
                format!("{reason}; {detail}")
            };
        }
        self.asked.end = true;
        effects.push(Effect::End {
            verdict,
            exit_code,
            reason,
        });
    }

    /// Doubt outranks everything: nobody may believe more than was seen. A halt that a human asked
    /// for is a safe point, also in the middle of a fallback, as long as one chassis serves.
    fn judge(&self, serving: bool) -> (Verdict, u8) {
        let cause = self.halt.as_ref().map(|halt| halt.cause);
        match (cause, self.part) {
            (Some(Cause::Doubt), _) => (Verdict::InDoubt, exit::IN_DOUBT),
            (None, Part::Main) if serving => (Verdict::Completed, exit::COMPLETED),
            (None, Part::Fallback) if serving => (Verdict::FellBack, exit::FELL_BACK),
            (Some(Cause::Interrupt), _) if serving => (Verdict::Stopped, exit::INTERRUPTED),
            (Some(Cause::Abort), _) if serving => (Verdict::Stopped, exit::STOPPED),
            (_, Part::Fallback) => (Verdict::FallbackFailed, exit::FALLBACK_FAILED),
            (Some(Cause::Failure), Part::Main) if !self.has_changed_anything() => {
                (Verdict::Stopped, exit::REFUSED)
            }
            (Some(_), Part::Main) if serving => (Verdict::Stopped, exit::STOPPED),
            (_, Part::Main) => (Verdict::Failed, exit::FAILED),
        }
    }
}
