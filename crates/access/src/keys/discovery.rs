//! The document in which an OpenID provider says where its keys are (OpenID Connect Discovery 1.0).

use std::net::IpAddr;

use serde_json::Value;
use url::{Host, Url};

use crate::token::object;

/// The end of a discovery document's address.
pub const WELL_KNOWN: &str = "/.well-known/openid-configuration";

/// Whether addresses without TLS are taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HttpPolicy {
    /// `https` only.
    #[default]
    HttpsOnly,
    /// Also `http`, where the host is this machine itself: for tests and for providers in the same pod.
    HttpOnLoopback,
}

/// What a discovery document says that was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discovery {
    /// Where the JWK set is.
    pub jwks_uri: Url,
}

/// An address or a document that isn't taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DiscoveryError {
    /// The address isn't one.
    #[error("`{url}` is no address: {why}")]
    NoUrl {
        /// The text.
        url: String,
        /// What is wrong.
        why: String,
    },
    /// The address isn't protected.
    #[error(
        "`{url}` is not `https`; plain `http` is taken for a loopback host only, and there with `salver.auth.allow_http_on_loopback: true`"
    )]
    Insecure {
        /// The address.
        url: Url,
    },
    /// The address has a user name or password in it.
    #[error("the address has a user name or a password in it; it must have none")]
    Credentials,
    /// The document isn't one.
    #[error("no discovery document: {why}")]
    Malformed {
        /// What is wrong.
        why: String,
    },
    /// It speaks for somebody else.
    #[error("the discovery document is of issuer `{found}`, and `{expected}` is configured")]
    WrongIssuer {
        /// What it says.
        found: String,
        /// What it should say.
        expected: String,
    },
}

impl HttpPolicy {
    /// Reads an address that keys may come from.
    ///
    /// # Errors
    /// [`DiscoveryError`] where it is none, or one that anybody on the way could change the keys of.
    pub fn check(self, url: &str) -> Result<Url, DiscoveryError> {
        let parsed = Url::parse(url).map_err(|error| DiscoveryError::NoUrl {
            url: url.to_owned(),
            why: error.to_string(),
        })?;
        if !parsed.username().is_empty() || parsed.password().is_some() {
            return Err(DiscoveryError::Credentials);
        }
        let is_safe = match parsed.scheme() {
            "https" => true,
            "http" => self == Self::HttpOnLoopback && is_loopback(&parsed),
            _ => false,
        };
        if is_safe {
            Ok(parsed)
        } else {
            Err(DiscoveryError::Insecure { url: parsed })
        }
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
        None => false,
    }
}

/// The issuer whose discovery document is at this address; `None` where the address doesn't end as it should.
#[must_use]
pub fn issuer_of(discovery_url: &str) -> Option<&str> {
    discovery_url.strip_suffix(WELL_KNOWN)
}

impl Discovery {
    /// Checks a document: its issuer is exactly the configured one, its keys are at an address that is safe.
    ///
    /// # Errors
    /// [`DiscoveryError`] where not.
    pub fn check(
        document: &[u8],
        issuer: &str,
        policy: HttpPolicy,
    ) -> Result<Self, DiscoveryError> {
        let members = object(document).map_err(|why| DiscoveryError::Malformed { why })?;
        let text = |member: &str| {
            let found = members.get(member).and_then(Value::as_str);
            found.ok_or_else(|| DiscoveryError::Malformed {
                why: format!("it has no string `{member}`"),
            })
        };
        let found = text("issuer")?;
        if found != issuer {
            return Err(DiscoveryError::WrongIssuer {
                found: found.to_owned(),
                expected: issuer.to_owned(),
            });
        }
        let jwks_uri = policy.check(text("jwks_uri")?)?;
        Ok(Self { jwks_uri })
    }
}

#[cfg(test)]
mod tests {
    use super::{Discovery, DiscoveryError, HttpPolicy, issuer_of};

    const ISSUER: &str = "https://id.example/realms/x";

    fn check(
        issuer: &str,
        jwks_uri: &str,
        policy: HttpPolicy,
    ) -> Result<Discovery, DiscoveryError> {
        let document = format!(r#"{{"issuer": "{issuer}", "jwks_uri": "{jwks_uri}"}}"#);
        Discovery::check(document.as_bytes(), ISSUER, policy)
    }

    #[test]
    fn what_allows_plain_http_is_named() {
        let refused = HttpPolicy::HttpsOnly.check("http://localhost/keys");
        let told = refused.unwrap_err().to_string();
        assert!(
            told.contains("`salver.auth.allow_http_on_loopback: true`"),
            "{told}"
        );
    }

    #[test]
    fn the_issuer_must_be_the_configured_one_to_the_letter() {
        let keys = "https://id.example/keys";
        assert!(check(ISSUER, keys, HttpPolicy::HttpsOnly).is_ok());
        for other in [
            "https://id.example/realms/x/",
            "https://id.example/realms/X",
            "https://evil.example",
            "https://login.example/{tenantid}",
            "",
        ] {
            let error = check(other, keys, HttpPolicy::HttpsOnly).unwrap_err();
            assert!(
                matches!(error, DiscoveryError::WrongIssuer { .. }),
                "{other}"
            );
        }
    }

    #[test]
    fn keys_come_over_tls_or_from_this_machine_where_that_is_allowed() {
        for (uri, https_only, on_loopback) in [
            ("https://id.example/keys", true, true),
            ("http://127.0.0.1:8080/keys", false, true),
            ("http://[::1]/keys", false, true),
            ("http://localhost/keys", false, true),
            ("http://localhost.evil.example/keys", false, false),
            ("http://127.0.0.1.evil.example/keys", false, false),
            ("http://10.0.0.1/keys", false, false),
            ("http://127.0.0.1@evil.example/keys", false, false),
            ("https://user:password@id.example/keys", false, false),
            ("file:///etc/passwd", false, false),
            ("keys.json", false, false),
        ] {
            let policies = [HttpPolicy::HttpsOnly, HttpPolicy::HttpOnLoopback];
            let taken = policies.map(|policy| check(ISSUER, uri, policy).is_ok());
            assert_eq!(taken, [https_only, on_loopback], "{uri}");
        }
    }

    #[test]
    fn a_document_that_is_none_is_told() {
        for document in [
            "",
            "[]",
            "{}",
            r#"{"issuer": 1}"#,
            r#"{"issuer": "a", "issuer": "b"}"#,
        ] {
            let error = Discovery::check(document.as_bytes(), "b", HttpPolicy::HttpsOnly);
            assert!(
                matches!(error, Err(DiscoveryError::Malformed { .. })),
                "{document}"
            );
        }
    }

    #[test]
    fn the_address_tells_the_issuer() {
        let url = "https://id.example/realms/x/.well-known/openid-configuration";
        assert_eq!(issuer_of(url), Some(ISSUER));
        assert_eq!(issuer_of("https://id.example/realms/x"), None);
    }
}
