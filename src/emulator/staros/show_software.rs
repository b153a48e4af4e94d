//! Software, files and the boot stack (`staros-cli.md` 2.9, 2.10, 3).

use super::super::flash::{Content, Defect, Image, key};
use super::commands::{Call, Reply};
use super::format;

/// `show version [verbose]`
pub fn version(call: &mut Call<'_>) -> Reply {
    let image = call.chassis.software().clone();
    let boot = call.chassis.boot_image_path().to_owned();
    call.say("Active Software:");
    describe(call, &image, &boot);
    if call.matched.has("verbose") {
        call.say(format!("  {:<32}{}", "Image Platform:", image.platform));
        call.say(format!("  {:<32}{} bytes", "Image Size:", image.size));
    }
    Reply::Done
}

/// `show build`
pub fn build(call: &mut Call<'_>) -> Reply {
    let image = call.chassis.software().clone();
    let boot = call.chassis.boot_image_path().to_owned();
    call.say("Active Software:");
    describe(call, &image, &boot);
    call.say(format!("  {:<32}{}", "Image Platform:", image.platform));
    call.say(format!("  {:<32}REL{}", "Branch Name:", image.version));
    call.say(format!("  {:<32}{}", "Built by:", "release"));
    Reply::Done
}

/// `show version FILE [all]`: what an image file says of itself, once its check sum holds.
pub fn version_of_file(call: &mut Call<'_>) -> Reply {
    let path = call.matched.value("file").to_owned();
    let file = call
        .chassis
        .flash
        .first()
        .and_then(|flash| flash.files.get(key(&path)))
        .cloned();
    let Some(file) = file else {
        return call.fail(format!("{path}: No such file or directory"));
    };
    let image = match file.content {
        Content::Image(image) => image,
        Content::Opaque | Content::Text(_) => {
            return call.fail(format!("{path}, has a bad magic number"));
        }
    };
    match image.defect {
        Some(Defect::Crc) => return call.fail(format!("Image {path} CRC check failed!")),
        Some(Defect::Magic) => return call.fail(format!("{path}, has a bad magic number")),
        Some(Defect::DoesNotBoot) | None => {}
    }
    call.say("Image File:");
    describe(call, &image, &path);
    call.say(format!("  {:<32}{}", "Image Platform:", image.platform));
    call.say(format!("  {:<32}{} bytes", "Image Size:", file.size));
    call.say(format!("  {:<32}{}", "Image Flags:", "0x0"));
    Reply::Done
}

/// `show boot`: three lines an entry (`staros-cli.md` 3.4).
pub fn boot(call: &mut Call<'_>) -> Reply {
    let entries = call.chassis.boot.first().map(|stack| stack.entries.clone());
    call.say("");
    for entry in entries.unwrap_or_default() {
        call.say(format!("boot system priority {} \\", entry.priority));
        call.say(format!("    image {} \\", entry.image));
        call.say(format!("    config {}", entry.config));
        call.say("");
    }
    Reply::Done
}

/// `directory PATH`: `ls -l` and `df` in one (`staros-cli.md` 3.7).
pub fn directory(call: &mut Call<'_>) -> Reply {
    const DEVICE: &str = "/var/run/storage/flash/part1";
    let path = call.matched.value("path").trim_end_matches('/').to_owned();
    let inside = path
        .strip_prefix("/flash")
        .map(|rest| rest.trim_start_matches('/').to_owned());
    let Some(inside) = inside else {
        return call.fail(format!("{path}: No such file or directory"));
    };
    let Some(flash) = call.chassis.flash.first().cloned() else {
        return call.fail(format!("{path}: No such file or directory"));
    };
    let wanted = |name: &str| {
        inside.is_empty()
            || name == inside
            || name
                .strip_prefix(inside.as_str())
                .is_some_and(|rest| rest.starts_with('/'))
    };
    let files = flash.files.iter().filter(|(name, _)| wanted(name));
    let files: Vec<_> = files
        .map(|(name, file)| (name.clone(), file.clone()))
        .collect();
    if files.is_empty() && !inside.is_empty() {
        return call.fail(format!("{path}: No such file or directory"));
    }
    let mut total = 0;
    for (name, file) in &files {
        let mode = match file.content {
            Content::Image(_) | Content::Opaque => "-rw-rw-r--",
            Content::Text(_) => "-rwxrwxr-x",
        };
        let date = call
            .chassis
            .calendar(file.modified)
            .strftime("%b %e %H:%M")
            .to_string();
        call.say(format!(
            "{mode}    1 root     root    {:>9} {date} {name}",
            file.size
        ));
        total += file.size.div_ceil(1024);
    }
    let (capacity, used) = (flash.capacity_kib, flash.used_kib());
    let percent = (used * 100).div_ceil(capacity.max(1));
    call.say(format!("{total} {path}"));
    call.say("Filesystem           1k-blocks      Used Available Use% Mounted on");
    call.say(DEVICE);
    let free = flash.free_kib();
    call.say(format!(
        "{capacity:>30} {used:>9} {free:>9} {percent:>3}% /mnt/user/.auto/onboard/flash"
    ));
    Reply::Done
}

