//! `sync_filesystems`: both management cards hold the same flash (INV-25).

use serde::{Deserialize, Serialize};

use super::context::Context;
use super::fields::Span;
use super::outcome::{Facts, Failure, Success};
use super::reading::unspoken;
use crate::device::Error;

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    #[serde(default = "quarter_of_an_hour")]
    pub within: Span,
}

fn quarter_of_an_hour() -> Span {
    Span::seconds(900)
}

const COMMAND: &str = "filesystem synchronize all";

impl Spec {
    /// Synchronizing again is harmless, so an interrupted one is simply repeated.
    pub async fn perform(&self, cx: &Context) -> Result<Success, Failure> {
        let chassis = cx.chassis();
        let sent = cx
            .send(chassis, COMMAND, COMMAND, &Facts::new(), self.within.0)
            .await?;
        if let Err(error @ Error::Rejected { .. }) = &sent {
            return Err(unspoken(chassis, error));
        }
        // A session that was lost meanwhile says nothing; the comparison does.
        let mut device = cx.connected(chassis).await?;
        match device.run(&format!("{COMMAND} checkonly")).await {
            // A release without the variant: that the command was accepted is all there is to see.
            Err(Error::Rejected { .. }) => match sent {
                Ok(_) => Ok(Success::done(
                    "the chassis reported no failure; this release cannot compare the cards",
                )),
                Err(error) => Err(unspoken(chassis, &error).hint(
                    "nobody can tell whether both cards hold the same; `cutover resume` synchronizes again",
                )),
            },
            Err(error) => Err(unspoken(chassis, &error)),
            Ok(reply) => match stale(&reply.text) {
                files if files.is_empty() => Ok(Success::done("nothing is left to synchronize")),
                files => Err(Failure::failed(format!(
                    "{chassis}: the other management card still lacks {} after synchronizing", files.join(", ")
                ))
                .hint("a management card switchover would boot the old software; look at that card (F-23)")),
            },
        }
    }
}

/// Files a check names as not the same on both cards: whatever looks like a file of flash.
fn stale(text: &str) -> Vec<String> {
    let of_interest = [".bin", ".cfg", ".SPA", "boot.sys"];
    let mut files: Vec<String> = text
        .split_whitespace()
        .map(|word| word.trim_matches(|c: char| ",;:()\"'".contains(c)))
        .filter(|word| of_interest.iter().any(|ending| word.ends_with(ending)))
        .map(str::to_owned)
        .collect();
    files.dedup();
    files
}

#[cfg(test)]
mod tests {
    use super::stale;

    #[test]
    fn f_23_files_named_by_a_check_are_stale() {
        assert_eq!(
            stale("Updating /flash/boot.sys\n1 file differs"),
            ["/flash/boot.sys"]
        );
        assert!(stale("0 files to synchronize.").is_empty());
    }
}
