//! `copy_image`: the software image onto `/flash`, room checked first, verified on the box
//! (INV-24, INV-28).

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::context::Context;
use super::fields::{FlashPath, Span};
use super::outcome::{Facts, Failure, Success};
use super::reading::unspoken;
use crate::device::Error;
use crate::device::staros::{directory, version};
use crate::device::transcript::redacted;

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// Where the chassis fetches it from, such as `sftp://host/path/image.bin`. Without it the
    /// image must already be on flash.
    pub from: Option<String>,
    pub to: FlashPath,
    /// The version the file must report.
    pub version: String,
    /// The size the file must have, in bytes; also what room is checked against.
    pub size: Option<u64>,
    #[serde(default = "half_an_hour")]
    pub within: Span,
}

fn half_an_hour() -> Span {
    Span::seconds(1800)
}

/// What must stay free beside the image: logs and configurations still have to be written.
const SPARE_BYTES: u64 = 16 << 20;

/// How long `delete` may take.
const REMOVAL: Duration = Duration::from_secs(120);

impl Spec {
    pub async fn perform(&self, cx: &Context) -> Result<Success, Failure> {
        let chassis = cx.chassis();
        let mut ours = cx.unfinished.is_some();
        if let Some(size) = self.size_on_flash(cx, chassis).await? {
            match self.inspect(cx, chassis, size).await {
                Ok(detail) if ours => return Ok(Success::done(detail)),
                Ok(detail) => return Ok(Success::already(detail)),
                Err(unfit) if unfit.unknown => return Err(unfit.failure),
                Err(unfit) if !ours => return Err(self.not_ours(unfit)),
                // Cut off under our own hands (F-17): the partial file is ours to remove.
                Err(unfit) => self.remove(cx, chassis, &unfit).await?,
            }
        }
        let Some(from) = &self.from else {
            return Err(Failure::refused(format!(
                "{chassis} has no {} and the step has no `from:`",
                self.to
            ))
            .hint("copy the image to the chassis, or say where it can fetch it"));
        };
        for last in [false, true] {
            self.check_room(cx, chassis, ours).await?;
            let copied = self.copy(cx, chassis, from).await;
            ours = true;
            let unfit = match self.size_on_flash(cx, chassis).await? {
                Some(size) => match self.inspect(cx, chassis, size).await {
                    Ok(detail) => return Ok(Success::done(detail)),
                    Err(unfit) => unfit,
                },
                None => {
                    return Err(copied.err().unwrap_or_else(|| {
                        Failure::failed(format!(
                            "{chassis}: `copy` reported nothing wrong, but {} is not there",
                            self.to
                        ))
                    }));
                }
            };
            if unfit.unknown {
                return Err(unfit.failure);
            }
            let removed = self.remove(cx, chassis, &unfit).await;
            if last || !unfit.damaged {
                let left = match removed {
                    Ok(()) => "the file was removed again".to_owned(),
                    Err(failure) => format!("it could not be removed: {}", failure.message),
                };
                let why = copied
                    .err()
                    .map(|failure| format!(" ({})", failure.message));
                return Err(Failure::failed(format!(
                    "{}{}; {left}",
                    unfit.failure.message,
                    why.unwrap_or_default()
                ))
                .hint(format!(
                    "see to it that `from:` holds a whole image of {} for this platform, then `cutover resume`",
                    self.version
                )));
            }
            removed?;
        }
        unreachable!("the second round returns")
    }

    /// A file that was there before is never touched; the boot stack may point at it.
    fn not_ours(&self, unfit: Unfit) -> Failure {
        Failure::refused(unfit.failure.message).hint(format!(
            "{} was there before this run and is not touched; remove it by hand or choose another name",
            self.to
        ))
    }

    async fn size_on_flash(&self, cx: &Context, chassis: &str) -> Result<Option<u64>, Failure> {
        let listing = cx
            .read(chassis, "directory /flash", directory::parse)
            .await?;
        Ok(listing
            .files
            .iter()
            .find(|file| file.name == self.to.file_name())
            .map(|file| file.size))
    }