/// `show crash list`
pub fn crash_list(call: &mut Call<'_>) -> Reply {
    let crashes = call.chassis.hardware.crashes.clone();
    call.say(
        "=== ==================== ======== ========== =============== =======================",
    );
    call.say("#           Time         Process  Card/CPU/        SW          HW_SER_NUM");
    call.say("                                  PID           VERSION       MIO / Crash Card");
    call.say(
        "=== ==================== ======== ========== =============== =======================",
    );
    for (number, crash) in crashes.iter().enumerate() {
        let at = format::crash(&call.chassis.calendar(crash.at));
        let card = format!("{:02}/0/00000", crash.card);
        call.say(format!(
            "{:<3} {at} {:<8} {card:<10} {:<15} NA",
            number + 1,
            crash.process,
            crash.version
        ));
    }
    call.say("");
    call.say(format!("Total Crashes : {}", crashes.len()));
    Reply::Done
}

/// `show license information` (`staros-cli.md` 2.10).
pub fn license(call: &mut Call<'_>) -> Reply {
    let installed = call
        .chassis
        .running
        .nodes()
        .iter()
        .any(|node| node.after("license key").is_some());
    if !installed {
        call.say("No license key is installed");
        return Reply::Done;
    }
    let profile = &call.chassis.profile;
    let (platform, optimised) = (
        profile.platform.clone(),
        profile.release.icsr_optimisation_licence,
    );
    let limit = profile.sessions.max(1) * 10;
    call.say("Key Information (installed key):");
    call.say("  Comment                Laboratory key");
    call.say(format!("  Chassis Type           {platform}"));
    call.say("  Issued                 Monday January 06 10:00:00 UTC 2025");
    call.say("  Issued By              Laboratory");
    call.say("  Key Number             1");
    call.say("Enabled Features:");
    call.say("  Feature                                             Applicable Part Numbers");
    call.say("  --------------------------------------------------  -----------------------------");
    call.say(format!("  {:<52}[ none ]", "PDN Gateway:"));
    call.say(format!(
        "  {:<52}[ none ]",
        "Inter-Chassis Session Recovery"
    ));
    if optimised {
        call.say(format!("  {:<52}[ none ]", " + ICSR Optimisation"));
    }
    call.say(format!("  {:<52}[ none ]", "Session Recovery"));
    call.say("Session Limits:");
    call.say(format!("  {limit:>10}  PGW"));
    call.say("Status:");
    call.say(format!(
        "  Chassis Type           {} (Any Hardware)",
        platform.to_lowercase()
    ));
    call.say("  License Status         Good (Any Hardware)");
    Reply::Done
}

fn describe(call: &mut Call<'_>, image: &Image, path: &str) {
    for (label, value) in [
        ("Image Version:", image.version.as_str()),
        ("Image Build Number:", image.build.as_str()),
        ("Image Description:", "Deployment_Build"),
        ("Image Date:", "Tue Mar  7 11:02:10 EST 2023"),
        ("Boot Image:", path),
    ] {
        call.say(format!("  {label:<32}{value}"));
    }
    let major = image
        .version
        .split('.')
        .next()
        .and_then(|major| major.parse::<u32>().ok());
    if major.is_some_and(|major| major >= SHOWS_COMMIT) {
        call.say(format!("  {:<32}{}", "Source Commit ID:", commit(image)));
    }
}

/// The first major release whose `show version` has a commit id.
const SHOWS_COMMIT: u32 = 21;

/// A stand-in that differs from image to image.
fn commit(image: &Image) -> String {
    use sha2::{Digest, Sha256};
    let digest = Sha256::digest(format!("{}.{}", image.version, image.build));
    digest
        .iter()
        .take(20)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
