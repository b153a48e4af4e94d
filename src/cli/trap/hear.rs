//! One datagram: what it is, and the line that says so.

use std::net::{Ipv4Addr, SocketAddr};

use jiff::Timestamp;
use serde_json::{Map, Value as Json, json};

use crate::mib::{Described, Mib, Severity, printable};
use crate::wire::snmp::{
    Community, Message, NotANotification, Notification, PduKind, Value, VarBind,
};

/// What came of one datagram.
#[derive(Debug)]
pub(super) enum Heard {
    /// A notification; `answer` is the acknowledgement an inform waits for.
    Notification {
        message: Message,
        notification: Notification,
        answer: Option<Vec<u8>>,
    },
    BadCommunity,
    /// A readable message that notifies of nothing, such as a stray response.
    Other(PduKind),
    /// Bytes that cannot be read, and why.
    Malformed(String),
}

/// Reads one datagram as a receiver that accepts these communities.
pub(super) fn hear(datagram: &[u8], communities: &[Community]) -> Heard {
    let message = match Message::decode(datagram) {
        Ok(message) => message,
        Err(error) => return Heard::Malformed(error.to_string()),
    };
    if !communities.contains(message.community()) {
        return Heard::BadCommunity;
    }
    let notification = match Notification::of(&message) {
        Ok(notification) => notification,
        Err(NotANotification::Kind(kind)) => return Heard::Other(kind),
        Err(error) => return Heard::Malformed(error.to_string()),
    };
    let answer = match &message {
        Message::V2c { community, pdu, .. } if pdu.kind == PduKind::Inform => {
            Some(Message::v2c(community.clone(), pdu.acknowledgement()).encode())
        }
        _ => None,
    };
    Heard::Notification {
        message,
        notification,
        answer,
    }
}

/// A notification with what the MIB knows of it.
pub(super) struct Report {
    at: Timestamp,
    from: SocketAddr,
    version: String,
    inform: bool,
    oid: String,
    name: String,
    severity: Option<Severity>,
    uptime: Option<u32>,
    agent: Option<Ipv4Addr>,
    varbinds: Vec<(VarBind, Described)>,
    irregularities: Vec<String>,
}

impl Report {
    pub(super) fn new(
        at: Timestamp,
        from: SocketAddr,
        message: &Message,
        heard: Notification,
        mib: &Mib,
    ) -> Self {
        let known = mib.notification(&heard.trap_oid);
        let described = |varbind: VarBind| {
            let described = mib.describe(&varbind);
            (varbind, described)
        };
        Self {
            at,
            from,
            version: message.version().to_string(),
            inform: matches!(message, Message::V2c { pdu, .. } if pdu.kind == PduKind::Inform),
            oid: heard.trap_oid.to_string(),
            name: known.map_or_else(
                || mib.display(&heard.trap_oid),
                |known| known.name.to_string(),
            ),
            severity: known.and_then(|known| known.severity),
            uptime: heard.uptime,
            agent: heard.agent_address.map(Ipv4Addr::from),
            varbinds: heard.varbinds.into_iter().map(described).collect(),
            irregularities: heard
                .irregularities
                .iter()
                .map(ToString::to_string)
                .collect(),
        }
    }

    /// One JSON object, without a line end. It never holds a community.
    pub(super) fn json(&self) -> Json {
        let mut line = Map::new();
        line.insert("at".into(), format!("{:.3}", self.at).into());
        line.insert("from".into(), self.from.to_string().into());
        line.insert("version".into(), self.version.clone().into());
        line.insert(
            "kind".into(),
            if self.inform { "inform" } else { "trap" }.into(),
        );
        line.insert("trap".into(), json!({ "oid": self.oid, "name": self.name }));
        line.insert(
            "severity".into(),
            self.severity.map(Severity::as_str).into(),
        );
        line.insert("uptime".into(), self.uptime.into());
        if let Some(agent) = self.agent {
            line.insert("agent".into(), agent.to_string().into());
        }
        let varbinds = self.varbinds.iter().map(|(varbind, described)| {
            let mut one = Map::new();
            one.insert("oid".into(), varbind.oid.to_string().into());
            one.insert("name".into(), described.name.clone().into());
            one.insert("type".into(), described.type_name.into());
            one.insert(
                "value".into(),
                number(&varbind.value).unwrap_or(described.value.clone().into()),
            );
            if let Some(label) = &described.label {
                one.insert("label".into(), label.clone().into());
            }
            Json::Object(one)
        });
        line.insert("varbinds".into(), varbinds.collect());
        if !self.irregularities.is_empty() {
            line.insert("irregular".into(), self.irregularities.clone().into());
        }
        Json::Object(line)
    }

    /// One line for people, without a line end.
    pub(super) fn line(&self) -> String {
        let severity = self.severity.map_or("-", Severity::as_str);
        let mut line = format!(
            "{:.3}  {severity:13}  {}  {}",
            self.at,
            self.from.ip(),
            self.name
        );
        for (_, described) in &self.varbinds {
            let value = match (&described.label, described.value.as_str()) {
                (Some(label), value) => format!("{label}({value})"),
                (None, "") => "\"\"".to_owned(),
                (None, value) if value.contains(' ') => format!("\"{value}\""),
                (None, value) => value.to_owned(),
            };
            line.push_str(&format!("  {}={value}", described.name));
        }
        for irregularity in &self.irregularities {
            line.push_str(&format!("  [{irregularity}]"));
        }
        printable(&line)
    }
}

fn number(value: &Value) -> Option<Json> {
    Some(match *value {
        Value::Integer(number) => number.into(),
        Value::Counter32(number) | Value::Gauge32(number) | Value::TimeTicks(number) => {
            number.into()
        }
        Value::Counter64(number) => number.into(),
        _ => return None,
    })
}
