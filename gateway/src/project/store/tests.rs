use std::sync::Mutex;

use super::*;

/// A store that answers what it is told to, in turn.
struct Scripted(Mutex<Vec<Result<(), Error>>>);

#[async_trait]
impl OnlineReader for Scripted {
    async fn read(&self, _: &[ViewRead<'_>], _: Freshness) -> Result<Found, Error> {
        self.ping().await.map(|()| Found::default())
    }

    async fn ping(&self) -> Result<(), Error> {
        self.0.lock().unwrap().remove(0)
    }
}

fn unavailable() -> Error {
    Error::Unavailable {
        store: "redis:6379".into(),
        reason: "connection refused".into(),
    }
}

fn denied() -> Error {
    Error::Denied {
        store: "redis:6379".into(),
        reason: "WRONGPASS".into(),
    }
}

fn corrupt() -> Error {
    Error::Corrupt {
        store: "redis:6379".into(),
        reason: "file is not a database".into(),
    }
}

async fn condition_after(answers: Vec<Result<(), Error>>) -> StoreCondition {
    let count = answers.len();
    let inner = Arc::new(Scripted(Mutex::new(answers)));
    let project = "prj".parse().unwrap();
    let store = WatchedStore::new(inner, &project, &Metrics::default());
    for _ in 0..count {
        let _ = store.ping().await;
    }
    store.condition()
}

#[tokio::test]
async fn a_store_is_silent_until_it_answers_once() {
    assert_eq!(
        condition_after(vec![Err(unavailable())]).await,
        StoreCondition::Silent(unavailable().to_string())
    );
    let answers = vec![Err(unavailable()), Ok(())];
    assert_eq!(condition_after(answers).await, StoreCondition::Answering);
}

#[tokio::test]
async fn a_store_that_denies_from_the_start_is_refusing_and_may_change_its_mind() {
    assert_eq!(
        condition_after(vec![Err(denied())]).await,
        StoreCondition::Refusing(denied().to_string())
    );
    let answers = vec![Err(denied()), Err(unavailable()), Ok(())];
    assert_eq!(condition_after(answers).await, StoreCondition::Answering);
}

#[tokio::test]
async fn a_store_that_answered_before_is_failing_while_it_is_away() {
    let failing = StoreCondition::Failing(unavailable().to_string());
    let answers = vec![Ok(()), Err(unavailable())];
    assert_eq!(condition_after(answers).await, failing);
    let answers = vec![Ok(()), Err(denied()), Err(unavailable())];
    assert_eq!(condition_after(answers).await, failing);
}

#[tokio::test]
async fn a_store_that_answered_before_is_refusing_where_waiting_does_not_help() {
    for error in [denied(), corrupt()] {
        let reason = error.to_string();
        assert_eq!(
            condition_after(vec![Ok(()), Err(error)]).await,
            StoreCondition::Refusing(reason)
        );
    }
}
