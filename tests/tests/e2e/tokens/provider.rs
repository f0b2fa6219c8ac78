//! Tokens of a real OpenID provider.

use std::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
};

use e2e::{
    Gateway, GatewayCommand, Repo,
    deadline::wait_until,
    oidc::OidcProvider,
    tokens::{self, Signer},
};

use super::{SOON, ask, by_reference, status};

fn repo(provider: &OidcProvider, issuer: &str) -> Repo {
    let repo = Repo::init();
    repo.write("features/access.yaml", tokens::RULES);
    let url = format!("{}/.well-known/openid-configuration", provider.issuer());
    let auth = format!(
        "auth: {{type: oidc, auth_discovery_url: '{url}', audience: gateway, client_id: model{issuer}}}\nsalver:\n  \
         auth: {{algorithms: [RS256], typ: at+jwt, refresh_interval: 300ms, allow_http_on_loopback: true}}\n"
    );
    repo.replace("feature_store.yaml", "salver:\n", &auth);
    repo.materialize();
    repo
}

/// Ends the load, also where the test fails meanwhile.
struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[test]
fn a_token_of_a_provider_reads_through_every_rotation_under_load() {
    let mut provider = OidcProvider::start();
    let repo = repo(&provider, "");
    let gateway = Gateway::start(&repo);
    let first = provider.token();
    assert_eq!(status(&gateway, &first), 200);
    let (done, asked) = (AtomicBool::new(false), AtomicUsize::new(0));
    let second = thread::scope(|scope| {
        let _ends = Ends(&done);
        let load = || {
            while !done.load(Ordering::SeqCst) {
                let reply = ask(&gateway, &first, &by_reference());
                assert_eq!(reply.status, 200, "{}", reply.text());
                asked.fetch_add(1, Ordering::SeqCst);
            }
        };
        let workers = [scope.spawn(load), scope.spawn(load)];
        let more = |count: usize| {
            let so_far = asked.load(Ordering::SeqCst);
            let is_dead = || workers.iter().any(thread::ScopedJoinHandle::is_finished);
            wait_until("requests", SOON, || {
                is_dead() || asked.load(Ordering::SeqCst) >= so_far + count
            });
        };
        more(20);
        provider.rotate("publish");
        // as long as providers wait: one interval at least
        let log = gateway.log();
        wait_until("the second key", SOON, || {
            gateway.log().matches("with other keys").count()
                > log.matches("with other keys").count()
        });
        provider.rotate("sign");
        let second = provider.token();
        // not once is a valid token refused, nor has it to wait
        for _ in 0..20 {
            assert_eq!(status(&gateway, &second), 200);
        }
        more(20);
        second
    });
    provider.rotate("drop");
    wait_until("the first key to be gone", SOON, || {
        status(&gateway, &first) == 401
    });
    assert_eq!(status(&gateway, &second), 200);
    assert!(asked.load(Ordering::SeqCst) >= 40);
}

#[test]
fn a_provider_that_calls_itself_otherwise_is_not_believed() {
    let provider = OidcProvider::start();
    let repo = repo(&provider, ", issuer: 'https://other.test'");
    let gateway = GatewayCommand::new(repo.path()).start();
    wait_until("the log", SOON, || {
        gateway
            .log()
            .contains("and `https://other.test` is configured")
    });
    assert_eq!(
        gateway.wait_for_ready_status(503).json()["status"],
        "waiting"
    );
    assert_eq!(status(&gateway, &provider.token()), 503);
}

#[test]
fn a_token_of_somebody_else_is_no_token_of_the_provider() {
    let provider = OidcProvider::start();
    let repo = repo(&provider, "");
    let gateway = Gateway::start(&repo);
    let _ =
        ask(&gateway, &Signer::new().token("model"), &by_reference()).error(401, "invalid_token");
}
