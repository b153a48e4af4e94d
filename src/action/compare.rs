//! `compare`: today's facts against a snapshot, with tolerances.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::context::Context;
use super::fields::Percent;
use super::outcome::{Failure, Success};
use super::snapshot::{self, Facts};

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// The name given to `snapshot`.
    pub with: String,
    /// How far counts (BGP prefixes, services, cards) may move.
    #[serde(default = "five_percent")]
    pub tolerance: Percent,
    /// Facts that are allowed to differ, such as `version` after an upgrade.
    #[serde(default)]
    pub expect_changed: Vec<String>,
}

fn five_percent() -> Percent {
    Percent(5.0)
}

impl Spec {
    pub async fn perform(&self, cx: &Context) -> Result<Success, Failure> {
        let chassis = cx.chassis();
        let before = self.before(cx, chassis)?;
        let after = snapshot::capture(cx, chassis).await?;
        let (differences, expected) = self.diff(&before, &after);
        if !differences.is_empty() {
            return Err(Failure::failed(format!(
                "{chassis} is not as it was in snapshot `{}`: {}",
                self.with,
                differences.join("; ")
            ))
            .hint("list what may differ under `expect_changed`, or mend it"));
        }
        let tail = if expected.is_empty() {
            String::new()
        } else {
            format!("; as expected: {}", expected.join("; "))
        };
        Ok(Success::done(format!(
            "{} facts as in `{}`{tail}",
            after.len(),
            self.with
        )))
    }

    fn before(&self, cx: &Context, chassis: &str) -> Result<Facts, Failure> {
        cx.facts
            .values()
            .filter_map(|facts| facts.get("snapshot"))
            .find(|kept| kept["name"] == self.with.as_str() && kept["chassis"] == chassis)
            .and_then(|kept| serde_json::from_value(kept["facts"].clone()).ok())
            .ok_or_else(|| {
                Failure::refused(format!(
                    "there is no snapshot `{}` of {chassis} in this run",
                    self.with
                ))
                .hint("add a `snapshot` step with that name on this chassis before it")
            })
    }

    /// What differs beyond the tolerance, and what was expected to.
    fn diff(&self, before: &Facts, after: &Facts) -> (Vec<String>, Vec<String>) {
        let (mut differences, mut expected) = (Vec::new(), Vec::new());
        let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        for name in names {
            let (old, new) = (before.get(name), after.get(name));
            if old == new || self.tolerates(old, new) {
                continue;
            }
            let show =
                |value: Option<&Value>| value.map_or("nothing".to_owned(), ToString::to_string);
            let text = format!("{name} was {}, is {}", show(old), show(new));
            let allowed = self.expect_changed.iter().any(|allowed| {
                name == allowed
                    || name
                        .strip_prefix(allowed.as_str())
                        .is_some_and(|rest| rest.starts_with('.'))
            });
            if allowed {
                expected.push(text)
            } else {
                differences.push(text)
            }
        }
        (differences, expected)
    }

    fn tolerates(&self, old: Option<&Value>, new: Option<&Value>) -> bool {
        match (old.and_then(Value::as_f64), new.and_then(Value::as_f64)) {
            (Some(old), Some(new)) => (old - new).abs() <= old.abs() * self.tolerance.0 / 100.0,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn facts(pairs: &[(&str, Value)]) -> Facts {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect()
    }

    #[test]
    fn counts_may_move_within_the_tolerance_and_words_may_not() {
        let spec = Spec {
            with: "pre".into(),
            tolerance: Percent(5.0),
            expect_changed: vec!["version".into()],
        };
        let before = facts(&[
            ("bgp.in.10.0.0.1.prefixes", json!(100)),
            ("crashes", json!(0)),
            ("service.in.pgw", json!("Started")),
            ("version", json!("21.26.9")),
        ]);
        let after = facts(&[
            ("bgp.in.10.0.0.1.prefixes", json!(95)),
            ("crashes", json!(1)),
            ("version", json!("21.28.3")),
        ]);
        let (differences, expected) = spec.diff(&before, &after);
        assert_eq!(
            differences,
            [
                "crashes was 0, is 1",
                "service.in.pgw was \"Started\", is nothing"
            ]
        );
        assert_eq!(expected.len(), 1);
    }
}
