use std::{collections::BTreeMap, path::Path, sync::Arc, time::Instant};

use access::{
    Algorithm, ClaimMapping, ClaimPaths, HttpPolicy, KeySet, KeySource, Keyring, RefreshOptions,
    Verifier, VerifierOptions, keep_fresh,
};
use anyhow::{Context, Result};
use settings::{Authentication, FeatureStoreConfig, TokenKeys, TokenSettings};

use super::source::{FileKeys, HttpKeys};
use crate::authorise::{Access, Guard};

/// How many verified tokens are remembered under one set of settings: some 200 bytes each, and their principal.
const REMEMBERED_TOKENS: usize = 10_000;

/// Everything that checks tokens in this process. Projects with the same settings share it, and settings with the
/// same source of keys share those.
#[derive(Default)]
pub struct TokenCheckers {
    checkers: BTreeMap<TokenSettings, TokenChecker>,
    keyrings: Vec<(Source, Arc<Keyring>)>,
    tenders: Vec<KeyTender>,
}

/// Keys and what they are used for.
#[derive(Clone)]
pub struct TokenChecker {
    /// Says whose token it is.
    pub verifier: Arc<Verifier>,
    /// What it trusts.
    pub keyring: Arc<Keyring>,
}

/// A keyring, and where its keys come from.
pub struct KeyTender {
    keyring: Arc<Keyring>,
    source: Box<dyn KeySource>,
}

/// All of the settings that say which keys there are at a moment.
#[derive(PartialEq)]
struct Source {
    keys: TokenKeys,
    /// Of the discovery document, where there is one.
    issuer: Option<String>,
    options: RefreshOptions,
    policy: HttpPolicy,
}

impl TokenCheckers {
    /// How a project knows its callers.
    ///
    /// # Errors
    /// Where the settings can't work, or a file that they name gives no keys.
    pub fn access(&mut self, config: &FeatureStoreConfig) -> Result<Access> {
        let project = config.project.clone();
        let Authentication::Tokens(settings) = &config.authentication else {
            return Ok(Access::open(project));
        };
        let checker = self
            .checker(settings)
            .with_context(|| config.file.display().to_string())?;
        Ok(Access::Guarded(Arc::new(Guard::new(project, checker))))
    }

    /// What keeps the keys fresh: each is to be run as long as the process goes on.
    #[must_use]
    pub fn into_tenders(self) -> Vec<KeyTender> {
        self.tenders
    }

    fn checker(&mut self, settings: &TokenSettings) -> Result<TokenChecker> {
        if let Some(known) = self.checkers.get(settings) {
            return Ok(known.clone());
        }
        let keyring = self.keyring(settings)?;
        let claims = &settings.claims;
        let options = VerifierOptions {
            issuer: settings.issuer.clone(),
            audiences: settings.audiences.clone(),
            typ: settings.typ.clone(),
            require_scope: settings.require_scope,
            claims: ClaimMapping::for_client(claims.client_id.as_deref()).told(ClaimPaths {
                subject: claims.subject.as_deref(),
                roles: claims.roles.as_deref(),
                groups: claims.groups.as_deref(),
                scope: claims.scope.as_deref(),
            })?,
            remembered_tokens: REMEMBERED_TOKENS,
        };
        let checker = TokenChecker {
            verifier: Arc::new(Verifier::new(options, Arc::clone(&keyring))),
            keyring,
        };
        self.checkers.insert(settings.clone(), checker.clone());
        Ok(checker)
    }

    fn keyring(&mut self, settings: &TokenSettings) -> Result<Arc<Keyring>> {
        let source = Source::of(settings)?;
        if let Some((_, known)) = self.keyrings.iter().find(|(one, _)| *one == source) {
            return Ok(Arc::clone(known));
        }
        let opened = source.open()?;
        let keyring = Keyring::refreshed(source.options.clone(), Instant::now());
        let keyring = Arc::new(keyring);
        self.tenders.push(KeyTender {
            keyring: Arc::clone(&keyring),
            source: opened,
        });
        self.keyrings.push((source, Arc::clone(&keyring)));
        Ok(keyring)
    }
}

impl KeyTender {
    /// Fetches keys when they are due. Never returns.
    pub async fn tend(self) {
        keep_fresh(&self.keyring, &*self.source).await;
    }
}

impl Source {
    fn of(settings: &TokenSettings) -> Result<Self> {
        let usual = RefreshOptions::default();
        let is_discovered = matches!(settings.keys, TokenKeys::Discovery(_));
        Ok(Self {
            keys: settings.keys.clone(),
            issuer: is_discovered.then(|| settings.issuer.clone()),
            options: RefreshOptions {
                algorithms: Algorithm::named(&settings.algorithms)?,
                interval: settings.refresh_interval,
                max_age: settings.max_key_age,
                ..usual
            },
            policy: if settings.http_on_loopback {
                HttpPolicy::HttpOnLoopback
            } else {
                HttpPolicy::HttpsOnly
            },
        })
    }

