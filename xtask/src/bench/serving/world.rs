//! The data set in Redis, and the repository over it that the gateway and Feast share.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Result;

use super::{
    bodies::{ENTITIES, bodies},
    definitions::{DIMENSIONS, FEATURES_PER_VIEW, VIEWS, definitions},
    programs::Programs,
    workload::Workload,
};
use crate::{bench::store::Redis, civil, workspace::run_quietly};

/// Earlier than any row.
const START: &str = "2000-01-01T00:00:00";
/// What makes a gateway keep rows in memory.
const CACHE: &str = "salver: {cache: {max_bytes: 1GiB}}\n";

pub(super) struct World {
    folder: PathBuf,
    source: PathBuf,
    redis: String,
    /// Without a cache.
    pub(super) repo: PathBuf,
    /// The same registry, with a cache.
    pub(super) cached: PathBuf,
}

impl World {
    pub(super) fn make(programs: &Programs, folder: &Path, redis: &Redis) -> Result<Self> {
        let world = Self {
            folder: folder.to_owned(),
            source: folder.join("source.parquet"),
            redis: redis.address(),
            repo: folder.join("repo"),
            cached: folder.join("cached"),
        };
        world.generate(programs)?;
        let registry = world.repo.join("registry.db");
        world.write(&world.repo, &registry, "")?;
        world.write(&world.cached, &registry, CACHE)?;
        world.define(&world.repo, 0, "")?;
        let admin = |args: &[&str]| {
            let mut command = Command::new(&programs.built.registry_admin);
            run_quietly(command.arg("-c").arg(&world.repo).args(args))
        };
        admin(&["apply"])?;
        admin(&["materialize", START, &civil::now()])?;
        Ok(world)
    }

    /// A repository of the same project, on the same rows: its `feature_store.yaml`.
    pub(super) fn write(&self, repo: &Path, registry: &Path, salver: &str) -> Result<()> {
        fs::create_dir_all(repo.join("features"))?;
        let settings = format!(
            "project: bench\nregistry: {}\nprovider: local\nonline_store:\n  type: redis\n  \
             connection_string: {}\nentity_key_serialization_version: 3\n{salver}",
            registry.display(),
            self.redis
        );
        fs::write(repo.join("feature_store.yaml"), settings)?;
        Ok(())
    }

    /// Its definitions, with views on top that nobody asks for.
    pub(super) fn define(&self, repo: &Path, unused: u32, mark: &str) -> Result<()> {
        let definitions = definitions(&self.source, unused, mark);
        fs::write(repo.join("features/definitions.yaml"), definitions)?;
        Ok(())
    }

    /// A file in the folder that goes when everything is over.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The bodies of a kind of requests, in a file.
    pub(super) fn bodies(&self, workload: &Workload) -> Result<PathBuf> {
        let Workload {
            service,
            join_key,
            entities,
            ..
        } = workload;
        let file = self.file(&format!("{service}-{entities}.jsonl"));
        if !file.exists() {
            let entities = usize::try_from(*entities)?;
            fs::write(&file, bodies(service, join_key, entities))?;
        }
        Ok(file)
    }

    fn generate(&self, programs: &Programs) -> Result<()> {
        let rows = u32::try_from(ENTITIES)?;
        let mut generate = Command::new(&programs.built.generate);
        generate.arg(&self.source);
        let sizes = [
            ("--rows", rows),
            ("--entities", rows),
            ("--features", 10),
            ("--integers", VIEWS * FEATURES_PER_VIEW),
            ("--texts", 10),
            ("--dimensions", DIMENSIONS),
        ];
        for (name, size) in sizes {
            generate.args([name, &size.to_string()]);
        }
        run_quietly(&mut generate)
    }
}
