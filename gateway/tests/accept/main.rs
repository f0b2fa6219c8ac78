//! The accept loop over real sockets: what it waits for, how long, and how it ends.

#![allow(clippy::unwrap_used, reason = "what is not there fails the test")]

mod certificates;
mod client;
mod drain;
mod limits;
mod protocol;
mod server;
mod tls;
mod unsent;
