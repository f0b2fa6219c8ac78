use std::fmt::Write as _;

use feature_model::{DataType, is_uuid};

use super::{Reason, scalar};
use crate::cell::Cell;

/// The text of a UUID, as it stands in the source. What Python's `uuid.UUID` doesn't read is refused, because
/// it would spoil every read of the row in Feast.
pub(super) fn text(cell: &Cell<'_>, declared: &DataType) -> Result<String, Reason> {
    let text = match cell {
        Cell::Text(text) => text,
        Cell::Binary(bytes) if bytes.len() == 16 => return Ok(hyphenated(bytes)),
        Cell::Binary(bytes) => scalar::utf8(bytes)?,
        other => return Err(scalar::mismatch(other, declared)),
    };
    if is_uuid(text) {
        Ok((*text).to_owned())
    } else {
        Err(format!("`{}` is no UUID", scalar::shortened(text)))
    }
}

fn hyphenated(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(36);
    for (index, byte) in bytes.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        let _ = write!(text, "{byte:02x}");
    }
    text
}
