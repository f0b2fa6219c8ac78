//! What Redis itself answers: the commands of a request in one pipeline, packed beforehand, whose replies are only counted.
//!
//! ```text
//! pipelines HOST:PORT [--entities 1] [--views 5] [--features 10] [--seconds 2] [--connections 8]
//! ```
//!
//! A request is `HMGET` of the features and event times of so many views for so many entities, drawn from 10,000. Views
//! are `fv_0`, `fv_1`, .. of project `bench`, with the features `i0`, `i1`, .. one after the other, keyed by `entity_id`:
//! what `cargo xtask bench` loads. Prints JSON: the values of a first request, and with seconds to spend how many
//! requests were answered, and how fast.
#![allow(
    clippy::print_stdout,
    reason = "what was measured is printed as one JSON object"
)]

mod arguments;
mod layout;
mod reply;

use std::{
    error::Error,
    io::{BufReader, Read, Write},
    net::TcpStream,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use arguments::Arguments;
use layout::Layout;
use serde_json::{Value, json};

type Failure = Box<dyn Error + Send + Sync>;

/// Commands whose replies fit into what the system keeps for a connection.
const AT_ONCE: usize = 50;

/// The commands for each entity, and how long the reply to each is.
struct Packed {
    commands: Vec<Vec<u8>>,
    reply_bytes: Vec<usize>,
}

/// The microseconds of each request, and the bytes of all replies.
#[derive(Default)]
struct Answered {
    times: Vec<u64>,
    bytes: usize,
}

fn main() -> Result<(), Failure> {
    let arguments = Arguments::parse(std::env::args().skip(1))?;
    let layout = Layout::new(arguments.views, arguments.features)?;
    let mut connection = BufReader::new(connect(&arguments.address)?);
    let packed = Arc::new(Packed::learn(&layout, &mut connection)?);
    let mut told = first(&arguments, &layout, &packed, &mut connection)?;
    if arguments.seconds > 0 {
        let (took, Answered { mut times, bytes }) = drive(&arguments, &packed)?;
        times.sort_unstable();
        told["requests"] = times.len().into();
        told["bytes"] = bytes.into();
        told["seconds"] = took.as_secs_f64().into();
        for (name, share) in [("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999)] {
            told[name] = percentile(&times, share).into();
        }
    }
    println!("{told}");
    Ok(())
}

fn connect(address: &str) -> Result<TcpStream, Failure> {
    let connection = TcpStream::connect(address)?;
    connection.set_nodelay(true)?;
    Ok(connection)
}

impl Packed {
    /// Asks for each entity once, to know how long its reply is.
    fn learn(layout: &Layout, connection: &mut BufReader<TcpStream>) -> Result<Self, Failure> {
        let mut packed = Self {
            commands: Vec::new(),
            reply_bytes: Vec::new(),
        };
        for entity in 0..arguments::ENTITIES {
            packed.commands.push(layout.command(entity)?);
        }
        for commands in packed.commands.chunks(AT_ONCE) {
            connection.get_mut().write_all(&commands.concat())?;
            for _ in commands {
                let reply = reply::read(connection, layout.fields())?;
                packed.reply_bytes.push(reply.bytes);
            }
        }
        Ok(packed)
    }

    /// Puts the pipeline for these entities into `out` and tells how long its reply is.
    fn pipeline(&self, entities: &[usize], out: &mut Vec<u8>) -> usize {
        out.clear();
        for entity in entities {
            out.extend_from_slice(&self.commands[*entity]);
        }
        entities
            .iter()
            .map(|entity| self.reply_bytes[*entity])
            .sum()
    }
}

/// The entities of the first request, and their values.
fn first(
    arguments: &Arguments,
    layout: &Layout,
    packed: &Packed,
    connection: &mut BufReader<TcpStream>,
) -> Result<Value, Failure> {
    let entities: Vec<usize> = (0..arguments.entities).collect();
    let mut pipeline = Vec::new();
    packed.pipeline(&entities, &mut pipeline);
    connection.get_mut().write_all(&pipeline)?;
    let rows = entities.iter().map(|_| {
        let reply = reply::read(connection, layout.fields())?;
        layout.values(&reply.values)
    });
    let rows = rows.collect::<Result<Vec<_>, Failure>>()?;
    Ok(json!({"entities": entities, "values": rows}))
}

/// All connections at once until the time is over, and how long that took.
fn drive(arguments: &Arguments, packed: &Arc<Packed>) -> Result<(Duration, Answered), Failure> {
    let began = Instant::now();
    let end = began + Duration::from_secs(arguments.seconds);
    let connections = (0..arguments.connections).map(|index| {
        let (address, packed) = (arguments.address.clone(), Arc::clone(packed));
        let entities = arguments.entities;
        thread::spawn(move || one_connection(&address, &packed, entities, index, end))
    });
    let connections: Vec<_> = connections.collect();
    let mut all = Answered::default();
    for connection in connections {
        let of_one = connection
            .join()
            .map_err(|_| "a connection's thread ended")?;
        let Answered { times, bytes } = of_one?;
        all.times.extend(times);
        all.bytes += bytes;
    }
    Ok((began.elapsed(), all))
}

fn one_connection(
    address: &str,
    packed: &Packed,
    entities: usize,
    seed: u64,
    end: Instant,
) -> Result<Answered, Failure> {
    let mut connection = connect(address)?;
    let mut random = seed + 1;
    let (mut pipeline, mut reply) = (Vec::new(), vec![0; 256 * 1024]);
    let mut answered = Answered::default();
    while Instant::now() < end {
        let drawn: Vec<usize> = (0..entities).map(|_| draw(&mut random)).collect();
        let mut left = packed.pipeline(&drawn, &mut pipeline);
        answered.bytes += left;
        let began = Instant::now();
        connection.write_all(&pipeline)?;
        while left > 0 {
            let room = left.min(reply.len());
            match connection.read(&mut reply[..room])? {
                0 => return Err("Redis has closed a connection".into()),
                read => left -= read,
            }
        }
        let micros = u64::try_from(began.elapsed().as_micros())?;
        answered.times.push(micros);
    }
    Ok(answered)
}

/// splitmix64 (Steele, Lea and Flood, 2014).
fn draw(state: &mut u64) -> usize {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^= mixed >> 31;
    usize::try_from(mixed % arguments::ENTITIES as u64).unwrap_or_default()
}

/// In milliseconds, of sorted microseconds.
#[allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts of one run"
)]
fn percentile(sorted: &[u64], share: f64) -> f64 {
    let at = (sorted.len() as f64 * share) as usize;
    sorted
        .get(at.min(sorted.len().saturating_sub(1)))
        .map_or(f64::NAN, |micros| *micros as f64 / 1000.0)
}
