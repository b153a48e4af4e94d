//! Foreign bytes end in a report, never in a panic.

use proptest::prelude::*;

use crate::playbook::{Inventory, load};

const PLAYBOOK: &str = include_str!("../../../playbooks/icsr-upgrade.yaml");
const INVENTORY: &str = include_str!("../../../playbooks/lab.yaml");

/// A text with a few characters replaced, doubled or cut out.
fn mutated(text: &str, edits: &[(usize, u8, char)]) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    for (at, kind, with) in edits {
        let at = at % chars.len();
        match kind % 3 {
            0 => chars[at] = *with,
            1 => chars.insert(at, *with),
            _ => drop(chars.drain(at..(at + 20).min(chars.len() - 1).max(at))),
        }
    }
    chars.into_iter().collect()
}

fn edits() -> impl Strategy<Value = Vec<(usize, u8, char)>> {
    let character = prop_oneof![
        prop::sample::select(
            "{}[]:,&*!|>'\"#%@`-?$ \n\t~é\u{feff}\0"
                .chars()
                .collect::<Vec<_>>()
        ),
        any::<char>()
    ];
    prop::collection::vec((any::<usize>(), any::<u8>(), character), 1..6)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_playbook_is_read_or_reported(edits in edits()) {
        let text = mutated(PLAYBOOK, &edits);
        if let Err(found) = load(&text, "night.yaml", &[], None) {
            prop_assert!(!found.is_empty());
            prop_assert!(!found.render(false).is_empty());
            prop_assert!(found.iter().all(|item| found.position(item) != Some((0, 0))));
        }
    }

    #[test]
    fn a_damaged_inventory_is_read_or_reported(edits in edits()) {
        let text = mutated(INVENTORY, &edits);
        if let Err(found) = Inventory::load(&text, "lab.yaml") {
            prop_assert!(!found.is_empty());
            prop_assert!(!found.render(false).is_empty());
        }
    }

    #[test]
    fn any_text_is_reported(text in "\\PC{0,200}") {
        prop_assert!(load(&text, "x", &[], None).is_err());
    }
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_are_read() {
    let text = format!("\u{feff}{}", PLAYBOOK.replace('\n', "\r\n"));
    let plan = load(&text, "night.yaml", &[], None).unwrap_or_else(|found| panic!("{found}"));
    assert_eq!(plan.name, "icsr-upgrade");
    let wrong = text.replace("pair: icsr\r\n", "pear: icsr\r\n");
    let found = load(&wrong, "night.yaml", &[], None).unwrap_err();
    let shown = found.render(false);
    assert!(shown.contains("has no field `pear`"), "{shown}");
    assert!(shown.contains("night.yaml:14:1"), "{shown}");
}
