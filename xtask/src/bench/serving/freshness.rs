//! How long after another process has written a value the gateway tells it out of its cache, at half load.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::{
    contender::Contender, contest::Arena, definitions::ENTITY, player::CONNECTIONS, resp::Resp,
    workload::W1,
};
use crate::{
    bench::{
        load::{Load, Precedence},
        median::percentile,
        report::{Figure, Report},
    },
    demo::request,
    workspace::step,
};

const P99_MILLIS: f64 = 50.0;
/// A row that isn't told by then never will be.
const PATIENCE: Duration = Duration::from_secs(10);
/// What a write and its being told take at most, as a rule.
const WRITES_PER_SECOND: u32 = 25;

pub(super) fn measure(arena: Arena<'_>, report: &mut Report) -> Result<()> {
    let place = arena.servers.of(Contender::WarmGateway);
    let place = place.context("there is a gateway with a cache")?;
    let bodies = arena.world.bodies(&W1)?;
    let load = |seconds, rate| Load {
        oha: &arena.programs.oha,
        port: place.port,
        project: None,
        token: None,
        accept: None,
        bodies: &bodies,
        connections: CONNECTIONS,
        seconds,
        rate,
        precedence: Precedence::Usual,
    };
    let seconds = arena.pace.writing_seconds;
    let took = step("Values that another process writes", || {
        let payers = arena.servers.payers(place);
        let most = payers.turn(&load(arena.pace.seconds, None))?.per_second;
        let half = load(seconds, Some(most / 2.0));
        let running = half.start_traced(arena.world.file("freshness.csv"))?;
        let mut row = Row::find(arena, place.port)?;
        let mut took = Vec::new();
        while running.elapsed() < f64::from(seconds) {
            took.push(row.write_and_wait()?.as_secs_f64() * 1000.0);
        }
        running.finish()?;
        Ok(took)
    })?;
    let least = usize::try_from(seconds * WRITES_PER_SECOND)?;
    ensure!(
        took.len() >= least,
        "only {} writes in {seconds} s",
        took.len()
    );
    let name =
        |what: &str| format!("a value that another process has written is visible, {what} ms");
    let at = |share| percentile(took.iter().copied(), share);
    report.push(Figure::told(name("p50"), at(0.5)));
    report.push(Figure::at_most(name("p99"), at(0.99), P99_MILLIS));
    Ok(())
}

/// The features of one entity, all of one value at a time.
struct Row {
    redis: Resp,
    gateway: u16,
    key: Vec<u8>,
    fields: Vec<Vec<u8>>,
    body: String,
    value: u8,
}

impl Row {
    /// Any of those that requests ask for.
    fn find(arena: Arena<'_>, gateway: u16) -> Result<Self> {
        let mut redis = Resp::connect(&arena.redis.address())?;
        let pattern = format!("*{ENTITY}*");
        let keys = redis.list(&[b"KEYS", pattern.as_bytes()])?;
        let key = keys.into_iter().next().context("no rows in Redis")?;
        let fields = redis.list(&[b"HKEYS", &key])?.into_iter();
        Ok(Self {
            fields: fields.filter(|name| !name.starts_with(b"_ts:")).collect(),
            redis,
            gateway,
            body: format!(
                "{{\"feature_service\":\"{}\",\"entities\":{{\"{ENTITY}\":[{}]}}}}",
                W1.service,
                id(&key)?
            ),
            key,
            value: 0,
        })
    }

    /// From the moment in which Redis says that it is written to the one in which the gateway tells it.
    fn write_and_wait(&mut self) -> Result<Duration> {
        // so that the row is in the cache
        self.told()?;
        self.value = self.value % 127 + 1;
        // an int64 of Feast's `Value`
        let value = [0x20, self.value];
        let mut words: Vec<&[u8]> = vec![b"HSET", &self.key];
        words.extend(
            self.fields
                .iter()
                .flat_map(|name| [name.as_slice(), &value]),
        );
        self.redis.run(&words)?;
        let written = Instant::now();
        while self.told()? != u64::from(self.value) {
            ensure!(
                written.elapsed() < PATIENCE,
                "what was written is not told after {PATIENCE:?}"
            );
        }
        Ok(written.elapsed())
    }

    fn told(&self) -> Result<u64> {
        let reply: Value = request::ask_in_json(self.gateway, &self.body)?;
        let value = reply["results"][1]["values"][0].as_u64();
        value.with_context(|| format!("no value in {reply}"))
    }
}

/// The entity's number: the last eight bytes before the project.
fn id(key: &[u8]) -> Result<i64> {
    let id = key.strip_suffix(b"bench").and_then(|key| key.last_chunk());
    let id: &[u8; 8] = id.context("no key of an entity")?;
    Ok(i64::from_le_bytes(*id))
}

#[cfg(test)]
mod tests {
    use super::id;

    #[test]
    fn an_entitys_number_stands_before_the_project() {
        let key = [b"entity_id".as_slice(), &1001_i64.to_le_bytes(), b"bench"].concat();
        assert_eq!(id(&key).unwrap(), 1001);
        assert!(id(b"bench").is_err());
    }
}
