//! Flash, copies, saves and the boot file.

use super::*;

#[test]
fn cli_3_9_synchronize_lists_and_copies_what_differs() {
    let mut chassis = chassis("images: { asr5500-21.28.3.bin.SPA: { version: 21.28.3 } }");
    let entry = Entry {
        priority: 9,
        image: NEW_IMAGE.into(),
        config: NEW_CONFIG.into(),
    };
    chassis.boot_set(entry).unwrap();
    let check = chassis
        .start_job(secs(1), Job::Synchronize { check_only: true })
        .unwrap();
    assert_eq!(finish(&mut chassis, check).unwrap().files, ["boot.sys"]);
    assert_ne!(chassis.boot[0], chassis.boot[1]);
    let sync = chassis
        .start_job(secs(60), Job::Synchronize { check_only: false })
        .unwrap();
    assert_eq!(finish(&mut chassis, sync).unwrap().files, ["boot.sys"]);
    assert_eq!(chassis.boot[0], chassis.boot[1]);
    assert_eq!(chassis.flash[0].files, chassis.flash[1].files);
    let virtual_chassis = &mut chassis_of("vpc-si-21", "");
    let none = virtual_chassis
        .start_job(secs(1), Job::Synchronize { check_only: false })
        .unwrap();
    assert_eq!(
        finish(virtual_chassis, none).unwrap().files,
        Vec::<String>::new()
    );
}

#[test]
fn cli_3_8_a_copy_takes_its_time_and_f_17_may_be_cut_once() {
    let mut chassis = chassis(
        "remote_images: { new.bin: { version: 21.28.3, size: 104857600 } }\nfaults: { copy_cut_at_percent: 60 }",
    );
    let copy = |from: &str| Job::Copy {
        from: from.into(),
        to: NEW_IMAGE.into(),
    };
    let id = chassis
        .start_job(secs(1), copy("sftp://u:p@198.51.100.1/images/new.bin"))
        .unwrap();
    let said = finish(&mut chassis, id).unwrap_err();
    assert!(said.contains("62914560 bytes"), "{said}");
    assert_eq!(chassis.flash[0].get(NEW_IMAGE).unwrap().size, 62_914_560);
    let id = chassis
        .start_job(secs(100), copy("sftp://u:p@198.51.100.1/images/new.bin"))
        .unwrap();
    let report = finish(&mut chassis, id).unwrap();
    assert_eq!((report.bytes, report.took), (104_857_600, secs(26)));
    assert_eq!(chassis.flash[0].get(NEW_IMAGE).unwrap().size, 104_857_600);
    let id = chassis
        .start_job(secs(200), copy("sftp://h/none.bin"))
        .unwrap();
    assert!(
        finish(&mut chassis, id)
            .unwrap_err()
            .starts_with("+ERR 2 File unavailable")
    );
    assert!(
        chassis
            .start_job(secs(300), copy("/flash/none.bin"))
            .unwrap_err()
            .contains("none.bin")
    );
}

#[test]
fn f_22_a_full_flash_refuses_the_rest() {
    let mut chassis = chassis(
        "remote_images: { new.bin: { version: 21.28.3, size: 104857600 } }\nflash_free_kib: 1000",
    );
    let job = Job::Copy {
        from: "sftp://h/new.bin".into(),
        to: NEW_IMAGE.into(),
    };
    let id = chassis.start_job(secs(1), job).unwrap();
    assert!(
        finish(&mut chassis, id)
            .unwrap_err()
            .contains("No space left")
    );
    assert_eq!(chassis.flash[0].free_kib(), 0);
}

#[test]
fn cli_1_10_a_reload_waits_for_a_running_save() {
    let mut chassis = chassis("");
    let save = |path: &str| Job::Save {
        path: path.into(),
        text: "config\nend\n".into(),
        redundant: true,
    };
    let id = chassis.start_job(secs(1), save("/flash/pre.cfg")).unwrap();
    chassis.reload(secs(2));
    assert!(chassis.reload_waits() && chassis.is_up());
    chassis.cancel_reload();
    assert!(finish(&mut chassis, id).is_ok() && chassis.is_up());
    assert!(
        chassis
            .flash
            .iter()
            .all(|flash| flash.text("/flash/pre.cfg").is_some())
    );
    chassis
        .start_job(secs(20), save("/flash/post.cfg"))
        .unwrap();
    chassis.reload(secs(21));
    live(&mut chassis, secs(28));
    assert!(
        !chassis.is_up() && !chassis.reload_waits(),
        "the save ended after eight seconds"
    );
    assert!(chassis.flash[0].get("/flash/post.cfg").is_some());
}

#[test]
fn cli_3_5_boot_sys_is_a_file_and_deleting_it_empties_the_stack() {
    let mut chassis = upgraded("");
    let text = chassis.flash[0].text("/flash/boot.sys").unwrap();
    assert!(
        text.contains("priority 9") && text.contains("priority 10"),
        "{text}"
    );
    chassis.boot_delete(9).unwrap();
    assert!(
        !chassis.flash[0]
            .text("boot.sys")
            .unwrap()
            .contains("priority 9")
    );
    chassis.delete_file("/flash/boot.sys").unwrap();
    assert_eq!(chassis.boot[0], Stack::default());
}
