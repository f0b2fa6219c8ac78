use std::{sync::Arc, time::Duration};

use feature_model::{ProjectName, Timestamp};
use online_store::{Error, OnlineReader, OnlineWriter, open_reader, open_writer};
use settings::{OnlineStore, SqliteStore};

use crate::{redis_cluster::RedisCluster, redis_server::RedisServer};

/// A store of one test, removed when it goes out of scope.
pub(crate) enum Store {
    Redis(RedisServer),
    Cluster(RedisCluster),
    Sqlite(tempfile::TempDir),
}

impl Store {
    pub(crate) fn redis() -> Self {
        Self::Redis(RedisServer::start())
    }

    pub(crate) fn cluster() -> Self {
        Self::Cluster(RedisCluster::start())
    }

    /// Makes it as if it were fresh.
    pub(crate) fn flush(&self) {
        if let Self::Cluster(cluster) = self {
            cluster.flush();
        }
    }

    pub(crate) fn sqlite() -> Self {
        Self::Sqlite(tempfile::tempdir().unwrap())
    }

    pub(crate) fn settings(&self) -> OnlineStore {
        match self {
            Self::Redis(server) => OnlineStore::Redis(server.settings()),
            Self::Cluster(cluster) => OnlineStore::Redis(cluster.settings()),
            Self::Sqlite(folder) => OnlineStore::Sqlite(SqliteStore {
                path: folder.path().join("online.db"),
                timezone: "UTC".to_owned(),
            }),
        }
    }

    pub(crate) async fn reader(&self, project: &str) -> Arc<dyn OnlineReader> {
        open_reader(&self.settings(), &project_name(project))
            .await
            .unwrap()
    }

    pub(crate) async fn writer(&self, project: &str) -> Arc<dyn OnlineWriter> {
        open_writer(&self.settings(), &project_name(project))
            .await
            .unwrap()
    }

    /// What is left of an event time in this store.
    pub(crate) fn kept(&self, time: Timestamp) -> Timestamp {
        match self {
            Self::Redis(_) | Self::Cluster(_) => time,
            Self::Sqlite(_) => {
                let up = time.seconds() < 0 && time.subsecond_nanos() > 0;
                Timestamp::from_seconds(time.seconds() + i64::from(up))
            }
        }
    }
}

pub(crate) fn project_name(name: &str) -> ProjectName {
    name.parse().unwrap()
}

/// Asks again until the store answers, for ten seconds at most.
pub(crate) async fn until_it_answers(reader: &dyn OnlineReader) {
    let answered = async {
        while let Err(error) = reader.ping().await {
            assert!(matches!(error, Error::Unavailable { .. }), "{error}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), answered)
        .await
        .expect("the store is back");
}
