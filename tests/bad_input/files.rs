//! Images, flash and boot stacks that are not as the playbook hopes.

use cutover::action::outcome::Outcome;
use cutover::engine::event::Verdict;

use crate::morning::Morning;
use crate::stage::{EAST, NEW, NEW_IMAGE, WEST, night};

/// Stopped at a safe point: the boot stacks and what runs are as they were, traffic flows.
#[track_caller]
fn stopped(morning: &Morning, code: u8) {
    morning
        .ended(Verdict::Stopped, code)
        .never_started("go")
        .left_software_alone()
        .traffic_never_down();
    if code == 8 {
        morning.nothing_touched();
    }
}

impl Morning {
    #[track_caller]
    fn left_software_alone(&self) -> &Self {
        for name in [EAST, WEST] {
            self.reloads(name, 0).stack_as_before(name);
        }
        self
    }

    fn holds(&self, name: &str, file: &str) -> bool {
        self.after[name]
            .files
            .iter()
            .any(|(known, _)| known == file)
    }
}

const IMAGE: &str = "asr5500-21.28.3.bin.SPA";

#[test]
fn an_image_that_the_server_does_not_have_is_reported_by_the_copy() {
    let morning = night().remote("other.bin: { version: 21.28.3 }").live();
    stopped(&morning, 3);
    morning.said(
        "image-primary",
        Outcome::Failed,
        &["File unavailable", "is the image where `from:` says"],
    );
    assert!(!morning.holds(EAST, IMAGE), "nothing is left behind");
}

#[test]
fn f_17_a_copy_that_was_cut_once_is_removed_and_made_again() {
    let morning = night()
        .east("faults: { copy_cut_at_percent: 60, copy_cuts: 1 }")
        .live();
    morning.ended(Verdict::Completed, 0).traffic_never_down();
    let copies: Vec<_> = morning
        .commands()
        .into_iter()
        .filter(|c| c.starts_with(EAST) && (c.contains(" copy ") || c.contains(" delete ")))
        .collect();
    assert_eq!(copies.len(), 3, "copy, delete, copy: {copies:?}");
    let lost: Vec<_> = morning.after[EAST]
        .truth
        .lost_files
        .iter()
        .map(|(_, f)| f)
        .collect();
    assert_eq!(lost, [NEW_IMAGE], "only its own partial file was deleted");
}

#[test]
fn f_17_a_copy_that_is_always_cut_stops_the_run_and_leaves_no_partial_file_in_use() {
    let morning = night()
        .east("faults: { copy_cut_at_percent: 60, copy_cuts: 9 }")
        .live();
    stopped(&morning, 3);
    morning.said(
        "image-primary",
        Outcome::Failed,
        &[
            "bad magic number",
            "closed by the server",
            "removed again",
            "resume",
        ],
    );
    assert!(
        !morning.holds(EAST, IMAGE),
        "the partial file is ours to remove"
    );
}

#[test]
fn f_21_an_image_with_a_crc_error_is_never_booted() {
    let morning = night()
        .remote("asr5500-21.28.3.bin.SPA: { version: 21.28.3, defect: crc }")
        .live();
    stopped(&morning, 3);
    morning.said(
        "image-primary",
        Outcome::Failed,
        &["CRC check failed", "resume"],
    );
    assert!(
        !morning.holds(EAST, IMAGE),
        "the bad file is ours to remove"
    );
}

#[test]
fn f_21_an_image_with_a_bad_magic_number_is_never_booted() {
    let morning = night()
        .remote("asr5500-21.28.3.bin.SPA: { version: 21.28.3, defect: magic }")
        .live();
    stopped(&morning, 3);
    morning.said("image-primary", Outcome::Failed, &["magic number"]);
}

#[test]
fn f_21_a_bad_image_that_was_there_before_is_not_ours_to_remove() {
    let bad = "images: { asr5500-21.28.3.bin.SPA: { version: 21.28.3, defect: crc } }";
    let morning = night().both(bad).live();
    stopped(&morning, 8);
    morning.said(
        "image-primary",
        Outcome::Refused,
        &["CRC check failed", "was there before", "by hand"],
    );
    assert!(morning.holds(EAST, IMAGE));
}

#[test]
fn f_57_an_image_for_another_platform_is_refused_and_copied_once() {
    let morning = night()
        .remote("asr5500-21.28.3.bin.SPA: { version: 21.28.3, platform: QVPC-SI }")
        .live();
    stopped(&morning, 3);
    morning.said(
        "image-primary",
        Outcome::Failed,
        &[
            "an ASR5500",
            "QVPC-SI",
            "for this platform",
            "removed again",
        ],
    );
    let copies = morning
        .commands()
        .iter()
        .filter(|c| c.contains(EAST) && c.contains(": copy "))
        .count();
    assert_eq!(copies, 1, "a second copy brings the same file");
}

#[test]
fn f_57_an_image_for_another_platform_that_is_there_already_is_refused() {
    let bad = "images: { asr5500-21.28.3.bin.SPA: { version: 21.28.3, platform: QVPC-SI } }";
    let morning = night().both(bad).live();
    stopped(&morning, 8);
    morning.said("image-primary", Outcome::Refused, &["ASR5500", "QVPC-SI"]);
}

