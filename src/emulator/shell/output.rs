//! What a command prints on its way to the terminal: filters, pages, the progress of a job.

use std::collections::VecDeque;
use std::time::Duration;

use super::pipe::Pipe;
use super::{Activity, Next, Shell};
use crate::emulator::chassis::Chassis;
use crate::emulator::jobs::{JobReport, JobState};
use crate::emulator::staros::commands::{Awaited, failure};
use crate::proto::Time;

/// How many stars a copy prints (`staros-cli.md` 3.8).
const STARS: usize = 50;
/// How often a running copy prints its stars.
const PROGRESS: Duration = Duration::from_secs(5);

impl Shell {
    /// Prints an output through its filters, page by page.
    pub(super) fn present(
        &mut self,
        text: &str,
        pipes: &[Pipe],
        chassis: &Chassis,
        out: &mut Vec<u8>,
    ) -> Next {
        let kept = text
            .lines()
            .filter(|line| pipes.iter().all(|pipe| pipe.keeps(line)));
        let more = pipes.iter().any(|pipe| matches!(pipe, Pipe::More));
        let length = self.page_length(more);
        if length == 0 {
            for line in kept {
                print_line(line, out);
            }
            self.prompt(chassis, out);
            return Next::Idle;
        }
        let rest = kept.map(str::to_owned).collect();
        self.page(rest, length, chassis, out)
    }

    fn page_length(&self, more: bool) -> usize {
        let length = self.session.as_ref().map_or(0, |session| session.length);
        match length {
            0 if more => 23,
            0 => 0,
            length => usize::from(length).saturating_sub(1).max(1),
        }
    }

    fn page(
        &mut self,
        mut rest: VecDeque<String>,
        lines: usize,
        chassis: &Chassis,
        out: &mut Vec<u8>,
    ) -> Next {
        for line in rest.drain(..lines.min(rest.len())) {
            print_line(&line, out);
        }
        if rest.is_empty() {
            self.activity = Activity::Prompt;
            self.prompt(chassis, out);
        } else {
            out.extend(self.style.pager.bytes());
            self.activity = Activity::Paging(rest);
        }
        Next::Idle
    }

    /// Space is a page, Enter a line, q the end (`staros-cli.md` 1.5).
    pub(super) fn page_key(
        &mut self,
        byte: u8,
        rest: VecDeque<String>,
        chassis: &Chassis,
        out: &mut Vec<u8>,
    ) -> Next {
        let lines = match byte {
            b' ' => self.page_length(true),
            b'\r' | b'\n' => 1,
            b'q' | b'Q' | 0x03 => 0,
            _ => {
                self.activity = Activity::Paging(rest);
                return Next::Idle;
            }
        };
        let blanks = " ".repeat(self.style.pager.len());
        out.extend(format!("\r{blanks}\r").bytes());
        let rest = if lines == 0 { VecDeque::new() } else { rest };
        self.page(rest, lines, chassis, out)
    }

    pub(super) fn look_at_job(&mut self, chassis: &Chassis, now: Time, out: &mut Vec<u8>) -> Next {
        let Activity::Job {
            id,
            awaited,
            stars,
            pipes,
        } = &mut self.activity
        else {
            return Next::Idle;
        };
        let awaited = *awaited;
        let (shown, ended) = match chassis.job(*id) {
            JobState::Running { until, progress } => {
                (usize::from(progress) * STARS / 100, Err(until))
            }
            JobState::Finished(Ok(report)) => (STARS, Ok(Ok(report))),
            JobState::Finished(Err(why)) => (*stars, Ok(Err(why))),
        };
        if awaited == Awaited::Copy {
            out.extend(std::iter::repeat_n(b'*', shown.saturating_sub(*stars)));
            *stars = shown.max(*stars);
        }
        let result = match ended {
            Ok(result) => result,
            Err(until) if awaited == Awaited::Copy => {
                return Next::WakeAt(until.min(now + PROGRESS));
            }
            Err(until) => return Next::WakeAt(until),
        };
        if *stars > 0 {
            out.extend(b"\r\n");
        }
        let text = match result {
            Ok(report) => describe(awaited, &report),
            Err(why) => failure(&why),
        };
        let pipes = std::mem::take(pipes);
        self.activity = Activity::Prompt;
        self.present(&text, &pipes, chassis, out)
    }
}

/// What a finished job prints.
fn describe(awaited: Awaited, report: &JobReport) -> String {
    match awaited {
        Awaited::Copy => {
            let seconds = report.took.as_secs_f64();
            let rate = report.bytes as f64 / 1024.0 / seconds.max(0.001);
            format!(
                "Transferred {} bytes in {seconds:.3} seconds ({rate:.1} KB/sec)",
                report.bytes
            )
        }
        Awaited::Synchronize { check_only } => {
            let verb = if check_only { "Differs" } else { "Updated" };
            let mut lines: Vec<String> = report
                .files
                .iter()
                .map(|file| format!("{verb} /flash/{}", file.trim_start_matches("/flash/")))
                .collect();
            let summary = if check_only {
                "file(s) differ"
            } else {
                "file(s) synchronized"
            };
            lines.push(format!(
                "{} {summary} on the standby management card",
                report.files.len()
            ));
            lines.join("\n")
        }
        Awaited::Save => String::new(),
    }
}

pub(super) fn print(text: &str, out: &mut Vec<u8>) {
    for line in text.lines() {
        print_line(line, out);
    }
}

fn print_line(line: &str, out: &mut Vec<u8>) {
    out.extend(line.bytes());
    out.extend(b"\r\n");
}
