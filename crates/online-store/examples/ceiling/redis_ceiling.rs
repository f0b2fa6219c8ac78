use std::{
    io::{BufRead, BufReader, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use feature_codec::{encode_timestamp, encode_value, redis_key, timestamp_field, value_field};
use online_store::{StoredView, open_writer};
use settings::{OnlineStore, ReadFrom, RedisStore, Topology};

use crate::{arguments::Arguments, rows};

/// `HSET` of each hash, from the first byte sent to the last answer.
pub(crate) async fn raw(host: &str, port: u16, arguments: &Arguments) -> Duration {
    let view = rows::view("salver-ceiling-raw", arguments.features);
    let commands = packed(&view, arguments);
    let mut connection = TcpStream::connect((host, port)).unwrap();
    let answers = BufReader::new(connection.try_clone().unwrap());
    let rows = arguments.rows;
    let started = Instant::now();
    let reading = std::thread::spawn(move || {
        let answered = answers.lines().take(rows);
        answered.for_each(|line| assert!(line.unwrap().starts_with(':'), "HSET answers a number"));
    });
    for command in commands.chunks(64 * 1024) {
        connection.write_all(command).unwrap();
    }
    reading.join().unwrap();
    let taken = started.elapsed();
    remove(host, port, &view).await;
    taken
}

/// The same hashes through the writer.
pub(crate) async fn writer(host: &str, port: u16, arguments: &Arguments) -> Duration {
    let view = rows::view("salver-ceiling-writer", arguments.features);
    let writer = open_writer(&settings(host, port), &view.project)
        .await
        .unwrap();
    writer.prepare(&view).await.unwrap();
    let batches = rows::batches(arguments.rows, arguments.features);
    let started = Instant::now();
    for batch in batches {
        writer.write(&view, batch).await.unwrap();
    }
    let taken = started.elapsed();
    remove(host, port, &view).await;
    taken
}

async fn remove(host: &str, port: u16, view: &StoredView) {
    let writer = open_writer(&settings(host, port), &view.project)
        .await
        .unwrap();
    writer.remove_view(view).await.unwrap();
}

fn settings(host: &str, port: u16) -> OnlineStore {
    OnlineStore::Redis(RedisStore {
        nodes: vec![(host.to_owned(), port)],
        topology: Topology::Standalone,
        read_from: ReadFrom::Master,
        tls: None,
        username: None,
        password: None,
        db: 0,
        key_ttl_seconds: None,
        socket_timeout: None,
        socket_connect_timeout: None,
    })
}

/// All commands, as bytes of Redis' protocol.
fn packed(view: &StoredView, arguments: &Arguments) -> Vec<u8> {
    let mut bytes = Vec::new();
    let fields = view
        .features
        .iter()
        .map(|feature| value_field(&view.name, feature));
    let fields: Vec<[u8; 4]> = fields.collect();
    let mut value = Vec::new();
    for row in 0..arguments.rows {
        write!(bytes, "*{}\r\n", 4 + 2 * fields.len()).unwrap();
        push(&mut bytes, b"HSET");
        push(&mut bytes, &redis_key(&rows::key(row), &view.project));
        push(&mut bytes, &timestamp_field(&view.name));
        push(&mut bytes, &encode_timestamp(rows::event_time()));
        for (feature, field) in fields.iter().enumerate() {
            value.clear();
            encode_value(&rows::value(row, feature), &mut value);
            push(&mut bytes, field);
            push(&mut bytes, &value);
        }
    }
    bytes
}

fn push(bytes: &mut Vec<u8>, argument: &[u8]) {
    write!(bytes, "${}\r\n", argument.len()).unwrap();
    bytes.extend_from_slice(argument);
    bytes.extend_from_slice(b"\r\n");
}
