use feature_model::{DataSource, DataSourceKind, FileFormat, FileSource};

use crate::registry::{
    field::write_fields,
    proto::feast::core::{
        DataSource as Stored, FileFormat as StoredFormat,
        data_source::{FileOptions, Options, RequestDataOptions, SourceType},
        file_format::Format,
        table_format::DeltaFormat,
    },
};

/// A source as it stands in the registry's list of sources.
pub(in crate::registry) fn data_source(source: &DataSource, project: &str) -> Stored {
    Stored {
        project: project.to_owned(),
        ..embedded(source)
    }
}

/// A copy of a source in a view: Feast writes no project there.
pub(super) fn embedded(source: &DataSource) -> Stored {
    Stored {
        data_source_class_type: class_type(source).to_owned(),
        ..unclassed(source)
    }
}

/// A copy of a source anywhere else: Feast writes neither project nor Python class there.
pub(super) fn unclassed(source: &DataSource) -> Stored {
    let mut stored = Stored {
        name: source.name.clone(),
        description: source.description.clone(),
        tags: source.tags.clone(),
        owner: source.owner.clone(),
        ..Stored::default()
    };
    match &source.kind {
        DataSourceKind::File(file) => write_file(file, &mut stored),
        DataSourceKind::Request { schema } => {
            stored.set_type(SourceType::RequestSource);
            stored.options = Some(Options::RequestDataOptions(RequestDataOptions {
                schema: write_fields(schema),
                ..RequestDataOptions::default()
            }));
        }
        DataSourceKind::Push { batch_source } => write_push(batch_source.as_deref(), &mut stored),
        DataSourceKind::Other { type_name } => {
            let known = SourceType::from_str_name(type_name);
            stored.set_type(known.unwrap_or(SourceType::Invalid));
        }
    }
    stored
}

/// CSV is told by Salver's extension: Feast has no message for it.
fn write_file(file: &FileSource, stored: &mut Stored) {
    let delta = || StoredFormat {
        format: Some(Format::DeltaFormat(DeltaFormat::default())),
    };
    stored.set_type(SourceType::BatchFile);
    stored.field_mapping.clone_from(&file.field_mapping);
    stored.timestamp_field.clone_from(&file.timestamp_field);
    stored.created_timestamp_column = file.created_timestamp_column.clone().unwrap_or_default();
    stored.options = Some(Options::FileOptions(FileOptions {
        file_format: (file.format == FileFormat::Delta).then(delta),
        uri: file.path.clone(),
        s3_endpoint_override: file.s3_endpoint_override.clone().unwrap_or_default(),
    }));
}

/// Feast repeats the time columns and the mapping of the batch source, and leaves the options unset.
fn write_push(batch_source: Option<&DataSource>, stored: &mut Stored) {
    stored.set_type(SourceType::PushSource);
    if let Some(batch) = batch_source.map(unclassed) {
        stored.field_mapping.clone_from(&batch.field_mapping);
        stored.timestamp_field.clone_from(&batch.timestamp_field);
        stored
            .created_timestamp_column
            .clone_from(&batch.created_timestamp_column);
        stored.batch_source = Some(Box::new(batch));
    }
}

/// The Python class that Feast names beside a source.
fn class_type(source: &DataSource) -> &'static str {
    match source.kind {
        DataSourceKind::File(_) => "feast.infra.offline_stores.file_source.FileSource",
        DataSourceKind::Request { .. } => "feast.data_source.RequestSource",
        DataSourceKind::Push { .. } => "feast.data_source.PushSource",
        DataSourceKind::Other { .. } => "",
    }
}
