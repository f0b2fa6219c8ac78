use std::time::Duration;

use settings::Limits;

use crate::{
    client::{Client, HELLO, SLOW, is_listening},
    server::{Server, within},
};

async fn until_nobody_listens(server: &Server) {
    within(async {
        while is_listening(server.address).await {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_slow_request_that_was_accepted_is_finished() {
    let server = Server::start(Limits::default()).await;
    let mut client = Client::connect(server.address).await;
    client.send(SLOW).await;
    server.slow_request_began().await;
    server.lifecycle.begin_closing();
    until_nobody_listens(&server).await;
    server.release.add_permits(1);
    let reply = client.rest().await;
    assert!(reply.contains("connection: close\r\n"), "{reply}");
    assert!(reply.ends_with("slow"), "{reply}");
    server.ended().await;
}

#[tokio::test]
async fn a_request_whose_head_is_half_there_is_finished() {
    let server = Server::start(Limits::default()).await;
    let mut client = Client::connect(server.address).await;
    // the first request proves that the server reads this connection
    client.get(HELLO).await;
    let (half, rest) = HELLO.split_at(10);
    let mut fresh = Client::connect(server.address).await;
    fresh.send(half).await;
    client.send(half).await;
    client.get(rest).await;
    server.lifecycle.begin_closing();
    until_nobody_listens(&server).await;
    fresh.send(rest).await;
    assert!(fresh.rest().await.ends_with("hello"));
    server.ended().await;
}

#[tokio::test]
async fn an_idle_connection_is_closed_at_once() {
    let server = Server::start(Limits::default()).await;
    let mut client = Client::connect(server.address).await;
    client.get(HELLO).await;
    server.lifecycle.begin_closing();
    assert_eq!(client.rest().await, "");
    server.ended().await;
}

#[tokio::test]
async fn a_client_that_never_speaks_does_not_hold_up_the_end() {
    let server = Server::start(Limits::default()).await;
    let mut client = Client::connect(server.address).await;
    server.lifecycle.begin_closing();
    assert_eq!(client.rest().await, "");
    server.ended().await;
}

#[tokio::test]
async fn connections_that_wait_to_be_accepted_are_served() {
    let server = Server::start(Limits::default()).await;
    // this test has one thread: the loop can't run before the next await, so the kernel holds these
    let mut clients = Vec::new();
    for _ in 0..20 {
        let stream = std::net::TcpStream::connect(server.address).unwrap();
        stream.set_nonblocking(true).unwrap();
        clients.push(stream);
    }
    server.lifecycle.begin_closing();
    for stream in clients {
        let mut client = Client(tokio::net::TcpStream::from_std(stream).unwrap());
        client.send(HELLO).await;
        assert!(client.rest().await.ends_with("hello"));
    }
    server.ended().await;
}

#[tokio::test]
async fn while_draining_everything_is_answered_and_nothing_kept_alive() {
    let server = Server::start(Limits::default()).await;
    let mut client = Client::connect(server.address).await;
    client.get(HELLO).await;
    server.lifecycle.begin_draining();
    client.send(HELLO).await;
    let reply = client.rest().await;
    assert!(reply.contains("connection: close\r\n"), "{reply}");
    let mut late = Client::connect(server.address).await;
    assert!(late.get(HELLO).await.ends_with("hello"));
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_given_up() {
    let limits = Limits {
        drain_timeout: Duration::from_millis(100),
        ..Limits::default()
    };
    let server = Server::start(limits).await;
    let mut client = Client::connect(server.address).await;
    client.send(SLOW).await;
    server.slow_request_began().await;
    server.lifecycle.begin_closing();
    assert_eq!(client.rest().await, "");
    server.ended().await;
}
