//! `cutover trap send`

use std::io::Write;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use tokio::time::timeout;

use super::{Failure, Output, PORT, mib, secrets};
use crate::mib::Mib;
use crate::net::{Clock, Datagrams, Network, Secret};
use crate::wire::snmp::{Community, Message, Notification, Oid, PduKind, VarBind};

/// Send one trap or inform, to test a path.
#[derive(clap::Args)]
pub struct SendArgs {
    /// Receiver: a host or address, with or without a port
    #[arg(long, value_name = "ADDR")]
    pub to: String,
    #[command(flatten)]
    pub community: CommunityArgs,
    /// Wait until the receiver acknowledges
    #[arg(long)]
    pub inform: bool,
    /// Send an SNMPv1 trap
    #[arg(long, conflicts_with = "inform")]
    pub v1: bool,
    /// Seconds to wait for each acknowledgement
    #[arg(long, value_name = "SECONDS", default_value_t = 5, requires = "inform")]
    pub timeout: u64,
    /// How often an unacknowledged inform is sent again
    #[arg(long, value_name = "N", default_value_t = 3, requires = "inform")]
    pub retries: u32,
    /// What to say as sysUpTime, in hundredths of a second
    #[arg(long, value_name = "TICKS", default_value_t = 0)]
    pub uptime: u32,
    /// Folder of MIB modules to know besides the built-in ones
    #[arg(long, value_name = "DIR")]
    pub mibs: Option<PathBuf>,
    /// Notification by name or OID
    pub name: String,
    /// Objects it carries, in order, by name or OID with or without instance
    #[arg(value_name = "OBJECT=VALUE")]
    pub objects: Vec<String>,
}

/// Where the community comes from. On the command line every user of the machine can see it.
#[derive(clap::Args)]
#[group(required = true, multiple = false)]
pub struct CommunityArgs {
    /// Community, visible to every user of this machine
    #[arg(long, value_name = "COMMUNITY", value_parser = hidden)]
    pub community: Option<Secret>,
    /// Environment variable that holds the community
    #[arg(long, value_name = "NAME")]
    pub community_env: Option<String>,
    /// File that holds the community
    #[arg(long, value_name = "PATH")]
    pub community_file: Option<PathBuf>,
}

/// Keeps a community out of whatever prints arguments (INV-40).
fn hidden(text: &str) -> Result<Secret, std::convert::Infallible> {
    Ok(Secret::new(text))
}

impl CommunityArgs {
    fn read(&self) -> Result<Community, Failure> {
        let read = match (&self.community, &self.community_env, &self.community_file) {
            (Some(text), _, _) => Ok(Community::new(text.expose().as_bytes())),
            (_, Some(name), _) => secrets::from_environment(name),
            (_, _, Some(path)) => secrets::from_file(path),
            _ => Err("no community given".to_owned()),
        };
        read.map_err(|why| Failure::usage(format!("community: {why}")))
    }
}

/// Sends the notification; an inform also waits for its acknowledgement. Exit code 0.
///
/// # Errors
/// The name, an object or a value is wrong (2); the receiver cannot be reached or does not
/// acknowledge (8).
pub async fn send(
    args: &SendArgs,
    network: &dyn Network,
    clock: &Clock,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    let mib = mib(args.mibs.as_deref(), output.log)?;
    let community = args.community.read()?;
    let trap_oid = trap_oid(&mib, &args.name)?;
    let objects = objects(&mib, &args.objects)?;
    warn_of_differences(&mib, &trap_oid, &objects, output.log)?;
    let (host, port) = host_and_port(&args.to)?;
    let to = network
        .resolve(host, port)
        .await
        .map_err(|error| Failure::unreachable(format!("cannot resolve {:?}: {error}", args.to)))?;
    let any: IpAddr = if to.is_ipv4() {
        [0; 4].into()
    } else {
        [0; 16].into()
    };
    let mut socket = network
        .bind(SocketAddr::new(any, 0))
        .await
        .map_err(|error| {
            Failure::unreachable(format!("cannot open a socket to send from: {error}"))
        })?;
    // An id that differs between two runs keeps a late answer to one from ending the other.
    let request_id = clock.now().subsec_nanosecond();
    let kind = if args.inform {
        PduKind::Inform
    } else {
        PduKind::Trap
    };
    let mut message = Message::notification(
        kind,
        community.clone(),
        request_id,
        args.uptime,
        trap_oid,
        objects,
    );
    if args.v1 {
        message = to_v1(&message, community)?;
    }
    let datagram = message.encode();
    let attempts = if args.inform {
        args.retries.saturating_add(1)
    } else {
        1
    };
    for attempt in 1..=attempts {
        socket
            .send_to(&datagram, to)
            .map_err(|error| Failure::unreachable(format!("cannot send to {to}: {error}")))?;
        if !args.inform {
            writeln!(
                output.log,
                "sent {} to {to}; a trap is not acknowledged",
                args.name
            )?;
            return Ok(0);
        }
        let wait = Duration::from_secs(args.timeout);
        if let Ok(true) = timeout(wait, acknowledged(&mut socket, request_id)).await {
            writeln!(
                output.log,
                "{to} acknowledged {} at attempt {attempt}",
                args.name
            )?;
            return Ok(0);
        }
    }
    Err(Failure::unreachable(format!(
        "{to} did not acknowledge {attempts} informs, {} s each: is the community accepted there, \
         and does the path let UDP port {} through both ways?",
        args.timeout,
        to.port()
    )))
}

