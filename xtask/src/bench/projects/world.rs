//! A repository for each project, over one set of rows.

use std::{
    fmt::Write as _,
    fs,
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::Programs;
use crate::{
    bench::{load, store::Redis},
    civil,
    demo::request,
    gateway::Gateway,
    workspace::{root, run_quietly},
};

/// The neighbour.
pub(super) const QUIET: &str = "quiet";
/// Is asked more than can be answered.
pub(super) const BUSY: &str = "busy";
/// Has a plugin that never returns.
pub(super) const LOOPING: &str = "looping";
/// Has a Redis that nobody has started.
pub(super) const DEAD: &str = "dead";
/// Has a registry that is written over.
pub(super) const BROKEN: &str = "broken";

const ENTITIES: u64 = 10_000;
const FEATURES: u32 = 4;
const BODIES: u64 = 1_000;
/// Of a request of the flood: so many that the gateway has more to do than whoever sends them.
const FLOOD_ENTITIES: u64 = 20;
/// Earlier than any row.
pub(in crate::bench) const START: &str = "2000-01-01T00:00:00";
const PATIENCE: Duration = Duration::from_secs(60);

pub(super) struct World {
    folder: PathBuf,
    pub(super) bodies: PathBuf,
    pub(super) looping_bodies: PathBuf,
    pub(super) flood_bodies: PathBuf,
}

/// Each project's load is its own store's as well.
pub(super) struct Stores {
    pub(super) neighbours: Redis,
    pub(super) others: Redis,
}

impl World {
    pub(super) fn make(programs: &Programs, folder: &Path, stores: &Stores) -> Result<Self> {
        let source = source(programs, folder)?;
        let world = Self {
            folder: folder.to_owned(),
            bodies: folder.join("stored.jsonl"),
            looping_bodies: folder.join("looping.jsonl"),
            flood_bodies: folder.join("flood.jsonl"),
        };
        let dead = format!("127.0.0.1:{}", unused_port()?);
        for project in [QUIET, BUSY, LOOPING, DEAD, BROKEN] {
            let redis = match project {
                QUIET => stores.neighbours.address(),
                DEAD => dead.clone(),
                _ => stores.others.address(),
            };
            world.write(project, &redis, &source)?;
            let admin = |args: &[&str]| {
                let mut command = Command::new(&programs.registry_admin);
                run_quietly(command.arg("-c").arg(world.repo(project)).args(args))
            };
            admin(&["apply"])?;
            if project != DEAD {
                admin(&["materialize", START, &civil::now()])?;
            }
        }
        let stored = "stats:f0\",\"stats:f1";
        fs::write(&world.bodies, bodies(stored, ""))?;
        fs::write(&world.flood_bodies, bodies_of(FLOOD_ENTITIES, stored, ""))?;
        let data = ",\"val_to_add\":[1],\"val_to_add_2\":[2]";
        fs::write(&world.looping_bodies, bodies("spin:value", data))?;
        Ok(world)
    }

    /// One gateway for all, with the server's core for itself.
    pub(super) fn serve(&self, programs: &Programs) -> Result<Gateway> {
        let mut command = load::pinned(&programs.gateway, load::SERVER_CORE);
        for project in [BUSY, LOOPING, DEAD, BROKEN] {
            command.arg("-c").arg(self.repo(project));
        }
        let gateway = Gateway::start_as(command, &self.repo(QUIET), 0)?;
        let end = Instant::now() + PATIENCE;
        loop {
            let told = request::get(gateway.port(), "/ready")?.body;
            let told: Value = serde_json::from_str(&told)?;
            let projects = told["projects"].as_array().context("a list of projects")?;
            let ready = projects
                .iter()
                .filter(|project| project["state"] == "ready");
            // all but the one without a Redis
            if ready.count() + 1 == projects.len() {
                return Ok(gateway);
            }
            if Instant::now() > end {
                bail!("the projects are not ready: {told}");
            }
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// The gateway sees a torn registry, and soon a whole one.
    pub(super) fn tear_and_mend(&self, project: &str) -> Result<()> {
        let registry = self.repo(project).join("registry.db");
        let whole = fs::read(&registry)?;
        for bytes in [&whole[..whole.len() / 2], &whole] {
            fs::write(&registry, bytes)?;
            thread::sleep(Duration::from_millis(150));
        }
        Ok(())
    }

    fn repo(&self, project: &str) -> PathBuf {
        self.folder.join(project)
    }

    fn write(&self, project: &str, redis: &str, source: &Path) -> Result<()> {
        let repo = self.repo(project);
        fs::create_dir_all(repo.join("features"))?;
        let settings = format!(
            "project: {project}\nregistry: registry.db\nonline_store:\n  type: redis\n  \
             connection_string: {redis}\nsalver: {{registry_poll: 100ms}}\n"
        );
        fs::write(repo.join("feature_store.yaml"), settings)?;
        let definitions = definitions(source, project == LOOPING);
        fs::write(repo.join("features/definitions.yaml"), definitions)?;
        Ok(())
    }
}

/// Rows for [`definitions`].
pub(in crate::bench) fn source(programs: &Programs, folder: &Path) -> Result<PathBuf> {
    let source = folder.join("source.parquet");
    let mut generate = Command::new(&programs.generate);
    generate.arg(&source);
    let sizes = [
        ("--rows", ENTITIES),
        ("--entities", ENTITIES),
        ("--features", FEATURES.into()),
    ];
    for (name, size) in sizes {
        generate.args([name, &size.to_string()]);
    }
    run_quietly(&mut generate)?;
    Ok(source)
}

/// One view of four features, and perhaps one that is computed for ever.
pub(in crate::bench) fn definitions(source: &Path, with_plugin: bool) -> String {
    let fields: String = (0..FEATURES)
        .map(|index| format!("      - {{name: f{index}, type: Float64}}\n"))
        .collect();
    let mut text = format!(
        "entities:\n  - {{name: entity, join_key: entity_id, value_type: Int64}}\n\
         data_sources:\n  - {{type: file, name: source, path: {}, timestamp_field: event_timestamp}}\n  \
         - type: request\n    name: vals\n    schema:\n      - {{name: val_to_add, type: Int64}}\n      \
         - {{name: val_to_add_2, type: Int64}}\n\
         feature_views:\n  - name: stats\n    entities: [entity]\n    source: source\n    schema:\n{fields}",
        source.display()
    );
    if with_plugin {
        let hostile = root().join("crates/plugin-host/tests/fixtures/hostile.wasm");
        let _ = write!(
            text,
            "on_demand_feature_views:\n  - name: spin\n    sources: [stats, vals]\n    \
             schema: [{{name: value, type: Int64}}]\n    plugin:\n      path: {}\n      transform: spin\n      \
             parameters: {{patient: true}}\n",
            hostile.display()
        );
    }
    text
}

/// A body a line, each of one entity.
pub(in crate::bench) fn bodies(features: &str, data: &str) -> String {
    bodies_of(1, features, data)
}

fn bodies_of(entities: u64, features: &str, data: &str) -> String {
    let lines = (0..BODIES).map(|index| {
        let ids = (0..entities).map(|entity| (index * 7 + entity * 31) % ENTITIES);
        let ids: Vec<_> = ids.map(|id| id.to_string()).collect();
        let ids = ids.join(",");
        format!("{{\"features\":[\"{features}\"],\"entities\":{{\"entity_id\":[{ids}]{data}}}}}\n")
    });
    lines.collect()
}

/// Nobody listens there, as far as one can tell.
fn unused_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?.port())
}
