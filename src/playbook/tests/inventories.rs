//! Inventories, right and wrong.

use super::lines;
use crate::playbook::Inventory;
use crate::playbook::inventory::{HostKey, SecretSource};

const RIGHT: &str = "\
known_hosts: /etc/hosts-of-the-night
chassis:
  ha-east:
    os: staros
    address: 192.0.2.10
    port: 2022
    trap_sources: [198.51.100.1, \"2001:db8::1\"]
    login: { user: ops, password: { env: CUTOVER_TEST_UNSET }, key: /k, passphrase: 0123 }
    host_key: { pinned: \"SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\" }
    legacy_ssh: true
    hostname: HA-EAST
    profile: asr5500-21
    emulated: { release: 21.26.9, clock_skew: -3, boot: [{ priority: 10 }] }
  ha-west:
    os: staros
    address: ha-west.example.net
    login: { user: ops, password: { file: /nowhere/at/all } }
pairs:
  east-west: { kind: icsr, primary: ha-east, backup: ha-west }
traps: { listen: \"0.0.0.0:10162\", communities: [public, { env: COMMUNITY }] }
";

#[test]
fn a_right_inventory_is_read_whole() {
    let inventory = Inventory::load(RIGHT, "lab.yaml").unwrap_or_else(|e| panic!("{e}"));
    let (east, west) = (&inventory.chassis["ha-east"], &inventory.chassis["ha-west"]);
    assert_eq!((east.port, west.port), (2022, 22));
    assert_eq!(east.trap_sources.len(), 2);
    assert!(matches!(&east.host_key, HostKey::Pinned(print) if print.starts_with("SHA256:")));
    assert!(
        matches!(&west.host_key, HostKey::Strict { known_hosts: Some(path) }
        if path.ends_with("hosts-of-the-night"))
    );
    // Digits of a secret are text: a leading zero counts.
    match &east.login.passphrase {
        Some(SecretSource::Given(secret)) => assert_eq!(secret.expose(), "0123"),
        _ => panic!("a given passphrase"),
    }
    assert_eq!(east.emulated["clock_skew"].as_i64(), Some(-3));
    assert_eq!(east.emulated["release"].as_str(), Some("21.26.9"));
    assert_eq!(inventory.pairs["east-west"].backup, "ha-west");
    assert_eq!(inventory.traps.as_ref().unwrap().communities.len(), 2);
}

#[test]
fn a_secret_that_is_not_there_says_where_it_was_looked_for() {
    let inventory = Inventory::load(RIGHT, "lab.yaml").unwrap_or_else(|e| panic!("{e}"));
    let why = |name: &str| {
        let secret = inventory.chassis[name].login.password.clone().unwrap();
        secret.resolve().map(|_| ()).unwrap_err().to_string()
    };
    assert!(why("ha-east").contains("CUTOVER_TEST_UNSET is not set"));
    assert!(why("ha-west").starts_with("/nowhere/at/all: cannot be read"));
}

#[test]
fn a_secret_file_loses_its_line_break_and_must_not_be_empty() {
    let folder = tempfile::tempdir().unwrap();
    let secret = |text: &str| {
        let path = folder.path().join("secret");
        std::fs::write(&path, text).unwrap();
        SecretSource::File(path).resolve()
    };
    assert_eq!(secret("a b \r\n").unwrap().expose(), "a b ");
    assert!(
        secret("\n")
            .map(|_| ())
            .unwrap_err()
            .to_string()
            .contains("is empty")
    );
}

#[test]
fn each_mistake_of_an_inventory_stands_at_its_place() {
    let cases = [
        (
            "os: staros",
            "os: junos",
            "4:9 `os` cannot be `junos`",
            "staros",
        ),
        (
            "    hostname: HA-EAST",
            "    hostnam: HA-EAST",
            "11:5 chassis `ha-east` has no field `hostnam`",
            "did you mean `hostname`?",
        ),
        (
            "    port: 2022",
            "    port: 0",
            "6:11 `port` cannot be 0",
            "22",
        ),
        (
            "    port: 2022",
            "    port: 99999",
            "6:11 `port`: expected a number from 0 to 65535",
            "",
        ),
        (
            "192.0.2.10",
            "192.0.2.10:22",
            "5:14 `address` is a host name",
            "field of its own",
        ),
        (
            "    address: 192.0.2.10\n",
            "",
            "3:3 chassis `ha-east` needs the field `address`",
            "",
        ),
        (
            "[198.51.100.1,",
            "[ha-east,",
            "7:20 expected an IP address",
            "sender",
        ),
        (
            "{ env: CUTOVER_TEST_UNSET }",
            "{ var: X }",
            "8:37 `password` has no field `var`",
            "{ env: NAME }",
        ),
        (
            "{ env: CUTOVER_TEST_UNSET }",
            "\"\"",
            "8:35 `password` is empty",
            "",
        ),
        (
            "key: /k, ",
            "",
            "8:64 a passphrase without a key",
            "key: PATH",
        ),
        (
            "password: { file: /nowhere/at/all } ",
            "",
            "14:3 `login` has neither a password nor a key",
            "env",
        ),
        (
            "SHA256:AAA",
            "SHA256:A",
            "9:15 `pinned` is not a fingerprint",
            "ssh-keygen",
        ),
        (
            "{ pinned: \"SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\" }",
            "never",
            "9:15 `host_key` cannot be `never`",
            "strict",
        ),
        (
            "backup: ha-west",
            "backup: ha-wset",
            "19:54 pair `east-west` names `ha-wset`",
            "did you mean `ha-west`?",
        ),
        (
            "backup: ha-west",
            "backup: ha-east",
            "19:54 pair `east-west` has the same chassis twice",
            "two chassis",
        ),
        (
            "kind: icsr",
            "kind: vrrp",
            "19:22 `kind` cannot be `vrrp`",
            "icsr",
        ),
        (
            "0.0.0.0:10162",
            "0.0.0.0",
            "20:18 `traps.listen` is ADDRESS:PORT",
            "0.0.0.0:162",
        ),
        (
            "communities: [public, { env: COMMUNITY }]",
            "communities: public",
            "20:48 `communities` is a list",
            "[public]",
        ),
        (
            "traps: {",
            "traps: { user: x,",
            "20:10 `traps` has no field `user`",
            "listen",
        ),
        (
            "  ha-west:",
            "  ../west:",
            "14:3 `../west` cannot name a chassis",
            "letters",
        ),
    ];
    for (right, wrong, begins, hint) in cases {
        assert!(RIGHT.contains(right), "{right}");
        let text = RIGHT.replacen(right, wrong, 1);
        let found = match Inventory::load(&text, "lab.yaml") {
            Ok(_) => panic!("accepted: {wrong}"),
            Err(found) => lines(&found),
        };
        assert!(
            found
                .iter()
                .any(|line| line.starts_with(begins) && line.contains(hint)),
            "{wrong}: wanted {begins}\n{found:#?}"
        );
    }
}

#[test]
fn two_names_for_one_chassis_are_refused() {
    let text = RIGHT.replace("ha-west.example.net", "192.0.2.10\n    port: 2022");
    let found = lines(&Inventory::load(&text, "lab.yaml").map(|_| ()).unwrap_err());
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].starts_with(
        "16:14 chassis `ha-east` and `ha-west` have the same address 192.0.2.10:2022"
    ));
}

#[test]
fn all_mistakes_of_an_inventory_come_at_once() {
    let text = "chassis:\n  a: { os: staros, address: \"a b\", login: { user: x } }\n  b: { login: 3 }\npairs: { p: { kind: icsr, primary: a, backup: c } }\ntrap: x\n";
    let found = lines(&Inventory::load(text, "lab.yaml").map(|_| ()).unwrap_err());
    assert_eq!(found.len(), 7, "{found:#?}");
    assert!(
        !found.iter().any(|line| line.contains("names `a`")),
        "{found:#?}"
    );
}
