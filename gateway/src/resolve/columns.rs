//! The keys of `entities`: which join key each brings, and what else a request may send along.

use std::collections::HashMap;

use access::Permit;
use feature_model::{DUMMY_JOIN_KEY, DataSourceKind, DataType, OnDemandSource, Project};

use super::{
    KeyPart, KeySet, Output, RequestColumn, ResolveError, TypedColumn,
    view::JoinKey,
    wanted::{StoredSource, Values, WantedFeature},
};
use crate::{
    ask::Shape,
    join_key::KeyType,
    nearest::{nearest, shown},
};

/// The columns of a request, sorted by what they are.
pub(super) struct Columns<'a> {
    shape: &'a Shape<'a>,
    /// Join key, as request fields name it -> index of the column that brings it.
    brought: HashMap<String, usize>,
    /// What is told of the columns: name, index, and the type where it is a needed join key.
    echoed: Vec<Echo>,
    typed: Vec<TypedColumn>,
    key_sets: Vec<KeySet>,
    request_data: Vec<RequestColumn>,
}

/// What a plan says of the columns.
pub(super) struct Parts {
    /// Those that the reply repeats.
    pub(super) outputs: Vec<Output>,
    pub(super) typed: Vec<TypedColumn>,
    pub(super) key_sets: Vec<KeySet>,
    pub(super) request_data: Vec<RequestColumn>,
}

struct Echo {
    name: String,
    column: usize,
}

/// What a project knows under a name.
enum Known {
    /// A join key, told in the reply.
    JoinKey,
    /// The name of an entity, which Feast still takes in place of its join key.
    EntityOf(String),
    /// Something that the project knows and this request doesn't need.
    Other,
    Nothing,
}

