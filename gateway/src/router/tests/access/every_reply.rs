//! No reply holds a feature that its caller may not read: generated rules, callers and requests against a model of
//! who may do what.

mod asked;
mod generated;
mod model;

use std::cell::Cell;

use access::{AccessRules, Resource, ResourceKind, Wanted as Names};
use feature_model::{DataType, Field, Project, RegistrySnapshot, access::Action};
use http::{Request, StatusCode};
use proptest::test_runner::{Config, TestCaseResult, TestRunner};
use serde_json::{Value, json};

use super::town::{ISSUER, Town, snapshot};
use crate::{
    fixture::{
        self,
        plugins::{self, CONVERTER, converter, view},
    },
    plugins::PluginTable,
    router::tests::house::Reply,
};
use asked::{Asked, Case, Wanted, Who};
use model::{Model, Verdict};

/// What the requests' rows are named by.
const JOIN_KEYS: [&str; 4] = ["driver_id", "customer_id", "zone_id", "second_driver"];
const CASES: u32 = 120;

/// How many replies were of each sort, so that the property isn't one of nothing.
#[derive(Debug, Default)]
struct Seen {
    read: Cell<u32>,
    computed: Cell<u32>,
    told: Cell<u32>,
    forbidden: Cell<u32>,
    unanswered: Cell<u32>,
}

fn count(cell: &Cell<u32>) {
    cell.set(cell.get() + 1);
}

#[test]
fn no_reply_holds_a_feature_that_its_caller_may_not_read() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let world = World::new();
    let seen = Seen::default();
    let cases = Config {
        cases: CASES,
        failure_persistence: None,
        ..Config::default()
    };
    let run = TestRunner::new(cases).run(&generated::case(), |case| {
        runtime.block_on(world.check(&case, &seen))
    });
    run.unwrap_or_else(|failure| panic!("{failure}"));
    for (some, least) in [
        (&seen.read, 60),
        (&seen.computed, 10),
        (&seen.told, 5),
        (&seen.forbidden, 100),
        (&seen.unanswered, 10),
    ] {
        assert!(some.get() >= least, "{seen:?}");
    }
}

struct World {
    town: Town,
    snapshot: RegistrySnapshot,
    /// What everybody is told who may not know why.
    forbidden: Vec<u8>,
}

impl World {
    fn new() -> Self {
        let town = Town::new();
        let mut snapshot = snapshot();
        let table = furnish(snapshot.projects.get_mut(&fixture::project_name()).unwrap());
        town.house.set_plugins(table);
        let forbidden = crate::error::ApiError::forbidden();
        let forbidden = json!({
            "code": forbidden.code,
            "detail": forbidden.detail,
            "request_id": "r",
        });
        Self {
            town,
            snapshot,
            forbidden: forbidden.to_string().into_bytes(),
        }
    }

    async fn check(&self, case: &Case, seen: &Seen) -> TestCaseResult {
        let mut next = self.snapshot.clone();
        let project = next.projects.get_mut(&fixture::project_name()).unwrap();
        case.rules.replace_those_of(project);
        let project = project.clone();
        self.town.house.load(next);
        let rules = case.rules.of_access(fixture::project_name());
        for who in [&case.first, &case.second] {
            check_decisions(&rules, who, &Model::new(&case.rules, who, &project));
        }
        for asked in &case.asked {
            // the second finds what the first has left, and the first again what the second has
            for who in [&case.first, &case.second, &case.first] {
                let asking = Asking {
                    model: Model::new(&case.rules, who, &project),
                    who,
                    asked,
                    project: &project,
                };
                asking.check_permit(&rules);
                asking.check_reply(self, seen).await;
            }
        }
        Ok(())
    }

    async fn send(&self, who: &Who, asked: &Asked) -> Reply {
        let token = self.town.sign(&who.claims(ISSUER, "ours"));
        let request = Request::post("/projects/prj/get-online-features")
            .header("x-request-id", "r")
            .header("authorization", format!("Bearer {token}"))
            .header("salver-response-layout", asked.layout());
        let request = request.body(asked.body().to_string().into()).unwrap();
        self.town.house.send(request).await
    }
}

/// Tags for permissions to ask for, `computed` from `stats` and `again` from `computed`.
fn furnish(project: &mut Project) -> PluginTable {
    let tag = [("team".to_owned(), "ranking".to_owned())];
    project.feature_views["stats"].tags = tag.clone().into_iter().collect();
    project.feature_services["on_demand"].tags = tag.into_iter().collect();
    let double = |name: &str| Field::new(name, DataType::Float64);
    let views = [
        (
            view("computed", "stats", "conv_rate", double("ratio")),
            CONVERTER,
            converter(("stats", "conv_rate"), "ratio"),
        ),
        (
            view("again", "computed", "ratio", double("sum")),
            CONVERTER,
            converter(("computed", "ratio"), "sum"),
        ),
    ];
    plugins::serve(project, views)
}

/// What `access` decides is what the model says.
fn check_decisions(rules: &AccessRules, who: &Who, model: &Model<'_>) {
    for object in model.objects() {
        let kind: ResourceKind = object.kind.parse().unwrap();
        let resource = Resource::tagged(kind, &object.name, &object.tags);
        for action in [Action::ReadOnline, Action::Describe] {
            let decision = rules.decide(&who.principal(), action, &resource);
            let expected = model.may(action, &object);
            assert_eq!(decision.is_allowed(), expected, "{action} {decision}");
        }
    }
}

