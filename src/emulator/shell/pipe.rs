//! What stands behind a bar: `grep` and `more` (`staros-cli.md` 1.6).

use regex::{Regex, RegexBuilder};

use super::super::staros::grammar::split;

/// One filter of a command's output.
#[derive(Clone, Debug)]
pub enum Pipe {
    /// Real grep: case-sensitive unless `-i`, basic expressions unless `-E`.
    Grep { pattern: Regex, invert: bool },
    /// Stop after each page, whatever the terminal length.
    More,
}

impl Pipe {
    /// Whether the line stays.
    pub fn keeps(&self, line: &str) -> bool {
        match self {
            Pipe::Grep { pattern, invert } => pattern.is_match(line) != *invert,
            Pipe::More => true,
        }
    }
}

/// Cuts a line at its bars (not those in quotes): the command, and its filters.
///
/// # Errors
///
/// The text to print for a filter that makes no sense.
pub fn cut(line: &str) -> Result<(String, Vec<Pipe>), String> {
    let mut parts = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '|' if !quoted => parts.push(String::new()),
            c => {
                quoted ^= c == '"';
                parts.last_mut().expect("there is always a part").push(c);
            }
        }
    }
    let command = parts.remove(0);
    let pipes: Result<Vec<Pipe>, String> = parts.iter().map(|part| read(part)).collect();
    Ok((command, pipes?))
}

fn read(text: &str) -> Result<Pipe, String> {
    let words = split(text);
    let Some((name, options)) = words.split_first() else {
        return Err("Incomplete command".to_owned());
    };
    let is = |full: &str, least: usize| {
        name.len() >= least && full.starts_with(&name.to_ascii_lowercase())
    };
    if is("more", 1) {
        return Ok(Pipe::More);
    }
    if !is("grep", 1) {
        return Err(format!(
            "Unknown command - \"{name}\", unrecognized keyword"
        ));
    }
    let (mut invert, mut fold, mut extended) = (false, false, false);
    let mut patterns = Vec::new();
    for option in options {
        match option.strip_prefix('-') {
            Some(letters) if patterns.is_empty() && !letters.is_empty() => {
                for letter in letters.chars() {
                    match letter {
                        'v' => invert = true,
                        'i' => fold = true,
                        'E' => extended = true,
                        other => return Err(format!("grep: invalid option -- '{other}'")),
                    }
                }
            }
            _ => patterns.push(option.as_str()),
        }
    }
    let [pattern] = patterns[..] else {
        return Err(match patterns.len() {
            0 => "Incomplete command".to_owned(),
            _ => format!(
                "Unknown command - \"{}\", unrecognized keyword",
                patterns[1]
            ),
        });
    };
    let source = if extended {
        pattern.to_owned()
    } else {
        basic(pattern)
    };
    let regex = RegexBuilder::new(&source).case_insensitive(fold).build();
    let pattern = regex.map_err(|_| format!("grep: invalid regular expression \"{pattern}\""))?;
    Ok(Pipe::Grep { pattern, invert })
}

/// A basic regular expression in the extended notation: there `+ ? | ( ) { }` are special without
/// a backslash, here with one.
fn basic(pattern: &str) -> String {
    let mut extended = String::new();
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some(special) if "+?|(){}".contains(special) => extended.push(special),
                Some(other) => extended.extend(['\\', other]),
                None => extended.push_str("\\\\"),
            },
            special if "+?|(){}".contains(special) => extended.extend(['\\', special]),
            '*' if extended.is_empty() => extended.push_str("\\*"),
            other => extended.push(other),
        }
    }
    extended
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept<'a>(pipes: &str, lines: &[&'a str]) -> Vec<&'a str> {
        let (_, pipes) = cut(&format!("show x {pipes}")).unwrap();
        let keep = |line: &&&str| pipes.iter().all(|pipe| pipe.keeps(line));
        lines.iter().filter(keep).copied().collect()
    }

    #[test]
    fn cli_1_6_grep_is_case_sensitive_unless_told_otherwise() {
        let lines = ["Offline", "offline", "Total: 3", "two words"];
        assert_eq!(kept("| grep offline", &lines), ["offline"]);
        assert_eq!(kept("|grep -i OFFLINE", &lines), ["Offline", "offline"]);
        assert_eq!(kept("| grep \"two words\"", &lines), ["two words"]);
        assert_eq!(kept("| grep -v -i off", &lines), ["Total: 3", "two words"]);
        assert_eq!(
            kept("| grep -E -v \"Off|off|Total\"", &lines),
            ["two words"]
        );
        assert_eq!(kept("| grep -iv off | grep Total", &lines), ["Total: 3"]);
    }

    #[test]
    fn cli_1_6_basic_expressions_unless_extended() {
        let lines = ["a|b", "a", "(x)", "aa+"];
        assert_eq!(kept("| grep \"a|b\"", &lines), ["a|b"]);
        assert_eq!(kept("| grep \"a\\|x\"", &lines), ["a|b", "a", "(x)", "aa+"]);
        assert_eq!(kept("| grep (x)", &lines), ["(x)"]);
        assert_eq!(kept("| grep a+", &lines), ["aa+"]);
        assert_eq!(kept("| grep ^a$", &lines), ["a"]);
    }

    #[test]
    fn cli_1_9_a_bad_filter_says_why() {
        for (line, text) in [
            ("show x |", "Incomplete command"),
            ("show x | grep", "Incomplete command"),
            (
                "show x | sort",
                "Unknown command - \"sort\", unrecognized keyword",
            ),
            (
                "show x | grep a b",
                "Unknown command - \"b\", unrecognized keyword",
            ),
            (
                "show x | grep -E (",
                "grep: invalid regular expression \"(\"",
            ),
        ] {
            assert_eq!(cut(line).unwrap_err(), text, "{line}");
        }
    }
}
