//! What requests feel of a plugin beside them: one that misbehaves, and one that is exchanged.

use std::path::Path;

use anyhow::{Context, Result};

use super::{
    P99_TIMES, Pace, Programs, Server, closed_loop, load,
    requests::{Wants, bodies},
    serve,
    world::{HOSTILE, NARROW, World},
};
use crate::{
    bench::{
        load::{Answered, Load, Precedence, none_failed},
        median::median,
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
    let requests = Requests {
        programs,
        port: gateway.port(),
        pace,
    };
    let stored = bodies(&world.folder, Wants::Stored(NARROW), 1)?;
    let computed = bodies(&world.folder, Wants::Computed(NARROW), 1)?;
    let server = Server::of_gateway(&gateway);
    let half_of = |bodies: &Path| -> Result<f64> {
        Ok(closed_loop(programs, server, bodies)?.per_second / 2.0)
    };
    let (half, half_computed) = (half_of(&stored)?, half_of(&computed)?);
    for view in HOSTILE {
        let hostile = bodies(&world.folder, Wants::Hostile(view), 10)?;
        let p99 = step(&format!("Requests beside the plugin `{view}`"), || {
            let quiet = || requests.steady(&stored, half);
            medians_of_p99(pace, quiet, || {
                let answered = requests.beside(&hostile, quiet)?;
                answered.with_context(|| format!("the plugin `{view}` has not failed"))
            })
        })?;
        push(report, &format!("beside the plugin `{view}`"), p99);
    }
    let p99 = step("Requests while their plugin is exchanged", || {
        let quiet = || requests.steady(&computed, half_computed);
        let exchanged = || requests.while_exchanged(world, &computed, half_computed);
        medians_of_p99(pace, quiet, exchanged)
    })?;
    push(report, "while their plugin is exchanged", p99);
    Ok(())
}

/// Requests to a gateway that runs.
#[derive(Clone, Copy)]
struct Requests<'a> {
    programs: &'a Programs,
    port: u16,
    pace: Pace,
}

impl<'a> Requests<'a> {
    fn at(self, bodies: &'a Path, rate: f64) -> Load<'a> {
        Load {
            oha: &self.programs.oha,
            port: self.port,
            project: None,
            token: None,
            accept: None,
            bodies,
            connections: 8,
            seconds: self.pace.seconds,
            rate: Some(rate),
            precedence: Precedence::Usual,
        }
    }

    fn steady(self, bodies: &Path, rate: f64) -> Result<Answered> {
        let seconds = self.pace.seconds;
        none_failed(load(self.programs, self.port, bodies, seconds, Some(rate))?)
    }

    /// What `quiet` is answered beside requests to a hostile plugin; nothing where those haven't failed.
    fn beside(
        self,
        hostile: &Path,
        quiet: impl Fn() -> Result<Answered>,
    ) -> Result<Option<Answered>> {
        let other = self.at(hostile, HOSTILE_RATE).start()?;
        let answered = quiet()?;
        let hostile = other.finish()?;
        Ok((hostile.failed > 0.0).then_some(answered))
    }

    /// The plugin that computes is exchanged as long as requests go on.
    fn while_exchanged(self, world: &World, bodies: &Path, rate: f64) -> Result<Answered> {
        let mut running = self.at(bodies, rate).start()?;
        let mut version = 0_u32;
        while running.goes_on()? {
            version += 1;
            world.exchange(self.programs, version)?;
        }
        none_failed(running.finish()?)
    }
}

fn push(report: &mut Report, what: &str, (alone, beside): (f64, f64)) {
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
