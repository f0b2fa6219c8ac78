use std::path::Path;

use arrow::datatypes::DataType as ArrowType;
use feature_model::{DataType, FileFormat, FileSource};

use crate::{
    Error,
    columns::{is_instant, source_column},
    convert::{Fit, csv_fit, fit},
    footer::Footer,
    location::Files,
};

/// The columns that a source's files have, looked up by the names that views use (`field_mapping`).
#[derive(Clone, Debug)]
pub struct SourceSchema {
    source: FileSource,
    /// Columns of all files in order of first appearance, each with the different types it has.
    columns: Vec<(String, Vec<ArrowType>)>,
}

/// Reads the columns of a source: footers of Parquet files, header and first rows of CSV files.
///
/// `base_dir` is the feature repository, to which a relative path belongs.
///
/// # Errors
/// Where there is no file, or one cannot be read as what the source says it is.
pub async fn schema(source: &FileSource, base_dir: &Path) -> Result<SourceSchema, Error> {
    let files = Files::find(source, base_dir).await?;
    let mut columns: Vec<(String, Vec<ArrowType>)> = Vec::new();
    for file in &files.files {
        let footer = Footer::read(&files, file, source.format).await?;
        for field in footer.schema.fields() {
            let found = field.data_type();
            match columns.iter_mut().find(|(name, _)| name == field.name()) {
                Some((_, types)) if types.contains(found) => {}
                Some((_, types)) => types.push(found.clone()),
                None => columns.push((field.name().clone(), vec![found.clone()])),
            }
        }
    }
    Ok(SourceSchema {
        source: source.clone(),
        columns,
    })
}

impl SourceSchema {
    /// The type of the column behind `name`; of the first file that has it.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&ArrowType> {
        self.types(name)?.first()
    }

    /// Names of all columns, as they are in the files.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|(name, _)| name.as_str())
    }

    /// Whether every value of the column behind `name` can be read as `declared`, going by the types.
    ///
    /// # Errors
    /// What is the matter and what would be right, for people: there is no such column, or its type
    /// doesn't fit.
    pub fn can_read(&self, name: &str, declared: &DataType) -> Result<(), String> {
        for found in self.known(name)? {
            let fits = match self.source.format {
                FileFormat::Csv => csv_fit(found, declared),
                FileFormat::Parquet | FileFormat::Delta => fit(found, declared),
            };
            if fits != Fit::Yes {
                return Err(format!(
                    "column `{}` is {found} in the source and cannot be read as {declared}",
                    source_column(&self.source, name)
                ));
            }
        }
        Ok(())
    }

    /// Whether the column behind `name` can hold event or created timestamps.
    ///
    /// # Errors
    /// As [`Self::can_read`].
    pub fn can_read_timestamp(&self, name: &str) -> Result<(), String> {
        match self.known(name)?.iter().find(|found| !is_instant(found)) {
            None => Ok(()),
            Some(found) => Err(format!(
                "column `{}` is {found} in the source; timestamps are read from timestamps, dates and ISO 8601 text",
                source_column(&self.source, name)
            )),
        }
    }

    fn known(&self, name: &str) -> Result<&[ArrowType], String> {
        self.types(name).ok_or_else(|| {
            format!(
                "the source has no column `{}`",
                source_column(&self.source, name)
            )
        })
    }

    fn types(&self, name: &str) -> Option<&[ArrowType]> {
        let column = source_column(&self.source, name);
        let (_, types) = self.columns.iter().find(|(known, _)| known == column)?;
        Some(types)
    }
}
