use std::{pin::Pin, sync::Arc, task::Poll};

use axum::body::Body;
use feature_model::{Project, RegistrySnapshot};
use http::{Request, StatusCode};
use settings::Limits;
use tokio::sync::Semaphore;

use super::house::{Does, House, Reply, ask, ask_below, unavailable};
use crate::fixture;

/// Two projects, of which only `prj` has the view that is asked for.
fn two_projects(default: Option<&str>) -> House {
    let house = House::with_default(&["prj", "second"], default, Limits::default());
    house.load(snapshot());
    house
}

fn snapshot() -> RegistrySnapshot {
    let mut snapshot = fixture::snapshot();
    let name = "second".parse().unwrap();
    snapshot.projects.insert(name, Project::default());
    snapshot
}

/// Two projects that are the same but for their names.
fn twins(limits: Limits) -> House {
    let house = House::of(&["prj", "twin"], limits);
    let mut snapshot = fixture::snapshot();
    let project = snapshot.projects[&fixture::project_name()].clone();
    snapshot.projects.insert("twin".parse().unwrap(), project);
    house.load(snapshot);
    house
}

fn with_header(mut request: Request<Body>, projects: &[&str]) -> Request<Body> {
    for project in projects {
        let headers = request.headers_mut();
        headers.append("salver-project", project.parse().unwrap());
    }
    request
}

fn plain(projects: &[&str]) -> Request<Body> {
    with_header(ask(Body::from(super::house::ASK)), projects)
}

async fn code(house: &House, request: Request<Body>) -> (u16, String) {
    let reply = house.send(request).await;
    (reply.status.as_u16(), reply.code())
}

#[tokio::test]
async fn a_project_is_chosen_by_the_path() {
    let house = two_projects(None);
    assert_eq!(house.send(ask_below("prj")).await.status, StatusCode::OK);
    let of_second = code(&house, ask_below("second")).await;
    assert_eq!(of_second, (404, "unknown_feature_view".to_owned()));
}

#[tokio::test]
async fn a_name_in_the_path_may_be_percent_encoded() {
    let house = two_projects(None);
    assert_eq!(house.send(ask_below("pr%6A")).await.status, StatusCode::OK);
    let twice = code(&house, ask_below("pr%256A")).await;
    assert_eq!(twice, (404, "unknown_project".to_owned()));
}

#[tokio::test]
async fn a_project_is_chosen_by_the_header() {
    let house = two_projects(None);
    assert_eq!(house.send(plain(&["prj"])).await.status, StatusCode::OK);
    let of_second = code(&house, plain(&["second"])).await;
    assert_eq!(of_second, (404, "unknown_feature_view".to_owned()));
}

