//! Who takes part, and the servers of those who serve.

use std::path::Path;

use anyhow::{Result, bail};

use super::{arrow, programs::Programs, turn::Payers, world::World};
use crate::{
    bench::{
        load::{SERVER_CORE, pinned},
        server::{FeastServer, Workers},
        store::Redis,
    },
    gateway::Gateway,
};

/// Somebody who answers requests for features, or what comes near to that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Contender {
    /// The gateway, which reads every value from Redis.
    Gateway,
    /// The gateway with all rows in memory.
    WarmGateway,
    /// The gateway with room for half of the rows, and for most of them.
    HalfCached,
    MostlyCached,
    /// The gateway with all rows in memory, whose replies are in Arrow.
    ArrowGateway,
    Feast,
    /// Has both cores, as two on one are no faster than one.
    FeastOfTwo,
    /// The gateway's accept loop and request parse with a canned reply.
    Floor,
    /// The same reply by axum as everybody would use it.
    PlainAxum,
    /// Pipelines that were packed beforehand.
    Redis,
}

impl Contender {
    /// The media type that it is asked for, where that isn't JSON.
    pub(super) fn accepts(self) -> Option<&'static str> {
        (self == Self::ArrowGateway).then_some(arrow::MEDIA_TYPE)
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Gateway => "gateway, cache off",
            Self::WarmGateway => "gateway, cache warm",
            Self::HalfCached => "gateway, room for half of the rows",
            Self::MostlyCached => "gateway, room for 95 % of the rows",
            Self::ArrowGateway => "gateway, cache warm, Arrow",
            Self::Feast => "Feast, one worker",
            Self::FeastOfTwo => "Feast, two workers on both cores",
            Self::Floor => "floor",
            Self::PlainAxum => "plain axum",
            Self::Redis => "Redis, raw pipelines",
        }
    }
}

/// The servers that stay up for the whole run.
pub(super) struct Servers {
    gateway: Gateway,
    warm: Gateway,
    feast: FeastServer,
    feast_of_two: FeastServer,
    pub(super) redis: u32,
}

impl Servers {
    pub(super) fn start(programs: &Programs, world: &World, redis: &Redis) -> Result<Self> {
        let both: &str = "0,1";
        let feast = |count, cores| {
            let workers = Workers { count, cores };
            FeastServer::start(&programs.feast_python, &world.repo, workers)
        };
        Ok(Self {
            gateway: serve(programs, &world.repo)?,
            warm: serve(programs, &world.cached)?,
            feast: feast(1, SERVER_CORE)?,
            feast_of_two: feast(2, both)?,
            redis: redis.process(),
        })
    }

    /// The port and the process of a contender that is one of these.
    pub(super) fn of(&self, contender: Contender) -> Option<Place> {
        let gateway = |gateway: &Gateway| Place::of(gateway);
        let feast = |feast: &FeastServer| Place {
            port: feast.port(),
            process: feast.process(),
        };
        match contender {
            Contender::Gateway => Some(gateway(&self.gateway)),
            Contender::WarmGateway | Contender::ArrowGateway => Some(gateway(&self.warm)),
            Contender::Feast => Some(feast(&self.feast)),
            Contender::FeastOfTwo => Some(feast(&self.feast_of_two)),
            Contender::HalfCached
            | Contender::MostlyCached
            | Contender::Floor
            | Contender::PlainAxum
            | Contender::Redis => None,
        }
    }

    pub(super) fn payers(&self, place: Place) -> Payers {
        Payers {
            server: place.process,
            redis: self.redis,
        }
    }
}

/// Where a server is.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) port: u16,
    pub(super) process: u32,
}

impl Place {
    pub(super) fn of(gateway: &Gateway) -> Self {
        Self {
            port: gateway.port(),
            process: gateway.process(),
        }
    }
}

/// A gateway that has the server's core for itself.
pub(super) fn serve(programs: &Programs, repo: &Path) -> Result<Gateway> {
    Gateway::start_as(pinned(&programs.built.gateway, SERVER_CORE), repo, 0)
}

/// A canned reply, on the server's core.
pub(super) fn canned(programs: &Programs, contender: Contender, reply: &Path) -> Result<Gateway> {
    let mut command = pinned(&programs.built.floor, SERVER_CORE);
    command.arg(reply);
    match contender {
        Contender::Floor => {}
        Contender::PlainAxum => {
            command.arg("--plain");
        }
        other => bail!("{} has no canned reply", other.name()),
    }
    Gateway::launch(command)
}
