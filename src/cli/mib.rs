//! `cutover mib`: what a name or number means.

use std::io::{self, Write};
use std::path::PathBuf;

use super::trap::{Failure, did_you_mean, mib};
use crate::mib::{Mib, Severity};
use crate::wire::snmp::Oid;

/// Look up names and numbers of managed objects
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Say what a name or OID means
    Resolve(ResolveArgs),
}

#[derive(Debug, clap::Args)]
struct ResolveArgs {
    /// Name, MODULE::NAME, NAME.INSTANCE or dotted numbers
    #[arg(value_name = "NAME|OID")]
    what: String,
    /// Folder of MIB modules to know besides the built-in ones
    #[arg(long, value_name = "DIR")]
    mibs: Option<PathBuf>,
}

/// Runs the command and returns the exit code: 0 found, 2 not found or a wrong folder.
pub fn run(args: Args) -> u8 {
    let Command::Resolve(args) = args.command;
    let (mut out, mut log) = (io::stdout(), io::stderr());
    match resolve(&args, &mut out, &mut log) {
        Ok(()) => 0,
        Err(failure) => super::complain(failure.message, failure.code),
    }
}

fn resolve(args: &ResolveArgs, out: &mut dyn Write, log: &mut dyn Write) -> Result<(), Failure> {
    let mib = mib(args.mibs.as_deref(), log)?;
    let oid = mib.parse_oid(&args.what).ok_or_else(|| {
        let hint = did_you_mean(&mib, &args.what);
        Failure {
            code: 2,
            message: format!("no module defines {:?}{hint}", args.what),
        }
    })?;
    out.write_all(meaning(&mib, &oid).as_bytes())?;
    Ok(())
}

/// `NAME OID`, and what is known of it below.
fn meaning(mib: &Mib, oid: &Oid) -> String {
    let mut lines = vec![format!("{} {oid}", mib.display(oid))];
    if let Some(notification) = mib.notification(oid) {
        let severity = notification.severity.map_or("unknown", Severity::as_str);
        let same = *notification.name == *mib.display(oid);
        let name = if same {
            String::new()
        } else {
            format!(" {}", notification.name)
        };
        lines.push(format!("  notification{name}, severity {severity}"));
        lines.extend(
            notification
                .objects
                .iter()
                .map(|object| format!("  carries {object}")),
        );
        lines.extend(
            notification
                .cleared_by
                .iter()
                .map(|clear| format!("  cleared by {clear}")),
        );
    } else if let Some(syntax) = mib.syntax(oid) {
        lines.push(format!("  type {}", syntax.name));
        let labels = syntax.labels.iter();
        lines.extend(labels.map(|(number, label)| format!("  {number} {label}")));
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(what: &str) -> Result<String, Failure> {
        let args = ResolveArgs {
            what: what.to_owned(),
            mibs: None,
        };
        let mut out = Vec::new();
        resolve(&args, &mut out, &mut Vec::new())?;
        Ok(String::from_utf8(out).expect("text"))
    }

    #[test]
    fn a_notification_by_name_and_number() {
        let expected = "starSRPAAAUnreachable 1.3.6.1.4.1.8164.2.125\n  \
            notification, severity major\n  carries starContextName\n  \
            carries starSRPIpAddress\n  carries starUDPPortNum\n  \
            cleared by starSRPAAAReachable\n";
        for what in ["starSRPAAAUnreachable", "1.3.6.1.4.1.8164.2.125"] {
            assert_eq!(resolved(what).as_deref(), Ok(expected));
        }
        let translated = resolved("1.3.6.1.4.1.8164.2.0.86").expect("known");
        assert!(
            translated.contains("notification starIPSPAllAddrsFree"),
            "{translated}"
        );
    }

    #[test]
    fn an_object_with_its_values() {
        let expected = "starCongestionPolicy.0 1.3.6.1.4.1.8164.1.31.1.0\n  \
            type INTEGER\n  1 reject\n  2 redirect\n  3 drop\n";
        assert_eq!(resolved("starCongestionPolicy.0").as_deref(), Ok(expected));
    }

    #[test]
    fn an_unknown_name_gets_a_hint() {
        let failure = resolved("starSrpActive").expect_err("unknown");
        assert_eq!(failure.code, 2);
        assert!(
            failure.message.ends_with("did you mean starSRPActive?"),
            "{}",
            failure.message
        );
    }
}
