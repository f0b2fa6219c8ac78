//! The accept loop over real sockets: what it waits for, how long, and how it ends.

mod client;
mod drain;
mod limits;
mod protocol;
mod server;
