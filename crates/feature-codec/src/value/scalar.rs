use feature_model::Value;

use crate::wire::take_varint;

/// A stored value that is one number, flag, timestamp or text, borrowed from its bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(missing_docs, reason = "the cases are those of `Value`")]
pub enum Scalar<'b> {
    Null,
    Bytes(&'b [u8]),
    String(&'b str),
    Int32(i32),
    Int64(i64),
    Double(f64),
    Float(f32),
    Bool(bool),
    UnixTimestamp(i64),
}

/// Reads what nearly all stored values are, without allocating: one scalar, whose field fills the bytes to their end; no
/// bytes are null.
///
/// `None` says nothing about the bytes: [`decode_value`](super::decode_value) tells what else they are, or that they
/// are corrupt. Where there is a scalar, `decode_value` reads the same.
///
/// Inlined at each of its few callers, so that what they do with each sort of scalar follows the look at the tag, instead of
/// a second look at the result.
#[must_use]
#[inline(always)]
pub fn decode_scalar(bytes: &[u8]) -> Option<Scalar<'_>> {
    let Some((tag, body)) = bytes.split_first() else {
        return Some(Scalar::Null);
    };
    Some(match tag {
        0x0a => Scalar::Bytes(lone_body(body)?),
        0x12 => Scalar::String(str::from_utf8(lone_body(body)?).ok()?),
        0x18 => Scalar::Int32(int32(lone_varint(body)?)),
        0x20 => Scalar::Int64(lone_varint(body)?.cast_signed()),
        0x29 => Scalar::Double(f64::from_le_bytes(body.try_into().ok()?)),
        0x35 => Scalar::Float(f32::from_le_bytes(body.try_into().ok()?)),
        0x38 => Scalar::Bool(lone_varint(body)? != 0),
        0x40 => Scalar::UnixTimestamp(lone_varint(body)?.cast_signed()),
        _ => return None,
    })
}

impl From<Scalar<'_>> for Value {
    fn from(scalar: Scalar<'_>) -> Self {
        match scalar {
            Scalar::Null => Self::Null,
            Scalar::Bytes(bytes) => Self::Bytes(bytes.to_vec()),
            Scalar::String(text) => Self::String(text.to_owned()),
            Scalar::Int32(number) => Self::Int32(number),
            Scalar::Int64(number) => Self::Int64(number),
            Scalar::Double(number) => Self::Double(number),
            Scalar::Float(number) => Self::Float(number),
            Scalar::Bool(flag) => Self::Bool(flag),
            Scalar::UnixTimestamp(seconds) => Self::UnixTimestamp(seconds),
        }
    }
}

/// Protobuf reads the low 32 bits of a wider varint.
fn int32(bits: u64) -> i32 {
    (bits as u32).cast_signed()
}

/// An integer from 0 to 2,097,151, which is in three bytes or less.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShortInteger {
    /// Which one.
    pub value: u32,
    /// Whether it is of 64 bits, or of 32.
    pub is_64_bits: bool,
}

/// Reads an integer that is short, and whose field fills the bytes to their end.
///
/// `None` says nothing about the bytes, as with [`decode_scalar`].
#[must_use]
#[inline]
pub fn decode_short_integer(bytes: &[u8]) -> Option<ShortInteger> {
    let (is_64_bits, body) = match bytes {
        [0x18, body @ ..] => (false, body),
        [0x20, body @ ..] => (true, body),
        _ => return None,
    };
    let value = short_varint(body)?;
    Some(ShortInteger { value, is_64_bits })
}

#[inline(always)]
fn lone_varint(bytes: &[u8]) -> Option<u64> {
    // most numbers are short
    if let Some(short) = short_varint(bytes) {
        return Some(short.into());
    }
    let (value, rest) = take_varint(bytes)?;
    rest.is_empty().then_some(value)
}

/// A varint of up to three bytes that fills them.
#[inline(always)]
fn short_varint(bytes: &[u8]) -> Option<u32> {
    match *bytes {
        [last @ ..=0x7f] => Some(last.into()),
        [first @ 0x80..=0xff, last @ ..=0x7f] => Some(joined([first, last])),
        [first @ 0x80..=0xff, second @ 0x80..=0xff, last @ ..=0x7f] => {
            Some(joined([first, second, last]))
        }
        _ => None,
    }
}

/// The low seven bits of each byte, the first the lowest.
#[inline(always)]
fn joined<const N: usize>(bytes: [u8; N]) -> u32 {
    let bits = |value, byte| value << 7 | u32::from(byte & 0x7f);
    bytes.into_iter().rev().fold(0, bits)
}

fn lone_body(bytes: &[u8]) -> Option<&[u8]> {
    let (length, rest) = take_varint(bytes)?;
    (length == rest.len() as u64).then_some(rest)
}
