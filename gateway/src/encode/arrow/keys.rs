//! Columns of the request that the reply repeats.

use std::sync::Arc;

use arrow_array::{
    ArrayRef,
    builder::{BinaryBuilder, Int32Builder, Int64Builder, StringBuilder, TimestampSecondBuilder},
};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};

use super::ZONE;
use crate::{join_key::KeyType, rows::JsonCells};

/// The join key as the column of its type. Without a type it is a column of integers where all are, else of texts: strings
/// as they are, what else was given as its JSON.
pub(super) fn column(cells: Option<&JsonCells>, rows: usize, key_type: KeyType) -> ArrayRef {
    let cells = || (0..rows).map(|row| cells.map_or(&b"null"[..], |cells| cells.get(row)));
    match key_type {
        KeyType::Int32 => {
            let mut column = Int32Builder::with_capacity(rows);
            column.extend(cells().map(number::<i32>));
            Arc::new(column.finish())
        }
        KeyType::Int64 => integers(cells()),
        KeyType::UnixTimestamp => {
            let mut column = TimestampSecondBuilder::with_capacity(rows).with_timezone(ZONE);
            column.extend(cells().map(number::<i64>));
            Arc::new(column.finish())
        }
        KeyType::Bytes => {
            let mut column = BinaryBuilder::with_capacity(rows, rows * 16);
            for cell in cells() {
                let text: Option<String> = serde_json::from_slice(cell).ok();
                column.append_option(text.and_then(|text| BASE64.decode(text).ok()));
            }
            Arc::new(column.finish())
        }
        KeyType::Inferred if cells().all(|cell| number::<i64>(cell).is_some()) => integers(cells()),
        KeyType::String | KeyType::Inferred => texts(cells(), rows),
    }
}

fn number<T: std::str::FromStr>(cell: &[u8]) -> Option<T> {
    str::from_utf8(cell).ok()?.parse().ok()
}

fn integers<'c>(cells: impl Iterator<Item = &'c [u8]>) -> ArrayRef {
    let mut column = Int64Builder::new();
    column.extend(cells.map(number::<i64>));
    Arc::new(column.finish())
}

/// They come from a body, which is shorter than what a column can hold.
fn texts<'c>(cells: impl Iterator<Item = &'c [u8]>, rows: usize) -> ArrayRef {
    let mut column = StringBuilder::with_capacity(rows, rows * 16);
    for cell in cells {
        match cell.first() {
            Some(b'"') => column.append_option(serde_json::from_slice::<String>(cell).ok()),
            Some(b'n') | None => column.append_null(),
            Some(_) => column.append_value(String::from_utf8_lossy(cell)),
        }
    }
    Arc::new(column.finish())
}
