//! The handler behind the real router, with rows in a real SQLite store.

mod errors;
mod house;
mod plugins;
mod replies;
mod report;
mod unread;
