//! What is asked for.

use anyhow::{Context, Result, bail};
use axum::body::Body;
use gateway::encode::arrow;
use http::{Request, header};
use serde_json::json;

use crate::project::{JOIN_KEY, SERVICE};

const USAGE: &str = "usage: cached_request ENTITIES REQUESTS json|arrow";

/// Entities of feast-benchmarks.
const MOST_ENTITIES: usize = 10_000;
/// Has no divisor in common with that, so that its multiples are all entities in some order.
const STRIDE: usize = 7_919;
/// In another one. Rows that were loaded together and lie side by side in memory are asked for by different requests.
const OTHER_STRIDE: usize = 4_327;

/// What replies are written as.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    Arrow,
}

pub(crate) struct Asked {
    /// Of each request.
    entities: usize,
    pub(crate) requests: usize,
    pub(crate) format: Format,
}

impl Asked {
    pub(crate) fn parse(words: Vec<String>) -> Result<Self> {
        let [entities, requests, format] = words.as_slice() else {
            bail!(USAGE);
        };
        let format = match format.as_str() {
            "json" => Format::Json,
            "arrow" => Format::Arrow,
            _ => bail!(USAGE),
        };
        let asked = Self {
            entities: entities.parse().context(USAGE)?,
            requests: requests.parse().context(USAGE)?,
            format,
        };
        match (asked.entities, asked.requests) {
            (1..=MOST_ENTITIES, 1..) => Ok(asked),
            _ => bail!(USAGE),
        }
    }

    /// How many different bodies there are; then they come again.
    pub(crate) fn bodies(&self) -> usize {
        self.requests.min(MOST_ENTITIES / self.entities)
    }

    /// Every entity that is asked for, in the order in which they are loaded.
    pub(crate) fn ids(&self) -> Vec<i64> {
        let ids = 0..self.bodies() * self.entities;
        ids.map(id).collect()
    }

    /// The entities of a request.
    pub(crate) fn ids_of(&self, index: usize) -> Vec<i64> {
        let first = index % self.bodies() * self.entities;
        let all = self.bodies() * self.entities;
        let place = |place: usize| place * OTHER_STRIDE % all;
        let ids = (first..first + self.entities).map(place).map(id);
        ids.collect()
    }

    /// Requests that load what will be asked for.
    pub(crate) fn loads(&self) -> Result<Vec<Request<Body>>> {
        let ids = self.ids();
        let loads = ids.chunks(self.entities).map(|ids| self.request_for(ids));
        loads.collect()
    }

    pub(crate) fn request(&self, index: usize) -> Result<Request<Body>> {
        self.request_for(&self.ids_of(index))
    }

    /// As a client sends it.
    fn request_for(&self, ids: &[i64]) -> Result<Request<Body>> {
        let entities = json!({ JOIN_KEY: ids });
        let body = json!({"feature_service": SERVICE, "entities": entities}).to_string();
        let accept = match self.format {
            Format::Json => "*/*",
            Format::Arrow => arrow::MEDIA_TYPE,
        };
        let request = Request::post("/get-online-features")
            .header(header::HOST, "localhost:6566")
            .header(header::ACCEPT, accept)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::CONTENT_LENGTH, body.len())
            .body(Body::from(body));
        Ok(request?)
    }
}

fn id(place: usize) -> i64 {
    i64::try_from(place * STRIDE % MOST_ENTITIES).unwrap_or_default()
}
