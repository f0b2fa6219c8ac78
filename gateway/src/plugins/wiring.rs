//! How the fields of an on-demand view and the columns of its plugin belong together.

use feature_model::{
    DataType, Field, OnDemandFeatureView, PluginBinding, PluginInput, UnfilledInput, output_column,
};
use plugin_host::Description;

/// Where each input column comes from, and which output column each feature is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wiring {
    /// In the order of the transform's input columns.
    pub inputs: Vec<WiredInput>,
    /// For each feature of the view its name and the index of its output column.
    pub features: Vec<(String, usize)>,
}

/// One input column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WiredInput {
    /// The column's type.
    pub data_type: DataType,
    /// What fills it.
    pub from: PluginInput,
}

/// The plugin's columns and the view's fields don't fit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", problems.join("; "))]
pub struct WiringError {
    /// Each that was found.
    pub problems: Vec<String>,
}

impl Wiring {
    /// By the rules of [`OnDemandFeatureView::input_field`] and [`output_column`].
    ///
    /// # Errors
    /// With everything that has no counterpart, or one of another type.
    pub fn new(
        view: &OnDemandFeatureView,
        binding: &PluginBinding,
        description: &Description,
    ) -> Result<Self, WiringError> {
        let mut problems = Vec::new();
        let mut inputs = Vec::with_capacity(description.inputs.len());
        for column in &description.inputs {
            match input(view, binding, &column.name, &column.data_type) {
                Ok(input) => inputs.push(input),
                Err(problem) => problems.push(problem),
            }
        }
        let mut features = Vec::with_capacity(view.features.len());
        for feature in &view.features {
            match output(binding, description, feature) {
                Ok(column) => features.push((feature.name.clone(), column)),
                Err(problem) => problems.push(problem),
            }
        }
        if problems.is_empty() {
            Ok(Self { inputs, features })
        } else {
            Err(WiringError { problems })
        }
    }

    /// The output column of a feature.
    #[must_use]
    pub fn column_of(&self, feature: &str) -> Option<usize> {
        let found = self.features.iter().find(|(name, _)| name == feature);
        found.map(|(_, column)| *column)
    }
}

fn input(
    view: &OnDemandFeatureView,
    binding: &PluginBinding,
    column: &str,
    data_type: &DataType,
) -> Result<WiredInput, String> {
    let (source, field) = view
        .input_field(column, &binding.inputs)
        .map_err(|unfilled| unfilled_reason(column, &unfilled))?;
    if !fits(&field.data_type, data_type) {
        return Err(format!(
            "input `{column}` is {data_type}, and `{source}:{}` is {}",
            field.name, field.data_type
        ));
    }
    Ok(WiredInput {
        data_type: data_type.clone(),
        from: PluginInput {
            source: source.to_owned(),
            field: field.name.clone(),
        },
    })
}

fn unfilled_reason(column: &str, unfilled: &UnfilledInput) -> String {
    let why = match unfilled {
        UnfilledInput::NoSource(input) | UnfilledInput::NoField(input) => {
            format!("the view has no `{input}`")
        }
        UnfilledInput::Nowhere => "no source has a field for it".to_owned(),
        UnfilledInput::Ambiguous(_) => "several sources have a field for it".to_owned(),
    };
    format!("input `{column}`: {why}")
}

fn output(
    binding: &PluginBinding,
    description: &Description,
    feature: &Field,
) -> Result<usize, String> {
    let column = output_column(&feature.name, &binding.outputs);
    let found = column.and_then(|column| {
        let mut outputs = description.outputs.iter();
        outputs.position(|output| output.name == column)
    });
    let Some(index) = found else {
        return Err(format!(
            "feature `{}`: the transform returns no column for it",
            feature.name
        ));
    };
    let data_type = &description.outputs[index].data_type;
    if fits(data_type, &feature.data_type) {
        Ok(index)
    } else {
        Err(format!(
            "feature `{}` is {}, and the transform returns {data_type}",
            feature.name, feature.data_type
        ))
    }
}

/// Whether values of one type can be used as values of the other. A registry keeps the kind of a type, and not always
/// what a nested one is made of.
fn fits(from: &DataType, to: &DataType) -> bool {
    let is_unknown = |data_type: &DataType| matches!(data_type, DataType::Unknown(_));
    is_unknown(from)
        || is_unknown(to)
        || from.value_type_id() == to.value_type_id()
        || from.fits_into(to)
}
