//! What may be typed as one command.

use crate::device::error::Error;

/// Refuses what cannot be typed as one command: several lines, control characters, help and
/// completion keys, a pager (trap 7).
pub(super) fn typable(command: &str) -> Result<(), Error> {
    let why = if command.trim().is_empty() {
        "it is empty"
    } else if command.contains(['\r', '\n']) {
        "it has more than one line"
    } else if command.contains(|c: char| c.is_control()) {
        "it holds a control character"
    } else if command.contains('?') {
        "a question mark asks for help instead of being typed"
    } else if command
        .split('|')
        .skip(1)
        .any(|pipe| pipe.trim().eq_ignore_ascii_case("more"))
    {
        "`| more` waits for a key; leave it out, the whole answer is read anyway"
    } else {
        return Ok(());
    };
    Err(Error::Untypable {
        command: command.to_owned(),
        why,
    })
}
