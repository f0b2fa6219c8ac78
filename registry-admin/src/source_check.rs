//! The definitions against the files of their data sources.

use std::{collections::BTreeMap, path::Path};

use feature_model::{DataSource, DataSourceKind, FeatureView, ObjectId, ObjectKind};
use offline_store::SourceSchema;
use settings::{Problem, Problems, did_you_mean};

use crate::definitions::Definitions;

/// Opens the files of every data source and reports what the definitions name and the files don't have: a join key,
/// a timestamp column, a mapped column or a feature, and columns that can't be read as the declared type.
/// Gives everything that was found, with file and line of the definition.
pub(crate) async fn check_sources(definitions: &Definitions, repo: &Path) -> Problems {
    let mut check = Check {
        definitions,
        problems: Problems::default(),
    };
    let mut schemas = BTreeMap::new();
    for source in definitions.project.data_sources.values() {
        let DataSourceKind::File(file) = &source.kind else {
            continue;
        };
        match offline_store::schema(file, repo).await {
            Ok(schema) => {
                check.source(source, &schema);
                schemas.insert(source.name.as_str(), schema);
            }
            Err(error) => check.report(&source_id(source), "path", error.to_string()),
        }
    }
    for view in definitions.project.feature_views.values() {
        let source = view.batch_source.as_ref();
        if let Some(schema) = source.and_then(|source| schemas.get(source.name.as_str())) {
            check.view(view, schema);
        }
    }
    check.problems
}

fn source_id(source: &DataSource) -> ObjectId {
    ObjectId::new(ObjectKind::DataSource, &source.name)
}

struct Check<'d> {
    definitions: &'d Definitions,
    problems: Problems,
}

impl Check<'_> {
    fn report(&mut self, object: &ObjectId, part: &str, message: String) {
        let problem = match self.definitions.mark(object, part) {
            Some(mark) => mark.error(message),
            None => Problem::error("features", 0, format!("{object}: {message}")),
        };
        self.problems.push(problem);
    }

    fn source(&mut self, source: &DataSource, schema: &SourceSchema) {
        let (object, Some(file)) = (source_id(source), source.file()) else {
            return;
        };
        let created = file
            .created_timestamp_column
            .as_deref()
            .map(|column| ("created_timestamp_column", column));
        let timestamps = [("timestamp_field", file.timestamp_field.as_str())];
        for (part, column) in timestamps.into_iter().chain(created) {
            if let Err(reason) = schema.can_read_timestamp(column) {
                let hint = hint(schema, column);
                self.report(&object, part, format!("{reason}{hint}"));
            }
        }
        let columns: Vec<&str> = schema.columns().collect();
        for column in file
            .field_mapping
            .keys()
            .filter(|column| !columns.contains(&column.as_str()))
        {
            let hint = did_you_mean(column, columns.iter().copied());
            let message = format!("the source has no column `{column}`{hint}");
            self.report(&object, &format!("field_mapping.{column}"), message);
        }
    }

    fn view(&mut self, view: &FeatureView, schema: &SourceSchema) {
        let object = ObjectId::new(ObjectKind::FeatureView, &view.name);
        let entities = view
            .entities
            .iter()
            .map(|entity| format!("entities.{entity}"));
        let join_keys = entities.zip(&view.entity_columns);
        let features = view
            .features
            .iter()
            .map(|field| (format!("features.{}", field.name), field));
        for (part, field) in join_keys.chain(features) {
            if let Err(reason) = schema.can_read(&field.name, &field.data_type) {
                let hint = hint(schema, &field.name);
                self.report(&object, &part, format!("{object}: {reason}{hint}"));
            }
        }
    }
}

/// A near name, where the column isn't there.
fn hint(schema: &SourceSchema, column: &str) -> String {
    if schema.column(column).is_some() {
        return String::new();
    }
    did_you_mean(column, schema.columns())
}

#[cfg(test)]
mod tests;
