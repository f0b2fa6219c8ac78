//! W11: Redis is stopped for some time, and what clients see.

use std::{thread, time::Duration};

use anyhow::{Context, Result};

use super::{contender::Contender, contest::Arena, workload::W1};
use crate::{
    bench::{
        load::{Load, Precedence, Reply},
        median::percentile,
        processes::signal,
        report::{Figure, Report},
    },
    workspace::step,
};

const RATE: f64 = 200.0;
/// More than requests are under way, though each waits as long as a request may.
const CONNECTIONS: u32 = 256;
const BEFORE: u32 = 2;
const AFTER: u32 = 8;

/// When Redis didn't answer, in seconds since the load began.
struct Outage {
    from: f64,
    to: f64,
}

pub(super) fn measure(arena: Arena<'_>, report: &mut Report) -> Result<()> {
    let seconds = arena.pace.outage_seconds;
    let (replies, outage) = step(&format!("W11: Redis stopped for {seconds} s"), || {
        stopped(arena, seconds)
    })?;
    let name = |what: &str| format!("W11: Redis stopped for {seconds} s: {what}");
    let told = told(&replies, &outage);
    for (what, value) in told {
        report.push(Figure::told(name(what), value));
    }
    Ok(())
}

fn stopped(arena: Arena<'_>, seconds: u32) -> Result<(Vec<Reply>, Outage)> {
    let gateway = arena.servers.of(Contender::Gateway);
    let bodies = arena.world.bodies(&W1)?;
    let load = Load {
        oha: &arena.programs.oha,
        port: gateway.context("there is a gateway")?.port,
        project: None,
        token: None,
        accept: None,
        bodies: &bodies,
        connections: CONNECTIONS,
        seconds: BEFORE + seconds + AFTER,
        rate: Some(RATE),
        precedence: Precedence::Usual,
    };
    let running = load.start_traced(arena.world.file("outage.csv"))?;
    let pause = |seconds: u32| thread::sleep(Duration::from_secs(seconds.into()));
    pause(BEFORE);
    let from = running.elapsed();
    let redis = arena.servers.redis;
    signal(redis, "STOP")?;
    pause(seconds);
    let to = running.elapsed();
    signal(redis, "CONT")?;
    Ok((running.finish()?, Outage { from, to }))
}

fn told(replies: &[Reply], outage: &Outage) -> Vec<(&'static str, f64)> {
    let during = || {
        let is_within = |reply: &&Reply| (outage.from..outage.to).contains(&reply.at);
        replies.iter().filter(is_within)
    };
    #[allow(clippy::cast_precision_loss)] // some thousands
    let share = |of: &dyn Fn(&Reply) -> bool| {
        during().filter(|reply| of(reply)).count() as f64 / during().count() as f64
    };
    let millis = |at: f64| percentile(during().map(|reply| reply.took * 1000.0), at);
    let after = replies.iter().filter(|reply| reply.at >= outage.to);
    let last_failure = after
        .filter(|reply| reply.status != 200)
        .map(|reply| reply.at + reply.took - outage.to);
    vec![
        (
            "share of 200 meanwhile",
            share(&|reply| reply.status == 200),
        ),
        (
            "share of 503 meanwhile",
            share(&|reply| reply.status == 503),
        ),
        ("p50 ms meanwhile", millis(0.5)),
        ("p99 ms meanwhile", millis(0.99)),
        (
            "s until no request fails any more",
            last_failure.fold(0.0, f64::max),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::{Outage, Reply, told};

    #[test]
    fn what_clients_saw_is_told_by_when_their_requests_were_due() {
        let reply = |at, took, status| Reply { at, took, status };
        let replies = [
            reply(1.0, 0.001, 200),
            reply(2.5, 0.001, 200),
            reply(3.0, 0.010, 503),
            reply(3.5, 0.020, 503),
            reply(4.0, 0.030, 504),
            reply(5.5, 0.500, 503),
            reply(6.5, 0.001, 200),
        ];
        let outage = Outage { from: 2.0, to: 5.0 };
        let told: Vec<f64> = told(&replies, &outage)
            .iter()
            .map(|(_, value)| *value)
            .collect();
        for (value, expected) in told.iter().zip([0.25, 0.5, 10.0, 30.0, 1.0]) {
            assert!((value - expected).abs() < 1e-9, "{told:?}");
        }
    }
}