#[test]
fn inv_24_an_image_of_another_release_is_refused() {
    let morning = night()
        .remote("asr5500-21.28.3.bin.SPA: { version: 21.28.2 }")
        .live();
    stopped(&morning, 3);
    morning.said(
        "image-primary",
        Outcome::Failed,
        &["is version 21.28.2", "wants 21.28.3"],
    );
}

#[test]
fn f_22_a_full_flash_is_refused_and_nothing_is_deleted_for_room() {
    let morning = night().both("flash_free_kib: 20000").live();
    stopped(&morning, 8);
    morning.said(
        "image-primary",
        Outcome::Refused,
        &[EAST, "/flash has 19 MiB free", "by hand"],
    );
}

#[test]
fn f_22_a_flash_that_is_full_on_the_backup_only_is_found_before_any_boot_change() {
    let morning = night().west("flash_free_kib: 20000").live();
    stopped(&morning, 3);
    morning.said("image-backup", Outcome::Refused, &[WEST, "MiB free"]);
}

#[test]
fn trap_11_a_configuration_is_never_saved_over_an_existing_file() {
    let morning = night().var("pre_config", "/flash/production.cfg").live();
    stopped(&morning, 3);
    morning.said(
        "save-before-primary",
        Outcome::Refused,
        &["already has /flash/production.cfg", "new name"],
    );
    for name in [EAST, WEST] {
        assert_eq!(morning.after[name].truth.lost_files, []);
    }
}

fn full_stack() -> String {
    let entry = |n: u8| {
        format!(
            "{{ priority: {n}, image: /flash/asr5500-21.26.9.bin.SPA, config: /flash/production.cfg }}"
        )
    };
    let entries: Vec<_> = (11..=20).map(entry).collect();
    format!("boot: [{}]", entries.join(", "))
}

#[test]
fn f_24_trap_09_a_boot_stack_of_ten_entries_is_refused() {
    let morning = night().west(&full_stack()).live();
    morning
        .ended(Verdict::Stopped, 3)
        .said(
            "boot-backup",
            Outcome::Refused,
            &[WEST, "10 boot entries", "priority 20", "by hand"],
        )
        .reloads(WEST, 0)
        .stack_as_before(WEST)
        .left_alone(EAST)
        .traffic_never_down();
}

const TOP_IS_1: &str = "boot: [\
    { priority: 1, image: /flash/asr5500-21.26.9.bin.SPA, config: /flash/production.cfg }, \
    { priority: 2, image: /flash/asr5500-21.26.9.bin.SPA, config: /flash/older.cfg }]";

#[test]
fn f_25_trap_09_priority_1_in_use_stops_and_shows_the_renumbering() {
    let morning = night().west(TOP_IS_1).live();
    morning
        .ended(Verdict::Stopped, 3)
        .said(
            "boot-backup",
            Outcome::Refused,
            &[
                "priority 1 is taken",
                "1 becomes 11",
                "2 becomes 12",
                "renumber",
            ],
        )
        .reloads(WEST, 0)
        .stack_as_before(WEST)
        .left_alone(EAST)
        .traffic_never_down();
}

#[test]
fn f_25_trap_09_renumbering_keeps_every_old_entry_and_the_night_completes() {
    let morning = night()
        .both(TOP_IS_1)
        .var("when_top_is_1", "renumber")
        .live();
    morning.ended(Verdict::Completed, 0).traffic_never_down();
    for name in [EAST, WEST] {
        let numbers: Vec<_> = morning.after[name]
            .stack
            .iter()
            .map(|e| e.priority)
            .collect();
        assert_eq!(numbers, [10, 11, 12], "{name}");
        let stack = &morning.after[name].stack;
        assert_eq!(stack[0].image, NEW_IMAGE);
        assert_eq!(stack[2].config, "/flash/older.cfg", "the order is kept");
        morning.runs(name, NEW);
    }
}

#[test]
fn f_23_trap_10_a_second_card_that_was_not_synchronised_stops_before_the_reload() {
    let morning = night()
        .west("faults: { second_card_not_synchronised: true }")
        .live();
    morning
        .ended(Verdict::Stopped, 3)
        .said(
            "sync-backup",
            Outcome::Failed,
            &["still lacks", "boot.sys", "F-23"],
        )
        .never_started("reload-backup")
        .reloads(WEST, 0)
        .left_alone(EAST)
        .traffic_never_down();
}

#[test]
fn trap_18_a_password_in_the_source_reaches_no_record() {
    for image in ["asr5500-21.28.3.bin.SPA", "not-there.bin"] {
        let url = format!("sftp://ops:s3cret@images.example.net/{image}");
        let mut morning = night().var("source", &url).live();
        // The header is redacted by the command line, which knows the variables.
        morning.records.remove(0);
        let all = serde_json::to_string(&morning.records).unwrap();
        assert!(!all.contains("s3cret"), "INV-40: {all}");
        assert!(all.contains("images.example.net"), "the rest is shown");
    }
}
