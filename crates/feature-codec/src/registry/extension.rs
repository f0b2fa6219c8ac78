//! Salver's own message in a registry: see `proto/salver/extension.proto`.

/// [`feature_model::ObjectKind::DataSource`] as the extension writes it.
pub(super) const DATA_SOURCE: &str = "data_source";
/// The one file format that Feast has no message for.
pub(super) const CSV: &str = "csv";
