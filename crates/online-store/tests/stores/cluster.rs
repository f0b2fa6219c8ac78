//! A Redis Cluster: rows on several servers, servers that fail, slots that move.

mod failover;
mod moving;
mod reading;
mod work;
