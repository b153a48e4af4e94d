//! The rules. Each takes files and returns offences, so that each can be shown to fail.

use proc_macro2::{Delimiter, TokenTree};

use crate::source::{Named, Source, each};

/// The rooms from the ground up; a room imports only from rooms before it.
const FLOORS: [&str; 11] = [
    "wire",
    "mib",
    "proto",
    "net",
    "device",
    "emulator",
    "action",
    "playbook",
    "engine",
    "report",
    "rehearsal",
];
const ROOF: &str = "cli";

/// Rooms below the network: bytes, names and machines, which are handed the time.
const BELOW_NET: [&str; 3] = ["wire", "mib", "proto"];

/// What has no place below the network.
const WORLD: [&str; 10] = [
    "tokio",
    "russh",
    "rand",
    "getrandom",
    "std::thread",
    "std::process",
    "std::env",
    "std::net::TcpStream",
    "std::net::TcpListener",
    "std::net::UdpSocket",
];

/// Where sockets of the machine may be opened.
const SOCKETS: [&str; 2] = ["src/net/sockets.rs", "src/net/loopback.rs"];
const SOCKET_TYPES: [&str; 4] = [
    "tokio::net",
    "std::net::TcpStream",
    "std::net::TcpListener",
    "std::net::UdpSocket",
];

const CLOCK: &str = "src/net/clock.rs";
/// Reads of a clock, and waits, that a rehearsal in virtual time could not hold.
const CLOCK_READS: [&str; 6] = [
    "std::time::Instant",
    "std::time::SystemTime",
    "std::thread::sleep",
    "jiff::Timestamp::now",
    "jiff::Zoned::now",
    "jiff::tz::TimeZone::system",
];

/// Waiting goes through the clock too, so that there is one place to make it virtual or fast.
const WAITS: [&str; 3] = [
    "tokio::time::sleep",
    "tokio::time::sleep_until",
    "tokio::time::interval",
];
/// What waits as the network does, for packets under way, and for other terminals.
const WAITERS: [&str; 2] = ["net", "cli"];

/// Our traits; a third seam needs a better reason than a test double.
const TRAITS: [&str; 2] = ["Duplex", "Network"];

const LINES: usize = 450;

/// `file:line: what`, or `file: what`.
pub type Offences = Vec<String>;

fn at(source: &Source, named: &Named, what: &str) -> String {
    format!("{}:{}: {} {what}", source.path, named.line, named.text())
}

fn rank(room: &str) -> Option<usize> {
    let floors = FLOORS.iter().chain([&ROOF]);
    floors.clone().position(|floor| *floor == room)
}

/// Imports go down only; device and emulator never meet but in the rehearsal room, and the roof
/// reaches the emulator only through it.
pub fn imports_go_down(sources: &[Source]) -> Offences {
    let mut offences = Vec::new();
    for source in sources {
        let room = source.room();
        if matches!(room, "lib" | "main") {
            continue;
        }
        let Some(mine) = rank(room) else {
            offences.push(format!("{}: `{room}` is no room of the house", source.path));
            continue;
        };
        for named in source.paths.iter().filter(|named| named.is_below("crate")) {
            let Some(other) = named.segments.get(1) else {
                continue;
            };
            let Some(theirs) = rank(other) else { continue };
            if theirs > mine {
                offences.push(at(source, named, "goes up"));
            }
            let meets = match other.as_str() {
                "emulator" => !matches!(room, "emulator" | "rehearsal"),
                "device" => room == "emulator",
                _ => false,
            };
            if meets && theirs <= mine {
                offences.push(at(
                    source,
                    named,
                    "joins emulator and driver outside `rehearsal`",
                ));
            }
        }
    }
    offences
}

/// Below the network nothing moves by itself.
pub fn below_net_is_pure(sources: &[Source]) -> Offences {
    banned(sources, &WORLD, "has no place below `net`", |source| {
        !BELOW_NET.contains(&source.room())
    })
}

/// Bytes leave the process in two files.
pub fn sockets_are_opened_in_net(sources: &[Source]) -> Offences {
    banned(
        sources,
        &SOCKET_TYPES,
        "opens a socket outside `net`",
        |source| SOCKETS.contains(&source.path.as_str()),
    )
}

/// Time comes from one place.
pub fn time_comes_from_the_clock(sources: &[Source]) -> Offences {
    let mut offences = banned(
        sources,
        &CLOCK_READS,
        "is read outside the clock",
        |source| source.path == CLOCK,
    );
    offences.extend(banned(sources, &WAITS, "waits past the clock", |source| {
        WAITERS.contains(&source.room()) || source.is_test()
    }));
    offences
}

/// Maps whose order is chance are not used at all: then nobody can iterate one.
pub fn maps_are_ordered(sources: &[Source]) -> Offences {
    words(sources, |word, _| {
        matches!(word, "HashMap" | "HashSet" | "RandomState" | "DashMap")
    })
}

/// Counting allocations takes an allocator, and an allocator takes `unsafe`.
const ALLOCATORS: [&str; 1] = ["tests/chassis_memory.rs"];

