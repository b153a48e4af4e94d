use proptest::prelude::*;

use super::*;

fn written(fill: impl FnOnce(&mut Writer)) -> Vec<u8> {
    let mut writer = Writer::new();
    fill(&mut writer);
    writer.into_bytes()
}

#[test]
fn snmp_3_4_non_minimal_long_lengths_are_read() {
    let bytes = [0x30, 0x84, 0, 0, 0, 3, 0x02, 0x01, 0x05];
    let mut reader = Reader::new(&bytes).unwrap();
    let mut inner = reader.expect(SEQUENCE, "message").unwrap();
    assert_eq!(inner.offset(), 6);
    assert_eq!(inner.integer("version"), Ok(5));
    assert_eq!(inner.finish("message"), Ok(()));
    assert_eq!(reader.finish("datagram"), Ok(()));
}

#[test]
fn an_error_names_field_and_offset() {
    let mut reader = Reader::new(&[0x02, 0x01, 0x00, 0x04, 0x01, 0x41]).unwrap();
    reader.integer("version").unwrap();
    let error = reader.integer("request-id").unwrap_err();
    assert_eq!(
        error.to_string(),
        "request-id at offset 3: expected tag 0x02, saw 0x04"
    );
}

#[test]
fn lengths_that_reach_outside_are_refused() {
    let cases: [(&[u8], Problem); 6] = [
        (&[], Problem::Truncated { needed: 1, left: 0 }),
        (&[0x02], Problem::Truncated { needed: 1, left: 0 }),
        (
            &[0x02, 0x02, 0x01],
            Problem::Truncated { needed: 2, left: 1 },
        ),
        (&[0x02, 0x80, 0x00, 0x00], Problem::IndefiniteLength),
        (&[0x02, 0x84, 0xff, 0xff, 0xff, 0xff], Problem::HugeLength),
        (
            &[0x02, 0x83, 0x01],
            Problem::Truncated { needed: 3, left: 1 },
        ),
    ];
    for (bytes, problem) in cases {
        let error = Reader::new(bytes).unwrap().integer("x").unwrap_err();
        assert_eq!(error.problem, problem, "{bytes:02x?}");
    }
    assert_eq!(
        Reader::new(&[0x3f, 0x01, 0x00])
            .unwrap()
            .any("x")
            .unwrap_err()
            .problem,
        Problem::LongTag
    );
}

#[test]
fn depth_and_size_have_limits() {
    let mut bytes = Vec::new();
    for _ in 0..=MAX_DEPTH {
        bytes = written(|w| w.raw(SEQUENCE, &bytes));
    }
    let mut reader = Reader::new(&bytes).unwrap();
    for _ in 0..MAX_DEPTH {
        reader = reader.expect(SEQUENCE, "x").unwrap();
    }
    assert_eq!(reader.any("x").unwrap_err().problem, Problem::TooDeep);
    let large = vec![0; MAX_MESSAGE + 1];
    assert_eq!(
        Reader::new(&large).unwrap_err().problem,
        Problem::TooLarge(MAX_MESSAGE + 1)
    );
}

#[test]
fn integers_are_written_in_shortest_form() {
    let cases: [(i64, &[u8]); 8] = [
        (0, &[0x02, 1, 0]),
        (127, &[0x02, 1, 0x7f]),
        (128, &[0x02, 2, 0, 0x80]),
        (-128, &[0x02, 1, 0x80]),
        (-129, &[0x02, 2, 0xff, 0x7f]),
        (256, &[0x02, 2, 1, 0]),
        (
            i64::MAX,
            &[0x02, 8, 0x7f, 255, 255, 255, 255, 255, 255, 255],
        ),
        (i64::MIN, &[0x02, 8, 0x80, 0, 0, 0, 0, 0, 0, 0]),
    ];
    for (number, bytes) in cases {
        assert_eq!(written(|w| w.integer(number)), bytes);
        assert_eq!(Reader::new(bytes).unwrap().integer("x"), Ok(number));
    }
}

