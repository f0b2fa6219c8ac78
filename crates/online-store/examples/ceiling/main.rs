//! How close the writers come to what the store can do, as JSON on stdout.
//!
//! ```text
//! ceiling redis 127.0.0.1:6379 [--rows 100000] [--features 50] [--rounds 3]
//! ceiling sqlite /tmp/ceiling.db [--rows 100000] [--features 50] [--rounds 3]
//! ```
//!
//! In Redis the ceiling is `HSET` of the same hashes: packed beforehand, pipelined, nobody looking at the
//! answers. In SQLite it is the same rows as prepared inserts in one transaction, into a new file with
//! SQLite's own settings. The rounds alternate between ceiling and writer; the medians are compared.
//! Redis: only keys of two projects of this program's are written, and removed again. SQLite: files with
//! the path's name and an ending, removed again.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a measurement that can't go on has no result"
)]

mod arguments;
mod redis_ceiling;
mod rows;
mod sqlite_ceiling;

use std::time::Duration;

use arguments::{Arguments, Target};

#[tokio::main]
async fn main() {
    let arguments = Arguments::parse(std::env::args().skip(1)).unwrap_or_else(|problem| {
        eprintln!("{problem}");
        std::process::exit(64);
    });
    let mut raw = Vec::new();
    let mut writer = Vec::new();
    for _ in 0..arguments.rounds {
        let (raw_time, writer_time) = match &arguments.target {
            Target::Redis { host, port } => (
                redis_ceiling::raw(host, *port, &arguments).await,
                redis_ceiling::writer(host, *port, &arguments).await,
            ),
            Target::Sqlite { path } => (
                sqlite_ceiling::raw(path, &arguments),
                sqlite_ceiling::writer(path, &arguments).await,
            ),
        };
        raw.push(raw_time);
        writer.push(writer_time);
    }
    println!("{}", report(&arguments, &raw, &writer));
}

fn report(arguments: &Arguments, raw: &[Duration], writer: &[Duration]) -> serde_json::Value {
    let per_second = |times: &[Duration]| arguments.rows as f64 / median(times).as_secs_f64();
    serde_json::json!({
        "store": arguments.target.name(),
        "rows": arguments.rows,
        "features": arguments.features,
        "rounds": arguments.rounds,
        "raw_rows_per_second": per_second(raw).round(),
        "writer_rows_per_second": per_second(writer).round(),
        "ratio": per_second(writer) / per_second(raw),
    })
}

fn median(times: &[Duration]) -> Duration {
    let mut times = times.to_vec();
    times.sort_unstable();
    times[times.len() / 2]
}
