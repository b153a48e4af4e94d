//! The whole command line: the binary in a sealed environment, everything it says, how it ends.
//!
//! The expected texts are files in `tests/cli/snapshots`; `INSTA_UPDATE=always cargo test --test
//! cli` writes them anew, and the difference is what a reviewer reads.

mod night;
mod sealed;

use insta::assert_snapshot;
use sealed::Sealed;

const NIGHT: &str = "tests/cli/files/night.yaml";
const LAB: &str = "playbooks/lab.yaml";

/// Every command; `help_covers_every_command` finds one that is missing.
const COMMANDS: [&[&str]; 19] = [
    &[],
    &["run"],
    &["resume"],
    &["status"],
    &["approve"],
    &["pause"],
    &["abort"],
    &["rehearse"],
    &["check"],
    &["graph"],
    &["parse"],
    &["emulate"],
    &["trap"],
    &["trap", "listen"],
    &["trap", "send"],
    &["mib"],
    &["mib", "resolve"],
    &["completions"],
    &["man"],
];

/// The commands below one, read from its help.
fn commands_below(sealed: &Sealed, of: &[&str]) -> Vec<String> {
    let help = sealed.says(&[of, &["--help"]].concat());
    let listed = help.split("Commands:\n").nth(1).unwrap_or_default();
    let first_words = listed
        .lines()
        .take_while(|line| !line.is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names = first_words.filter_map(|line| line.split_whitespace().next());
    names
        .filter(|name| *name != "help")
        .map(str::to_owned)
        .collect()
}

#[test]
fn help_covers_every_command() {
    let sealed = Sealed::new();
    for of in [&[] as &[&str], &["trap"], &["mib"]] {
        let below = commands_below(&sealed, of);
        assert!(!below.is_empty(), "{of:?}");
        for name in below {
            let path = [of, &[name.as_str()]].concat();
            assert!(
                COMMANDS.contains(&path.as_slice()),
                "{path:?} is not in the list"
            );
        }
    }
}

#[test]
fn help_says_what_every_command_and_argument_is_for() {
    let sealed = Sealed::new();
    for command in COMMANDS {
        // Their long help puts the words on the line below; the short one puts them beside.
        let args = [command, &["-h"]].concat();
        let help = sealed.says(&args);
        assert!(help.ends_with("--- exit code 0\n"), "{help}");
        let about = help.lines().nth(1).expect("a first line");
        assert!(about.len() > 10 && !about.ends_with('.'), "{help}");
        let lines: Vec<_> = help.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            let is_entry = ["  -", "      --", "  <", "  ["]
                .iter()
                .any(|start| line.starts_with(start));
            let described = line.trim().contains("  ");
            let below = lines
                .get(at + 1)
                .is_some_and(|next| next.starts_with("          "));
            assert!(
                !is_entry || described || below,
                "no word about `{line}` in\n{help}"
            );
        }
    }
}

#[test]
fn help() {
    let sealed = Sealed::new();
    for command in COMMANDS {
        let name = format!("help_{}", command.join("_"));
        assert_snapshot!(
            name.trim_end_matches('_'),
            sealed.says(&[command, &["--help"]].concat())
        );
    }
}

#[test]
fn wrong_arguments() {
    let sealed = Sealed::new();
    let says: String = [
        &[] as &[&str],
        &["runn"],
        &["run", NIGHT],
        &["run", NIGHT, "-i", LAB, "--var", "change"],
        &[
            "run",
            NIGHT,
            "-i",
            LAB,
            "--var",
            "change=1",
            "--dry-run",
            "--approve",
            "goo",
        ],
        &["rehearse", NIGHT, "-i", LAB, "--seed", "x"],
        &["graph", NIGHT, "--format", "pdf"],
        &["parse", "--os", "ios", "--command", "show srp info"],
        &["trap", "listen", "--listen", "nowhere", "--count", "0"],
        &["completions", "cmd"],
        &["man", "nope"],
    ]
    .iter()
    // The bare program prints the whole help, which has a picture of its own.
    .map(|args| match args.is_empty() {
        true => {
            sealed
                .says(args)
                .lines()
                .last()
                .expect("an exit code")
                .to_owned()
                + "\n"
        }
        false => sealed.says(args) + "\n",
    })
    .collect();
    assert_snapshot!(says);
}

#[test]
fn check() {
    let sealed = Sealed::new();
    let says = [
        sealed.says(&["check", NIGHT]),
        sealed.says(&["check", NIGHT, "-i", LAB, "--var", "change=CHG7"]),
        sealed.says(&[
            "check",
            "tests/cli/files/wrong.yaml",
            "-i",
            "tests/cli/files/wrong-lab.yaml",
        ]),
        sealed.says(&["check", "nowhere.yaml", "-i", "playbooks"]),
    ];
    assert_snapshot!(says.join("\n"));
}

#[test]
fn wrong_files_touch_nothing() {
    let sealed = Sealed::new();
    let says = [
        sealed.says(&["run", NIGHT, "-i", LAB]),
        sealed.says(&["run", NIGHT, "-i", "nowhere.yaml"]),
        sealed.says(&["run", LAB, "-i", NIGHT, "--dry-run"]),
        sealed.says(&["rehearse", "tests/cli/files/wrong.yaml", "-i", LAB]),
    ];
    assert!(
        !sealed.state().exists(),
        "nothing was wanted, so nothing is kept"
    );
    assert_snapshot!(says.join("\n"));
}

#[test]
fn graph() {
    let sealed = Sealed::new();
    for format in ["text", "dot", "mermaid", "svg"] {
        assert_snapshot!(
            format!("graph_{format}"),
            sealed.says(&["graph", NIGHT, "--format", format])
        );
    }
}

#[test]
fn parse() {
    let sealed = Sealed::new();
    let srp_info = ["parse", "--os", "staros", "--command", "show srp info"];
    let text = include_str!("files/srp-info.txt");
    let cut = &text[..text.find("Peer State").expect("it is there")];
    let says = [
        sealed.says(&[&srp_info as &[&str], &["tests/cli/files/srp-info.txt"]].concat()),
        sealed.answers(&srp_info, cut),
        sealed.answers(&srp_info, ""),
        sealed.answers(&srp_info, "Failure: No such thing\n"),
        sealed.says(&["parse", "--os", "staros", "--command", "show weather"]),
        sealed.says(&[&srp_info as &[&str], &["nowhere.txt"]].concat()),
    ];
    assert_snapshot!(says.join("\n"));
}

#[test]
fn mib_resolve() {
    let sealed = Sealed::new();
    let of = |what: &str| sealed.says(&["mib", "resolve", what]);
    let says = [
        "starSRPActive",
        "1.3.6.1.4.1.8164.2.120",
        "linkDown",
        "sysUpTime.0",
        "starSRPActiv",
        "9.9",
    ]
    .map(of);
    assert_snapshot!(says.join("\n"));
}

#[test]
fn completions_and_manual_pages() {
    let sealed = Sealed::new();
    for shell in ["bash", "zsh", "fish"] {
        let says = sealed.says(&["completions", shell]);
        assert!(says.ends_with("--- exit code 0\n"), "{says}");
        for word in ["rehearse", "dry-run", "ready-file", "resolve"] {
            assert!(says.contains(word), "{shell} does not complete `{word}`");
        }
    }
    for command in COMMANDS {
        let page = sealed.says(&[&["man"], command].concat());
        assert!(
            page.contains("\n.TH cutover") && page.ends_with("--- exit code 0\n"),
            "{page}"
        );
    }
    assert_snapshot!(sealed.says(&["man", "approve"]));
}
