use std::{ops::Range, sync::Arc};

use futures::future::join_all;
use tokio::{task::JoinSet, time::Instant};

use super::{
    Cluster, SlotMap,
    redirect::{Astray, MOST_ROUNDS, Role, Target, lost},
};
use crate::{
    Error, Found,
    redis_store::{
        lookup::{Answered, Lookup, Told},
        reader::HASHES_PER_PIPELINE,
    },
};

/// Pipelines that are under way at the same time.
struct Round {
    lookup: Arc<Lookup>,
    trips: Vec<Trip>,
}

/// One pipeline.
#[derive(Clone)]
struct Trip {
    target: Target,
    hashes: Range<usize>,
}

impl Cluster {
    /// The rows that are looked up: one pipeline to each server that has some, and again what a server didn't tell.
    pub(in crate::redis_store) async fn rows(
        self: &Arc<Self>,
        lookup: Lookup,
        prefers_replicas: bool,
        deadline: Option<Instant>,
    ) -> Result<Found, Error> {
        if lookup.len() == 0 {
            return Ok(lookup.arrange(Vec::new()));
        }
        let (map, mut round) = self.first_round(lookup, prefers_replicas).await?;
        let whole = Arc::clone(&round.lookup);
        let mut told = Vec::with_capacity(round.trips.len());
        let (mut from_replica, mut is_moving) = (false, false);
        for _ in 0..MOST_ROUNDS {
            let mut astray = Vec::new();
            for (trip, answered) in round.run(deadline).await {
                if answered.is_ok() {
                    from_replica |= trip.target.role == Role::Replica;
                    is_moving |= trip.target.role == Role::Heir;
                }
                round.sort_out(&trip, answered, &mut told, &mut astray)?;
            }
            if astray.is_empty() {
                return Ok(Found {
                    from_replica,
                    is_moving,
                    ..whole.arrange(told)
                });
            }
            round = self.next_round(&map, &round.lookup, astray).await?;
        }
        Err(lost(self))
    }

    async fn first_round(
        self: &Arc<Self>,
        mut lookup: Lookup,
        prefers_replicas: bool,
    ) -> Result<(Arc<SlotMap>, Round), Error> {
        let mut map = self.map().await?;
        let mut groups = lookup.group_by(|key| map.place(key));
        if groups.iter().any(|(place, _)| map.shard(*place).is_none()) {
            map = self.map_after(Some(&map)).await?;
            groups = lookup.group_by(|key| map.place(key));
        }
        let mut trips = Vec::with_capacity(groups.len());
        for (place, hashes) in groups {
            let shard = map.shard(place).ok_or_else(|| self.without_master())?;
            let replica = prefers_replicas.then(|| shard.replica()).flatten();
            let target = match replica {
                Some(replica) => Target {
                    node: Arc::clone(replica),
                    role: Role::Replica,
                },
                None => Target::master(&shard.master),
            };
            add_trips(&mut trips, &target, hashes);
        }
        let lookup = Arc::new(lookup);
        Ok((map, Round { lookup, trips }))
    }

    async fn next_round(
        self: &Arc<Self>,
        map: &Arc<SlotMap>,
        lookup: &Lookup,
        astray: Vec<(usize, Target, Astray)>,
    ) -> Result<Round, Error> {
        let mut due = Vec::with_capacity(astray.len());
        for (hash, asked, why) in astray {
            let target = self.redirect(map, lookup.key_of(hash), &asked, why).await?;
            due.push((target, hash));
        }
        due.sort_by_key(|(target, _)| target.order());
        let mut trips = Vec::new();
        let mut start = 0;
        for group in due.chunk_by(|(one, _), (other, _)| one.order() == other.order()) {
            let end = start + group.len();
            if let Some((target, _)) = group.first() {
                add_trips(&mut trips, target, start..end);
            }
            start = end;
        }
        let picked = due
            .iter()
            .map(|(target, hash)| (*hash, target.role == Role::Heir));
        let lookup = Arc::new(lookup.part(picked));
        Ok(Round { lookup, trips })
    }
}

/// Splits what a target is asked for into pipelines.
fn add_trips(trips: &mut Vec<Trip>, target: &Target, hashes: Range<usize>) {
    for start in hashes.clone().step_by(HASHES_PER_PIPELINE) {
        let target = target.clone();
        let hashes = start..hashes.end.min(start + HASHES_PER_PIPELINE);
        trips.push(Trip { target, hashes });
    }
}

impl Round {
    /// All trips at once. A large read takes several cores.
    async fn run(&self, deadline: Option<Instant>) -> Vec<(Trip, Result<Answered, Error>)> {
        let asked = |trip: &Trip| {
            let (lookup, trip) = (Arc::clone(&self.lookup), trip.clone());
            async move {
                let answered = trip.ask(&lookup, deadline).await;
                (trip, answered)
            }
        };
        if self.lookup.len() <= HASHES_PER_PIPELINE {
            return join_all(self.trips.iter().map(asked)).await;
        }
        let tasks: JoinSet<_> = self.trips.iter().map(asked).collect();
        tasks.join_all().await
    }

    /// What of a trip was found, and what is to be asked for again.
    fn sort_out(
        &self,
        trip: &Trip,
        answered: Result<Answered, Error>,
        told: &mut Vec<Told>,
        astray: &mut Vec<(usize, Target, Astray)>,
    ) -> Result<(), Error> {
        let again = |hash, why| (hash, trip.target.clone(), why);
        let answered = match answered {
            Ok(answered) => answered,
            Err(error @ Error::Unavailable { .. }) => {
                let hashes = trip.hashes.clone();
                astray.extend(hashes.map(|hash| again(hash, Astray::Down(error.clone()))));
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        let store = trip.target.node.name();
        for (hash, error) in &answered.refused {
            let why = Astray::of(store, self.lookup.key_of(*hash), error);
            let why = why.ok_or_else(|| self.lookup.refusal(store, *hash, error))?;
            astray.push(again(*hash, why));
        }
        told.push(answered.told);
        Ok(())
    }
}

impl Trip {
    async fn ask(&self, lookup: &Lookup, deadline: Option<Instant>) -> Result<Answered, Error> {
        let commands = lookup.commands(self.hashes.clone());
        let replies = self.target.reads().ask(&commands, deadline).await?;
        lookup.rows(self.target.node.name(), self.hashes.clone(), replies)
    }
}
