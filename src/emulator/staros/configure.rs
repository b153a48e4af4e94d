//! Configuration mode: entering it under a lock, typing lines, leaving it (`staros-cli.md` 1.10).

use std::time::Duration;

use super::commands::{ARE_YOU_SURE, Call, Reply, Session, failure};
use super::config::{Applied, Mode, Path};
use super::grammar::{Misunderstood, split};
use crate::emulator::chassis::Chassis;
use crate::proto::Time;

/// How long `configure lock warn` gives the others.
const WARNING_TIME: Duration = Duration::from_secs(10);
/// starCLIConfigMode: somebody entered configuration mode.
const TRAP_CONFIG_MODE: u32 = 192;

pub fn shared(call: &mut Call<'_>) -> Reply {
    match call.chassis.config_lock.enter(call.session.terminal) {
        Ok(warning) => {
            if let Some(warning) = warning {
                call.say(warning);
            }
            entered(call);
            Reply::Done
        }
        Err(why) => call.fail(why),
    }
}

pub fn exclusive(call: &mut Call<'_>) -> Reply {
    match call
        .chassis
        .config_lock
        .enter_exclusively(call.session.terminal)
    {
        Ok(info) => {
            call.say(info);
            entered(call);
            Reply::Done
        }
        Err(why) => call.fail(why),
    }
}

pub fn exclusive_force(call: &mut Call<'_>) -> Reply {
    call.chassis.config_lock.expel_others(call.session.terminal);
    exclusive(call)
}

pub fn exclusive_warn(call: &mut Call<'_>) -> Reply {
    let own = call.session.terminal;
    if !call.chassis.config_lock.others_configure(own) {
        return exclusive(call);
    }
    call.chassis.config_lock.warn_others(own);
    call.say("please wait for this message to be sent to the other administrators......");
    Reply::AwaitLock(call.now + WARNING_TIME)
}

fn entered(call: &mut Call<'_>) {
    call.session.configuring = Some(Path::default());
    call.chassis
        .remember(call.now, TRAP_CONFIG_MODE, Vec::new());
}

/// Does one line in configuration mode; `out` gets what is printed.
pub fn line(
    chassis: &mut Chassis,
    session: &mut Session,
    now: Time,
    line: &str,
    confirmed: bool,
    out: &mut String,
) -> Reply {
    let Some(mut path) = session.configuring.clone() else {
        return Reply::Done;
    };
    let mut words = split(line);
    let confirmed = confirmed || words.last().is_some_and(|word| word == "-noconfirm");
    words.retain(|word| word != "-noconfirm");
    let bare = line.strip_suffix("-noconfirm").unwrap_or(line).trim_end();
    match words
        .first()
        .map(|word| word.to_ascii_lowercase())
        .as_deref()
    {
        None => return Reply::Done,
        Some(comment) if comment.starts_with('#') && comment != "#exit" => return Reply::Done,
        Some("exit" | "#exit") if words.len() == 1 => {
            return leave(chassis, session, now, false, out);
        }
        Some("end") if words.len() == 1 => return leave(chassis, session, now, true, out),
        _ => {}
    }
    if !confirmed && chassis.running.needs_confirmation(&path, bare) {
        return Reply::Ask(ARE_YOU_SURE);
    }
    match chassis.running.apply(&mut path, bare) {
        Ok(Applied::BootEntry(entry)) => report(chassis.boot_set(entry), out),
        Ok(Applied::NoBootEntry(priority)) => report(chassis.boot_delete(priority), out),
        Ok(Applied::Changed | Applied::Entered) => {
            session.configuring = Some(path);
            chassis.configuration_changed(now);
        }
        Err(text) => {
            out.push_str(&text);
            out.push('\n');
        }
    }
    Reply::Done
}

/// The keywords that may come next (`?`, Tab).
///
/// # Errors
///
/// The text to print.
pub fn next(path: &Path, words: &[String], prefix: &str) -> Result<Vec<String>, Misunderstood> {
    let net = path.mode().net();
    let (words, negated) = match words.split_first() {
        Some((no, rest)) if no.eq_ignore_ascii_case("no") => (rest, true),
        _ => (words, false),
    };
    let mut next = net.next(words, prefix, &|_| true)?;
    if words.is_empty() && !negated {
        let more = ["end", "exit", "no"].into_iter();
        next.extend(
            more.filter(|word| word.starts_with(prefix))
                .map(str::to_owned),
        );
        next.sort();
        next.dedup();
    }
    Ok(next)
}

/// One level up, or all the way. The SRP block is checked on the way out (SRP-16).
fn leave(
    chassis: &mut Chassis,
    session: &mut Session,
    now: Time,
    all: bool,
    out: &mut String,
) -> Reply {
    let Some(path) = &mut session.configuring else {
        return Reply::Done;
    };
    let view = chassis.running.view();
    if let (Mode::Srp, Some(srp)) = (path.mode(), &view.srp)
        && srp.dead < 3 * srp.hello
    {
        let (dead, hello) = (srp.dead.as_secs(), srp.hello.as_secs());
        let why = format!(
            "dead-interval ({dead}) must be at least three times the hello-interval ({hello})"
        );
        out.push_str(&failure(&why));
        out.push('\n');
        return Reply::Done;
    }
    if all || !path.leave() {
        session.configuring = None;
        chassis.config_lock.leave(session.terminal);
        chassis.configuration_changed(now);
    }
    Reply::Done
}

fn report(result: Result<(), String>, out: &mut String) {
    if let Err(why) = result {
        out.push_str(&failure(&why));
        out.push('\n');
    }
}
