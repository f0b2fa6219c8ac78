//! Whatever a CSV file holds: it is cut into the same records wherever the chunks end in which it is read.
#![no_main]

use libfuzzer_sys::fuzz_target;

/// The file itself, as its crate would bring a database engine along.
#[path = "../../crates/offline-store/src/csv/records.rs"]
mod records;

use records::{Record, Records};

fuzz_target!(|input: (u8, &[u8])| {
    let (chunk_bytes, file) = input;
    let whole = cut(file, file.len().max(1));
    let in_chunks = cut(file, usize::from(chunk_bytes).max(1));
    assert_eq!(whole, in_chunks);
    let fields = whole.iter().flatten();
    assert!(fields.map(Vec::len).sum::<usize>() <= file.len());
});

/// The fields of each record of a file that is read in such chunks.
fn cut(file: &[u8], chunk_bytes: usize) -> Vec<Vec<Vec<u8>>> {
    let mut records = Records::new();
    let mut found = Vec::new();
    let end: &[u8] = &[];
    for chunk in file.chunks(chunk_bytes).chain([end]) {
        records.each(chunk, |record| found.push(fields_of(record)));
    }
    found
}

fn fields_of(record: &Record<'_>) -> Vec<Vec<u8>> {
    let fields: Vec<Vec<u8>> = record.fields().map(<[u8]>::to_vec).collect();
    assert_eq!(fields.len(), record.len());
    assert!(record.field(record.len()).is_none());
    fields
}
