//! `cutover trap listen`

use std::collections::BTreeSet;
use std::future::{Future, poll_fn};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::pin::pin;
use std::task::Poll;

use super::hear::{Heard, Report, hear};
use super::{Failure, Output, PORT, mib, secrets};
use crate::net::{Clock, Datagrams, Network};
use crate::wire::snmp::Community;

/// Senders whose first refused datagram is told about; after that many only counters grow, so
/// that forged addresses cannot fill a terminal or the memory.
const TOLD_SENDERS: usize = 64;

/// Receive traps and informs and say what they mean.
#[derive(Debug, clap::Args)]
pub struct ListenArgs {
    /// Address to listen on, repeatable; port 162 unless it names one
    #[arg(long, value_name = "ADDR", value_parser = address, default_value = "0.0.0.0:162")]
    pub listen: Vec<SocketAddr>,
    /// YAML file with the communities to accept; without it, only `public`
    #[arg(long, value_name = "FILE")]
    pub users: Option<PathBuf>,
    /// Folder of MIB modules to know besides the built-in ones
    #[arg(long, value_name = "DIR")]
    pub mibs: Option<PathBuf>,
    /// One JSON object a line
    #[arg(long)]
    pub json: bool,
    /// End after this many notifications
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub count: Option<u64>,
}

/// An address with or without a port.
fn address(text: &str) -> Result<SocketAddr, String> {
    let bare = || text.parse::<IpAddr>().map(|ip| SocketAddr::new(ip, PORT));
    text.parse()
        .or_else(|_| bare())
        .map_err(|_| "expected an address such as 192.0.2.1, 0.0.0.0:1162 or [::]:162".to_owned())
}

/// What was received, by what came of it.
#[derive(Debug, Default)]
struct Counters {
    received: u64,
    decoded: u64,
    bad_community: u64,
    malformed: u64,
    other: u64,
}

/// Listens until `--count` notifications were heard (exit code 0) or `stop` ends (130).
///
/// # Errors
/// The users file or the MIB folder is wrong (2), an address cannot be bound (8), the output
/// cannot be written (1).
pub async fn listen(
    args: &ListenArgs,
    network: &dyn Network,
    clock: &Clock,
    output: &mut Output<'_>,
    stop: impl Future<Output = ()>,
) -> Result<u8, Failure> {
    let communities = match &args.users {
        Some(path) => secrets::communities(path)?,
        None => {
            writeln!(
                output.log,
                "no --users file: accepting the community `public` only"
            )?;
            vec![Community::new("public")]
        }
    };
    let mib = mib(args.mibs.as_deref(), output.log)?;
    let mut sockets = Vec::new();
    for at in &args.listen {
        let socket = network
            .bind(*at)
            .await
            .map_err(|error| refused(*at, &error))?;
        writeln!(
            output.log,
            "listening on {} for SNMP v1 and v2c",
            socket.local()
        )?;
        sockets.push(socket);
    }
    let mut counters = Counters::default();
    let mut told = BTreeSet::new();
    let mut stop = pin!(stop);
    let code = loop {
        if args.count == Some(counters.decoded) {
            break Ok(0);
        }
        let received = tokio::select! {
            biased;
            () = &mut stop => break Ok(130),
            received = any(&mut sockets) => received,
        };
        let Some((socket, datagram, from)) = received else {
            break Err(Failure::unreachable("every listening socket has closed"));
        };
        counters.received += 1;
        let refusal = match hear(&datagram, &communities) {
            Heard::Notification {
                message,
                notification,
                answer,
            } => {
                counters.decoded += 1;
                let report = Report::new(clock.now(), from, &message, notification, &mib);
                let line = match args.json {
                    true => report.json().to_string(),
                    false => report.line(),
                };
                match writeln!(output.out, "{line}").and_then(|()| output.out.flush()) {
                    // Whoever read has seen enough, as `head` does.
                    Err(error) if error.kind() == io::ErrorKind::BrokenPipe => break Ok(0),
                    written => written?,
                }
                // Only what was written down is acknowledged.
                let sent = answer.map(|answer| socket.send_to(&answer, from));
                if let Some(Err(error)) = sent {
                    writeln!(
                        output.log,
                        "{from}: the inform was not acknowledged: {error}"
                    )?;
                }
                continue;
            }
            Heard::BadCommunity => {
                counters.bad_community += 1;
                "its community is not accepted".to_owned()
            }
            Heard::Malformed(why) => {
                counters.malformed += 1;
                why
            }
            Heard::Other(kind) => {
                counters.other += 1;
                format!("a {kind:?}, not a trap or inform")
            }
        };
        if told.len() < TOLD_SENDERS && told.insert(from.ip()) {
            writeln!(
                output.log,
                "{from}: refused: {refusal}; later ones are only counted"
            )?;
        }
    };
    let Counters {
        received,
        decoded,
        bad_community,
        malformed,
        other,
    } = counters;
    writeln!(
        output.log,
        "received {received}, decoded {decoded}, bad community {bad_community}, \
         malformed {malformed}, not a notification {other}"
    )?;
    code
}

/// The next datagram on any of the sockets, and which socket it came to; `None` when all closed.
async fn any(sockets: &mut [Datagrams]) -> Option<(&Datagrams, Vec<u8>, SocketAddr)> {
    let (at, bytes, from) = poll_fn(|context| {
        let mut open = false;
        for (at, socket) in sockets.iter_mut().enumerate() {
            // Receiving keeps nothing between polls but the datagram itself, so a fresh future
            // every time loses nothing.
            match pin!(socket.recv_from()).poll(context) {
                Poll::Ready(Some((bytes, from))) => return Poll::Ready(Some((at, bytes, from))),
                Poll::Ready(None) => {}
                Poll::Pending => open = true,
            }
        }
        if open {
            Poll::Pending
        } else {
            Poll::Ready(None)
        }
    })
    .await?;
    Some((&sockets[at], bytes, from))
}

fn refused(at: SocketAddr, error: &io::Error) -> Failure {
    let hint = match error.kind() {
        io::ErrorKind::PermissionDenied => {
            "; ports below 1024 need root or CAP_NET_BIND_SERVICE, or choose another with --listen"
        }
        io::ErrorKind::AddrInUse => "; another receiver holds it, or choose another with --listen",
        io::ErrorKind::AddrNotAvailable => "; this machine does not have that address",
        _ => "",
    };
    Failure::unreachable(format!("cannot listen on {at}: {error}{hint}"))
}
