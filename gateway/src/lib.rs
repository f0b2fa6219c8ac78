//! The data plane of Salver: answers `POST /get-online-features` from a registry snapshot in memory and an
//! online store that it can only read.
//!
//! A request's way is the order of the stages: [`accept`] (connection, its limits), [`router`] (request id,
//! deadline), [`authenticate`] (who asks), `ask` (names and entity rows), [`authorise`] (leave to read them), `resolve` (what to
//! read, by the registry), `read` (one batched
//! trip to the store), `transform` (plugins compute columns), `encode` (JSON or Arrow). Each stage has a type that the next one needs, and none reaches back.
//! Around it is the process: [`project`] keeps the registry current and the store within reach, [`ready`] tells
//! what state they are in, [`lifecycle`] ends the process without losing a request, [`metrics`] and
//! [`telemetry`] tell what happened.
//!
//! What this crate deliberately does not do: write to a registry or a store, hold write credentials, or link to
//! `registry-admin`.

pub mod accept;
pub mod admission;
pub mod app;
pub mod ask;
pub mod audit;
pub mod authenticate;
pub mod authorise;
pub mod cli;
pub mod doctor;
pub mod encode;
pub mod error;
#[cfg(test)]
mod fixture;
pub mod join_key;
pub mod lifecycle;
pub mod metrics;
pub mod names;
mod nearest;
pub mod observe;
pub mod online_features;
pub mod openapi;
pub mod origin_headers;
pub mod panic;
pub mod plugins;
pub mod project;
pub mod projects;
pub mod read;
pub mod ready;
mod request_data;
pub mod request_id;
pub mod resolve;
pub mod router;
pub mod rows;
pub mod runtime;
pub mod seldom;
pub mod serve;
pub mod stored_values;
pub mod telemetry;
pub mod transform;
mod turns;
pub mod unsent;
