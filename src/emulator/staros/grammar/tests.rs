use super::*;

fn net() -> Net {
    Net::new([
        "show version [ verbose ]",
        "show version <file> [ all ]",
        "show session recovery status",
        "show service all",
        "configure [ lock force|warn ]",
        "context <name>",
        "copy <from> <to> [ -noconfirm ]",
        "save configuration <url> { -redundant , -noconfirm }",
        "chassis-mode ! primary|backup",
        "monitor bgp context <context> <address:ip> ! { group <group:1-10> , vrf <vrf> }",
        "priority ! <priority:1-255>",
        "banner motd ! <text...>",
    ])
}

fn read(line: &str) -> Result<String, String> {
    let matched = net().understand(&split(line), &|_| true);
    matched.map(|m| m.line()).map_err(|e| e.to_string())
}

#[test]
fn cli_1_7_keywords_may_be_any_unambiguous_prefix_in_any_case() {
    assert_eq!(read("Sho ver").unwrap(), "show version");
    assert_eq!(read("sh ver v").unwrap(), "show version verbose");
    assert_eq!(read("conf").unwrap(), "configure");
    assert_eq!(
        read("save configuration /flash/x.cfg -n -r").unwrap(),
        "save configuration /flash/x.cfg -noconfirm -redundant"
    );
    assert_eq!(
        read("show version /flash/A.bin").unwrap(),
        "show version /flash/A.bin"
    );
}

#[test]
fn cli_1_9_the_three_ways_to_be_misunderstood() {
    assert_eq!(
        read("shw"),
        Err("Unknown command - \"shw\", unrecognized keyword".into())
    );
    assert_eq!(read("show se"), Err("Ambiguous keyword - \"se\"".into()));
    assert_eq!(read("co"), Err("Ambiguous keyword - \"co\"".into()));
    assert_eq!(read("show"), Err("Incomplete command".into()));
    assert_eq!(
        read("configure lock warn now"),
        Err("Unknown command - \"now\", unrecognized keyword".into())
    );
    assert!(
        read("priority 256")
            .unwrap_err()
            .starts_with("Invalid value - \"256\"")
    );
}

#[test]
fn cli_1_9_a_hidden_keyword_is_unknown_and_makes_nothing_ambiguous() {
    let words = split("show se all");
    let hidden = net().understand(&words, &|pattern| pattern != 2);
    assert_eq!(hidden.unwrap().line(), "show service all");
}

#[test]
fn a_negated_line_needs_only_its_key() {
    let net = net();
    let no = |line: &str| net.understand_negated(&split(line), &|_| true);
    assert_eq!(no("chassis-mode").unwrap().line(), "chassis-mode");
    let matched = no("mon bgp cont PGWin 10.0.0.1").unwrap();
    assert_eq!(matched.line(), "monitor bgp context PGWin 10.0.0.1");
    assert_eq!(no("monitor bgp"), Err(Misunderstood::Incomplete));
}

#[test]
fn the_key_of_a_full_line_ends_at_the_mark() {
    let matched = net().understand(&split("monitor bgp context A 10.0.0.1 group 3"), &|_| true);
    let matched = matched.unwrap();
    assert_eq!((matched.key, matched.value("group")), (5, "3"));
    let text = net()
        .understand(&split("banner motd  two   words"), &|_| true)
        .unwrap();
    assert_eq!(text.line(), "banner motd two words");
}

#[test]
fn quoted_words_survive_joining_and_splitting() {
    assert_eq!(split(r#"a "b c" d"#), ["a", "b c", "d"]);
    let line = read(r#"context "b c""#).unwrap();
    assert_eq!(line, r#"context "b c""#);
    assert_eq!(split(&line), ["context", "b c"]);
}

#[test]
fn cli_8_help_lists_what_may_come_next() {
    let next = net().next(&split("show"), "ver", &|_| true).unwrap();
    assert_eq!(next, ["version"]);
    let next = net().next(&split("show version"), "", &|_| true).unwrap();
    assert_eq!(next, ["<cr>", "<file>", "verbose"]);
}
