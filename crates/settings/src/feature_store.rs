mod connection_string;
mod feast_keys;
mod load;
mod overrides;
mod read;
mod table;

use std::{collections::BTreeMap, path::PathBuf};

use feature_model::{EntityKeyVersion, ProjectName};

pub use load::{load, load_for_gateway, parse};
pub use table::FEATURE_STORE;

use crate::{Authentication, OnlineStore, Problem, Salver};

/// What `feature_store.yaml` and the environment say, with defaults filled in.
#[derive(Clone, Debug, PartialEq)]
pub struct FeatureStoreConfig {
    /// The feature repository: the folder that relative paths begin in.
    pub repo: PathBuf,
    /// The `feature_store.yaml` that was read.
    pub file: PathBuf,
    /// Which project of the registry this repository declares and serves.
    pub project: ProjectName,
    /// Where the registry is.
    pub registry: Registry,
    /// The store as the gateway opens it.
    pub online_store: OnlineStore,
    /// The store as `registry-admin` opens it: `salver.admin.online_store` over `online_store`.
    pub admin_online_store: OnlineStore,
    /// Layout of the keys in the online store.
    pub entity_key_version: EntityKeyVersion,
    /// How the gateway learns who is asking.
    pub authentication: Authentication,
    /// Salver's own section.
    pub salver: Salver,
}

/// The `registry` section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registry {
    /// Where the document is.
    pub location: RegistryLocation,
    /// `s3_additional_kwargs`: arguments that Feast gives to boto3 with each write.
    pub options: BTreeMap<String, String>,
    /// `enable_online_feature_view_versioning`: stored names of views carry their version.
    pub online_feature_view_versioning: bool,
}

/// Where a registry document is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegistryLocation {
    /// A file; relative paths are already joined to the feature repository.
    Local(PathBuf),
    /// An object-store URL: `s3://`, `gs://`, `az://`, ..., as it stands in the file.
    Url(String),
}

/// A configuration that can be used, and what is doubtful about it.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The configuration.
    pub config: FeatureStoreConfig,
    /// To be told to the person who starts the program.
    pub warnings: Vec<Problem>,
}

#[cfg(test)]
mod tests;
