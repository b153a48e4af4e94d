//! The date shapes of the device (`staros-cli.md` 1.4).

use std::time::Duration;

use jiff::Zoned;

/// `Monday May 05 22:10:04 UTC 2025`: the line before an output, `show clock`.
pub fn long(at: &Zoned) -> String {
    at.strftime("%A %B %d %H:%M:%S %Z %Y").to_string()
}

/// `Mon May  5 22:31:07 2025`: inside outputs.
pub fn short(at: &Zoned) -> String {
    at.strftime("%a %b %e %H:%M:%S %Y").to_string()
}

/// `Mon May 05 22:31:07 2025`: the trap history.
pub fn trap(at: &Zoned) -> String {
    at.strftime("%a %b %d %H:%M:%S %Y").to_string()
}

/// `2025-May-05+22:31:07`: the crash list.
pub fn crash(at: &Zoned) -> String {
    at.strftime("%Y-%b-%d+%H:%M:%S").to_string()
}

/// `12D 4H 7M`: `show system uptime`.
pub fn uptime(duration: Duration) -> String {
    let minutes = duration.as_secs() / 60;
    let (days, hours, minutes) = (minutes / 1440, minutes / 60 % 24, minutes % 60);
    format!("{days}D {hours}H {minutes}M")
}

/// `3d04h12m` or `00:12:41`: how long a BGP session has been up.
pub fn session_age(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (days, hours) = (seconds / 86400, seconds / 3600 % 24);
    let (minutes, seconds) = (seconds / 60 % 60, seconds % 60);
    if days > 0 {
        format!("{days}d{hours:02}h{minutes:02}m")
    } else {
        format!("{hours:02}:{minutes:02}:{seconds:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cli_1_4_the_date_shapes() {
        let at: jiff::Timestamp = "2025-05-05T22:10:04Z".parse().unwrap();
        let at = at.to_zoned(jiff::tz::TimeZone::UTC);
        assert_eq!(long(&at), "Monday May 05 22:10:04 UTC 2025");
        assert_eq!(short(&at), "Mon May  5 22:10:04 2025");
        assert_eq!(trap(&at), "Mon May 05 22:10:04 2025");
        assert_eq!(crash(&at), "2025-May-05+22:10:04");
    }

    #[test]
    fn cli_2_9_ages() {
        assert_eq!(
            uptime(Duration::from_secs(12 * 86400 + 4 * 3600 + 7 * 60 + 59)),
            "12D 4H 7M"
        );
        assert_eq!(
            session_age(Duration::from_secs(3 * 86400 + 4 * 3600 + 12 * 60)),
            "3d04h12m"
        );
        assert_eq!(session_age(Duration::from_secs(761)), "00:12:41");
    }
}
