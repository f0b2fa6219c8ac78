//! What a row takes that the gateway keeps.

use std::{fs, process::Command};

use anyhow::{Context, Result, ensure};

use super::{contender::serve, contest::Arena, told::sample};
use crate::{
    bench::{
        load::GENERATOR_CORE,
        processes::resident_kilobytes,
        report::{Figure, Report},
        store::Redis,
    },
    civil,
    demo::request,
    workspace::{run_quietly, step},
};

const ROWS: u32 = 1_000_000;
/// Few, so that replies take little memory beside what is kept.
const ROWS_OF_A_REQUEST: u32 = 250;
const BYTES_PER_ROW: f64 = 600.0;
/// More than they need.
const CACHE: &str = "salver: {cache: {max_bytes: 4GiB}}\n";
const START: &str = "2000-01-01T00:00:00";
const DEFINITIONS: &str = "\
entities: [{name: entity, join_key: entity_id, value_type: Int64}]
data_sources: [{type: file, name: rows, path: rows.parquet, timestamp_field: event_timestamp}]
feature_views:
  - name: floats
    entities: [entity]
    source: rows
    schema: [{name: f0, type: Float64}, {name: f1, type: Float64}, {name: f2, type: Float64}, {name: f3, type: Float64},
             {name: f4, type: Float64}, {name: f5, type: Float64}, {name: f6, type: Float64}, {name: f7, type: Float64},
             {name: f8, type: Float64}, {name: f9, type: Float64}]
feature_services: [{name: all, features: [floats]}]
";

pub(super) fn measure(arena: Arena<'_>, report: &mut Report) -> Result<()> {
    let repo = arena.world.file("rows");
    fs::create_dir_all(&repo)?;
    let redis = Redis::start_on(&arena.programs.redis_server, &repo, GENERATOR_CORE)?;
    step(&format!("Loading {ROWS} rows of 10 floats"), || {
        load(arena, &repo, &redis)
    })?;
    let gateway = serve(arena.programs, &repo)?;
    let resident = || {
        let kilobytes = resident_kilobytes(gateway.process());
        kilobytes.context("the gateway's size isn't known")
    };
    let before = resident()?;
    step("Reading all of them once", || read_all(gateway.port()))?;
    let kept = sample(gateway.port(), "salver_cache_entities{")?;
    ensure!(
        kept >= f64::from(ROWS) * 0.99,
        "only {kept} of {ROWS} rows are kept"
    );
    #[allow(clippy::cast_precision_loss)] // some hundred thousand
    let bytes = (resident()? - before) as f64 * 1024.0 / f64::from(ROWS);
    let name = "bytes that a cached row of 10 floats takes".to_owned();
    report.push(Figure::at_most(name, bytes, BYTES_PER_ROW));
    Ok(())
}

fn load(arena: Arena<'_>, repo: &std::path::Path, redis: &Redis) -> Result<()> {
    let built = &arena.programs.built;
    let count = ROWS.to_string();
    let mut generate = Command::new(&built.generate);
    generate.arg(repo.join("rows.parquet"));
    for size in ["--rows", "--entities"] {
        generate.args([size, &count]);
    }
    run_quietly(generate.args(["--features", "10"]))?;
    fs::create_dir_all(repo.join("features"))?;
    fs::write(repo.join("features/definitions.yaml"), DEFINITIONS)?;
    let settings = format!(
        "project: bench\nregistry: registry.db\nprovider: local\nonline_store: {{type: redis, connection_string: '{}'}}\n\
         entity_key_serialization_version: 3\n{CACHE}",
        redis.address()
    );
    fs::write(repo.join("feature_store.yaml"), settings)?;
    for arguments in [&["apply"][..], &["materialize", START, &civil::now()]] {
        let mut admin = Command::new(&built.registry_admin);
        run_quietly(admin.arg("-c").arg(repo).args(arguments))?;
    }
    Ok(())
}

fn read_all(port: u16) -> Result<()> {
    for first in (0..ROWS).step_by(usize::try_from(ROWS_OF_A_REQUEST)?) {
        let ids: Vec<String> = (first..first + ROWS_OF_A_REQUEST)
            .map(|id| id.to_string())
            .collect();
        let ids = ids.join(",");
        let body =
            format!("{{\"feature_service\":\"all\",\"entities\":{{\"entity_id\":[{ids}]}}}}");
        let told = request::ask_for_text(port, &body)?;
        ensure!(
            !told.contains("NOT_FOUND"),
            "a row between {first} and {} is missing",
            first + ROWS_OF_A_REQUEST
        );
    }
    Ok(())
}
