//! The table of Exec commands, and how one is carried out.

use std::sync::LazyLock;

use super::super::chassis::Chassis;
use super::super::jobs::JobId;
use super::super::users::{Level, User};
use super::config::Path;
use super::grammar::{Match, Misunderstood, Net};
use super::lock::TerminalId;
use super::{configure, exec, show_configuration, show_hardware, show_services, show_software};
use super::{show_srp, show_system};
use crate::proto::Time;

/// What a session remembers between commands.
#[derive(Clone, Debug)]
pub struct Session {
    pub user: User,
    pub tty: String,
    pub terminal: TerminalId,
    /// The context Exec commands act on.
    pub context: String,
    /// `Some` in configuration mode.
    pub configuring: Option<Path>,
    /// Lines a page has; 0 for no paging.
    pub length: u16,
    pub width: u16,
    pub timestamps: bool,
    /// Exec `autoconfirm`, for this session.
    pub autoconfirm: bool,
}

/// One command being carried out.
pub struct Call<'a> {
    pub chassis: &'a mut Chassis,
    pub now: Time,
    pub session: &'a mut Session,
    pub matched: Match,
    /// Asked and answered with yes, or nobody has to be asked.
    pub confirmed: bool,
    /// What is printed, lines ended by `\n`.
    pub out: String,
}

/// How a command goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    Done,
    /// Print the question; on yes run the command again, confirmed.
    Ask(&'static str),
    /// Wait for the job, then print what it says.
    Wait(JobId, Awaited),
    /// The reload is on its way; the session ends when the chassis goes down.
    Reload,
    /// `configure lock warn`: try again at this time.
    AwaitLock(Time),
    /// The session ends.
    Close,
}

/// What kind of job is awaited, for its report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Awaited {
    Copy,
    Synchronize { check_only: bool },
    Save,
}

/// The usual question (`staros-cli.md` 1.8).
pub const ARE_YOU_SURE: &str = "Are you sure? [Yes|No]: ";
/// The question of `save configuration` under a shared lock.
pub const ARE_YOU_SURE_SHORT: &str = "Are you sure? [Y/N]: ";

type Handler = fn(&mut Call<'_>) -> Reply;

/// Who has the command at all; for the others its keywords do not exist (`staros-cli.md` 1.9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    Nothing,
    Administrator,
    /// Release 20.0 or later (SRP-90).
    AdministratorWithForce,
    /// X2 of the release.
    AdministratorWithResetAuthProbe,
    AdministratorWithLicence,
}

struct Command(&'static str, Needs, Handler);

impl Call<'_> {
    /// Prints a line.
    pub fn say(&mut self, line: impl AsRef<str>) {
        self.out.push_str(line.as_ref());
        self.out.push('\n');
    }

    /// Prints `Failure: …`.
    pub fn fail(&mut self, why: impl AsRef<str>) -> Reply {
        self.say(failure(why.as_ref()));
        Reply::Done
    }

    /// Prints what an operation answered: nothing when it worked.
    pub fn outcome(&mut self, result: Result<(), String>) -> Reply {
        match result {
            Ok(()) => Reply::Done,
            Err(why) => self.fail(why),
        }
    }

    /// Whether somebody must still say yes.
    pub fn must_ask(&self) -> bool {
        !self.confirmed && !self.matched.has("-noconfirm")
    }
}

/// A failure text as the device prints it; remote trouble comes as `+ERR` (`staros-cli.md` 1.9).
pub fn failure(why: &str) -> String {
    if why.starts_with("+ERR") || why.starts_with("Failure:") {
        why.to_owned()
    } else {
        format!("Failure: {why}")
    }
}

/// Understands an Exec line for this user on this chassis.
///
/// # Errors
///
/// The text to print.
pub fn understand(
    chassis: &Chassis,
    user: &User,
    words: &[String],
) -> Result<Match, Misunderstood> {
    NET.understand(words, &|index| has(chassis, user, COMMANDS[index].1))
}

