//! Emulator and driver are strangers: no sentence, label or format is written in both.
//!
//! What they share could be wrong in both, and a rehearsal would prove nothing.

use std::collections::BTreeMap;

use crate::rules::Offences;
use crate::source::Source;

/// Shorter texts are single words, which a device's vocabulary forces on everybody.
const LONG: usize = 12;

/// What the device's own language forces on both: a keyword, or a command as it is typed.
fn is_spoken_to_the_device(text: &str) -> bool {
    let typed = |c: char| c.is_ascii_lowercase() || matches!(c, '-' | ' ');
    text.chars().all(typed) && (!text.contains(' ') || text.starts_with("show "))
}

/// Texts that stand in files of both rooms, outside tests.
pub fn shared_texts(sources: &[Source]) -> Offences {
    let mut places: BTreeMap<String, BTreeMap<&str, String>> = BTreeMap::new();
    for source in sources {
        let room = source.room();
        if !matches!(room, "device" | "emulator") || source.is_test() {
            continue;
        }
        for (line, text) in source.strings() {
            let text = text.trim().to_owned();
            if text.len() > LONG && !is_spoken_to_the_device(&text) {
                let place = format!("{}:{line}", source.path);
                places.entry(text).or_default().entry(room).or_insert(place);
            }
        }
    }
    let shared = places.iter().filter(|(_, rooms)| rooms.len() > 1);
    shared
        .map(|(text, rooms)| {
            let rooms: Vec<_> = rooms.values().map(String::as_str).collect();
            format!("{text:?} in {}", rooms.join(" and "))
        })
        .collect()
}
