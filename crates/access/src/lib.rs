//! Who may do what: from a token to a principal, from a principal and a project's rules to a decision with its reason.
//!
//! A request takes two steps. Before its body is read, a [`Verifier`] makes a [`Principal`] of its token and
//! [`AccessRules::admits`] says whether that principal has any business in the project at all. Once the body has been
//! read, [`AccessRules::permit_read`] looks at the objects that it names and gives a [`Permit`], without which the read
//! path does nothing, or says what was missing ([`Denied`]). [`AccessRules::decide`] answers for one action on one
//! object, and names the rule that allows it or the one that comes nearest.
//!
//! ```
//! use access::{AccessRules, Principal, Resource, ResourceKind};
//! use feature_model::access::{Action, Role, RoleBinding};
//!
//! let models = RoleBinding {
//!     name: "models".into(),
//!     role: Role::Consumer,
//!     subjects: vec!["fraud-model".into()],
//!     groups: vec![],
//!     token_roles: vec![],
//! };
//! let rules = AccessRules::new("fraud".parse().unwrap(), [models], []);
//! let model = Principal::new("fraud-model");
//! assert!(rules.admits(&model));
//!
//! let view = Resource::new(ResourceKind::FeatureView, "driver_hourly_stats");
//! let decision = rules.decide(&model, Action::ReadOnline, &view);
//! assert_eq!(
//!     decision.to_string(),
//!     "allowed: role binding `models` (consumer) names subject `fraud-model`",
//! );
//! let decision = rules.decide(&model, Action::WriteOnline, &view);
//! assert_eq!(
//!     decision.to_string(),
//!     "denied: `write_online` on feature view `driver_hourly_stats` is missing; role binding `models` (consumer) \
//!      names the principal, but allows other actions only",
//! );
//! ```
//!
//! Rules add up, and nothing takes away: without a rule that allows it, nothing is allowed. [`Scopes`] of a token narrow
//! what the rules give and never widen it.
//!
//! Tokens are believed by the keys of a [`Keyring`], each with its own algorithm only. [`keep_fresh`] fetches those keys
//! from a [`KeySource`]. [`mint`] makes tokens for installations without an identity provider.
//!
//! What this crate deliberately does not do: HTTP, files, configuration, or audit logs. The time is a parameter.

mod decision;
mod keys;
mod mint;
mod permission;
mod principal;
mod read;
mod resource;
mod rules;
mod scope;
mod token;

pub use decision::{Decision, Denial, Failure, Grant, Missing, NearMiss, Rule, Via, Warning};
pub use keys::{
    Algorithm, Discovery, DiscoveryError, FetchError, Freshness, HttpPolicy, KeyDocument, KeySet,
    KeySetError, KeySource, Keyring, KeysUnavailable, ParseAlgorithmError, RefreshOptions,
    SkippedKey, WELL_KNOWN, issuer_of, keep_fresh,
};
pub use mint::{MintError, MintFor, MintRequest, SigningKey, mint};
pub use permission::check_name_pattern;
pub use principal::Principal;
pub use read::{Denied, Permit, Wanted};
pub use resource::{ParseResourceKindError, Resource, ResourceId, ResourceKind};
pub use rules::AccessRules;
pub use scope::{ParseScopeError, Scope, Scopes};
pub use token::{
    ClaimMapping, ClaimPath, ClaimPaths, NoToken, ParseClaimPathError, Refusal, Unverified,
    UnverifiedToken, Verified, Verifier, VerifierOptions, VerifyError, bearer_token,
};
