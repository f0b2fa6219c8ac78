//! `registry-admin`, the control plane of Salver: it holds the write credentials.
//!
//! A feature repository's YAML files are parsed into definitions, compared with what the registry holds
//! (a plan) and committed; `materialize` reads data sources and writes their latest rows into the online
//! store. Every command is a file under `commands/`; results go to stdout, everything else to stderr.
//!
//! What it deliberately does not do: serve. It never links to `gateway`; the two meet in the registry
//! document and in the bytes of the online store.

mod audit;
mod cli;
mod commands;
mod consequences;
pub mod definitions;
mod describe;
mod exit;
mod init;
mod materialize;
mod new_file;
mod plugin;
mod plugins;
mod printer;
mod repository;
mod rights;
mod source_check;
mod token;

pub use cli::main;
