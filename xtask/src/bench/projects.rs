//! `cargo xtask bench projects`: what one project's requests feel of another project of the same gateway.
//!
//! The neighbour is asked at half of what the gateway answers on its core, alone and beside something that goes wrong
//! with another project: a flood of requests, a plugin that loops, a dead Redis, a registry that is torn and mended
//! over and over. What is measured is the gateway: on the generators' core, the neighbour's Redis and requests go first,
//! and the others' Redis and requests take what they leave. A flood counts only where it keeps the gateway's core busy.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};

use super::{
    built,
    load::{self, Answered, Load, Precedence, none_failed},
    median::median,
    processes::cpu_seconds,
    report::{Figure, Report},
    store::Redis,
};
use crate::{gateway::Gateway, redis, scratch::Scratch, workspace::step};

pub(super) mod world;

use world::{BROKEN, BUSY, DEAD, LOOPING, QUIET, Stores, World};

/// p99 of a neighbour's requests, over p99 without the trouble.
const P99_TIMES: f64 = 2.0;
/// Connections of the neighbour, and of requests to what is broken.
const CONNECTIONS: u32 = 8;
/// Connections of the flood, each of which sends the next request as soon as it has a reply.
const FLOOD: u32 = 64;
/// The least share of the gateway's core that is busy beside the flood.
const LEAST_BUSY: f64 = 0.9;
/// Requests a second to what is broken.
const BROKEN_RATE: f64 = 200.0;

pub(super) struct Programs {
    pub(super) gateway: PathBuf,
    pub(super) registry_admin: PathBuf,
    generate: PathBuf,
    pub(super) redis_server: PathBuf,
    pub(super) oha: PathBuf,
}

/// How long and how often things are measured.
#[derive(Clone, Copy)]
struct Pace {
    seconds: u32,
    rounds: usize,
}

pub(super) fn run(quick: bool) -> Result<Report> {
    let programs = step("Getting redis-server and oha, building in release", prepare)?;
    let (seconds, rounds) = if quick { (3, 1) } else { (10, 5) };
    let pace = Pace { seconds, rounds };
    let scratch = Scratch::new("salver-bench")?;
    let start = |precedence| Redis::start_in(&programs.redis_server, scratch.path(), precedence);
    let stores = Stores {
        neighbours: start(Precedence::First)?,
        others: start(Precedence::Behind)?,
    };
    let world = step("Making the projects and loading them", || {
        World::make(&programs, scratch.path(), &stores)
    })?;
    let gateway = step("Starting one gateway for all of them", || {
        world.serve(&programs)
    })?;
    let requests = Requests {
        programs: &programs,
        world: &world,
        gateway: &gateway,
        pace,
    };
    let mut report = Report::default();
    requests.measure(&mut report)?;
    Ok(report)
}

pub(super) fn prepare() -> Result<Programs> {
    let (redis_server, oha) = (redis::ensure()?, load::ensure()?);
    let built = built::build()?;
    Ok(Programs {
        gateway: built.gateway,
        registry_admin: built.registry_admin,
        generate: built.generate,
        redis_server,
        oha,
    })
}

/// Requests to a gateway that runs.
#[derive(Clone, Copy)]
struct Requests<'a> {
    programs: &'a Programs,
    world: &'a World,
    gateway: &'a Gateway,
    pace: Pace,
}

impl<'a> Requests<'a> {
    fn measure(self, report: &mut Report) -> Result<()> {
        let most = step("The most that is answered", || self.most())?;
        report.push(Figure::told(
            "one project alone, requests/s".to_owned(),
            most.per_second,
        ));
        let flood = self.to(BUSY, FLOOD, None);
        let mut busy = Vec::new();
        let flooded = self.beside("a project that is flooded", report, |half| {
            let other = flood.start()?;
            let before = cpu_seconds(self.gateway.process())?;
            let answered = self.quiet(half)?;
            let used = cpu_seconds(self.gateway.process())? - before;
            busy.push(used / f64::from(self.pace.seconds));
            // what is too much of it is turned away
            Ok((answered, other.finish()?.per_second))
        })?;
        report.push(Figure::at_least(
            "share of the gateway's core that is busy beside the flood".to_owned(),
            median(busy),
            LEAST_BUSY,
        ));
        report.push(Figure::told(
            "the flooded project meanwhile, requests/s".to_owned(),
            flooded,
        ));
        for (project, what) in [
            (LOOPING, "a project whose plugin loops"),
            (DEAD, "a project whose Redis is dead"),
        ] {
            self.beside(what, report, |half| {
                let other = self.to(project, CONNECTIONS, Some(BROKEN_RATE)).start()?;
                let answered = self.quiet(half)?;
                let failed = other.finish()?.failed;
                ensure!(failed > 0.0, "`{project}` has not failed");
                Ok((answered, failed))
            })?;
        }
        self.beside("a project whose registry is torn", report, |half| {
            let mut running = self.to(QUIET, CONNECTIONS, Some(half)).start()?;
            let mut torn = 0.0;
            while running.goes_on()? {
                self.world.tear_and_mend(BROKEN)?;
                torn += 1.0;
            }
            Ok((none_failed(running.finish()?)?, torn))
        })?;
        Ok(())
    }

    /// Alone and beside `trouble`, by turns, at half of the most that is answered now: a machine that others use as well
    /// isn't always as fast. Tells the median of what the trouble counts.
    fn beside(
        self,
        what: &str,
        report: &mut Report,
        mut trouble: impl FnMut(f64) -> Result<(Answered, f64)>,
    ) -> Result<f64> {
        let (mut alone, mut beside, mut counted) = (Vec::new(), Vec::new(), Vec::new());
        step(&format!("Beside {what}"), || -> Result<()> {
            for _ in 0..self.pace.rounds {
                let half = self.most()?.per_second / 2.0;
                alone.push(self.quiet(half)?.p99_millis);
                let (answered, count) = trouble(half)?;
                beside.push(answered.p99_millis);
                counted.push(count);
            }
            Ok(())
        })?;
        let (alone, beside) = (median(alone), median(beside));
        let figure = |name: &str, value| Figure::told(format!("{name}: beside {what}"), value);
        report.push(figure("p99 at half load, ms, before", alone));
        report.push(figure("p99 at half load, ms", beside));
        report.push(Figure::at_most(
            format!("p99 / p99 before: beside {what}"),
            beside / alone,
            P99_TIMES,
        ));
        Ok(median(counted))
    }

    /// As many requests as the gateway answers to the neighbour.
    fn most(self) -> Result<Answered> {
        none_failed(self.to(QUIET, CONNECTIONS, None).run()?)
    }

    fn quiet(self, rate: f64) -> Result<Answered> {
        none_failed(self.to(QUIET, CONNECTIONS, Some(rate)).run()?)
    }

    fn to(self, project: &'static str, connections: u32, rate: Option<f64>) -> Load<'a> {
        let bodies: &Path = match project {
            LOOPING => &self.world.looping_bodies,
            BUSY => &self.world.flood_bodies,
            _ => &self.world.bodies,
        };
        Load {
            oha: &self.programs.oha,
            port: self.gateway.port(),
            project: Some(project),
            token: None,
            accept: None,
            bodies,
            connections,
            seconds: self.pace.seconds,
            rate,
            precedence: match project {
                QUIET => Precedence::Ahead,
                _ => Precedence::Behind,
            },
        }
    }
}
