//! `show alarm outstanding`: what the chassis complains about (`staros-cli.md` 2.3).

use serde::Serialize;

use super::text::{Text, Unparsed, cell};

/// The outstanding alarms. A few minor ones are normal on live nodes: compare with those before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Alarms {
    pub outstanding: Vec<Alarm>,
}

/// One alarm.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Alarm {
    pub severity: Severity,
    pub object: String,
    pub event: String,
}

/// How bad; the worst is greatest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    Minor,
    Major,
    Critical,
}

/// Reads `show alarm outstanding [all|verbose]` and `show alarm all`. Without alarms there is only
/// the header, or nothing.
pub fn parse(text: &str) -> Result<Alarms, Unparsed> {
    let text = Text::accepted("show alarm outstanding", text)?;
    let mut outstanding: Vec<Alarm> = Vec::new();
    let Some(table) = text.table() else {
        let says_none = text.lines().any(|(_, line)| {
            let line = line.trim().to_ascii_lowercase();
            line.starts_with("no ") && line.contains("alarm")
        });
        let header = text
            .lines()
            .any(|(_, line)| line.trim_start().starts_with("Sev"));
        if text.is_blank() || says_none || header {
            return Ok(Alarms { outstanding });
        }
        return Err(text.missing("a table under `Sev Object Event`"));
    };
    let [severity, object, event] = table.columns.as_slice() else {
        return Err(text.missing("the columns Sev, Object and Event"));
    };
    for &(at, line) in &table.rows {
        if line.trim().is_empty() {
            continue;
        }
        let severity = match cell(line, severity) {
            "MN" => Severity::Minor,
            "MJ" => Severity::Major,
            "CR" => Severity::Critical,
            // The event goes on in a further line.
            "" => continue,
            _ => return Err(text.wrong("CR, MJ or MN under Sev", line, at)),
        };
        let object = cell(line, &(object.start..event.start)).to_owned();
        let event = cell(line, &(event.start..usize::MAX)).to_owned();
        outstanding.push(Alarm {
            severity,
            object,
            event,
        });
    }
    Ok(Alarms { outstanding })
}

impl Alarms {
    /// Critical and major alarms: with these nothing should be started.
    pub fn blocking(&self) -> impl Iterator<Item = &Alarm> {
        self.outstanding
            .iter()
            .filter(|alarm| alarm.severity >= Severity::Major)
    }

    /// Critical and major alarms in words.
    pub fn problems(&self) -> Vec<String> {
        let words = |a: &Alarm| format!("{:?} alarm on {}: {}", a.severity, a.object, a.event);
        self.blocking().map(words).collect()
    }
}
