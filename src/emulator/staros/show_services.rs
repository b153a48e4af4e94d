//! Services, sessions, routing (`staros-cli.md` 2.2, 2.4 to 2.6, 2.8).

use super::super::hardware::Service;
use super::commands::{Call, Reply};
use super::format;

/// `show resources`: one block a kind of service (`staros-cli.md` 2.2).
pub fn resources(call: &mut Call<'_>) -> Reply {
    let services = call.chassis.hardware.services.clone();
    let mut kinds: Vec<&str> = services
        .iter()
        .map(|service| service.kind.as_str())
        .collect();
    kinds.sort_unstable();
    kinds.dedup();
    let total = call.chassis.subscribers_total();
    let busiest = busiest(&services);
    for kind in kinds {
        let limit: u64 = services
            .iter()
            .filter(|s| s.kind == kind)
            .map(|s| s.limit)
            .sum();
        let used = if Some(kind) == busiest { total } else { 0 };
        let since = format::long(&call.chassis.calendar(call.now));
        let max = if used == 0 {
            "0 ( Never )".to_owned()
        } else {
            format!("{used} ( {since} )")
        };
        let status = if used <= limit {
            "Within Acceptable Limits"
        } else {
            "Over License Limit"
        };
        call.say(format!("{} Service:", kind.to_uppercase()));
        call.say(format!("    In Use              : {used}"));
        call.say(format!("    Max Used            : {max}"));
        call.say(format!("    Limit               : {limit}"));
        call.say(format!("    License Status      : {status}"));
    }
    Reply::Done
}

/// `show session recovery status [verbose]`
pub fn session_recovery(call: &mut Call<'_>) -> Reply {
    let recovery = call.chassis.session_recovery(call.now);
    let overall = if recovery.enabled {
        recovery.overall.as_str()
    } else {
        "Disabled"
    };
    call.say("Session Recovery Status:");
    call.say(format!("  Overall Status        : {overall}"));
    call.say("  Last Status Update    : 3 seconds ago");
    if !call.matched.has("verbose") {
        return Reply::Done;
    }
    call.say("");
    call.say("              ----sessmgr---  ----aaamgr----  demux");
    call.say(" cpu state    active standby  active standby  active  status");
    call.say("---- -------  ------ -------  ------ -------  ------  -------------------------");
    for row in &recovery.rows {
        call.say(format!(
            "{:>4} {:<7}  {:<6} {:<7}  {:<6} {:<7}  {:<6}  {:<25}",
            row.cpu,
            row.state,
            row.sessmgr_active,
            row.sessmgr_standby,
            row.aaamgr_active,
            row.aaamgr_standby,
            row.demux,
            row.status,
        ));
    }
    Reply::Done
}

/// `show subscribers summary`
pub fn subscribers(call: &mut Call<'_>) -> Reply {
    let total = call.chassis.subscribers_total();
    let services = call.chassis.hardware.services.clone();
    call.say(format!("{:<31}{total:<10}", "Total Subscribers:"));
    call.say(format!(
        "Active:            {total:<12}Dormant:               0         "
    ));
    for (kind, other) in [
        ("pgw-gtp-ipv4", "sgw-gtp-ipv4"),
        ("ha-mobile-ip", "pdsn-simple-ipv4"),
    ] {
        let count = |label: &str| {
            let kind = busiest(&services).unwrap_or_default();
            if label.split('-').next() == Some(kind) {
                total
            } else {
                0
            }
        };
        call.say(format!(
            "{:<19}{:<12}{:<23}{:<10}",
            format!("{kind}:"),
            count(kind),
            format!("{other}:"),
            count(other)
        ));
    }
    Reply::Done
}

/// `show service all`: the header does not stand above its columns (`staros-cli.md` 2.6).
pub fn service_all(call: &mut Call<'_>) -> Reply {
    let services = call.chassis.hardware.services.clone();
    let contexts = call.chassis.running.view().contexts.clone();
    call.say("ContextID   ServiceID   ContextName   ServiceName   State         Sessions   Type");
    call.say(
        "---------   ---------   -----------   -----------   ----------    -----------   ----",
    );
    for (number, service) in services.iter().enumerate() {
        let context = contexts.iter().position(|name| *name == service.context);
        let context = context.map_or(0, |at| at + 1);
        let id = number + 1;
        let state = state(service);
        call.say(format!(
            "{context:<11} {id:<11} {:<13} {:<13} {state:<13} {:<13} {}",
            service.context, service.name, service.limit, service.kind
        ));
    }
    Reply::Done
}

