//! The binary in an environment of its own, and what it said as one text.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A home that no other test and no user shares.
pub struct Sealed {
    home: tempfile::TempDir,
}

impl Sealed {
    pub fn new() -> Self {
        let home = tempfile::tempdir().expect("a folder");
        Self { home }
    }

    pub fn state(&self) -> PathBuf {
        self.home.path().join("state")
    }

    /// The journal of a run by its id.
    pub fn journal(&self, run: &str) -> String {
        let path = self
            .state()
            .join("cutover/runs")
            .join(run)
            .join("journal.jsonl");
        std::fs::read_to_string(path).expect("the run keeps a journal")
    }

    /// The binary with nothing of our environment; it stands in the crate's root.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cutover"));
        command
            .args(args)
            .env_clear()
            .env("HOME", self.home.path())
            .env("XDG_STATE_HOME", self.state())
            .env("USER", "operator")
            .env("COLUMNS", "100")
            .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")))
            .stdin(Stdio::null());
        command
    }

    pub fn output(&self, args: &[&str]) -> Output {
        self.command(args).output().expect("the binary starts")
    }

    /// Everything the binary said, and how it ended.
    pub fn says(&self, args: &[&str]) -> String {
        self.told(args, &self.output(args))
    }

    /// The same with something to read on standard input.
    pub fn answers(&self, args: &[&str], input: &str) -> String {
        let mut command = self.command(args);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary starts");
        let mut stdin = child.stdin.take().expect("piped");
        stdin.write_all(input.as_bytes()).expect("it reads");
        drop(stdin);
        let output = child.wait_with_output().expect("it ends");
        self.told(args, &output)
    }

    fn told(&self, args: &[&str], output: &Output) -> String {
        let mut told = format!("$ cutover {}\n", args.join(" "));
        for (name, bytes) in [
            ("", &output.stdout),
            ("--- standard error\n", &output.stderr),
        ] {
            let text = String::from_utf8_lossy(bytes);
            assert!(
                !text.contains('\u{1b}'),
                "colour without a terminal: {text:?}"
            );
            if !text.is_empty() {
                told += name;
                told += &text.replace(&*self.home.path().to_string_lossy(), "[HOME]");
            }
        }
        let code = output.status.code().expect("it ended by itself");
        format!("{told}--- exit code {code}\n")
    }
}
