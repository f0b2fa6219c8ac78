use std::{pin::pin, time::Duration};

use futures::FutureExt;
use tokio::time::Instant;

use super::{NoRoom, PATIENCE, SHORT, Unsent};

fn long(count: usize) -> Vec<u8> {
    vec![b'x'; count * SHORT]
}

fn far() -> Instant {
    Instant::now() + Duration::from_secs(60)
}

#[tokio::test(start_paused = true)]
async fn bytes_are_held_until_the_last_copy_is_gone() {
    let unsent = Unsent::new(16 * SHORT);
    let mut reply = unsent.hold(long(2), far()).await.unwrap();
    assert_eq!(reply, long(2));
    assert_eq!(unsent.bytes(), 2 * SHORT);
    let part = reply.split_to(10);
    drop(reply);
    assert_eq!(unsent.bytes(), 2 * SHORT);
    drop(part);
    assert_eq!(unsent.bytes(), 0);
}

#[tokio::test(start_paused = true)]
async fn without_room_a_reply_is_turned_away_after_a_moment() {
    let unsent = Unsent::new(16 * SHORT);
    let _held = unsent.hold(long(8), far()).await.unwrap();
    let began = Instant::now();
    assert_eq!(unsent.hold(long(5), far()).await, Err(NoRoom));
    assert_eq!(began.elapsed(), PATIENCE);
    assert!(unsent.hold(long(4), far()).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn nothing_waits_past_its_deadline() {
    let unsent = Unsent::new(16 * SHORT);
    let _held = unsent.hold(long(12), far()).await.unwrap();
    let began = Instant::now();
    let deadline = began + Duration::from_millis(7);
    assert_eq!(unsent.hold(long(1), deadline).await, Err(NoRoom));
    assert_eq!(began.elapsed(), Duration::from_millis(7));
}

#[tokio::test(start_paused = true)]
async fn what_is_given_back_is_for_those_who_wait() {
    let unsent = Unsent::new(16 * SHORT);
    let first = unsent.hold(long(6), far()).await.unwrap();
    let second = unsent.hold(long(6), far()).await.unwrap();
    let mut all = pin!(unsent.hold(long(12), far()));
    let mut some = pin!(unsent.hold(long(4), far()));
    assert!(all.as_mut().now_or_never().is_none());
    assert!(some.as_mut().now_or_never().is_none());
    drop(first);
    assert!(all.as_mut().now_or_never().is_none());
    let some = some.now_or_never().unwrap().unwrap();
    drop((second, some));
    assert!(all.now_or_never().unwrap().is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_reply_that_is_longer_than_all_the_room_is_taken_alone() {
    let unsent = Unsent::new(4 * SHORT);
    let alone = unsent.hold(long(40), far()).await.unwrap();
    assert_eq!(unsent.hold(long(1), far()).await, Err(NoRoom));
    assert_eq!(unsent.hold(long(40), far()).await, Err(NoRoom));
    drop(alone);
    let _small = unsent.hold(long(1), far()).await.unwrap();
    assert_eq!(unsent.hold(long(40), far()).await, Err(NoRoom));
}

#[tokio::test(start_paused = true)]
async fn long_replies_leave_room_for_short_ones_which_have_only_so_much() {
    let unsent = Unsent::new(16 * SHORT);
    let _held = unsent.hold(long(12), far()).await.unwrap();
    assert_eq!(unsent.hold(long(1), far()).await, Err(NoRoom));
    let mut held = Vec::new();
    while let Ok(short) = unsent.hold(vec![b'x'; SHORT / 2], far()).await {
        held.push(short);
    }
    assert_eq!(held.len(), 8);
    assert_eq!(unsent.bytes(), 16 * SHORT);
}