/// The keywords that may come next in an Exec line (`?`, Tab).
///
/// # Errors
///
/// The text to print.
pub fn next(
    chassis: &Chassis,
    user: &User,
    words: &[String],
    prefix: &str,
) -> Result<Vec<String>, Misunderstood> {
    NET.next(words, prefix, &|index| {
        has(chassis, user, COMMANDS[index].1)
    })
}

/// Carries out an understood Exec line.
pub fn run(call: &mut Call<'_>) -> Reply {
    COMMANDS[call.matched.pattern].2(call)
}

fn has(chassis: &Chassis, user: &User, needs: Needs) -> bool {
    let administrator = user.level == Level::Administrator;
    let release = &chassis.profile.release;
    match needs {
        Needs::Nothing => true,
        Needs::Administrator => administrator,
        Needs::AdministratorWithForce => administrator && release.checks_session_managers,
        Needs::AdministratorWithResetAuthProbe => {
            administrator && release.has_reset_auth_probe_fail
        }
        Needs::AdministratorWithLicence => administrator && release.icsr_optimisation_licence,
    }
}

static NET: LazyLock<Net> = LazyLock::new(|| Net::new(COMMANDS.iter().map(|command| command.0)));

use Needs::{Administrator, AdministratorWithForce, AdministratorWithLicence, Nothing};

