//! Types of Feast as hints of `salver_transform`.

use std::collections::BTreeSet;

use feature_model::DataType;

/// Hints, and the imports that they need.
#[derive(Debug, Default)]
pub(crate) struct Hints {
    markers: BTreeSet<&'static str>,
    typed_dict: bool,
    modules: BTreeSet<&'static str>,
}

impl Hints {
    /// The hint of a type; none where nothing is known of it.
    pub(crate) fn of(&mut self, data_type: &DataType) -> Option<String> {
        Some(match data_type {
            DataType::Int64 => "int".to_owned(),
            DataType::Float64 => "float".to_owned(),
            DataType::String => "str".to_owned(),
            DataType::Bool => "bool".to_owned(),
            DataType::Bytes => "bytes".to_owned(),
            DataType::Map => "dict".to_owned(),
            DataType::ValueList => "list".to_owned(),
            DataType::ValueSet => "set".to_owned(),
            DataType::UnixTimestamp => self.module("from datetime import datetime", "datetime"),
            DataType::Decimal => self.module("from decimal import Decimal", "Decimal"),
            DataType::Uuid => self.module("from uuid import UUID", "UUID"),
            DataType::Int32 => self.marker("Int32"),
            DataType::Float32 => self.marker("Float32"),
            DataType::PdfBytes => self.marker("PdfBytes"),
            DataType::ImageBytes => self.marker("ImageBytes"),
            DataType::Json => self.marker("Json"),
            DataType::TimeUuid => self.marker("TimeUuid"),
            DataType::ScalarMap => self.marker("ScalarMap"),
            DataType::ZonedTimestamp => self.marker("ZonedTimestamp"),
            DataType::Array(element) => format!("list[{}]", self.of(element)?),
            DataType::Set(element) => format!("set[{}]", self.of(element)?),
            DataType::Struct(fields) if !fields.is_empty() => self.structure(fields)?,
            DataType::Struct(_) | DataType::Unknown(_) => return None,
        })
    }

    fn structure(&mut self, fields: &[(String, DataType)]) -> Option<String> {
        self.typed_dict = true;
        let members = fields.iter().map(|(name, data_type)| {
            let hint = self.of(data_type)?;
            Some(format!("{}: {hint}", quoted(name)))
        });
        let members = members.collect::<Option<Vec<_>>>()?.join(", ");
        Some(format!("TypedDict(\"Struct\", {{{members}}})"))
    }

    fn marker(&mut self, name: &'static str) -> String {
        self.markers.insert(name);
        name.to_owned()
    }

    fn module(&mut self, import: &'static str, name: &str) -> String {
        self.modules.insert(import);
        name.to_owned()
    }

    /// The lines that import what the hints name, and `names` of `salver_transform`.
    pub(crate) fn imports(&self, names: &[&'static str]) -> String {
        let mut lines: Vec<String> = self.modules.iter().map(|line| (*line).to_owned()).collect();
        let typed_dict = if self.typed_dict { ", TypedDict" } else { "" };
        lines.push(format!("from typing import Any{typed_dict}"));
        let names: BTreeSet<_> = self.markers.iter().chain(names).copied().collect();
        let names: Vec<_> = names.into_iter().collect();
        lines.push(String::new());
        lines.push(format!("from salver_transform import {}", names.join(", ")));
        lines.join("\n")
    }
}

/// A string of Python.
pub(crate) fn quoted(text: &str) -> String {
    // A string of JSON is one of Python.
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::Hints;

    #[test]
    fn every_type_that_is_known_has_a_hint() {
        let mut hints = Hints::default();
        for (data_type, hint) in [
            ("Int64", "int"),
            ("Array(Float32)", "list[Float32]"),
            ("Set(String)", "set[str]"),
            ("UnixTimestamp", "datetime"),
            (
                "Struct({name: String, at: Array(Float64)})",
                "TypedDict(\"Struct\", {\"name\": str, \"at\": list[float]})",
            ),
        ] {
            let found = hints.of(&data_type.parse().unwrap());
            assert_eq!(found.as_deref(), Some(hint), "{data_type}");
        }
        assert_eq!(
            hints.imports(&["transform"]),
            "from datetime import datetime\nfrom typing import Any, TypedDict\n\nfrom salver_transform import Float32, transform"
        );
        assert_eq!(hints.of(&feature_model::DataType::Unknown(5)), None);
    }
}
