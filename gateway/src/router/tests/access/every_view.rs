use std::collections::BTreeSet;

use feature_model::{
    Project,
    access::{Action, ResourceType},
};
use http::StatusCode;

use super::town::{Town, body, permission, snapshot};
use crate::fixture;

/// A view, one of its features, and the views that it is computed from.
const VIEWS: [(&str, &str, &[&str]); 5] = [
    ("stats", "trips", &[]),
    ("multi", "label", &[]),
    ("loading", "speed", &[]),
    ("computed_before", "ratio", &["stats"]),
    ("nothing", "at_all", &[]),
];

fn subsets() -> impl Iterator<Item = Vec<usize>> {
    let all = 0..VIEWS.len();
    (1..1 << VIEWS.len()).map(move |bits: usize| {
        let member = |index: &usize| bits >> index & 1 == 1;
        all.clone().filter(member).collect()
    })
}

fn allow(project: &mut Project, views: &[usize]) {
    project.role_bindings.clear();
    project.permissions.clear();
    let names: Vec<&str> = views.iter().map(|view| VIEWS[*view].0).collect();
    let types = [ResourceType::FeatureView, ResourceType::OnDemandFeatureView];
    let read = permission("read", &[Action::ReadOnline], &types, &names);
    project.permissions.insert(read.name.clone(), read);
}

/// The rule in one line: each view that is asked for is there, and may be read with all that it is computed from.
fn may(allowed: &[usize], asked: &[usize]) -> bool {
    let names: BTreeSet<&str> = allowed.iter().map(|view| VIEWS[*view].0).collect();
    asked.iter().all(|view| {
        let (name, _, sources) = VIEWS[*view];
        name != "nothing" && names.contains(name) && sources.iter().all(|one| names.contains(one))
    })
}

#[tokio::test]
async fn every_set_of_views_is_read_by_whom_it_is_allowed_and_by_nobody_else() {
    let town = Town::new();
    let token = town.token("nobody", "ours");
    let mut read = 0;
    for allowed in subsets() {
        let mut next = snapshot();
        let project = next.projects.get_mut(&fixture::project_name()).unwrap();
        allow(project, &allowed);
        town.house.load(next);
        for asked in subsets() {
            let references = asked.iter().map(|view| {
                let (name, feature, _) = VIEWS[*view];
                format!("{name}:{feature}")
            });
            let references: Vec<String> = references.collect();
            let references: Vec<&str> = references.iter().map(String::as_str).collect();
            let reply = town.ask("prj", Some(&token), &body(&references)).await;
            let may = may(&allowed, &asked);
            let told = format!("{allowed:?} {asked:?} {}", reply.text());
            assert_eq!(reply.status == StatusCode::OK, may, "{told}");
            if !may {
                assert_eq!(reply.code(), "forbidden", "{told}");
                continue;
            }
            let names = reply.json()["metadata"]["feature_names"].clone();
            let features = names
                .as_array()
                .unwrap()
                .iter()
                .filter_map(|name| name.as_str());
            let features = features.filter(|name| !name.ends_with("_id"));
            let wanted = asked.iter().map(|view| VIEWS[*view].1);
            assert!(features.eq(wanted), "{told}");
            read += 1;
        }
    }
    assert!(read > 50, "{read}");
}