/// One request of one caller.
struct Asking<'a> {
    model: Model<'a>,
    who: &'a Who,
    asked: &'a Asked,
    project: &'a Project,
}

impl Asking<'_> {
    fn check_permit(&self, rules: &AccessRules) {
        let views: Vec<&str> = self.asked.views().collect();
        let names = match &self.asked.wanted {
            Wanted::Service(name) => Names::FeatureService(name),
            Wanted::References(_) => Names::FeatureViews(&views),
        };
        let who = self.who.principal();
        let permit = rules.permit_read(&who, Action::ReadOnline, names, self.project);
        let expected = matches!(
            self.model.verdict(self.asked),
            Verdict::Readable | Verdict::Absent
        );
        assert_eq!(permit.is_ok(), expected, "{permit:?}");
    }

    async fn check_reply(&self, world: &World, seen: &Seen) {
        let reply = world.send(self.who, self.asked).await;
        let told = format!("{} {}", self.asked.body(), reply.text());
        match self.model.verdict(self.asked) {
            Verdict::Forbidden => {
                count(&seen.forbidden);
                self.check_forbidden(&reply, world).await;
            }
            Verdict::Told => {
                count(&seen.told);
                assert_eq!(reply.status, StatusCode::FORBIDDEN, "{told}");
                assert_eq!(reply.code(), "permission_missing", "{told}");
                self.check_error(&reply);
            }
            Verdict::Readable if reply.status == StatusCode::OK => {
                count(&seen.read);
                self.check_features(&reply.json(), seen);
            }
            // it may be asked for, and there is no answer: something isn't there or disabled, or two features have one name
            Verdict::Readable | Verdict::Absent => {
                count(&seen.unanswered);
                let is_ours = reply.status.is_client_error();
                let is_refused = [401, 403].contains(&reply.status.as_u16());
                assert!(is_ours && !is_refused, "{} {told}", reply.status);
                self.check_error(&reply);
            }
        }
    }

    /// The whole request is refused, in the very words that are for names that nothing has.
    async fn check_forbidden(&self, reply: &Reply, world: &World) {
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "{}", reply.text());
        let of_nothing = world.send(self.who, &self.asked.of_nothing()).await;
        if !self.model.sees_everything() {
            assert_eq!(reply.body, of_nothing.body);
            assert_eq!(reply.headers, of_nothing.headers);
        }
        let fixed: Value = serde_json::from_slice(&world.forbidden).unwrap();
        assert_eq!(reply.json(), fixed);
        let of_stranger = world.send(&Who::stranger(), self.asked).await;
        assert_eq!(reply.body, of_stranger.body);
    }

    /// Nothing was read, and no object is named that the caller doesn't know of.
    fn check_error(&self, reply: &Reply) {
        let told = reply.json();
        let mut keys: Vec<&str> = told.as_object().unwrap().keys().map(|k| &**k).collect();
        keys.sort_unstable();
        assert_eq!(keys, ["code", "detail", "request_id"], "{told}");
        let detail = told["detail"].as_str().unwrap();
        let quoted = detail.split('`').skip(1).step_by(2);
        let words = quoted.flat_map(|text| text.split([':', '@']));
        for word in words.filter(|word| !self.asked.names(word)) {
            let mut named = self.model.objects().filter(|object| object.name == word);
            let is_known = named.all(|object| self.model.knows(&object, self.asked));
            assert!(is_known, "`{word}`: {told}");
        }
    }

    fn check_features(&self, reply: &Value, seen: &Seen) {
        let names = reply["metadata"]["feature_names"].as_array().unwrap();
        let names: Vec<&str> = names.iter().filter_map(Value::as_str).collect();
        let features = names.iter().copied();
        let features: Vec<&str> = features.filter(|name| !JOIN_KEYS.contains(name)).collect();
        assert_eq!(features, self.asked.features(self.project), "{reply}");
        let readable = self.model.readable(self.asked);
        for feature in &features {
            assert!(readable.contains(*feature), "`{feature}`: {reply}");
        }
        if features
            .iter()
            .any(|name| ["ratio", "sum"].iter().any(|end| name.ends_with(end)))
        {
            count(&seen.computed);
        }
        self.check_shape(reply, names.len());
        let versions = reply["metadata"]["feature_view_metadata"].as_array();
        for version in versions.into_iter().flatten() {
            let view = version["name"].as_str().unwrap();
            assert!(self.asked.tells_version_of(view, self.project), "{reply}");
        }
    }

    /// As many values as names, so that none goes without one.
    fn check_shape(&self, reply: &Value, names: usize) {
        let results = reply["results"].as_array().unwrap();
        let (items, values) = match self.asked.columns {
            true => (names, self.asked.rows),
            false => (self.asked.rows, names),
        };
        assert_eq!(results.len(), items, "{reply}");
        for item in results {
            for list in ["values", "statuses", "event_timestamps"] {
                assert_eq!(item[list].as_array().unwrap().len(), values, "{reply}");
            }
        }
    }
}
