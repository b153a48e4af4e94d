//! `show configuration …` (`staros-cli.md` 3.10, 4.9).

use super::super::flash::{Content, key};
use super::commands::{Call, Reply};

/// `show configuration [showsecrets] [verbose]`
pub fn all(call: &mut Call<'_>) -> Reply {
    let running = &call.chassis.running;
    let text = if call.matched.has("showsecrets") {
        running.render_with_secrets()
    } else {
        running.render()
    };
    call.out.push_str(&text);
    Reply::Done
}

/// `show configuration srp`
pub fn srp(call: &mut Call<'_>) -> Reply {
    let text = call.chassis.running.render_srp();
    call.out.push_str(&text);
    Reply::Done
}

/// `show configuration context X`
pub fn context(call: &mut Call<'_>) -> Reply {
    let name = call.matched.value("name").to_owned();
    let text = call.chassis.running.render_context(&name);
    if text.is_empty() {
        return call.fail(format!("Unknown context '{name}'"));
    }
    call.out.push_str(&text);
    Reply::Done
}

/// `show configuration url URL`: the text of a file.
pub fn url(call: &mut Call<'_>) -> Reply {
    let url = call.matched.value("url").to_owned();
    let file = call
        .chassis
        .flash
        .first()
        .and_then(|flash| flash.files.get(key(&url)));
    match file.map(|file| &file.content) {
        Some(Content::Text(text)) => {
            let text = text.clone();
            call.out.push_str(&text);
            Reply::Done
        }
        Some(_) => call.fail(format!("{url} is not a configuration file")),
        None => call.fail(format!("{url}: No such file or directory")),
    }
}

/// `show configuration checksum`
pub fn checksum(call: &mut Call<'_>) -> Reply {
    let checksum = call.chassis.running.checksum();
    call.say(format!("Configuration checksum: {checksum}"));
    Reply::Done
}
