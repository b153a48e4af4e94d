//! `show version`, of the running software and of an image file (`staros-cli.md` 3.1, 3.2).

use serde::Serialize;

use super::text::{Text, Unparsed, given};

/// A release. Versions have many shapes and are compared as a whole, never taken apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Version {
    pub version: String,
    /// The build number; empty when an image file does not tell.
    pub build: String,
    /// The image the chassis runs; of a file, what it says of itself.
    pub boot_image: Option<String>,
    /// Empty when an image file does not tell.
    pub description: String,
    pub date: Option<String>,
    /// The kind of chassis an image is for; must match the chassis it is meant for.
    pub platform: Option<String>,
}

/// Reads `show version`.
pub fn parse(text: &str) -> Result<Version, Unparsed> {
    let text = Text::accepted("show version", text)?;
    text.need("Image Build Number")?;
    text.need("Image Description")?;
    read(&text)
}

/// Reads `show version FILE`.
pub fn parse_image(text: &str) -> Result<Version, Unparsed> {
    read(&Text::accepted("show version FILE", text)?)
}

fn read(text: &Text<'_>) -> Result<Version, Unparsed> {
    let first = |labels: &[&str]| {
        let found = labels.iter().find_map(|label| text.label(label));
        found
            .and_then(|found| given(found.value))
            .map(str::to_owned)
    };
    let version = first(&[
        "Image Version",
        "Version",
        "Version Number",
        "Image Version Number",
    ])
    .ok_or_else(|| text.missing("`Image Version:` and a value"))?;
    Ok(Version {
        version,
        build: first(&["Image Build Number", "Build Number"]).unwrap_or_default(),
        boot_image: first(&["Boot Image"]),
        description: first(&["Image Description", "Description"]).unwrap_or_default(),
        date: first(&["Image Date", "Date"]),
        platform: first(&["Platform", "Image Platform", "Chassis Type"]),
    })
}
