//! Which command's answer is read by which parser.

use serde::Serialize;
use serde_json::Value;

use super::Unparsed;

/// A parser whose value is given as JSON.
type Parser = fn(&str) -> Result<Value, Unparsed>;

/// One command; capital words stand for something chosen by the operator.
pub struct Entry {
    pub command: &'static str,
    parser: Parser,
}

macro_rules! entries {
    ($($command:literal => $module:ident :: $function:ident),* $(,)?) => {
        &[$(Entry { command: $command, parser: |text| json(super::$module::$function(text)) }),*]
    };
}

/// Every command whose answer can be read.
pub const ENTRIES: &[Entry] = entries! {
    "directory FOLDER" => directory::parse,
    "show alarm all" => alarms::parse,
    "show alarm outstanding" => alarms::parse,
    "show boot" => boot::parse,
    "show card table" => card_table::parse,
    "show clock" => clock::parse,
    "show configuration" => configuration::parse,
    "show configuration checksum" => checksum::parse,
    "show configuration context NAME" => configuration::parse,
    "show configuration srp" => configuration::parse,
    "show context" => contexts::parse,
    "show crash list" => crash_list::parse,
    "show ip bgp summary" => bgp_summary::parse,
    "show license information" => license::parse,
    "show resources" => resources::parse,
    "show service all" => services::parse,
    "show session recovery status" => session_recovery::parse,
    "show snmp trap history" => trap_history::parse,
    "show srp call-loss statistics" => call_loss::parse,
    "show srp checkpoint statistics" => checkpoint::parse,
    "show srp info" => srp_info::parse,
    "show srp monitor" => srp_monitor::parse,
    "show srp statistics" => srp_statistics::parse,
    "show subscribers summary" => subscribers::parse,
    "show system uptime" => uptime::parse,
    "show version" => version::parse,
    "show version FILE" => version::parse_image,
    "show X-service all" => service_status::parse,
};

/// Words at the end that change how much is told, not how it is read.
const MODIFIERS: [&str; 7] = [
    "all",
    "verbose",
    "bgp",
    "diameter",
    "authentication-probe",
    "debug",
    "-noconfirm",
];

/// The entry for a command as it would be typed: keywords in any case, `dir` and `config` for short.
pub fn find(command: &str) -> Option<&'static Entry> {
    let command = command.trim();
    let words: Vec<String> = (command.split_whitespace())
        .map(|word| match word.to_ascii_lowercase().as_str() {
            "dir" => "directory".to_owned(),
            "config" => "configuration".to_owned(),
            _ => word.to_owned(),
        })
        .collect();
    // The whole first; then without a word at the end that only says how much to tell.
    let exact = |words: &[String]| ENTRIES.iter().find(|entry| entry.fits(words));
    exact(&words).or_else(|| {
        let (last, shorter) = words.split_last()?;
        MODIFIERS
            .contains(&last.to_ascii_lowercase().as_str())
            .then(|| exact(shorter))?
    })
}

impl Entry {
    /// Reads an answer.
    pub fn parse(&self, text: &str) -> Result<Value, Unparsed> {
        (self.parser)(text)
    }

    fn fits(&self, words: &[String]) -> bool {
        let pattern: Vec<&str> = self.command.split_whitespace().collect();
        pattern.len() == words.len()
            && pattern
                .iter()
                .zip(words)
                .all(|(pattern, word)| match *pattern {
                    "FOLDER" | "FILE" => word.starts_with('/'),
                    "NAME" => true,
                    "X-service" => {
                        let word = word.to_ascii_lowercase();
                        word.len() > "-service".len() && word.ends_with("-service")
                    }
                    pattern => pattern.eq_ignore_ascii_case(word),
                })
    }
}

fn json<T: Serialize>(read: Result<T, Unparsed>) -> Result<Value, Unparsed> {
    read.map(|value| serde_json::to_value(value).expect("our own types have string keys"))
}
