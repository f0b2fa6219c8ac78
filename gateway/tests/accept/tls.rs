//! TLS over real sockets: versions of HTTP, certificates of clients, exchange of the certificate, bounds.

use std::{
    fs,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use gateway::accept::tls::{News, Tls, TlsFiles};
use http_body_util::{BodyExt, Empty};
use hyper::{
    Request,
    client::conn::{http1, http2},
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::{CertificateDer, pem::PemObject};
use settings::Limits;
use tokio_rustls::TlsConnector;

use crate::{
    certificates::{Authority, Folder, Pair, client, connect},
    client::Client,
    server::{Server, within},
};

/// `GET /` on a connection of its own, and the certificate that the server has shown.
async fn get(client: &TlsConnector, address: SocketAddr) -> Result<(String, Vec<u8>), String> {
    let told = |error: &dyn std::fmt::Display| error.to_string();
    let stream = connect(client, address)
        .await
        .map_err(|error| told(&error))?;
    let shown = stream.get_ref().1.peer_certificates().unwrap()[0].to_vec();
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| told(&error))?;
    let connection = tokio::spawn(connection);
    let request = Request::get("/").header("host", "localhost");
    let request = request.body(Empty::<bytes::Bytes>::new()).unwrap();
    let reply = within(sender.send_request(request))
        .await
        .map_err(|error| told(&error))?;
    let body = within(reply.into_body().collect())
        .await
        .map_err(|error| told(&error))?
        .to_bytes();
    drop(sender);
    connection.abort();
    Ok((String::from_utf8(body.to_vec()).unwrap(), shown))
}

fn der(pair: &Pair) -> Vec<u8> {
    CertificateDer::from_pem_slice(pair.certificate.as_bytes())
        .unwrap()
        .to_vec()
}

fn handshakes(outcome: &str) -> String {
    format!("salver_tls_handshakes_total{{outcome=\"{outcome}\"}}")
}

#[tokio::test]
async fn http_1_is_served() {
    let authority = Authority::new("a");
    let pair = authority.pair();
    let folder = Folder::of(&pair);
    let server = Server::start_with(Limits::default(), Some(folder.load())).await;
    let client = client(&authority, b"http/1.1", None);
    let (body, shown) = get(&client, server.address).await.unwrap();
    assert_eq!(body, "hello");
    assert_eq!(shown, der(&pair));
    assert_eq!(server.metric(&handshakes("ok")), 1);
}

#[tokio::test]
async fn requests_of_one_http_2_connection_are_answered_side_by_side_and_finished_when_closing() {
    let authority = Authority::new("a");
    let folder = Folder::of(&authority.pair());
    let server = Server::start_with(Limits::default(), Some(folder.load())).await;
    let client = client(&authority, b"h2", None);
    let stream = connect(&client, server.address).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let (sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
        .await
        .unwrap();
    let connection = tokio::spawn(connection);
    let send = |path: &str| {
        let request = Request::get(format!("https://localhost{path}"));
        let request = request.body(Empty::<bytes::Bytes>::new()).unwrap();
        let mut sender = sender.clone();
        async move {
            let reply = within(sender.send_request(request)).await.unwrap();
            within(reply.into_body().collect())
                .await
                .unwrap()
                .to_bytes()
        }
    };
    let slow = tokio::spawn(send("/slow"));
    server.slow_request_began().await;
    assert_eq!(send("/").await, "hello");
    server.lifecycle.begin_closing();
    server.release.add_permits(1);
    assert_eq!(within(slow).await.unwrap(), "slow");
    within(connection).await.unwrap().unwrap();
    server.ended().await;
}

#[tokio::test]
async fn with_authorities_for_clients_only_their_certificates_are_let_in() {
    let (ours, theirs, others) = (
        Authority::new("a"),
        Authority::new("b"),
        Authority::new("c"),
    );
    let folder = Folder::of(&ours.pair());
    let tls = folder.load_for(&theirs);
    let server = Server::start_with(Limits::default(), Some(tls)).await;
    let known = client(&ours, b"http/1.1", Some(&theirs.pair()));
    assert_eq!(get(&known, server.address).await.unwrap().0, "hello");
    for shows in [None, Some(&others.pair())] {
        let unknown = client(&ours, b"http/1.1", shows);
        get(&unknown, server.address).await.unwrap_err();
    }
    assert_eq!(server.metric(&handshakes("ok")), 1);
    assert_eq!(server.metric(&handshakes("failed")), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_certificate_is_served_and_no_request_is_refused_meanwhile() {
    let authority = Authority::new("a");
    let pairs = [authority.pair(), authority.pair()];
    let folder = Folder::of(&pairs[0]);
    let tls = folder.load();
    let server = Server::start_with(Limits::default(), Some(Arc::clone(&tls))).await;
    let goes_on = Arc::new(AtomicBool::new(true));
    let address = server.address;
    let clients = (0..4).map(|_| {
        let (client, goes_on) = (client(&authority, b"http/1.1", None), Arc::clone(&goes_on));
        tokio::spawn(async move {
            let mut answered = 0;
            while goes_on.load(Ordering::Relaxed) {
                get(&client, address).await.unwrap();
                answered += 1;
            }
            answered
        })
    });
    let clients: Vec<_> = clients.collect();
    let client = client(&authority, b"http/1.1", None);
    for pair in pairs.iter().cycle().skip(1).take(9) {
        folder.put(pair);
        assert_eq!(tls.look().unwrap(), News::Changed);
        let (_, shown) = get(&client, address).await.unwrap();
        assert_eq!(shown, der(pair));
        assert_eq!(tls.look().unwrap(), News::Nothing);
    }
    goes_on.store(false, Ordering::Relaxed);
    for client in clients {
        assert!(within(client).await.unwrap() > 0);
    }
    assert_eq!(server.metric(&handshakes("failed")), 0);
}

#[tokio::test]
async fn a_certificate_that_can_not_be_used_is_told_once_and_the_old_one_is_served_on() {
    let authority = Authority::new("a");
    let pair = authority.pair();
    let folder = Folder::of(&pair);
    let tls = folder.load();
    let server = Server::start_with(Limits::default(), Some(Arc::clone(&tls))).await;
    let client = client(&authority, b"http/1.1", None);
    let other = authority.pair();
    let break_it: [(&dyn Fn(), &str); 3] = [
        (
            &|| fs::write(folder.at("cert.pem"), "torn").unwrap(),
            "holds no certificate in PEM",
        ),
        (
            &|| fs::write(folder.at("cert.pem"), &other.certificate).unwrap(),
            "can't be used together",
        ),
        (
            &|| fs::remove_file(folder.at("key.pem")).unwrap(),
            "key.pem` can't be read",
        ),
    ];
    for (break_it, told) in break_it {
        break_it();
        let error = tls.look().unwrap_err().to_string();
        assert!(error.contains(told), "{error}");
        assert_eq!(tls.look().unwrap(), News::Nothing);
        let (_, shown) = get(&client, server.address).await.unwrap();
        assert_eq!(shown, der(&pair));
    }
    folder.put(&other);
    assert_eq!(tls.look().unwrap(), News::Changed);
    let (_, shown) = get(&client, server.address).await.unwrap();
    assert_eq!(shown, der(&other));
}

#[test]
fn files_that_can_not_be_served_are_told_by_name() {
    let authority = Authority::new("a");
    let folder = Folder::of(&authority.pair());
    let refusal = |files: TlsFiles| Tls::load(files).unwrap_err().to_string();
    let swapped = TlsFiles {
        certificate: folder.at("key.pem"),
        key: folder.at("cert.pem"),
        client_authorities: None,
    };
    let told = refusal(swapped);
    assert!(
        told.contains("cert.pem` holds no private key in PEM"),
        "{told}"
    );
    fs::write(folder.at("key.pem"), authority.pair().key).unwrap();
    let told = refusal(folder.files());
    assert!(told.contains("can't be used together"), "{told}");
    fs::write(folder.at("key.pem"), vec![b'x'; 2 << 20]).unwrap();
    let told = refusal(folder.files());
    assert!(told.contains("at most 1048576 are read"), "{told}");
    assert!(!told.contains("PRIVATE"), "{told}");
}

#[tokio::test]
async fn a_handshake_that_does_not_come_to_its_end_closes_the_connection() {
    let authority = Authority::new("a");
    let folder = Folder::of(&authority.pair());
    let limits = Limits {
        header_read_timeout: Duration::from_millis(100),
        ..Limits::default()
    };
    let server = Server::start_with(limits, Some(folder.load())).await;
    for partial in ["", "\u{16}\u{3}\u{1}"] {
        let mut client = Client::connect(server.address).await;
        client.send(partial).await;
        assert_eq!(client.rest().await, "");
    }
    assert_eq!(server.metric(&handshakes("timed_out")), 2);
    assert_eq!(server.metric(&handshakes("ok")), 0);
}

#[tokio::test]
async fn a_client_that_speaks_no_tls_gets_no_reply() {
    let authority = Authority::new("a");
    let folder = Folder::of(&authority.pair());
    let server = Server::start_with(Limits::default(), Some(folder.load())).await;
    let mut client = Client::connect(server.address).await;
    client.send(crate::client::HELLO).await;
    let mut bytes = Vec::new();
    let _ = within(tokio::io::AsyncReadExt::read_to_end(
        &mut client.0,
        &mut bytes,
    ))
    .await;
    assert!(
        !String::from_utf8_lossy(&bytes).contains("HTTP"),
        "{bytes:?}"
    );
    assert_eq!(server.metric(&handshakes("failed")), 1);
}

#[tokio::test]
async fn clients_that_only_begin_handshakes_leave_room_for_connections_that_serve() {
    let authority = Authority::new("a");
    let folder = Folder::of(&authority.pair());
    // a quarter of them may be in a handshake
    let limits = Limits {
        max_connections: 4,
        header_read_timeout: Duration::from_millis(300),
        ..Limits::default()
    };
    let server = Server::start_with(limits, Some(folder.load())).await;
    let mut silent = Client::connect(server.address).await;
    let mut second = Client::connect(server.address).await;
    assert_eq!(second.rest().await, "");
    assert_eq!(server.metric(&handshakes("refused")), 1);
    assert_eq!(silent.rest().await, "");
    let client = client(&authority, b"http/1.1", None);
    assert_eq!(get(&client, server.address).await.unwrap().0, "hello");
}

#[tokio::test]
async fn a_reply_that_a_client_of_http_2_does_not_take_closes_the_connection() {
    let authority = Authority::new("a");
    let folder = Folder::of(&authority.pair());
    let limits = Limits {
        idle_timeout: Duration::from_millis(200),
        ..Limits::default()
    };
    let server = Server::start_with(limits, Some(folder.load())).await;
    let client = client(&authority, b"h2", None);
    let stream = connect(&client, server.address).await.unwrap();
    let (mut sender, connection) = http2::Builder::new(TokioExecutor::new())
        .initial_stream_window_size(1024)
        .handshake(TokioIo::new(stream))
        .await
        .unwrap();
    let connection = tokio::spawn(connection);
    let request = Request::get("https://localhost/long");
    let request = request.body(Empty::<bytes::Bytes>::new()).unwrap();
    // held, and never read
    let _reply = within(sender.send_request(request)).await.unwrap();
    let _ = within(connection).await.unwrap();
    let timed_out = |reason: &str| {
        server.metric(&format!(
            "salver_connections_timed_out_total{{reason=\"{reason}\"}}"
        ))
    };
    // what waits for the client may be with the connection already, for which no request is under way then
    assert_eq!(timed_out("write") + timed_out("idle"), 1);
}
