//! `show card table`: is the hardware there and working? (`staros-cli.md` 2.1)

use serde::Serialize;

use super::text::{Text, Unparsed, cell, given};

/// The cards of a chassis, empty slots included.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CardTable {
    pub cards: Vec<Card>,
}

/// One slot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Card {
    pub slot: u32,
    /// The letters behind the slot, such as `DPC`; empty when there are none.
    pub kind: String,
    /// `None` in an empty slot.
    pub card_type: Option<String>,
    pub state: State,
    /// Single point of failure; `None` where that makes no sense.
    pub spof: Option<bool>,
    pub attach: Option<String>,
}

/// What a card does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    Active,
    Standby,
    Offline,
    /// `-`: nothing there to have a state.
    Empty,
    /// On its way to a state: Booting, Ready, Starting, Initializing, Migrate …
    Changing(String),
    /// A word we do not know; never healthy.
    Other(String),
}

/// Reads `show card table [all]`. The two column widths in the field come from the rule line.
pub fn parse(text: &str) -> Result<CardTable, Unparsed> {
    let text = Text::accepted("show card table", text)?;
    let table = text
        .table()
        .ok_or_else(|| text.missing("a table under `Slot`"))?;
    let [slot, kind, state, spof, attach] = table.columns.as_slice() else {
        return Err(text.missing("the columns Slot, Card Type, Oper State, SPOF and Attach"));
    };
    let mut cards = Vec::new();
    for &(at, line) in &table.rows {
        let Some((number, letters)) = cell(line, slot).split_once(':') else {
            continue;
        };
        let number = number
            .trim()
            .parse()
            .map_err(|_| text.wrong("a slot number", line, at))?;
        let spof = match cell(line, spof).to_ascii_lowercase().as_str() {
            "yes" => Some(true),
            "no" => Some(false),
            "-" | "" => None,
            _ => return Err(text.wrong("Yes, No or - under SPOF", line, at)),
        };
        let state = match cell(line, state) {
            "" => return Err(text.wrong("a word under Oper State", line, at)),
            word => state_of(word),
        };
        cards.push(Card {
            slot: number,
            kind: letters.trim().to_owned(),
            card_type: given(cell(line, kind)).map(str::to_owned),
            state,
            spof,
            attach: given(cell(line, attach)).map(str::to_owned),
        });
    }
    if cards.is_empty() {
        return Err(text.missing("at least one slot"));
    }
    Ok(CardTable { cards })
}

impl CardTable {
    /// What is not as it should be. Read from the whole table: a `grep offline` finds no `Offline`
    /// and would pass a broken chassis (trap 1).
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        for card in &self.cards {
            let name = card.name();
            let unknown = card.card_type.as_deref().is_some_and(|kind| {
                let kind = kind.to_ascii_lowercase();
                kind.contains("unknown") || kind.contains("unsupported")
            });
            if unknown {
                problems.push(format!("{name} is not known to this software"));
            }
            match &card.state {
                State::Active | State::Standby => {}
                State::Empty if card.card_type.is_none() => {}
                State::Empty => problems.push(format!("{name} has no state")),
                State::Offline => problems.push(format!("{name} is Offline")),
                State::Changing(word) | State::Other(word) => {
                    problems.push(format!("{name} is {word}"));
                }
            }
            if card.spof == Some(true) {
                problems.push(format!("{name} is a single point of failure"));
            }
        }
        if !self.cards.iter().any(|card| card.state == State::Active) {
            problems.push("no card is Active".to_owned());
        }
        problems
    }

    /// Cards that are still on their way after a boot.
    pub fn unsettled(&self) -> Vec<&Card> {
        (self.cards.iter())
            .filter(|card| matches!(card.state, State::Changing(_)))
            .collect()
    }
}

impl Card {
    fn name(&self) -> String {
        let kind = if self.kind.is_empty() {
            "no kind"
        } else {
            &self.kind
        };
        format!("card {} ({kind})", self.slot)
    }
}

fn state_of(word: &str) -> State {
    let lower = word.to_ascii_lowercase();
    match lower.as_str() {
        "active" => State::Active,
        "standby" => State::Standby,
        "offline" => State::Offline,
        "-" => State::Empty,
        "booting" | "ready" | "starting" | "initializing" => State::Changing(word.to_owned()),
        _ if lower.starts_with("migrate") => State::Changing(word.to_owned()),
        _ => State::Other(word.to_owned()),
    }
}