#[test]
fn integers_beyond_64_bits_are_refused_but_padding_is_not() {
    let padded = [
        0x02, 10, 0xff, 0xff, 0xff, 255, 255, 255, 255, 255, 255, 0xfe,
    ];
    assert_eq!(Reader::new(&padded).unwrap().integer("x"), Ok(-2));
    let beyond = [0x02, 9, 0, 0x80, 0, 0, 0, 0, 0, 0, 0];
    let error = Reader::new(&beyond).unwrap().integer("x").unwrap_err();
    assert_eq!(error.problem, Problem::NumberOutOfRange);
    let empty = Reader::new(&[0x02, 0]).unwrap().integer("x").unwrap_err();
    assert_eq!(empty.problem, Problem::EmptyNumber);
    let wide = [0x02, 5, 1, 0, 0, 0, 0];
    let error = Reader::new(&wide)
        .unwrap()
        .integer32("request-id")
        .unwrap_err();
    assert_eq!(error.problem, Problem::NumberOutOfRange);
}

#[test]
fn snmp_3_4_unsigned_numbers_with_and_without_leading_zero() {
    let read = |content: &[u8], octets| {
        let bytes = written(|w| w.raw(0x41, content));
        Reader::new(&bytes)
            .unwrap()
            .expect(0x41, "x")
            .unwrap()
            .unsigned_content("x", octets)
    };
    assert_eq!(
        read(&[0, 0xff, 0xff, 0xff, 0xff], 4),
        Ok(u64::from(u32::MAX))
    );
    assert_eq!(read(&[0xff, 0xff, 0xff, 0xff], 4), Ok(u64::from(u32::MAX)));
    assert_eq!(
        read(&[0, 255, 255, 255, 255, 255, 255, 255, 255], 8),
        Ok(u64::MAX)
    );
    assert_eq!(
        read(&[1, 0, 0, 0, 0], 4).unwrap_err().problem,
        Problem::NumberOutOfRange
    );
    assert_eq!(read(&[], 4).unwrap_err().problem, Problem::EmptyNumber);
    assert_eq!(
        written(|w| w.unsigned(0x46, u64::MAX))[..4],
        [0x46, 9, 0, 0xff]
    );
    assert_eq!(written(|w| w.unsigned(0x41, 0)), [0x41, 1, 0]);
}

#[test]
fn object_identifiers_at_their_limits() {
    let read = |content: &[u8]| {
        let bytes = written(|w| w.raw(OBJECT_IDENTIFIER, content));
        Reader::new(&bytes)
            .unwrap()
            .oid("x")
            .map_err(|error| error.problem)
    };
    assert_eq!(read(&[0x2b, 6, 1]), Ok(vec![1, 3, 6, 1]));
    assert_eq!(read(&[0]), Ok(vec![0, 0]));
    assert_eq!(read(&[0x88, 0x37]), Ok(vec![2, 999]));
    assert_eq!(
        read(&[0x2b, 0x8f, 0xff, 0xff, 0xff, 0x7f]),
        Ok(vec![1, 3, u32::MAX])
    );
    assert_eq!(
        read(&[0x2b, 0x90, 0x80, 0x80, 0x80, 0x00]),
        Err(Problem::BadArc)
    );
    assert_eq!(read(&[0x2b, 0x81]), Err(Problem::BadArc));
    assert_eq!(read(&[]), Err(Problem::EmptyOid));
    assert_eq!(
        read(&[1; MAX_ARCS - 1]).map(|arcs| arcs.len()),
        Ok(MAX_ARCS)
    );
    assert_eq!(read(&[1; MAX_ARCS]), Err(Problem::TooManyArcs));
}

#[test]
#[should_panic(expected = "without a BER form")]
fn an_impossible_oid_is_a_bug_of_the_caller() {
    written(|w| w.oid(&[1, 40]));
}

proptest! {
    #[test]
    fn integers_come_back(number: i64) {
        let bytes = written(|w| w.integer(number));
        prop_assert_eq!(Reader::new(&bytes).unwrap().integer("x"), Ok(number));
    }

    #[test]
    fn oids_come_back(second: u32, tail in prop::collection::vec(any::<u32>(), 0..126)) {
        let mut arcs = vec![2, second];
        arcs.extend(tail);
        let bytes = written(|w| w.oid(&arcs));
        prop_assert_eq!(Reader::new(&bytes).unwrap().oid("x"), Ok(arcs));
    }

    #[test]
    fn long_content_comes_back(content in prop::collection::vec(any::<u8>(), 0..700)) {
        let bytes = written(|w| w.octets(&content));
        prop_assert_eq!(Reader::new(&bytes).unwrap().octets("x"), Ok(&content[..]));
    }
}