    /// What waiting doesn't mend is told at once; a provider that can't be reached now is asked again later.
    fn open(&self) -> Result<Box<dyn KeySource>> {
        Ok(match &self.keys {
            TokenKeys::SecretFile(path) => {
                check_secret(path)?;
                Box::new(FileKeys::Secret(path.clone()))
            }
            TokenKeys::JwksFile(path) => {
                self.check_file(path)?;
                Box::new(FileKeys::Public(path.clone()))
            }
            TokenKeys::JwksUrl(at) => {
                let keys = HttpKeys::new(at, self.policy, None);
                Box::new(keys.context("`keys` of `salver.auth.jwks`")?)
            }
            TokenKeys::Discovery(at) => {
                let keys = HttpKeys::new(at, self.policy, self.issuer.as_deref());
                Box::new(keys.context("`auth_discovery_url` of `auth`")?)
            }
        })
    }

    fn check_file(&self, path: &Path) -> Result<()> {
        let place = || format!("`keys` of `salver.auth.jwks`: `{}`", path.display());
        let document = settings::read_regular(path).with_context(place)?;
        let (_, skipped) =
            KeySet::from_jwks(&document, &self.options.algorithms).with_context(place)?;
        for key in skipped {
            tracing::warn!(%key, "a key of `{}` is not used", path.display());
        }
        Ok(())
    }
}

fn check_secret(path: &Path) -> Result<()> {
    let place = || format!("`secret_file` of `salver.auth.jwks`: `{}`", path.display());
    let bytes = settings::read_regular(path).with_context(place)?;
    KeySet::from_secret_file(&bytes)
        .map(drop)
        .with_context(place)
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, path::Path, sync::Arc};

    use access::{Algorithm, KeySet, SigningKey};
    use settings::FeatureStoreConfig;

    use super::{Access, TokenCheckers};
    use crate::authorise::Guard;

    fn config(folder: &Path, project: &str, auth: &str) -> FeatureStoreConfig {
        let text = format!("project: {project}\nregistry: r.db\nsalver: {{auth: {auth}}}\n");
        let loaded = settings::parse(&text, folder, &BTreeMap::new());
        loaded.unwrap().config
    }

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let key = SigningKey::generate().unwrap();
        let keys = serde_json::json!({"keys": [key.public_jwk()]}).to_string();
        std::fs::write(folder.path().join("keys.json"), keys).unwrap();
        folder
    }

    fn guard(checkers: &mut TokenCheckers, config: &FeatureStoreConfig) -> Arc<Guard> {
        match checkers.access(config).unwrap() {
            Access::Guarded(guard) => guard,
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn projects_share_what_checks_tokens_and_where_keys_come_from() {
        let folder = folder();
        let jwks = "{jwks: {keys: keys.json, issuer: i, audience: a}}";
        let other_audience = "{jwks: {keys: keys.json, issuer: i, audience: b}}";
        let other_algorithms =
            "{jwks: {keys: keys.json, issuer: i, audience: b, algorithms: [EdDSA]}}";
        let mut checkers = TokenCheckers::default();
        let mut of = |name: &str, auth: &str| {
            let config = config(folder.path(), name, auth);
            guard(&mut checkers, &config)
        };
        let (a, b) = (of("a", jwks), of("b", jwks));
        let (c, d) = (of("c", other_audience), of("d", other_algorithms));
        assert!(a.shares_checker(b.verifier()));
        assert!(!a.shares_checker(c.verifier()));
        assert!(!d.shares_checker(c.verifier()));
        assert_eq!(checkers.into_tenders().len(), 2);
    }

    #[test]
    fn a_project_without_tokens_is_open_and_has_no_checker() {
        let folder = folder();
        let mut checkers = TokenCheckers::default();
        let access = checkers.access(&config(folder.path(), "a", "{}"));
        assert!(matches!(access.unwrap(), Access::Open(_)));
        assert!(checkers.into_tenders().is_empty());
    }

    #[test]
    fn files_that_give_no_keys_are_told_at_once() {
        let folder = folder();
        std::fs::write(folder.path().join("short"), "hush").unwrap();
        for (auth, wanted) in [
            ("keys: missing.json", "missing.json"),
            ("keys: short", "not a JWK set"),
            (
                "keys: keys.json, algorithms: [RS256]",
                "no key of the JWK set",
            ),
            ("keys: 'http://127.0.0.1/k'", "not `https`"),
            (
                "keys: 'https://i/k', ca_cert_path: keys.json",
                "no certificates",
            ),
            ("secret_file: short", "has 4 bytes"),
        ] {
            let auth = format!("{{jwks: {{{auth}, issuer: i, audience: a}}}}");
            let config = config(folder.path(), "a", &auth);
            let error = TokenCheckers::default().access(&config).unwrap_err();
            let told = format!("{error:#}");
            assert!(told.contains(wanted), "{told}");
            assert!(told.contains("feature_store.yaml"), "{told}");
            assert!(!told.contains("hush"), "{told}");
        }
    }

    /// `settings` names them without knowing `access`.
    #[test]
    fn every_algorithm_that_the_settings_take_is_known_here() {
        let folder = folder();
        let names = Algorithm::ALL.map(Algorithm::as_str);
        let names: Vec<&str> = names.into_iter().filter(|name| *name != "HS256").collect();
        let auth = format!(
            "{{jwks: {{keys: keys.json, issuer: i, audience: a, algorithms: [{}]}}}}",
            names.join(", ")
        );
        let config = config(folder.path(), "a", &auth);
        assert!(TokenCheckers::default().access(&config).is_ok());
        assert!(KeySet::from_secret(&[0; 32]).is_ok());
    }
}
