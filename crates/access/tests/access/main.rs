//! The public interface: tokens of all kinds, keys that change, rules of all kinds.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod hostile;
mod keyring;
mod matrix;
mod minted;
mod project;
mod reads;
mod rules;
mod secret;
mod signer;
mod taken;
