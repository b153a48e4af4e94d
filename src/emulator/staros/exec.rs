//! Exec commands that do something.

use super::super::flash::{is_local, key};
use super::super::jobs::Job;
use super::commands::{ARE_YOU_SURE, ARE_YOU_SURE_SHORT, Awaited, Call, Reply};
use super::lock;
use crate::proto::srp;

/// Columns a terminal can be told to have (`staros-cli.md` 1.2).
const WIDEST: u16 = 512;

pub fn exit(_: &mut Call<'_>) -> Reply {
    Reply::Close
}

/// `end` in Exec mode is already where it leads to.
pub fn nothing(_: &mut Call<'_>) -> Reply {
    Reply::Done
}

pub fn terminal_length(call: &mut Call<'_>) -> Reply {
    match call.matched.value("lines").parse() {
        Ok(lines) => call.session.length = lines,
        Err(_) => return call.fail("terminal length must be 0 to 65535"),
    }
    Reply::Done
}

pub fn terminal_width(call: &mut Call<'_>) -> Reply {
    match call.matched.value("columns").parse() {
        Ok(columns) if columns <= WIDEST => call.session.width = columns,
        _ => return call.fail(format!("terminal width must be 0 to {WIDEST}")),
    }
    Reply::Done
}

pub fn timestamps_on(call: &mut Call<'_>) -> Reply {
    call.session.timestamps = true;
    Reply::Done
}

pub fn timestamps_off(call: &mut Call<'_>) -> Reply {
    call.session.timestamps = false;
    Reply::Done
}

pub fn autoconfirm_on(call: &mut Call<'_>) -> Reply {
    call.session.autoconfirm = true;
    Reply::Done
}

pub fn autoconfirm_off(call: &mut Call<'_>) -> Reply {
    call.session.autoconfirm = false;
    Reply::Done
}

/// Moves the session to another context; an unknown name changes nothing.
pub fn context(call: &mut Call<'_>) -> Reply {
    let name = call.matched.value("name").to_owned();
    if !call.chassis.running.view().contexts.contains(&name) {
        return call.fail(format!("Unknown context '{name}'"));
    }
    call.session.context = name;
    Reply::Done
}

/// Of all hosts only the SRP peer answers, while the connection to it stands.
pub fn ping(call: &mut Call<'_>) -> Reply {
    let host = call.matched.value("host").to_owned();
    let count: u32 = call
        .matched
        .get("count")
        .and_then(|count| count.parse().ok())
        .unwrap_or(5);
    let peer = call
        .chassis
        .srp_endpoint()
        .map(|endpoint| endpoint.peer.to_string());
    let connected = |srp: &srp::Peer| srp.connection() == srp::Connection::Connected;
    let answers = peer.as_ref() == Some(&host) && call.chassis.srp().is_some_and(connected);
    call.say(format!("PING {host} ({host}): 56 data bytes"));
    let heard = if answers { count } else { 0 };
    for sequence in 1..=heard {
        call.say(format!(
            "64 bytes from {host}: icmp_seq={sequence} ttl=255 time=0.4 ms"
        ));
    }
    call.say(format!("--- {host} ping statistics ---"));
    let lost = if answers { 0 } else { 100 };
    call.say(format!(
        "{count} packets transmitted, {heard} packets received, {lost}% packet loss"
    ));
    Reply::Done
}

/// `copy FROM TO [-noconfirm]`; asks before it overwrites (`staros-cli.md` 1.8, 3.8).
pub fn copy(call: &mut Call<'_>) -> Reply {
    let from = call.matched.value("from").to_owned();
    let to = call.matched.value("to").to_owned();
    if call.must_ask() && exists(call, &to) {
        return Reply::Ask(ARE_YOU_SURE);
    }
    start(call, Job::Copy { from, to }, Awaited::Copy)
}

pub fn delete(call: &mut Call<'_>) -> Reply {
    let file = call.matched.value("file").to_owned();
    if !exists(call, &file) {
        return call.fail(format!("{file}: No such file or directory"));
    }
    if call.must_ask() {
        return Reply::Ask(ARE_YOU_SURE);
    }
    let result = call.chassis.delete_file(&file);
    if result.is_ok() {
        call.say(format!("File {file} removed"));
    }
    call.outcome(result)
}

