//! `show context`: the contexts to visit for checks that live in one (`staros-cli.md` 2.7).

use serde::Serialize;

use super::text::{Text, Unparsed};

/// The contexts of a chassis.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Contexts {
    pub contexts: Vec<Context>,
}

/// One context.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Context {
    pub name: String,
    pub id: u32,
    pub state: String,
    pub description: Option<String>,
}

/// Reads `show context`. Long names push the other columns to the right, so rows are split on
/// blanks.
pub fn parse(text: &str) -> Result<Contexts, Unparsed> {
    let text = Text::accepted("show context", text)?;
    let table = text
        .table()
        .ok_or_else(|| text.missing("a table under `Context Name`"))?;
    let mut contexts = Vec::new();
    for &(at, line) in &table.rows {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            [] => {}
            [name, id, state, rest @ ..] => contexts.push(Context {
                name: (*name).to_owned(),
                id: id
                    .parse()
                    .map_err(|_| text.wrong("a ContextID", line, at))?,
                state: (*state).to_owned(),
                description: (!rest.is_empty()).then(|| rest.join(" ")),
            }),
            _ => return Err(text.wrong("a context with its number and state", line, at)),
        }
    }
    if contexts.is_empty() {
        return Err(text.missing("at least the context `local`"));
    }
    Ok(Contexts { contexts })
}
