//! Integers as decimal digits. A reply has thousands of them, most of them short: the shortest are looked up, others are made
//! eight digits at a time within one word, and all are copied as a word, which is a fifth of what a formatter and a copy of
//! unknown length take.
//!
//! The word: Paul Khuong, <https://pvk.ca/Blog/2017/12/22/appnexus-common-framework-its-out-also-how-to-print-integers-faster/>.

/// What one word has room for.
const MOST: u64 = 99_999_999;

/// Appends the number with all its digits.
#[inline]
pub(super) fn integer(out: &mut Vec<u8>, number: i64) {
    let size = number.unsigned_abs();
    if size > MOST {
        out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
        return;
    }
    if number < 0 {
        out.push(b'-');
    }
    let text = short(size);
    let end = out.len() + 8 - (text.leading_zeros() / 8) as usize;
    out.extend_from_slice(&text.to_le_bytes());
    out.truncate(end);
}

/// The text of a number up to [`MOST`], the first digit in the lowest byte; behind the last one there is nothing.
#[inline(always)]
pub(super) fn short(number: u64) -> u64 {
    if let Some(text) = FOUR_DIGITS.get(number as usize) {
        return u64::from(*text);
    }
    let digits = eight_digits(number);
    let leading_zeros = digits.trailing_zeros() / 8;
    (digits | 0x3030_3030_3030_3030) >> (8 * leading_zeros)
}

/// The texts of the numbers below 10,000, the first digit in the lowest byte. They stay in the processor's second cache, and
/// many of them are fetched at once, where working one out takes some twenty steps one after the other.
static FOUR_DIGITS: [u32; 10_000] = four_digits();

const fn four_digits() -> [u32; 10_000] {
    let mut texts = [0; 10_000];
    let mut number = 0;
    while number < 10_000 {
        let mut rest = number as u32;
        let mut text = 0;
        loop {
            text = (text << 8) | (b'0' as u32 + rest % 10);
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        texts[number] = text;
        number += 1;
    }
    texts
}

/// The digits of a number up to [`MOST`], the first in the lowest byte. Halves the number three times: into two numbers of
/// four digits, four of two, eight of one, all in one word; a division is a multiplication by the inverse that is exact for
/// what it divides.
#[inline(always)]
fn eight_digits(number: u64) -> u64 {
    let fours = (number / 10_000) | ((number % 10_000) << 32);
    let hundreds = ((fours * 10_486) >> 20) & 0x7f_0000_007f;
    let twos = hundreds | ((fours - 100 * hundreds) << 16);
    let tens = ((twos * 103) >> 10) & 0x000f_000f_000f_000f;
    tens | ((twos - 10 * tens) << 8)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::integer;

    fn text(number: i64) -> String {
        let mut out = b"[".to_vec();
        integer(&mut out, number);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn numbers_around_each_power_of_ten_and_at_the_ends() {
        let powers = (0..=18).map(|power| 10_i64.pow(power));
        let around = powers.flat_map(|power| [power - 1, power, power + 1, -power]);
        for number in around.chain([0, i64::MIN, i64::MAX]) {
            assert_eq!(text(number), format!("[{number}"));
        }
    }

    /// Both halves of a word, whole.
    #[test]
    fn all_numbers_of_four_digits_on_either_side() {
        for number in 0..10_000 {
            assert_eq!(text(number), format!("[{number}"));
            assert_eq!(text(number * 10_000), format!("[{}", number * 10_000));
        }
    }

    proptest! {
        #[test]
        fn any_number(number in any::<i64>(), shift in 0..63_u32) {
            let number = number >> shift;
            prop_assert_eq!(text(number), format!("[{number}"));
        }
    }
}
