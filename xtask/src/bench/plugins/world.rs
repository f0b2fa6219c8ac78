//! One set of rows in Redis, and a repository over it for each of the two programs.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::{
    Programs,
    requests::{Wants, bodies},
};
use crate::{
    bench::{
        load::{self, Precedence},
        store::Redis,
    },
    civil,
    demo::request,
    workspace::{root, run_quietly},
};

pub(super) const ENTITIES: u64 = 10_000;
/// Features of the view that on-demand views compute from.
pub(super) const NARROW: u32 = 4;
/// Features of the other view.
pub(super) const WIDE: u32 = 50;
const START: &str = "2000-01-01T00:00:00";

/// Transforms of a plugin that misbehaves, a view for each. They behave where a gateway tries them, and then don't.
pub(super) const HOSTILE: [&str; 4] = ["spin", "grow", "overflow", "trap"];

pub(super) struct World {
    pub(super) folder: PathBuf,
    pub(super) salver: PathBuf,
    pub(super) feast: PathBuf,
}

impl World {
    pub(super) fn make(programs: &Programs, folder: &Path, redis: &Redis) -> Result<Self> {
        let source = folder.join("source.parquet");
        let mut generate = Command::new(&programs.generate);
        generate.arg(&source);
        let sizes = [
            ("--rows", ENTITIES),
            ("--entities", ENTITIES),
            ("--features", WIDE.into()),
        ];
        for (name, size) in sizes {
            generate.args([name, &size.to_string()]);
        }
        run_quietly(&mut generate)?;
        let world = Self {
            folder: folder.to_owned(),
            salver: folder.join("salver"),
            feast: folder.join("feast"),
        };
        write(
            &world.salver,
            "features/definitions.yaml",
            &salvers(&source, &converter()),
            redis,
        )?;
        write(&world.feast, "definitions.py", &feasts(&source), redis)?;
        let admin = |args: &[&str]| {
            let mut command = Command::new(&programs.registry_admin);
            run_quietly(command.arg("-c").arg(&world.salver).args(args))
        };
        admin(&["apply"])?;
        admin(&["materialize", START, &civil::now()])?;
        let mut apply = Command::new(&programs.feast_python);
        apply.current_dir(&world.feast);
        run_quietly(apply.args(["-c", "from feast.cli.cli import cli; cli()", "apply"]))?;
        Ok(world)
    }

    /// Binds the view to a component with the same code and another digest.
    pub(super) fn exchange(&self, programs: &Programs, version: u32) -> Result<()> {
        let component = variant(fs::read(converter())?, version)?;
        let file = self.folder.join("converter.wasm");
        fs::write(&file, component)?;
        let definitions = salvers(&self.folder.join("source.parquet"), &file);
        fs::write(self.salver.join("features/definitions.yaml"), definitions)?;
        // where definitions are applied is another machine
        let mut apply = load::on_the_generators_core(&programs.registry_admin, Precedence::Behind);
        run_quietly(apply.arg("-c").arg(&self.salver).arg("apply"))
    }

    /// Both servers tell the same values.
    pub(super) fn compare(&self, salver: u16, feast: u16) -> Result<()> {
        let bodies = fs::read_to_string(bodies(&self.folder, Wants::OnlyComputed, 100)?)?;
        let body = bodies.lines().next().context("there is a body")?;
        let names = ["conv_rate_plus_val1", "conv_rate_plus_val2"];
        let (ours, theirs) = (
            request::ask_in_json(salver, body)?,
            request::ask_in_json(feast, body)?,
        );
        for name in names {
            let (ours, theirs) = (values(&ours, name), values(&theirs, name));
            ensure!(
                ours.is_some() && ours == theirs,
                "`{name}`: {ours:?} is not Feast's {theirs:?}"
            );
        }
        Ok(())
    }
}

/// The values of a feature in a reply of the layout `columns`.
fn values<'r>(reply: &'r Value, feature: &str) -> Option<&'r Value> {
    let names = reply["metadata"]["feature_names"].as_array()?;
    let column = names.iter().position(|name| name == feature)?;
    Some(&reply["results"][column]["values"])
}

fn write(folder: &Path, file: &str, definitions: &str, redis: &Redis) -> Result<()> {
    let settings = format!(
        "project: bench\nregistry: registry.db\nprovider: local\nonline_store:\n  type: redis\n  \
         connection_string: {}\nentity_key_serialization_version: 3\n",
        redis.address()
    );
    let file = folder.join(file);
    fs::create_dir_all(file.parent().context("a file has a folder")?)?;
    fs::write(folder.join("feature_store.yaml"), settings)?;
    fs::write(file, definitions)?;
    Ok(())
}

