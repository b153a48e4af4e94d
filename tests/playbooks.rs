//! Every playbook and inventory that is shipped must be right.

use std::path::{Path, PathBuf};

use cutover::action::Action;
use cutover::playbook::{self, Inventory, Plan};
use petgraph::graph::NodeIndex;

fn shipped() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("playbooks");
    let mut all: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "yaml"))
        .collect();
    all.sort();
    all
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

fn is_inventory(path: &Path) -> bool {
    name(path).starts_with("lab")
}

fn read(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("playbooks")
        .join(file);
    playbook::read_file(&path).unwrap()
}

fn upgrade(vars: &[(&str, &str)]) -> Plan {
    let inventory =
        Inventory::load(&read("lab.yaml"), "lab.yaml").unwrap_or_else(|e| panic!("{e}"));
    let vars: Vec<_> = vars
        .iter()
        .map(|(k, v)| (k.to_string(), v.to_string()))
        .collect();
    playbook::load(
        &read("icsr-upgrade.yaml"),
        "icsr-upgrade.yaml",
        &vars,
        Some(&inventory),
    )
    .unwrap_or_else(|found| panic!("{found}"))
}

fn place(plan: &Plan, id: &str) -> usize {
    plan.steps
        .iter()
        .position(|step| step.id == id)
        .unwrap_or_else(|| panic!("no step {id}"))
}

/// Whether `first` is surely over when `then` starts.
fn precedes(plan: &Plan, first: &str, then: &str) -> bool {
    let [first, then] = [first, then].map(|id| NodeIndex::new(place(plan, id)));
    petgraph::algo::has_path_connecting(&plan.graph, first, then, None)
}

#[test]
fn every_shipped_file_loads_without_a_variable() {
    let all = shipped();
    assert!(all.iter().any(|path| is_inventory(path)));
    assert!(all.iter().any(|path| !is_inventory(path)));
    for path in all {
        let text = playbook::read_file(&path).unwrap();
        if is_inventory(&path) {
            if let Err(found) = Inventory::load(&text, &name(&path)) {
                panic!("{found}");
            }
        } else if let Err(found) = playbook::load(&text, &name(&path), &[], None) {
            panic!("{found}");
        }
    }
}

#[test]
fn the_pair_is_found_by_its_kind_and_the_run_begins_with_the_preflight() {
    let plan = upgrade(&[]);
    assert_eq!(plan.pair, "east-west");
    assert_eq!(plan.steps[0].id, playbook::PREFLIGHT);
    for (at, step) in plan.main_steps().iter().enumerate().skip(1) {
        assert!(
            !step.needs.is_empty(),
            "{} would not wait for the preflight",
            step.id
        );
        assert!(step.needs.iter().all(|need| *need < plan.main), "{at}");
    }
    for step in plan.fallback_steps() {
        assert!(
            step.needs.iter().all(|need| *need >= plan.main),
            "{}",
            step.id
        );
    }
}

#[test]
fn x9_the_second_half_works_on_the_primary_after_the_traffic_left_it() {
    let plan = upgrade(&[]);
    let story = [
        "save-before-primary",
        "go",
        "boot-backup",
        "sync-backup",
        "reload-backup",
        "check-backup",
        "save-after-backup",
        "sync-after-backup",
        "parity-backup",
        "switch-to-backup",
        "aaa-backup",
        "soak",
        "second-half",
        "boot-primary",
        "sync-primary",
        "reload-primary",
        "check-primary",
        "save-after-primary",
        "parity-primary",
        "switch-back",
        "aaa-primary",
        "call-final",
        "compare-final-primary",
    ];
    for pair in story.windows(2) {
        assert!(
            precedes(&plan, pair[0], pair[1]),
            "{} before {}",
            pair[0],
            pair[1]
        );
    }
    for before in [
        "health-primary",
        "health-backup",
        "image-primary",
        "image-backup",
        "save-before-backup",
    ] {
        assert!(precedes(&plan, before, "go"), "{before}");
    }
}

#[test]
fn inv_30_health_of_both_is_read_right_before_each_reload() {
    let plan = upgrade(&[]);
    for reload in ["reload-backup", "reload-primary"] {
        let needs = &plan.steps[place(&plan, reload)].needs;
        assert_eq!(needs.len(), 2);
        for need in needs {
            assert!(matches!(plan.steps[*need].action, Action::HealthCheck(_)));
        }
    }
}

#[test]
fn only_failures_beside_the_traffic_fall_back_by_themselves() {
    let plan = upgrade(&[]);
    let falls: Vec<&str> = plan
        .main_steps()
        .iter()
        .filter(|step| step.on_failure == playbook::plan::OnFailure::Fallback)
        .map(|step| step.id.as_str())
        .collect();
    assert_eq!(
        falls,
        [
            "check-backup",
            "recheck-backup",
            "check-primary",
            "recheck-primary"
        ]
    );
}

#[test]
fn the_fallback_takes_back_the_chassis_without_traffic_first() {
    let plan = upgrade(&[]);
    let story = [
        "traffic-off-primary",
        "unboot-primary",
        "resync-primary",
        "back-primary",
        "parity-back",
        "traffic-off-backup",
        "unboot-backup",
        "resync-backup",
        "back-backup",
        "safe-primary",
    ];
    for pair in story.windows(2) {
        assert!(
            precedes(&plan, pair[0], pair[1]),
            "{} before {}",
            pair[0],
            pair[1]
        );
    }
    let only = |id: &str| -> Vec<&str> {
        let done = &plan.steps[place(&plan, id)].if_done;
        done.iter().map(|at| plan.steps[*at].id.as_str()).collect()
    };
    assert_eq!(only("unboot-primary"), ["boot-primary"]);
    assert_eq!(only("back-backup"), ["reload-backup"]);
    assert!(only("safe-primary").is_empty());
}

#[test]
fn without_switching_back_the_steps_of_it_are_gone_and_the_order_stays() {
    let plan = upgrade(&[("switch_back", "false")]);
    assert!(
        !plan
            .steps
            .iter()
            .any(|step| step.id == "switch-back" || step.id == "aaa-primary")
    );
    assert!(precedes(&plan, "recovery-backup-second", "call-final"));
    assert_ne!(plan.hash, upgrade(&[]).hash);
    assert_eq!(plan.hash, upgrade(&[("switch_back", "false")]).hash);
}

#[test]
fn the_ticket_names_the_saved_files() {
    let plan = upgrade(&[
        ("change", "CHG4711"),
        ("test_call", "/usr/bin/probe --count 3"),
    ]);
    match &plan.steps[place(&plan, "boot-backup")].action {
        Action::BootStack(spec) => {
            assert_eq!(
                spec.config.as_ref().unwrap().as_str(),
                "/flash/CHG4711-before.cfg"
            );
        }
        other => panic!("{other:?}"),
    }
    match &plan.steps[place(&plan, "call-final")].action {
        Action::Notify(spec) => assert_eq!(spec.program, ["/usr/bin/probe", "--count", "3"]),
        other => panic!("{other:?}"),
    }
}