/// Whether the answer came; `false` when the network is gone.
async fn acknowledged(socket: &mut Datagrams, request: i32) -> bool {
    while let Some((bytes, _)) = socket.recv_from().await {
        if let Ok(Message::V2c { pdu, .. }) = Message::decode(&bytes)
            && (pdu.kind, pdu.request_id) == (PduKind::Response, request)
        {
            return true;
        }
    }
    false
}

fn trap_oid(mib: &Mib, name: &str) -> Result<Oid, Failure> {
    if let Some(oid) = mib.parse_oid(name) {
        return Ok(oid);
    }
    Err(Failure::usage(format!(
        "no notification is called {name:?}{}",
        did_you_mean(mib, name)
    )))
}

/// `; did you mean …?` with the most similar known name, or nothing.
pub(in crate::cli) fn did_you_mean(mib: &Mib, name: &str) -> String {
    let wanted = name.to_lowercase();
    let similar = mib
        .names()
        .map(|known| (strsim::jaro_winkler(&known.to_lowercase(), &wanted), known))
        .max_by(|one, other| one.0.total_cmp(&other.0));
    match similar {
        Some((score, known)) if score > 0.85 => format!("; did you mean {known}?"),
        _ => String::new(),
    }
}

fn objects(mib: &Mib, texts: &[String]) -> Result<Vec<VarBind>, Failure> {
    let read = |text: &String| {
        let (name, value) = text
            .split_once('=')
            .ok_or_else(|| Failure::usage(format!("{text:?}: expected OBJECT=VALUE")))?;
        let oid = mib.parse_oid(name).ok_or_else(|| {
            Failure::usage(format!(
                "no object is called {name:?}{}",
                did_you_mean(mib, name)
            ))
        })?;
        let value = mib
            .parse_value(&oid, value)
            .map_err(|error| Failure::usage(error.to_string()))?;
        Ok(VarBind::new(oid, value))
    };
    texts.iter().map(read).collect()
}

/// A test may well send something odd, but it should not do so by mistake.
fn warn_of_differences(
    mib: &Mib,
    trap_oid: &Oid,
    objects: &[VarBind],
    log: &mut dyn Write,
) -> Result<(), Failure> {
    let Some(known) = mib.notification(trap_oid) else {
        writeln!(
            log,
            "warning: {} is not a known notification",
            mib.display(trap_oid)
        )?;
        return Ok(());
    };
    let given: Vec<&str> = objects
        .iter()
        .map(|object| mib.name(&object.oid).map_or("?", |(name, _)| name))
        .collect();
    if given != known.objects {
        let expected = match known.objects.is_empty() {
            true => "no objects".to_owned(),
            false => known.objects.join(", "),
        };
        writeln!(log, "warning: {} is defined with {expected}", known.name)?;
    }
    Ok(())
}

fn to_v1(message: &Message, community: Community) -> Result<Message, Failure> {
    let notification = Notification::of(message).expect("we just built a notification");
    let trap = notification.to_v1(community, None).ok_or_else(|| {
        Failure::usage(
            "SNMPv1 cannot carry this: it has no Counter64, and no trap number above 2^31 - 1",
        )
    })?;
    Ok(Message::V1Trap(trap))
}

fn host_and_port(text: &str) -> Result<(&str, u16), Failure> {
    let wrong = || {
        Failure::usage(format!(
            "--to {text:?}: expected HOST, HOST:PORT or [IPV6]:PORT"
        ))
    };
    if text.parse::<IpAddr>().is_ok() {
        return Ok((text, PORT));
    }
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) => (host, port.parse().map_err(|_| wrong())?),
        None => (text, PORT),
    };
    let host = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host);
    if host.is_empty() || port == 0 {
        Err(wrong())
    } else {
        Ok((host, port))
    }
}
