//! What a command that a playbook types itself would do, as far as its first words tell.
//!
//! `command` and `configure` carry whatever a playbook says. They must not become a way around the
//! verbs that prove a chassis safe first: a `reload` typed by hand asks nobody whether subscribers
//! are on it (INV-4), and a switchover typed by hand knows no parity and takes `force` (INV-8).

/// What typing it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It only shows something.
    Reads,
    /// It may change something: an intent comes before it, and it is never repeated.
    Changes,
    /// There is a verb for it, which proves first that it is safe; it is not typed otherwise.
    HasVerb(&'static str),
}

/// What an exec command does. Keywords may be shortened and written in any case
/// (`staros-cli.md` 1.7); what is not known to read is taken to change something.
pub fn command(run: &str) -> Effect {
    let lower = run.to_ascii_lowercase();
    let words: Vec<&str> = lower.split_whitespace().collect();
    let word = |at: usize| words.get(at).copied().unwrap_or_default();
    if short(word(0), "reload", 2) {
        return Effect::HasVerb("reload");
    }
    if short(word(0), "srp", 2) {
        return match word(1) {
            second if short(second, "initiate-switchover", 1) => Effect::HasVerb("srp_switchover"),
            second if second.starts_with("validate-") => Effect::Reads,
            _ => Effect::Changes,
        };
    }
    let reads = [
        ("show", 2),
        ("directory", 3),
        ("ping", 4),
        ("traceroute", 5),
    ];
    match reads
        .iter()
        .any(|(full, least)| short(word(0), full, *least))
    {
        true => Effect::Reads,
        false => Effect::Changes,
    }
}

/// What a configuration line does.
pub fn line(line: &str) -> Effect {
    let lower = line.to_ascii_lowercase();
    let mut words = lower
        .split_whitespace()
        .skip_while(|word| *word == "no" || *word == "do");
    let (first, second) = (
        words.next().unwrap_or_default(),
        words.next().unwrap_or_default(),
    );
    if short(first, "boot", 2) && short(second, "system", 1) {
        return Effect::HasVerb("boot_stack");
    }
    match command(lower.trim_start_matches("do ")) {
        Effect::HasVerb(verb) => Effect::HasVerb(verb),
        _ => Effect::Changes,
    }
}

/// Whether `word` is `full` or a beginning of it with at least `least` letters.
fn short(word: &str, full: &str, least: usize) -> bool {
    word.len() >= least && full.starts_with(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inv_4_a_reload_is_known_however_it_is_written() {
        for run in ["reload", "reload -noconfirm", "RELOAD", "rel -n", "  reloa"] {
            assert_eq!(command(run), Effect::HasVerb("reload"), "{run}");
        }
        for run in [
            "srp initiate-switchover force",
            "srp init",
            "SRP I -noconfirm",
        ] {
            assert_eq!(command(run), Effect::HasVerb("srp_switchover"), "{run}");
        }
    }

    #[test]
    fn what_is_not_known_to_read_changes() {
        for run in [
            "show srp info",
            "sh ver",
            "dir /flash",
            "srp validate-switchover",
        ] {
            assert_eq!(command(run), Effect::Reads, "{run}");
        }
        for run in [
            "delete /flash/x",
            "copy a b",
            "srp terminate-post-process",
            "clear x",
            "",
        ] {
            assert_eq!(command(run), Effect::Changes, "{run}");
        }
    }

    #[test]
    fn inv_23_boot_entries_have_a_verb_of_their_own() {
        for text in [
            "boot system priority 1 image x config y",
            "no boot system priority 10",
            "no boo sys",
        ] {
            assert_eq!(line(text), Effect::HasVerb("boot_stack"), "{text}");
        }
        assert_eq!(line("do reload"), Effect::HasVerb("reload"));
        assert_eq!(line("context local"), Effect::Changes);
    }
}
