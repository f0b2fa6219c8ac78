//! The two programs, from outside.

mod access_rules;
mod bad_input;
mod docs_commands;
mod doctor;
mod exit_codes;
mod feast_init_repo;
mod feast_reads;
mod feast_writes;
mod https;
mod materialize;
mod plugin_definitions;
mod plugin_from_feast;
mod plugin_tools;
mod plugin_tutorial;
mod plugins;
mod process;
mod projects;
mod quickstart;
mod redis_away;
mod remote_client;
mod same_value;
mod taking_turns;
mod tls;
mod tokens;
mod two_applies;
mod unknown_fields;
