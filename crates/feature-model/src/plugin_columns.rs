//! Which field fills an input column of a plugin, and which output column becomes a feature.

use std::collections::BTreeMap;

use crate::{DataSourceKind, DataType, Field, OnDemandFeatureView, OnDemandSource, PluginInput};

/// An input column that can't be filled, by what is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnfilledInput {
    /// The view has no source of that name.
    NoSource(PluginInput),
    /// The source has no such field.
    NoField(PluginInput),
    /// No source has a field of the column's name.
    Nowhere,
    /// Several sources have one.
    Ambiguous(Vec<PluginInput>),
}

impl OnDemandSource {
    /// What it brings: chosen features of a view, or fields of a request.
    #[must_use]
    pub fn fields(&self) -> &[Field] {
        match self {
            Self::View(projection) => &projection.features,
            Self::Request(source) => match &source.kind {
                DataSourceKind::Request { schema } => schema,
                _ => &[],
            },
        }
    }
}

impl OnDemandFeatureView {
    /// The source and field that fill an input column of its plugin: those that `inputs` tells, else the field of
    /// the column's name in the only source that has one, else, for a column `source__field` as Feast calls it, that.
    ///
    /// # Errors
    /// Where there is none, or more than one.
    pub fn input_field(
        &self,
        column: &str,
        inputs: &BTreeMap<String, PluginInput>,
    ) -> Result<(&str, &Field), UnfilledInput> {
        if let Some(input) = inputs.get(column) {
            return self.told_field(input);
        }
        let mut found = self.sources.iter().filter_map(|(source, brings)| {
            let mut fields = brings.fields().iter();
            let field = fields.find(|field| field.name == column)?;
            Some((source.as_str(), field))
        });
        let Some(first) = found.next() else {
            return self.full_name(column).ok_or(UnfilledInput::Nowhere);
        };
        let others: Vec<&str> = found.map(|(source, _)| source).collect();
        if others.is_empty() {
            return Ok(first);
        }
        let all = [first.0].into_iter().chain(others);
        let named = all.map(|source| PluginInput {
            source: source.to_owned(),
            field: column.to_owned(),
        });
        Err(UnfilledInput::Ambiguous(named.collect()))
    }

    /// The field whose full name is the column's.
    fn full_name(&self, column: &str) -> Option<(&str, &Field)> {
        self.sources.iter().find_map(|(source, brings)| {
            let name = column.strip_prefix(source.as_str())?.strip_prefix("__")?;
            let field = brings.fields().iter().find(|field| field.name == name)?;
            Some((source.as_str(), field))
        })
    }

    fn told_field(&self, input: &PluginInput) -> Result<(&str, &Field), UnfilledInput> {
        let source = self.sources.get_key_value(&input.source);
        let (name, source) = source.ok_or_else(|| UnfilledInput::NoSource(input.clone()))?;
        let mut fields = source.fields().iter();
        let field = fields.find(|field| field.name == input.field);
        let field = field.ok_or_else(|| UnfilledInput::NoField(input.clone()))?;
        Ok((name, field))
    }
}

/// The output column that becomes a feature: the one that `outputs` renames to it, else the one of its name; absent
/// where that one is renamed to another feature.
#[must_use]
pub fn output_column<'a>(
    feature: &'a str,
    outputs: &'a BTreeMap<String, String>,
) -> Option<&'a str> {
    let renamed = outputs.iter().find(|(_, becomes)| *becomes == feature);
    match renamed {
        Some((column, _)) => Some(column),
        None if outputs.contains_key(feature) => None,
        None => Some(feature),
    }
}

impl DataType {
    /// Whether each value of this type is one of the other type, too, without loss: of the same type, or a narrower
    /// number in a wider one, also as elements of lists and sets.
    #[must_use]
    pub fn fits_into(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Int32, Self::Int64 | Self::Float64) | (Self::Float32, Self::Float64) => true,
            (
                Self::Bytes | Self::PdfBytes | Self::ImageBytes,
                Self::Bytes | Self::PdfBytes | Self::ImageBytes,
            ) => true,
            (Self::Array(one), Self::Array(other)) | (Self::Set(one), Self::Set(other)) => {
                one.fits_into(other)
            }
            (Self::Unknown(_), _) => false,
            (one, other) => one == other,
        }
    }
}

#[cfg(test)]
mod tests {
    use indexmap::IndexMap;

