use proptest::prelude::*;

use super::*;

const SAMPLE: &str = r#"
-- a header with "quotes" and * -- SAMPLE-MIB DEFINITIONS ::= BEGIN
IMPORTS enterprises FROM SNMPv2-SMI;
Old ::= INTEGER (0..'ffffffff'H)
Colour ::= TEXTUAL-CONVENTION
    DISPLAY-HINT "d" STATUS current DESCRIPTION "x ::= { y }" SYNTAX INTEGER { Red(1), blue-ish(-2) }
RowEntry ::= SEQUENCE { a Old, b OCTET STRING (SIZE (1..25)) }
sample MODULE-IDENTITY LAST-UPDATED "x" REVISION "y" DESCRIPTION "z" ::= { enterprises 1 }
named OBJECT IDENTIFIER ::= { iso org(3) dod(6) 1 }
rows OBJECT-TYPE SYNTAX SEQUENCE OF RowEntry MAX-ACCESS not-accessible STATUS current
    INDEX { IMPLIED a } ::= { sample 1 }
bare OBJECT-TYPE SYNTAX OCTET STRING (SIZE (1 | 4..8)) DEFVAL { { } } ::= { sample 2 }
Upper NOTIFICATION-TYPE
    OBJECTS { a, a }
    --#SUMMARY "twice"
    --#SEVERITY MAJOR
    --#CLEARED-BY other
    ::= { sample 0 3 }
old TRAP-TYPE ENTERPRISE sample VARIABLES { a } DESCRIPTION "v1" ::= 7
all MODULE-COMPLIANCE MODULE MANDATORY-GROUPS { g } OBJECT a SYNTAX INTEGER { x(1) } ::= { sample 4 }
END
"#;

fn names<'a>(modules: &[Module<'a>]) -> Vec<&'a str> {
    modules
        .iter()
        .flat_map(|module| &module.definitions)
        .map(|one| one.name)
        .collect()
}

fn told(text: &str) -> Vec<String> {
    parse(text).1.iter().map(Problem::to_string).collect()
}

#[test]
fn every_construct_is_read() {
    let (modules, problems) = parse(SAMPLE);
    assert_eq!(problems, []);
    assert_eq!(modules.len(), 1);
    assert_eq!(modules[0].name, "SAMPLE-MIB");
    let expected = [
        "Old", "Colour", "RowEntry", "sample", "named", "rows", "bare", "Upper", "old", "all",
    ];
    assert_eq!(names(&modules), expected);
    let body = |name| {
        &modules[0]
            .definitions
            .iter()
            .find(|one| one.name == name)
            .unwrap()
            .body
    };
    let place = |parent, arcs: &[u32]| Place {
        parent,
        arcs: arcs.to_vec(),
    };
    assert_eq!(
        body("Colour"),
        &Body::Type(Type {
            name: "INTEGER",
            labels: vec![(1, "Red"), (-2, "blue-ish")]
        })
    );
    assert_eq!(body("named"), &Body::Node(place(Some("iso"), &[3, 6, 1])));
    let Body::Notification {
        place: at,
        objects,
        notes,
    } = body("Upper")
    else {
        panic!()
    };
    assert_eq!(
        (at, objects),
        (&place(Some("sample"), &[0, 3]), &vec!["a", "a"])
    );
    assert_eq!(
        notes,
        &Notes {
            severity: Some("MAJOR"),
            cleared_by: Some("other")
        }
    );
    let Body::Trap {
        enterprise,
        number: 7,
        ..
    } = body("old")
    else {
        panic!()
    };
    assert_eq!(enterprise, &place(Some("sample"), &[]));
    let Body::Object { syntax, .. } = body("bare") else {
        panic!()
    };
    assert_eq!(syntax.name, "OCTET STRING");
}

#[test]
fn a_definition_knows_its_line() {
    let (modules, _) = parse(SAMPLE);
    let upper = modules[0]
        .definitions
        .iter()
        .find(|one| one.name == "Upper")
        .unwrap();
    assert_eq!(upper.line, 13);
}

#[test]
fn macros_are_skipped_and_an_empty_module_is_one() {
    let text = "A DEFINITIONS ::= BEGIN END\nB { iso 3 } DEFINITIONS IMPLICIT TAGS ::= BEGIN\n\
        OBJECT-TYPE MACRO ::= BEGIN TYPE NOTATION ::= \"x\" VALUE NOTATION ::= value (V) END\n\
        b OBJECT IDENTIFIER ::= { iso 3 }\nEND";
    let (modules, problems) = parse(text);
    assert_eq!(problems, []);
    assert_eq!(
        modules.iter().map(|module| module.name).collect::<Vec<_>>(),
        ["A", "B"]
    );
    assert_eq!(names(&modules), ["b"]);
}

#[test]
fn snmp_6_2_one_broken_definition_does_not_cost_the_next() {
    let text = "M DEFINITIONS ::= BEGIN\n\
        a OBJECT-TYPE\n    SYNTAX INTEGER { x(y) }\n    ::= { iso 1 }\n\
        b OBJECT-TYPE STATUS current ::= { iso 2 }\n\
        c NOTIFICATION-TYPE STATUS current\n\
        d OBJECT IDENTIFIER ::= { }\n\
        e OBJECT IDENTIFIER ::= { iso 5 } garbage % here\n\
        f OBJECT IDENTIFIER ::= { iso -6 }\n\
        g OBJECT IDENTIFIER ::= { iso 7 }\nEND\n";
    assert_eq!(
        told(text),
        [
            "line 3: expected the number of x, saw y",
            "line 5: the object b has no SYNTAX",
            "line 7: expected ::= and the OID of c, saw d",
            "line 8: the character '%' has no meaning here",
            "line 8: expected an OID between the braces before this, saw e",
            "line 8: expected a macro or ::= after the name garbage, saw here",
            "line 9: expected a number from 0 to 4294967295, saw -6",
        ]
    );
    assert_eq!(names(&parse(text).0), ["e", "g"]);
}

#[test]
fn what_never_ends_is_told_with_the_line_it_starts_in() {
    assert_eq!(
        told("M DEFINITIONS ::= BEGIN\na OBJECT-TYPE DESCRIPTION \"open"),
        [
            "line 2: the text that starts here with \" never ends",
            "line 2: expected ::= and the OID of a, saw the end of the file",
            "line 2: module M has no END",
        ]
    );
    assert_eq!(
        told(""),
        ["line 1: no module: expected NAME DEFINITIONS ::= BEGIN"]
    );
    assert_eq!(
        told("hello world"),
        ["line 1: expected DEFINITIONS, saw world"]
    );
}

proptest! {
    #[test]
    fn damage_never_panics(
        cuts in prop::collection::vec((any::<prop::sample::Index>(), any::<char>()), 1..8),
    ) {
        let mut text: Vec<char> = SAMPLE.chars().collect();
        for (index, character) in cuts {
            let at = index.index(text.len());
            text[at] = character;
        }
        parse(&text.into_iter().collect::<String>());
    }

    #[test]
    fn every_prefix_is_read_without_panic(length in 0..SAMPLE.len()) {
        parse(&SAMPLE[..length]);
    }
}
