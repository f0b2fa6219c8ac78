//! The few parts of protobuf's wire format that are written by hand here.
//! Layout: <https://protobuf.dev/programming-guides/encoding/>.

/// How a field's bytes are laid out, in the low three bits of its tag.
#[derive(Clone, Copy)]
pub(crate) enum WireType {
    Varint = 0,
    Fixed64 = 1,
    LengthDelimited = 2,
    Fixed32 = 5,
}

pub(crate) fn put_tag(out: &mut Vec<u8>, field: u32, wire_type: WireType) {
    put_varint(out, u64::from(field) << 3 | wire_type as u64);
}

pub(crate) fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(low_seven_bits(value) | 0x80);
        value >>= 7;
    }
    out.push(low_seven_bits(value));
}

fn low_seven_bits(value: u64) -> u8 {
    (value & 0x7f) as u8
}

/// Protobuf sign-extends a negative `int32` to 64 bits: it takes ten bytes.
pub(crate) fn int32_bits(value: i32) -> u64 {
    int64_bits(i64::from(value))
}

pub(crate) fn int64_bits(value: i64) -> u64 {
    value.cast_unsigned()
}

pub(crate) fn put_bytes(out: &mut Vec<u8>, field: u32, bytes: &[u8]) {
    put_tag(out, field, WireType::LengthDelimited);
    put_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Writes a length-delimited field whose body is written by `body`.
///
/// One byte is kept for the length; a body of 128 bytes or more is moved up to make room for the rest.
pub(crate) fn put_message(out: &mut Vec<u8>, field: u32, body: impl FnOnce(&mut Vec<u8>)) {
    put_tag(out, field, WireType::LengthDelimited);
    let start = out.len();
    out.push(0);
    body(out);
    let length = out.len() - start - 1;
    if length < 0x80 {
        out[start] = low_seven_bits(length as u64);
        return;
    }
    let mut prefix = Vec::with_capacity(10);
    put_varint(&mut prefix, length as u64);
    out.splice(start..=start, prefix);
}

/// Reads a varint from the front: its value and what follows. `None` where it is cut short or wider
/// than 64 bits.
pub(crate) fn take_varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0_u64;
    for (index, byte) in bytes.iter().take(10).enumerate() {
        if index == 9 && *byte > 1 {
            return None;
        }
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((value, &bytes[index + 1..]));
        }
    }
    None
}
