//! Rows in SQLite, in the layout of Feast's `infra/online_stores/sqlite.py` (0.67): a table
//! `<project>_<view>` with one row for each entity key and feature.
//!
//! The writer keeps the database in WAL mode and makes `-wal` and `-shm` outlive it
//! (`SQLITE_FCNTL_PERSIST_WAL`), because a reader without write permission can't make them itself:
//! so a gateway under another Unix user reads before, during and after a materialization.

mod changes;
mod database;
mod encoded;
mod event_time;
mod fault;
mod reader;
mod table;
mod writer;

pub(crate) use changes::Changes;
pub(crate) use reader::SqliteReader;
pub(crate) use writer::SqliteWriter;
