//! `cargo xtask bench plugins`: what on-demand feature views cost, against stored features and against Feast, and
//! what misbehaving plugins do to their neighbours.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::{
    built,
    load::{self, Answered, Load, Precedence},
    median::median,
    processes::cpu_seconds,
    report::{Figure, Report},
    server::{FeastServer, Workers},
    store::Redis,
};
use crate::{gateway::Gateway, python, redis, scratch::Scratch, workspace::step};

mod neighbours;
mod requests;
mod start;
mod world;

use requests::{Wants, bodies};
use world::{NARROW, WIDE, World};

/// Requests a second of a service with two computed features, over those of one with two stored ones instead.
const OF_STORED: f64 = 0.9;
/// The same over Feast's, in `mode="python"`, at 100 entities.
const TIMES_FEAST: f64 = 50.0;
/// The share of its core that a server uses where it is the limit, and not Redis or the generator.
const BUSY: f64 = 0.9;
/// p99 of requests beside something that disturbs them, over p99 without it.
const P99_TIMES: f64 = 2.0;
/// Seconds until a fresh gateway with three Python plugins and signed artefacts is ready.
const READY_SECONDS: f64 = 3.0;

/// The programs that are measured, and those that serve the measurement.
pub(super) struct Programs {
    pub(super) gateway: PathBuf,
    pub(super) registry_admin: PathBuf,
    pub(super) generate: PathBuf,
    pub(super) redis_server: PathBuf,
    pub(super) feast_python: PathBuf,
    pub(super) oha: PathBuf,
}

/// How long and how often things are measured.
#[derive(Clone, Copy)]
pub(super) struct Pace {
    pub(super) seconds: u32,
    pub(super) rounds: usize,
    /// Of what is compared by turns: many short ones.
    turns: usize,
}

const ONE_WORKER: Workers = Workers {
    count: 1,
    cores: load::SERVER_CORE,
};

/// Seconds of a turn.
const TURN_SECONDS: u32 = 2;

pub(super) fn run(quick: bool) -> Result<Report> {
    let programs = step(
        "Getting Feast, redis-server and oha, building in release",
        prepare,
    )?;
    let pace = if quick {
        Pace {
            seconds: 3,
            rounds: 1,
            turns: 5,
        }
    } else {
        Pace {
            seconds: 10,
            rounds: 3,
            turns: 21,
        }
    };
    let scratch = Scratch::new("salver-bench")?;
    let redis = Redis::start_on(&programs.redis_server, scratch.path(), load::GENERATOR_CORE)?;
    let world = step("Making the repositories and loading them", || {
        World::make(&programs, scratch.path(), &redis)
    })?;
    let mut report = Report::default();
    for entities in [1, 100] {
        for width in [NARROW, WIDE] {
            against_stored(&programs, &world, pace, (width, entities), &mut report)?;
        }
    }
    against_feast(&programs, &world, pace, &mut report)?;
    neighbours::measure(&programs, &world, pace, &mut report)?;
    start::measure(&programs, &world, &mut report)?;
    Ok(report)
}

fn prepare() -> Result<Programs> {
    let (redis_server, feast_python) = (redis::ensure()?, python::ensure()?);
    let oha = load::ensure()?;
    let built = built::build()?;
    Ok(Programs {
        gateway: built.gateway,
        registry_admin: built.registry_admin,
        generate: built.generate,
        redis_server,
        feast_python,
        oha,
    })
}

/// A gateway that has the server's core for itself.
pub(super) fn serve(programs: &Programs, repo: &Path) -> Result<Gateway> {
    let command = load::pinned(&programs.gateway, load::SERVER_CORE);
    Gateway::start_as(command, repo, 0)
}

/// Two services of equal width, by turns.
fn against_stored(
    programs: &Programs,
    world: &World,
    pace: Pace,
    (width, entities): (u32, usize),
    report: &mut Report,
) -> Result<()> {
    let title = format!("Computed and stored features by turns, {entities} x {width}");
    let turns = step(&title, || {
        let gateway = serve(programs, &world.salver)?;
        let of = |wants| -> Result<_> { bodies(&world.folder, wants, entities) };
        let (computed, stored) = (of(Wants::Computed(width))?, of(Wants::Stored(width))?);
        let server = Server::of_gateway(&gateway);
        let load = |bodies: &Path| closed_loop(programs, server, bodies);
        by_turns(pace, || load(&computed), || load(&stored))
    })?;
    let name = |what: &str| format!("{entities} x {width}: {what}");
    turns.push(
        report,
        &name("2 computed features, the others stored"),
        &name("stored features"),
    );
    // where Redis and the generator are the limit, requests a second tell nothing of the server
    let is_the_limit = turns.least_busy() >= BUSY;
    let (what, ratio) = match is_the_limit {
        true => ("computed / stored", turns.ratio(|most| most.per_second)),
        false => (
            "computed / stored, requests per busy second of the server's core",
            turns.ratio(Most::per_busy_second),
        ),
    };
    // four stored features of one entity cost so little that no call of anything fits into a tenth of it
    report.push(match width == WIDE || entities > 1 {
        true => Figure::at_least(name(what), ratio, OF_STORED),
        false => Figure::told(name(what), ratio),
    });
    Ok(())
}

