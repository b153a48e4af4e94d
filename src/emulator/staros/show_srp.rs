//! `show srp …` (`staros-cli.md` 4.1 to 4.7).

use super::super::chassis::Chassis;
use super::super::hardware::MonitorKind;
use super::commands::{Call, Reply};
use super::format;
use crate::proto::Time;
use crate::proto::srp::{
    Connection, Direction, ManagerState, Mode, Peer, Reason, State, SwitchoverCheck,
};

/// What every `show srp` command prints on a chassis that has no SRP.
const NOT_CONFIGURED: &str = "Service Redundancy Protocol is not configured";

/// One label and value of `show srp info`.
type Row = (&'static str, String);

/// `show srp info`
pub fn info(call: &mut Call<'_>) -> Reply {
    let Some(peer) = call.chassis.srp() else {
        call.say(NOT_CONFIGURED);
        return Reply::Done;
    };
    let mut rows = own_rows(call.chassis, peer);
    rows.extend(peer_rows(peer));
    rows.extend(link_rows(call.chassis, peer, call.now));
    call.say("Service Redundancy Protocol:");
    call.say("-".repeat(79));
    for (label, value) in rows {
        call.say(format!("{label:<42} {value}"));
    }
    Reply::Done
}

fn own_rows(chassis: &Chassis, peer: &Peer) -> Vec<Row> {
    let settings = peer.settings();
    let context = chassis
        .running
        .view()
        .srp
        .as_ref()
        .map(|srp| srp.context.clone());
    vec![
        ("Context:", context.unwrap_or_default()),
        ("Local Address:", settings.bind.to_string()),
        ("Chassis State:", state(peer.state()).to_owned()),
        ("Chassis Mode:", mode(settings.mode).to_owned()),
        ("Chassis Priority:", settings.priority.to_string()),
        ("Local Tiebreaker:", mac(settings.tiebreak_mac)),
        ("Route-Modifier:", peer.route_modifier().to_string()),
    ]
}

/// Before the first Hello the peer is shown as nothing is known of it.
fn peer_rows(peer: &Peer) -> Vec<Row> {
    let address = peer.settings().peer.to_string();
    let known = peer.peer();
    let text = |value: Option<String>, unknown: &str| value.unwrap_or_else(|| unknown.to_owned());
    vec![
        ("Peer Remote Address:", address),
        (
            "Peer State:",
            text(known.map(|peer| state(peer.state).to_owned()), "Init"),
        ),
        (
            "Peer Mode:",
            text(known.map(|peer| mode(peer.mode).to_owned()), "Init"),
        ),
        (
            "Peer Priority:",
            text(known.map(|peer| peer.priority.to_string()), "125"),
        ),
        (
            "Peer Tiebreaker:",
            text(known.map(|peer| mac(peer.mac)), &mac([0; 6])),
        ),
        (
            "Peer Route-Modifier:",
            text(known.map(|peer| peer.route_modifier.to_string()), "0"),
        ),
    ]
}

fn link_rows(chassis: &Chassis, peer: &Peer, now: Time) -> Vec<Row> {
    let moment = |at: Option<Time>| {
        let at = at.map(|at| {
            let date = format::short(&chassis.calendar(at));
            format!("{date} ({} seconds ago)", now.saturating_sub(at).as_secs())
        });
        at.unwrap_or_else(|| "-".to_owned())
    };
    let validation = peer.validation();
    let error = validation
        .last_error
        .clone()
        .unwrap_or_else(|| "None".to_owned());
    let connection = match peer.connection() {
        Connection::None => "None",
        Connection::Connecting => "Connecting",
        Connection::Connected => "Connected",
    };
    vec![
        ("Last Hello Message received:", moment(peer.last_hello_at())),
        (
            "Peer Configuration Validation:",
            validation.status.to_string(),
        ),
        ("Last Peer Configuration Error:", error),
        (
            "Last Peer Configuration Event:",
            moment(validation.last_event),
        ),
        (
            "Last Validate Switchover Status:",
            readiness(peer.last_switchover_check(), now),
        ),
        ("Connection State:", connection.to_owned()),
    ]
}

fn readiness(check: Option<&SwitchoverCheck>, now: Time) -> String {
    let Some(check) = check else {
        return "None".to_owned();
    };
    let age = now.saturating_sub(check.at).as_secs();
    match &check.result {
        Ok(()) => format!("Remote Chassis - Ready for Switchover ({age} seconds ago)"),
        Err(why) => format!("Remote Chassis - Not Ready for Switchover: {why} ({age} seconds ago)"),
    }
}

/// `show srp monitor [all|bgp|diameter|authentication-probe]`
pub fn monitor(call: &mut Call<'_>) -> Reply {
    if call.chassis.srp().is_none() {
        call.say(NOT_CONFIGURED);
        return Reply::Done;
    }
    let only = ["bgp", "diameter", "authentication-probe"]
        .into_iter()
        .find(|kind| call.matched.has(kind));
    let wanted = |kind: &str| only.is_none_or(|only| only == kind);
    for line in [
        "     +-----Type:               (A) - Auth. probe         (B) - BGP",
        "     |                         (D) - Diameter",
        "     |+----State:              (I) - Initializing        (U) - Up",
        "     ||                        (D) - Down",
        "     ||+---GroupId",
        "     |||",
        "     vvv  IP Addr          Port  Context (VRF Name)  Last Update",
        "     ---- ---------------- ----- ------------------- ------------------------",
    ] {
        call.say(line);
    }
    for row in monitor_rows(call.chassis, &wanted) {
        call.say(row);
    }
    Reply::Done
}

fn monitor_rows(chassis: &Chassis, wanted: &dyn Fn(&str) -> bool) -> Vec<String> {
    /// Where BGP listens.
    const BGP_PORT: u16 = 179;
    let row = |letters: String, address: &str, port: u16, context: &str, at: Time| {
        let at = format::short(&chassis.calendar(at));
        format!("     {letters}  {address:<16} {port:<5} {context:<19} {at}")
    };
    let mut rows = Vec::new();
    for peer in chassis.hardware.bgp.iter().filter(|_| wanted("bgp")) {
        if let Some(group) = peer.monitored {
            let state = if peer.down.is_none() { 'U' } else { 'D' };
            let group = if group == 0 {
                "-".to_owned()
            } else {
                group.to_string()
            };
            rows.push(row(
                format!("B{state}{group}"),
                &peer.address,
                BGP_PORT,
                &peer.context,
                peer.since,
            ));
        }
    }
    // AAA servers are probed by the active chassis only (`staros-cli.md` 4.2).
    let active = chassis
        .srp()
        .is_some_and(|srp| srp.state() == State::Active);
    for server in &chassis.hardware.servers {
        let (letter, kind, watched) = match server.kind {
            MonitorKind::AuthProbe => ('A', "authentication-probe", active),
            MonitorKind::Diameter => ('D', "diameter", true),
        };
        let state = match (watched, server.up) {
            (false, _) => 'I',
            (true, true) => 'U',
            (true, false) => 'D',
        };
        if wanted(kind) {
            let letters = format!("{letter}{state}-");
            rows.push(row(
                letters,
                &server.address,
                server.port,
                &server.context,
                server.since,
            ));
        }
    }
    rows
}

/// `show srp checkpoint statistics`
pub fn checkpoint_statistics(call: &mut Call<'_>) -> Reply {
    let Some(totals) = call.chassis.srp().map(Peer::totals) else {
        call.say(NOT_CONFIGURED);
        return Reply::Done;
    };
    call.say("Current Status:");
    for (label, value) in [
        ("Number of Sessmgrs:", totals.managers),
        (
            "Sessmgrs in Active-Connected State:",
            totals.active_connected,
        ),
        (
            "Sessmgrs in Standby-Connected State:",
            totals.standby_connected,
        ),
        ("Sessmgrs in Pending-Active State:", totals.pending_active),
    ] {
        call.say(format!("  {label:<42} {value}"));
    }
    call.say("Current Call Recovery Records:");
    call.say(format!(
        "  {:<42} {}",
        "Current pre-allocated calls:", totals.pre_allocated
    ));
    Reply::Done
}

/// `show srp checkpoint statistics verbose`: and one line a session manager.
pub fn checkpoint_statistics_verbose(call: &mut Call<'_>) -> Reply {
    checkpoint_statistics(call);
    let Some(peer) = call.chassis.srp() else {
        return Reply::Done;
    };
    let role = match peer.state() {
        State::Active | State::PendingStandby => "Actv",
        State::PendingActive => "PAct",
        State::Standby => "Stby",
        State::Init => "Init",
    };
    let rows: Vec<String> = peer
        .instances()
        .map(|manager| {
            let connection = match manager.state {
                ManagerState::Ready => "Ready",
                ManagerState::Connected => "Conn",
                ManagerState::NotConnected => "-",
            };
            format!(
                "{:>4} {role:<5} {connection:<7} {:>9} {:>10} {:>9} {:>8} {:>9} {:>8}",
                manager.number,
                manager.records,
                manager.pre_allocated,
                manager.full_received,
                manager.micro_received,
                manager.full_sent,
                manager.micro_sent,
            )
        })
        .collect();
    call.say("");
    call.say("smgr state peer    recovery  pre-alloc  chk-point rcvd     chk-point sent");
    call.say("inst       conn    records   calls      full      micro    full      micro");
    call.say("---- ----- ------- --------- ---------- --------- -------- --------- --------");
    for row in rows {
        call.say(row);
    }
    Reply::Done
}

/// `show srp checkpoint info` (`staros-cli.md` 4.7).
pub fn checkpoint_info(call: &mut Call<'_>) -> Reply {
    call.say("CMD-ID  Micro-checkpoint");
    call.say("------  ----------------------------------------");
    for (id, name) in [
        (1, "SESS_UCHKPT_CMD_INVALIDATE_CRR"),
        (4, "SESS_UCKKPT_CMD_UPDATE_CLPSTATS"),
    ] {
        call.say(format!("{id:>6}  {name}"));
    }
    Reply::Done
}

/// `show srp statistics` (`staros-cli.md` 4.4).
pub fn statistics(call: &mut Call<'_>) -> Reply {
    let Some(counted) = call.chassis.srp().map(|peer| peer.statistics().clone()) else {
        call.say(NOT_CONFIGURED);
        return Reply::Done;
    };
    let groups: [(&str, &[(&str, u64)]); 4] = [
        (
            "Hello Messages:",
            &[
                ("Hello messages sent:", counted.hello_sent),
                ("Hello messages received:", counted.hello_received),
                ("Hello acknowledgements sent:", counted.hello_ack_sent),
                (
                    "Hello acknowledgements received:",
                    counted.hello_ack_received,
                ),
                ("Unknown messages discarded:", counted.unknown_frames),
            ],
        ),
        (
            "Configuration Validation:",
            &[
                ("Validations:", counted.validations),
                ("Validations failed:", counted.validation_failures),
            ],
        ),
        (
            "Switchovers:",
            &[
                ("Manual:", counted.switchovers_manual),
                ("BGP failure:", counted.switchovers_bgp),
                ("AAA failure:", counted.switchovers_aaa),
                ("Diameter failure:", counted.switchovers_diameter),
                ("Peer dead:", counted.switchovers_peer_dead),
                ("Dual role resolved:", counted.switchovers_dual),
                ("Requests refused:", counted.requests_refused),
                ("Abandoned:", counted.switchovers_abandoned),
            ],
        ),
        (
            "Connection:",
            &[
                ("Connection resets:", counted.connection_resets),
                ("Protocol errors:", counted.protocol_errors),
                ("Checkpoints not applied:", counted.checkpoints_not_applied),
            ],
        ),
    ];
    for (title, rows) in groups {
        call.say(title);
        for (label, value) in rows {
            call.say(format!("  {label:<42} {value}"));
        }
    }
    Reply::Done
}

/// `show srp call-loss statistics` (`staros-cli.md` 4.5, SRP-108).
pub fn call_loss(call: &mut Call<'_>) -> Reply {
    let Some(peer) = call.chassis.srp() else {
        call.say(NOT_CONFIGURED);
        return Reply::Done;
    };
    let history: Vec<_> = peer.call_loss_history().cloned().collect();
    call.say("SRP Call Loss History:");
    for (number, record) in history.iter().enumerate() {
        let at = format::short(&call.chassis.calendar(record.at));
        let direction = match record.direction {
            Direction::ToActive => "Standby to Active",
            Direction::ToStandby => "Active to Standby",
        };
        call.say(format!("Switchover {}:", number + 1));
        for (label, value) in [
            ("Date:", at),
            ("Reason:", reason(record.reason).to_owned()),
            ("Direction:", direction.to_owned()),
            ("Calls before switchover:", record.before.to_string()),
            ("Calls recovered:", record.recovered.to_string()),
            ("Total calls lost:", record.lost().to_string()),
            (
                "Lost, not yet checkpointed:",
                record.lost_not_eligible.to_string(),
            ),
            (
                "Lost, checkpoint not applied:",
                record.lost_not_applied.to_string(),
            ),
            ("Lost, audit purge:", record.lost_audit_purge.to_string()),
            ("Lost, dual active:", record.lost_dual_active.to_string()),
        ] {
            call.say(format!("  {label:<42} {value}"));
        }
    }
    Reply::Done
}

/// `show srp audit-statistics`: external audits are not part of the emulated protocol, and it says
/// so instead of showing counters that cannot move.
pub fn audit_statistics(call: &mut Call<'_>) -> Reply {
    call.say("External Audit Statistics:");
    call.say("  No external audit has been performed");
    Reply::Done
}

fn state(state: State) -> &'static str {
    match state {
        State::Init => "Init",
        State::Active => "Active",
        State::Standby => "Standby",
        State::PendingActive => "Pending-Active",
        State::PendingStandby => "Pending-Standby",
    }
}

fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Primary => "Primary",
        Mode::Backup => "Backup",
    }
}

fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::ManualSwitchover => "Manual switchover",
        Reason::ForceStateChange => "Forced switchover",
        Reason::AaaFailure => "AAA failure",
        Reason::BgpFailure => "BGP failure",
        Reason::BfdFailure | Reason::ChassisChassisBfdFailure => "BFD failure",
        Reason::DiameterFailure => "Diameter failure",
        Reason::DeadTimerExpiry => "Peer dead",
        Reason::DualActive => "Dual active",
        Reason::DualStandby => "Dual standby",
        Reason::HsrpSwitchover => "HSRP switchover",
        Reason::EgqcFailure => "EGQC failure",
        Reason::NotDefined => "Not defined",
    }
}

/// `02-00-5E-10-00-01`
fn mac(mac: [u8; 6]) -> String {
    let digits: Vec<String> = mac.iter().map(|byte| format!("{byte:02X}")).collect();
    digits.join("-")
}
