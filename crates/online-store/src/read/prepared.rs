use feature_codec::{timestamp_field, value_field};

/// Some features of a view, ready to be read: see [`OnlineReader::prepare`](crate::OnlineReader::prepare).
#[derive(Debug)]
pub struct PreparedView {
    name: String,
    features: Vec<String>,
    timestamp_field: Vec<u8>,
    value_fields: Vec<[u8; 4]>,
}

impl PreparedView {
    /// The features in this order; a feature may come more than once.
    #[must_use]
    pub fn new(view: &str, features: &[String]) -> Self {
        let field = |feature: &String| value_field(view, feature);
        Self {
            name: view.to_owned(),
            features: features.to_vec(),
            timestamp_field: timestamp_field(view),
            value_fields: features.iter().map(field).collect(),
        }
    }

    /// The view's stored name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Names of the features, in the order of [`StoredRow::value`](crate::StoredRow::value).
    #[must_use]
    pub fn features(&self) -> &[String] {
        &self.features
    }

    /// The field of a Redis hash that holds the row's event time.
    pub(crate) fn timestamp_field(&self) -> &[u8] {
        &self.timestamp_field
    }

    /// The fields of a Redis hash that hold the features.
    pub(crate) fn value_fields(&self) -> &[[u8; 4]] {
        &self.value_fields
    }
}
