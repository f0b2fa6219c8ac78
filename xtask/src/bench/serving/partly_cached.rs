//! W7 with caches that have room for a part of its rows.

use anyhow::{Context, Result};

use super::{
    contender::{Contender, Place},
    contest::Arena,
    player::{Measured, Player},
    told::sample,
    workload::W7,
};
use crate::{
    bench::{
        load::{SERVER_CORE, pinned},
        report::{Figure, Report},
    },
    gateway::Gateway,
    workspace::step,
};

/// With how much of the rows each has room for.
const PARTS: [(Contender, f64); 2] = [
    (Contender::HalfCached, 0.5),
    (Contender::MostlyCached, 0.95),
];

pub(super) fn measure(arena: Arena<'_>, report: &mut Report) -> Result<()> {
    let all = step("W7: How much memory all rows take", || bytes_of_all(arena))?;
    for (contender, part) in PARTS {
        let name = format!("{}: {}", W7.title(), contender.name());
        let (measured, hits) = step(&name, || partly(arena, contender, all * part))?;
        report.push_line(measured.line());
        report.push(Figure::told(format!("{name}, share of hits"), hits));
    }
    Ok(())
}

fn bytes_of_all(arena: Arena<'_>) -> Result<f64> {
    let player = player(arena, Contender::WarmGateway, "1GiB")?;
    player.closed_turn(arena)?;
    let place = player.place.context("there is a gateway")?;
    sample(place.port, "salver_cache_bytes{")
}

fn partly(arena: Arena<'_>, contender: Contender, bytes: f64) -> Result<(Measured, f64)> {
    let mut player = player(arena, contender, &format!("{bytes:.0}"))?;
    arena.check(&player)?;
    let port = player.place.context("there is a gateway")?.port;
    // until what is kept are those that fit
    player.closed_turn(arena)?;
    let before = Rows::told(port)?;
    for _ in 0..arena.pace.told.closed {
        let turn = player.closed_turn(arena)?;
        player.measured.closed.push(turn);
    }
    for _ in 0..arena.pace.told.open {
        let turn = player.open_turn(arena, None)?;
        player.measured.open.extend(turn);
    }
    let hits = Rows::told(port)?.share_of_hits_since(&before);
    Ok((player.end(arena)?, hits))
}

fn player(arena: Arena<'_>, contender: Contender, max_bytes: &str) -> Result<Player> {
    let mut command = pinned(&arena.programs.built.gateway, SERVER_CORE);
    command.env("SALVER__SALVER__CACHE__MAX_BYTES", max_bytes);
    let gateway = Gateway::start_as(command, &arena.world.cached, 0)?;
    Ok(Player {
        bodies: arena.world.bodies(&W7)?,
        place: Some(Place::of(&gateway)),
        own: Some(gateway),
        measured: Measured::nothing_yet(W7, contender),
    })
}

/// Rows that were asked of a gateway's cache.
struct Rows {
    hits: f64,
    misses: f64,
}

impl Rows {
    fn told(port: u16) -> Result<Self> {
        let rows = |outcome: &str| {
            let name = "salver_cache_rows_total{project=\"bench\"";
            sample(port, &format!("{name},outcome=\"{outcome}\"}}"))
        };
        Ok(Self {
            hits: rows("hit")?,
            misses: rows("miss")?,
        })
    }

    fn share_of_hits_since(&self, before: &Self) -> f64 {
        let hits = self.hits - before.hits;
        hits / (hits + self.misses - before.misses)
    }
}

#[cfg(test)]
mod tests {
    use super::Rows;

    #[test]
    fn hits_count_since_the_first_look() {
        let rows = |hits, misses| Rows { hits, misses };
        let share = rows(130.0, 110.0).share_of_hits_since(&rows(100.0, 100.0));
        assert!((share - 0.75).abs() < 1e-9, "{share}");
    }
}
