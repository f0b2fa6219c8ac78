//! Short integers of a column.
//!
//! Numbers go into a buffer of their own, eight bytes at a time, whether they have as many digits or not; the next one is
//! written behind the last digit. So no number asks the reply for room, and none is copied with a length that the
//! processor doesn't know before.

use super::digits::short;

/// What is written at once.
const WORD: usize = 8;

/// Where numbers are put together that follow one another in a reply.
#[derive(Default)]
pub(super) struct Integers {
    text: Vec<u8>,
}

impl Integers {
    /// Writes numbers of at most seven digits with a comma before each, but for the first of a column, up to what isn't
    /// one. Says how many that were; at most `most`.
    #[inline]
    pub(super) fn write(
        &mut self,
        out: &mut Vec<u8>,
        most: usize,
        is_first: bool,
        numbers: impl Iterator<Item = Option<u32>>,
    ) -> usize {
        let room = most * WORD;
        if self.text.len() < room {
            self.text.resize(room, 0);
        }
        let (mut end, mut count) = (0, 0);
        for number in numbers {
            let place = self.text.get_mut(end..end + WORD);
            let Some((number, place)) = number.zip(place) else {
                break;
            };
            let word = u64::from(b',') | (short(number.into()) << 8);
            place.copy_from_slice(&word.to_le_bytes());
            end += WORD - (word.leading_zeros() / 8) as usize;
            count += 1;
        }
        let written = self.text.get(usize::from(is_first)..end);
        out.extend_from_slice(written.unwrap_or_default());
        count
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::Integers;

    fn written(numbers: &[Option<u32>], is_first: bool) -> (usize, String) {
        let mut out = b"[".to_vec();
        let mut integers = Integers::default();
        let count = integers.write(&mut out, numbers.len(), is_first, numbers.iter().copied());
        (count, String::from_utf8(out).unwrap())
    }

    #[test]
    fn it_ends_where_there_is_no_number() {
        assert_eq!(written(&[], true), (0, "[".to_owned()));
        assert_eq!(written(&[None, Some(1)], true), (0, "[".to_owned()));
        let numbers = [Some(17), Some(0), None, Some(1)];
        assert_eq!(written(&numbers, true), (2, "[17,0".to_owned()));
        assert_eq!(written(&numbers, false), (2, "[,17,0".to_owned()));
    }

    #[test]
    fn there_is_room_for_the_longest() {
        let numbers = [Some(2_097_151); 5];
        let expected = format!("[{}", ",2097151".repeat(5));
        assert_eq!(written(&numbers, false), (5, expected));
    }

    proptest! {
        #[test]
        fn what_is_written_is_what_a_formatter_writes(numbers in vec(0..2_097_152_u32, 1..50)) {
            let expected: Vec<String> = numbers.iter().map(ToString::to_string).collect();
            let numbers: Vec<_> = numbers.into_iter().map(Some).collect();
            let expected = (numbers.len(), format!("[{}", expected.join(",")));
            prop_assert_eq!(written(&numbers, true), expected);
        }
    }
}
