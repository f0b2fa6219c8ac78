use std::collections::BTreeMap;

use feature_model::{DataSource, DataSourceKind, FileFormat, FileSource, ObjectId, ObjectKind};
use settings::{did_you_mean, yaml::Node};

use super::{Builder, Declared, declared};

impl Builder {
    pub(super) fn data_sources(&mut self, roots: &[Node]) {
        let is_push = |object: &Declared<'_>| object.node.text_at("type") == Some("push");
        // A push source holds a copy of its batch source, which may stand below it.
        let (push, others): (Vec<_>, Vec<_>) = declared(roots, "data_sources").partition(is_push);
        for object in others.into_iter().chain(push) {
            if let Some(source) = self.data_source(object) {
                self.project
                    .data_sources
                    .entry(source.name.clone())
                    .or_insert(source);
            }
        }
    }

    fn data_source(&mut self, declared: Declared<'_>) -> Option<DataSource> {
        let object = self.object(ObjectKind::DataSource, declared);
        let node = declared.node;
        let kind = match node.text_at("type")? {
            "file" => DataSourceKind::File(self.file_source(&object, node)?),
            "request" => self.request_source(&object, declared),
            "push" => DataSourceKind::Push {
                batch_source: self.batch_source(node).map(Box::new),
            },
            _ => return None,
        };
        Some(DataSource {
            name: declared.name.to_owned(),
            kind,
            description: node.string_at("description"),
            tags: node.text_map_at("tags"),
            owner: node.string_at("owner"),
        })
    }

    fn file_source(&mut self, object: &ObjectId, node: &Node) -> Option<FileSource> {
        for key in [
            "path",
            "timestamp_field",
            "created_timestamp_column",
            "field_mapping",
        ] {
            if let Some(given) = node.get(key) {
                self.marks.insert(object, key, &given.mark);
            }
        }
        let path = node.text_at("path")?.to_owned();
        Some(FileSource {
            format: format(node.text_at("format"), &path),
            path,
            timestamp_field: node.text_at("timestamp_field")?.to_owned(),
            created_timestamp_column: node.text_at("created_timestamp_column").map(str::to_owned),
            field_mapping: self.field_mapping(object, node),
            s3_endpoint_override: node.text_at("s3_endpoint_override").map(str::to_owned),
        })
    }

    fn field_mapping(&mut self, object: &ObjectId, node: &Node) -> BTreeMap<String, String> {
        let mapping = node.text_map_at("field_mapping");
        let mut columns: BTreeMap<&str, &str> = BTreeMap::new();
        for (column, name) in &mapping {
            let entry = node
                .get("field_mapping")
                .and_then(|given| given.entry(column));
            let Some(mark) = entry.map(|entry| &entry.mark) else {
                continue;
            };
            self.marks
                .insert(object, format!("field_mapping.{column}"), mark);
            if let Some(other) = columns.insert(name, column) {
                self.error(
                    mark,
                    format!(
                        "two columns, `{other}` and `{column}`, cannot both be called `{name}`"
                    ),
                );
            }
        }
        mapping
    }

    fn request_source(&mut self, object: &ObjectId, declared: Declared<'_>) -> DataSourceKind {
        let fields = self.schema(declared.node);
        DataSourceKind::Request {
            schema: self.note_features(object, &fields, declared.mark),
        }
    }

    fn batch_source(&mut self, node: &Node) -> Option<DataSource> {
        let given = node.get("batch_source")?;
        let name = given.text()?;
        let files = self.project.data_sources.values();
        let files = files.filter(|source| matches!(source.kind, DataSourceKind::File(_)));
        let names: Vec<&str> = files.map(|source| source.name.as_str()).collect();
        if names.contains(&name) {
            return self.project.data_sources.get(name).cloned();
        }
        let hint = did_you_mean(name, names);
        self.error(
            &given.mark,
            format!("there is no file source `{name}`{hint}"),
        );
        None
    }
}

fn format(told: Option<&str>, path: &str) -> FileFormat {
    let is_csv = path.to_ascii_lowercase().ends_with(".csv");
    match told {
        Some("csv") => FileFormat::Csv,
        None if is_csv => FileFormat::Csv,
        _ => FileFormat::Parquet,
    }
}
