//! Contenders under the same requests, by turns.

use std::{fs, path::PathBuf};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::{
    Pace, check,
    contender::{Contender, Place, Servers, canned, pipelines},
    programs::Programs,
    turn::{Turn, middle},
    workload::Workload,
    world::World,
};
use crate::{
    bench::{
        load::{GENERATOR_CORE, Load, SERVER_CORE},
        measured,
        processes::{cpu_seconds, move_to},
        report::Line,
        store::Redis,
    },
    demo::request,
    gateway::Gateway,
    workspace::step,
};

const CONNECTIONS: u32 = 8;
/// Replies that are compared with Feast's.
const COMPARED: usize = 10;

/// Everything that a contest needs.
#[derive(Clone, Copy)]
pub(super) struct Arena<'a> {
    pub(super) programs: &'a Programs,
    pub(super) world: &'a World,
    pub(super) redis: &'a Redis,
    pub(super) servers: &'a Servers,
    pub(super) pace: Pace,
}

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

impl<'a> Arena<'a> {
    /// All of them by turns, first as fast as they can and then at half of that. Who isn't there takes no part.
    pub(super) fn contest(
        self,
        workload: Workload,
        contenders: &[Contender],
        rounds: usize,
    ) -> Result<Vec<Measured>> {
        step(&workload.title(), || {
            let mut players = Vec::new();
            for contender in contenders {
                players.extend(self.player(workload, *contender)?);
            }
            for _ in 0..rounds {
                for player in &mut players {
                    let turn = player.closed_turn(self)?;
                    player.measured.closed.push(turn);
                }
            }
            for _ in 0..rounds.min(self.pace.open_rounds) {
                for player in &mut players {
                    let turn = player.open_turn(self, None)?;
                    player.measured.open.extend(turn);
                }
            }
            players.into_iter().map(|player| player.end(self)).collect()
        })
    }

    /// A contender that is ready to be timed: its replies were compared with Feast's.
    pub(super) fn player(self, workload: Workload, contender: Contender) -> Result<Option<Player>> {
        let bodies = self.world.bodies(&workload)?;
        let canned = match contender {
            Contender::Floor | Contender::PlainAxum => {
                let reply = self.world.file(&format!("reply-{}.json", workload.service));
                fs::write(&reply, self.canned_reply(&bodies)?)?;
                Some(canned(self.programs, contender, &reply)?)
            }
            _ => None,
        };
        let place = match &canned {
            Some(server) => Some(Place::of(server)),
            None => self.servers.of(contender),
        };
        let player = Player {
            bodies,
            place,
            _canned: canned,
            measured: Measured {
                workload,
                contender,
                closed: Vec::new(),
                open: Vec::new(),
                peak_megabytes: f64::NAN,
            },
        };
        if place.is_none() && contender != Contender::Redis {
            return Ok(None);
        }
        self.check(&player)
            .with_context(|| format!("{}, {}", workload.title(), contender.name()))?;
        Ok(Some(player))
    }

    /// What the gateway answers to the first of the bodies.
    fn canned_reply(self, bodies: &PathBuf) -> Result<String> {
        let gateway = self.servers.of(Contender::Gateway);
        let gateway = gateway.context("there is a gateway")?;
        let bodies = fs::read_to_string(bodies)?;
        request::ask_for_text(gateway.port, bodies.lines().next().context("no body")?)
    }

    fn check(self, player: &Player) -> Result<()> {
        let feast = self.servers.of(Contender::Feast);
        let feast = feast.context("there is a Feast")?.port;
        let Measured {
            workload,
            contender,
            ..
        } = player.measured;
        let bodies = fs::read_to_string(&player.bodies)?;
        let compared = match contender {
            Contender::Floor | Contender::PlainAxum => 1,
            _ => COMPARED,
        };
        let Some(place) = player.place else {
            return self.check_pipelines(&workload, feast);
        };
        for body in bodies.lines().take(compared) {
            let theirs = request::ask_in_json(feast, body)?;
            check::same(&request::ask_in_json(place.port, body)?, &theirs)?;
        }
        Ok(())
    }

    fn check_pipelines(self, workload: &Workload, feast: u16) -> Result<()> {
        let told = self.pipelines(workload, 0)?;
        let entities = &told["entities"];
        let body = format!(
            "{{\"feature_service\":\"{}\",\"entities\":{{\"{}\":{entities}}}}}",
            workload.service, workload.join_key
        );
        let theirs = request::ask_in_json(feast, &body)?;
        let rows = told["values"].as_array().map_or(0, Vec::len);
        ensure!(rows > 0, "no rows in {told}");
        check::same_rows(&told["values"], &theirs)
    }

    fn pipelines(self, workload: &Workload, seconds: u32) -> Result<Value> {
        let mut command = pipelines(self.programs, self.redis, workload);
        command.args(["--seconds", &seconds.to_string()]);
        command.args(["--connections", &CONNECTIONS.to_string()]);
        let printed = measured::run(&mut command)?.stdout;
        Ok(serde_json::from_str(&printed)?)
    }

    /// Redis itself: it is the server then, and on the server's core.
    fn pipeline_turn(self, workload: &Workload) -> Result<Turn> {
        let redis = self.servers.redis;
        move_to(redis, SERVER_CORE)?;
        // what is asked for to learn the length of replies isn't timed, and costs as much each time
        let before = cpu_seconds(redis)?;
        self.pipelines(workload, 0)?;
        let learning = cpu_seconds(redis)? - before;
        let told = self.pipelines(workload, self.pace.seconds);
        let used = cpu_seconds(redis)? - before - 2.0 * learning;
        move_to(redis, GENERATOR_CORE)?;
        let told = told?;
        let number = |name: &str| {
            let number = told[name].as_f64();
            number.with_context(|| format!("no `{name}` in {told}"))
        };
        let (requests, seconds) = (number("requests")?, number("seconds")?);
        Ok(Turn {
            per_second: requests / seconds,
            p50_millis: number("p50")?,
            p99_millis: number("p99")?,
            p999_millis: number("p99.9")?,
            busy: used / seconds,
            server_cpu: used / requests,
            redis_cpu: used / requests,
            bytes: number("bytes")? / requests,
            answered: requests,
            failed: 0.0,
        })
    }
}

/// A contender in one kind of requests.
pub(super) struct Player {
    bodies: PathBuf,
    /// None where no HTTP is spoken.
    place: Option<Place>,
    /// Kept up while it plays.
    _canned: Option<Gateway>,
    pub(super) measured: Measured,
}

impl Player {
    /// As many requests as it answers.
    pub(super) fn closed_turn(&self, arena: Arena<'_>) -> Result<Turn> {
        let Some(place) = self.place else {
            return arena.pipeline_turn(&self.measured.workload);
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
            bodies: &self.bodies,
            connections: CONNECTIONS,
            seconds: rate.map_or(arena.pace.seconds, |_| arena.pace.open_seconds),
            rate,
            is_behind: false,
        }
    }

    /// What came of these turns.
    pub(super) fn end(self, arena: Arena<'_>) -> Result<Measured> {
        let mut measured = self.measured;
        if let Some(place) = self.place {
            measured.peak_megabytes = arena.servers.payers(place).peak_megabytes()?;
        }
        Ok(measured)
    }
}
