use std::collections::HashMap;

use settings::{
    Problems,
    yaml::{Mark, Node},
};

use super::{Declared, declared};

/// Keys whose objects share one space of names, and what an object under each is called.
const SPACES: [&[(&str, &str)]; 6] = [
    &[("entities", "entity")],
    &[("data_sources", "data source")],
    &[
        ("feature_views", "feature view"),
        ("on_demand_feature_views", "on-demand feature view"),
    ],
    &[("feature_services", "feature service")],
    &[("permissions", "permission")],
    &[("role_bindings", "role binding")],
];

/// Reports names that are used twice. As in Feast, upper and lower case make no difference.
pub(super) fn check(roots: &[Node], problems: &mut Problems) {
    for space in SPACES {
        let mut known: HashMap<String, (&str, Declared<'_>)> = HashMap::new();
        for (key, kind) in space {
            for object in declared(roots, key) {
                let folded = object.name.to_lowercase();
                match known.get(&folded) {
                    None => {
                        known.insert(folded, (kind, object));
                    }
                    Some((kind, first)) => {
                        problems.push(object.mark.error(taken(object, kind, first)));
                    }
                }
            }
        }
    }
}

fn taken(object: Declared<'_>, kind: &str, first: &Declared<'_>) -> String {
    let place = place(first.mark);
    let case = if object.name == first.name {
        ""
    } else {
        "; upper and lower case make no difference"
    };
    format!(
        "the name `{}` is taken: there is the {kind} `{}` at {place}{case}",
        object.name, first.name
    )
}

/// `file:line`
pub(super) fn place(mark: &Mark) -> String {
    format!("{}:{}", mark.source.display(), mark.line)
}
