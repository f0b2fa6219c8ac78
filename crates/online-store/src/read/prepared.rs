use std::sync::Arc;

use feature_codec::{timestamp_field, value_field};

use super::{fields_seen::FieldsSeen, row::Columns};
use crate::{cache::CachedView, redis_store::put_argument};

/// Some features of a view, ready to be read: see [`OnlineReader::prepare`](crate::OnlineReader::prepare).
#[derive(Debug)]
pub struct PreparedView {
    name: String,
    features: Vec<String>,
    timestamp_field: Vec<u8>,
    value_fields: Vec<[u8; 4]>,
    packed_fields: Vec<u8>,
    fields_seen: FieldsSeen,
    remembered: Option<Remembered>,
}

/// Where a cache keeps the features.
#[derive(Debug)]
pub(crate) struct Remembered {
    pub(crate) view: Arc<CachedView>,
    pub(crate) columns: Columns,
    /// How many of the view's first columns they are among.
    pub(crate) needed: u32,
}

impl PreparedView {
    /// The features in this order; a feature may come more than once.
    #[must_use]
    pub fn new(view: &str, features: &[String]) -> Self {
        let timestamp_field = timestamp_field(view);
        let field = |feature: &String| value_field(view, feature);
        let value_fields: Vec<_> = features.iter().map(field).collect();
        Self {
            name: view.to_owned(),
            features: features.to_vec(),
            packed_fields: packed(&timestamp_field, &value_fields),
            timestamp_field,
            value_fields,
            fields_seen: FieldsSeen::default(),
            remembered: None,
        }
    }

    /// The view's stored name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Names of the features, in the order of [`RowRef::value`](crate::RowRef::value).
    #[must_use]
    pub fn features(&self) -> &[String] {
        &self.features
    }

    /// The same, kept by a cache.
    pub(crate) fn remembered(self, remembered: Remembered) -> Self {
        Self {
            remembered: Some(remembered),
            ..self
        }
    }

    /// Where the cache that prepared it keeps the features.
    pub(crate) fn as_remembered(&self) -> Option<&Remembered> {
        self.remembered.as_ref()
    }

    /// How many fields the Redis hashes have that the view's rows are in.
    pub(crate) fn fields_seen(&self) -> &FieldsSeen {
        &self.fields_seen
    }

    /// The field of a Redis hash that holds the row's event time.
    pub(crate) fn timestamp_field(&self) -> &[u8] {
        &self.timestamp_field
    }

    /// The fields of a Redis hash that hold the features.
    pub(crate) fn value_fields(&self) -> &[[u8; 4]] {
        &self.value_fields
    }

    /// Both, as arguments of a command to Redis: the event time and then the features.
    pub(crate) fn packed_fields(&self) -> &[u8] {
        &self.packed_fields
    }
}

fn packed(timestamp_field: &[u8], value_fields: &[[u8; 4]]) -> Vec<u8> {
    let mut packed = Vec::new();
    put_argument(&mut packed, timestamp_field);
    for field in value_fields {
        put_argument(&mut packed, field);
    }
    packed.shrink_to_fit();
    packed
}
