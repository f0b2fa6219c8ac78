//! The real router around a store that does what a test says: one request in, one reply out.

mod access;
mod admission;
mod documented;
mod house;
mod process;
mod projects;
mod ready;
mod telemetry;
