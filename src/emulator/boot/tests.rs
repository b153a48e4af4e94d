use super::*;
use crate::emulator::flash::File;
use crate::proto::Time;

const OLD: &str = "/flash/asr5500-21.26.9.bin.SPA";
const NEW: &str = "/flash/asr5500-21.28.3.bin.SPA";

fn image(version: &str, defect: Option<Defect>) -> Image {
    Image {
        version: version.into(),
        build: "1".into(),
        platform: "ASR5500".into(),
        size: 100 << 20,
        defect,
    }
}

fn flash(new_defect: Option<Defect>) -> Flash {
    let mut flash = Flash {
        capacity_kib: 3_000_000,
        ..Flash::default()
    };
    for (path, image) in [
        (OLD, image("21.26.9", None)),
        (NEW, image("21.28.3", new_defect)),
    ] {
        flash.insert(path, File::image(image, Time::ZERO)).unwrap();
    }
    for path in ["/flash/old.cfg", "/flash/new.cfg"] {
        flash
            .insert(path, File::text(format!("config of {path}"), Time::ZERO))
            .unwrap();
    }
    flash
}

fn entry(priority: u8, image: &str, config: &str) -> Entry {
    Entry {
        priority,
        image: image.into(),
        config: config.into(),
    }
}

fn stack() -> Stack {
    let mut stack = Stack::default();
    stack.set(entry(9, OLD, "/flash/old.cfg")).unwrap();
    stack.set(entry(8, NEW, "/flash/new.cfg")).unwrap();
    stack
}

fn built_in() -> BuiltIn {
    BuiltIn {
        image: "/flash/asr5500.bin".into(),
        config: "/flash/system.cfg".into(),
    }
}

fn booted(decision: &Decision) -> (&str, Option<&str>) {
    match decision {
        Decision::Boots {
            image_path, config, ..
        } => (
            image_path,
            config.as_ref().map(|config| config.path.as_str()),
        ),
        Decision::Loops => ("loops", None),
    }
}

#[test]
fn cli_3_6_the_highest_entry_is_booted_with_its_configuration() {
    let decision = decide(&stack(), &flash(None), &built_in(), MissingConfig::Wizard);
    assert_eq!(booted(&decision), (NEW, Some("/flash/new.cfg")));
}

#[test]
fn cli_3_6_an_unusable_highest_entry_gives_way_to_the_next() {
    for defect in [Defect::Crc, Defect::Magic, Defect::DoesNotBoot] {
        let flash = flash(Some(defect));
        let decision = decide(&stack(), &flash, &built_in(), MissingConfig::Wizard);
        assert_eq!(
            booted(&decision),
            (OLD, Some("/flash/old.cfg")),
            "{defect:?}"
        );
    }
    let mut missing = flash(None);
    missing.remove(NEW).unwrap();
    let decision = decide(&stack(), &missing, &built_in(), MissingConfig::Wizard);
    assert_eq!(booted(&decision), (OLD, Some("/flash/old.cfg")));
}

#[test]
fn cli_3_6_a_stack_whose_every_entry_fails_loops() {
    let mut flash = flash(Some(Defect::Crc));
    flash.insert(OLD, File::opaque(17, Time::ZERO)).unwrap();
    // The built-in names are not tried when boot.sys has entries.
    flash
        .insert(
            "/flash/asr5500.bin",
            File::image(image("1", None), Time::ZERO),
        )
        .unwrap();
    assert_eq!(
        decide(&stack(), &flash, &built_in(), MissingConfig::Wizard),
        Decision::Loops
    );
}

#[test]
fn cli_3_6_an_empty_boot_sys_falls_back_to_the_built_in_names() {
    let mut flash = flash(None);
    let none = Stack::default();
    assert_eq!(
        decide(&none, &flash, &built_in(), MissingConfig::Wizard),
        Decision::Loops
    );
    flash
        .insert(
            "/flash/asr5500.bin",
            File::image(image("1", None), Time::ZERO),
        )
        .unwrap();
    flash
        .insert("/flash/system.cfg", File::text("x".into(), Time::ZERO))
        .unwrap();
    let decision = decide(&none, &flash, &built_in(), MissingConfig::Wizard);
    assert_eq!(
        booted(&decision),
        ("/flash/asr5500.bin", Some("/flash/system.cfg"))
    );
}

#[test]
fn cli_3_6_a_missing_configuration_means_the_wizard_or_the_next_entry() {
    let mut flash = flash(None);
    flash.remove("/flash/new.cfg").unwrap();
    let wizard = decide(&stack(), &flash, &built_in(), MissingConfig::Wizard);
    assert_eq!(booted(&wizard), (NEW, None));
    let next = decide(&stack(), &flash, &built_in(), MissingConfig::NextEntry);
    assert_eq!(booted(&next), (OLD, Some("/flash/old.cfg")));
}

#[test]
fn cli_3_4_ten_entries_one_to_a_hundred_same_priority_replaces() {
    let mut stack = Stack::default();
    for priority in (10..=100).step_by(10) {
        stack.set(entry(priority, OLD, "/flash/old.cfg")).unwrap();
    }
    assert_eq!(stack.entries.len(), MOST_ENTRIES);
    assert!(
        stack
            .set(entry(5, NEW, "/flash/new.cfg"))
            .unwrap_err()
            .contains("10 entries")
    );
    stack.set(entry(10, NEW, "/flash/new.cfg")).unwrap();
    assert_eq!(stack.entries[0].image, NEW);
    for priority in [0, 101] {
        assert!(
            stack
                .set(entry(priority, NEW, "x"))
                .unwrap_err()
                .contains("out of range")
        );
    }
    stack.delete(100).unwrap();
    assert!(stack.delete(100).unwrap_err().contains("priority 100"));
    stack.set(entry(5, NEW, "/flash/new.cfg")).unwrap();
    assert_eq!(stack.entries[0].priority, 5);
}

#[test]
fn cli_3_4_boot_sys_reads_back_and_damage_counts_as_empty() {
    let stack = stack();
    assert_eq!(Stack::parse(&stack.render()), stack);
    assert_eq!(
        Stack::parse(&stack.render().replace("config /flash/old.cfg", "")),
        Stack::default()
    );
    assert_eq!(
        Stack::parse(&stack.render().replace("priority 9", "priority 900")),
        Stack::default()
    );
}
