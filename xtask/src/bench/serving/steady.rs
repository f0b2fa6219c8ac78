//! What is wanted at a given rate: W4, and features of many views against those of one.

use anyhow::Result;

use super::{
    contender::Contender,
    contest::Arena,
    player::Measured,
    targets::answered_share,
    workload::{SPREAD, W4, WIDE, Workload},
};
use crate::{
    bench::{
        median::median,
        report::{Doubt, Figure, Report},
    },
    workspace::step,
};

/// Requests of W4 a second.
const W4_RATE: f64 = 100.0;
const W4_P99_MILLIS: f64 = 25.0;
/// p50 of features of 25 views, over that of as many of one view.
const P50_TIMES: f64 = 1.3;

const BOTH_STATES: [Contender; 2] = [Contender::Gateway, Contender::WarmGateway];

/// 100 x 250 at 100 requests a second.
pub(super) fn w4(arena: Arena<'_>, report: &mut Report) -> Result<()> {
    let all = step(&format!("{} at {W4_RATE} a second", W4.title()), || {
        at_rate(arena, W4, W4_RATE)
    })?;
    let due = W4_RATE * f64::from(arena.pace.open_seconds);
    for (contender, measured) in &all {
        let name = |what: &str| format!("W4: {}, {what}", contender.name());
        let doubt = measured.is_none().then_some(Doubt::NotMeasured);
        let of = |part: fn(&Measured) -> f64| measured.as_ref().map_or(f64::NAN, part);
        let share = measured.as_ref().map_or(f64::NAN, |measured| {
            measured.open(|turn| answered_share(turn.answered, turn.failed, due))
        });
        report.push(Figure::at_least(name("share answered"), share, 1.0).doubted(doubt));
        let p99 = of(|measured| measured.open(|turn| turn.p99_millis));
        report.push(Figure::at_most(name("p99 ms"), p99, W4_P99_MILLIS).doubted(doubt));
        if let Some(measured) = measured {
            report.push_line(measured.line());
        }
    }
    Ok(())
}

fn at_rate(
    arena: Arena<'_>,
    workload: Workload,
    rate: f64,
) -> Result<Vec<(Contender, Option<Measured>)>> {
    let mut all = Vec::new();
    for contender in BOTH_STATES {
        let Some(mut player) = arena.player(workload, contender)? else {
            all.push((contender, None));
            continue;
        };
        for _ in 0..arena.pace.rounds.open {
            let turn = player.open_turn(arena, Some(rate))?;
            player.measured.open.extend(turn);
        }
        all.push((contender, Some(player.end(arena)?)));
    }
    Ok(all)
}

/// 1 x 50 of one view and of 25, at half of what is answered of the slower ones.
pub(super) fn views(arena: Arena<'_>, report: &mut Report) -> Result<()> {
    for contender in BOTH_STATES {
        let name = format!("1 x 50: {}, p50 of 25 views / of 1 view", contender.name());
        let measured = step(&name, || by_turns(arena, contender))?;
        let Some((wide, spread)) = measured else {
            let figure = Figure::at_most(name, f64::NAN, P50_TIMES);
            report.push(figure.doubted(Some(Doubt::NotMeasured)));
            continue;
        };
        let rounds = wide.open.iter().zip(&spread.open);
        let ratio = median(rounds.map(|(wide, spread)| spread.p50_millis / wide.p50_millis));
        report.push(Figure::at_most(name, ratio, P50_TIMES));
        report.push_line(wide.line());
        report.push_line(spread.line());
    }
    Ok(())
}

fn by_turns(arena: Arena<'_>, contender: Contender) -> Result<Option<(Measured, Measured)>> {
    let players = (
        arena.player(WIDE, contender)?,
        arena.player(SPREAD, contender)?,
    );
    let (Some(mut wide), Some(mut spread)) = players else {
        return Ok(None);
    };
    for player in [&mut wide, &mut spread] {
        let turn = player.closed_turn(arena)?;
        player.measured.closed.push(turn);
    }
    let most = |measured: &Measured| measured.closed(|turn| turn.per_second);
    let half = most(&wide.measured).min(most(&spread.measured)) / 2.0;
    for _ in 0..arena.pace.rounds.closed {
        for player in [&mut wide, &mut spread] {
            let turn = player.open_turn(arena, Some(half))?;
            player.measured.open.extend(turn);
        }
    }
    Ok(Some((wide.end(arena)?, spread.end(arena)?)))
}