/// Nothing is unsafe but what cannot be otherwise.
pub fn nothing_is_unsafe(sources: &[Source]) -> Offences {
    let mut offences = words(sources, |word, _| word == "unsafe");
    offences.retain(|offence| !ALLOCATORS.iter().any(|path| offence.starts_with(path)));
    offences
}

/// Nothing unfinished, nothing silenced.
pub fn nothing_is_left_or_silenced(sources: &[Source]) -> Offences {
    let mut offences = words(sources, |word, next| {
        let called = matches!(next, Some(TokenTree::Punct(mark)) if mark.as_char() == '!');
        called && matches!(word, "todo" | "unimplemented" | "dbg")
    });
    for source in sources {
        each(&source.tokens, &mut |tokens, at| {
            let hash = matches!(&tokens[at], TokenTree::Punct(mark) if mark.as_char() == '#');
            let inner =
                matches!(tokens.get(at + 1), Some(TokenTree::Punct(mark)) if mark.as_char() == '!');
            let Some(TokenTree::Group(group)) = tokens.get(at + 1 + usize::from(inner)) else {
                return;
            };
            if !hash || group.delimiter() != Delimiter::Bracket {
                return;
            }
            if let Some(TokenTree::Ident(word)) = group.stream().into_iter().next()
                && ["allow", "expect", "ignore"]
                    .iter()
                    .any(|silencer| word == silencer)
            {
                let line = word.span().start().line;
                offences.push(format!("{}:{line}: #[{word}]", source.path));
            }
        });
    }
    offences
}

/// Which branch is taken when two are ready must not be chance.
pub fn every_select_is_biased(sources: &[Source]) -> Offences {
    let mut offences = Vec::new();
    for source in sources {
        each(&source.tokens, &mut |tokens, at| {
            let TokenTree::Ident(word) = &tokens[at] else {
                return;
            };
            let called =
                matches!(tokens.get(at + 1), Some(TokenTree::Punct(mark)) if mark.as_char() == '!');
            let Some(TokenTree::Group(body)) = tokens.get(at + 2) else {
                return;
            };
            if word != "select" || !called {
                return;
            }
            if body
                .stream()
                .into_iter()
                .next()
                .is_none_or(|first| first.to_string() != "biased")
            {
                let line = word.span().start().line;
                offences.push(format!("{}:{line}: select! without `biased;`", source.path));
            }
        });
    }
    offences
}

/// A file is read in one go, and says first what it is for.
pub fn files_are_short_and_say_why(sources: &[Source]) -> Offences {
    let mut offences = Vec::new();
    for source in sources {
        if source.lines > LINES {
            let lines = source.lines;
            offences.push(format!("{}: {lines} lines; split it by theme", source.path));
        }
        let needs_words = !source.is_test() && source.path != "src/main.rs";
        if needs_words && !source.first_line.starts_with("//!") {
            offences.push(format!(
                "{}: begins without saying why it exists",
                source.path
            ));
        }
    }
    offences
}

/// A name that says nothing gathers everything.
pub fn no_room_for_odds_and_ends(sources: &[Source]) -> Offences {
    let vague = [
        "util", "utils", "helper", "helpers", "misc", "common", "shared",
    ];
    let of = |source: &Source| {
        let name = source.path.trim_end_matches(".rs").to_owned();
        name.split('/')
            .any(|part| vague.contains(&part))
            .then(|| format!("{}: says nothing", source.path))
    };
    sources.iter().filter_map(of).collect()
}

/// The seams are few.
pub fn our_traits_are_few(sources: &[Source]) -> Offences {
    let mut offences = Vec::new();
    for source in sources {
        source.each_identifier(|word, next| {
            if word == "trait"
                && let Some(TokenTree::Ident(name)) = next
                && !TRAITS.iter().any(|known| name == known)
            {
                let line = name.span().start().line;
                offences.push(format!("{}:{line}: trait {name}", source.path));
            }
        });
    }
    offences
}

/// The print macros panic when nobody reads, and a run must not end because a terminal went away.
pub fn nobody_prints_past_a_lost_reader(sources: &[Source]) -> Offences {
    let macros = ["print", "println", "eprint", "eprintln"];
    words(sources, |word, next| {
        let called = matches!(next, Some(TokenTree::Punct(mark)) if mark.as_char() == '!');
        called && macros.contains(&word)
    })
}

fn banned(
    sources: &[Source],
    heads: &[&str],
    why: &str,
    exempt: impl Fn(&Source) -> bool,
) -> Offences {
    let mut offences = Vec::new();
    for source in sources.iter().filter(|source| !exempt(source)) {
        for named in &source.paths {
            if heads.iter().any(|head| named.is_below(head)) {
                offences.push(at(source, named, why));
            }
        }
    }
    offences
}

fn words(sources: &[Source], banned: impl Fn(&str, Option<&TokenTree>) -> bool) -> Offences {
    let mut offences = Vec::new();
    for source in sources {
        source.each_identifier(|word, next| {
            if banned(&word.to_string(), next) {
                let line = word.span().start().line;
                offences.push(format!("{}:{line}: {word}", source.path));
            }
        });
    }
    offences
}
