use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    thread,
};

use super::{Options, Reply, Schedule, Sender, request, table, told};

/// Much more than is read at once.
const LONG: usize = 3_000_000;

/// Answers everything, on one thread for each connection, with a long reply, a refusal and the end of the connection by
/// turns. Its port.
fn server() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            thread::spawn(move || answer(stream.unwrap()));
        }
    });
    port
}

fn answer(mut stream: TcpStream) {
    let mut requests = BufReader::new(stream.try_clone().unwrap());
    while let Some(body) = next_body(&mut requests) {
        let (status, length) = match body.as_str() {
            "long" => ("200 OK", LONG),
            "refused" => ("429 Too Many Requests", 5),
            _ => return,
        };
        let head = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n\r\n");
        // in two pieces
        for part in [&head.as_bytes()[..20], &head.as_bytes()[20..]] {
            stream.write_all(part).unwrap();
        }
        stream.write_all(&vec![b'\n'; length]).unwrap();
    }
}

fn next_body(requests: &mut BufReader<TcpStream>) -> Option<String> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if requests.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if let Some(value) = line.strip_prefix("content-length: ") {
            length = value.trim().parse().unwrap();
        }
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    requests.read_exact(&mut body).unwrap();
    Some(String::from_utf8(body).unwrap())
}

fn traffic(bodies: &[&str], connections: usize, schedule: Schedule) -> super::Traffic {
    let port = server();
    let requests: Vec<_> = bodies.iter().map(|body| request(port, body)).collect();
    let sender = Sender::connect(port, connections, &requests, schedule).unwrap();
    sender.run().unwrap()
}

fn count(replies: &[Reply], status: u16) -> usize {
    replies
        .iter()
        .filter(|reply| reply.status == status)
        .count()
}

#[test]
fn every_request_that_is_due_ends_once_whatever_its_reply() {
    let schedule = Schedule::new(Some(100.0), 0.3);
    let traffic = traffic(&["long", "refused", "end"], 4, schedule);
    assert_eq!((traffic.due, traffic.replies.len()), (30, 30));
    for status in [200, 429, 0] {
        assert_eq!(count(&traffic.replies, status), 10, "{status}");
    }
    let mut due: Vec<f64> = traffic.replies.iter().map(|reply| reply.at).collect();
    due.sort_by(f64::total_cmp);
    assert!((due[0]).abs() < 1e-9 && (due[29] - 0.29).abs() < 1e-9);
    assert!(traffic.replies.iter().all(|reply| reply.took > 0.0));
    assert!((0.0..=1.0).contains(&traffic.busy), "{}", traffic.busy);
}

#[test]
fn what_finds_no_free_connection_waits_and_is_told_to_have_waited() {
    let schedule = Schedule::new(Some(1_000_000.0), 0.1);
    let traffic = traffic(&["refused"], 1, schedule);
    let sent = u64::try_from(traffic.replies.len()).unwrap();
    assert!(sent > 1 && sent < traffic.due, "{sent} of {}", traffic.due);
    assert_eq!(traffic.due, 100_000);
    assert!(traffic.waited >= traffic.due - sent, "{}", traffic.waited);
    let last = traffic.replies.last().unwrap();
    assert!(last.at < 0.05 && last.took > 0.05, "{last:?}");
    let told = told(&traffic);
    assert!(told["waited"].as_f64().unwrap() > 0.5, "{told}");
}

#[test]
fn without_a_rate_each_connection_asks_again_until_the_time_is_over() {
    let traffic = traffic(&["refused"], 2, Schedule::new(None, 0.1));
    assert!(traffic.replies.len() > 2);
    assert_eq!(count(&traffic.replies, 429), traffic.replies.len());
    assert_eq!(usize::try_from(traffic.due).unwrap(), traffic.replies.len());
    assert!(traffic.replies.iter().all(|reply| reply.at < 0.1));
}

#[test]
fn a_table_is_read_as_one_of_oha() {
    let reply = Reply {
        at: 0.5,
        took: 0.25,
        status: 429,
    };
    let table = table(&[reply]).unwrap();
    assert_eq!(
        table,
        "request-start,request-duration,status\n0.500000,0.250000,429\n"
    );
}

#[test]
fn a_command_line_without_a_body_is_refused() {
    let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let whole = "--port 1 --bodies b --trace t --connections 8 --seconds 3 --rate 10.5";
    let options = Options::parse(words(whole)).unwrap();
    assert_eq!(options.rate.map(f64::to_bits), Some(10.5_f64.to_bits()));
    assert!(Options::parse(words("--port 1 --trace t")).is_err());
}