impl<'a> Columns<'a> {
    /// Sorts the columns.
    ///
    /// Every join key of the project is told in the reply, as in Feast, needed or not. A name that the
    /// project doesn't know is most likely misspelt and refused, unless the request is for views without
    /// entities only: those need some list to count rows by, whatever its name.
    ///
    /// To somebody who may not see the project, all of its names that the request doesn't need look like names that it
    /// doesn't have: they are passed over.
    pub(super) fn read(
        shape: &'a Shape<'a>,
        project: &Project,
        permit: &Permit,
        features: &[WantedFeature<'_>],
    ) -> Result<Self, ResolveError> {
        let mut columns = Self {
            shape,
            brought: HashMap::with_capacity(shape.columns.len()),
            echoed: Vec::with_capacity(shape.columns.len()),
            typed: Vec::new(),
            key_sets: Vec::new(),
            request_data: Vec::new(),
        };
        let needed = needed_fields(features);
        let any_name_counts = !needed.is_empty() && needed.iter().all(|f| *f == DUMMY_JOIN_KEY);
        for (index, name) in shape.columns.iter().enumerate() {
            match known(project, name, &needed) {
                Known::JoinKey | Known::Nothing
                    if !permit.shows_project() && !needed.contains(&name.as_ref()) => {}
                Known::EntityOf(join_key)
                    if !permit.shows_project() && !needed.contains(&join_key.as_str()) => {}
                Known::JoinKey => columns.bring(name.as_ref().to_owned(), index)?,
                Known::EntityOf(join_key) => columns.bring(join_key, index)?,
                Known::Other => {}
                Known::Nothing if any_name_counts => {}
                Known::Nothing => return Err(unknown_field(project, name, &needed)),
            }
        }
        Ok(columns)
    }

    fn bring(&mut self, join_key: String, column: usize) -> Result<(), ResolveError> {
        if let Some(first) = self.brought.insert(join_key.clone(), column) {
            return Err(ResolveError::JoinKeyTwice {
                join_key,
                first: shown(&self.shape.columns[first]).into_owned(),
                second: shown(&self.shape.columns[column]).into_owned(),
            });
        }
        self.echoed.push(Echo {
            name: join_key,
            column,
        });
        Ok(())
    }

    pub(super) fn echoed_names(&self) -> Vec<String> {
        self.echoed.iter().map(|echo| echo.name.clone()).collect()
    }

    /// The index of the source's keys in the plan.
    pub(super) fn key_set(&mut self, source: &StoredSource) -> Result<usize, ResolveError> {
        let parts = source.join_keys.iter();
        let key_set = KeySet {
            parts: parts
                .map(|join_key| self.key_part(source, join_key))
                .collect::<Result<_, _>>()?,
        };
        let known = self.key_sets.iter().position(|known| *known == key_set);
        Ok(known.unwrap_or_else(|| {
            self.key_sets.push(key_set);
            self.key_sets.len() - 1
        }))
    }

    fn key_part(
        &mut self,
        source: &StoredSource,
        join_key: &JoinKey,
    ) -> Result<KeyPart, ResolveError> {
        if join_key.name == DUMMY_JOIN_KEY {
            return Ok(KeyPart::Entityless);
        }
        let Some(column) = self.brought.get(&join_key.field).copied() else {
            return Err(self.missing(source));
        };
        let key_type =
            KeyType::of(&join_key.data_type).ok_or_else(|| ResolveError::UnsupportedKeyType {
                view: source.view.clone(),
                join_key: join_key.name.clone(),
                data_type: join_key.data_type.to_string(),
            })?;
        Ok(KeyPart::Column {
            join_key: join_key.name.clone(),
            typed: self.typed_column(column, key_type),
        })
    }

    fn missing(&self, source: &StoredSource) -> ResolveError {
        let fields = source.join_keys.iter().map(|join_key| &join_key.field);
        let needed: Vec<String> = fields
            .filter(|field| *field != DUMMY_JOIN_KEY)
            .cloned()
            .collect();
        let missing = needed
            .iter()
            .filter(|field| !self.brought.contains_key(*field));
        ResolveError::MissingJoinKeys {
            view: source.view.clone(),
            missing: missing.cloned().collect(),
            needed,
        }
    }

    fn typed_column(&mut self, column: usize, key_type: KeyType) -> usize {
        let same = |typed: &TypedColumn| typed.column == column && typed.key_type == key_type;
        self.typed.iter().position(same).unwrap_or_else(|| {
            self.typed.push(TypedColumn {
                column,
                field: self.shape.columns[column].clone().into_owned(),
                key_type,
            });
            self.typed.len() - 1
        })
    }

    /// The index of the request data in the plan.
    pub(super) fn request_data(
        &mut self,
        field: &str,
        data_type: &DataType,
        view: &str,
    ) -> Result<usize, ResolveError> {
        let same = |known: &RequestColumn| known.field == field && known.data_type == *data_type;
        if let Some(known) = self.request_data.iter().position(same) {
            return Ok(known);
        }
        let Some(column) = self.shape.columns.iter().position(|name| name == field) else {
            return Err(ResolveError::MissingRequestData {
                view: view.to_owned(),
                field: field.to_owned(),
            });
        };
        self.request_data.push(RequestColumn {
            column,
            field: field.to_owned(),
            data_type: data_type.clone(),
        });
        Ok(self.request_data.len() - 1)
    }

    pub(super) fn into_parts(self) -> Parts {
        let output = |echo: &Echo| {
            let typed = self.typed.iter().enumerate();
            let mut of_column = typed.filter(|(_, typed)| typed.column == echo.column);
            match (of_column.next(), of_column.next()) {
                (Some((index, _)), None) => Output::Key(index),
                // where views differ in the type, neither decides: the order of the features would
                _ => Output::Given(echo.column),
            }
        };
        Parts {
            outputs: self.echoed.iter().map(output).collect(),
            typed: self.typed,
            key_sets: self.key_sets,
            request_data: self.request_data,
        }
    }
}

/// The request fields that the features' keys come from, each once.
fn needed_fields<'f>(features: &'f [WantedFeature<'_>]) -> Vec<&'f str> {
    let mut fields: Vec<&str> = Vec::new();
    let mut last = None;
    for feature in features {
        let source = std::rc::Rc::as_ptr(&feature.source);
        if last.replace(source) == Some(source) {
            continue;
        }
        let stored = match &feature.source.values {
            Values::Stored(source) => std::slice::from_ref(source),
            Values::Computed(computation) => computation.stored.as_slice(),
        };
        for join_key in stored.iter().flat_map(|source| &source.join_keys) {
            if !fields.contains(&join_key.field.as_str()) {
                fields.push(&join_key.field);
            }
        }
    }
    fields
}

fn known(project: &Project, name: &str, needed: &[&str]) -> Known {
    if name == DUMMY_JOIN_KEY {
        return Known::Other;
    }
    if needed.contains(&name)
        || project
            .entities
            .values()
            .any(|entity| entity.join_key == name)
    {
        return Known::JoinKey;
    }
    if let Some(entity) = project.entities.get(name) {
        return Known::EntityOf(entity.join_key.clone());
    }
    if other_fields(project).any(|field| field == name) {
        return Known::Other;
    }
    Known::Nothing
}

/// Request fields that aren't join keys of the project's entities: request data, and the fields to which
/// services map join keys.
fn other_fields(project: &Project) -> impl Iterator<Item = &str> {
    let sources = project.data_sources.values();
    let on_demand = project.on_demand_feature_views.values();
    let inputs = on_demand.flat_map(|view| view.sources.values());
    let requests = inputs.filter_map(|input| match input {
        OnDemandSource::Request(source) => Some(source),
        OnDemandSource::View(_) => None,
    });
    let request_fields = sources
        .chain(requests)
        .filter_map(|source| match &source.kind {
            DataSourceKind::Request { schema } => Some(schema),
            _ => None,
        })
        .flatten()
        .map(|field| field.name.as_str());
    let projections = project
        .feature_services
        .values()
        .flat_map(|service| &service.projections);
    let mapped = projections
        .flat_map(|projection| projection.join_key_map.values())
        .map(String::as_str);
    let views = project.feature_views.values();
    let columns = views
        .flat_map(|view| &view.entity_columns)
        .map(|column| column.name.as_str());
    request_fields.chain(mapped).chain(columns)
}

fn unknown_field(project: &Project, name: &str, needed: &[&str]) -> ResolveError {
    let join_keys = project.entities.values().map(|e| e.join_key.as_str());
    let known = needed
        .iter()
        .copied()
        .chain(join_keys)
        .chain(other_fields(project))
        .filter(|known| *known != DUMMY_JOIN_KEY);
    let needed: Vec<&str> = needed
        .iter()
        .copied()
        .filter(|field| *field != DUMMY_JOIN_KEY)
        .collect();
    ResolveError::UnknownField {
        field: shown(name).into_owned(),
        nearest: nearest(name, known),
        needed: needed.into_iter().map(str::to_owned).collect(),
    }
}
