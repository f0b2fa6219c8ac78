//! The gateway as a process: how it begins, what it prints, how it ends.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use e2e::{
    Gateway, GatewayCommand, Invocation, Repo, binary,
    deadline::{poll, wait_until},
    request,
};
use free_port::free_port;
use serde_json::Value;

const PATIENCE: Duration = Duration::from_secs(60);
const REQUEST: &str =
    r#"{"features": ["driver_hourly_stats:conv_rate"], "entities": {"driver_id": [1001]}}"#;

/// A request whose body is only half there: accepted, and under way until the test sends the rest.
struct HalfSent {
    stream: TcpStream,
    rest: &'static [u8],
}

impl HalfSent {
    fn begin(gateway: &Gateway) -> Self {
        let mut stream = TcpStream::connect(("127.0.0.1", gateway.port())).expect("it listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("above zero");
        let (half, rest) = REQUEST.as_bytes().split_at(20);
        let length = REQUEST.len();
        let head = format!(
            "POST /get-online-features HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n\r\n"
        );
        let sent = stream.write_all(head.as_bytes());
        sent.and_then(|()| stream.write_all(half))
            .expect("it reads");
        wait_until("the request to be under way", PATIENCE, || {
            in_flight(gateway) == 2
        });
        Self { stream, rest }
    }

    fn finish(mut self) -> String {
        self.stream.write_all(self.rest).expect("it still reads");
        let mut reply = String::new();
        let _ = self.stream.read_to_string(&mut reply);
        reply
    }
}

/// Requests under way, the one that asks included.
fn in_flight(gateway: &Gateway) -> u32 {
    let metrics = gateway.get("/metrics").text();
    let name = "salver_http_requests_in_flight ";
    let sample = metrics.lines().find_map(|line| line.strip_prefix(name));
    sample.and_then(|value| value.parse().ok()).unwrap_or(0)
}

fn gateway_of(repo: &Repo) -> GatewayCommand {
    GatewayCommand::new(repo.path())
}

#[test]
fn a_registry_that_does_not_exist_names_the_command_that_writes_it() {
    let repo = Repo::init();
    let gateway = Invocation::new(&binary("gateway"), repo.path());
    let outcome = gateway.args(["serve", "--port", "0"]).run().exits(1);
    let outcome = outcome.complains("registry.db").complains("does not exist");
    let _ = outcome.complains("registry-admin").complains("apply");
}

#[test]
fn a_port_that_is_taken_is_a_failure_that_names_it() {
    let repo = Repo::init();
    let _ = repo.admin(["apply"]).run().succeeds();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = taken.local_addr().expect("bound").port().to_string();
    let gateway = Invocation::new(&binary("gateway"), repo.path());
    let outcome = gateway.args(["serve", "--port", &port]).run().exits(1);
    let _ = outcome.complains(&port);
}

#[test]
fn sigterm_turns_ready_off_first_and_everything_is_still_answered() {
    let repo = Repo::materialized();
    let delay = "SALVER__SALVER__LIMITS__DRAIN_DELAY";
    let gateway = gateway_of(&repo).env(delay, "60s").start();
    gateway.wait_ready();
    gateway.terminate();
    let body = gateway.wait_for_ready_status(503).json();
    assert_eq!(body["status"], "draining");
    assert_eq!(gateway.get("/health").status, 200);
    let reply = gateway.post(REQUEST);
    assert_eq!(reply.header("connection"), Some("close"));
    let _ = reply.ok();
}

#[test]
fn what_was_accepted_before_sigterm_is_finished_and_the_process_exits_with_0() {
    let repo = Repo::materialized();
    let delay = "SALVER__SALVER__LIMITS__DRAIN_DELAY";
    let mut gateway = gateway_of(&repo).env(delay, "0").start();
    gateway.wait_ready();
    let half_sent = HalfSent::begin(&gateway);
    gateway.terminate();
    wait_until("the listener to close", PATIENCE, || {
        TcpStream::connect(("127.0.0.1", gateway.port())).is_err()
    });
    let reply = half_sent.finish();
    assert!(reply.starts_with("HTTP/1.1 200 OK\r\n"), "{reply}");
    assert!(reply.contains("PRESENT"), "{reply}");
    assert_eq!(gateway.wait().code(), Some(0), "{}", gateway.log());
}

#[test]
fn a_second_signal_ends_the_process_at_once() {
    let repo = Repo::materialized();
    let mut gateway = Gateway::start(&repo);
    let _half_sent = HalfSent::begin(&gateway);
    gateway.terminate();
    let _ = gateway.wait_for_ready_status(503);
    gateway.terminate();
    assert_eq!(gateway.wait().code(), Some(143), "{}", gateway.log());
}

#[test]
fn metrics_can_have_an_address_of_their_own() {
    let repo = Repo::materialized();
    let address = format!("127.0.0.1:{}", free_port());
    let variable = "SALVER__SALVER__METRICS__ADDRESS";
    let gateway = gateway_of(&repo).env(variable, &address).start();
    gateway.wait_ready();
    let _ = gateway.get("/metrics").error(404, "not_found");
    let url = format!("http://{address}/metrics");
    let reply = request("GET", &url, &[], "").expect("it listens there");
    assert_eq!(reply.status, 200);
    assert!(reply.text().contains("salver_project_state"));
}

#[test]
fn log_lines_are_json_where_wanted_and_access_lines_are_switched_apart() {
    let repo = Repo::materialized();
    let gateway = gateway_of(&repo)
        .env("SALVER__SALVER__LOG__FORMAT", "json")
        .env("SALVER_LOG", "info,access=debug")
        .start();
    gateway.wait_ready();
    let header = [("x-request-id", "from-the-test")];
    let reply = gateway.send("POST", "/get-online-features", &header, REQUEST);
    assert_eq!(reply.header("x-request-id"), Some("from-the-test"));
    let line = poll("the access line", PATIENCE, || {
        let log = gateway.log();
        let line = log.lines().find(|line| line.contains("from-the-test"))?;
        serde_json::from_str::<Value>(line).ok()
    });
    assert_eq!(line["target"], "access");
    assert_eq!(line["status"], 200);
    assert_eq!(line["route"], "/get-online-features");
    for line in gateway.log().lines() {
        assert!(serde_json::from_str::<Value>(line).is_ok(), "{line}");
    }
}

#[test]
fn what_is_doubtful_in_the_settings_is_logged_once_with_its_line() {
    let repo = Repo::materialized();
    let settings = repo.read("feature_store.yaml");
    repo.write("feature_store.yaml", format!("{settings}\nflags: {{}}\n"));
    let gateway = Gateway::start(&repo);
    let log = gateway.log();
    let lines: Vec<_> = log
        .lines()
        .filter(|line| line.contains("`flags`"))
        .collect();
    assert_eq!(lines.len(), 1, "{log}");
    assert!(lines[0].contains("WARN"), "{log}");
    assert!(lines[0].contains("feature_store.yaml:"), "{log}");
}

#[test]
fn a_log_filter_that_cannot_be_read_is_a_failure_that_says_what_could() {
    let repo = Repo::init();
    let _ = repo.admin(["apply"]).run().succeeds();
    let gateway = Invocation::new(&binary("gateway"), repo.path());
    let gateway = gateway.args(["serve", "--port", "0"]);
    let outcome = gateway.env("SALVER_LOG", "gateway=loud").run().exits(1);
    let _ = outcome.complains("`gateway=loud`").complains("`info`");
}
