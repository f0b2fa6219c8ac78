//! `cargo xtask bench`: how fast features are served, against Feast, against Redis itself and against what HTTP costs.
//!
//! All answer the same requests on the same rows, by turns, in one run: the server on one core, Redis and the load
//! generator on the other. What is compared was first seen to tell Feast's values. The medians of some rounds count, and
//! a ratio only where both servers were the limit.

use anyhow::Result;

use super::{
    load::GENERATOR_CORE,
    report::{Figure, Report},
    store::Redis,
};
use crate::{scratch::Scratch, workspace::step};

mod arrow;
mod bodies;
mod check;
mod contender;
mod contest;
mod definitions;
mod freshness;
mod memory;
mod outage;
mod overload;
mod partly_cached;
mod player;
mod programs;
mod raw;
mod resp;
mod steady;
mod swap;
mod targets;
mod told;
mod turn;
mod windows;
mod workload;
mod world;

use contender::{Contender, Servers};
use contest::Arena;
pub(super) use workload::Selection;
use workload::{TOLD, W1, W2};
use world::World;

/// How long and how often things are measured.
#[derive(Clone, Copy)]
struct Pace {
    /// Of a turn in which everybody is as fast as they can.
    seconds: u32,
    rounds: Rounds,
    /// Of a turn at a given rate.
    open_seconds: u32,
    /// Of kinds of requests whose figures only stand beside the others.
    told: Rounds,
    swaps: u32,
    /// How long Redis is stopped.
    outage_seconds: u32,
    /// How long another process writes.
    writing_seconds: u32,
}

/// How often it is everybody's turn.
#[derive(Clone, Copy)]
struct Rounds {
    closed: usize,
    open: usize,
}

const FULL: Pace = Pace {
    seconds: 4,
    rounds: Rounds { closed: 5, open: 2 },
    open_seconds: 6,
    told: Rounds { closed: 2, open: 1 },
    swaps: 31,
    outage_seconds: 30,
    writing_seconds: 20,
};

const QUICK: Pace = Pace {
    seconds: 1,
    rounds: Rounds { closed: 2, open: 1 },
    open_seconds: 2,
    told: Rounds { closed: 1, open: 0 },
    swaps: 7,
    outage_seconds: 5,
    writing_seconds: 4,
};

const EVERYBODY: [Contender; 8] = [
    Contender::Gateway,
    Contender::WarmGateway,
    Contender::ArrowGateway,
    Contender::Feast,
    Contender::FeastOfTwo,
    Contender::Floor,
    Contender::PlainAxum,
    Contender::Redis,
];
const THE_TWO: [Contender; 3] = [Contender::Gateway, Contender::WarmGateway, Contender::Feast];

/// What is measured after the contests, in this order.
const PARTS: [(&str, Measure); 8] = [
    ("W7", partly_cached::measure),
    ("W4", steady::w4),
    ("views", steady::views),
    ("overload", overload::measure),
    ("W10", swap::measure),
    ("W11", outage::measure),
    ("freshness", freshness::measure),
    (MEMORY, memory::measure),
];
const MEMORY: &str = "memory";

type Measure = fn(Arena<'_>, &mut Report) -> Result<()>;

pub(super) fn run(quick: bool, selection: &Selection) -> Result<Report> {
    let pace = if quick { QUICK } else { FULL };
    let title = "Getting Feast, redis-server and oha, building in release";
    let programs = step(title, programs::prepare)?;
    let scratch = Scratch::new("salver-bench")?;
    let redis = Redis::start_on(&programs.redis_server, scratch.path(), GENERATOR_CORE)?;
    let world = step("Making the data set and loading it", || {
        World::make(&programs, scratch.path(), &redis)
    })?;
    let servers = step("Starting the servers", || {
        Servers::start(&programs, &world, &redis)
    })?;
    let arena = Arena {
        programs: &programs,
        world: &world,
        redis: &redis,
        servers: &servers,
        pace,
    };
    let mut report = Report::default();
    throughput(arena, selection, &mut report);
    // these take more than a minute
    let is_short = quick && selection.is_everything();
    for (name, measure) in PARTS {
        if selection.has(name) && !(is_short && name == MEMORY) {
            report.part(name, |report| measure(arena, report));
        }
    }
    drop(servers);
    if selection.has("W9") && !is_short {
        report.part("W9", |report| {
            report.append(super::access::run(true)?);
            Ok(())
        });
    }
    Ok(report)
}

fn throughput(arena: Arena<'_>, selection: &Selection, report: &mut Report) {
    type Targets = fn(&[player::Measured]) -> Vec<Figure>;
    let judged: [(_, Targets); 2] = [(W1, targets::of_w1), (W2, targets::of_w2)];
    let judged = judged.map(|(workload, targets)| (workload, Some(targets)));
    let told = TOLD.map(|workload| (workload, None));
    for (workload, targets) in judged.into_iter().chain(told) {
        if !selection.has(workload.name) {
            continue;
        }
        let (contenders, rounds) = match targets {
            Some(_) => (&EVERYBODY[..], arena.pace.rounds),
            None => (&THE_TWO[..], arena.pace.told),
        };
        report.part(workload.name, |report| {
            let all = arena.contest(workload, contenders, rounds)?;
            all.iter()
                .for_each(|measured| report.push_line(measured.line()));
            let figures = targets.map(|targets| targets(&all));
            figures
                .into_iter()
                .flatten()
                .for_each(|figure| report.push(figure));
            Ok(())
        });
    }
}
