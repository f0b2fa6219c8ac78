use settings::Limits;

use crate::{
    client::{Client, HELLO, SLOW},
    server::Server,
};

async fn answer_to(bytes: &str) -> String {
    let server = Server::start(Limits::default()).await;
    let mut client = Client::connect(server.address).await;
    client.send(bytes).await;
    client.rest().await
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_their_order() {
    let server = Server::start(Limits::default()).await;
    let mut client = Client::connect(server.address).await;
    let echo = |body: &str| {
        let length = body.len();
        format!("POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n\r\n{body}")
    };
    client
        .send(&[echo("one"), HELLO.to_owned(), echo("three")].concat())
        .await;
    assert!(client.reply().await.ends_with("one"));
    assert!(client.reply().await.ends_with("hello"));
    assert!(client.reply().await.ends_with("three"));
}

#[tokio::test]
async fn http_1_0_is_answered_and_closed() {
    let reply = answer_to("GET / HTTP/1.0\r\n\r\n").await;
    assert!(reply.starts_with("HTTP/1.0 200 OK\r\n"), "{reply}");
    assert!(reply.ends_with("hello"));
}

#[tokio::test]
async fn http_1_0_is_kept_alive_where_it_asks_for_it() {
    let server = Server::start(Limits::default()).await;
    let mut client = Client::connect(server.address).await;
    let request = "GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n";
    assert!(client.get(request).await.ends_with("hello"));
    assert!(client.get(request).await.ends_with("hello"));
}

#[tokio::test]
async fn a_client_that_closes_its_side_still_gets_its_replies() {
    let server = Server::start(Limits::default()).await;
    let echo = "POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\none";
    let mut client = Client::connect(server.address).await;
    client.send(&[echo, SLOW, HELLO].concat()).await;
    client.close_its_side().await;
    server.slow_request_began().await;
    server.release.add_permits(1);
    let replies = client.rest().await;
    for body in ["\r\n\r\none", "\r\n\r\nslow", "\r\n\r\nhello"] {
        assert!(replies.contains(body), "{replies}");
    }
}

#[tokio::test]
async fn a_client_that_closes_its_side_gets_a_long_reply_whole() {
    let server = Server::start(Limits::default()).await;
    let mut client = Client::connect(server.address).await;
    client.send("GET /long HTTP/1.1\r\nhost: x\r\n\r\n").await;
    client.close_its_side().await;
    assert!(client.rest().await.len() > 64 * 1024 * 1024);
}

#[tokio::test]
async fn bytes_that_are_no_http_get_a_400_and_are_closed() {
    for garbage in [
        "\u{1}\u{2}\u{3}\r\n\r\n",
        "GET\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "GET / HTTP/1.1\r\nno colon\r\n\r\n",
        "POST /echo HTTP/1.1\r\ncontent-length: many\r\n\r\n",
    ] {
        let reply = answer_to(garbage).await;
        assert!(
            reply.starts_with("HTTP/1.1 400 Bad Request\r\n"),
            "{garbage:?}: {reply}"
        );
    }
}

#[tokio::test]
async fn a_head_without_measure_gets_a_431() {
    let head = format!("GET / HTTP/1.1\r\nx: {}\r\n\r\n", "x".repeat(40_000));
    let reply = answer_to(&head).await;
    assert!(reply.starts_with("HTTP/1.1 431 "), "{reply}");
}

/// What a proxy that goes by the length passes on as one request must not be two here.
#[tokio::test]
async fn a_body_with_two_measures_is_read_by_its_chunks_and_ends_the_connection() {
    let chunked = "3\r\none\r\n0\r\n\r\n";
    let within = [chunked, HELLO].concat();
    let length = format!("content-length: {}\r\n", within.len());
    let coding = "transfer-encoding: chunked\r\n";
    for measures in [[&length, coding], [coding, &length]] {
        let head = format!(
            "POST /echo HTTP/1.1\r\nhost: x\r\n{}\r\n",
            measures.concat()
        );
        let replies = answer_to(&[&head, within.as_str()].concat()).await;
        assert!(replies.starts_with("HTTP/1.1 200 OK\r\n"), "{replies}");
        assert!(replies.contains("connection: close\r\n"), "{replies}");
        assert!(replies.ends_with("\r\n\r\none"), "{replies}");
    }
}
