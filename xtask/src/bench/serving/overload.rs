//! Twice as many requests as are answered at most, whether there are replies or not: how many are answered still, and
//! how soon.

use std::{thread, time::Duration};

use anyhow::{Context, Result};

use super::{
    contender::{Contender, Place},
    contest::Arena,
    player::{self, Player},
    targets::BUSY,
    workload::{W1, W2, Workload},
};
use crate::{
    bench::{
        generator::{Load, Told},
        load::Reply,
        median::{median, percentile},
        processes::cpu_seconds,
        report::{Doubt, Figure, Report},
    },
    workspace::step,
};

/// More than are under way, so that requests are sent when they are due.
const CONNECTIONS: u32 = 512;
/// A burst is taken whole, and this begins as one: what ends in the first second counts nowhere.
const FROM: f64 = 1.0;
/// After it the gateway lets its queues be as long as before.
const REST: Duration = Duration::from_millis(1500);
const CONTENDER: Contender = Contender::WarmGateway;
const LIGHT: f64 = 0.1;
const HEAVY: f64 = 2.0;
/// A generator that has so much to do is no longer on time.
const FULL: f64 = 0.95;
/// Of the requests, so many may be sent late by the generator.
const LATE: f64 = 0.01;

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
    /// Each next request as soon as there is a reply.
    most: Turn,
    light: Turn,
    heavy: Turn,
}

/// What one load tells.
struct Turn {
    answers: Answers,
    /// The share of its core that the server used.
    server: f64,
    /// The same of the generator.
    generator: f64,
    /// The shares of the requests that the generator sent late, and that waited for a connection.
    late: f64,
    waited: f64,
}

/// What came of some requests. Rates are a second.
#[derive(Debug, PartialEq)]
struct Answers {
    /// Requests that ended, however.
    taken: f64,
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
        let prefix = format!("{name}: {}", CONTENDER.name());
        for figure in figures(&prefix, wanted, &rounds) {
            report.push(figure);
        }
    }
    Ok(())
}

fn figures(prefix: &str, wanted: &Wanted, rounds: &[Round]) -> Vec<Figure> {
    let of = |part: fn(&Round) -> f64| median(rounds.iter().map(part));
    let name = |what: &str| format!("{prefix}, {what}");
    let told = |what: &str, value| Figure::told(name(what), value);
    let doubt = (!is_the_servers(rounds)).then_some(Doubt::ClientBound);
    let share = of(|round| round.heavy.answers.answered / round.most.answers.answered);
    let times = of(|round| round.heavy.answers.p99_millis / round.light.answers.p99_millis);
    let times_name = name("p99 / p99 at a tenth");
    vec![
        told(
            "the most, requests/s",
            of(|round| round.most.answers.answered),
        ),
        told(
            "answered or refused / the most",
            of(|round| round.heavy.answers.taken / round.most.answers.answered),
        ),
        told(
            "share that waited for a connection",
            of(|round| round.heavy.waited),
        ),
        told("generator's core busy", of(|round| round.heavy.generator)),
        Figure::at_least(name("answered / the most"), share, wanted.share).doubted(doubt),
        told(
            "p99 ms at a tenth",
            of(|round| round.light.answers.p99_millis),
        ),
        told("p99 ms", of(|round| round.heavy.answers.p99_millis)),
        match wanted.p99_times {
            Some(most) => Figure::at_most(times_name, times, most).doubted(doubt),
            None => Figure::told(times_name, times),
        },
        told(
            "p99 ms of refusals",
            of(|round| round.heavy.answers.refused_p99_millis),
        ),
        told(
            "requests that were neither answered nor refused",
            of(|round| round.heavy.answers.failed),
        ),
    ]
}

/// Whether the server was the limit, and its generator on time. Requests that waited for a connection waited for the
/// server: each connection had one under way.
fn is_the_servers(rounds: &[Round]) -> bool {
    let of = |part: fn(&Round) -> f64| median(rounds.iter().map(part));
    let is_busy = of(|round| round.most.server.min(round.heavy.server)) >= BUSY;
    let is_on_time =
        of(|round| round.heavy.generator) < FULL && of(|round| round.heavy.late) <= LATE;
    is_busy && is_on_time
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
    let most = turn(arena, player, place, None)?;
    let rate = most.answers.answered;
    let light = turn(arena, player, place, Some(rate * LIGHT))?;
    let heavy = turn(arena, player, place, Some(rate * HEAVY))?;
    thread::sleep(REST);
    Ok(Round { most, light, heavy })
}

