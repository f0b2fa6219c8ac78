//! Clients that don't read their replies.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use e2e::{Gateway, GatewayCommand, Repo, deadline::wait_until};
use serde_json::json;

const PATIENCE: Duration = Duration::from_secs(60);
/// Replies are 8 MB, which is more than the buffers of sockets take.
const ENTITIES: usize = 40_000;
const MIB_UNSENT: u64 = 32;
const CLIENTS: usize = 40;
/// What requests take while they are worked on, and what the allocator keeps of that.
const MIB_OF_WORK: u64 = 64;

fn body(entities: usize) -> String {
    let drivers: Vec<usize> = (0..entities).map(|index| 1001 + index % 5).collect();
    let view = "driver_hourly_stats";
    let features = ["conv_rate", "acc_rate", "avg_daily_trips"];
    let features = features.map(|feature| format!("{view}:{feature}"));
    json!({"features": features, "entities": {"driver_id": drivers}}).to_string()
}

fn asked(gateway: &Gateway, body: &str) -> TcpStream {
    let mut stream = TcpStream::connect(("127.0.0.1", gateway.port())).expect("it listens");
    let limited = stream.set_read_timeout(Some(PATIENCE));
    limited.expect("a timeout above zero");
    let head = "POST /get-online-features HTTP/1.1\r\nhost: x\r\nconnection: close\r\n";
    let request = format!("{head}content-length: {}\r\n\r\n{body}", body.len());
    stream.write_all(request.as_bytes()).expect("it reads");
    stream
}

/// The first line of the reply, and nothing that comes after.
fn status(stream: &mut TcpStream) -> String {
    let mut line = Vec::new();
    let mut byte = [0];
    while byte != *b"\r" {
        stream.read_exact(&mut byte).expect("an answer");
        line.extend(byte);
    }
    String::from_utf8_lossy(&line).trim_end().to_owned()
}

fn unsent(gateway: &Gateway) -> u64 {
    let text = gateway.get("/metrics").text();
    let sample = r#"salver_unsent_bytes{project="driver_repo"} "#;
    let line = text.lines().find_map(|line| line.strip_prefix(sample));
    line.and_then(|bytes| bytes.parse().ok()).expect(sample)
}

#[test]
fn clients_that_do_not_read_cost_bounded_memory_and_keep_nobody_from_short_replies() {
    let repo = Repo::materialized();
    let gateway = GatewayCommand::new(repo.path())
        .env("SALVER__SALVER__LIMITS__MAX_ENTITIES", "100000")
        .env("SALVER__SALVER__LIMITS__MAX_CONCURRENT_REQUESTS", "2")
        .env("SALVER__SALVER__LIMITS__REQUEST_TIMEOUT", "1m")
        .env(
            "SALVER__SALVER__LIMITS__MAX_UNSENT_BYTES",
            &format!("{MIB_UNSENT}MiB"),
        )
        .start();
    gateway.wait_ready();
    let (long, short) = (body(ENTITIES), body(5));
    let mut whole = String::new();
    let mut read = asked(&gateway, &long);
    read.read_to_string(&mut whole).expect("a reply");
    assert!(whole.starts_with("HTTP/1.1 200 OK\r\n"));
    let before = gateway.resident_kib();
    let mut clients = Vec::new();
    let mut refused = 0;
    for _ in 0..CLIENTS {
        let mut client = asked(&gateway, &long);
        match status(&mut client).as_str() {
            "HTTP/1.1 200 OK" => clients.push(client),
            "HTTP/1.1 429 Too Many Requests" => refused += 1,
            other => panic!("{other}"),
        }
    }
    let grown = gateway.resident_kib().saturating_sub(before) / 1024;
    println!(
        "{} unread of {} bytes, {refused} refused, {grown} MiB more",
        clients.len(),
        whole.len()
    );
    assert!(clients.len() * whole.len() <= MIB_UNSENT as usize * 1024 * 1024);
    assert!(clients.len() >= 2 && refused >= CLIENTS / 2);
    assert!(grown <= MIB_UNSENT + MIB_OF_WORK, "{grown} MiB");
    assert!(unsent(&gateway) <= MIB_UNSENT * 1024 * 1024);
    assert_eq!(gateway.post(short).status, 200);
    let mut reader = clients.pop().expect("one of them");
    let mut rest = String::new();
    reader.read_to_string(&mut rest).expect("the rest comes");
    assert!(whole.ends_with(&rest[rest.len() - 1024..]));
    wait_until("its room to be another's", PATIENCE, || {
        status(&mut asked(&gateway, &long)).ends_with("200 OK")
    });
    drop(clients);
    wait_until("nothing to be held", PATIENCE, || unsent(&gateway) == 0);
}
