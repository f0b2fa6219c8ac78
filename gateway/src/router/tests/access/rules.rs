//! Which rules and scopes count, and from when on.

use access::MintFor;
use feature_model::access::Role;
use http::StatusCode;

use super::town::{Town, binding, snapshot};
use crate::fixture;

#[tokio::test]
async fn a_plan_that_somebody_else_has_is_not_given_to_those_who_may_not() {
    let town = Town::new();
    let (reader, nobody) = (town.token("reader", "ours"), town.token("nobody", "ours"));
    for _ in 0..2 {
        let reply = town.features(&reader, &["stats:trips"]).await;
        assert_eq!(reply.status, StatusCode::OK);
        let reply = town.features(&nobody, &["stats:trips"]).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN);
    }
}

#[tokio::test]
async fn a_scope_narrows_to_one_service_of_one_project() {
    let town = Town::new();
    let service = MintFor::FeatureService("svc".into());
    let token = town.narrowed("reader", "ours", "prj", service);
    assert_eq!(
        town.features(&token, &["stats:trips"]).await.status,
        StatusCode::FORBIDDEN
    );
    let elsewhere = town.narrowed("reader", "ours", "twin", MintFor::Role(Role::Admin));
    assert_eq!(
        town.features(&elsewhere, &["stats:trips"]).await.status,
        StatusCode::FORBIDDEN
    );
}

#[tokio::test]
async fn rules_count_as_soon_as_the_registry_has_them() {
    let town = Town::new();
    let (reader, late) = (town.token("reader", "ours"), town.token("late", "ours"));
    let mut next = snapshot();
    let project = next.projects.get_mut(&fixture::project_name()).unwrap();
    project.role_bindings.clear();
    project.permissions.clear();
    let binding = binding("late", Role::Producer);
    project.role_bindings.insert(binding.name.clone(), binding);
    let status = async |token: &str| town.features(token, &["stats:trips"]).await.status;
    assert_eq!(status(&reader).await, StatusCode::OK);
    assert_eq!(status(&late).await, StatusCode::FORBIDDEN);
    town.house.load(next);
    assert_eq!(status(&reader).await, StatusCode::FORBIDDEN);
    assert_eq!(status(&late).await, StatusCode::OK);
}
