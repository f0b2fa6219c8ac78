//! Twice as many requests as are answered at most, whether there are replies or not: how many are answered still, and
//! how soon.

use std::{thread, time::Duration};

use anyhow::{Context, Result};

use super::{
    contender::{Contender, Place},
    contest::Arena,
    player::Player,
    targets::BUSY,
    workload::{W1, W2, Workload},
};
use crate::{
    bench::{
        load::{Load, Precedence, Reply},
        median::{median, percentile},
        processes::cpu_seconds,
        report::{Doubt, Figure, Report},
    },
    workspace::step,
};

/// More than are under way, so that requests are sent when they are due.
const CONNECTIONS: u32 = 512;
/// A burst is taken whole, and this begins as one: what is due in the first second counts nowhere.
const FROM: f64 = 1.0;
/// After it the gateway lets its queues be as long as before.
const REST: Duration = Duration::from_millis(1500);
const CONTENDER: Contender = Contender::WarmGateway;
const LIGHT: f64 = 0.1;
const HEAVY: f64 = 2.0;

/// What is wanted of one kind of requests.
struct Wanted {
    workload: Workload,
    /// Answers a second, over the most that there are without overload.
    share: f64,
    /// p99 of what is answered, over that at a tenth of the most.
    p99_times: Option<f64>,
}

const ALL: [Wanted; 2] = [
    Wanted {
        workload: W2,
        share: 0.9,
        p99_times: Some(3.0),
    },
    Wanted {
        workload: W1,
        share: 0.6,
        p99_times: None,
    },
];

/// What one round tells.
struct Round {
    /// Answers a second where each next request comes as soon as there is a reply.
    most: f64,
    light_p99: f64,
    heavy: Heavy,
    /// The share of its core that the server used then.
    busy: f64,
}

/// What came of too many requests.
#[derive(Debug, PartialEq)]
struct Heavy {
    sent: f64,
    answered: f64,
    p99_millis: f64,
    refused_p99_millis: f64,
    /// Requests that had another end than an answer or a 429.
    failed: f64,
}

pub(super) fn measure(arena: Arena<'_>, report: &mut Report) -> Result<()> {
    for wanted in &ALL {
        let name = format!("{} at twice the most", wanted.workload.title());
        let rounds = step(&name, || rounds(arena, wanted.workload))?;
        let of = |part: fn(&Round) -> f64| median(rounds.iter().map(part));
        let name = |what: &str| format!("{name}: {}, {what}", CONTENDER.name());
        let told = |what: &str, value| Figure::told(name(what), value);
        report.push(told("the most, requests/s", of(|round| round.most)));
        let sent = of(|round| round.heavy.sent / round.most);
        report.push(told("sent / the most", sent));
        let doubt = (of(|round| round.busy) < BUSY).then_some(Doubt::ClientBound);
        let share = of(|round| round.heavy.answered / round.most);
        let figure = Figure::at_least(name("answered / the most"), share, wanted.share);
        report.push(figure.doubted(doubt));
        report.push(told("p99 ms at a tenth", of(|round| round.light_p99)));
        report.push(told("p99 ms", of(|round| round.heavy.p99_millis)));
        let times = of(|round| round.heavy.p99_millis / round.light_p99);
        let times_name = name("p99 / p99 at a tenth");
        report.push(match wanted.p99_times {
            Some(most) => Figure::at_most(times_name, times, most).doubted(doubt),
            None => Figure::told(times_name, times),
        });
        let refused = of(|round| round.heavy.refused_p99_millis);
        report.push(told("p99 ms of refusals", refused));
        let failed = of(|round| round.heavy.failed);
        report.push(told(
            "requests that were neither answered nor refused",
            failed,
        ));
    }
    Ok(())
}

/// Of the gateway with its rows in memory.
fn rounds(arena: Arena<'_>, workload: Workload) -> Result<Vec<Round>> {
    let player = arena.player(workload, CONTENDER)?;
    let player = player.context("there is a gateway with a cache")?;
    let place = player.place.context("a gateway speaks HTTP")?;
    let rounds = (0..arena.pace.rounds.open).map(|_| round(arena, &player, place));
    rounds.collect()
}

fn round(arena: Arena<'_>, player: &Player, place: Place) -> Result<Round> {
    let most = player.closed_turn(arena)?.per_second;
    let light = traced(arena, player, place, most * LIGHT)?;
    let seconds = f64::from(seconds(arena));
    let before = cpu_seconds(place.process)?;
    let replies = traced(arena, player, place, most * HEAVY)?;
    let used = cpu_seconds(place.process)? - before;
    thread::sleep(REST);
    Ok(Round {
        most,
        light_p99: heavy(&light, seconds).p99_millis,
        heavy: heavy(&replies, seconds),
        busy: used / seconds,
    })
}

fn seconds(arena: Arena<'_>) -> u32 {
    arena.pace.open_seconds + 1
}

fn traced(arena: Arena<'_>, player: &Player, place: Place, rate: f64) -> Result<Vec<Reply>> {
    let load = Load {
        oha: &arena.programs.oha,
        port: place.port,
        project: None,
        token: None,
        accept: None,
        bodies: &player.bodies,
        connections: CONNECTIONS,
        seconds: seconds(arena),
        rate: Some(rate),
        precedence: Precedence::Usual,
    };
    load.start_traced(arena.world.file("overload.csv"))?
        .finish()
}

/// Of what was due between the first second and the end.
#[allow(clippy::cast_precision_loss)] // some thousands
fn heavy(replies: &[Reply], end: f64) -> Heavy {
    let counted = || {
        replies
            .iter()
            .filter(|reply| (FROM..end).contains(&reply.at))
    };
    let of = |status| counted().filter(move |reply: &&Reply| reply.status == status);
    let a_second = |count: usize| count as f64 / (end - FROM);
    let p99 = |status| percentile(of(status).map(|reply| reply.took * 1000.0), 0.99);
    let (sent, answered, refused) = (counted().count(), of(200).count(), of(429).count());
    Heavy {
        sent: a_second(sent),
        answered: a_second(answered),
        p99_millis: p99(200),
        refused_p99_millis: p99(429),
        failed: (sent - answered - refused) as f64,
    }
}

#[cfg(test)]
mod tests {
    use super::{Heavy, Reply, heavy};

    #[test]
    fn the_first_second_counts_nowhere_and_refusals_are_no_answers() {
        let reply = |at: f64, took, status| Reply { at, took, status };
        let replies = [
            reply(0.5, 0.100, 200),
            reply(1.0, 0.002, 200),
            reply(1.5, 0.004, 200),
            reply(1.6, 0.001, 429),
            reply(2.5, 0.003, 200),
            reply(2.6, 0.003, 503),
            reply(3.5, 0.100, 200),
        ];
        let expected = Heavy {
            sent: 2.5,
            answered: 1.5,
            p99_millis: 4.0,
            refused_p99_millis: 1.0,
            failed: 1.0,
        };
        assert_eq!(heavy(&replies, 3.0), expected);
    }
}