/// A component with the same code and another digest.
pub(super) fn variant(mut component: Vec<u8>, version: u32) -> Result<Vec<u8>> {
    // a custom section: its id, its size, the length of its name, and the name
    let name = format!("version-{version:010}");
    let length = u8::try_from(name.len())?;
    component.extend([0, length + 1, length]);
    component.extend(name.as_bytes());
    Ok(component)
}

/// The plugin of Feast's documentation, as it is committed.
fn converter() -> PathBuf {
    root().join("plugins/driver_conv_rate/driver_conv_rate.wasm")
}

fn salvers(source: &Path, converter: &Path) -> String {
    let stored = [("stats", NARROW), ("wide", WIDE)].map(|(view, width)| stored(view, width));
    let source = source.display();
    let fixtures = root().join("crates/plugin-host/tests/fixtures");
    let hostile = HOSTILE.map(|name| hostile(&fixtures, name)).concat();
    format!(
        "entities:\n  - {{name: entity, join_key: entity_id, value_type: Int64}}\n\
         data_sources:\n  - {{type: file, name: source, path: {source}, timestamp_field: event_timestamp}}\n  \
         - type: request\n    name: vals\n    schema:\n      - {{name: val_to_add, type: Int64}}\n      \
         - {{name: val_to_add_2, type: Int64}}\n\
         feature_views:\n{}on_demand_feature_views:\n{}{hostile}",
        stored.concat(),
        converted("converted", "stats", converter)
            + &converted("converted_wide", "wide", converter),
    )
}

fn stored(view: &str, width: u32) -> String {
    let fields = (0..width).map(|index| format!("      - {{name: f{index}, type: Float64}}\n"));
    let fields = fields.collect::<String>();
    format!("  - name: {view}\n    entities: [entity]\n    source: source\n    schema:\n{fields}")
}

/// A view that a plugin like `driver_conv_rate` computes.
pub(super) fn converted(view: &str, source: &str, component: &Path) -> String {
    format!(
        "  - name: {view}\n    sources: [{source}, vals]\n    schema:\n      - {{name: conv_rate_plus_val1, type: Float64}}\n      \
         - {{name: conv_rate_plus_val2, type: Float64}}\n    plugin:\n      path: {}\n      \
         inputs: {{conv_rate: {source}:f0}}\n",
        component.display()
    )
}

fn hostile(fixtures: &Path, name: &str) -> String {
    format!(
        "  - name: {name}\n    sources: [stats, vals]\n    schema: [{{name: value, type: Int64}}]\n    plugin:\n      \
         path: {}\n      transform: {name}\n      parameters: {{patient: true}}\n",
        fixtures.join("hostile.wasm").display()
    )
}

fn feasts(source: &Path) -> String {
    let source = source.display();
    format!(
        "from typing import Any\n\
         from feast import Entity, FeatureView, Field, FileSource, RequestSource, ValueType\n\
         from feast.on_demand_feature_view import on_demand_feature_view\n\
         from feast.types import Float64, Int64\n\n\
         entity = Entity(name=\"entity\", join_keys=[\"entity_id\"], value_type=ValueType.INT64)\n\
         source = FileSource(name=\"source\", path=\"{source}\", timestamp_field=\"event_timestamp\")\n\
         stats = FeatureView(name=\"stats\", entities=[entity], source=source,\n    \
         schema=[Field(name=f\"f{{i}}\", dtype=Float64) for i in range({NARROW})])\n\
         vals = RequestSource(name=\"vals\", schema=[Field(name=\"val_to_add\", dtype=Int64),\n    \
         Field(name=\"val_to_add_2\", dtype=Int64)])\n\n\
         @on_demand_feature_view(sources=[stats, vals], mode=\"python\",\n    \
         schema=[Field(name=\"conv_rate_plus_val1\", dtype=Float64), Field(name=\"conv_rate_plus_val2\", dtype=Float64)])\n\
         def converted(inputs: dict[str, Any]) -> dict[str, Any]:\n    \
         rates = inputs[\"f0\"]\n    \
         return {{\n        \
         \"conv_rate_plus_val1\": [a + b for a, b in zip(rates, inputs[\"val_to_add\"])],\n        \
         \"conv_rate_plus_val2\": [a + b for a, b in zip(rates, inputs[\"val_to_add_2\"])],\n    }}\n"
    )
}
