use std::sync::Arc;

use futures::future::join_all;
use redis::{Arg, Cmd, Pipeline, Value};

use super::{
    Cluster,
    redirect::{Astray, MOST_ROUNDS, Role, Target, lost},
};
use crate::{
    Error,
    redis_store::{link::Link, script::StoredScript},
};

impl Cluster {
    /// Sends each call to the master of its key, and gives their replies. All of them may run twice.
    pub(in crate::redis_store) async fn run(
        self: &Arc<Self>,
        script: Option<&StoredScript>,
        calls: &Pipeline,
    ) -> Result<Vec<Value>, Error> {
        let map = self.map().await?;
        let calls: Vec<&Cmd> = calls.cmd_iter().collect();
        let mut due = Vec::with_capacity(calls.len());
        for (call, command) in calls.iter().enumerate() {
            let shard = map.shard(map.place(key_of(command)));
            let shard = shard.ok_or_else(|| self.without_master());
            due.push((Target::master(&shard?.master), call));
        }
        let mut replies = vec![Value::Nil; calls.len()];
        for _ in 0..MOST_ROUNDS {
            due.sort_by_key(|(target, _)| target.order());
            let groups = due.chunk_by(|(one, _), (other, _)| one.order() == other.order());
            let sent = groups.map(|group| send(script, &calls, group));
            let mut astray = Vec::new();
            for answered in join_all(sent).await {
                for (target, call, reply) in answered? {
                    match reply {
                        Ok(reply) => replies[call] = reply,
                        Err(why) => astray.push((target, call, why)),
                    }
                }
            }
            due.clear();
            for (asked, call, why) in astray {
                let key = key_of(calls[call]);
                due.push((self.redirect(&map, key, &asked, why).await?, call));
            }
            if due.is_empty() {
                return Ok(replies);
            }
        }
        Err(lost(self))
    }

    /// A connection to each master, to write.
    pub(in crate::redis_store) async fn masters(self: &Arc<Self>) -> Result<Vec<Arc<Link>>, Error> {
        let map = self.map().await?;
        let links = map.shards().map(|shard| Arc::clone(&shard.master.writes));
        Ok(links.collect())
    }

    pub(super) fn without_master(&self) -> Error {
        Error::Unavailable {
            store: self.name().to_owned(),
            reason: "no server of the cluster has some of the slots".to_owned(),
        }
    }
}

/// What became of a call: its reply, or why there is none.
type Outcome = (Target, usize, Result<Value, Astray>);

/// Sends calls that have one target.
async fn send(
    script: Option<&StoredScript>,
    calls: &[&Cmd],
    group: &[(Target, usize)],
) -> Result<Vec<Outcome>, Error> {
    let Some((target, _)) = group.first() else {
        return Ok(Vec::new());
    };
    let is_heir = target.role == Role::Heir;
    let mut pipeline = Pipeline::with_capacity(group.len());
    for (_, call) in group {
        if is_heir {
            pipeline.cmd("ASKING");
        }
        pipeline.add_command(calls[*call].clone());
    }
    let link = &target.node.writes;
    let replies = match script {
        Some(script) => script.run(link, &pipeline).await,
        None => link.run(&pipeline).await,
    };
    let outcome = |call: usize, reply| (target.clone(), call, reply);
    let replies = match replies {
        Ok(replies) => replies,
        Err(error @ Error::Unavailable { .. }) => {
            let down =
                |(_, call): &(Target, usize)| outcome(*call, Err(Astray::Down(error.clone())));
            return Ok(group.iter().map(down).collect());
        }
        Err(error) => return Err(error),
    };
    let (first, step) = (usize::from(is_heir), 1 + usize::from(is_heir));
    let replies = replies.into_iter().skip(first).step_by(step);
    let told = group.iter().zip(replies).map(|((_, call), reply)| {
        let astray = match &reply {
            Value::ServerError(error) => Astray::of(link.name(), key_of(calls[*call]), error),
            _ => None,
        };
        outcome(*call, astray.map_or(Ok(reply), Err))
    });
    Ok(told.collect())
}

/// The key that a command is about: the first argument, or that behind a script's hash and its number of keys.
fn key_of(command: &Cmd) -> &[u8] {
    let mut arguments = command.args_iter();
    let place = match arguments.next() {
        Some(Arg::Simple(b"EVALSHA")) => 2,
        _ => 0,
    };
    match arguments.nth(place) {
        Some(Arg::Simple(key)) => key,
        _ => b"",
    }
}
