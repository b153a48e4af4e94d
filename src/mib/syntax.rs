//! What an object holds: its type on the wire and how people read it.

/// A resolved type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Syntax {
    /// The type's name as the module writes it, such as `DisplayString`.
    pub name: String,
    pub base: Base,
    pub hint: Hint,
    /// Named values in the module's order.
    pub labels: Vec<(i64, String)>,
}

/// The type on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    Integer,
    OctetString,
    Oid,
    IpAddress,
    Counter32,
    /// Gauge32 and Unsigned32 travel alike.
    Gauge32,
    TimeTicks,
    Opaque,
    Counter64,
    /// A row, a table, or a type from a module that is not loaded.
    Unknown,
}

/// How octets are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hint {
    None,
    Text,
    DateAndTime,
    /// Four or sixteen octets, with or without a zone index.
    InternetAddress,
    /// Pairs of hexadecimal digits with colons.
    Physical,
}

impl Syntax {
    pub fn label(&self, value: i64) -> Option<&str> {
        let (_, label) = self.labels.iter().find(|(number, _)| *number == value)?;
        Some(label)
    }

    pub fn value_of(&self, label: &str) -> Option<i64> {
        let (number, _) = self.labels.iter().find(|(_, known)| known == label)?;
        Some(*number)
    }
}

/// SMI's own types and the textual conventions of the RFCs, which vendors' folders often lack or
/// hold in hollow copies (`snmp.md` 6.2).
pub(super) fn built_in(name: &str) -> Option<(Base, Hint)> {
    Some(match name {
        "INTEGER"
        | "Integer32"
        | "InterfaceIndex"
        | "InterfaceIndexOrZero"
        | "TruthValue"
        | "RowStatus"
        | "StorageType"
        | "TestAndIncr"
        | "TimeInterval"
        | "InetAddressType"
        | "InetVersion" => (Base::Integer, Hint::None),
        "OCTET STRING" | "BITS" | "SnmpEngineID" | "NsapAddress" | "TAddress"
        | "NetworkAddress" => (Base::OctetString, Hint::None),
        "DisplayString" | "SnmpAdminString" | "OwnerString" | "Utf8String" => {
            (Base::OctetString, Hint::Text)
        }
        "DateAndTime" => (Base::OctetString, Hint::DateAndTime),
        "InetAddress" | "InetAddressIPv4" | "InetAddressIPv6" | "Ipv6Address" => {
            (Base::OctetString, Hint::InternetAddress)
        }
        "PhysAddress" | "MacAddress" => (Base::OctetString, Hint::Physical),
        "OBJECT IDENTIFIER" | "AutonomousType" | "RowPointer" | "VariablePointer" => {
            (Base::Oid, Hint::None)
        }
        "IpAddress" => (Base::IpAddress, Hint::None),
        "Counter" | "Counter32" | "ZeroBasedCounter32" => (Base::Counter32, Hint::None),
        "Gauge"
        | "Gauge32"
        | "Unsigned32"
        | "InetPortNumber"
        | "InetAddressPrefixLength"
        | "InetAutonomousSystemNumber" => (Base::Gauge32, Hint::None),
        "TimeTicks" | "TimeStamp" => (Base::TimeTicks, Hint::None),
        "Opaque" => (Base::Opaque, Hint::None),
        "Counter64" | "ZeroBasedCounter64" | "CounterBasedGauge64" => (Base::Counter64, Hint::None),
        _ => return None,
    })
}

/// The named values of the built-in conventions that have some.
pub(super) fn built_in_labels(name: &str) -> &'static [(i64, &'static str)] {
    match name {
        "TruthValue" => &[(1, "true"), (2, "false")],
        "InetAddressType" => &[
            (0, "unknown"),
            (1, "ipv4"),
            (2, "ipv6"),
            (3, "ipv4z"),
            (4, "ipv6z"),
            (16, "dns"),
        ],
        "RowStatus" => &[
            (1, "active"),
            (2, "notInService"),
            (3, "notReady"),
            (4, "createAndGo"),
            (5, "createAndWait"),
            (6, "destroy"),
        ],
        _ => &[],
    }
}
