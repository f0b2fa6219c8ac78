//! What those learn who may not.

use std::time::{SystemTime, UNIX_EPOCH};

use feature_model::access::Action;
use http::StatusCode;
use serde_json::json;

use super::town::{ISSUER, Town, body, permission, snapshot, told};
use crate::fixture;

#[tokio::test]
async fn what_is_forbidden_and_what_is_not_there_look_alike() {
    let town = Town::new();
    let nobody = town.token("nobody", "ours");
    let theirs = town.token("reader", "theirs");
    let mut replies = Vec::new();
    for (project, token, body) in [
        // a project where the caller has no business, one that isn't served, one of other tokens
        ("twin", &nobody, body(&["stats:trips"])),
        ("nowhere", &nobody, body(&["stats:trips"])),
        ("far", &nobody, body(&["stats:trips"])),
        ("twin", &nobody, "no json".to_owned()),
        ("nowhere", &theirs, body(&["stats:trips"])),
        ("prj", &theirs, body(&["stats:trips"])),
        // objects that the caller may not describe, and objects that aren't there
        ("prj", &nobody, body(&["loading:speed"])),
        ("prj", &nobody, body(&["nothing:speed"])),
        ("prj", &nobody, body(&["multi:trips", "nothing:speed"])),
        ("prj", &nobody, body(&["multi:trips", "loading:speed"])),
        (
            "prj",
            &nobody,
            r#"{"feature_service": "nothing", "entities": {"driver_id": [1]}}"#.to_owned(),
        ),
    ] {
        let reply = town.ask(project, Some(token), &body).await;
        assert_eq!(told(&reply), (403, "forbidden".into()), "{project} {body}");
        replies.push((reply.body, reply.headers));
    }
    replies.dedup();
    assert_eq!(replies.len(), 1, "{replies:?}");
}

/// Not even that a project is served whose registry is late.
#[tokio::test]
async fn a_project_without_a_registry_looks_as_if_it_were_not_there() {
    let town = Town::new();
    let mut replies = Vec::new();
    for subject in ["reader", "nobody"] {
        let token = town.token(subject, "ours");
        for project in ["late", "nowhere"] {
            let reply = town.ask(project, Some(&token), "{").await;
            assert_eq!(told(&reply), (403, "forbidden".into()), "{project}");
            replies.push((reply.body, reply.headers));
        }
    }
    replies.dedup();
    assert_eq!(replies.len(), 1, "{replies:?}");
}

#[tokio::test]
async fn who_may_see_an_object_is_told_what_is_missing() {
    let town = Town::new();
    let nobody = town.token("nobody", "ours");
    let reply = town.features(&nobody, &["stats:trips"]).await;
    assert_eq!(told(&reply), (403, "permission_missing".into()));
    assert!(
        reply
            .text()
            .contains("`read_online` on feature view `stats`"),
        "{}",
        reply.text()
    );
    // and who may see the project, that there is nothing
    let reader = town.token("reader", "ours");
    let reply = town.features(&reader, &["nothing:trips"]).await;
    assert_eq!(told(&reply), (404, "unknown_feature_view".into()));
}

/// They see that it is there, and nothing of what is in it.
#[tokio::test]
async fn who_may_describe_the_project_alone_cannot_guess_names() {
    let town = Town::new();
    let exp = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let token = town.sign(&json!({
        "iss": ISSUER, "aud": "ours", "sub": "reader", "exp": exp.as_secs() + 60,
        "scope": "salver:prj:project/prj:describe",
    }));
    let service = |name: &str| json!({"feature_service": name, "entities": {"driver_id": [1]}});
    let mut replies = Vec::new();
    for body in [
        body(&["loading:speed"]),
        body(&["loadin:speed"]),
        service("svc").to_string(),
        service("svd").to_string(),
    ] {
        let reply = town.ask("prj", Some(&token), &body).await;
        assert_eq!(told(&reply), (403, "forbidden".into()), "{body}");
        replies.push(reply.body);
    }
    replies.dedup();
    assert_eq!(replies.len(), 1);
    let ready = town.get("/ready", Some(&token)).await;
    assert_eq!(ready.json()["projects"], json!([]));
}

/// Everybody may describe `stats` and what else has that name in it.
#[tokio::test]
async fn a_better_name_is_told_to_those_who_see_all_names() {
    let town = Town::new();
    let mut next = snapshot();
    let project = next.projects.get_mut(&fixture::project_name()).unwrap();
    let describe = permission("some", &[Action::Describe], &[], &["load.*"]);
    project.permissions.insert("some".into(), describe);
    town.house.load(next);
    for (subject, hints) in [("reader", true), ("nobody", false)] {
        let token = town.token(subject, "ours");
        let reply = town.features(&token, &["loadinx:speed"]).await;
        assert_eq!(told(&reply), (404, "unknown_feature_view".into()));
        assert_eq!(reply.text().contains("`loading`"), hints, "{subject}");
    }
}

/// `nobody` may read `multi`, by driver and customer, and doesn't see the project.
#[tokio::test]
async fn names_of_a_project_that_one_may_not_see_cannot_be_guessed_by_entities() {
    let town = Town::new();
    let nobody = town.token("nobody", "ours");
    let ask = |field: &str| {
        let mut entities = serde_json::json!({"driver_id": [1], "customer_id": ["a"]});
        entities[field] = serde_json::json!([1]);
        serde_json::json!({"features": ["multi:trips"], "entities": entities}).to_string()
    };
    let mut replies = Vec::new();
    for field in ["zone_id", "zone", "zone_idd", "nothing"] {
        // first for somebody who sees everything, whose plan must not be the other's
        let reader = town.token("reader", "ours");
        let seeing = town.ask("prj", Some(&reader), &ask(field)).await;
        assert_eq!(
            seeing.status == StatusCode::OK,
            field == "zone_id" || field == "zone",
            "{field}"
        );
        let reply = town.ask("prj", Some(&nobody), &ask(field)).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
        replies.push(reply.body);
    }
    replies.dedup();
    assert_eq!(replies.len(), 1);
}
