//! The configuration modes: their prompts, and where their rules are.

use std::sync::LazyLock;

use super::super::grammar::Net;
use super::rules::{self, Rule};

/// A configuration mode (`staros-cli.md` 1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    Global,
    Context,
    Card,
    Port,
    Vlan,
    Ntp,
    Bulkstats,
    Interface,
    Ipsp,
    Sshd,
    Subscriber,
    AaaGroup,
    AccessList,
    Bgp,
    AddressFamily,
    Apn,
    DiameterEndpoint,
    Service,
    Srp,
}

impl Mode {
    /// The word in the prompt's parentheses, such as `config-srp`.
    pub fn prompt(self, block: &str) -> String {
        let word = match self {
            Mode::Global => return "config".to_owned(),
            Mode::Context => "ctx",
            Mode::Card => "card",
            Mode::Port => "port",
            Mode::Vlan => "port-vlan",
            Mode::Ntp => "ntp",
            Mode::Bulkstats => "bulkstats",
            Mode::Interface if block.ends_with(" loopback") => "if-loopback",
            Mode::Interface => "if-eth",
            Mode::Ipsp => "ipsp",
            Mode::Sshd => "sshd",
            Mode::Subscriber => "subscriber",
            Mode::AaaGroup => "aaa-group",
            Mode::AccessList => "acl",
            Mode::Bgp => "bgp",
            Mode::AddressFamily => "bgp-af",
            Mode::Apn => "apn",
            Mode::DiameterEndpoint => "ctx-diameter",
            Mode::Service => block.split(' ').next().unwrap_or("service"),
            Mode::Srp => "srp",
        };
        format!("config-{word}")
    }

    /// The lines this mode knows.
    pub fn rules(self) -> &'static [Rule] {
        match self {
            Mode::Global => rules::GLOBAL,
            Mode::Context => rules::CONTEXT,
            Mode::Card => rules::CARD,
            Mode::Port => rules::PORT,
            Mode::Vlan => rules::VLAN,
            Mode::Ntp => rules::NTP,
            Mode::Bulkstats => rules::BULKSTATS,
            Mode::Interface => rules::INTERFACE,
            Mode::Ipsp => rules::IPSP,
            Mode::Sshd => rules::SSHD,
            Mode::Subscriber => rules::SUBSCRIBER,
            Mode::AaaGroup => rules::AAA_GROUP,
            Mode::AccessList => rules::ACCESS_LIST,
            Mode::Bgp => rules::BGP,
            Mode::AddressFamily => rules::ADDRESS_FAMILY,
            Mode::Apn => rules::APN,
            Mode::DiameterEndpoint => rules::DIAMETER_ENDPOINT,
            Mode::Service => rules::SERVICE,
            Mode::Srp => rules::SRP,
        }
    }

    /// The net of [`Mode::rules`], same indexes.
    pub fn net(self) -> &'static Net {
        static NETS: LazyLock<Vec<Net>> = LazyLock::new(|| {
            let net = |mode: &Mode| Net::new(mode.rules().iter().map(|rule| rule.0));
            ALL.iter().map(net).collect()
        });
        let index = ALL.iter().position(|mode| *mode == self);
        &NETS[index.expect("ALL names every mode")]
    }
}

const ALL: &[Mode] = &[
    Mode::Global,
    Mode::Context,
    Mode::Card,
    Mode::Port,
    Mode::Vlan,
    Mode::Ntp,
    Mode::Bulkstats,
    Mode::Interface,
    Mode::Ipsp,
    Mode::Sshd,
    Mode::Subscriber,
    Mode::AaaGroup,
    Mode::AccessList,
    Mode::Bgp,
    Mode::AddressFamily,
    Mode::Apn,
    Mode::DiameterEndpoint,
    Mode::Service,
    Mode::Srp,
];