#[tokio::test]
async fn a_request_that_names_none_is_for_the_default() {
    let house = two_projects(Some("prj"));
    assert_eq!(house.ask().await.status, StatusCode::OK);
    let house = two_projects(Some("second"));
    assert_eq!(house.ask().await.code(), "unknown_feature_view");
    assert_eq!(house.send(ask_below("prj")).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_request_that_names_none_of_several_is_told_how_to() {
    let reply = two_projects(None).ask().await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    assert_eq!(reply.code(), "unnamed_project");
    for way in [
        "`/projects/PROJECT/get-online-features`",
        "`Salver-Project`",
    ] {
        assert!(reply.text().contains(way), "{}", reply.text());
    }
    for name in ["prj", "second"] {
        assert!(!reply.text().contains(name), "{}", reply.text());
    }
}

#[tokio::test]
async fn the_only_project_needs_no_name_and_may_be_given_it() {
    let house = House::new(Limits::default());
    for request in [plain(&[]), plain(&["prj"]), ask_below("prj")] {
        assert_eq!(house.send(request).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn a_project_that_is_not_served_is_told_with_the_nearest_that_is() {
    let house = two_projects(Some("prj"));
    for request in [ask_below("secnod"), plain(&["secnod"])] {
        let reply = house.send(request).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND);
        assert_eq!(reply.code(), "unknown_project");
        let expected = "project `secnod` is not served here; did you mean `second`?";
        assert!(reply.text().contains(expected), "{}", reply.text());
    }
    let reply = house.send(ask_below("entirely_different")).await;
    assert!(
        reply.text().contains("is not served here\""),
        "{}",
        reply.text()
    );
    let long = "x".repeat(5_000);
    let reply = house.send(ask_below(&long)).await;
    assert!(reply.text().len() < 500, "{}", reply.text());
}

#[tokio::test]
async fn a_request_that_contradicts_itself_is_refused() {
    let house = two_projects(Some("prj"));
    for request in [
        with_header(ask_below("prj"), &["second"]),
        with_header(ask_below("prj"), &["third"]),
        with_header(ask_below("third"), &["prj"]),
        with_header(ask_below("prj"), &["prj", "prj"]),
        plain(&["prj", "second"]),
    ] {
        let told = code(&house, request).await;
        assert_eq!(told, (400, "invalid_header".to_owned()));
    }
    let same = with_header(ask_below("prj"), &["prj"]);
    assert_eq!(house.send(same).await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_is_below_a_project_has_the_surroundings_of_the_plain_path() {
    let house = two_projects(None);
    let get = Request::get("/projects/prj/get-online-features");
    let reply = house.send(get.body(Body::empty()).unwrap()).await;
    assert_eq!(reply.code(), "method_not_allowed");
    let post = Request::post("/projects/prj/get-online-features/");
    let reply = house.send(post.body(Body::empty()).unwrap()).await;
    assert_eq!(reply.status, StatusCode::TEMPORARY_REDIRECT);
    assert_eq!(
        reply.header("location"),
        "/projects/prj/get-online-features"
    );
    for path in ["/projects/prj/health", "/projects/prj", "/projects/"] {
        assert_eq!(house.get(path).await.code(), "not_found", "{path}");
    }
}

#[tokio::test]
async fn requests_are_counted_by_project_and_those_for_no_project_without() {
    let house = two_projects(None);
    for name in ["prj", "prj", "second", "third"] {
        house.send(ask_below(name)).await;
    }
    let text = house.get("/metrics").await.text().to_owned();
    let route = r#"route="/get-online-features""#;
    for sample in [
        format!(r#"salver_http_requests_total{{project="prj",{route},status="200"}} 2"#),
        format!(r#"salver_http_requests_total{{project="second",{route},status="404"}} 1"#),
        format!(r#"salver_http_requests_total{{{route},status="404"}} 1"#),
        format!(
            r#"salver_http_errors_total{{project="second",{route},code="unknown_feature_view"}} 1"#
        ),
        format!(r#"salver_http_errors_total{{{route},code="unknown_project"}} 1"#),
        r#"salver_project_requests_in_flight{project="prj"} 0"#.to_owned(),
    ] {
        assert!(text.lines().any(|line| line == sample), "{sample}\n{text}");
    }
    assert!(!text.contains("third"), "{text}");
}

#[tokio::test]
async fn each_project_has_its_own_places() {
    let limits = Limits {
        max_concurrent_requests: 1,
        ..Limits::default()
    };
    let house = twins(limits);
    let release = Arc::new(Semaphore::new(0));
    house.store_of("prj", Does::Wait(Arc::clone(&release)));
    let mut first = Box::pin(house.send(ask_below("prj")));
    assert!(poll_once(&mut first).await.is_none());
    let too_many = code(&house, ask_below("prj")).await;
    assert_eq!(too_many, (429, "overloaded".to_owned()));
    assert_eq!(house.send(ask_below("twin")).await.status, StatusCode::OK);
    release.add_permits(1);
    assert_eq!(first.await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_store_that_is_away_is_the_trouble_of_its_project() {
    let house = twins(Limits::default());
    house.store_of("prj", Does::Fail(unavailable()));
    let away = code(&house, ask_below("prj")).await;
    assert_eq!(away, (503, "store_unavailable".to_owned()));
    assert_eq!(house.send(ask_below("twin")).await.status, StatusCode::OK);
}

async fn poll_once(future: &mut (impl Future<Output = Reply> + Unpin)) -> Option<Reply> {
    std::future::poll_fn(|cx| {
        Poll::Ready(match Pin::new(&mut *future).poll(cx) {
            Poll::Ready(value) => Some(value),
            Poll::Pending => None,
        })
    })
    .await
}
