use std::sync::Arc;

use feature_model::{DataType, Ttl};

use crate::{
    encode::{arrow::StreamHeads, json},
    join_key::KeyType,
    plugins::ServedPlugin,
    read::PreparedReads,
};

/// How asks of one shape are answered: what is read from the store by which keys, and what the reply
/// tells in which order.
#[derive(Clone, Debug, PartialEq)]
pub struct ServingPlan {
    /// The names of what the reply tells: join keys, then features in the order of the ask.
    pub names: Vec<String>,
    /// What stands under each of [`Self::names`].
    pub outputs: Vec<Output>,
    /// The declared type of each of [`Self::outputs`] that is a feature, where the registry tells one.
    pub types: Vec<DataType>,
    /// How many of the outputs are features.
    pub feature_count: usize,
    /// The columns of the request that are read as join keys.
    pub typed: Vec<TypedColumn>,
    /// The entity keys that the reads need.
    pub key_sets: Vec<KeySet>,
    /// What is read from the store.
    pub reads: Vec<PlannedRead>,
    /// The names in [`Self::reads`], prepared.
    pub prepared: PreparedReads,
    /// How its replies in Arrow begin.
    pub stream_heads: StreamHeads,
    /// The columns of the request that transforms compute from.
    pub request_data: Vec<RequestColumn>,
    /// What is computed, each on-demand view once: a transform comes after those that it computes from.
    pub transforms: Vec<PlannedTransform>,
    /// The reply's `metadata` as JSON.
    pub metadata: Vec<u8>,
    /// Whether [`Self::metadata`] has the versions of views.
    pub tells_versions: bool,
}

/// One item of each row of a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// A join key, told as it was understood: [`ServingPlan::typed`] at this index.
    Key(usize),
    /// A column of the request, told as it was given: nothing needs it, or views need it as several types.
    Given(usize),
    /// A feature.
    Feature {
        /// Index into [`ServingPlan::reads`].
        read: usize,
        /// Index into [`PlannedRead::features`].
        feature: usize,
    },
    /// A feature that is computed for this request.
    Computed(ComputedColumn),
}

/// A column that a transform returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ComputedColumn {
    /// Index into [`ServingPlan::transforms`].
    pub transform: usize,
    /// Index into the columns that its plugin returns.
    pub column: usize,
}

/// A column of the request, read as the type that a request source declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestColumn {
    /// Index into [`Shape::columns`](crate::ask::Shape::columns).
    pub column: usize,
    /// The name under which the request gives it.
    pub field: String,
    /// As what its values are read.
    pub data_type: DataType,
}

/// The features of one on-demand view.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedTransform {
    /// What computes them.
    pub plugin: Arc<ServedPlugin>,
    /// Where each input column of the plugin comes from.
    pub inputs: Vec<TransformInput>,
    /// Whether the reply has a feature of it; others are there for transforms that compute from them.
    pub is_told: bool,
    /// 0 where it computes from no other transform, else one more than the highest of those: transforms of one
    /// stage can run at the same time.
    pub stage: usize,
}

/// Where an input column comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransformInput {
    /// A stored feature.
    Stored {
        /// Index into [`ServingPlan::reads`].
        read: usize,
        /// Index into [`PlannedRead::features`].
        feature: usize,
    },
    /// Index into [`ServingPlan::request_data`].
    Request(usize),
    /// A feature of another on-demand view.
    Computed(ComputedColumn),
}

/// A column of the request, read as a type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypedColumn {
    /// Index into [`Shape::columns`](crate::ask::Shape::columns).
    pub column: usize,
    /// The name under which the request gives it.
    pub field: String,
    /// As what its values are read.
    pub key_type: KeyType,
}

/// The join keys of one or more reads; each entity row gives one entity key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeySet {
    /// In any order: the entity key sorts them.
    pub parts: Vec<KeyPart>,
}

/// One join key of an entity key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyPart {
    /// Its values come with the request.
    Column {
        /// The join key's real name, which is part of the key.
        join_key: String,
        /// Index into [`ServingPlan::typed`].
        typed: usize,
    },
    /// The one key of a view without entities.
    Entityless,
}

/// Some features of one stored view, read by one set of keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedRead {
    /// The view's name in the registry.
    pub view: String,
    /// The name under which its values are stored.
    pub stored_view: String,
    /// Names of the features to read, each once.
    pub features: Vec<String>,
    /// Index into [`ServingPlan::key_sets`].
    pub key_set: usize,
    /// Whether the reply tells a feature of it; else only transforms use it.
    pub is_told: bool,
    /// Rows older than this are told as such, without values.
    pub ttl: Option<Ttl>,
}

impl PlannedRead {
    /// Where the feature stands in [`Self::features`], to which it is added where it is new.
    pub(super) fn feature_index(&mut self, name: &str) -> usize {
        let known = self.features.iter().position(|feature| feature == name);
        known.unwrap_or_else(|| {
            self.features.push(name.to_owned());
            self.features.len() - 1
        })
    }
}

/// `{"feature_names":[..]}`, with `feature_view_metadata` where versions are wanted and there is a view.
/// A version of 0 is left out, as in Feast.
pub(super) fn metadata_json(names: &[String], versions: Option<&[(&str, u32)]>) -> Vec<u8> {
    let mut out = b"{\"feature_names\":[".to_vec();
    json::separated(&mut out, names, |out, name| json::string(out, name));
    out.push(b']');
    if let Some(versions) = versions.filter(|versions| !versions.is_empty()) {
        out.extend_from_slice(b",\"feature_view_metadata\":[");
        json::separated(&mut out, versions, |out, (name, version)| {
            out.extend_from_slice(b"{\"name\":");
            json::string(out, name);
            if *version > 0 {
                out.extend_from_slice(b",\"version\":");
                json::integer(out, *version);
            }
            out.push(b'}');
        });
        out.push(b']');
    }
    out.push(b'}');
    out
}
