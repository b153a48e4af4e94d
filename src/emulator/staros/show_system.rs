//! Clock, uptime, contexts, users and traps (`staros-cli.md` 1.10, 2.7, 2.9, 2.11).

use std::collections::BTreeMap;

use super::super::traps::{Arg, Trap};
use super::super::users::Level;
use super::commands::{Call, Reply};
use super::format;

pub fn clock(call: &mut Call<'_>) -> Reply {
    let now = format::long(&call.chassis.calendar(call.now));
    call.say(now);
    Reply::Done
}

pub fn uptime(call: &mut Call<'_>) -> Reply {
    let uptime = format::uptime(call.chassis.uptime(call.now));
    call.say(format!("System uptime: {uptime}"));
    Reply::Done
}

pub fn administrators(call: &mut Call<'_>) -> Reply {
    let terminals: Vec<_> = call.chassis.config_lock.terminals().cloned().collect();
    call.say("Administrator/Operator Name      M Type    TTY              Start Time");
    call.say(
        "-------------------------------- - ------- ---------------- ------------------------",
    );
    for terminal in terminals {
        let since = format::short(&call.chassis.calendar(terminal.since));
        let level = match terminal.level {
            Level::Administrator => "admin",
            Level::Operator => "oper",
            Level::Inspector => "inspect",
        };
        let mode = if terminal.is_configuring() { "c" } else { " " };
        call.say(format!(
            "{:<32} {mode} {level:<7} {:<16} {since}",
            terminal.user, terminal.tty
        ));
    }
    Reply::Done
}

/// Long names push the rest to the right (`staros-cli.md` 2.7).
pub fn contexts(call: &mut Call<'_>) -> Reply {
    let contexts = call.chassis.running.view().contexts.clone();
    call.say("Context Name    ContextID    State     Description");
    call.say("--------------- --------- ----------   ----------------------- ");
    for (number, name) in contexts.iter().enumerate() {
        call.say(format!("{name:<15} {:<12} Active    ", number + 1));
    }
    Reply::Done
}

/// Names are printed without `star` (`staros-cli.md` 2.11).
pub fn trap_history(call: &mut Call<'_>) -> Reply {
    let rows: Vec<String> = call
        .chassis
        .trap_history()
        .iter()
        .map(|trap| {
            let at = format::trap(&call.chassis.calendar(trap.at));
            let text = describe(trap);
            format!(
                "{at} Internal trap notification {} ({}){text}",
                trap.number, trap.name
            )
        })
        .collect();
    call.say(format!(
        "There are {} historical trap records (400 maximum)",
        rows.len()
    ));
    call.say("");
    call.say("Timestamp                Trap Information");
    call.say("------------------------ ----------------------------------------------------------");
    for row in rows {
        call.say(row);
    }
    Reply::Done
}

pub fn trap_statistics(call: &mut Call<'_>) -> Reply {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for trap in call.chassis.trap_history() {
        *counts.entry(trap.name).or_default() += 1;
    }
    call.say("Trap Name                                #Gen");
    call.say("---------------------------------------- -----");
    for (name, count) in counts {
        call.say(format!("{name:<40} {count:>5}"));
    }
    Reply::Done
}

/// One row a session manager: an idle emulated chassis is always `good`.
pub fn task_resources(call: &mut Call<'_>) -> Reply {
    let managers = call.chassis.profile.session_managers;
    let sessions = call.chassis.subscribers_total();
    let limit = call.chassis.profile.sessions.max(1) * 10;
    let each = |total: u64| total / u64::from(managers.max(1));
    let card = call
        .chassis
        .hardware
        .cards
        .iter()
        .find(|card| card.name.is_some())
        .map_or(1, |card| card.slot);
    call.say("                   task   cputime        memory     files      sessions");
    call.say("cpu facility      inst used  allc   used  alloc used allc  used  allc S status");
    call.say("----------------------- ----------- ------------- --------- ------------- ------");
    for instance in 1..=managers {
        let (used, allowed) = (each(sessions), each(limit));
        call.say(format!(
            " {card}/0 sessmgr {instance:>9} 0.9% 100% 71.20M 900.0M   28  500 {used:>5} {allowed:>5} I   good"
        ));
    }
    call.say(format!("Total {managers:>13}"));
    Reply::Done
}

fn describe(trap: &Trap) -> String {
    let mut text = String::new();
    for arg in &trap.args {
        let (name, value) = match arg {
            Arg::Text(name, value) => (name, value.clone()),
            Arg::Address(name, value) => (name, value.to_string()),
            Arg::Number(name, value) => (name, value.to_string()),
        };
        text.push_str(&format!(" {name} {value}"));
    }
    text
}
