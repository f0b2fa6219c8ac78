use std::sync::Arc;

use arrow::csv::reader::Format;
use arrow::datatypes::{DataType, Field, Schema};
use bytes::Bytes;
use object_store::{ObjectStore, ObjectStoreExt as _};

use super::records::{Record, Records};
use crate::{Error, footer::Footer, location::File};

/// How much of a file is read to infer its types.
const SAMPLE_BYTES: u64 = 256 * 1024;
const SAMPLE_ROWS: usize = 1000;

/// Columns of a file by its header line, their types by its first rows, and about how many rows it has.
pub(crate) async fn footer(store: &dyn ObjectStore, file: &File) -> Result<Footer, Error> {
    let corrupt = |reason: &dyn std::fmt::Display| Error::corrupt(&file.name, "CSV", reason);
    if file.meta.size == 0 {
        return Err(corrupt(&"it is empty"));
    }
    let bytes = beginning(store, file).await?;
    let sample = Sample::of(&bytes, file.meta.size);
    if sample.names.is_empty() {
        return Err(corrupt(
            &"it has no header line with the names of its columns",
        ));
    }
    Ok(Footer {
        schema: Arc::new(sample.schema().map_err(|error| corrupt(&error))?),
        rows: sample.rows,
    })
}

async fn beginning(store: &dyn ObjectStore, file: &File) -> Result<Bytes, Error> {
    let range = 0..file.meta.size.min(SAMPLE_BYTES);
    let read = store.get_range(&file.meta.location, range).await;
    read.map_err(|error| Error::unavailable(&file.name, error))
}

#[derive(Default)]
struct Sample {
    /// Of the columns.
    names: Vec<String>,
    /// Rows of the whole file, by the length of those that were seen.
    rows: u64,
    /// The sound rows that were seen, as CSV again.
    sound: Vec<u8>,
}

impl Sample {
    fn of(bytes: &[u8], file_size: u64) -> Self {
        let mut sample = Self::default();
        let mut records = Records::new();
        records.each(bytes, |record| sample.take(record));
        let size = bytes.len() as u64;
        if size == file_size {
            records.each(&[], |record| sample.take(record));
        } else {
            sample.rows = file_size * sample.rows / size.max(1);
        }
        sample
    }

    fn take(&mut self, record: &Record<'_>) {
        if self.names.is_empty() {
            let name = |field| String::from_utf8_lossy(field).into_owned();
            self.names = record.fields().map(name).collect();
            return;
        }
        self.rows += 1;
        let is_text = |field| std::str::from_utf8(field).is_ok();
        if record.len() == self.names.len() && record.fields().all(is_text) {
            self.keep(record);
        }
    }

    fn keep(&mut self, record: &Record<'_>) {
        for (index, field) in record.fields().enumerate() {
            let quote: &[u8] = if index == 0 { b"\"" } else { b",\"" };
            self.sound.extend_from_slice(quote);
            for byte in field {
                let escape = (*byte == b'"').then_some(b'"');
                self.sound.extend(escape.into_iter().chain([*byte]));
            }
            self.sound.push(b'"');
        }
        self.sound.push(b'\n');
    }

    fn schema(&self) -> Result<Schema, arrow::error::ArrowError> {
        let rows = self.sound.as_slice();
        let (inferred, _) = Format::default().infer_schema(rows, Some(SAMPLE_ROWS))?;
        let types = inferred.fields().iter().map(|field| field.data_type());
        let types = types.cloned().chain(std::iter::repeat(DataType::Null));
        let fields = self.names.iter().zip(types);
        let fields: Vec<Field> = fields
            .map(|(name, kind)| Field::new(name, kind, true))
            .collect();
        Ok(Schema::new(fields))
    }
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::DataType;

    use super::Sample;

    fn types(text: &[u8]) -> Vec<(String, DataType)> {
        let schema = Sample::of(text, text.len() as u64).schema().unwrap();
        let fields = schema.fields().iter();
        fields
            .map(|field| (field.name().clone(), field.data_type().clone()))
            .collect()
    }

    fn column(name: &str, kind: DataType) -> (String, DataType) {
        (name.to_owned(), kind)
    }

    #[test]
    fn types_are_those_of_the_sound_rows() {
        let text = b"\"id\",note,none\r\n1,\"say \"\"a,\nb\"\"\",\r\n2\r\n\xff,x,\r\n3,,,\r\n4,5,";
        assert_eq!(
            types(text),
            [
                column("id", DataType::Int64),
                column("note", DataType::Utf8),
                column("none", DataType::Null)
            ]
        );
    }

    #[test]
    fn a_header_alone_has_columns_of_no_type() {
        let columns = [column("a", DataType::Null), column("b", DataType::Null)];
        assert_eq!(types(b"a,b"), columns);
    }

    #[test]
    fn rows_are_counted_in_a_whole_file_and_estimated_from_the_beginning_of_one() {
        let text = b"a,b\n1,2\n3,4\n5,6";
        assert_eq!(Sample::of(text, text.len() as u64).rows, 3);
        let beginning = b"a,b\n1,2\n3,4\n5,";
        assert_eq!(Sample::of(beginning, 1400).rows, 200);
    }
}
