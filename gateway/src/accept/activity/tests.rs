use super::*;

fn activity() -> (Activity, Instant) {
    let start = Instant::now();
    (Activity::new(&Limits::default(), start), start)
}

fn limits() -> Limits {
    Limits::default()
}

#[tokio::test(start_paused = true)]
async fn a_head_must_be_whole_in_time_however_slowly_its_bytes_drip() {
    let (activity, start) = activity();
    let deadline = Some((start + limits().header_read_timeout, Expired::HeaderRead));
    assert_eq!(activity.deadline(), deadline);
    tokio::time::advance(Duration::from_secs(3)).await;
    activity.bytes_arrived();
    assert_eq!(activity.deadline(), deadline);
    activity.bytes_arrived();
    assert_eq!(activity.deadline(), deadline);
}

#[tokio::test(start_paused = true)]
async fn a_request_under_way_has_no_deadline_of_the_connection() {
    let (activity, _) = activity();
    activity.bytes_arrived();
    activity.request_began();
    activity.bytes_arrived();
    assert_eq!(activity.deadline(), None);
}

#[tokio::test(start_paused = true)]
async fn a_second_head_has_the_time_of_a_first_one() {
    let (activity, _) = activity();
    activity.request_began();
    activity.request_ended(None);
    let idle_since = Instant::now();
    assert_eq!(
        activity.deadline(),
        Some((idle_since + limits().idle_timeout, Expired::Idle))
    );
    tokio::time::advance(Duration::from_secs(20)).await;
    activity.bytes_arrived();
    assert_eq!(
        activity.deadline(),
        Some((
            Instant::now() + limits().header_read_timeout,
            Expired::HeaderRead
        ))
    );
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_takes_no_bytes_is_idle_though_a_request_is_under_way() {
    let (activity, start) = activity();
    activity.request_began();
    activity.write_went(true);
    tokio::time::advance(Duration::from_secs(5)).await;
    activity.write_went(true);
    assert_eq!(
        activity.deadline(),
        Some((start + limits().idle_timeout, Expired::Write))
    );
    activity.write_went(false);
    assert_eq!(activity.deadline(), None);
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_takes_a_long_reply_slowly_is_not_idle() {
    let (activity, _) = activity();
    activity.request_began();
    activity.request_ended(None);
    for _ in 0..5 {
        activity.write_went(true);
        tokio::time::advance(Duration::from_secs(60)).await;
        activity.write_went(false);
    }
    assert_eq!(
        activity.deadline(),
        Some((Instant::now() + limits().idle_timeout, Expired::Idle))
    );
}

#[tokio::test(start_paused = true)]
async fn each_request_of_a_peer_that_sends_no_more_has_a_moment() {
    let (activity, _) = activity();
    activity.request_began();
    activity.half_closed();
    tokio::time::advance(Duration::from_millis(100)).await;
    activity.half_closed();
    activity.request_ended(None);
    activity.request_began();
    assert_eq!(
        activity.deadline(),
        Some((Instant::now() + HALF_CLOSED_PATIENCE, Expired::HalfClosed))
    );
}

#[tokio::test(start_paused = true)]
async fn closing_gives_a_request_the_drain_time_and_a_silent_client_a_moment() {
    let (silent, start) = activity();
    silent.closing_began();
    assert_eq!(
        silent.deadline(),
        Some((start + FIRST_BYTE_GRACE, Expired::Drain))
    );
    let (busy, _) = activity();
    busy.request_began();
    busy.closing_began();
    assert_eq!(
        busy.deadline(),
        Some((start + limits().drain_timeout, Expired::Drain))
    );
}

#[tokio::test(start_paused = true)]
async fn a_connection_with_several_requests_is_idle_after_the_last() {
    let (activity, _) = activity();
    activity.multiplexes();
    activity.request_began();
    activity.request_began();
    activity.request_ended(None);
    assert_eq!(activity.phase(), Phase::Busy);
    activity.request_ended(None);
    tokio::time::advance(Duration::from_secs(1)).await;
    let idle = Some((
        Instant::now() + limits().idle_timeout - Duration::from_secs(1),
        Expired::Idle,
    ));
    assert_eq!(activity.deadline(), idle);
    // a ping keeps it no longer, and is no head of a request
    activity.bytes_arrived();
    activity.write_went(false);
    assert_eq!(activity.deadline(), idle);
}

#[tokio::test(start_paused = true)]
async fn a_reply_that_a_client_of_http_2_does_not_take_has_an_end() {
    let (activity, _) = activity();
    activity.multiplexes();
    activity.request_began();
    let first = activity.reply_began();
    let since = Instant::now();
    tokio::time::advance(Duration::from_secs(5)).await;
    activity.request_began();
    let second = activity.reply_began();
    let idle = limits().idle_timeout;
    assert_eq!(activity.deadline(), Some((since + idle, Expired::Write)));
    activity.request_ended(first);
    assert_eq!(
        activity.deadline(),
        Some((Instant::now() + idle, Expired::Write))
    );
    activity.request_ended(second);
    assert_eq!(
        activity.deadline(),
        Some((Instant::now() + idle, Expired::Idle))
    );
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_rests_and_is_closed_as_late_as_without() {
    let (activity, _) = activity();
    activity.may_rest();
    activity.request_began();
    activity.request_ended(None);
    let idle_since = Instant::now();
    let rest = Some((idle_since + REST_AFTER, Expired::Rest));
    assert_eq!(activity.deadline(), rest);
    tokio::time::advance(REST_AFTER).await;
    activity.rest_began();
    let idle = Some((idle_since + limits().idle_timeout, Expired::Idle));
    assert_eq!(activity.deadline(), idle);
    activity.bytes_arrived();
    activity.request_began();
    activity.request_ended(None);
    let rest = Some((Instant::now() + REST_AFTER, Expired::Rest));
    assert_eq!(activity.deadline(), rest);
}
