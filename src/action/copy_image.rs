//! `copy_image`: the software image onto `/flash`, room checked first, verified on the box
//! (INV-24, INV-28).

use serde::{Deserialize, Serialize};

use super::context::Context;
use super::fields::{FlashPath, Span};
use super::outcome::{Facts, Failure, Success};
use super::reading::unspoken;
use crate::device::staros::{directory, version};
use crate::device::transcript::redacted;
use crate::device::{Error, Limits};

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

impl Spec {
    pub async fn perform(&self, cx: &Context) -> Result<Success, Failure> {
        let chassis = cx.chassis();
        let mut ours = cx.unfinished.is_some();
        for last in [false, true] {
            if let Some(size) = self.size_on_flash(cx, chassis).await? {
                match self.inspect(cx, chassis, size).await {
                    Ok(detail) if ours => return Ok(Success::done(detail)),
                    Ok(detail) => return Ok(Success::already(detail)),
                    Err(failure) if !ours => return Err(failure.hint(format!(
                        "{} was there before this run and is not touched; remove it by hand or choose another name",
                        self.to
                    ))),
                    Err(failure) if last => return Err(failure),
                    // Cut off under our own hands (F-17): the partial file is ours to remove.
                    Err(failure) => self.remove_partial(cx, chassis, &failure).await?,
                }
            }
            let Some(from) = &self.from else {
                return Err(Failure::refused(format!(
                    "{chassis} has no {} and the step has no `from:`",
                    self.to
                ))
                .hint("copy the image to the chassis, or say where it can fetch it"));
            };
            self.check_room(cx, chassis).await?;
            ours = true;
            self.copy(cx, chassis, from).await?;
        }
        let size = self.size_on_flash(cx, chassis).await?.ok_or_else(|| {
            Failure::failed(format!(
                "{chassis}: `copy` reported nothing wrong, but {} is not there",
                self.to
            ))
        })?;
        self.inspect(cx, chassis, size).await.map(Success::done)
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
    async fn inspect(&self, cx: &Context, chassis: &str, size: u64) -> Result<String, Failure> {
        if let Some(wanted) = self.size.filter(|wanted| *wanted != size) {
            return Err(Failure::refused(format!(
                "{chassis}: {} has {size} bytes instead of {wanted}",
                self.to
            )));
        }
        let image = cx
            .read(
                chassis,
                &format!("show version {}", self.to),
                version::parse_image,
            )
            .await?;
        if image.version != self.version {
            return Err(Failure::refused(format!(
                "{chassis}: {} is version {}, the plan wants {}",
                self.to, image.version, self.version
            )));
        }
        let running = cx.version(chassis).await?;
        if let Some(path) = &running.boot_image {
            let current = cx
                .read(
                    chassis,
                    &format!("show version {path}"),
                    version::parse_image,
                )
                .await?;
            if let (Some(ours), Some(new)) = (&current.platform, &image.platform)
                && !ours.eq_ignore_ascii_case(new)
            {
                return Err(Failure::refused(format!(
                    "{chassis} is a {ours}, {} is for {new}",
                    self.to
                ))
                .hint("copy the image of this platform (F-57)"));
            }
        }
        Ok(format!(
            "{} holds {} with {size} bytes, its check passed",
            self.to, image.version
        ))
    }

    async fn check_room(&self, cx: &Context, chassis: &str) -> Result<(), Failure> {
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
            return Err(Failure::refused(format!(
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
        let mut device = cx.device(chassis).await;
        device
            .connect()
            .await
            .map_err(|error| unspoken(chassis, &error))?;
        cx.intent(chassis, &redacted(&command, &[]), Facts::new())
            .await?;
        let limits = Limits {
            total: self.within.0,
            idle: self.within.0,
            ..device.limits()
        };
        match device.send_once(&command, true, limits).await {
            Err(error @ Error::Rejected { .. }) => Err(unspoken(chassis, &error)
                .hint("is the image where `from:` says, and can the chassis reach it?")),
            Err(error) if error.before_any_change() => Err(unspoken(chassis, &error)),
            // A lost session says nothing about the file; the listing will.
            Ok(_) | Err(_) => Ok(()),
        }
    }

    async fn remove_partial(
        &self,
        cx: &Context,
        chassis: &str,
        why: &Failure,
    ) -> Result<(), Failure> {
        cx.progress(format!(
            "{}; removing the partial file and copying once more",
            why.message
        ))
        .await;
        let command = format!("delete {} -noconfirm", self.to);
        let mut device = cx.device(chassis).await;
        device
            .connect()
            .await
            .map_err(|error| unspoken(chassis, &error))?;
        cx.intent(chassis, &command, Facts::new()).await?;
        let limits = device.limits();
        device
            .send_once(&command, true, limits)
            .await
            .map_err(|error| unspoken(chassis, &error))?;
        Ok(())
    }
}
