//! The source file, and a repository over it for each of the two programs.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::Result;

use super::materialize::Programs;
use crate::{
    scratch::Scratch,
    workspace::{run_command, step},
};

pub(crate) const FEATURES: u32 = 50;
pub(crate) const VIEW: &str = "stats";

/// How much is in the source file.
#[derive(Clone, Copy)]
pub(crate) struct Size {
    pub(crate) rows: u32,
    pub(crate) entities: u32,
}

impl Size {
    pub(crate) const fn new(rows: u32, entities: u32) -> Self {
        Self { rows, entities }
    }

    /// Source rows a second.
    pub(crate) fn rows_per(self, wall: Duration) -> f64 {
        f64::from(self.rows) / wall.as_secs_f64()
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let thousands = |count: u32| match count {
            1_000_000.. => format!("{} M", count / 1_000_000),
            _ => format!("{} k", count / 1_000),
        };
        write!(
            f,
            "{} rows of {} entities",
            thousands(self.rows),
            thousands(self.entities)
        )
    }
}

/// Makes the source file.
pub(crate) fn generate(programs: &Programs, scratch: &Scratch, size: Size) -> Result<PathBuf> {
    let file = scratch
        .path()
        .join(format!("source-{}-{}.parquet", size.rows, size.entities));
    step(
        &format!("Making a Parquet file: {size}, {FEATURES} features"),
        || {
            let mut generate = Command::new(&programs.generate);
            generate.arg(&file);
            for (name, count) in [
                ("--rows", size.rows),
                ("--entities", size.entities),
                ("--features", FEATURES),
            ] {
                generate.args([name, &count.to_string()]);
            }
            run_command(&mut generate)
        },
    )?;
    Ok(file)
}

/// `feature_store.yaml`, the same for both programs.
fn settings(online_store: &str) -> String {
    format!(
        "project: bench\nregistry: registry.db\nprovider: local\nonline_store:\n{online_store}\
         entity_key_serialization_version: 3\n"
    )
}

/// A repository for `registry-admin`.
pub(crate) fn write_salvers(folder: &Path, source: &Path, online_store: &str) -> Result<()> {
    let fields = (0..FEATURES).map(|index| format!("      - {{name: f{index}, type: Float64}}\n"));
    let source = source.display();
    let definitions = format!(
        "entities:\n  - {{name: entity, join_key: entity_id, value_type: Int64}}\n\
         data_sources:\n  - type: file\n    name: source\n    path: {source}\n    \
         timestamp_field: event_timestamp\n    created_timestamp_column: created\n\
         feature_views:\n  - name: {VIEW}\n    entities: [entity]\n    source: source\n    schema:\n{}",
        fields.collect::<String>()
    );
    fs::create_dir_all(folder.join("features"))?;
    fs::write(folder.join("feature_store.yaml"), settings(online_store))?;
    fs::write(folder.join("features/definitions.yaml"), definitions)?;
    Ok(())
}

/// A repository for Feast.
pub(crate) fn write_feasts(folder: &Path, source: &Path, online_store: &str) -> Result<()> {
    let source = source.display();
    let definitions = format!(
        "from feast import Entity, FeatureView, Field, FileSource, ValueType\n\
         from feast.types import Float64\n\n\
         entity = Entity(name=\"entity\", join_keys=[\"entity_id\"], value_type=ValueType.INT64)\n\
         source = FileSource(name=\"source\", path=\"{source}\", timestamp_field=\"event_timestamp\",\n    \
         created_timestamp_column=\"created\")\n\
         view = FeatureView(name=\"{VIEW}\", entities=[entity], source=source,\n    \
         schema=[Field(name=f\"f{{i}}\", dtype=Float64) for i in range({FEATURES})])\n"
    );
    fs::create_dir_all(folder)?;
    fs::write(folder.join("feature_store.yaml"), settings(online_store))?;
    fs::write(folder.join("definitions.py"), definitions)?;
    Ok(())
}
