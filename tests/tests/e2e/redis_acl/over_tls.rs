//! The printed users as the only ones of a Redis that speaks TLS only.

use std::process::Command;

use e2e::{
    Gateway, GatewayCommand, Invocation, Reader, Redis, RedisOptions, Repo, now, online_store_yaml,
};
use serde_json::json;

use super::{PASSWORD, READER, WRITER, users_in};

const WITH_TLS: RedisOptions = RedisOptions {
    password: None,
    tls: true,
    client_certificate: false,
    in_cluster: false,
};
const AUTHORITY: &str = "redis-ca.pem";
/// Where the gateway's password is: in no file.
const VARIABLE: &str = "GATEWAY_PASSWORD";

/// A repository whose programs log in as these users.
struct House {
    repo: Repo,
    address: String,
}

impl House {
    /// With rows in a Redis that has no other users.
    fn new() -> (Redis, Self) {
        let mut house = Self {
            repo: Repo::init(),
            address: "localhost:1".into(),
        };
        house.log_in();
        let printed = house.admin(&["redis-acl"]).run().succeeds();
        let users = users_in(&printed).into_iter();
        let users = users.map(|(user, rules)| {
            let rules = rules.join(" ");
            format!("user {user} {rules} >{PASSWORD}\n")
        });
        let users = users.collect::<String>() + "user default off\n";
        let redis = Redis::start_with_users(WITH_TLS, &users);
        let authority = std::fs::read(&redis.certificates().authority);
        house.repo.write(AUTHORITY, authority.expect("it was made"));
        house.address = redis.address();
        house.log_in();
        let _ = house.admin(&["apply"]).run().succeeds();
        let load = ["materialize-incremental", &now()];
        let _ = house.admin(&load).run().succeeds();
        (redis, house)
    }

    fn login(&self, user: &str, password: &str) -> String {
        let authority = self.repo.at(AUTHORITY);
        format!(
            "{},username={user},password={password},ssl=true,ssl_ca_certs={}",
            self.address,
            authority.display()
        )
    }

    /// Writes how the gateway does.
    fn log_in(&self) {
        let login = self.login(READER, &format!("${{{VARIABLE}}}"));
        self.repo.use_online_store(&online_store_yaml(&login));
    }

    fn admin(&self, args: &[&str]) -> Invocation {
        let own = "SALVER__SALVER__ADMIN__ONLINE_STORE__CONNECTION_STRING";
        let admin = self.as_gateway(self.repo.admin(args));
        admin.env(own, self.login(WRITER, PASSWORD))
    }

    /// With the gateway's login only.
    fn as_gateway(&self, admin: Invocation) -> Invocation {
        admin.env(VARIABLE, PASSWORD)
    }
}

fn gateway(reader: &Reader, repo: &Repo, args: &[&str]) -> Command {
    let mut command = reader.gateway();
    command.arg("-c").arg(repo.path()).args(args);
    command
}

fn check_served(gateway: &Gateway) {
    gateway.wait_ready();
    let reply = gateway.columns(&json!({
        "features": ["driver_hourly_stats:avg_daily_trips"],
        "entities": {"driver_id": [1001, 1005]},
    }));
    assert_eq!(
        reply.ok()["results"][1]["statuses"],
        json!(["PRESENT", "PRESENT"])
    );
}

#[test]
fn both_programs_work_as_these_users_over_tls_and_the_gateway_may_only_read() {
    let (_redis, House { repo, .. }) = House::new();
    let strict = "salver:\n  require_read_only: true\n";
    repo.replace("feature_store.yaml", "salver:\n", strict);
    let reader = Reader::of(&[&repo]);
    let doctor = Invocation::of(gateway(&reader, &repo, &["doctor"]));
    let found = doctor.env(VARIABLE, PASSWORD).run().succeeds();
    let told = format!("ok       online store (Redis user `{READER}`)");
    assert!(found.stdout.contains(&told), "{found}");
    assert!(!found.stdout.contains("excess"), "{found}");
    let serve = gateway(&reader, &repo, &["serve", "--port", "0"]);
    let served = GatewayCommand::of(serve).env(VARIABLE, PASSWORD).start();
    check_served(&served);
    for path in ["/health", "/metrics", "/openapi.json"] {
        assert_eq!(served.get(path).status, 200, "{path}");
    }
    assert!(!served.log().contains(PASSWORD));
}

#[test]
fn the_gateways_login_loads_nothing_over_tls() {
    let (_redis, house) = House::new();
    let load = house.repo.admin(["materialize", "2020-01-01", &now()]);
    let refused = house.as_gateway(load).run().exits(1).complains("NOPERM");
    assert!(!refused.stderr.contains(PASSWORD), "{refused}");
    let served = GatewayCommand::new(house.repo.path());
    check_served(&served.env(VARIABLE, PASSWORD).start());
}

#[test]
fn a_wrong_password_is_refused_over_tls_and_not_told() {
    let (_redis, house) = House::new();
    let served = GatewayCommand::new(house.repo.path());
    let served = served.env(VARIABLE, "falsch").start();
    let report = served.wait_for_ready_status(503).json();
    assert!(report.to_string().contains("online store"), "{report}");
    for told in [served.log(), report.to_string()] {
        assert!(!told.contains("falsch"), "{told}");
    }
}
