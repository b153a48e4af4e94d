//! The kinds of value that actions take in a playbook.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A length of time written as `30s`, `10m`, `1h 30m` or `500ms`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(pub Duration);

impl Span {
    pub const fn seconds(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }
}

impl std::str::FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let hint =
            || format!("expected a length of time such as 30s, 10m or 1h 30m, found `{text}`");
        let span: jiff::SignedDuration = text.trim().parse().map_err(|_| hint())?;
        Duration::try_from(span).map(Self).map_err(|_| hint())
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut seconds, millis) = (self.0.as_secs(), self.0.subsec_millis());
        if seconds == 0 {
            return if millis == 0 {
                f.write_str("0s")
            } else {
                write!(f, "{millis}ms")
            };
        }
        let mut gap = "";
        for (unit, size) in [("h", 3600), ("m", 60), ("s", 1)] {
            if seconds >= size {
                write!(f, "{gap}{}{unit}", seconds / size)?;
                seconds %= size;
                gap = " ";
            }
        }
        if millis > 0 {
            write!(f, "{gap}{millis}ms")
        } else {
            Ok(())
        }
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

/// A share written as `5%`.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Percent(pub f64);

impl std::str::FromStr for Percent {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let hint = || format!("expected a share from 0% to 100% such as 5%, found `{text}`");
        let number = text.trim().strip_suffix('%').ok_or_else(hint)?;
        let value: f64 = number.trim().parse().map_err(|_| hint())?;
        if (0.0..=100.0).contains(&value) {
            Ok(Self(value))
        } else {
            Err(hint())
        }
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", self.0)
    }
}

impl Serialize for Percent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Percent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

/// A file on the chassis's own flash, such as `/flash/asr5500-21.28.3.bin.SPA`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct FlashPath(String);

impl FlashPath {
    /// The whole path, as the boot stack wants it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name below `/flash/`, as `directory /flash` lists it.
    pub fn file_name(&self) -> &str {
        &self.0["/flash/".len()..]
    }
}

impl std::str::FromStr for FlashPath {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let name = text.strip_prefix("/flash/").unwrap_or_default();
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-+/".contains(c);
        if name.is_empty() || !name.chars().all(plain) || name.contains("..") || name.ends_with('/')
        {
            return Err(format!(
                "expected a file such as /flash/asr5500-21.28.3.bin, found `{text}`"
            ));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for FlashPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for FlashPath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

/// The chassis a step works on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum On {
    /// The chassis the inventory calls primary, whatever its state.
    Primary,
    /// The chassis the inventory calls backup, whatever its state.
    Backup,
    /// Whichever chassis is Active when the step starts.
    Active,
    /// Whichever chassis is Standby when the step starts.
    Standby,
}

/// A chassis of the pair by its configured role, which never changes during an upgrade.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    Primary,
    Backup,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_read_and_print_the_way_people_write_them() {
        for (text, seconds) in [("30s", 30), ("10m", 600), ("1h 30m", 5400), ("2h", 7200)] {
            let span: Span = text.parse().unwrap();
            assert_eq!(span.0.as_secs(), seconds);
            assert_eq!(span.to_string(), text);
        }
        assert_eq!("500ms".parse::<Span>().unwrap().to_string(), "500ms");
        for wrong in ["", "30", "-5s", "soon", "5 parsecs"] {
            assert!(wrong.parse::<Span>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn shares_need_their_sign_and_their_range() {
        assert_eq!("5%".parse::<Percent>().unwrap(), Percent(5.0));
        for wrong in ["5", "101%", "-1%", "NaN%", "%"] {
            assert!(wrong.parse::<Percent>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn flash_paths_cannot_leave_flash_or_carry_a_command() {
        assert_eq!(
            "/flash/a.bin".parse::<FlashPath>().unwrap().file_name(),
            "a.bin"
        );
        for wrong in [
            "a.bin",
            "/flash/",
            "/flash/../x",
            "/flash/a b",
            "/flash/a\nreload",
            "/hd-raid/x",
        ] {
            assert!(wrong.parse::<FlashPath>().is_err(), "{wrong}");
        }
    }
}
