//! The columns of a transform against the sources and the schema of its view.

use feature_model::{
    DataType, Field, OnDemandFeatureView, OnDemandSource, PluginInput, UnfilledInput, output_column,
};
use plugin_host::Description;
use settings::did_you_mean;

use crate::definitions::PluginDefinition;

/// Something that doesn't fit.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mismatch {
    pub(super) place: Place,
    pub(super) message: String,
}

impl Mismatch {
    pub(super) fn of_plugin(part: &str, message: String) -> Self {
        let place = Place::Plugin(part.to_owned());
        Self { place, message }
    }
}

/// What has to be changed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A part of the plugin's definition.
    Plugin(String),
    /// A part of the view's.
    View(String),
}

/// Everything in which a transform doesn't fit its view.
pub(super) fn mismatches(
    view: &OnDemandFeatureView,
    plugin: &PluginDefinition,
    transform: &str,
    description: &Description,
) -> Vec<Mismatch> {
    let mut check = Check {
        view,
        plugin,
        transform,
        description,
        found: Vec::new(),
    };
    check.inputs();
    check.renamed_inputs();
    check.renamed_outputs();
    check.features();
    check.found
}

struct Check<'a> {
    view: &'a OnDemandFeatureView,
    plugin: &'a PluginDefinition,
    transform: &'a str,
    description: &'a Description,
    found: Vec<Mismatch>,
}

impl Check<'_> {
    fn tell(&mut self, place: Place, message: String) {
        self.found.push(Mismatch { place, message });
    }

    fn inputs(&mut self) {
        let is_told = |name: &String| self.plugin.unread_inputs.contains(name);
        let inputs = self.description.inputs.iter();
        for column in inputs.filter(|column| !is_told(&column.name)) {
            let name = &column.name;
            let part = format!("inputs.{name}");
            match self.view.input_field(name, &self.plugin.inputs) {
                Ok((source, field)) if !fits(&field.data_type, &column.data_type) => {
                    let message = format!(
                        "the input column `{name}` of transform `{}` is {}, and `{source}:{}` is {}",
                        self.transform, column.data_type, field.name, field.data_type
                    );
                    self.tell(Place::Plugin(part), message);
                }
                Ok(_) => {}
                Err(unfilled) => {
                    let message = self.unfilled(name, &column.data_type, &unfilled);
                    self.tell(Place::Plugin(part), message);
                }
            }
        }
    }

    /// What is wrong with the source of an input column that the transform doesn't take.
    fn filled_from_nothing(&self, column: &str) -> Option<String> {
        let PluginInput { source, field } = self.plugin.inputs.get(column)?;
        let fields = self.view.sources.get(source).map(OnDemandSource::fields);
        match fields {
            None => Some(self.no_source(source)),
            Some(fields) if names(fields).all(|name| name != field) => {
                Some(self.no_field(source, field))
            }
            Some(_) => None,
        }
    }

    fn no_source(&self, source: &str) -> String {
        let hint = did_you_mean(source, self.view.sources.keys().map(String::as_str));
        let view = &self.view.name;
        format!("the on-demand feature view `{view}` has no source `{source}`{hint}")
    }

    fn no_field(&self, source: &str, field: &str) -> String {
        let fields = self.view.sources.get(source).map(OnDemandSource::fields);
        let hint = did_you_mean(field, names(fields.unwrap_or_default()));
        format!("the source `{source}` has no field `{field}`{hint}")
    }

    fn unfilled(&self, column: &str, data_type: &DataType, unfilled: &UnfilledInput) -> String {
        let transform = self.transform;
        match unfilled {
            UnfilledInput::NoSource(PluginInput { source, .. }) => self.no_source(source),
            UnfilledInput::NoField(PluginInput { source, field }) => self.no_field(source, field),
            UnfilledInput::Nowhere => {
                let fields = self
                    .view
                    .sources
                    .values()
                    .flat_map(|source| names(source.fields()));
                let hint = did_you_mean(column, fields);
                format!(
                    "transform `{transform}` takes a column `{column}` ({data_type}), and no source of the view has a field \
                     of that name; write under `inputs` what fills it, as `{column}: source:field`{hint}"
                )
            }
            UnfilledInput::Ambiguous(inputs) => {
                let all: Vec<String> = inputs.iter().map(|input| format!("`{input}`")).collect();
                let example = inputs.first().map(ToString::to_string).unwrap_or_default();
                format!(
                    "the input column `{column}` of transform `{transform}` could be filled from {}; write under `inputs` \
                     which, as `{column}: {example}`",
                    all.join(" or ")
                )
            }
        }
    }

    fn renamed_inputs(&mut self) {
        let plugin = self.plugin;
        for column in plugin.inputs.keys().chain(&plugin.unread_inputs) {
            let known = || names(&self.description.inputs);
            if known().any(|name| name == column) {
                continue;
            }
            let message = format!(
                "transform `{}` takes no column `{column}`{}",
                self.transform,
                told(column, known())
            );
            let place = || Place::Plugin(format!("inputs.{column}"));
            self.tell(place(), message);
            if let Some(message) = self.filled_from_nothing(column) {
                self.tell(place(), message);
            }
        }
    }

    fn renamed_outputs(&mut self) {
        for (column, feature) in &self.plugin.outputs {
            let part = || Place::Plugin(format!("outputs.{column}"));
            let known = || names(&self.description.outputs);
            if known().all(|name| name != column) {
                let message = format!(
                    "transform `{}` returns no column `{column}`{}",
                    self.transform,
                    told(column, known())
                );
                self.tell(part(), message);
            }
            let features = || names(&self.view.features);
            if features().all(|name| name != feature) {
                let message = format!(
                    "the on-demand feature view `{}` has no feature `{feature}`{}",
                    self.view.name,
                    told(feature, features())
                );
                self.tell(part(), message);
            }
        }
    }

    fn features(&mut self) {
        for feature in &self.view.features {
            let outputs = &self.description.outputs;
            let column = output_column(&feature.name, &self.plugin.outputs);
            let described =
                column.and_then(|column| outputs.iter().find(|output| output.name == column));
            let place = || Place::View(format!("features.{}", feature.name));
            match described {
                // What is renamed from a column that isn't there has been told.
                None if column.is_some_and(|column| column != feature.name) => {}
                None if self.plugin.outputs.contains_key(&feature.name) => {
                    let becomes = &self.plugin.outputs[&feature.name];
                    let message = format!(
                        "`outputs` makes the feature `{becomes}` of the column `{}`, so that none is left for the feature of that name",
                        feature.name
                    );
                    self.tell(place(), message);
                }
                None => {
                    let message = format!(
                        "transform `{}` returns no column for the feature `{}`; write under `outputs` which column becomes it, \
                         as `column: {}`{}",
                        self.transform,
                        feature.name,
                        feature.name,
                        told(&feature.name, names(outputs))
                    );
                    self.tell(place(), message);
                }
                Some(output) if !becomes(&output.data_type, &feature.data_type) => {
                    let message = format!(
                        "the feature `{}` is {}, and the column `{}` that transform `{}` returns for it is {}",
                        feature.name,
                        feature.data_type,
                        output.name,
                        self.transform,
                        output.data_type
                    );
                    self.tell(place(), message);
                }
                Some(_) => {}
            }
        }
    }
}

