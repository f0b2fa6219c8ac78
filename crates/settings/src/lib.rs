//! `feature_store.yaml` and the environment, parsed once for both programs, every problem with its line.
//!
//! Text goes through four steps: environment variables are put in (`yaml` keeps the original
//! line numbers), the text becomes a tree of `yaml::Node`s with marks, `SALVER__...` variables are laid
//! over the tree, and tables of `shape` check it and give typed values. Each step adds its findings to one
//! [`Problems`], so that a person sees them all at once. The definition files of `registry-admin` go
//! through the same `yaml` and `shape`.
//!
//! What this crate deliberately does not do: open stores, read certificates, or know what is in a
//! registry.

pub mod shape;
pub mod yaml;

mod authentication;
mod cache;
mod feature_store;
mod log_filter;
mod nearest;
mod online_store;
mod plugins;
mod problem;
mod regular_file;
mod salver;
mod secret;

pub use authentication::{Authentication, ClaimSettings, KeysUrl, TokenKeys, TokenSettings};
pub use cache::CacheSettings;
pub use feature_store::{
    FEATURE_STORE, FeatureStoreConfig, Loaded, Registry, RegistryLocation, load, load_for_gateway,
    parse,
};
pub use log_filter::LogFilter;
pub use nearest::{did_you_mean, nearest};
pub use online_store::{OnlineStore, ReadFrom, RedisStore, SqliteStore, Tls, Topology};
pub use plugins::{CallLimits, PluginSettings, TrustedKey};
pub use problem::{Problem, Problems, Severity};
pub use regular_file::read_regular;
pub use salver::{Audit, Limits, Log, LogFormat, Metrics, NonFinite, ResponseLayout, Salver};
pub use secret::Secret;
