//! Conditions over facts read from a chassis: `sessions.parity <= 5% and srp.state == standby`.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Comparisons that must all hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    text: String,
    pub terms: Vec<Term>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Term {
    pub fact: Fact,
    pub comparison: Comparison,
    pub value: Value,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fact {
    /// Own chassis state.
    SrpState,
    /// What this chassis says of its peer.
    SrpPeer,
    SrpConnection,
    /// Subscribers on this chassis.
    SessionsTotal,
    /// Calls pre-allocated on this chassis.
    SessionsPreallocated,
    /// How far this chassis's pre-allocated calls are from the peer's subscribers, in percent.
    SessionsParity,
    RecoveryReady,
    CardsReady,
    Version,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    Equal,
    NotEqual,
    AtMost,
    AtLeast,
    Below,
    Above,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Number(f64),
    Word(String),
}

const FACTS: [(&str, Fact); 9] = [
    ("srp.state", Fact::SrpState),
    ("srp.peer", Fact::SrpPeer),
    ("srp.connection", Fact::SrpConnection),
    ("sessions.total", Fact::SessionsTotal),
    ("sessions.preallocated", Fact::SessionsPreallocated),
    ("sessions.parity", Fact::SessionsParity),
    ("recovery.ready", Fact::RecoveryReady),
    ("cards.ready", Fact::CardsReady),
    ("version", Fact::Version),
];

const COMPARISONS: [(&str, Comparison); 6] = [
    ("==", Comparison::Equal),
    ("!=", Comparison::NotEqual),
    ("<=", Comparison::AtMost),
    (">=", Comparison::AtLeast),
    ("<", Comparison::Below),
    (">", Comparison::Above),
];

impl Fact {
    pub fn name(self) -> &'static str {
        FACTS
            .iter()
            .find(|(_, fact)| *fact == self)
            .expect("every fact has a name")
            .0
    }

    /// Whether the fact is a number that can be ordered.
    pub fn is_number(self) -> bool {
        matches!(
            self,
            Self::SessionsTotal | Self::SessionsPreallocated | Self::SessionsParity
        )
    }
}

impl Condition {
    /// Whether reading it needs the other chassis as well.
    pub fn needs_peer(&self) -> bool {
        self.terms
            .iter()
            .any(|term| term.fact == Fact::SessionsParity)
    }
}

impl Term {
    /// Whether a value read from a chassis satisfies this term. Words compare without case.
    pub fn holds(&self, seen: &Value) -> bool {
        match (seen, &self.value) {
            (Value::Number(seen), Value::Number(wanted)) => match self.comparison {
                Comparison::Equal => seen == wanted,
                Comparison::NotEqual => seen != wanted,
                Comparison::AtMost => seen <= wanted,
                Comparison::AtLeast => seen >= wanted,
                Comparison::Below => seen < wanted,
                Comparison::Above => seen > wanted,
            },
            (Value::Word(seen), Value::Word(wanted)) => match self.comparison {
                Comparison::Equal => seen.eq_ignore_ascii_case(wanted),
                Comparison::NotEqual => !seen.eq_ignore_ascii_case(wanted),
                _ => false,
            },
            _ => false,
        }
    }
}

impl std::str::FromStr for Condition {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let terms = text
            .split(" and ")
            .map(|term| parse_term(term.trim()))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            text: text.trim().to_owned(),
            terms,
        })
    }
}

fn parse_term(text: &str) -> Result<Term, String> {
    let (at, sign, comparison) = COMPARISONS
        .iter()
        .filter_map(|(sign, comparison)| text.find(sign).map(|at| (at, *sign, *comparison)))
        .min_by_key(|(at, sign, _)| (*at, usize::MAX - sign.len()))
        .ok_or_else(|| format!("expected `fact == value`, found `{text}`"))?;
    let (name, value) = (text[..at].trim(), text[at + sign.len()..].trim());
    let fact = FACTS
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, fact)| *fact)
        .ok_or_else(|| {
            let known: Vec<_> = FACTS.iter().map(|(known, _)| *known).collect();
            let hint = known
                .iter()
                .max_by(|a, b| strsim::jaro(a, name).total_cmp(&strsim::jaro(b, name)))
                .expect("there are facts");
            format!(
                "unknown fact `{name}`, did you mean `{hint}`? Known facts: {}",
                known.join(", ")
            )
        })?;
    if value.is_empty() {
        return Err(format!("nothing to compare `{name}` with"));
    }
    let value = if fact.is_number() {
        let number = value.strip_suffix('%').unwrap_or(value).trim();
        let number = number
            .parse()
            .map_err(|_| format!("`{name}` is a number, found `{value}`"))?;
        Value::Number(number)
    } else {
        if !matches!(comparison, Comparison::Equal | Comparison::NotEqual) {
            return Err(format!(
                "`{name}` is a word: compare it with == or !=, not {sign}"
            ));
        }
        Value::Word(value.to_owned())
    };
    Ok(Term {
        fact,
        comparison,
        value,
    })
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for Condition {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Condition {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_several_terms_and_keeps_the_text() {
        let text =
            "sessions.parity <= 5% and sessions.preallocated >= 100 and srp.state == standby";
        let condition: Condition = text.parse().unwrap();
        assert_eq!(condition.to_string(), text);
        assert_eq!(condition.terms.len(), 3);
        assert!(condition.needs_peer());
        assert!(condition.terms[0].holds(&Value::Number(5.0)));
        assert!(!condition.terms[0].holds(&Value::Number(5.1)));
        assert!(condition.terms[2].holds(&Value::Word("Standby".into())));
        assert!(!condition.terms[2].holds(&Value::Word("Pending-Standby".into())));
    }

    #[test]
    fn refuses_what_could_never_be_decided() {
        for (wrong, hint) in [
            ("srp.stat == active", "did you mean `srp.state`"),
            ("srp.state >= active", "compare it with == or !="),
            ("sessions.total >= many", "is a number"),
            ("srp.state ==", "nothing to compare"),
            ("cards", "expected `fact == value`"),
        ] {
            let error = wrong.parse::<Condition>().unwrap_err();
            assert!(error.contains(hint), "{wrong}: {error}");
        }
    }

    #[test]
    fn a_value_of_the_wrong_kind_never_holds() {
        let condition: Condition = "sessions.total != 3".parse().unwrap();
        assert!(!condition.terms[0].holds(&Value::Word("?".into())));
    }
}