/// `filesystem synchronize all [checkonly]` (`staros-cli.md` 3.9).
pub fn synchronize(call: &mut Call<'_>) -> Reply {
    let check_only = call.matched.has("checkonly");
    if call.chassis.flash.len() < 2 {
        call.say("Info: This platform has no standby management card, nothing to synchronize");
        return Reply::Done;
    }
    let job = Job::Synchronize { check_only };
    start(call, job, Awaited::Synchronize { check_only })
}

/// `save configuration URL …` (`staros-cli.md` 1.10, 3.10).
pub fn save(call: &mut Call<'_>) -> Reply {
    let path = call.matched.value("url").to_owned();
    let ignore = call.matched.has("ignore-locks");
    let (own, lock) = (call.session.terminal, &call.chassis.config_lock);
    let (locked, shared) = (lock.is_locked_for(own), lock.others_configure(own));
    if locked && !ignore {
        return call.fail(lock::LOCKED);
    }
    if call.must_ask() {
        if shared && !ignore {
            call.say(lock::SHARED_WARNING);
            return Reply::Ask(ARE_YOU_SURE_SHORT);
        }
        if exists(call, &path) {
            if call.chassis.boot_config_path() == path {
                call.say(format!(
                    "Warning: {path} is the configuration this system has booted with"
                ));
            }
            call.say(format!(
                "Warning: {path} already exists and will be overwritten"
            ));
            return Reply::Ask(ARE_YOU_SURE);
        }
    }
    if locked {
        call.say("Warning: Ignoring the configuration mode lock held by another administrator");
    }
    if call.matched.has("obsolete-encryption") {
        call.say("Warning: Use of weaker encryption significantly reduces the security of the saved secrets");
    }
    let running = &call.chassis.running;
    let text = if call.matched.has("showsecrets") {
        running.render_with_secrets()
    } else {
        running.render()
    };
    let redundant = call.matched.has("-redundant");
    start(
        call,
        Job::Save {
            path,
            text,
            redundant,
        },
        Awaited::Save,
    )
}

pub fn reload(call: &mut Call<'_>) -> Reply {
    if call.must_ask() {
        return Reply::Ask(ARE_YOU_SURE);
    }
    call.chassis.reload(call.now);
    Reply::Reload
}

pub fn srp_validate_configuration(call: &mut Call<'_>) -> Reply {
    let result = call.chassis.srp_validate_configuration(call.now);
    call.outcome(result)
}

pub fn srp_validate_switchover(call: &mut Call<'_>) -> Reply {
    let result = call.chassis.srp_validate_switchover(call.now);
    call.outcome(result)
}

/// `srp initiate-switchover [force]` (`staros-cli.md` 4.8).
pub fn srp_initiate_switchover(call: &mut Call<'_>) -> Reply {
    if call.must_ask() {
        return Reply::Ask(ARE_YOU_SURE);
    }
    let force = call.matched.has("force");
    let result = call.chassis.srp_initiate_switchover(call.now, force);
    call.outcome(result)
}

pub fn srp_terminate_post_process(call: &mut Call<'_>) -> Reply {
    let result = call.chassis.srp_terminate_post_process(call.now);
    call.outcome(result)
}

/// External audits are not part of the emulated protocol: refused, not faked.
pub fn srp_initiate_audit(call: &mut Call<'_>) -> Reply {
    call.fail("External audit is not available on this system")
}

/// `srp reset-auth-probe-fail`, `srp reset-diameter-fail`: no monitor of the emulated chassis keeps
/// failure information yet, so there is nothing to reset.
pub fn srp_reset(call: &mut Call<'_>) -> Reply {
    if call.chassis.running.view().srp.is_none() {
        return call.fail("Service Redundancy Protocol is not configured");
    }
    Reply::Done
}

fn exists(call: &Call<'_>, url: &str) -> bool {
    let flash = call.chassis.flash.first();
    is_local(url) && flash.is_some_and(|flash| flash.files.contains_key(key(url)))
}

fn start(call: &mut Call<'_>, job: Job, awaited: Awaited) -> Reply {
    match call.chassis.start_job(call.now, job) {
        Ok(id) => Reply::Wait(id, awaited),
        Err(why) => call.fail(why),
    }
}
