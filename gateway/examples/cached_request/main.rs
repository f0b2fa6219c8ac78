//! Requests whose rows are all in the cache, answered in process: what `cargo xtask instructions` counts.
//!
//! ```text
//! cached_request ENTITIES REQUESTS json|arrow
//! ```
//!
//! makes a project like that of feast-benchmarks, loads rows into its SQLite store, asks the router once for all that it
//! is going to ask it for, and then asks for 50 features of so many entities, so many times. Only that happens in
//! [`answer`], where a profiler can look for it. There is no other thread, nobody tells the cache of changes, and what is
//! asked for and stored is the same in every run.

mod asked;
mod project;
mod told;

use anyhow::{Result, ensure};
use axum::{Router, body::Body};
use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use mimalloc::MiMalloc;
use tokio::runtime::{Builder, Runtime};
use tower::Service;

use asked::Asked;

/// As the gateway's.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Requests that are made beforehand, so that making them isn't counted.
const REQUESTS_A_ROUND: usize = 100;

fn main() -> Result<()> {
    let asked = Asked::parse(std::env::args().skip(1).collect())?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let folder = tempfile::tempdir()?;
    let router = runtime.block_on(project::router(folder.path(), &asked.ids()))?;
    let lengths = warm(&runtime, &router, &asked)?;
    let misses = runtime.block_on(project::misses(&router))?;
    for start in (0..asked.requests).step_by(REQUESTS_A_ROUND) {
        let round = start..asked.requests.min(start + REQUESTS_A_ROUND);
        let requests: Result<Vec<_>> = round.clone().map(|index| asked.request(index)).collect();
        let replies = answer(&runtime, &router, requests?)?;
        for (index, told) in round.zip(&replies.told) {
            let expected = (StatusCode::OK, lengths[index % lengths.len()]);
            ensure!(
                *told == expected,
                "reply {index}: {told:?}, not {expected:?}"
            );
        }
        told::check(&asked, start, &replies.first)?;
    }
    let missed = runtime.block_on(project::misses(&router))?;
    ensure!(missed == misses, "not every row was in the cache");
    Ok(())
}

/// Has everything that will be asked for in the cache, and tells how long the replies are.
fn warm(runtime: &Runtime, router: &Router, asked: &Asked) -> Result<Vec<usize>> {
    for request in asked.loads()? {
        runtime.block_on(reply(router, request))?;
    }
    let answer = |index| -> Result<usize> {
        let request = asked.request(index)?;
        let (status, body) = runtime.block_on(reply(router, request))?;
        ensure!(
            status == StatusCode::OK,
            "{status}: {}",
            body.escape_ascii()
        );
        Ok(body.len())
    };
    (0..asked.bodies()).map(answer).collect()
}

/// What became of requests.
struct Replies {
    /// The body of the first.
    first: Bytes,
    /// Of all of them the status, and how long the body is.
    told: Vec<(StatusCode, usize)>,
}

/// What is counted: every request is answered, one after the other.
#[inline(never)]
fn answer(runtime: &Runtime, router: &Router, requests: Vec<Request<Body>>) -> Result<Replies> {
    runtime.block_on(async {
        let mut first = None;
        let mut told = Vec::with_capacity(requests.len());
        for request in requests {
            let (status, body) = reply(router, request).await?;
            told.push((status, body.len()));
            first.get_or_insert(body);
        }
        let first = first.unwrap_or_default();
        Ok(Replies { first, told })
    })
}

/// As a connection calls the router.
async fn reply(router: &Router, request: Request<Body>) -> Result<(StatusCode, Bytes)> {
    let response = router.clone().call(request).await?;
    let (head, body) = response.into_parts();
    Ok((head.status, body.collect().await?.to_bytes()))
}
