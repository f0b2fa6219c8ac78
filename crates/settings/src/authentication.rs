use std::{path::PathBuf, time::Duration};

/// How the gateway learns who is asking: `auth`, and `salver.auth` for what Feast has no key for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Authentication {
    /// It asks nobody: whoever reaches it may read everything.
    #[default]
    Off,
    /// By tokens.
    Tokens(Box<TokenSettings>),
}

/// Which tokens are taken, and what is read from them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TokenSettings {
    /// What tokens are signed with.
    pub keys: TokenKeys,
    /// Who must have made a token, to the letter.
    pub issuer: String,
    /// Whom a token must be for: one of these, at least one.
    pub audiences: Vec<String>,
    /// What keys may be for, by the names of RFC 7518; empty where the usual ones will do.
    pub algorithms: Vec<String>,
    /// The `typ` that a token must have; any where absent.
    pub typ: Option<String>,
    /// Where the claims are that say who is asking.
    pub claims: ClaimSettings,
    /// Whether a token must be narrowed by a `salver:` scope.
    pub require_scope: bool,
    /// How often keys are fetched.
    pub refresh_interval: Duration,
    /// Keys that were last fetched longer ago are trusted no more. Not below `refresh_interval`.
    pub max_key_age: Duration,
    /// Whether keys may come over plain HTTP from this machine itself.
    pub http_on_loopback: bool,
}

/// Where the keys are that tokens are checked with.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TokenKeys {
    /// At the address that an OpenID provider's discovery document names.
    Discovery(KeysUrl),
    /// In a JWK set at this address.
    JwksUrl(KeysUrl),
    /// In a JWK set in this file.
    JwksFile(PathBuf),
    /// The one secret in this file, for HS256.
    SecretFile(PathBuf),
}

/// An address on the network.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeysUrl {
    /// The address; it holds no credentials.
    pub url: String,
    /// PEM file with the authorities that alone are trusted there; the system's where absent.
    pub ca_cert: Option<PathBuf>,
}

/// Paths of claims, names with dots between. What isn't told here is where Feast looks for it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClaimSettings {
    /// The OAuth client whose roles Keycloak tells in `resource_access.<client_id>.roles`.
    pub client_id: Option<String>,
    /// Who it is.
    pub subject: Option<String>,
    /// The identity provider's roles.
    pub roles: Option<Vec<String>>,
    /// Groups.
    pub groups: Option<Vec<String>>,
    /// What the token is narrowed to.
    pub scope: Option<String>,
}
