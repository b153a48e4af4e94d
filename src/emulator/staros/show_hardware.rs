//! Cards and alarms (`staros-cli.md` 2.1, 2.3, 2.9).

use super::super::hardware::{Card, CardKind, CardState, Severity};
use super::commands::{Call, Reply};
use super::format;

/// `show card table [all]`
pub fn card_table(call: &mut Call<'_>) -> Reply {
    let all = call.matched.has("all");
    let cards = call.chassis.hardware.cards.clone();
    call.say(format!(
        "{:<11}  {:<38}  {:<13}  {:<4}  Attach",
        "Slot", "Card Type", "Oper State", "SPOF"
    ));
    let rule = |width: usize| "-".repeat(width);
    call.say(format!(
        "{}  {}  {}  {}  {}",
        rule(11),
        rule(38),
        rule(13),
        rule(4),
        rule(6)
    ));
    for card in cards
        .iter()
        .filter(|card| all || card.name.is_some() || card.kind == CardKind::Packet)
    {
        let slot = format!("{:>2}: {}", card.slot, card.letters);
        let name = card.name.as_deref().unwrap_or("None");
        let state = state_word(card.state);
        let spof = single_point_of_failure(card, &cards);
        call.say(format!(
            "{slot:<11}  {name:<38}  {state:<13}  {spof:<4}        "
        ));
    }
    Reply::Done
}

/// `show card info [N]`
pub fn card_info(call: &mut Call<'_>) -> Reply {
    let wanted: Option<u8> = call.matched.get("slot").and_then(|slot| slot.parse().ok());
    let cards = call.chassis.hardware.cards.clone();
    let present = |card: &&Card| card.name.is_some() && wanted.is_none_or(|slot| slot == card.slot);
    let mut cards = cards.iter().filter(present).peekable();
    if cards.peek().is_none() {
        return call.fail("No card in this slot");
    }
    for card in cards {
        call.say(format!("Card {}:", card.slot));
        call.say(format!("  Slot Type               : {}", card.letters));
        call.say(format!(
            "  Card Type               : {}",
            card.name.as_deref().unwrap_or("None")
        ));
        call.say(format!(
            "  Operational State       : {}",
            state_word(card.state)
        ));
    }
    Reply::Done
}

/// `show card hardware`
pub fn card_hardware(call: &mut Call<'_>) -> Reply {
    let cards = call.chassis.hardware.cards.clone();
    for card in cards.iter().filter(|card| card.name.is_some()) {
        call.say(format!("Card {}:", card.slot));
        call.say(format!(
            "  Card Type               : {}",
            card.name.as_deref().unwrap_or("None")
        ));
        call.say("  Card Programmables      : up to date");
    }
    Reply::Done
}

/// `show hd raid`
pub fn raid(call: &mut Call<'_>) -> Reply {
    call.say("HD RAID:");
    call.say("  State                   : Available (clean)");
    call.say("  Degraded                : No");
    Reply::Done
}

/// `show alarm outstanding [all|verbose]`
pub fn alarm_outstanding(call: &mut Call<'_>) -> Reply {
    alarm_table(call);
    Reply::Done
}

/// `show alarm all`
pub fn alarm_all(call: &mut Call<'_>) -> Reply {
    call.say("Facility Alarm Information:");
    call.say("  Audible Alarm OFF");
    alarm_counts(call);
    let last = call
        .chassis
        .hardware
        .alarms
        .iter()
        .map(|alarm| alarm.since)
        .max();
    let last = last.map_or("Never".to_owned(), |at| {
        format::long(&call.chassis.calendar(at))
    });
    call.say(format!("  Last Alarm Received: {last}"));
    call.say("Outstanding Alarms:");
    alarm_table(call);
    Reply::Done
}

/// `show alarm statistics`
pub fn alarm_statistics(call: &mut Call<'_>) -> Reply {
    alarm_counts(call);
    Reply::Done
}

fn alarm_counts(call: &mut Call<'_>) {
    let alarms = &call.chassis.hardware.alarms;
    let count = |severity| {
        alarms
            .iter()
            .filter(|alarm| alarm.severity == severity)
            .count()
    };
    let (critical, major) = (count(Severity::Critical), count(Severity::Major));
    let (minor, total) = (count(Severity::Minor), alarms.len());
    call.say("Alarm Statistics:");
    // The device forgets cleared alarms at a reload; so does this one, at once.
    for title in ["Current Outstanding Alarms", "Cumulative Totals"] {
        call.say(format!("  {title}:"));
        for (label, number) in [
            ("Total", total),
            ("Critical", critical),
            ("Major", major),
            ("Minor", minor),
        ] {
            call.say(format!("    {label:<10}: {number}"));
        }
    }
}

fn alarm_table(call: &mut Call<'_>) {
    let alarms = call.chassis.hardware.alarms.clone();
    call.say("Sev Object          Event");
    call.say(
        "--- ----------      ----------------------------------------------------------------",
    );
    for alarm in alarms {
        let severity = match alarm.severity {
            Severity::Minor => "MN",
            Severity::Major => "MJ",
            Severity::Critical => "CR",
        };
        call.say(format!("{severity}  {:<15} {}", alarm.object, alarm.text));
    }
}

/// The word of the `Oper State` column.
fn state_word(state: CardState) -> &'static str {
    match state {
        CardState::Empty => "-",
        CardState::Offline => "Offline",
        CardState::Booting => "Booting",
        CardState::Starting => "Starting",
        CardState::Standby => "Standby",
        CardState::Active => "Active",
    }
}

/// `Yes` for an active card that no standby card of its kind could replace.
fn single_point_of_failure(card: &Card, cards: &[Card]) -> &'static str {
    if card.state != CardState::Active {
        return "-";
    }
    let of_kind = || {
        cards
            .iter()
            .filter(|other| other.kind == card.kind && other.letters == card.letters)
    };
    match card.kind {
        CardKind::Management | CardKind::Packet if of_kind().count() == 1 => "-",
        CardKind::Management | CardKind::Packet => {
            let standby = of_kind().any(|other| other.state == CardState::Standby);
            if standby { "No" } else { "Yes" }
        }
        CardKind::Fabric | CardKind::Status => "No",
    }
}
