use futures::FutureExt as _;

use super::*;

const REQUESTS: usize = 500;
const PIECES: usize = 10;

/// How many pieces a flood has got done when the other lane's one request is through.
async fn flood_done_before(flood: Lane, other: Lane) -> usize {
    let done = Arc::new(AtomicUsize::new(0));
    let flood = Arc::new(flood);
    for _ in 0..REQUESTS {
        let (flood, done) = (Arc::clone(&flood), Arc::clone(&done));
        tokio::spawn(async move {
            for _ in 0..PIECES {
                flood.turn().await;
                done.fetch_add(1, Ordering::Relaxed);
                // what waits for a store
                tokio::task::yield_now().await;
            }
        });
    }
    let request = tokio::spawn(async move {
        other.turn().await;
        tokio::task::yield_now().await;
        other.turn().await;
    });
    request.await.unwrap();
    done.load(Ordering::Relaxed)
}

fn two() -> (Lane, Lane) {
    let mut lanes = lanes(&[Duration::ZERO; 2]).into_iter();
    (lanes.next().unwrap(), lanes.next().unwrap())
}

#[tokio::test]
async fn one_request_beside_a_flood_does_not_wait_for_all_of_it() {
    let (flood, other) = two();
    flood.request_came();
    other.request_came();
    let few = 4 * flood.turns.pieces;
    let done = flood_done_before(flood, other).await;
    assert!(done <= few && done < REQUESTS, "{done}");
}

#[tokio::test]
async fn a_project_that_is_asked_alone_takes_no_turns() {
    let (flood, other) = two();
    (0..5).for_each(|_| flood.request_came());
    assert!(!flood.turns.is_contended());
    let done = flood_done_before(flood, other).await;
    assert!(done >= REQUESTS, "{done}");
}

#[tokio::test]
async fn a_request_that_is_given_up_takes_no_turn_and_nobody_waits_for_ever() {
    let (one, other) = two();
    one.request_came();
    other.request_came();
    for _ in 0..3 {
        // begun, and dropped while it waits
        assert!(one.turn().now_or_never().is_none());
    }
    let all = async {
        one.turn().await;
        other.turn().await;
        one.turn().await;
    };
    tokio::time::timeout(Duration::from_secs(20), all)
        .await
        .unwrap();
    let lanes = one.turns.lanes();
    assert!(lanes.queues.are_empty());
}

#[tokio::test]
async fn long_work_of_one_project_leaves_room_for_anothers() {
    let (one, other) = two();
    let most = one.long_work.available_permits();
    let mut held = Vec::new();
    for _ in 0..most {
        held.push(one.long_turn().await);
    }
    assert!(one.long_turn().now_or_never().is_none());
    assert!(other.long_turn().now_or_never().is_some());
    held.pop();
    assert!(one.long_turn().now_or_never().is_some());
}

/// Fills a lane of a crowded process until it takes nobody any more.
fn fill(lane: &Lane) {
    let end = Instant::now() + Duration::from_secs(20);
    lane.turns.found_crowded(Instant::now());
    while !matches!(lane.begin().now_or_never(), Some(Err(_))) {
        assert!(Instant::now() < end, "it takes whatever comes");
    }
}

#[tokio::test]
async fn a_lane_that_stays_too_long_turns_away_what_comes_and_others_do_not() {
    let (flood, other) = two();
    fill(&flood);
    assert!(flood.begin().await.is_err());
    assert_eq!(other.begin().await, Ok(()));
}

#[tokio::test]
async fn a_lane_that_was_too_long_takes_requests_again_once_it_is_short() {
    let (flood, _) = two();
    fill(&flood);
    let lanes = || flood.turns.lanes().queues.are_empty();
    while !lanes() {
        tokio::task::yield_now().await;
    }
    assert_eq!(flood.begin().await, Ok(()));
}

#[tokio::test]
async fn in_a_crowded_process_requests_begin_in_the_order_in_which_they_came() {
    let lane = Arc::new(lanes(&[Duration::from_secs(1)]).remove(0));
    lane.turns.found_crowded(Instant::now());
    let (sender, mut began) = tokio::sync::mpsc::unbounded_channel();
    for index in 0..20 {
        let (lane, sender) = (Arc::clone(&lane), sender.clone());
        tokio::spawn(async move {
            assert_eq!(lane.begin().await, Ok(()));
            sender.send(index).unwrap();
        });
    }
    drop(sender);
    for index in 0..20 {
        assert_eq!(began.recv().await, Some(index));
    }
}

#[tokio::test]
async fn where_nobody_waits_a_request_begins_at_once() {
    let lane = lanes(&[Duration::ZERO]).remove(0);
    assert_eq!(lane.begin().now_or_never(), Some(Ok(())));
}

#[tokio::test]
async fn what_waits_for_long_work_counts_as_waiting() {
    let (one, _) = two();
    let held = one.long_turn().await;
    let most = one.long_work.available_permits();
    let all: Vec<_> = (0..most).map(|_| one.long_turn().now_or_never()).collect();
    let mut waiting = Box::pin(one.long_turn());
    assert!((&mut waiting).now_or_never().is_none());
    assert_eq!(one.long_waiting.load(Ordering::Relaxed), 1);
    assert!(one.begin().now_or_never().is_none());
    drop((held, all));
    assert!(waiting.await.is_some());
    assert_eq!(one.long_waiting.load(Ordering::Relaxed), 0);
}
