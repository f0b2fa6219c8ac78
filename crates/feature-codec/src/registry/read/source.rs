use std::collections::{BTreeMap, BTreeSet};

use feature_model::{DataSource, DataSourceKind, DataType, Field, FileFormat, FileSource};

use crate::registry::{
    extension::{CSV, DATA_SOURCE},
    field::read_fields,
    proto::{
        feast::core::{
            self as stored, DataSource as Stored,
            data_source::{FileOptions, Options, RequestDataOptions, SourceType},
            file_format::Format,
        },
        salver::registry::Extension,
    },
};

/// Names of the file sources that are CSV, which only Salver's extension tells, by project.
pub(in crate::registry) struct CsvSources<'a>(BTreeMap<&'a str, BTreeSet<&'a str>>);

/// The names of one project.
pub(in crate::registry) type CsvNames<'n> = Option<&'n BTreeSet<&'n str>>;

impl<'a> CsvSources<'a> {
    pub(in crate::registry) fn of(extension: Option<&'a Extension>) -> Self {
        let mut sources: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for project in extension.iter().flat_map(|extension| &extension.projects) {
            let objects = project.objects.iter();
            let csv =
                objects.filter(|object| object.kind == DATA_SOURCE && object.file_format == CSV);
            let names = sources.entry(&project.project).or_default();
            names.extend(csv.map(|object| object.name.as_str()));
        }
        Self(sources)
    }

    pub(in crate::registry) fn of_project(&self, project: &str) -> Option<&BTreeSet<&'a str>> {
        self.0.get(project)
    }
}

pub(in crate::registry) fn data_source(source: &Stored, csv: CsvNames<'_>) -> DataSource {
    DataSource {
        name: source.name.clone(),
        kind: kind(source, csv),
        description: source.description.clone(),
        tags: source.tags.clone(),
        owner: source.owner.clone(),
    }
}

/// The kind by its options, else by its type: a push source has options without any field.
fn kind(source: &Stored, csv: CsvNames<'_>) -> DataSourceKind {
    let push = || DataSourceKind::Push {
        batch_source: source
            .batch_source
            .as_deref()
            .map(|batch| Box::new(data_source(batch, csv))),
    };
    match &source.options {
        Some(Options::FileOptions(options)) => DataSourceKind::File(file(source, options, csv)),
        Some(Options::RequestDataOptions(options)) => DataSourceKind::Request {
            schema: request_schema(options),
        },
        Some(Options::PushOptions(_)) => push(),
        _ => match source.r#type() {
            SourceType::PushSource => push(),
            SourceType::RequestSource => DataSourceKind::Request { schema: Vec::new() },
            _ => DataSourceKind::Other {
                type_name: type_name(source),
            },
        },
    }
}

fn file(source: &Stored, options: &FileOptions, csv: CsvNames<'_>) -> FileSource {
    FileSource {
        path: options.uri.clone(),
        format: match options
            .file_format
            .as_ref()
            .and_then(|format| format.format.as_ref())
        {
            Some(Format::DeltaFormat(_)) => FileFormat::Delta,
            _ if csv.is_some_and(|names| names.contains(source.name.as_str())) => FileFormat::Csv,
            _ => FileFormat::Parquet,
        },
        timestamp_field: source.timestamp_field.clone(),
        created_timestamp_column: non_empty(&source.created_timestamp_column),
        field_mapping: source.field_mapping.clone(),
        s3_endpoint_override: non_empty(&options.s3_endpoint_override),
    }
}

/// The declared fields; in registries of old releases a map of names to type ids.
fn request_schema(options: &RequestDataOptions) -> Vec<Field> {
    if !options.schema.is_empty() {
        return read_fields(&options.schema);
    }
    let old = options.deprecated_schema.iter();
    old.map(|(name, value_type)| Field::new(name, DataType::from_value_type_id(*value_type)))
        .collect()
}

fn type_name(source: &stored::DataSource) -> String {
    SourceType::try_from(source.r#type).map_or_else(
        |_| source.r#type.to_string(),
        |known| known.as_str_name().to_owned(),
    )
}

fn non_empty(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}
