use std::future::Future;

use futures::future::join_all;
use tokio::{
    net::TcpListener,
    time::{sleep, timeout},
};

use super::*;

const PING: &[u8] = b"*1\r\n$4\r\nPING\r\n";
const PONG: &[u8] = b"+PONG\r\n";
const LONG: Duration = Duration::from_secs(10);

/// A channel and the server's end of its connection.
async fn channel(patience: Duration) -> (Channel, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (client, server) = tokio::join!(TcpStream::connect(address), listener.accept());
    (Channel::new(client.unwrap(), patience), server.unwrap().0)
}

async fn ping(channel: &Channel) -> Result<Answer, Unanswered> {
    channel.ask(PING.to_vec(), 1, None).await
}

/// Answers a `PING` and says how many bytes had come before it.
async fn answer_one(server: &mut TcpStream) -> usize {
    let mut seen = Vec::new();
    while !seen.ends_with(PING) {
        assert!(server.read_buf(&mut seen).await.unwrap() > 0);
    }
    server.write_all(PONG).await.unwrap();
    seen.len() - PING.len()
}

/// Begins something and gives it up before any other task could do anything for it.
async fn give_up<T>(asked: impl Future<Output = T>) {
    let mut asked = pin!(asked);
    let first = std::future::poll_fn(|cx| std::task::Poll::Ready(asked.as_mut().poll(cx)));
    assert!(first.await.is_pending());
}

#[tokio::test]
async fn what_was_given_up_or_is_late_before_it_is_sent_is_not_sent() {
    let (channel, mut server) = channel(LONG).await;
    let late = channel.ask(b"late".to_vec(), 1, Some(Instant::now())).await;
    assert_eq!(late.unwrap_err(), Unanswered::Late);
    give_up(channel.ask(b"given up".to_vec(), 1, None)).await;
    let (answer, before) = tokio::join!(ping(&channel), answer_one(&mut server));
    assert_eq!(answer.unwrap().bytes, PONG);
    assert_eq!(before, 0);
}

#[tokio::test]
async fn what_is_given_up_while_the_server_reads_nothing_is_not_kept_for_it() {
    let (channel, mut server) = channel(LONG).await;
    let (count, bytes) = (40, 1 << 20);
    let asked = (0..count).map(|_| {
        let asked = channel.ask(vec![b'x'; bytes], 1, None);
        timeout(Duration::from_millis(100), asked)
    });
    for outcome in join_all(asked).await {
        assert!(outcome.is_err());
    }
    let seeing = async {
        let before = answer_one(&mut server).await;
        // what the socket took along is answered, too
        for _ in 0..before / bytes {
            server.write_all(PONG).await.unwrap();
        }
        before
    };
    let (answer, before) = tokio::join!(ping(&channel), seeing);
    assert_eq!(answer.unwrap().bytes, PONG);
    assert!(before < count * bytes / 2, "{before} bytes");
}

#[tokio::test]
async fn more_than_may_wait_for_the_socket_goes_out_in_the_end() {
    let (channel, mut server) = channel(LONG).await;
    let (count, bytes) = (MOST_AT_ONCE, MOST_UNSENT / 2);
    let asked = (0..count).map(|_| channel.ask(vec![b'x'; bytes], 1, None));
    let answering = async {
        let mut commands = vec![0; count * bytes];
        server.read_exact(&mut commands).await.unwrap();
        server.write_all(&PONG.repeat(count)).await.unwrap();
    };
    let both = async { tokio::join!(join_all(asked), answering) };
    let (answers, ()) = timeout(LONG, both).await.unwrap();
    assert!(answers.iter().all(Result::is_ok));
}

#[tokio::test]
async fn a_reply_that_nobody_waits_for_any_more_is_not_taken_for_another() {
    let (channel, mut server) = channel(LONG).await;
    let asked = timeout(Duration::from_millis(20), ping(&channel));
    assert!(asked.await.is_err());
    let replies = async {
        let mut seen = vec![0; 2 * PING.len()];
        server.read_exact(&mut seen).await.unwrap();
        server.write_all(b"+FIRST\r\n+SECOND\r\n").await.unwrap();
    };
    let (second, ()) = tokio::join!(ping(&channel), replies);
    assert_eq!(second.unwrap().bytes, b"+SECOND\r\n".as_slice());
}

#[tokio::test]
async fn a_silent_server_is_told_to_all_who_wait_and_asked_no_more() {
    let (channel, _server) = channel(Duration::from_millis(100)).await;
    let asked = join_all((0..10).map(|_| ping(&channel))).await;
    for outcome in asked {
        assert_eq!(outcome.unwrap_err(), Unanswered::Silent);
    }
    let next = ping(&channel).await.unwrap_err();
    assert!(matches!(next, Unanswered::Closed(_)), "{next:?}");
}

#[tokio::test]
async fn a_server_is_seen_to_be_silent_though_all_who_asked_it_gave_up_early() {
    let (channel, _server) = channel(Duration::from_millis(100)).await;
    let closed = async {
        loop {
            match timeout(Duration::from_millis(5), ping(&channel)).await {
                Err(_) | Ok(Err(Unanswered::Silent)) => {}
                Ok(outcome) => return outcome.unwrap_err(),
            }
        }
    };
    let closed = timeout(LONG, closed).await.unwrap();
    assert!(matches!(closed, Unanswered::Closed(_)), "{closed:?}");
}

#[tokio::test]
async fn a_server_that_answers_is_asked_however_long_the_connection_lasts() {
    let (channel, mut server) = channel(Duration::from_millis(50)).await;
    for _ in 0..4 {
        let (answer, _) = tokio::join!(ping(&channel), answer_one(&mut server));
        answer.unwrap();
        // longer than the server may take for a reply
        sleep(Duration::from_millis(60)).await;
    }
}

#[test]
fn who_has_not_waited_too_long_goes_on_waiting() {
    let patience = Duration::from_secs(5);
    let start = Instant::now();
    let mut traffic = Traffic {
        patience,
        ..Traffic::default()
    };
    let mut ask = |seconds| {
        let (asker, answered) = oneshot::channel();
        traffic.pending.push_back(Pending {
            left: 1,
            has_error: false,
            since: start + Duration::from_secs(seconds),
            asker: Some(asker),
        });
        answered
    };
    let (mut first, mut second) = (ask(0), ask(3));
    assert!(!traffic.give_up(start + Duration::from_secs(4)));
    assert!(first.try_recv().is_err());
    assert!(traffic.give_up(start + Duration::from_secs(5)));
    assert_eq!(first.try_recv().unwrap().unwrap_err(), Unanswered::Silent);
    assert!(second.try_recv().is_err());
    assert_eq!(traffic.oldest(), Some(start + Duration::from_secs(3)));
    // both replies come after all
    traffic.incoming.extend_from_slice(b"+FIRST\r\n+SECOND\r\n");
    traffic.deliver().unwrap();
    let second = second.try_recv().unwrap().unwrap();
    assert_eq!(second.bytes, b"+SECOND\r\n".as_slice());
    assert!(!traffic.is_awaited());
}
