//! What the author has to look at: where the function would do something else in a plugin than it does in Feast.

use feature_model::{OnDemandFeatureView, OnDemandSource, Project};

use super::{Mode, source::Function};

pub(super) fn of(
    project: &Project,
    view: &OnDemandFeatureView,
    mode: Mode,
    function: &Function,
) -> Vec<String> {
    let mut left = Vec::new();
    if mode == Mode::Pandas {
        left.push(
            "write the function; its columns are there, and Feast's text as a comment".to_owned(),
        );
    }
    let modules = [("pd", "pandas"), ("np", "numpy")];
    let used = modules.iter().filter(|(name, _)| function.uses(name));
    let used: Vec<_> = used.map(|(_, module)| *module).collect();
    if mode == Mode::Python && !used.is_empty() {
        let used = used.join(" and ");
        left.push(format!(
            "the function uses {used}, which a plugin doesn't have; change it"
        ));
    }
    for name in function.names_of_defaults() {
        left.push(format!(
            "a default of the function is `{name}`, and Feast keeps nothing that stands outside of the function; define `{name}` before it"
        ));
    }
    left.extend(keys(project, view, function));
    left
}

/// Of what the function reads from its argument.
fn keys(project: &Project, view: &OnDemandFeatureView, function: &Function) -> Vec<String> {
    let join_keys = join_keys(project, view);
    let uses = function.uses_of_argument();
    let mut left = Vec::new();
    for key in &uses.keys {
        if is_of_a_source(view, key) {
            continue;
        }
        left.push(if join_keys.contains(key) {
            format!(
                "the function reads the join key `{key}`, which Feast gives it and Salver doesn't; let the request bring it, as a field of a request source with another name, or do without"
            )
        } else {
            format!("the function reads `{key}`, which none of the view's sources has")
        });
    }
    if let Some(other) = uses.others.first() {
        left.push(format!(
            "which columns the function reads can't be told from `{other}`: it is given those of all sources; take away from `inputs` what it doesn't need, and mind that Feast gives it the join keys, too"
        ));
    }
    left
}

fn is_of_a_source(view: &OnDemandFeatureView, key: &str) -> bool {
    view.sources.iter().any(|(source, brings)| {
        let is = |name: &str| key == name || key == format!("{source}__{name}");
        brings.fields().iter().any(|field| is(&field.name))
    })
}

/// All that Feast may have in its reply when it calls the function.
fn join_keys(project: &Project, view: &OnDemandFeatureView) -> Vec<String> {
    let of_view = |(name, brings): (&String, &OnDemandSource)| match brings {
        OnDemandSource::View(_) => project.feature_views.get(name),
        OnDemandSource::Request(_) => None,
    };
    let views = view.sources.iter().filter_map(of_view);
    let keys = views.flat_map(|view| project.join_keys(view));
    let entities = project.entities.values().map(|it| it.join_key.clone());
    keys.map(|field| field.name).chain(entities).collect()
}
