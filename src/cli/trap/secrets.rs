//! The users file of a trap receiver, and secrets that live outside it.
//!
//! It is read by hand rather than derived, so that no error message quotes a value: a misplaced
//! community would otherwise end in a terminal log (INV-40).

use std::path::{Path, PathBuf};

use serde_yaml::Value;

use super::Failure;
use crate::wire::snmp::Community;

/// Reads `communities:` of a users file.
///
/// # Errors
/// The file cannot be read or is not a users file; it names SNMPv3 users; a secret that lives in
/// the environment or another file is not there.
pub(super) fn communities(path: &Path) -> Result<Vec<Community>, Failure> {
    let fail =
        |message: String| Failure::usage(format!("users file {}: {message}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| fail(error.to_string()))?;
    let folder = path.parent().unwrap_or(Path::new("."));
    parse(&text, folder).map_err(fail)
}

fn parse(text: &str, folder: &Path) -> Result<Vec<Community>, String> {
    let root: Value = serde_yaml::from_str(text).map_err(|error| {
        let place = error
            .location()
            .map_or(String::new(), |at| format!(" at line {}", at.line()));
        format!("not YAML{place}; expected `communities: [...]`")
    })?;
    let Value::Mapping(root) = root else {
        return Err("expected a mapping with `communities:`".to_owned());
    };
    for key in root.keys() {
        match key.as_str() {
            Some("communities" | "users") => {}
            Some(other) => {
                return Err(format!(
                    "unknown key {other:?}; expected `communities` or `users`"
                ));
            }
            None => return Err("a key that is no text; expected `communities`".to_owned()),
        }
    }
    match root.get("users") {
        None | Some(Value::Null) => {}
        Some(Value::Sequence(users)) if users.is_empty() => {}
        Some(_) => {
            return Err(
                "`users` are SNMPv3 users, which this receiver does not support yet; \
                 remove them to hear v1 and v2c"
                    .to_owned(),
            );
        }
    }
    let listed = match root.get("communities") {
        Some(Value::Sequence(listed)) if !listed.is_empty() => listed,
        Some(Value::Sequence(_) | Value::Null) | None => {
            return Err("`communities` is empty: nothing could be accepted".to_owned());
        }
        Some(_) => return Err("`communities` must be a list".to_owned()),
    };
    let place = |at: usize| format!("communities[{at}]");
    let each = listed.iter().enumerate();
    each.map(|(at, value)| secret(value, folder).map_err(|why| format!("{}: {why}", place(at))))
        .collect()
}

fn secret(value: &Value, folder: &Path) -> Result<Community, String> {
    let community = match value {
        Value::String(text) => Community::new(text.as_bytes()),
        Value::Mapping(source) if source.len() == 1 => {
            let (key, value) = source.iter().next().expect("it has one entry");
            match (key.as_str(), value.as_str()) {
                (Some("env"), Some(name)) => from_environment(name)?,
                (Some("file"), Some(path)) => from_file(&folder.join(path))?,
                _ => return Err("expected {env: NAME} or {file: PATH}".to_owned()),
            }
        }
        Value::Number(_) | Value::Bool(_) => {
            return Err("a community is text; put it in quotes".to_owned());
        }
        _ => return Err("expected text, {env: NAME} or {file: PATH}".to_owned()),
    };
    match community.expose().is_empty() {
        true => Err("the community is empty".to_owned()),
        false => Ok(community),
    }
}

/// A secret in an environment variable.
pub(super) fn from_environment(name: &str) -> Result<Community, String> {
    match std::env::var(name) {
        Ok(text) => Ok(Community::new(text)),
        Err(std::env::VarError::NotPresent) => Err(format!("variable {name} is not set")),
        Err(std::env::VarError::NotUnicode(_)) => Err(format!("variable {name} is not UTF-8")),
    }
}

/// A secret that is a file's content, its last line end not counted.
pub(super) fn from_file(path: &Path) -> Result<Community, String> {
    let shown: PathBuf = path.to_owned();
    let text = std::fs::read(path).map_err(|error| format!("file {}: {error}", shown.display()))?;
    let text = text.strip_suffix(b"\n").unwrap_or(&text);
    Ok(Community::new(text.strip_suffix(b"\r").unwrap_or(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        parse(text, Path::new(".")).expect_err("it is wrong")
    }

    #[test]
    fn communities_come_from_the_file_or_from_outside_it() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("secret"), "night\n").expect("written");
        let path = folder.path().join("users.yaml");
        let text = "communities: [public, {file: secret}, {env: CARGO_PKG_NAME}]\nusers: []\n";
        std::fs::write(&path, text).expect("written");
        let read = communities(&path).expect("a users file");
        let read: Vec<&[u8]> = read.iter().map(Community::expose).collect();
        assert_eq!(read, [&b"public"[..], b"night", b"cutover"]);
        let missing = communities(&folder.path().join("none.yaml")).expect_err("no such file");
        assert_eq!(missing.code, 2);
        assert!(missing.message.contains("none.yaml"), "{}", missing.message);
    }

    #[test]
    fn v3_users_are_refused_clearly() {
        let text = "communities: [public]\nusers: [{name: ops, auth: {password: hush}}]";
        let message = refused(text);
        assert!(
            message.contains("SNMPv3") && message.contains("not support yet"),
            "{message}"
        );
        assert!(!message.contains("hush"));
    }

    #[test]
    fn inv_40_no_error_quotes_a_community() {
        for text in [
            "communities: hush",
            "communities: [[hush]]",
            "communities: [{environment: hush}]",
            "communities: [{env: [hush]}]",
            "communities: [{env: A, file: hush}]",
            "communities: [\"hush",
            "[hush]",
            "communities: [4711]",
            "communities: ['']",
            "communities: []",
            "{}",
        ] {
            let message = refused(text);
            assert!(
                !message.contains("hush") && !message.contains("4711"),
                "{message}"
            );
        }
        assert!(refused("comunities: [x]").contains("unknown key \"comunities\""));
        assert!(refused("communities: [{env: CUTOVER_NO_SUCH}]").contains("CUTOVER_NO_SUCH"));
    }
}
