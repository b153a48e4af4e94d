//! Help at the cursor: `?` and Tab.

use super::Shell;
use super::output::print;
use crate::emulator::chassis::Chassis;
use crate::emulator::staros::grammar::split;
use crate::emulator::staros::{commands, configure};

impl Shell {
    /// `?`: what may come next, then the line again.
    pub(super) fn help(&mut self, text: &str, chassis: &Chassis, out: &mut Vec<u8>) {
        out.extend(b"?\r\n");
        match self.candidates(text, chassis) {
            Ok(candidates) if candidates.is_empty() => print("No matching keyword", out),
            Ok(candidates) => print(&candidates.join("\n"), out),
            Err(why) => print(&why, out),
        }
        self.prompt(chassis, out);
        out.extend(text.bytes());
    }

    /// Tab: completes the word if there is one way to.
    pub(super) fn complete(&mut self, text: &str, chassis: &Chassis, out: &mut Vec<u8>) {
        let candidates = self.candidates(text, chassis).unwrap_or_default();
        if let [only] = &candidates[..]
            && !only.starts_with('<')
        {
            let typed = text.len() - text.trim_end_matches(|c: char| !c.is_whitespace()).len();
            let rest = only.get(typed..).unwrap_or_default();
            self.editor.insert(&format!("{rest} "), out);
        }
    }

    fn candidates(&self, text: &str, chassis: &Chassis) -> Result<Vec<String>, String> {
        let mut words = split(text);
        let ends_in_word = !text.is_empty() && !text.ends_with(char::is_whitespace);
        let prefix = if ends_in_word {
            words.pop().unwrap_or_default()
        } else {
            String::new()
        };
        let Some(session) = &self.session else {
            return Ok(Vec::new());
        };
        let next = match &session.configuring {
            Some(path) => configure::next(path, &words, &prefix),
            None => commands::next(chassis, &session.user, &words, &prefix),
        };
        next.map_err(|why| why.to_string())
    }
}