/// `show X-service all`: the label of the state differs from kind to kind (`staros-cli.md` 2.6).
pub fn service_kind(call: &mut Call<'_>) -> Reply {
    let services = call.chassis.hardware.services.clone();
    let wanted = call.matched.words[1].text.clone();
    let kind = wanted.trim_end_matches("-service");
    for service in services.iter().filter(|service| service.kind == kind) {
        let state = state(service);
        if matches!(kind, "pgw" | "sgw" | "saegw" | "egtp" | "gtpu") {
            call.say(format!("{:<30}: {}", "Service name", service.name));
            call.say(format!("{:<30}: {}", "Context", service.context));
            call.say(format!("{:<30}: {}", "Status", state.to_uppercase()));
            call.say(format!(
                "{:<30}: {}",
                "Maximum number of sessions", service.limit
            ));
        } else {
            call.say(format!("{:<24}{}", "Service name:", service.name));
            call.say(format!("  {:<22}{}", "Context:", service.context));
            call.say(format!("  {:<22}{state}", "Service Status:"));
            call.say(format!("  {:<22}{}", "Max Subscribers:", service.limit));
        }
        call.say("");
    }
    Reply::Done
}

/// `show ip bgp summary` of the current context.
pub fn bgp_summary(call: &mut Call<'_>) -> Reply {
    let context = call.session.context.clone();
    let peers: Vec<_> = call
        .chassis
        .hardware
        .bgp
        .iter()
        .filter(|peer| peer.context == context)
        .cloned()
        .collect();
    let router = router(call, &context);
    let Some((number, id)) = router else {
        call.say("% BGP process not configured");
        return Reply::Done;
    };
    call.say(format!(
        "BGP router identifier {id}, local AS number {number}"
    ));
    call.say("BGP table version is 31");
    call.say(format!("{} BGP AS-PATH entries", peers.len()));
    call.say("0 BGP community entries");
    call.say("");
    call.say("Neighbor        V    AS MsgRcvd MsgSent   TblVer  InQ OutQ  Up/Down   State/PfxRcd");
    for peer in &peers {
        let age = call.now.saturating_sub(peer.since);
        // One keepalive each way every 30 seconds, and the four messages that opened the session.
        let messages = if peer.down.is_none() {
            4 + age.as_secs() / 30
        } else {
            0
        };
        let (age, last) = match peer.down {
            None => (format::session_age(age), format!("{:>5}", peer.prefixes)),
            Some(state) => ("never".to_owned(), state.to_owned()),
        };
        call.say(format!(
            "{:<15} 4 {:>5} {messages:>7} {messages:>7}       31    0    0  {age:<9} {last}",
            peer.address, peer.remote_as
        ));
    }
    Reply::Done
}

/// The AS number and the router id of a context's `router bgp`.
fn router(call: &Call<'_>, context: &str) -> Option<(String, String)> {
    let nodes = call.chassis.running.nodes().iter();
    let context = nodes
        .clone()
        .find(|node| node.after("context") == Some(context))?;
    let bgp = context
        .children()
        .iter()
        .find(|node| node.after("router bgp").is_some())?;
    let id = bgp
        .children()
        .iter()
        .find_map(|line| line.after("router-id"));
    Some((
        bgp.after("router bgp")?.to_owned(),
        id.unwrap_or("0.0.0.0").to_owned(),
    ))
}

/// The kind of service that carries the lab's sessions: the anchor of the first one configured.
fn busiest(services: &[Service]) -> Option<&str> {
    let anchor =
        |service: &&Service| matches!(service.kind.as_str(), "pgw" | "ggsn" | "ha" | "pdsn");
    services
        .iter()
        .find(anchor)
        .map(|service| service.kind.as_str())
}

fn state(service: &Service) -> &'static str {
    if service.started {
        "Started"
    } else {
        "Initialized"
    }
}
