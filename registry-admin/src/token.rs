//! `token`: tokens for installations without an identity provider, whose gateways take those that a key of their own
//! has signed (`salver.auth.jwks`).
//!
//! One file for each command, which holds its arguments too.

mod inspect;
mod keygen;
mod mint;
mod verdict;

use clap::Subcommand;

pub(crate) use inspect::run as inspect;
pub(crate) use keygen::run as keygen;
pub(crate) use mint::run as mint;

#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Make the key that signs tokens, and the public keys that gateways check them with.
    Keygen(keygen::KeygenArgs),
    /// Make a token, and print it.
    Mint(mint::MintArgs),
    /// Show what a token says, and whether this repository's gateway would take it.
    Inspect(inspect::InspectArgs),
}