    use super::*;
    use crate::{DataSource, Projection, Tags};

    fn field(name: &str) -> Field {
        Field::new(name, DataType::Int64)
    }

    fn view() -> OnDemandFeatureView {
        let stats = Projection {
            view: "stats".to_owned(),
            alias: None,
            features: vec![field("rate"), field("trips")],
            join_key_map: BTreeMap::new(),
            version_tag: None,
        };
        let schema = vec![field("amount"), field("rate")];
        let request = DataSource {
            name: "request".to_owned(),
            kind: DataSourceKind::Request { schema },
            description: String::new(),
            tags: Tags::new(),
            owner: String::new(),
        };
        let sources: IndexMap<String, OnDemandSource> = [
            ("stats".to_owned(), OnDemandSource::View(stats)),
            ("request".to_owned(), OnDemandSource::Request(request)),
        ]
        .into();
        OnDemandFeatureView {
            name: "view".to_owned(),
            features: Vec::new(),
            sources,
            entities: Vec::new(),
            entity_columns: Vec::new(),
            mode: String::new(),
            body_text: String::new(),
            write_to_online_store: false,
            singleton: false,
            enabled: true,
            description: String::new(),
            tags: Tags::new(),
            owner: String::new(),
        }
    }

    fn input(source: &str, field: &str) -> PluginInput {
        let [source, field] = [source, field].map(str::to_owned);
        PluginInput { source, field }
    }

    #[test]
    fn a_column_is_filled_from_the_field_of_its_name_or_from_the_one_that_is_told() {
        let view = view();
        let inputs = [("x".to_owned(), input("request", "rate"))].into();
        let found = |column: &str| view.input_field(column, &inputs);
        let named = |column: &str| found(column).map(|(source, field)| (source, &*field.name));
        assert_eq!(named("trips"), Ok(("stats", "trips")));
        assert_eq!(named("amount"), Ok(("request", "amount")));
        assert_eq!(named("x"), Ok(("request", "rate")));
        assert_eq!(named("other"), Err(UnfilledInput::Nowhere));
        let both = vec![input("stats", "rate"), input("request", "rate")];
        assert_eq!(named("rate"), Err(UnfilledInput::Ambiguous(both)));
    }

    #[test]
    fn what_is_told_and_not_there_is_an_error() {
        let view = view();
        let told = |input: PluginInput| {
            let inputs = [("x".to_owned(), input)].into();
            view.input_field("x", &inputs).map(|_| ()).unwrap_err()
        };
        let elsewhere = input("elsewhere", "rate");
        assert_eq!(told(elsewhere.clone()), UnfilledInput::NoSource(elsewhere));
        let other = input("stats", "other");
        assert_eq!(told(other.clone()), UnfilledInput::NoField(other));
    }

    #[test]
    fn a_feature_is_the_column_of_its_name_unless_that_is_renamed() {
        let outputs: BTreeMap<String, String> = [("a".to_owned(), "b".to_owned())].into();
        assert_eq!(output_column("b", &outputs), Some("a"));
        assert_eq!(output_column("a", &outputs), None);
        assert_eq!(output_column("c", &outputs), Some("c"));
    }

    #[test]
    fn a_number_fits_into_a_wider_one() {
        let fits = |one: &str, other: &str| {
            let [one, other]: [DataType; 2] = [one, other].map(|text| text.parse().unwrap());
            one.fits_into(&other)
        };
        for (one, other) in [
            ("Int64", "Int64"),
            ("Int32", "Int64"),
            ("Int32", "Float64"),
            ("Float32", "Float64"),
            ("Array(Float32)", "Array(Float64)"),
            ("Set(Int32)", "Set(Int64)"),
            ("PdfBytes", "Bytes"),
            ("Struct({a: Int64})", "Struct({a: Int64})"),
        ] {
            assert!(fits(one, other), "{one} into {other}");
        }
        for (one, other) in [
            ("Int64", "Float64"),
            ("Int64", "Int32"),
            ("Float64", "Float32"),
            ("Int32", "Float32"),
            ("String", "Json"),
            ("Array(Int64)", "Set(Int64)"),
            ("Struct({a: Int32})", "Struct({a: Int64})"),
        ] {
            assert!(!fits(one, other), "{one} into {other}");
        }
        assert!(!DataType::Unknown(0).fits_into(&DataType::Unknown(0)));
    }
}
