//! W10: a registry of 5,000 views is swapped while requests come at half load.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant, SystemTime},
};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::{
    contender::{Place, serve},
    contest::Arena,
    turn::Payers,
    windows::p99_during_and_else,
    workload::W1,
};
use crate::{
    bench::{
        load::{Load, Precedence, Reply},
        report::{Figure, Report},
    },
    demo::request,
    workspace::{run_quietly, step},
};

const UNUSED_VIEWS: u32 = 5_000;
/// p99 of a second with a swap, over that of others.
const TIMES: f64 = 1.2;
/// One with a swap, one without, and what a swap may be late.
const SECONDS_BETWEEN: f64 = 2.2;
/// How long a gateway may take to serve by a new registry.
const PATIENCE: Duration = Duration::from_secs(20);
/// Often enough for a swap to be within its second.
const SETTINGS: &str = "salver: {registry_poll: 100ms}\n";

/// A repository whose registry is one of two, by turns.
struct Large {
    repo: PathBuf,
    /// What is put in place by one swap after the other: nothing but that is to be done meanwhile.
    swaps: Vec<PathBuf>,
}

pub(super) fn measure(arena: Arena<'_>, report: &mut Report) -> Result<()> {
    let title = format!("W10: applying {UNUSED_VIEWS} views, twice");
    let large = step(&title, || Large::make(arena))?;
    let gateway = serve(arena.programs, &large.repo)?;
    let place = Place::of(&gateway);
    let bodies = arena.world.bodies(&W1)?;
    let seconds = seconds(arena.pace.swaps);
    let load = |rate| Load {
        oha: &arena.programs.oha,
        port: place.port,
        project: None,
        token: None,
        accept: None,
        bodies: &bodies,
        connections: 8,
        seconds: if rate > 0.0 {
            seconds
        } else {
            arena.pace.seconds
        },
        rate: (rate > 0.0).then_some(rate),
        precedence: Precedence::Usual,
    };
    let payers: Payers = arena.servers.payers(place);
    let half = payers.turn(&load(0.0))?.per_second / 2.0;
    let (replies, swaps) = step("W10: swapping it at half load", || {
        swapped(arena, &large, &load(half), place.port)
    })?;
    let failed = replies.iter().filter(|reply| reply.status != 200).count();
    ensure!(failed == 0, "{failed} requests have failed");
    let (during, others) = p99_during_and_else(&replies, &swaps, f64::from(seconds));
    let name = |what: &str| format!("W10: p99 ms of a second {what}");
    report.push(Figure::told(name("without a swap"), others));
    report.push(Figure::told(name("with a swap"), during));
    let name =
        format!("W10: {UNUSED_VIEWS} views swapped, p99 of a second with a swap / of others");
    report.push(Figure::at_most(name, during / others, TIMES));
    Ok(())
}

/// The replies, and when swaps began.
fn swapped(
    arena: Arena<'_>,
    large: &Large,
    load: &Load<'_>,
    port: u16,
) -> Result<(Vec<Reply>, Vec<f64>)> {
    let running = load.start_traced(arena.world.file("swap.csv"))?;
    let mut swaps = Vec::new();
    for (swap, prepared) in (1_u32..).zip(&large.swaps) {
        let due = SECONDS_BETWEEN * f64::from(swap);
        thread::sleep(Duration::from_secs_f64((due - running.elapsed()).max(0.0)));
        let before = served_version(port)?;
        swaps.push(running.elapsed());
        large.take(prepared)?;
        wait_for_another(port, &before)?;
    }
    Ok((running.finish()?, swaps))
}

/// All swaps, and as long before the first as between two.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // some seconds
fn seconds(swaps: u32) -> u32 {
    (SECONDS_BETWEEN * f64::from(swaps + 1)).ceil() as u32
}

fn wait_for_another(port: u16, before: &str) -> Result<()> {
    let end = Instant::now() + PATIENCE;
    while served_version(port)? == before {
        ensure!(
            Instant::now() < end,
            "the gateway doesn't take up another registry within {PATIENCE:?}"
        );
        thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

/// The version of the registry that is served.
fn served_version(port: u16) -> Result<String> {
    let told: Value = serde_json::from_str(&request::get(port, "/ready")?.body)?;
    let version = told["projects"][0]["registry_version"].as_str();
    let version = version.with_context(|| format!("no `registry_version` in {told}"))?;
    Ok(version.to_owned())
}

impl Large {
    fn make(arena: Arena<'_>) -> Result<Self> {
        let world = arena.world;
        let repo = world.file("large");
        let registry = repo.join("registry.db");
        world.write(&repo, &registry, SETTINGS)?;
        let version = |mark: &str| -> Result<PathBuf> {
            world.define(&repo, UNUSED_VIEWS, mark)?;
            let mut apply = Command::new(&arena.programs.built.registry_admin);
            run_quietly(apply.arg("-c").arg(&repo).arg("apply"))?;
            let kept = world.file(&format!("large-{mark}.db"));
            fs::copy(&registry, &kept)?;
            Ok(kept)
        };
        let (one, other) = (version("one")?, version("other")?);
        let prepared = |swap: u32| -> Result<PathBuf> {
            let path = repo.join(format!("registry.{swap}"));
            fs::copy(if swap % 2 == 1 { &other } else { &one }, &path)?;
            File::open(&path)?.sync_all()?;
            Ok(path)
        };
        fs::copy(&one, &registry)?;
        let swaps = (1..=arena.pace.swaps).map(prepared);
        let swaps = swaps.collect::<Result<_>>()?;
        Ok(Self { repo, swaps })
    }

    /// Puts it in place at once, just written, as `apply` does.
    fn take(&self, prepared: &Path) -> Result<()> {
        let file = File::options().write(true).open(prepared)?;
        file.set_modified(SystemTime::now())?;
        fs::rename(prepared, self.repo.join("registry.db"))?;
        Ok(())
    }
}
