use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringBuilder};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use super::records::{Record, Records};
use crate::{convert::Unreadable, scan::Rows};

/// Where the columns of a view stand in a file.
#[derive(Debug)]
pub(crate) struct Layout {
    /// Fields of the header line, and so of every row.
    fields: usize,
    /// Names and places of the columns that are read.
    read: Vec<(String, usize)>,
    /// Likewise of the columns that must hold text where a row is to be taken.
    needed: Vec<(String, usize)>,
}

impl Layout {
    /// Columns that `file` lacks are left out.
    pub(crate) fn new(file: &Schema, read: &[&str], needed: &[&str]) -> Self {
        let placed = |names: &[&str]| {
            let places = names
                .iter()
                .map(|name| Some((*name, file.index_of(name).ok()?)));
            let known = places
                .flatten()
                .map(|(name, place)| (name.to_owned(), place));
            known.collect()
        };
        Self {
            fields: file.fields().len(),
            read: placed(read),
            needed: placed(needed),
        }
    }

    /// Why a record is no row.
    fn defect(&self, record: &Record<'_>) -> Option<String> {
        let found = record.len();
        match record {
            Record::Overlong => Some("longer than 16 MB; is a quote left open?".to_owned()),
            Record::Fields { .. } if found != self.fields => Some(format!(
                "{found} fields where the header line has {}",
                self.fields
            )),
            Record::Fields { .. } => self.bad_text(record),
        }
    }

    fn bad_text(&self, record: &Record<'_>) -> Option<String> {
        let is_bad = |place: usize| {
            record
                .field(place)
                .is_some_and(|field| text(field).is_none())
        };
        let (name, _) = self.needed.iter().find(|(_, place)| is_bad(*place))?;
        Some(format!("`{name}`: the bytes are no UTF-8 text"))
    }

    /// The text of a field; an empty one is null, as are all of a record with fields too many or too few.
    fn cell<'a>(&self, record: &Record<'a>, place: usize) -> Option<&'a str> {
        let field = record.field(place).filter(|_| record.len() == self.fields);
        field.and_then(text).filter(|text| !text.is_empty())
    }
}

fn text(field: &[u8]) -> Option<&str> {
    std::str::from_utf8(field).ok()
}

/// The rows of a file that were not read yet.
pub(super) struct Table {
    layout: Layout,
    schema: SchemaRef,
    records: Records,
    header_is_next: bool,
    next_row: u64,
}

impl Table {
    pub(super) fn new(layout: Layout) -> Self {
        let names = layout.read.iter();
        let fields: Vec<Field> = names
            .map(|(name, _)| Field::new(name, DataType::Utf8, true))
            .collect();
        Self {
            layout,
            schema: Arc::new(Schema::new(fields)),
            records: Records::new(),
            header_is_next: true,
            next_row: 0,
        }
    }

    /// The rows that end in `chunk`, the next bytes of the file; without bytes it is the end of the file.
    pub(super) fn rows(&mut self, chunk: &[u8]) -> Rows {
        let read = &self.layout.read;
        let mut cells: Vec<StringBuilder> = read.iter().map(|_| StringBuilder::new()).collect();
        let mut unreadable = Unreadable::new();
        let mut count = 0;
        self.records.each(chunk, |record| {
            if std::mem::take(&mut self.header_is_next) {
                return;
            }
            if let Some(reason) = self.layout.defect(record) {
                unreadable.insert(count, reason);
            }
            for (cells, (_, place)) in cells.iter_mut().zip(read) {
                cells.append_option(self.layout.cell(record, *place));
            }
            count += 1;
        });
        let numbers: Vec<u64> = (self.next_row..).take(count).collect();
        self.next_row += count as u64;
        let arrays = cells
            .iter_mut()
            .map(|cells| Arc::new(cells.finish()) as ArrayRef);
        Rows {
            batch: RecordBatch::try_new(Arc::clone(&self.schema), arrays.collect())
                .expect("each column has a cell for each row, and there is one for the event time"),
            numbers,
            unreadable,
        }
    }
}
