//! A contender in one kind of requests: its turns, and what came of them.

use std::path::PathBuf;

use anyhow::Result;

use super::{
    contender::{Contender, Place},
    contest::Arena,
    raw,
    turn::{Turn, middle},
    workload::Workload,
};
use crate::{
    bench::{
        load::{Load, Precedence},
        report::Line,
    },
    gateway::Gateway,
};

pub(super) const CONNECTIONS: u32 = 8;

/// What one contender did.
pub(super) struct Measured {
    pub(super) workload: Workload,
    pub(super) contender: Contender,
    /// Each next request as soon as there is a reply.
    pub(super) closed: Vec<Turn>,
    /// At half of that rate, whether there is a reply or not.
    pub(super) open: Vec<Turn>,
    pub(super) peak_megabytes: f64,
}

impl Measured {
    pub(super) fn nothing_yet(workload: Workload, contender: Contender) -> Self {
        Self {
            workload,
            contender,
            closed: Vec::new(),
            open: Vec::new(),
            peak_megabytes: f64::NAN,
        }
    }

    pub(super) fn closed(&self, part: impl Fn(&Turn) -> f64) -> f64 {
        middle(&self.closed, part)
    }

    pub(super) fn open(&self, part: impl Fn(&Turn) -> f64) -> f64 {
        middle(&self.open, part)
    }

    pub(super) fn line(&self) -> Line {
        let values = self.workload.values();
        // where there is no limit but the rate, that is what was measured
        let turns = match self.closed.is_empty() {
            true => &self.open,
            false => &self.closed,
        };
        let of = |part: fn(&Turn) -> f64| middle(turns, part);
        let server_micros = of(|turn| turn.server_cpu) * 1e6;
        let cells = vec![
            ("requests/s", of(|turn| turn.per_second)),
            ("core busy", of(|turn| turn.busy)),
            ("p50 ms", self.open(|turn| turn.p50_millis)),
            ("p99 ms", self.open(|turn| turn.p99_millis)),
            ("p99.9 ms", self.open(|turn| turn.p999_millis)),
            ("server CPU us", server_micros),
            ("Redis CPU us", of(|turn| turn.redis_cpu) * 1e6),
            ("CPU s per million values", server_micros / values),
            ("bytes per value", of(|turn| turn.bytes) / values),
            ("peak MB", self.peak_megabytes),
        ];
        Line {
            workload: self.workload.title(),
            contender: self.contender.name().to_owned(),
            cells,
        }
    }
}

/// A contender in one kind of requests.
pub(super) struct Player {
    pub(super) bodies: PathBuf,
    /// None where no HTTP is spoken.
    pub(super) place: Option<Place>,
    /// A server for this alone: kept up while it plays.
    pub(super) own: Option<Gateway>,
    pub(super) measured: Measured,
}

impl Player {
    /// As many requests as it answers.
    pub(super) fn closed_turn(&self, arena: Arena<'_>) -> Result<Turn> {
        let Some(place) = self.place else {
            return raw::turn(arena, &self.measured.workload);
        };
        let load = self.load(arena, place, None);
        arena.servers.payers(place).turn(&load)
    }

    /// So many requests a second, or half of what it has answered at most; nothing where it takes no requests.
    pub(super) fn open_turn(&self, arena: Arena<'_>, rate: Option<f64>) -> Result<Option<Turn>> {
        let half = || self.measured.closed(|turn| turn.per_second) / 2.0;
        let turn = |place| {
            let load = self.load(arena, place, Some(rate.unwrap_or_else(half)));
            arena.servers.payers(place).any_turn(&load)
        };
        self.place.map(turn).transpose()
    }

    fn load<'l>(&'l self, arena: Arena<'l>, place: Place, rate: Option<f64>) -> Load<'l> {
        Load {
            oha: &arena.programs.oha,
            port: place.port,
            project: None,
            token: None,
            accept: self.measured.contender.accepts(),
            bodies: &self.bodies,
            connections: CONNECTIONS,
            seconds: rate.map_or(arena.pace.seconds, |_| arena.pace.open_seconds),
            rate,
            precedence: Precedence::Usual,
        }
    }

    /// What came of these turns.
    pub(super) fn end(self, arena: Arena<'_>) -> Result<Measured> {
        let mut measured = self.measured;
        if let Some(place) = self.place {
            measured.peak_megabytes = arena.servers.payers(place).peak_megabytes()?;
        }
        drop(self.own);
        Ok(measured)
    }
}
