//! What only SQLite does: its tables, its file, who may read it.

mod file;
mod layout;
mod read_only_user;
mod time_zone;