fn fits(field: &DataType, column: &DataType) -> bool {
    field.fits_into(column) || is_same_to_feast(column, field)
}

fn becomes(column: &DataType, feature: &DataType) -> bool {
    column.fits_into(feature) || is_same_to_feast(column, feature)
}

/// Feast forgets what is in lists of lists and structs of a view that it rewrites.
fn is_same_to_feast(described: &DataType, stored: &DataType) -> bool {
    let is_forgotten = match stored {
        DataType::ValueList | DataType::ValueSet => true,
        DataType::Struct(members) => members.is_empty(),
        DataType::Array(element) => {
            matches!(element.as_ref(), DataType::Struct(members) if members.is_empty())
        }
        _ => false,
    };
    is_forgotten && described.value_type_id() == stored.value_type_id()
}

/// A near name, else all names.
fn told<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> String {
    let known: Vec<&str> = known.collect();
    let hint = did_you_mean(name, known.iter().copied());
    if !hint.is_empty() || known.is_empty() {
        return hint;
    }
    let quoted: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
    format!("; it has {}", quoted.join(", "))
}

/// Whatever has a name.
trait Named {
    fn name(&self) -> &str;
}

impl Named for Field {
    fn name(&self) -> &str {
        &self.name
    }
}

impl Named for plugin_host::Field {
    fn name(&self) -> &str {
        &self.name
    }
}

fn names<T: Named>(named: &[T]) -> impl Iterator<Item = &str> {
    named.iter().map(Named::name)
}

#[cfg(test)]
mod tests;
