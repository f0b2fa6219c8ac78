use proptest::{collection::vec, prelude::*};

use super::*;

const HMGET: &[u8] = b"*3\r\n$4\r\nab\r\n\r\n$-1\r\n$0\r\n\r\n";

#[test]
fn strings_are_read_in_place() {
    let bytes = Bytes::from_static(HMGET);
    let mut replies = Reader::new(bytes.clone());
    assert_eq!(replies.list(), Ok(3));
    let first = replies.string().unwrap().unwrap();
    assert_eq!(first, b"ab\r\n");
    assert_eq!(first.as_ptr(), bytes[8..].as_ptr());
    assert_eq!(replies.string(), Ok(None));
    assert_eq!(replies.string(), Ok(Some(b"".as_slice())));
    assert_eq!(replies.string(), Err(Value::Nil));
}

#[test]
fn a_reply_ends_where_its_last_byte_is_and_not_before() {
    for length in 0..HMGET.len() {
        assert_eq!(end_of_reply(&HMGET[..length]), Ok(None), "{length}");
    }
    let with_more = [HMGET, b"+OK\r\n"].concat();
    assert_eq!(end_of_reply(&with_more), Ok(Some(HMGET.len())));
}

#[test]
fn an_error_in_place_of_a_list_is_given_and_the_next_reply_is_read() {
    let bytes = Bytes::from_static(b"-WRONGTYPE no hash\r\n*1\r\n$1\r\nx\r\n");
    let mut replies = Reader::new(bytes);
    assert_eq!(replies.errors().count(), 1);
    let Err(Value::ServerError(error)) = replies.list() else {
        panic!("no error");
    };
    assert_eq!(
        (error.code(), error.details()),
        ("WRONGTYPE", Some("no hash"))
    );
    assert_eq!(replies.list(), Ok(1));
    assert_eq!(replies.string().unwrap().unwrap(), b"x");
}

#[test]
fn numbers_are_read_and_what_is_none_is_given() {
    let bytes = Bytes::from_static(b":-2\r\n:604800000\r\n-NOPERM pttl\r\n:x\r\n:0\r\n");
    let mut replies = Reader::new(bytes);
    assert_eq!(replies.number(), Ok(-2));
    assert_eq!(replies.number(), Ok(604_800_000));
    assert!(matches!(replies.number(), Err(Value::ServerError(_))));
    assert!(replies.number().is_err());
    assert_eq!(replies.number(), Ok(0));
    assert!(replies.number().is_err());
}

#[test]
fn what_is_no_reply_is_told() {
    for bytes in [
        "HTTP/1.1 400 Bad Request\r\n",
        "$x\r\n",
        "$\r\n",
        "$-2\r\n",
        "*99999999999999999999\r\n",
        "$2\r\nabc\r\n",
        "+a\rb\r\n",
    ] {
        assert_eq!(end_of_reply(bytes.as_bytes()), Err(Malformed), "{bytes}");
    }
}

fn reply() -> impl Strategy<Value = Vec<u8>> {
    let line = |kind: char| move |text: String| format!("{kind}{text}\r\n").into_bytes();
    let leaf = prop_oneof![
        vec(any::<u8>(), 0..20).prop_map(|bytes| {
            [format!("${}\r\n", bytes.len()).as_bytes(), &bytes, b"\r\n"].concat()
        }),
        Just(b"$-1\r\n".to_vec()),
        "[a-zA-Z ]{0,20}".prop_map(line('+')),
        any::<i64>().prop_map(|number| format!(":{number}\r\n").into_bytes()),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        vec(inner, 0..4).prop_map(|replies| {
            [
                format!("*{}\r\n", replies.len()).into_bytes(),
                replies.concat(),
            ]
            .concat()
        })
    })
}

proptest! {
    #[test]
    fn every_reply_ends_where_the_next_begins(replies in vec(reply(), 1..5), cut in any::<prop::sample::Index>()) {
        let bytes = replies.concat();
        let mut at = 0;
        for reply in &replies {
            prop_assert_eq!(end_of_reply(&bytes[at..]), Ok(Some(reply.len())));
            at += reply.len();
        }
        let first = &replies[0];
        prop_assert_eq!(end_of_reply(&first[..cut.index(first.len())]), Ok(None));
    }

    #[test]
    fn the_end_of_a_reply_is_found_wherever_its_pieces_end(
        reply in reply(),
        mut cuts in vec(any::<prop::sample::Index>(), 0..6),
        more in vec(any::<u8>(), 0..4),
    ) {
        cuts.sort_by_key(|cut| cut.index(reply.len()));
        let mut end = EndOfReply::default();
        for cut in cuts {
            prop_assert_eq!(end.find(&reply[..cut.index(reply.len())]), Ok(None));
        }
        prop_assert_eq!(end.find(&[&reply[..], &more].concat()), Ok(Some(reply.len())));
    }

    #[test]
    fn a_string_of_any_length_is_read(length in 0..1_200_usize) {
        let string = vec![b'x'; length];
        let mut reply = Vec::new();
        put_argument(&mut reply, &string);
        prop_assert_eq!(end_of_reply(&reply), Ok(Some(reply.len())));
        let mut replies = Reader::new(reply.into());
        prop_assert_eq!(replies.string(), Ok(Some(&string[..])));
    }

    #[test]
    fn replies_are_what_redis_rs_makes_of_them(reply in reply()) {
        let expected = redis::parse_redis_value(&reply).unwrap();
        prop_assert_eq!(Reader::new(reply.into()).any(), expected);
    }

    #[test]
    fn any_bytes_are_read_to_their_end(bytes in vec(prop_oneof![any::<u8>(), prop::sample::select(&b"*$-+:\r\n012"[..])], 0..60)) {
        let _ = end_of_reply(&bytes);
        let length = bytes.len();
        let mut replies = Reader::new(bytes.into());
        for _ in 0..=length {
            let _ = (replies.list(), replies.string());
        }
        prop_assert_eq!(replies.rest(), b"");
    }
}
