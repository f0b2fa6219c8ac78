//! Contenders under the same requests, by turns.

use std::{fs, path::Path};

use anyhow::{Context, Result};

use super::{
    Pace, Rounds, arrow, check,
    contender::{Contender, Place, Servers, canned},
    player::{Measured, Player},
    programs::Programs,
    raw,
    workload::Workload,
    world::World,
};
use crate::{bench::store::Redis, demo::request, workspace::step};

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

impl Arena<'_> {
    /// All of them by turns, first as fast as they can and then at half of that. Who isn't there takes no part.
    pub(super) fn contest(
        self,
        workload: Workload,
        contenders: &[Contender],
        rounds: Rounds,
    ) -> Result<Vec<Measured>> {
        step(&workload.title(), || {
            let mut players = Vec::new();
            for contender in contenders {
                players.extend(self.player(workload, *contender)?);
            }
            for _ in 0..rounds.closed {
                for player in &mut players {
                    let turn = player.closed_turn(self)?;
                    player.measured.closed.push(turn);
                }
            }
            for _ in 0..rounds.open {
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
        if place.is_none() && contender != Contender::Redis {
            return Ok(None);
        }
        let measured = Measured::nothing_yet(workload, contender);
        let player = Player {
            bodies,
            place,
            own: canned,
            measured,
        };
        self.check(&player)
            .with_context(|| format!("{}, {}", workload.title(), contender.name()))?;
        if matches!(contender, Contender::WarmGateway | Contender::ArrowGateway) {
            player.closed_turn(self)?;
        }
        Ok(Some(player))
    }

    /// What the gateway answers to the first of the bodies.
    fn canned_reply(self, bodies: &Path) -> Result<String> {
        let gateway = self.servers.of(Contender::Gateway);
        let gateway = gateway.context("there is a gateway")?;
        let bodies = fs::read_to_string(bodies)?;
        request::ask_for_text(gateway.port, bodies.lines().next().context("no body")?)
    }

    /// Compares some of its replies with Feast's.
    pub(super) fn check(self, player: &Player) -> Result<()> {
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
            return raw::check(self, &workload, feast);
        };
        for body in bodies.lines().take(compared) {
            let theirs = request::ask_in_json(feast, body)?;
            match contender {
                Contender::ArrowGateway => {
                    let ours = arrow::ask(self.programs, place.port, body)?;
                    check::same_values(&ours, &theirs)?;
                }
                _ => check::same(&request::ask_in_json(place.port, body)?, &theirs)?,
            }
        }
        Ok(())
    }
}