    /// The file's own word: right version, right platform, right size (INV-24).
    async fn inspect(&self, cx: &Context, chassis: &str, size: u64) -> Result<String, Unfit> {
        if let Some(wanted) = self.size.filter(|wanted| *wanted != size) {
            return Err(Unfit::damaged(Failure::failed(format!(
                "{chassis}: {} has {size} bytes instead of {wanted}",
                self.to
            ))));
        }
        let image = cx
            .read(
                chassis,
                &format!("show version {}", self.to),
                version::parse_image,
            )
            .await
            .map_err(Unfit::damaged)?;
        if image.version != self.version {
            return Err(Unfit::wrong(format!(
                "{chassis}: {} is version {}, the plan wants {}",
                self.to, image.version, self.version
            )));
        }
        let running = cx.version(chassis).await.map_err(Unfit::unknown)?;
        if let Some(path) = &running.boot_image {
            let current = cx
                .read(
                    chassis,
                    &format!("show version {path}"),
                    version::parse_image,
                )
                .await
                .map_err(Unfit::unknown)?;
            if let Some(ours) = &current.platform {
                let new = image.platform.as_deref().unwrap_or("no platform it names");
                if !ours.eq_ignore_ascii_case(new) {
                    return Err(Unfit::wrong(format!(
                        "{chassis} is an {ours}, {} is for {new} (F-57)",
                        self.to
                    )));
                }
            }
        }
        Ok(format!(
            "{} holds {} with {size} bytes, its check passed",
            self.to, image.version
        ))
    }

    /// `touched`: this run has copied before, so that a refusal is no refusal any more.
    async fn check_room(&self, cx: &Context, chassis: &str, touched: bool) -> Result<(), Failure> {
        let listing = cx
            .read(chassis, "directory /flash", directory::parse)
            .await?;
        // Without a known size, the largest image there says what one needs.
        let largest = listing
            .files
            .iter()
            .map(|file| file.size)
            .max()
            .unwrap_or(0);
        let needed = self.size.unwrap_or(largest) + SPARE_BYTES;
        let free = listing.available_kib * 1024;
        if free < needed {
            let end = if touched {
                Failure::failed
            } else {
                Failure::refused
            };
            return Err(end(format!(
                "{chassis}: /flash has {} MiB free, the image needs {} MiB",
                free >> 20,
                needed >> 20
            ))
            .hint("make room by hand; files are never deleted to make room (INV-28)"));
        }
        Ok(())
    }

    async fn copy(&self, cx: &Context, chassis: &str, from: &str) -> Result<(), Failure> {
        let command = format!("copy {from} {} -noconfirm", self.to);
        let shown = redacted(&command, &[]);
        let sent = cx
            .send(chassis, &command, &shown, &Facts::new(), self.within.0)
            .await?;
        match sent {
            Ok(_) => Ok(()),
            // Refused, cut or lost: the listing says what is there.
            Err(error @ Error::Rejected { .. }) => Err(unspoken(chassis, &error)
                .hint("is the image where `from:` says, and can the chassis reach it?")),
            Err(error) => Err(unspoken(chassis, &error)
                .hint("the chassis may still be copying; look there, then `cutover resume`")),
        }
    }

    async fn remove(&self, cx: &Context, chassis: &str, unfit: &Unfit) -> Result<(), Failure> {
        let why = &unfit.failure.message;
        cx.progress(format!("{why}; removing the file of this run"))
            .await;
        let command = format!("delete {} -noconfirm", self.to);
        let sent = cx
            .send(chassis, &command, &command, &Facts::new(), REMOVAL)
            .await?;
        let seen = self.size_on_flash(cx, chassis).await?;
        match (seen, sent) {
            (None, _) => Ok(()),
            (Some(_), Err(error)) => Err(unspoken(chassis, &error)),
            (Some(_), Ok(_)) => Err(Failure::failed(format!(
                "{chassis}: {} is still there after `delete`",
                self.to
            ))),
        }
    }
}

/// Why a file on flash is not the image that was meant.
struct Unfit {
    failure: Failure,
    /// Another copy may bring a whole one.
    damaged: bool,
    /// Nothing is known: the chassis could not be asked.
    unknown: bool,
}

impl Unfit {
    /// Not whole: wrong size, or the chassis's own check refuses it.
    fn damaged(failure: Failure) -> Self {
        let unknown = failure.transient;
        Self {
            failure,
            damaged: !unknown,
            unknown,
        }
    }

    /// Whole, and not what the plan wants.
    fn wrong(message: String) -> Self {
        Self {
            failure: Failure::failed(message),
            damaged: false,
            unknown: false,
        }
    }

    /// Something else could not be read, which is no reason to remove the file.
    fn unknown(failure: Failure) -> Self {
        Self {
            failure,
            damaged: false,
            unknown: true,
        }
    }
}
