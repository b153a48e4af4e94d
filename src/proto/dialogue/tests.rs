//! The machine alone: rub-outs, echoes, colours, and the same result for every chunking.

use proptest::prelude::*;

use super::*;

fn rules() -> &'static Rules {
    static RULES: std::sync::OnceLock<Rules> = std::sync::OnceLock::new();
    let regex = |text: &str| Regex::new(text).expect("sound");
    let prompt = r"\[(?P<context>\w+)\](?P<host>[\w-]+)(?:\((?P<mode>[\w-]+)\))?(?P<level>[#>])";
    RULES.get_or_init(|| Rules {
        prompt: regex(&format!(r"^\s*{prompt}\s*$")),
        prompt_start: regex(&format!(r"^\s*{prompt}")),
        pager: regex(r"--More--\s*$"),
        questions: vec![Question {
            pattern: regex(r"sure\? \[Yes\|No\]:\s*$"),
            yes: "Yes".to_owned(),
            no: "No".to_owned(),
        }],
        timestamp: regex(r"^\w+day \w+ \d+ \d\d:\d\d:\d\d \S+ \d{4}$"),
        unsolicited: Some(regex(r"%LOG%")),
        ends: "#>:-".to_owned(),
    })
}

fn answer(command: &str, bytes: &[u8]) -> (Option<Event>, Vec<String>) {
    let mut dialogue = Dialogue::new(rules());
    dialogue.learn_host("east");
    dialogue.begin(command);
    let event = dialogue.receive(bytes);
    (event, dialogue.take().lines)
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}

#[test]
fn staros_cli_1_3_a_prompt_is_the_open_line_and_nothing_else() {
    let (event, seen) = answer(
        "show x",
        b"show x\r\n[local]east# \r\nmore\r\n[local]east# ",
    );
    assert!(matches!(event, Some(Event::Prompt(_))));
    assert_eq!(
        seen,
        lines("more"),
        "a prompt in mid-text is not output either"
    );
    assert_eq!(answer("show x", b"show x\r\n[local]east# later").0, None);
    assert_eq!(answer("show x", b"show x\r\nlast # ").0, None);
    // A late prompt of something earlier, before the echo.
    assert_eq!(answer("show x", b"[local]east# ").0, None);
}

#[test]
fn a_new_host_name_needs_a_quiet_moment() {
    let mut dialogue = Dialogue::new(rules());
    dialogue.learn_host("east");
    dialogue.begin("x");
    assert_eq!(dialogue.receive(b"x\r\n[local]west# "), None);
    assert!(matches!(dialogue.settle(), Some(Event::Prompt(prompt)) if prompt.host == "west"));
}

#[test]
fn staros_cli_1_5_a_pager_is_rubbed_out_in_every_way() {
    for rub_out in [
        "\r        \r",
        "\x08\x08\x08\x08\x08\x08\x08\x08        \x08\x08\x08\x08\x08\x08\x08\x08",
        "\r\x1b[K",
        "",
    ] {
        let mut dialogue = Dialogue::new(rules());
        dialogue.begin("x");
        assert_eq!(
            dialogue.receive(b"x\r\none\r\n--More--"),
            Some(Event::Pager)
        );
        dialogue.answered("");
        dialogue.receive(rub_out.as_bytes());
        assert!(dialogue.receive(b"two\r\n[local]east# ").is_some());
        assert_eq!(dialogue.take().lines, lines("one\ntwo"), "{rub_out:?}");
    }
}

#[test]
fn the_echo_goes_whole_wrapped_cut_short_or_behind_a_prompt() {
    for echo in [
        "show srp info\r\n",
        "[local]east# show srp info\r\n",
        "show srp\r\n info\r\n",
        "show srp \rinfo\r\n",
        "show sr\r\n",
        "\x1b[1mshow srp info\x1b[0m\r\n",
        "shoe\x08w srp info\r\n",
        "<srp info\r\n",
    ] {
        let mut dialogue = Dialogue::new(rules());
        dialogue.begin("show srp info");
        let text = format!("{echo}Monday May 05 22:10:04 UTC 2025\r\nout: 1\r\n[local]east# ");
        let event = dialogue
            .receive(text.as_bytes())
            .or_else(|| dialogue.settle());
        assert!(matches!(event, Some(Event::Prompt(_))), "{echo:?}");
        let seen = dialogue.take().lines;
        assert_eq!(seen.last().map(String::as_str), Some("out: 1"), "{echo:?}");
    }
}

#[test]
fn staros_cli_1_11_a_log_line_in_mid_line_leaves_the_line_whole() {
    let (event, seen) = answer(
        "x",
        b"x\r\nNumber: 1%LOG% hello\r\n60\r\n[loc%LOG% x\r\nal]east# ",
    );
    assert!(matches!(event, Some(Event::Prompt(_))));
    assert_eq!(seen, lines("Number: 160"));
}

#[test]
fn staros_cli_3_8_an_endless_row_of_stars_costs_linear_time() {
    let mut dialogue = Dialogue::new(rules());
    dialogue.begin("copy");
    dialogue.receive(b"copy\r\n");
    for _ in 0..1_000_000 {
        assert_eq!(dialogue.receive(b"*"), None);
    }
    assert!(dialogue.receive(b"\r\n[local]east# ").is_some());
}

#[test]
fn a_reply_without_end_is_cut_off_and_says_so() {
    let mut dialogue = Dialogue::new(rules());
    dialogue.begin("x");
    dialogue.receive(b"x\r\n");
    let line = [[b'y'; 4094].as_slice(), b"\r\n"].concat();
    for _ in 0..=LARGEST_REPLY / 4096 + 8 {
        dialogue.receive(&line);
    }
    assert!(dialogue.receive(b"[local]east# ").is_some());
    assert!(dialogue.take().truncated);
}

proptest! {
    #[test]
    fn chunks_do_not_matter(bytes in prop::collection::vec(any::<u8>(), 0..300), cut in 0..300_usize) {
        let whole = |pieces: &[&[u8]]| {
            let mut dialogue = Dialogue::new(rules());
            dialogue.begin("show x");
            let mut last = None;
            for piece in pieces {
                last = dialogue.receive(piece);
            }
            (last, dialogue.take())
        };
        let text = [b"show x\r\n".as_slice(), &bytes, b"\r\n[local]east# "].concat();
        let cut = cut.min(text.len() - 1);
        let single: Vec<&[u8]> = text.chunks(1).collect();
        let once = whole(&[&text]);
        prop_assert_eq!(&once, &whole(&[&text[..cut], &text[cut..]]));
        prop_assert_eq!(&once, &whole(&single));
        prop_assert!(matches!(once.0, Some(Event::Prompt(_))));
    }
}
