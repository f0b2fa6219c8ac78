//! What only Redis does: its bytes, its scripts, its connection.

mod connection;
mod deadline;
mod layout;
mod login;
mod scripts;
