//! `auth`, whose keys are Feast's, and `salver.auth`.

use crate::shape::{Key, Kind, Shape, Variants};

pub(super) const AUTH: Kind = Kind::Variants(&Variants {
    name: "`auth`",
    default: None,
    shapes: &[("no_auth", &NO_AUTH), ("oidc", &OIDC)],
});

static NO_AUTH: Shape = Shape {
    name: "an `auth` of type `no_auth`",
    doc: "Feast's servers ask nobody who they are.",
    keys: &[Key::new("type", Kind::OneOf(&["no_auth"]), "`no_auth`.").required()],
};

static OIDC: Shape = Shape {
    name: "an `auth` of type `oidc`",
    doc: "Tokens of an OpenID provider.",
    keys: &[
        Key::new("type", Kind::OneOf(&["oidc"]), "`oidc`.").required(),
        Key::new(
            "auth_discovery_url",
            Kind::SecretText,
            "Address of the provider's discovery document, which tells where its keys are.",
        )
        .required(),
        Key::new(
            "audience",
            Kind::FeastText,
            "Whom a token must be for (`aud`). Required, where Feast takes tokens for anybody without it.",
        )
        .required(),
        Key::new(
            "issuer",
            Kind::FeastText,
            "Who must have made a token (`iss`), and whom the discovery document must name. Where absent: `auth_discovery_url` \
             without `/.well-known/openid-configuration`.",
        ),
        Key::new(
            "client_id",
            Kind::FeastText,
            "The client whose roles Keycloak tells in `resource_access.<client_id>.roles`.",
        ),
        Key::new(
            "ca_cert_path",
            Kind::FeastText,
            "PEM file with the authorities that alone are trusted to vouch for the provider.",
        ),
        Key::new("verify_ssl", Kind::Bool, "Only `true`.").default("true"),
        Key::new("ui_client_id", Kind::Text, "Feast's user interface.").feast(&[]),
        Key::new(
            "jwks_cache_lifespan_seconds",
            Kind::Text,
            "How long Feast keeps keys; Salver fetches them every `salver.auth.refresh_interval`.",
        )
        .feast(&["300"]),
        Key::new("jwks_request_timeout_seconds", Kind::Text, "How long Feast waits for keys.").feast(&["10"]),
        Key::new("username", Kind::Text, "Feast's client.").feast(&[]),
        Key::new("password", Kind::SecretText, "Feast's client.").feast(&[]),
        Key::new("client_secret", Kind::SecretText, "Feast's client.").feast(&[]),
        Key::new("token", Kind::SecretText, "Feast's client.").feast(&[]),
        Key::new("token_env_var", Kind::Text, "Feast's client.").feast(&[]),
        Key::new("token_refresh_margin_seconds", Kind::Text, "Feast's client.").feast(&[]),
    ],
};

pub(super) static SALVER_AUTH: Shape = Shape {
    name: "`salver.auth`",
    doc: "Who is asking, as far as Feast has no key for it.",
    keys: &[
        Key::new(
            "jwks",
            Kind::Mapping(&JWKS),
            "Keys that tokens are checked with, for installations without an OpenID provider.",
        ),
        Key::new(
            "algorithms",
            ALGORITHMS,
            "Beside `auth: {type: oidc}`: what the provider signs with.",
        )
        .default(USUAL),
        Key::new(
            "typ",
            Kind::Text,
            "The `typ` that a token must have, such as `at+jwt`; any where absent.",
        ),
        Key::new(
            "claims",
            Kind::Mapping(&CLAIMS),
            "Where a token says who is asking.",
        ),
        Key::new(
            "require_scope",
            Kind::Bool,
            "Whether a token must be narrowed by a `salver:` scope.",
        )
        .default("false"),
        Key::new(
            "refresh_interval",
            Kind::Duration,
            "How often keys are fetched.",
        )
        .default("60s"),
        Key::new(
            "max_key_age",
            Kind::Duration,
            "Keys that could not be fetched again for so long are trusted no more.",
        )
        .default("1h"),
        Key::new(
            "allow_http_on_loopback",
            Kind::Bool,
            "Whether keys may come over plain HTTP from this machine itself.",
        )
        .default("false"),
    ],
};

const USUAL: &str = "[RS256, ES256, ES384, EdDSA]";

const ALGORITHMS: Kind = Kind::List(&Kind::OneOf(&[
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA", "HS256",
]));

static JWKS: Shape = Shape {
    name: "`salver.auth.jwks`",
    doc: "Keys that tokens are checked with, for installations without an OpenID provider.",
    keys: &[
        Key::new(
            "keys",
            Kind::SecretText,
            "A JWK set: a file, relative to the feature repository, or an `https://` address. It is read again when it is due.",
        ),
        Key::new(
            "secret_file",
            Kind::Text,
            "Instead of `keys`: a file with a secret of at least 32 bytes for HS256, relative to the feature repository. Whoever has \
             it can make tokens.",
        ),
        Key::new(
            "issuer",
            Kind::QuotedText,
            "Who must have made a token (`iss`).",
        )
        .required(),
        Key::new(
            "audience",
            Kind::Either(&Kind::QuotedText, &Kind::List(&Kind::QuotedText)),
            "Whom a token must be for (`aud`); one of a list will do.",
        )
        .required(),
        Key::new(
            "algorithms",
            ALGORITHMS,
            "What the keys are for. Beside `secret_file`: `[HS256]`, or nothing.",
        )
        .default(USUAL),
        Key::new(
            "ca_cert_path",
            Kind::Text,
            "PEM file with the authorities that alone are trusted at an `https://` address.",
        ),
    ],
};

static CLAIMS: Shape = Shape {
    name: "`salver.auth.claims`",
    doc: "Where a token says who is asking: names of claims, with dots between where one is within another.",
    keys: &[
        Key::new("subject", Kind::Text, "Who it is.").default("sub"),
        Key::new(
            "roles",
            Kind::List(&Kind::Text),
            "The identity provider's roles, from all of these together.",
        )
        .default("[resource_access.<client_id>.roles, roles]"),
        Key::new(
            "groups",
            Kind::List(&Kind::Text),
            "Groups, from all of these together.",
        )
        .default("[groups]"),
        Key::new("scope", Kind::Text, "What the token is narrowed to.").default("scope"),
    ],
};

pub(super) static AUDIT: Shape = Shape {
    name: "`salver.audit`",
    doc: "Log lines that tell who was denied what.",
    keys: &[Key::new(
        "reads",
        Kind::Bool,
        "Whether reads that were allowed are told as well.",
    )
    .default("false")],
};
