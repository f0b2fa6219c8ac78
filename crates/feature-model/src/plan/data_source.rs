use super::{FieldChange, Projects, differences::Differences};
use crate::{DataSource, DataSourceKind, FileFormat, FileSource};

pub(super) fn differences(
    projects: Projects<'_>,
    before: &DataSource,
    after: &DataSource,
) -> Vec<FieldChange> {
    let mut differences = Differences::default();
    kind(projects, "", before, after, &mut differences);
    differences.about(
        (&before.description, &before.tags, &before.owner),
        (&after.description, &after.tags, &after.owner),
    );
    differences.into_changes()
}

/// What a copy of a source inside another object says, where that differs from what the files say and
/// the source's own change won't mend it. `path` is where the copy sits.
pub(super) fn copy_differences(
    projects: Projects<'_>,
    path: &str,
    before: Option<&DataSource>,
    after: Option<&DataSource>,
    differences: &mut Differences,
) {
    let name = |source: Option<&DataSource>| source.map(|source| source.name.clone());
    differences.value(path, name(before), name(after));
    let (Some(before), Some(after)) = (before, after) else {
        return;
    };
    let declared = projects.desired.data_sources.get(&after.name);
    if before.name == after.name && !will_follow(projects, after) {
        kind(
            projects,
            &format!("{path}."),
            before,
            declared.unwrap_or(after),
            differences,
        );
    }
}

/// Whether the source itself is created or updated: its copies are refreshed then.
fn will_follow(projects: Projects<'_>, after: &DataSource) -> bool {
    let Some(declared) = projects.desired.data_sources.get(&after.name) else {
        return false;
    };
    let stored = projects.current.data_sources.get(&after.name);
    stored.is_none_or(|stored| {
        let mut own = Differences::default();
        kind(projects, "", stored, declared, &mut own);
        !own.into_changes().is_empty()
    })
}

fn kind(
    projects: Projects<'_>,
    path: &str,
    before: &DataSource,
    after: &DataSource,
    differences: &mut Differences,
) {
    use DataSourceKind::{File, Push, Request};
    match (&before.kind, &after.kind) {
        (File(before), File(after)) => file(path, before, after, differences),
        (Request { schema: before }, Request { schema: after }) => {
            differences.columns(&format!("{path}schema"), before, after, PartialEq::eq);
        }
        (
            Push {
                batch_source: before,
            },
            Push {
                batch_source: after,
            },
        ) => {
            let path = format!("{path}batch_source");
            copy_differences(
                projects,
                &path,
                before.as_deref(),
                after.as_deref(),
                differences,
            );
        }
        (before, after) => {
            let names = [before, after].map(|kind| Some(kind_name(kind).to_owned()));
            let [before, after] = names;
            differences.value(format!("{path}type"), before, after);
        }
    }
}

fn kind_name(kind: &DataSourceKind) -> &str {
    match kind {
        DataSourceKind::File(_) => "file",
        DataSourceKind::Request { .. } => "request",
        DataSourceKind::Push { .. } => "push",
        DataSourceKind::Other { type_name } => type_name,
    }
}

fn file(path: &str, before: &FileSource, after: &FileSource, differences: &mut Differences) {
    let at = |field: &str| format!("{path}{field}");
    differences.text(at("path"), &before.path, &after.path);
    differences.text(at("format"), format_name(before), format_name(after));
    differences.text(
        at("timestamp_field"),
        &before.timestamp_field,
        &after.timestamp_field,
    );
    differences.value(
        at("created_timestamp_column"),
        before.created_timestamp_column.clone(),
        after.created_timestamp_column.clone(),
    );
    differences.map(
        &at("field_mapping"),
        &before.field_mapping,
        &after.field_mapping,
    );
    differences.value(
        at("s3_endpoint_override"),
        before.s3_endpoint_override.clone(),
        after.s3_endpoint_override.clone(),
    );
}

fn format_name(file: &FileSource) -> &'static str {
    match file.format {
        FileFormat::Parquet => "parquet",
        FileFormat::Csv => "csv",
        FileFormat::Delta => "delta",
    }
}
