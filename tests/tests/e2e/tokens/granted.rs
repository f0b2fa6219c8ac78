//! Rules that come into Git and go again, while a token that the gateway remembers is in use all the time.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use e2e::{
    Gateway, KeepAlive, Outcome, Repo,
    deadline::wait_until,
    tokens::{self, Signer, claims},
};
use serde_json::{Value, json};

use super::{FEATURES, SOON, by_reference};
use crate::audit::audited;

const FILE: &str = "features/newcomers.yaml";
/// How long a user goes on at most.
const PATIENCE: Duration = Duration::from_secs(120);

/// A rule for the token of a newcomer.
struct Case {
    /// What is written into [`FILE`].
    rule: &'static str,
    kind: &'static str,
    /// As `plan` and the audit log call it.
    told: &'static str,
    /// What the newcomer is refused without it.
    missing: Value,
}

#[test]
fn a_role_binding_counts_from_its_apply_until_its_removal() {
    comes_and_goes(&Case {
        rule: "role_bindings: [{name: newcomers, role: consumer, subjects: [newcomer]}]\n",
        kind: "role_binding",
        told: "role binding `newcomers`",
        // nothing at all is granted, so the project itself is refused
        missing: json!([{"kind": "project", "name": tokens::PROJECT}]),
    });
}

#[test]
fn a_permission_as_feast_has_it_counts_from_its_apply_until_its_removal() {
    comes_and_goes(&Case {
        rule: "permissions: [{name: newcomers, types: [feature_view], name_patterns: ['driver_h.*'], \
               actions: [read_online], policy: {roles: [reader]}}]\n",
        kind: "permission",
        told: "permission `newcomers`",
        missing: json!([{"kind": "project", "name": tokens::PROJECT}]),
    });
}

/// Whoever has another right in the project gets past the first look, and has a plan that is remembered.
#[test]
fn a_permission_goes_for_somebody_who_keeps_another_right() {
    let other = "permissions: [{name: inputs, types: [feature_service], actions: [read_online], \
                 policy: {groups: [newcomers]}}]\n";
    let case = Case {
        rule: "permissions: [{name: newcomers, types: [feature_view], actions: [read_online], \
               policy: {groups: [newcomers]}}]\n",
        kind: "permission",
        told: "permission `newcomers`",
        missing: json!([{"kind": "feature_view", "name": "driver_hourly_stats"}]),
    };
    let signer = Signer::new();
    let repo = tokens::repo(&Signer::jwks([&signer]), "");
    repo.write("features/inputs.yaml", other);
    let _ = repo.admin(["apply"]).run().succeeds();
    follow(&case, &signer, &repo);
}

fn comes_and_goes(case: &Case) {
    let signer = Signer::new();
    let repo = tokens::repo(&Signer::jwks([&signer]), "");
    follow(case, &signer, &repo);
}

fn follow(case: &Case, signer: &Signer, repo: &Repo) {
    let polled = "salver:\n  registry_poll: 100ms\n";
    repo.replace("feature_store.yaml", "salver:\n", polled);
    let gateway = Gateway::start(repo);
    let user = User::start(&gateway, newcomers_token(signer));
    user.is_answered(403);

    repo.write(FILE, case.rule);
    let planned = repo.admin(["plan"]).run().succeeds();
    let _ = planned.says(&format!("+ {}", case.told));
    // a plan changes nothing
    user.is_answered(403);
    let applied = repo.admin(["apply"]).run().succeeds();
    assert_eq!(change(&applied, case), "create");
    user.becomes(200);

    std::fs::remove_file(repo.at(FILE)).expect("it was written");
    let planned = repo.admin(["plan"]).run().succeeds();
    let _ = planned.says(&format!("- {}", case.told));
    user.is_answered(200);
    let denied_before = denials(&gateway).len();
    let applied = repo.admin(["apply"]).run().succeeds();
    assert_eq!(change(&applied, case), "delete");
    user.becomes(403);

    // never anything else in between, and all on one connection
    assert_eq!(user.stop(), [403, 200, 403]);
    wait_until("the audit log", SOON, || {
        denials(&gateway).len() > denied_before
    });
    for denied in denials(&gateway) {
        assert_eq!(denied["objects"], case.missing, "{denied}");
        assert_eq!(denied["action"], "read_online", "{denied}");
    }
}

fn newcomers_token(signer: &Signer) -> String {
    let mut claims = claims("newcomer");
    claims["roles"] = json!(["reader"]);
    claims["groups"] = json!(["newcomers"]);
    signer.sign(&signer.header().to_string(), &claims.to_string())
}

/// What the audit log of an administrator says was done with the rule, and only with it.
fn change(applied: &Outcome, case: &Case) -> String {
    let lines = audited(applied);
    let [line] = lines.as_slice() else {
        panic!("{lines:?}: {applied}");
    };
    assert_eq!(line["action"], "apply", "{line}");
    assert_eq!(line["decision"], "done", "{line}");
    assert_eq!(line["object_count"], 1, "{line}");
    let object = &line["objects"][0];
    assert_eq!(object["kind"], case.kind, "{line}");
    assert_eq!(object["name"], "newcomers", "{line}");
    object["change"].as_str().unwrap_or_default().to_owned()
}

/// What the gateway's audit log says was denied to the newcomer.
fn denials(gateway: &Gateway) -> Vec<Value> {
    let log = gateway.log();
    let lines = log.lines().filter(|line| line.contains("salver::audit"));
    let lines = lines.map(|line| serde_json::from_str::<Value>(line).expect("a line of JSON"));
    let of_newcomer = |line: &Value| line["decision"] == "denied" && line["subject"] == "newcomer";
    lines.filter(of_newcomer).collect()
}

/// Asks for the same thing with the same token on the same connection, a hundred times a second.
struct User {
    asking: Option<JoinHandle<Vec<u16>>>,
    stop: Arc<AtomicBool>,
    gateway: u16,
    token: String,
}

impl User {
    fn start(gateway: &Gateway, token: String) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (bearer, told) = (format!("Bearer {token}"), Arc::clone(&stop));
        let mut connection = KeepAlive::connect(gateway.port());
        let mut statuses = vec![ask(&mut connection, &bearer)];
        let asking = thread::spawn(move || {
            wait_until("the end of the test", PATIENCE, || {
                // looked at before, so that it has asked once more when it stops
                let is_last = told.load(Ordering::Relaxed);
                statuses.push(ask(&mut connection, &bearer));
                is_last
            });
            statuses.dedup();
            statuses
        });
        Self {
            asking: Some(asking),
            stop,
            gateway: gateway.port(),
            token,
        }
    }

    fn status(&self) -> u16 {
        let mut connection = KeepAlive::connect(self.gateway);
        ask(&mut connection, &format!("Bearer {}", self.token))
    }

    fn is_answered(&self, status: u16) {
        assert_eq!(self.status(), status);
    }

    fn becomes(&self, status: u16) {
        wait_until(&format!("{status}"), SOON, || self.status() == status);
    }

    /// What it was answered, each status once until another came.
    fn stop(mut self) -> Vec<u16> {
        self.stop.store(true, Ordering::Relaxed);
        let asking = self.asking.take().expect("it is stopped once");
        asking.join().expect("every request was answered")
    }
}

impl Drop for User {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

fn ask(connection: &mut KeepAlive, bearer: &str) -> u16 {
    let headers = [("authorization", bearer)];
    let body = by_reference().to_string();
    connection.post(FEATURES, &headers, &body).status
}
