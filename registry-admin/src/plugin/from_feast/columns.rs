//! The columns of a view's function: the fields of its sources that it reads, and the features that it computes.

use anyhow::bail;
use feature_model::{DataType, OnDemandFeatureView, OnDemandSource};

use super::{hints::Hints, source::Function};

/// All columns, with their hints.
#[derive(Debug)]
pub(crate) struct Columns {
    pub(crate) inputs: Vec<Input>,
    /// Names and hints.
    pub(crate) outputs: Vec<(String, String)>,
    pub(crate) hints: Hints,
}

/// A column that the function reads.
#[derive(Debug)]
pub(crate) struct Input {
    /// The field's name, or `source__field` where several sources have one of that name.
    pub(crate) name: String,
    pub(crate) hint: String,
    /// Other names under which the function finds it.
    pub(crate) also: Vec<String>,
}

/// A field of a source.
struct Candidate<'v> {
    source: &'v str,
    field: &'v str,
    data_type: &'v DataType,
    is_request: bool,
}

pub(crate) fn of(view: &OnDemandFeatureView, function: &Function) -> anyhow::Result<Columns> {
    let mut hints = Hints::default();
    let inputs = inputs(view, function, &mut hints)?;
    let mut outputs = Vec::new();
    for feature in &view.features {
        let Some(hint) = hints.of(&feature.data_type) else {
            bail!(
                "its feature `{}` is of no type that is known: `{}`",
                feature.name,
                feature.data_type
            );
        };
        outputs.push((feature.name.clone(), hint));
    }
    Ok(Columns {
        inputs,
        outputs,
        hints,
    })
}

fn inputs(
    view: &OnDemandFeatureView,
    function: &Function,
    hints: &mut Hints,
) -> anyhow::Result<Vec<Input>> {
    let all = candidates(view);
    let takes_all =
        !function.names_its_columns() && !all.iter().any(|it| is_mentioned(it, function));
    let takes_all = takes_all || (!function.names_its_columns() && view.mode == "python");
    let mut inputs = Vec::new();
    for (index, candidate) in all.iter().enumerate() {
        let mentioned = is_mentioned(candidate, function);
        if !mentioned && !takes_all {
            continue;
        }
        let Some(hint) = hints.of(candidate.data_type) else {
            if mentioned {
                bail!(
                    "its input `{}` is of no type that is known: `{}`",
                    candidate.field,
                    candidate.data_type
                );
            }
            continue;
        };
        inputs.push(input(candidate, index, &all, hint));
    }
    Ok(inputs)
}

/// Feast gives a field of a view under its own name and under its full one; where names are the same, the last stays.
fn input(candidate: &Candidate<'_>, index: usize, all: &[Candidate<'_>], hint: String) -> Input {
    let full = full_name(candidate);
    let same = |other: &&Candidate<'_>| other.field == candidate.field;
    let is_alone = all.iter().filter(same).count() == 1;
    let is_last = !all[index + 1..]
        .iter()
        .any(|other| other.field == candidate.field);
    let field = candidate.field.to_owned();
    let (name, also) = match (is_alone, is_last) {
        (true, _) if candidate.is_request => (field, Vec::new()),
        (true, _) => (field, vec![full]),
        (false, true) => (full, vec![field]),
        (false, false) => (full, Vec::new()),
    };
    Input { name, hint, also }
}

fn candidates(view: &OnDemandFeatureView) -> Vec<Candidate<'_>> {
    let mut all = Vec::new();
    for (source, brings) in &view.sources {
        all.extend(brings.fields().iter().map(|field| Candidate {
            source,
            field: &field.name,
            data_type: &field.data_type,
            is_request: matches!(brings, OnDemandSource::Request(_)),
        }));
    }
    all
}

fn is_mentioned(candidate: &Candidate<'_>, function: &Function) -> bool {
    function.mentions(candidate.field) || function.mentions(&full_name(candidate))
}

fn full_name(candidate: &Candidate<'_>) -> String {
    format!("{}__{}", candidate.source, candidate.field)
}
