//! `show resources`: sessions in use and whether the licence covers them (`staros-cli.md` 2.2).

use serde::Serialize;

use super::text::{Text, Unparsed};

/// The licensed resources of a chassis.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Resources {
    pub services: Vec<Service>,
}

/// One service's share.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Service {
    pub name: String,
    pub in_use: u64,
    pub limit: Option<u64>,
    pub license_status: String,
}

/// Reads `show resources`. Every service that says how much is in use must say its licence status.
pub fn parse(text: &str) -> Result<Resources, Unparsed> {
    let text = Text::accepted("show resources", text)?;
    let mut services = Vec::new();
    let mut heading = String::new();
    let mut open: Option<(usize, Option<u64>, Option<u64>)> = None;
    for (at, line) in text.lines() {
        let Some((label, value)) = line.split_once(':') else {
            continue;
        };
        let (label, value) = (label.trim(), value.trim());
        let number = |value: &str| {
            value
                .parse::<u64>()
                .map_err(|_| text.wrong(format!("a number behind `{label}`"), line, at))
        };
        match label.to_ascii_lowercase().as_str() {
            "in use" => {
                unfinished(&text, open, &heading)?;
                open = Some((at, Some(number(value)?), None));
            }
            "limit" => {
                let limit = number(value).ok();
                open = open.map(|(at, in_use, _)| (at, in_use, limit));
            }
            "license status" => {
                let Some((_, Some(in_use), limit)) = open.take() else {
                    return Err(text.wrong("`In Use` before `License Status`", line, at));
                };
                let (name, license_status) = (heading.clone(), value.to_owned());
                services.push(Service {
                    name,
                    in_use,
                    limit,
                    license_status,
                });
            }
            _ if value.is_empty() => {
                unfinished(&text, open.take(), &heading)?;
                label.clone_into(&mut heading);
            }
            _ => {}
        }
    }
    unfinished(&text, open, &heading)?;
    if services.is_empty() {
        return Err(text.missing("at least one service with `License Status`"));
    }
    Ok(Resources { services })
}

fn unfinished(
    text: &Text<'_>,
    open: Option<(usize, Option<u64>, Option<u64>)>,
    heading: &str,
) -> Result<(), Unparsed> {
    match open {
        Some((at, ..)) => Err(text.wrong("`License Status` of this service", heading, at)),
        None => Ok(()),
    }
}

impl Resources {
    /// Services not `Within Acceptable Limits`, whatever the case of the letters (trap 3).
    pub fn problems(&self) -> Vec<String> {
        (self.services.iter())
            .filter(|s| {
                !s.license_status
                    .eq_ignore_ascii_case("within acceptable limits")
            })
            .map(|s| format!("{}: license status `{}`", s.name, s.license_status))
            .collect()
    }
}
