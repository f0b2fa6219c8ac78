//! What a reply costs before anything is looked up: the gateway's accept loop, allocator and request parse, and then
//! always the same bytes.
//!
//! ```text
//! floor REPLY.json [--plain]
//! ```
//!
//! serves the bytes of the file for `POST /get-online-features` on a free port of this machine, which its line on
//! stdout tells. With `--plain` it is axum as everybody would use it: `axum::serve`, and a body that serde reads into
//! a struct. Both have the same allocator, runtime and profile, so that what differs is the accept loop and the parse.
#![allow(clippy::print_stdout, reason = "the line tells where it listens")]

use std::{
    collections::HashMap, error::Error, io::Write as _, net::Ipv4Addr, path::PathBuf, sync::Arc,
};

use axum::{
    Json, Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use bytes::Bytes;
use gateway::{accept::Acceptor, ask::Ask, lifecycle::Lifecycle, metrics::Metrics};
use http::{StatusCode, header};
use mimalloc::MiMalloc;
use serde::Deserialize;
use settings::Limits;
use tokio::net::TcpListener;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

const USAGE: &str = "usage: floor REPLY.json [--plain]";

/// Who accepts connections and reads bodies.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Server {
    Gateways,
    Plain,
}

fn main() -> Result<(), Box<dyn Error>> {
    let (file, server) = arguments(std::env::args().skip(1).collect())?;
    let reply = Bytes::from(std::fs::read(file)?);
    // as the gateway's
    tokio::runtime::Runtime::new()?.block_on(serve(reply, server))
}

fn arguments(mut words: Vec<String>) -> Result<(PathBuf, Server), Box<dyn Error>> {
    let plain = words.iter().position(|word| word == "--plain");
    let server = match plain.map(|at| words.remove(at)) {
        Some(_) => Server::Plain,
        None => Server::Gateways,
    };
    match words.as_slice() {
        [file] => Ok((file.into(), server)),
        _ => Err(USAGE.into()),
    }
}

async fn serve(reply: Bytes, server: Server) -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    println!("listening on http://{}", listener.local_addr()?);
    std::io::stdout().flush()?;
    let answer = match server {
        Server::Gateways => post(after_the_gateways_parse),
        Server::Plain => post(after_a_plain_parse),
    };
    let router = Router::new()
        .route("/get-online-features", answer)
        .route("/ready", get(|| async { "ready" }))
        .with_state(reply);
    match server {
        Server::Gateways => {
            let (lifecycle, metrics) = (Arc::<Lifecycle>::default(), Arc::<Metrics>::default());
            let acceptor = Acceptor::new(router, Limits::default(), lifecycle, metrics);
            acceptor.run(listener).await;
        }
        Server::Plain => axum::serve(listener, router).await?,
    }
    Ok(())
}

async fn after_the_gateways_parse(State(reply): State<Bytes>, body: Bytes) -> Response {
    match Ask::parse(&body, Limits::default().max_entities) {
        Ok(_) => canned(reply),
        Err(error) => (StatusCode::UNPROCESSABLE_ENTITY, error.to_string()).into_response(),
    }
}

/// A request for features as one would write it down.
#[derive(Deserialize)]
struct Request {
    #[serde(default)]
    features: Vec<String>,
    feature_service: Option<String>,
    entities: HashMap<String, Vec<i64>>,
}

async fn after_a_plain_parse(State(reply): State<Bytes>, Json(body): Json<Request>) -> Response {
    let wants_something = body.feature_service.is_some() || !body.features.is_empty();
    if body.entities.is_empty() || !wants_something {
        return StatusCode::UNPROCESSABLE_ENTITY.into_response();
    }
    canned(reply)
}

fn canned(reply: Bytes) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], reply).into_response()
}
