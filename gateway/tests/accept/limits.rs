use std::time::{Duration, Instant};

use settings::Limits;
use tokio::io::AsyncReadExt;

use crate::{
    client::{Client, HELLO, SLOW},
    server::{PATIENCE, Server, until, within},
};

const SHORT: Duration = Duration::from_millis(100);

fn timed_out(reason: &str) -> String {
    format!("salver_connections_timed_out_total{{reason=\"{reason}\"}}")
}

#[tokio::test]
async fn a_head_that_does_not_come_to_its_end_closes_the_connection() {
    let limits = Limits {
        header_read_timeout: SHORT,
        ..Limits::default()
    };
    let server = Server::start(limits).await;
    for partial in ["", "GET / HT"] {
        let mut client = Client::connect(server.address).await;
        client.send(partial).await;
        assert_eq!(client.rest().await, "");
    }
    assert_eq!(server.metric(&timed_out("header_read")), 2);
}

#[tokio::test]
async fn a_second_head_must_come_to_its_end_too() {
    let limits = Limits {
        header_read_timeout: SHORT,
        ..Limits::default()
    };
    let server = Server::start(limits).await;
    let mut client = Client::connect(server.address).await;
    client.get(HELLO).await;
    client.send("GET / HT").await;
    assert_eq!(client.rest().await, "");
    assert_eq!(server.metric(&timed_out("header_read")), 1);
}

#[tokio::test]
async fn an_idle_connection_is_closed_and_outlives_the_header_timeout_before() {
    let limits = Limits {
        header_read_timeout: SHORT,
        idle_timeout: 5 * SHORT,
        ..Limits::default()
    };
    let server = Server::start(limits).await;
    let mut client = Client::connect(server.address).await;
    client.get(HELLO).await;
    let idle_since = Instant::now();
    assert_eq!(client.rest().await, "");
    assert!(
        idle_since.elapsed() >= 4 * SHORT,
        "{:?}",
        idle_since.elapsed()
    );
    assert_eq!(server.metric(&timed_out("idle")), 1);
}

#[tokio::test]
async fn a_long_request_is_no_idle_connection() {
    let limits = Limits {
        header_read_timeout: SHORT,
        idle_timeout: SHORT,
        ..Limits::default()
    };
    let server = Server::start(limits).await;
    let mut slow = Client::connect(server.address).await;
    slow.send(SLOW).await;
    server.slow_request_began().await;
    // another connection lives through the same timeouts meanwhile
    let mut idle = Client::connect(server.address).await;
    idle.get(HELLO).await;
    idle.rest().await;
    server.release.add_permits(1);
    assert!(slow.reply().await.ends_with("slow"));
}

#[tokio::test]
async fn a_client_that_does_not_take_its_reply_is_cut_off() {
    let limits = Limits {
        idle_timeout: SHORT,
        ..Limits::default()
    };
    let server = Server::start(limits).await;
    let mut client = Client::connect(server.address).await;
    client.send("GET /long HTTP/1.1\r\nhost: x\r\n\r\n").await;
    until(|| server.metric(&timed_out("write")) == 1).await;
    let mut taken = Vec::new();
    let _ = within(client.0.read_to_end(&mut taken)).await;
    assert!(taken.len() < 64 * 1024 * 1024);
}

#[tokio::test]
async fn a_client_that_is_gone_is_not_worked_for_any_longer() {
    let server = Server::start(Limits::default()).await;
    let mut client = Client::connect(server.address).await;
    client.send(SLOW).await;
    server.slow_request_began().await;
    drop(client);
    until(|| server.metric("salver_connections ") == 0).await;
    assert_eq!(server.metric(&timed_out("half_closed")), 1);
}

#[tokio::test]
async fn a_connection_past_the_cap_is_told_so_and_gets_in_when_there_is_room() {
    let limits = Limits {
        max_connections: 1,
        ..Limits::default()
    };
    let server = Server::start(limits).await;
    let mut first = Client::connect(server.address).await;
    first.get(HELLO).await;
    let mut second = Client::connect(server.address).await;
    second.send(HELLO).await;
    let reply = second.rest().await;
    assert!(
        reply.starts_with("HTTP/1.1 503 Service Unavailable\r\n"),
        "{reply}"
    );
    assert!(reply.contains("retry-after: 1\r\n"), "{reply}");
    let (_, body) = reply.split_once("\r\n\r\n").unwrap();
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!(body["code"], "too_many_connections");
    assert!(body["request_id"].is_string());
    drop(first);
    let deadline = Instant::now() + PATIENCE;
    loop {
        let mut third = Client::connect(server.address).await;
        third.send(HELLO).await;
        let reply = third.reply().await;
        if reply.ends_with("hello") {
            return;
        }
        assert!(Instant::now() < deadline, "{reply}");
    }
}

#[tokio::test]
async fn many_connections_are_served_at_once() {
    let server = Server::start(Limits::default()).await;
    let mut clients = Vec::new();
    for _ in 0..500 {
        let mut client = Client::connect(server.address).await;
        client.send(SLOW).await;
        clients.push(client);
    }
    for _ in 0..500 {
        server.slow_request_began().await;
    }
    assert_eq!(server.metric("salver_connections "), 500);
    server.release.add_permits(500);
    for client in &mut clients {
        assert!(client.reply().await.ends_with("slow"));
    }
    drop(clients);
    until(|| server.metric("salver_connections ") == 0).await;
}
