//! Replies are counted until their clients have taken them, wherever hyper has them by then.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use gateway::accept::tls::Tls;
use http_body_util::{BodyExt, Empty};
use hyper::{
    Request,
    body::Incoming,
    client::conn::{http1, http2},
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use settings::Limits;
use tokio::runtime::Runtime;

use crate::{
    certificates::{Authority, Folder, client, connect},
    client::Client,
    server::{HELD_BYTES, Server, until, within},
};

const HELD: &str = "GET /held HTTP/1.1\r\nhost: x\r\n\r\n";

impl Server {
    async fn holds(&self, replies: usize) {
        until(|| self.unsent.bytes() == replies * HELD_BYTES).await;
    }
}

/// A server behind TLS, and who vouches for it.
async fn encrypted() -> (Server, Arc<Authority>) {
    let authority = Arc::new(Authority::new("a"));
    let tls: Arc<Tls> = Folder::of(&authority.pair()).load();
    let server = Server::start_with(Limits::default(), Some(tls)).await;
    (server, authority)
}

fn held() -> Request<Empty<Bytes>> {
    let request = Request::get("https://localhost/held").header("host", "localhost");
    request.body(Empty::new()).unwrap()
}

async fn read(body: Incoming) -> usize {
    let read = within(body.collect()).await;
    read.unwrap().to_bytes().len()
}

#[tokio::test]
async fn a_reply_is_counted_until_it_is_read() {
    let server = Server::start(Limits::default()).await;
    let mut first = Client::connect(server.address).await;
    let mut second = Client::connect(server.address).await;
    first.send(HELD).await;
    second.send(HELD).await;
    server.holds(2).await;
    assert!(first.reply().await.len() > HELD_BYTES);
    server.holds(1).await;
    assert!(second.reply().await.len() > HELD_BYTES);
    server.holds(0).await;
}

#[tokio::test]
async fn a_reply_is_counted_until_its_client_has_vanished() {
    let server = Server::start(Limits::default()).await;
    let mut client = Client::connect(server.address).await;
    client.send(HELD).await;
    server.holds(1).await;
    drop(client);
    server.holds(0).await;
}

#[tokio::test]
async fn a_reply_is_counted_until_its_client_is_cut_off() {
    let limits = Limits {
        idle_timeout: Duration::from_millis(200),
        ..Limits::default()
    };
    let server = Server::start(limits).await;
    let mut client = Client::connect(server.address).await;
    client.send(HELD).await;
    server.holds(1).await;
    server.holds(0).await;
    drop(client);
}

#[tokio::test]
async fn behind_tls_a_reply_is_counted_until_it_is_read() {
    let (server, authority) = encrypted().await;
    let client = client(&authority, b"http/1.1", None);
    let stream = connect(&client, server.address).await.unwrap();
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    let _connection = tokio::spawn(connection);
    let reply = within(sender.send_request(held())).await.unwrap();
    server.holds(1).await;
    assert_eq!(read(reply.into_body()).await, HELD_BYTES);
    server.holds(0).await;
}

/// Three replies on one connection of HTTP/2, whose client has read none of them.
async fn three(address: SocketAddr, authority: Arc<Authority>) -> [Incoming; 3] {
    let client = client(&authority, b"h2", None);
    let stream = connect(&client, address).await.unwrap();
    let shaken = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await;
    let (sender, connection) = shaken.unwrap();
    tokio::spawn(connection);
    let send = || {
        let mut sender = sender.clone();
        async move {
            let reply = within(sender.send_request(held())).await;
            reply.unwrap().into_body()
        }
    };
    [send().await, send().await, send().await]
}

#[tokio::test]
async fn replies_of_http_2_are_counted_until_they_are_read_or_given_up() {
    let (server, authority) = encrypted().await;
    let [first, second, third] = three(server.address, authority).await;
    server.holds(3).await;
    drop(first);
    server.holds(2).await;
    assert_eq!(read(second).await, HELD_BYTES);
    server.holds(1).await;
    assert_eq!(read(third).await, HELD_BYTES);
    server.holds(0).await;
}

#[tokio::test]
async fn replies_of_http_2_are_counted_until_their_client_has_vanished() {
    let (server, authority) = encrypted().await;
    // whose tasks end with it, and with them the connection
    let client = Runtime::new().unwrap();
    let replies = client.spawn(three(server.address, authority));
    let bodies = replies.await.unwrap();
    server.holds(3).await;
    client.shutdown_background();
    server.holds(0).await;
    drop(bodies);
}
