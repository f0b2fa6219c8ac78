//! What requests feel of a plugin beside them: one that misbehaves, and one that is exchanged.

use std::path::Path;

use anyhow::{Result, ensure};

use super::{
    P99_TIMES, Pace, Programs, Server, closed_loop, load, median,
    requests::{Wants, bodies},
    serve,
    world::{HOSTILE, World},
};
use crate::{
    bench::{
        load::{Answered, Load},
        report::{Figure, Report},
    },
    workspace::step,
};

/// Requests to a misbehaving plugin go beside the others at this rate.
const HOSTILE_RATE: f64 = 50.0;

pub(super) fn measure(
    programs: &Programs,
    world: &World,
    pace: Pace,
    report: &mut Report,
) -> Result<()> {
    let gateway = step("Measuring the most that is answered", || {
        serve(programs, &world.salver)
    })?;
    let stored = bodies(&world.folder, Wants::Stored, 1)?;
    let computed = bodies(&world.folder, Wants::Computed, 1)?;
    let server = Server::of_gateway(&gateway);
    let most = closed_loop(programs, server, &stored, pace)?.per_second;
    let most_computed = closed_loop(programs, server, &computed, pace)?.per_second;
    for view in HOSTILE {
        let hostile = bodies(&world.folder, Wants::Hostile(view), 10)?;
        let (alone, beside) = step(&format!("Requests beside the plugin `{view}`"), || {
            let quiet = || steady(programs, gateway.port(), &stored, pace, most / 2.0);
            let disturbed = || {
                let other = Load {
                    oha: &programs.oha,
                    port: gateway.port(),
                    bodies: &hostile,
                    connections: 8,
                    seconds: pace.seconds,
                    rate: Some(HOSTILE_RATE),
                }
                .start()?;
                let answered = quiet()?;
                let hostile = other.finish()?;
                ensure!(hostile.failed > 0.0, "the plugin `{view}` has not failed");
                Ok(answered)
            };
            medians_of_p99(pace, quiet, disturbed)
        })?;
        push(
            report,
            &format!("beside the plugin `{view}`"),
            alone,
            beside,
        );
    }
    let (alone, beside) = step("Requests while their plugin is exchanged", || {
        let rate = most_computed / 2.0;
        let quiet = || steady(programs, gateway.port(), &computed, pace, rate);
        let exchanged = || {
            let mut running = Load {
                oha: &programs.oha,
                port: gateway.port(),
                bodies: &computed,
                connections: 8,
                seconds: pace.seconds,
                rate: Some(rate),
            }
            .start()?;
            let mut version = 0_u32;
            while running.goes_on()? {
                version += 1;
                world.exchange(programs, version)?;
            }
            let answered = running.finish()?;
            ensure!(
                answered.failed == 0.0,
                "{} requests have failed",
                answered.failed
            );
            Ok(answered)
        };
        medians_of_p99(pace, quiet, exchanged)
    })?;
    push(report, "while their plugin is exchanged", alone, beside);
    Ok(())
}

fn push(report: &mut Report, what: &str, alone: f64, beside: f64) {
    report.push(Figure::told(
        format!("p99 at half load, ms, before: {what}"),
        alone,
    ));
    report.push(Figure::told(
        format!("p99 at half load, ms: {what}"),
        beside,
    ));
    report.push(Figure::at_most(
        format!("p99 / p99 before: {what}"),
        beside / alone,
        P99_TIMES,
    ));
}

fn steady(
    programs: &Programs,
    port: u16,
    bodies: &Path,
    pace: Pace,
    rate: f64,
) -> Result<Answered> {
    let answered = load(programs, port, bodies, pace.seconds, Some(rate))?;
    ensure!(
        answered.failed == 0.0,
        "{} requests have failed",
        answered.failed
    );
    Ok(answered)
}

fn medians_of_p99(
    pace: Pace,
    mut one: impl FnMut() -> Result<Answered>,
    mut other: impl FnMut() -> Result<Answered>,
) -> Result<(f64, f64)> {
    let (mut ones, mut others) = (Vec::new(), Vec::new());
    for _ in 0..pace.rounds {
        ones.push(one()?.p99_millis);
        others.push(other()?.p99_millis);
    }
    Ok((median(ones), median(others)))
}
