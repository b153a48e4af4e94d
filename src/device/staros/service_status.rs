//! `show X-service all`: the details of one kind of service (`staros-cli.md` 2.6).

use serde::Serialize;

use super::text::{Text, Unparsed};

/// The services of one kind; none on a chassis that has no such service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ServiceStatus {
    pub services: Vec<Service>,
}

/// One service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Service {
    pub name: String,
    pub status: String,
}

/// Reads `show X-service all`. The label is `Service Status` for some kinds and `Status` for others
/// (trap 5); every named service must have one.
pub fn parse(text: &str) -> Result<ServiceStatus, Unparsed> {
    let text = Text::accepted("show X-service all", text)?;
    let mut services = Vec::new();
    let mut open: Option<(usize, &str)> = None;
    for (at, line) in text.lines() {
        let Some((label, value)) = line.split_once(':') else {
            continue;
        };
        let value = value.trim();
        match label.trim().to_ascii_lowercase().as_str() {
            "service name" => {
                if let Some((at, name)) = open.replace((at, value)) {
                    return Err(text.wrong("a status of this service", name, at));
                }
            }
            "service status" | "status" => {
                if value.is_empty() {
                    return Err(text.wrong("a word behind the status", line, at));
                }
                // Further `Status` lines of the same service belong to its parts.
                if let Some((_, name)) = open.take() {
                    services.push(Service {
                        name: name.to_owned(),
                        status: value.to_owned(),
                    });
                }
            }
            _ => {}
        }
    }
    match open {
        Some((at, name)) => Err(text.wrong("a status of this service", name, at)),
        None if services.is_empty() && !text.is_blank() => {
            Err(text.missing("`Service name:` and its status"))
        }
        None => Ok(ServiceStatus { services }),
    }
}

impl ServiceStatus {
    /// Services that have not started.
    pub fn problems(&self) -> Vec<String> {
        (self.services.iter())
            .filter(|service| !service.status.eq_ignore_ascii_case("started"))
            .map(|service| format!("service {} is {}", service.name, service.status))
            .collect()
    }
}
