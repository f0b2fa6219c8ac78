//! Many connections that do nothing, end badly or never get on: each costs little, and nothing once it is gone.

use std::{
    io::{Read, Write},
    net::TcpStream,
    thread::{self, ScopedJoinHandle},
    time::Duration,
};

use e2e::{Gateway, GatewayCommand, KeepAlive, Repo, deadline::wait_until};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

const PATIENCE: Duration = Duration::from_secs(60);
const IDLE: usize = 10_000;
const KIB_OF_IDLE: u64 = 16;
/// Descriptors for all of them, and for everything else.
const DESCRIPTORS: u64 = 12_000;
const BODY: &str =
    r#"{"features": ["driver_hourly_stats:conv_rate"], "entities": {"driver_id": [1001]}}"#;
const PATH: &str = "/get-online-features";

/// A gateway that may have many connections, as this process may.
fn gateway_of(repo: &Repo, limits: &[(&str, &str)]) -> Gateway {
    raise_descriptors();
    let most = DESCRIPTORS.to_string();
    let mut command = GatewayCommand::new(repo.path())
        .env("SALVER__SALVER__LIMITS__MAX_CONNECTIONS", &most)
        .env("SALVER__SALVER__LIMITS__IDLE_TIMEOUT", "10m");
    for (limit, value) in limits {
        command = command.env(&format!("SALVER__SALVER__LIMITS__{limit}"), value);
    }
    let gateway = command.start();
    gateway.wait_ready();
    gateway
}

/// As far as this user may: programs that are started later inherit it.
fn raise_descriptors() {
    let limit = getrlimit(Resource::Nofile);
    let wanted = DESCRIPTORS + 500;
    let maximum = limit.maximum.unwrap_or(u64::MAX);
    assert!(
        maximum >= wanted,
        "the test needs {wanted} open files, and `ulimit -Hn` is {maximum}"
    );
    if limit.current.is_some_and(|current| current < wanted) {
        let raised = Rlimit {
            current: Some(wanted),
            ..limit
        };
        setrlimit(Resource::Nofile, raised).expect("below the hard limit");
    }
}

fn metric(gateway: &Gateway, sample: &str) -> u64 {
    let text = gateway.get("/metrics").text();
    let line = text.lines().find_map(|line| line.strip_prefix(sample));
    line.and_then(|value| value.trim().parse().ok())
        .unwrap_or(0)
}

/// So many connections, made side by side.
fn many<T: Send>(count: usize, make: impl Fn() -> T + Sync) -> Vec<T> {
    const THREADS: usize = 8;
    let some = || (0..count / THREADS).map(|_| make()).collect::<Vec<_>>();
    thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(some)).collect();
        let made = threads.into_iter().map(ScopedJoinHandle::join);
        made.flat_map(|made| made.expect("no connection fails"))
            .collect()
    })
}

fn served(gateway: &Gateway) -> KeepAlive {
    let mut connection = KeepAlive::connect(gateway.port());
    let reply = connection.post(PATH, &[], BODY);
    assert_eq!(reply.status, 200, "{}", reply.text());
    connection
}

fn sent(gateway: &Gateway, text: &str) -> TcpStream {
    let mut stream = TcpStream::connect(("127.0.0.1", gateway.port())).expect("it listens");
    stream.write_all(text.as_bytes()).expect("it reads");
    stream
}

#[test]
fn ten_thousand_connections_that_are_kept_alive_cost_at_most_16_kib_each() {
    let repo = Repo::materialized();
    let gateway = gateway_of(&repo, &[("MAX_QUEUE_TIME", "1m")]);
    drop(many(64, || served(&gateway)));
    let before = gateway.resident_kib();
    let mut idle = many(IDLE, || served(&gateway));
    assert!(metric(&gateway, "salver_connections ") >= IDLE as u64);
    let each = || gateway.resident_kib().saturating_sub(before) as f64 / IDLE as f64;
    wait_until("16 KiB for each at most", PATIENCE, || {
        each() <= KIB_OF_IDLE as f64
    });
    println!("{:.1} KiB each", each());
    for connection in idle.iter_mut().step_by(97) {
        assert_eq!(connection.post(PATH, &[], BODY).status, 200);
    }
    drop(idle);
    wait_until("the connections to be gone", PATIENCE, || {
        metric(&gateway, "salver_connections ") <= 1
    });
}

#[test]
fn clients_that_vanish_amid_a_request_leave_nothing_behind() {
    const ROUNDS: usize = 6;
    const CLIENTS: usize = 800;
    const KIB_LEFT: u64 = 16 * 1024;
    let repo = Repo::materialized();
    let gateway = gateway_of(&repo, &[]);
    let half = format!(
        "POST {PATH} HTTP/1.1\r\nhost: x\r\ncontent-length: 100000\r\n\r\n{}",
        "x".repeat(50_000)
    );
    let mut resident = Vec::new();
    for _ in 0..ROUNDS {
        let clients = many(CLIENTS, || sent(&gateway, &half));
        drop(clients);
        wait_until("nobody to be worked for", PATIENCE, || {
            metric(&gateway, "salver_connections ") <= 1
                && metric(&gateway, "salver_http_requests_in_flight ") == 1
        });
        resident.push(gateway.resident_kib());
    }
    // what is left behind stays, unlike what the allocator hasn't given back yet
    let (first, later) = (resident[0], &resident[ROUNDS / 2..]);
    let least = later.iter().min().copied().unwrap_or(u64::MAX);
    assert!(least <= first + KIB_LEFT, "{resident:?} KiB");
    drop(served(&gateway));
}

#[test]
fn clients_that_never_end_their_heads_cost_little_and_are_cut_off_while_others_are_answered() {
    const CLIENTS: usize = 2_000;
    /// The longest head, and a connection's own.
    const KIB_OF_SLOW: u64 = 32 + 8;
    let repo = Repo::materialized();
    let gateway = gateway_of(&repo, &[("HEADER_READ_TIMEOUT", "5s")]);
    drop(many(64, || served(&gateway)));
    let before = gateway.resident_kib();
    let head = format!("POST {PATH} HTTP/1.1\r\nhost: x\r\nx-slow: ");
    let mut slow = many(CLIENTS, || sent(&gateway, &head));
    let mut is_cut_off = 0;
    let timed_out = r#"salver_connections_timed_out_total{reason="header_read"}"#;
    let mut other = served(&gateway);
    wait_until("all of them to be cut off", PATIENCE, || {
        for client in &mut slow {
            // a byte now and then is no excuse
            is_cut_off += usize::from(client.write_all(b"x").is_err());
        }
        let grown = gateway.resident_kib().saturating_sub(before);
        assert!(grown <= KIB_OF_SLOW * CLIENTS as u64, "{grown} KiB");
        assert_eq!(other.post(PATH, &[], BODY).status, 200);
        metric(&gateway, timed_out) >= CLIENTS as u64
    });
    let mut rest = Vec::new();
    let read = slow[0].read_to_end(&mut rest);
    assert!(rest.is_empty(), "{read:?}");
    assert!(is_cut_off > 0);
}