const COMMANDS: &[Command] = &[
    Command("exit", Nothing, exec::exit),
    Command("logout", Nothing, exec::exit),
    Command("end", Nothing, exec::nothing),
    Command(
        "terminal length <lines:0-4294967295>",
        Nothing,
        exec::terminal_length,
    ),
    Command(
        "terminal width <columns:0-4294967295>",
        Nothing,
        exec::terminal_width,
    ),
    Command("timestamps", Nothing, exec::timestamps_on),
    Command("no timestamps", Nothing, exec::timestamps_off),
    Command("autoconfirm", Nothing, exec::autoconfirm_on),
    Command("no autoconfirm", Nothing, exec::autoconfirm_off),
    Command("context <name>", Nothing, exec::context),
    Command("ping <host> [ count <count:1-10000> ]", Nothing, exec::ping),
    Command("configure", Administrator, configure::shared),
    Command("configure lock", Administrator, configure::exclusive),
    Command(
        "configure lock force",
        Administrator,
        configure::exclusive_force,
    ),
    Command(
        "configure lock warn",
        Administrator,
        configure::exclusive_warn,
    ),
    Command("copy <from> <to> { -noconfirm }", Administrator, exec::copy),
    Command("delete <file> { -noconfirm }", Administrator, exec::delete),
    Command(
        "directory|dir <path> { -size , -reverse }",
        Nothing,
        show_software::directory,
    ),
    Command(
        "filesystem synchronize all { checkonly , -noconfirm , reverse }",
        Administrator,
        exec::synchronize,
    ),
    Command(
        "save configuration <url> { -redundant , -noconfirm , showsecrets , verbose , obsolete-encryption , ignore-locks }",
        Administrator,
        exec::save,
    ),
    Command("reload { -noconfirm }", Administrator, exec::reload),
    Command(
        "srp validate-configuration",
        Administrator,
        exec::srp_validate_configuration,
    ),
    Command(
        "srp validate-switchover",
        Administrator,
        exec::srp_validate_switchover,
    ),
    Command(
        "srp initiate-switchover { -noconfirm }",
        Administrator,
        exec::srp_initiate_switchover,
    ),
    Command(
        "srp initiate-switchover force { -noconfirm }",
        AdministratorWithForce,
        exec::srp_initiate_switchover,
    ),
    Command(
        "srp initiate-audit manual-with-sync",
        AdministratorWithLicence,
        exec::srp_initiate_audit,
    ),
    Command(
        "srp terminate-post-process",
        Administrator,
        exec::srp_terminate_post_process,
    ),
    Command(
        "srp reset-auth-probe-fail",
        Needs::AdministratorWithResetAuthProbe,
        exec::srp_reset,
    ),
    Command("srp reset-diameter-fail", Administrator, exec::srp_reset),
    Command("show version [ verbose ]", Nothing, show_software::version),
    Command(
        "show version <file> [ all ]",
        Nothing,
        show_software::version_of_file,
    ),
    Command("show build", Nothing, show_software::build),
    Command("show boot [ verbose ]", Nothing, show_software::boot),
    Command("show crash list", Nothing, show_software::crash_list),
    Command(
        "show license information [ full ]",
        Nothing,
        show_software::license,
    ),
    Command("show clock", Nothing, show_system::clock),
    Command("show system uptime", Nothing, show_system::uptime),
    Command("show administrators", Nothing, show_system::administrators),
    Command("show context [ all ]", Nothing, show_system::contexts),
    Command(
        "show snmp trap history [ verbose ]",
        Nothing,
        show_system::trap_history,
    ),
    Command(
        "show snmp trap statistics",
        Nothing,
        show_system::trap_statistics,
    ),
    Command("show task resources", Nothing, show_system::task_resources),
    Command(
        "show card table [ all ]",
        Nothing,
        show_hardware::card_table,
    ),
    Command(
        "show card info [ <slot:1-48> ]",
        Nothing,
        show_hardware::card_info,
    ),
    Command("show card hardware", Nothing, show_hardware::card_hardware),
    Command("show hd raid", Nothing, show_hardware::raid),
    Command(
        "show alarm outstanding [ all|verbose ]",
        Nothing,
        show_hardware::alarm_outstanding,
    ),
    Command("show alarm all", Nothing, show_hardware::alarm_all),
    Command(
        "show alarm statistics",
        Nothing,
        show_hardware::alarm_statistics,
    ),
    Command(
        "show resources [ session ]",
        Nothing,
        show_services::resources,
    ),
    Command(
        "show session recovery status [ verbose ]",
        Nothing,
        show_services::session_recovery,
    ),
    Command(
        "show subscribers summary",
        Nothing,
        show_services::subscribers,
    ),
    Command("show service all", Nothing, show_services::service_all),
    Command(
        "show ggsn-service|pgw-service|sgw-service|saegw-service|egtp-service|gtpu-service|ha-service|fa-service|\
         pdsn-service|lma-service all",
        Nothing,
        show_services::service_kind,
    ),
    Command("show ip bgp summary", Nothing, show_services::bgp_summary),
    Command("show srp info", Nothing, show_srp::info),
    Command(
        "show srp monitor [ all|bgp|diameter|authentication-probe ] [ debug ]",
        Nothing,
        show_srp::monitor,
    ),
    Command(
        "show srp checkpoint statistics",
        Nothing,
        show_srp::checkpoint_statistics,
    ),
    Command(
        "show srp checkpoint statistics verbose",
        Nothing,
        show_srp::checkpoint_statistics_verbose,
    ),
    Command(
        "show srp checkpoint info",
        Nothing,
        show_srp::checkpoint_info,
    ),
    Command("show srp statistics", Nothing, show_srp::statistics),
    Command(
        "show srp call-loss statistics",
        Nothing,
        show_srp::call_loss,
    ),
    Command(
        "show srp audit-statistics",
        Nothing,
        show_srp::audit_statistics,
    ),
    Command(
        "show configuration { showsecrets , verbose }",
        Administrator,
        show_configuration::all,
    ),
    Command(
        "show configuration srp",
        Administrator,
        show_configuration::srp,
    ),
    Command(
        "show configuration context <name>",
        Administrator,
        show_configuration::context,
    ),
    Command(
        "show configuration url <url>",
        Administrator,
        show_configuration::url,
    ),
    Command(
        "show configuration checksum",
        Administrator,
        show_configuration::checksum,
    ),
];