fn turn(arena: Arena<'_>, player: &Player, place: Place, rate: Option<f64>) -> Result<Turn> {
    let seconds = arena.pace.open_seconds + 1;
    let load = Load {
        port: place.port,
        bodies: &player.bodies,
        connections: rate.map_or(player::CONNECTIONS, |_| CONNECTIONS),
        seconds,
        rate,
    };
    let before = cpu_seconds(place.process)?;
    let told = load.run(&arena.world.file("overload.csv"))?;
    let used = cpu_seconds(place.process)? - before;
    let Told {
        replies,
        busy,
        late,
        waited,
    } = told;
    let seconds = f64::from(seconds);
    Ok(Turn {
        answers: answers(&replies, seconds),
        server: used / seconds,
        generator: busy,
        late,
        waited,
    })
}

/// Of what ended between the first second and the end.
#[allow(clippy::cast_precision_loss)] // some thousands
fn answers(replies: &[Reply], end: f64) -> Answers {
    let counted = || {
        replies
            .iter()
            .filter(|reply| (FROM..end).contains(&(reply.at + reply.took)))
    };
    let of = |status| counted().filter(move |reply: &&Reply| reply.status == status);
    let a_second = |count: usize| count as f64 / (end - FROM);
    let p99 = |status| percentile(of(status).map(|reply| reply.took * 1000.0), 0.99);
    let (taken, answered, refused) = (counted().count(), of(200).count(), of(429).count());
    Answers {
        taken: a_second(taken),
        answered: a_second(answered),
        p99_millis: p99(200),
        refused_p99_millis: p99(429),
        failed: (taken - answered - refused) as f64,
    }
}

#[cfg(test)]
mod tests {
    use super::{ALL, Answers, Reply, Round, Turn, answers, figures};
    use crate::bench::report::Report;

    #[test]
    fn what_ends_in_the_first_second_or_past_the_end_counts_nowhere_and_refusals_are_no_answers() {
        let reply = |at: f64, took, status| Reply { at, took, status };
        let replies = [
            reply(0.5, 0.100, 200),
            reply(0.999, 0.002, 200),
            reply(1.5, 0.004, 200),
            reply(1.6, 0.001, 429),
            reply(2.5, 0.003, 200),
            reply(2.6, 0.003, 503),
            reply(2.9, 0.200, 200),
        ];
        let expected = Answers {
            taken: 2.5,
            answered: 1.5,
            p99_millis: 4.0,
            refused_p99_millis: 1.0,
            failed: 1.0,
        };
        assert_eq!(answers(&replies, 3.0), expected);
    }

    fn turn(answered: f64, p99_millis: f64) -> Turn {
        Turn {
            answers: Answers {
                taken: 2.0 * answered,
                answered,
                p99_millis,
                refused_p99_millis: 1.0,
                failed: 0.0,
            },
            server: 0.99,
            generator: 0.5,
            late: 0.0,
            waited: 0.0,
        }
    }

    fn verdict(spoil: fn(&mut Round)) -> String {
        let mut round = Round {
            most: turn(1000.0, 2.0),
            light: turn(100.0, 1.0),
            heavy: turn(950.0, 2.5),
        };
        spoil(&mut round);
        let mut report = Report::default();
        for figure in figures("W2", &ALL[0], &[round]) {
            report.push(figure);
        }
        report.table()
    }

    #[test]
    fn what_the_gateway_did_counts_only_where_it_was_the_limit_and_the_generator_was_on_time() {
        let good = verdict(|_| {});
        assert!(
            good.contains("W2, answered / the most | 0.95 | >= 0.9 | pass"),
            "{good}"
        );
        assert!(
            good.contains("p99 at a tenth | 2.50 | <= 3 | pass"),
            "{good}"
        );
        let spoils: [fn(&mut Round); 4] = [
            |round| round.heavy.server = 0.89,
            |round| round.most.server = 0.89,
            |round| round.heavy.generator = 0.96,
            |round| round.heavy.late = 0.02,
        ];
        for spoil in spoils {
            let table = verdict(spoil);
            assert_eq!(table.matches("FAIL: client-bound").count(), 2, "{table}");
        }
        let late = verdict(|round| round.heavy.answers.p99_millis = 3.1);
        assert!(late.contains("| 3.10 | <= 3 | FAIL |"), "{late}");
    }
}
