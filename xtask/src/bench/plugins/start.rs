//! How soon a fresh gateway with Python plugins is ready, when their artefacts are signed.

use std::{fs, io, path::Path, process::Command, time::Instant};

use anyhow::{Context, Result};

use super::{
    Programs, READY_SECONDS, serve,
    world::{World, converted, variant},
};
use crate::{
    bench::report::{Figure, Report},
    plugins,
    workspace::{run_quietly, step},
};

const PYTHON_PLUGINS: u32 = 3;

pub(super) fn measure(programs: &Programs, world: &World, report: &mut Report) -> Result<()> {
    let repo = world.folder.join("python");
    step(
        "Building a Python plugin and applying it with signed artefacts",
        || prepare(programs, world, &repo),
    )?;
    let seconds = step("Starting a fresh gateway", || {
        let start = Instant::now();
        serve(programs, &repo)?;
        Ok(start.elapsed().as_secs_f64())
    })?;
    let name = format!("fresh gateway with {PYTHON_PLUGINS} Python plugins ready, s");
    report.push(Figure::at_most(name, seconds, READY_SECONDS));
    Ok(())
}

fn prepare(programs: &Programs, world: &World, repo: &Path) -> Result<()> {
    fs::create_dir_all(repo.join("features"))?;
    let built = plugins::build_one("driver_conv_rate", "python", &world.folder)?;
    let built = fs::read(built)?;
    let mut definitions = fs::read_to_string(world.salver.join("features/definitions.yaml"))?;
    let cut = definitions
        .find("on_demand_feature_views:")
        .context("there are such views")?;
    definitions.truncate(cut);
    definitions.push_str("on_demand_feature_views:\n");
    for index in 0..PYTHON_PLUGINS {
        let file = repo.join(format!("plugin{index}.wasm"));
        fs::write(&file, variant(built.clone(), index)?)?;
        definitions.push_str(&converted(&format!("converted{index}"), "stats", &file));
    }
    fs::write(repo.join("features/definitions.yaml"), definitions)?;
    let settings = fs::read_to_string(world.salver.join("feature_store.yaml"))?;
    let (key, cache) = (repo.join("signing.key"), repo.join("cache"));
    let trusted = repo.join("signing.key.pub");
    let salver = format!(
        "salver: {{plugins: {{cache_dir: {}, trusted_keys: [{}]}}}}\n",
        cache.display(),
        trusted.display()
    );
    fs::write(repo.join("feature_store.yaml"), settings + &salver)?;
    let admin = || Command::new(&programs.registry_admin);
    run_quietly(admin().args(["plugin", "keygen"]).arg(&key))?;
    let mut apply = admin();
    apply
        .arg("-c")
        .arg(repo)
        .args(["apply", "--precompile", "--signing-key"]);
    run_quietly(apply.arg(&key))?;
    // a fresh gateway has nothing in its cache
    fs::remove_dir_all(&cache).or_else(|error| match error.kind() {
        io::ErrorKind::NotFound => Ok(()),
        _ => Err(error),
    })?;
    Ok(())
}
