//! `save_config`: the running configuration onto flash and off the box, under a new name
//! (INV-26).

use serde::{Deserialize, Serialize};

use super::context::Context;
use super::fields::{FlashPath, Span};
use super::outcome::{Facts, Failure, Success};
use super::reading::unspoken;
use crate::device::staros::directory;
use crate::device::transcript::redacted;

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// A new file name: an existing file is never overwritten (`staros-cli.md` 6, trap 11).
    pub to: FlashPath,
    /// Where the copy outside the chassis goes: `run_directory` (the default: the text is read
    /// over the session and kept with the journal) or a URL the chassis can save to.
    #[serde(default)]
    pub off_box: OffBox,
    #[serde(default = "five_minutes")]
    pub within: Span,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OffBox {
    #[default]
    RunDirectory,
    Url(String),
}

fn five_minutes() -> Span {
    Span::seconds(300)
}

impl Spec {
    pub async fn perform(&self, cx: &Context) -> Result<Success, Failure> {
        let chassis = cx.chassis();
        if self.size_on_flash(cx, chassis).await?.is_some() && cx.unfinished.is_none() {
            return Err(Failure::refused(format!("{chassis} already has {}", self.to))
                .hint("every change saves under a new name, else a fallback entry boots the wrong configuration"));
        }
        let kept = self.keep_off_box(cx, chassis).await?;
        self.save(cx, chassis, self.to.as_str()).await?;
        let size = self.size_on_flash(cx, chassis).await?.unwrap_or(0);
        if size == 0 {
            return Err(Failure::failed(format!(
                "{chassis}: {} is missing or empty after saving",
                self.to
            )));
        }
        Ok(
            Success::done(format!("{} with {size} bytes, a copy at {kept}", self.to))
                .with("saved", self.to.as_str())
                .with("chassis", chassis),
        )
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

    /// The copy outside the chassis comes first: it changes nothing.
    async fn keep_off_box(&self, cx: &Context, chassis: &str) -> Result<String, Failure> {
        match &self.off_box {
            OffBox::Url(url) => {
                self.save(cx, chassis, url).await?;
                Ok(redacted(url, &[]))
            }
            OffBox::RunDirectory => {
                let mut device = cx.connected(chassis).await?;
                let reply = device
                    .run("show configuration")
                    .await
                    .map_err(|e| unspoken(chassis, &e))?;
                if reply.text.lines().next_back().map(str::trim) != Some("end") {
                    return Err(Failure::failed(format!(
                        "{chassis}: `show configuration` did not end with `end`, the text is not whole"
                    ))
                    .transient());
                }
                let name = format!("{chassis}-{}", self.to.file_name().replace('/', "-"));
                cx.world.keep.put(&name, &reply.text).map_err(|error| {
                    Failure::refused(format!(
                        "cannot keep a copy of {chassis}'s configuration: {error}"
                    ))
                })
            }
        }
    }

    async fn save(&self, cx: &Context, chassis: &str, url: &str) -> Result<(), Failure> {
        let command = format!("save configuration {url} -noconfirm");
        let shown = redacted(&command, &[]);
        cx.send(chassis, &command, &shown, &Facts::new(), self.within.0)
            .await?
            .map(|_| ())
            .map_err(|error| unspoken(chassis, &error))
    }
}
