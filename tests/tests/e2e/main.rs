//! The two programs, from outside.

mod bad_input;
mod docs_commands;
mod exit_codes;
mod feast_init_repo;
mod quickstart;
mod redis_away;
mod remote_client;
mod tls;
