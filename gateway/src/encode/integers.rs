//! Short integers of a column, from the stored bytes to JSON in one pass: most features of most stores are such.
//!
//! Numbers go into a buffer of their own, eight bytes at a time, whether they have as many digits or not; the next one is
//! written behind the last digit. So no number asks the reply for room, and none is copied with a length that the
//! processor doesn't know before.

use feature_codec::decode_short_integer;

use super::digits::short;

/// What is written at once.
const WORD: usize = 8;

/// Numbers that follow one another in a reply.
#[derive(Default)]
pub(super) struct Integers {
    text: Vec<u8>,
    len: usize,
}

impl Integers {
    /// Makes room for so many.
    pub(super) fn reserve(&mut self, numbers: usize) {
        let room = (numbers + 1) * WORD;
        if self.text.len() < room {
            self.text.resize(room, 0);
        }
    }

    /// Adds a stored value with a comma before it, where it is a short integer that there is room for.
    #[inline(always)]
    pub(super) fn add(&mut self, stored: &[u8]) -> bool {
        let Some(number) = decode_short_integer(stored) else {
            return false;
        };
        let Some(place) = self.text.get_mut(self.len..self.len + WORD) else {
            return false;
        };
        let (digits, len) = short(number);
        let word = u64::from(b',') | (digits << 8);
        place.copy_from_slice(&word.to_le_bytes());
        self.len += 1 + len;
        true
    }

    /// Moves the numbers to the reply; the first without its comma where nothing is before it.
    pub(super) fn flush(&mut self, out: &mut Vec<u8>, is_first: bool) {
        let written = self.text.get(usize::from(is_first)..self.len);
        out.extend_from_slice(written.unwrap_or_default());
        self.len = 0;
    }
}

#[cfg(test)]
mod tests {
    use feature_codec::encode_value;
    use feature_model::Value;
    use proptest::{collection::vec, prelude::*};

    use super::Integers;

    fn stored(value: &Value) -> Vec<u8> {
        let mut bytes = Vec::new();
        encode_value(value, &mut bytes);
        bytes
    }

    #[test]
    fn only_short_integers_are_taken() {
        let mut integers = Integers::default();
        integers.reserve(8);
        for (value, is_taken) in [
            (Value::Int64(0), true),
            (Value::Int32(2_097_151), true),
            (Value::Int64(2_097_152), false),
            (Value::Int64(-1), false),
            (Value::Bool(true), false),
            (Value::UnixTimestamp(5), false),
            (Value::Null, false),
            (Value::Int64(17), true),
        ] {
            assert_eq!(integers.add(&stored(&value)), is_taken, "{value:?}");
        }
        let mut out = b"[".to_vec();
        integers.flush(&mut out, true);
        assert_eq!(out, b"[0,2097151,17");
    }

    #[test]
    fn there_is_room_for_those_that_were_announced() {
        let mut integers = Integers::default();
        let long = stored(&Value::Int64(2_000_000));
        for numbers in [0, 3, 1] {
            integers.reserve(numbers);
            assert!((0..numbers).all(|_| integers.add(&long)));
            let mut out = Vec::new();
            integers.flush(&mut out, false);
            assert_eq!(out, b",2000000".repeat(numbers));
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_what_a_formatter_writes(numbers in vec(0..2_097_152_i64, 1..50)) {
            let mut integers = Integers::default();
            integers.reserve(numbers.len());
            for number in &numbers {
                prop_assert!(integers.add(&stored(&Value::Int64(*number))));
            }
            let mut out = Vec::new();
            integers.flush(&mut out, true);
            let expected: Vec<String> = numbers.iter().map(ToString::to_string).collect();
            prop_assert_eq!(String::from_utf8(out).unwrap(), expected.join(","));
        }
    }
}
