//! From the text of a token to the principal that it names.

mod bearer;
mod cache;
mod claims;
mod numeric_date;
mod recent;
mod refusal;
mod strict_json;
mod unverified;
mod verifier;

pub use bearer::{NoToken, bearer_token};
pub use claims::{ClaimMapping, ClaimPath, ClaimPaths, ParseClaimPathError};
pub use refusal::{Refusal, Unverified};
pub use unverified::UnverifiedToken;
pub use verifier::{Verified, Verifier, VerifierOptions, VerifyError};

pub(crate) use strict_json::object;
