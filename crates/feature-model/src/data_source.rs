use std::collections::BTreeMap;

use crate::{Field, Tags};

/// Where feature data comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataSource {
    /// Unique among the data sources of a project.
    pub name: String,
    /// What it is and how it is read.
    pub kind: DataSourceKind,
    /// For people.
    pub description: String,
    /// Free-form labels.
    pub tags: Tags,
    /// Whom to ask.
    pub owner: String,
}

/// What a data source is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DataSourceKind {
    /// Files that `registry-admin materialize` reads.
    File(FileSource),
    /// Values that come with each request.
    Request {
        /// The fields a request must bring.
        schema: Vec<Field>,
    },
    /// Rows that are pushed; `batch_source` holds their history.
    Push {
        /// The source to materialize from, where there is one.
        batch_source: Option<Box<DataSource>>,
    },
    /// A kind that only Feast reads (BigQuery, Kafka, ...). Kept as it is in the registry.
    Other {
        /// Feast's name of the kind, such as `BATCH_BIGQUERY`.
        type_name: String,
    },
}

/// Files of one schema: a file, a glob, or a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileSource {
    /// Local path (relative to the feature repository) or object-store URL.
    pub path: String,
    /// How the files are written.
    pub format: FileFormat,
    /// Column with the event timestamp.
    pub timestamp_field: String,
    /// Column that breaks ties between rows of equal event timestamp.
    pub created_timestamp_column: Option<String>,
    /// Name of a column in the file -> name that views use for it.
    pub field_mapping: BTreeMap<String, String>,
    /// Endpoint for `s3://` paths, where it isn't Amazon's.
    pub s3_endpoint_override: Option<String>,
}

/// How the files of a [`FileSource`] are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FileFormat {
    /// Apache Parquet.
    #[default]
    Parquet,
    /// Comma-separated values with a header line. Feast has no such format: only Salver reads it.
    Csv,
    /// Delta Lake: read by Feast, not by Salver.
    Delta,
}

impl DataSource {
    /// The files that hold this source's history: its own, or its batch source's.
    #[must_use]
    pub fn file(&self) -> Option<&FileSource> {
        match &self.kind {
            DataSourceKind::File(file) => Some(file),
            DataSourceKind::Push { batch_source } => batch_source.as_deref()?.file(),
            DataSourceKind::Request { .. } | DataSourceKind::Other { .. } => None,
        }
    }
}