fn against_feast(
    programs: &Programs,
    world: &World,
    pace: Pace,
    report: &mut Report,
) -> Result<()> {
    let turns = step("The same view by Salver and by Feast, 100 entities", || {
        let gateway = serve(programs, &world.salver)?;
        let feast = FeastServer::start(&programs.feast_python, &world.feast, ONE_WORKER)?;
        let bodies = bodies(&world.folder, Wants::OnlyComputed, 100)?;
        world.compare(gateway.port(), feast.port())?;
        let load = |server| closed_loop(programs, server, &bodies);
        let (ours, theirs) = (Server::of_gateway(&gateway), Server::of_feast(&feast));
        by_turns(pace, || load(ours), || load(theirs))
    })?;
    let name = |what: &str| format!("on-demand view, 100 entities: {what}");
    turns.one().push(report, &name("Salver"));
    // the process that was started only watches the one that serves: its own share of the core says nothing
    let feast_name = name("Feast in python mode, requests/s");
    report.push(Figure::told(feast_name, turns.other().per_second));
    report.push(Figure::at_least(
        name("Salver / Feast"),
        turns.ratio(|most| most.per_second),
        TIMES_FEAST,
    ));
    Ok(())
}

const CONNECTIONS: u32 = 8;

/// A server that is under load.
#[derive(Clone, Copy)]
struct Server {
    port: u16,
    process: u32,
}

impl Server {
    fn of_gateway(gateway: &Gateway) -> Self {
        let (port, process) = (gateway.port(), gateway.process());
        Self { port, process }
    }

    fn of_feast(feast: &FeastServer) -> Self {
        let (port, process) = (feast.port(), feast.process());
        Self { port, process }
    }
}

/// The most that a server answers.
#[derive(Clone, Copy)]
struct Most {
    per_second: f64,
    /// The share of its core that the server used: below 0.9 something else was the limit.
    busy: f64,
}

impl Most {
    fn per_busy_second(&self) -> f64 {
        self.per_second / self.busy
    }

    fn push(self, report: &mut Report, name: &str) {
        report.push(Figure::told(format!("{name}, requests/s"), self.per_second));
        let busy = format!("{name}, share of the server's core that was busy");
        report.push(Figure::told(busy, self.busy));
    }
}

fn closed_loop(programs: &Programs, server: Server, bodies: &Path) -> Result<Most> {
    let before = cpu_seconds(server.process)?;
    let answered = load(programs, server.port, bodies, TURN_SECONDS, None)?;
    let used = cpu_seconds(server.process)? - before;
    anyhow::ensure!(
        answered.failed == 0.0,
        "{} requests have failed",
        answered.failed
    );
    Ok(Most {
        per_second: answered.per_second,
        busy: used / f64::from(TURN_SECONDS),
    })
}

pub(super) fn load(
    programs: &Programs,
    port: u16,
    bodies: &Path,
    seconds: u32,
    rate: Option<f64>,
) -> Result<Answered> {
    Load {
        oha: &programs.oha,
        port,
        project: None,
        token: None,
        accept: None,
        bodies,
        connections: CONNECTIONS,
        seconds,
        rate,
        precedence: Precedence::Usual,
    }
    .run()
}

/// Two that were under load by turns. What drifts meanwhile drifts for both.
struct Turns {
    ones: Vec<Most>,
    others: Vec<Most>,
}

fn by_turns(
    pace: Pace,
    mut one: impl FnMut() -> Result<Most>,
    mut other: impl FnMut() -> Result<Most>,
) -> Result<Turns> {
    let (mut ones, mut others) = (Vec::new(), Vec::new());
    for _ in 0..pace.turns {
        ones.push(one()?);
        others.push(other()?);
    }
    Ok(Turns { ones, others })
}

impl Turns {
    fn one(&self) -> Most {
        middle(&self.ones)
    }

    fn other(&self) -> Most {
        middle(&self.others)
    }

    fn push(&self, report: &mut Report, one: &str, other: &str) {
        self.one().push(report, one);
        self.other().push(report, other);
    }

    fn least_busy(&self) -> f64 {
        self.one().busy.min(self.other().busy)
    }

    /// The median of one's over the other's, turn by turn.
    fn ratio(&self, part: impl Fn(&Most) -> f64) -> f64 {
        let turns = self.ones.iter().zip(&self.others);
        median(turns.map(|(one, other)| part(one) / part(other)))
    }
}

/// Medians.
fn middle(all: &[Most]) -> Most {
    let of = |part: fn(&Most) -> f64| median(all.iter().map(part));
    Most {
        per_second: of(|most| most.per_second),
        busy: of(|most| most.busy),
    }
}
