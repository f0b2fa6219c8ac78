use std::sync::{Mutex, atomic::AtomicUsize};

use futures::future::join_all;

use super::*;

const TIME: Duration = Duration::from_secs(10);

/// A store that answers what it is told to, in turn.
struct Scripted(Mutex<Vec<Result<(), Error>>>);

#[async_trait]
impl OnlineReader for Scripted {
    async fn read(&self, _: &[ViewRead<'_>], _: ReadOptions) -> Result<Found, Error> {
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
    let store = WatchedStore::new(inner, &project, TIME, &Metrics::default());
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

/// A store that does what it is told until it is told something else, and counts its reads.
struct Switched {
    does: Mutex<Does>,
    reads: AtomicUsize,
}

#[derive(Clone)]
enum Does {
    Answer(Result<(), Error>),
    /// Pings at once, and reads after so long.
    AnswerAfter(Duration),
    /// Only pings.
    AnswerPings,
    Hang,
}

impl Switched {
    fn turn(&self, does: Does) {
        *self.does.lock().unwrap() = does;
    }

    fn reads(&self) -> usize {
        self.reads.load(Ordering::Relaxed)
    }

    fn does(&self) -> Does {
        self.does.lock().unwrap().clone()
    }
}

#[async_trait]
impl OnlineReader for Switched {
    async fn read(&self, _: &[ViewRead<'_>], options: ReadOptions) -> Result<Found, Error> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        match self.does() {
            Does::Answer(answer) => answer.map(|()| Found::default()),
            Does::AnswerAfter(time) => {
                tokio::time::sleep(time).await;
                Ok(Found::default())
            }
            Does::AnswerPings => Err(unavailable()),
            Does::Hang => options.bound("redis:6379", std::future::pending()).await,
        }
    }

    async fn ping(&self) -> Result<(), Error> {
        match self.does() {
            Does::Answer(answer) => answer,
            Does::AnswerAfter(_) | Does::AnswerPings => Ok(()),
            Does::Hang => std::future::pending().await,
        }
    }
}

fn watched(does: Does) -> (Arc<WatchedStore>, Arc<Switched>) {
    let inner = Arc::new(Switched {
        does: Mutex::new(does),
        reads: AtomicUsize::new(0),
    });
    let project = "prj".parse().unwrap();
    let store: Arc<dyn OnlineReader> = Arc::<Switched>::clone(&inner);
    let store = WatchedStore::new(store, &project, TIME, &Metrics::default());
    (Arc::new(store), inner)
}

/// Requests one after the other, 10 ms apart, each of which waits so long at most. How many had an answer.
async fn requests(store: &WatchedStore, count: usize, patience: Duration) -> usize {
    let mut answered = 0;
    for _ in 0..count {
        let read = tokio::time::timeout(patience, store.read(&[], ReadOptions::default()));
        answered += usize::from(matches!(read.await, Ok(Ok(_))));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    answered
}

const AWAY: fn() -> Does = || Does::Answer(Err(unavailable()));

#[tokio::test(start_paused = true)]
async fn a_store_that_is_away_is_hardly_asked_and_the_error_says_so() {
    let (store, inner) = watched(Does::Answer(Ok(())));
    assert_eq!(requests(&store, 10, TIME).await, 10);
    inner.turn(AWAY());
    // ten seconds of them
    assert_eq!(requests(&store, 1000, TIME).await, 0);
    assert!(inner.reads() <= 10 + 5 + 20, "{} reads", inner.reads());
    assert!(store.is_left_alone());
    let error = store.read(&[], ReadOptions::default()).await.unwrap_err();
    assert!(matches!(error, Error::Unavailable { .. }));
    let told = error.to_string();
    assert!(
        told.contains("left alone") && told.contains("connection refused"),
        "{told}"
    );
    let StoreCondition::Failing(reason) = store.condition() else {
        panic!("{:?}", store.condition());
    };
    assert!(reason.contains("left alone"), "{reason}");
}

#[tokio::test(start_paused = true)]
async fn a_store_that_comes_back_is_used_within_a_second_whether_it_is_watched_or_not() {
    for is_watched in [false, true] {
        let (store, inner) = watched(AWAY());
        let tended = Arc::clone(&store);
        let tender = tokio::spawn(async move {
            if is_watched {
                tended.tend().await;
            }
        });
        requests(&store, 1000, TIME).await;
        inner.turn(Does::Answer(Ok(())));
        requests(&store, 100, TIME).await;
        assert_eq!(requests(&store, 100, TIME).await, 100);
        assert_eq!(store.condition(), StoreCondition::Answering);
        tender.abort();
    }
}

#[tokio::test(start_paused = true)]
async fn requests_that_come_together_after_an_outage_are_all_answered() {
    let (store, inner) = watched(AWAY());
    let tended = Arc::clone(&store);
    let tender = tokio::spawn(async move { tended.tend().await });
    // nobody asks meanwhile
    tokio::time::sleep(Duration::from_secs(30)).await;
    assert!(store.is_left_alone());
    inner.turn(Does::AnswerAfter(Duration::from_millis(1)));
    tokio::time::sleep(RETRY_EVERY * 3).await;
    let reads = (0..20).map(|_| store.read(&[], ReadOptions::default()));
    let answered = join_all(reads).await;
    assert!(answered.iter().all(Result::is_ok), "{answered:?}");
    tender.abort();
}

#[tokio::test(start_paused = true)]
async fn reads_are_made_again_as_soon_as_a_cache_says_that_the_store_is_back() {
    let (store, inner) = watched(AWAY());
    requests(&store, 10, TIME).await;
    assert!(store.is_left_alone());
    inner.turn(Does::Answer(Ok(())));
    store.is_back();
    assert_eq!(requests(&store, 10, TIME).await, 10);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_answers_every_other_ping_and_no_read_gets_few_reads() {
    let (store, inner) = watched(AWAY());
    let flapping = async {
        for does in [AWAY(), Does::AnswerPings].into_iter().cycle() {
            inner.turn(does);
            let _ = store.ping().await;
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    };
    tokio::select! {
        answered = requests(&store, 1000, TIME) => assert_eq!(answered, 0),
        () = flapping => unreachable!("it never ends"),
    }
    // those that open it, one each 500 ms, and one for each answered ping
    assert!(inner.reads() <= 5 + 20 + 10, "{} reads", inner.reads());
}

#[tokio::test(start_paused = true)]
async fn a_store_that_hangs_is_left_alone_by_what_clients_give_up() {
    let (store, inner) = watched(Does::Answer(Ok(())));
    requests(&store, 1, TIME).await;
    inner.turn(Does::Hang);
    requests(&store, 5, Duration::from_secs(5)).await;
    assert!(store.is_left_alone());
    let before = inner.reads();
    requests(&store, 30, TIME).await;
    assert!(inner.reads() - before <= 2, "{}", inner.reads() - before);
    let StoreCondition::Failing(reason) = store.condition() else {
        panic!("{:?}", store.condition());
    };
    assert!(reason.contains("in time"), "{reason}");
}

#[tokio::test(start_paused = true)]
async fn reads_that_end_at_their_deadline_count_as_what_clients_give_up() {
    for (patience, is_left_alone) in [(2_000, true), (900, false)] {
        let (store, inner) = watched(Does::Answer(Ok(())));
        store.ping().await.unwrap();
        inner.turn(Does::Hang);
        for _ in 0..5 {
            let options = ReadOptions {
                deadline: Some(Instant::now() + Duration::from_millis(patience)),
                ..ReadOptions::default()
            };
            let error = store.read(&[], options).await.unwrap_err();
            assert!(matches!(error, Error::Late { .. }), "{error}");
        }
        assert_eq!(store.is_left_alone(), is_left_alone);
        // that a request has no time left says nothing of the store's state
        let is_answering = store.condition() == StoreCondition::Answering;
        assert_eq!(is_answering, !is_left_alone);
    }
}

#[tokio::test(start_paused = true)]
async fn clients_that_go_away_soon_say_nothing_of_the_store() {
    let (store, inner) = watched(Does::Hang);
    requests(&store, 100, Duration::from_millis(900)).await;
    assert_eq!(inner.reads(), 100);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_refuses_or_holds_rubbish_is_asked_every_time() {
    for error in [denied(), corrupt()] {
        let (store, inner) = watched(Does::Answer(Err(error)));
        requests(&store, 100, TIME).await;
        assert_eq!(inner.reads(), 100);
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_answers_pings_alone_gets_few_reads_and_is_ready_to_get_more() {
    let (store, inner) = watched(Does::AnswerPings);
    let tended = Arc::clone(&store);
    let tender = tokio::spawn(async move { tended.tend().await });
    requests(&store, 1000, TIME).await;
    assert!(inner.reads() <= 5 + 25, "{} reads", inner.reads());
    tender.abort();
    // without requests nobody would find out otherwise
    store.ping().await.unwrap();
    assert_eq!(store.condition(), StoreCondition::Answering);
}
