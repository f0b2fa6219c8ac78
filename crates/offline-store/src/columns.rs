use arrow::datatypes::{DataType as ArrowType, Schema};
use feature_model::{DataType, Field, FileFormat, FileSource};

use crate::{
    Error,
    convert::{Fit, fit},
};

/// Which columns of a source's files hold what a view needs.
#[derive(Clone, Debug)]
pub(crate) struct Columns {
    /// Join keys in the view's order.
    pub(crate) join_keys: Vec<Column>,
    /// Features in the view's order.
    pub(crate) features: Vec<Column>,
    /// Column of the event timestamp.
    pub(crate) timestamp: String,
    /// Column of the created timestamp.
    pub(crate) created: Option<String>,
}

/// A field of a view and its column.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    /// Name in the files.
    pub(crate) name: String,
    /// Declared type.
    pub(crate) declared: DataType,
}

/// The column behind a name that a view uses: `field_mapping` backwards, as Feast reads it.
pub(crate) fn source_column<'a>(source: &'a FileSource, name: &'a str) -> &'a str {
    source
        .field_mapping
        .iter()
        .find(|(_, view_name)| view_name.as_str() == name)
        .map_or(name, |(column, _)| column.as_str())
}

impl Columns {
    pub(crate) fn new(source: &FileSource, join_keys: &[Field], features: &[Field]) -> Self {
        let column = |field: &Field| Column {
            name: source_column(source, &field.name).to_owned(),
            declared: field.data_type.clone(),
        };
        let created = source.created_timestamp_column.as_deref();
        Self {
            join_keys: join_keys.iter().map(column).collect(),
            features: features.iter().map(column).collect(),
            timestamp: source_column(source, &source.timestamp_field).to_owned(),
            created: created
                .filter(|name| !name.is_empty())
                .map(|name| source_column(source, name).to_owned()),
        }
    }

    /// Names of the columns that decide which row is the latest, without repetition.
    pub(crate) fn deciding(&self) -> Vec<&str> {
        let keys = self.join_keys.iter().map(|column| column.name.as_str());
        distinct(
            keys.chain([self.timestamp.as_str()])
                .chain(self.created.as_deref()),
        )
    }

    /// Names of all columns, without repetition.
    pub(crate) fn all(&self) -> Vec<&str> {
        let features = self.features.iter().map(|column| column.name.as_str());
        distinct(self.deciding().into_iter().chain(features))
    }

    /// Refuses a file that lacks a join key or timestamp, or has a column no value of which can ever be
    /// read. A missing feature is null in every row of that file: features come later than files.
    pub(crate) fn check(
        &self,
        schema: &Schema,
        file: &str,
        format: FileFormat,
    ) -> Result<(), Error> {
        for name in self.deciding() {
            if schema.field_with_name(name).is_err() {
                return Err(missing(name, schema, file));
            }
        }
        if format == FileFormat::Csv {
            return Ok(());
        }
        for column in self.join_keys.iter().chain(&self.features) {
            let Ok(field) = schema.field_with_name(&column.name) else {
                continue;
            };
            if fit(field.data_type(), &column.declared) == Fit::No {
                return Err(wrong_type(
                    &column.name,
                    field.data_type(),
                    &column.declared,
                    file,
                ));
            }
        }
        for name in [Some(&self.timestamp), self.created.as_ref()]
            .into_iter()
            .flatten()
        {
            if let Ok(field) = schema.field_with_name(name)
                && !is_instant(field.data_type())
            {
                return Err(wrong_type(
                    name,
                    field.data_type(),
                    &DataType::UnixTimestamp,
                    file,
                ));
            }
        }
        Ok(())
    }
}

/// Whether a column can hold event timestamps: an integer is in no known unit, so it can't.
pub(crate) fn is_instant(arrow: &ArrowType) -> bool {
    match arrow {
        ArrowType::Dictionary(_, values) => is_instant(values),
        ArrowType::Timestamp(..)
        | ArrowType::Date32
        | ArrowType::Date64
        | ArrowType::Utf8
        | ArrowType::LargeUtf8
        | ArrowType::Utf8View
        | ArrowType::Null => true,
        _ => false,
    }
}

pub(crate) fn missing(column: &str, schema: &Schema, file: &str) -> Error {
    let names: Vec<String> = schema
        .fields()
        .iter()
        .map(|f| format!("`{}`", f.name()))
        .collect();
    Error::MissingColumn {
        column: column.to_owned(),
        path: file.to_owned(),
        known: names.join(", "),
    }
}

fn wrong_type(column: &str, found: &ArrowType, declared: &DataType, file: &str) -> Error {
    Error::WrongType {
        column: column.to_owned(),
        path: file.to_owned(),
        reason: format!("it is {found} in the file, which is no {declared}"),
    }
}

fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut kept = Vec::new();
    for name in names {
        if !kept.contains(&name) {
            kept.push(name);
        }
    }
    kept
}
