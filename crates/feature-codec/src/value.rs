//! `feast.types.Value`: the bytes of one feature value in an online store.

mod decode;
mod encode;
mod scalar;
mod text;

pub use decode::decode_value;
pub use encode::encode_value;
pub use scalar::{Scalar, ShortInteger, decode_scalar, decode_short_integer};
pub use text::value_text;
