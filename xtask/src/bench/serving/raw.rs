//! Redis itself, driven by pipelines that were packed beforehand.

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::{
    check, contest::Arena, definitions::FEATURES_PER_VIEW, player::CONNECTIONS, turn::Turn,
    workload::Workload,
};
use crate::{
    bench::{
        load::{GENERATOR_CORE, SERVER_CORE, pinned},
        measured,
        processes::{cpu_seconds, move_to},
    },
    demo::request,
};

/// What Redis holds for the first entities is what Feast's server at that port tells.
pub(super) fn check(arena: Arena<'_>, workload: &Workload, feast: u16) -> Result<()> {
    let told = pipelines(arena, workload, 0)?;
    let entities = &told["entities"];
    let body = format!(
        "{{\"feature_service\":\"{}\",\"entities\":{{\"{}\":{entities}}}}}",
        workload.service, workload.join_key
    );
    let theirs = request::ask_in_json(feast, &body)?;
    let rows = told["values"].as_array().map_or(0, Vec::len);
    ensure!(rows > 0, "no rows in {told}");
    check::same_rows(&told["values"], &theirs)
}

/// Runs them for so long, from the generator's core.
fn pipelines(arena: Arena<'_>, workload: &Workload, seconds: u32) -> Result<Value> {
    let mut command = pinned(&arena.programs.built.pipelines, GENERATOR_CORE);
    command.arg(arena.redis.address());
    let sizes = [
        ("--entities", workload.entities),
        ("--views", workload.features / FEATURES_PER_VIEW),
        ("--features", FEATURES_PER_VIEW),
        ("--seconds", seconds),
        ("--connections", CONNECTIONS),
    ];
    for (name, size) in sizes {
        command.args([name, &size.to_string()]);
    }
    let printed = measured::run(&mut command)?.stdout;
    Ok(serde_json::from_str(&printed)?)
}

/// Redis is the server then, and on the server's core.
pub(super) fn turn(arena: Arena<'_>, workload: &Workload) -> Result<Turn> {
    let redis = arena.redis.process();
    move_to(redis, SERVER_CORE)?;
    // what is asked for to learn the length of replies isn't timed, and costs as much each time
    let before = cpu_seconds(redis)?;
    pipelines(arena, workload, 0)?;
    let learning = cpu_seconds(redis)? - before;
    let told = pipelines(arena, workload, arena.pace.seconds);
    let used = cpu_seconds(redis)? - before - 2.0 * learning;
    move_to(redis, GENERATOR_CORE)?;
    let told = told?;
    let number = |name: &str| {
        let number = told[name].as_f64();
        number.with_context(|| format!("no `{name}` in {told}"))
    };
    let (requests, seconds) = (number("requests")?, number("seconds")?);
    Ok(Turn {
        per_second: requests / seconds,
        p50_millis: number("p50")?,
        p99_millis: number("p99")?,
        p999_millis: number("p99.9")?,
        busy: used / seconds,
        server_cpu: used / requests,
        redis_cpu: used / requests,
        bytes: number("bytes")? / requests,
        answered: requests,
        failed: 0.0,
    })
}
