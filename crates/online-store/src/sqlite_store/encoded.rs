use std::ops::Range;

use feature_codec::{encode_value, value_text};
use feature_model::Value;

use crate::{WriteBatch, batch};

/// The rows of a batch as a table holds them, made before the database is locked for them.
///
/// Each entity key is there once, in the order of keys, which is that of the table's indexes: neighbours
/// share pages.
pub(super) struct EncodedRows {
    rows: Vec<usize>,
    features: usize,
    values: Vec<u8>,
    texts: String,
    cells: Vec<EncodedCell>,
}

/// Where a value and its text are among all.
struct EncodedCell {
    value: Range<usize>,
    text: Option<Range<usize>>,
}

/// One row of a batch.
pub(super) struct EncodedRow<'a> {
    rows: &'a EncodedRows,
    cells: &'a [EncodedCell],
    /// Its number in the batch.
    pub(super) number: usize,
}

impl EncodedRows {
    pub(super) fn of(batch: &WriteBatch) -> Self {
        let mut rows = batch::newest_rows(batch);
        rows.sort_unstable_by(|a, b| batch.keys[*a].cmp(&batch.keys[*b]));
        let features = batch.columns.len();
        let mut encoded = Self {
            features,
            values: Vec::new(),
            texts: String::new(),
            cells: Vec::with_capacity(rows.len() * features),
            rows: Vec::new(),
        };
        for row in &rows {
            for column in &batch.columns {
                encoded.push(&column[*row]);
            }
        }
        encoded.rows = rows;
        encoded
    }

    fn push(&mut self, value: &Value) {
        let (value_start, text_start) = (self.values.len(), self.texts.len());
        encode_value(value, &mut self.values);
        let text = value_text(value).map(|text| {
            self.texts.push_str(&text);
            text_start..self.texts.len()
        });
        self.cells.push(EncodedCell {
            value: value_start..self.values.len(),
            text,
        });
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = EncodedRow<'_>> {
        self.rows.iter().enumerate().map(|(index, number)| {
            let first = index * self.features;
            EncodedRow {
                rows: self,
                cells: &self.cells[first..first + self.features],
                number: *number,
            }
        })
    }
}

impl EncodedRow<'_> {
    /// A feature's value as protobuf, and as text.
    pub(super) fn cell(&self, feature: usize) -> (&[u8], Option<&str>) {
        let cell = &self.cells[feature];
        let text = cell.text.clone().map(|text| &self.rows.texts[text]);
        (&self.rows.values[cell.value.clone()], text)
    }
}
