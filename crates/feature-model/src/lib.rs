//! The nouns of feature serving, as Feast names them, without any I/O.
//!
//! Both programs speak in these types: `registry-admin` parses YAML into a [`Project`], compares it
//! with the [`Project`] that a registry holds ([`plan`]) and commits the difference; `gateway` answers
//! requests from a [`RegistrySnapshot`]. Names, types and values are parsed at the edge and trusted
//! inside.
//!
//! What this crate deliberately does not do: bytes (see `feature-codec`), files, networks, clocks.

pub mod access;
mod byte_size;
mod data_source;
mod data_type;
mod duration;
mod entity;
mod entity_key;
mod feature_ref;
mod feature_service;
mod feature_view;
mod on_demand_feature_view;
pub mod plan;
mod plugin_binding;
mod plugin_columns;
mod project;
mod timestamp;
mod unseen;
mod value;

pub use byte_size::{ByteSize, ParseByteSizeError};
pub use data_source::{DataSource, DataSourceKind, FileFormat, FileSource};
pub use data_type::{DataType, ParseDataTypeError};
pub use duration::{ParseDurationError, Ttl};
pub use entity::{DUMMY_ENTITY, DUMMY_JOIN_KEY, Entity};
pub use entity_key::EntityKeyVersion;
pub use feature_ref::{FeatureRef, ParseFeatureRefError, VersionSelector};
pub use feature_service::{FeatureService, Projection};
pub use feature_view::{FeatureView, Field, MaterializationInterval, ViewKind, ViewState};
pub use on_demand_feature_view::{OnDemandFeatureView, OnDemandSource};
pub use plugin_binding::{
    OnPluginError, ParsePluginDigestError, PluginBinding, PluginDigest, PluginInput, PluginLimits,
    Wasi,
};
pub use plugin_columns::{UnfilledInput, output_column};
pub use project::{
    InvalidName, ObjectId, ObjectKind, Project, ProjectName, RegistrySnapshot, check_name,
};
pub use timestamp::{ParseTimestampError, Timestamp, TimestampText, TimestampWriter};
pub use unseen::{escape_unseen, escape_unseen_in_json, is_unseen};
pub use value::{List, Map, MapKey, Value, is_decimal, is_uuid};

/// Free-form labels of an object, sorted by key so that two equal sets print equally.
pub type Tags = std::collections::BTreeMap<String, String>;
