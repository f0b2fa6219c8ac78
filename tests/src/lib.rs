//! The harness of the end-to-end tests: real programs, real stores, a real Feast, each in a temporary
//! folder and on a free port, all ended when the test is.
//!
//! A test reads like a session at a terminal. [`Repo`] is a feature repository in a temporary folder;
//! [`Repo::admin`] runs `registry-admin` on it, [`Gateway::start`] serves it, [`Redis::start`] brings
//! a Redis (with TLS and a password when asked), [`feast`] runs the pinned Feast. Nothing here
//! returns errors: what fails, fails the test, with the output of the program that was run.
//!
//! Nothing is ever skipped. What a test needs and the machine doesn't have is a failure that names
//! the command that gets it; `cargo xtask test` brings it all. It hands the places over in
//! `SALVER_BIN_DIR`, `SALVER_FEAST_PYTHON` and `SALVER_REDIS_SERVER`; without them the harness looks
//! beside the test binary, below `target/`, and in `PATH`.

pub mod certificates;
pub mod deadline;
pub mod feast;
mod gateway;
mod http;
mod invocation;
mod keep_alive;
pub mod key_server;
pub mod oidc;
mod programs;
mod reader;
mod redis;
mod redis_cluster;
mod repo;
mod resp;
pub mod tokens;

pub use gateway::{Gateway, GatewayCommand};
pub use http::{Reply, request};
pub use invocation::{Invocation, Outcome, Running};
pub use keep_alive::KeepAlive;
pub use programs::{binary, rebuilt_plugins};
pub use reader::Reader;
pub use redis::{Redis, RedisOptions, online_store_yaml};
pub use redis_cluster::RedisCluster;
pub use repo::{PLUGIN_CACHE, Repo, admin_at, now, plugin_cache};
pub use resp::Resp;
