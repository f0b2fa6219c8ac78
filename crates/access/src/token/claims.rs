//! From verified claims to a principal.

use std::{fmt, str::FromStr};

use serde_json::{Map, Value};

use super::{numeric_date::NumericDate, refusal::Refusal};
use crate::{Principal, Scopes};

/// Where in the claims something is: names of members, from the outside in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimPath(Vec<String>);

/// The text is no path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is no path to a claim; write names with dots between, such as `resource_access.salver.roles`, and `\\.` \
     for a dot within a name"
)]
pub struct ParseClaimPathError {
    text: String,
}

impl ClaimPath {
    /// The path of these names.
    #[must_use]
    pub fn of<S: Into<String>>(names: impl IntoIterator<Item = S>) -> Self {
        Self(names.into_iter().map(Into::into).collect())
    }

    fn find<'c>(&self, claims: &'c Map<String, Value>) -> Option<&'c Value> {
        let (first, rest) = self.0.split_first()?;
        let inside = rest.iter().try_fold(claims.get(first)?, |value, name| {
            value.as_object()?.get(name)
        });
        inside.filter(|value| !value.is_null())
    }

    /// Names in a list, or one alone; none where there is nothing.
    fn names<'c>(&self, claims: &'c Map<String, Value>) -> Result<Vec<&'c str>, Refusal> {
        let Some(value) = self.find(claims) else {
            return Ok(Vec::new());
        };
        strings(value).ok_or_else(|| Refusal::InvalidClaim {
            claim: self.to_string(),
            expected: "a list of strings",
        })
    }
}

/// A string, or a list of nothing but strings.
fn strings(value: &Value) -> Option<Vec<&str>> {
    match value {
        Value::String(text) => Some(vec![text]),
        Value::Array(items) => items.iter().map(Value::as_str).collect(),
        _ => None,
    }
}

impl FromStr for ClaimPath {
    type Err = ParseClaimPathError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut names = vec![String::new()];
        let mut escaped = false;
        for c in text.chars() {
            match (escaped, c) {
                (false, '\\') => escaped = true,
                (false, '.') => names.push(String::new()),
                _ => {
                    escaped = false;
                    names
                        .last_mut()
                        .map(|name| name.push(c))
                        .unwrap_or_default();
                }
            }
        }
        if escaped || names.iter().any(String::is_empty) {
            return Err(ParseClaimPathError {
                text: text.to_owned(),
            });
        }
        Ok(Self(names))
    }
}

impl fmt::Display for ClaimPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let escaped = |name: &String| name.replace('\\', r"\\").replace('.', r"\.");
        let names: Vec<String> = self.0.iter().map(escaped).collect();
        f.write_str(&names.join("."))
    }
}

/// Which claims make a [`Principal`]. `sub` is always required, whatever names the subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimMapping {
    /// A string that isn't empty.
    pub subject: ClaimPath,
    /// Strings or lists of strings, all together.
    pub roles: Vec<ClaimPath>,
    /// Strings or lists of strings, all together.
    pub groups: Vec<ClaimPath>,
    /// A string of scopes with spaces between, or a list of such.
    pub scope: ClaimPath,
}

/// The places of claims as a configuration tells them: the texts of [`ClaimPath`]s, nothing where the usual ones hold.
#[derive(Clone, Copy, Debug, Default)]
pub struct ClaimPaths<'a> {
    /// Of the subject.
    pub subject: Option<&'a str>,
    /// Of roles.
    pub roles: Option<&'a [String]>,
    /// Of groups.
    pub groups: Option<&'a [String]>,
    /// Of scopes.
    pub scope: Option<&'a str>,
}

impl ClaimMapping {
    /// `sub`; roles as Feast looks for them (those that Keycloak gives for the client, and `roles`, which Entra has);
    /// `groups`; `scope`.
    #[must_use]
    pub fn for_client(client_id: Option<&str>) -> Self {
        let client = client_id.map(|id| ClaimPath::of(["resource_access", id, "roles"]));
        Self {
            subject: ClaimPath::of(["sub"]),
            roles: client
                .into_iter()
                .chain([ClaimPath::of(["roles"])])
                .collect(),
            groups: vec![ClaimPath::of(["groups"])],
            scope: ClaimPath::of(["scope"]),
        }
    }

    /// These claims, but for those whose place is told.
    ///
    /// # Errors
    /// A path has an empty name.
    pub fn told(self, paths: ClaimPaths<'_>) -> Result<Self, ParseClaimPathError> {
        let one = |text: Option<&str>, usual| text.map_or(Ok(usual), str::parse);
        let several = |texts: Option<&[String]>, usual| {
            texts.map_or(Ok(usual), |texts| {
                texts.iter().map(|text| text.parse()).collect()
            })
        };
        Ok(Self {
            subject: one(paths.subject, self.subject)?,
            roles: several(paths.roles, self.roles)?,
            groups: several(paths.groups, self.groups)?,
            scope: one(paths.scope, self.scope)?,
        })
    }

    /// Who the claims are about.
    pub(crate) fn principal(&self, claims: &Map<String, Value>) -> Result<Principal, Refusal> {
        let subject = self.subject.find(claims).and_then(Value::as_str);
        let subject = subject.filter(|subject| !subject.is_empty());
        let subject = subject.ok_or_else(|| Refusal::InvalidClaim {
            claim: self.subject.to_string(),
            expected: "a string",
        })?;
        let scopes = self.scope.names(claims)?;
        Ok(Principal::new(subject)
            .with_roles(all(&self.roles, claims)?)
            .with_groups(all(&self.groups, claims)?)
            .with_scopes(Scopes::of(scopes)))
    }
}

fn all<'c>(paths: &[ClaimPath], claims: &'c Map<String, Value>) -> Result<Vec<&'c str>, Refusal> {
    let lists: Result<Vec<_>, _> = paths.iter().map(|path| path.names(claims)).collect();
    Ok(lists?.concat())
}

/// The claims that every token has, each of the right type.
pub(super) struct Registered {
    pub(super) exp: NumericDate,
    pub(super) nbf: Option<NumericDate>,
}

impl Registered {
    /// Only the types: jsonwebtoken compares issuer and audience, and takes an issuer for right that is a list.
    pub(super) fn of(claims: &Map<String, Value>) -> Result<Self, Refusal> {
        let required = |claim| claims.get(claim).ok_or(Refusal::MissingClaim { claim });
        if !required("iss")?.is_string() {
            return Err(invalid("iss", "a string"));
        }
        if strings(required("aud")?).is_none() {
            return Err(invalid("aud", "a string or a list of strings"));
        }
        let exp = date(required("exp")?, "exp")?;
        if required("sub")?.as_str().is_none_or(str::is_empty) {
            return Err(invalid("sub", "a string"));
        }
        let nbf = claims.get("nbf").map(|nbf| date(nbf, "nbf")).transpose()?;
        Ok(Self { exp, nbf })
    }

    pub(super) fn check_time(&self, now: NumericDate) -> Result<(), Refusal> {
        if self.exp.is_past(now) {
            return Err(Refusal::Expired);
        }
        if self.nbf.is_some_and(|nbf| nbf.is_ahead(now)) {
            return Err(Refusal::NotYetValid);
        }
        Ok(())
    }
}

fn date(value: &Value, claim: &str) -> Result<NumericDate, Refusal> {
    let expected = "a number of seconds since 1970, below 2^64";
    NumericDate::of(value).ok_or_else(|| invalid(claim, expected))
}

fn invalid(claim: &str, expected: &'static str) -> Refusal {
    Refusal::InvalidClaim {
        claim: claim.to_owned(),
        expected,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::{ClaimMapping, ClaimPath};

    fn claims(value: Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn a_path_is_printed_as_it_is_read() {
        for (text, names) in [
            ("groups", &["groups"][..]),
            ("a.b.c", &["a", "b", "c"]),
            (r"https://x\.example/roles", &["https://x.example/roles"]),
            (r"a\\b.c", &[r"a\b", "c"]),
        ] {
            let path: ClaimPath = text.parse().unwrap();
            assert_eq!(path, ClaimPath::of(names.iter().copied()));
            assert_eq!(path.to_string(), text);
        }
        for text in ["", ".", "a.", ".a", "a..b", "a\\"] {
            assert!(text.parse::<ClaimPath>().is_err(), "{text}");
        }
    }

    #[test]
    fn claims_of_known_providers_make_principals() {
        let mapping = ClaimMapping::for_client(Some("my.client"));
        let keycloak = claims(json!({
            "sub": "f:1", "resource_access": {"my.client": {"roles": ["b", "a"]}, "other": {"roles": ["x"]}},
            "scope": "openid profile", "groups": ["/team"],
        }));
        let principal = mapping.principal(&keycloak).unwrap();
        assert_eq!(principal.roles, ["a", "b"]);
        assert_eq!(principal.groups, ["/team"]);
        assert_eq!(principal.scopes, None);
        let entra = claims(json!({"sub": "s", "roles": ["Reader"], "groups": ["0a1b", "0a1b"]}));
        let principal = mapping.principal(&entra).unwrap();
        assert_eq!(
            (principal.roles, principal.groups),
            (vec!["Reader".into()], vec!["0a1b".into()])
        );
    }

    #[test]
    fn scopes_come_in_one_string_or_in_a_list() {
        let mapping = ClaimMapping::for_client(None);
        for scope in [
            json!("openid salver:p:*:describe"),
            json!(["openid", "salver:p:*:describe"]),
            json!(["openid salver:p:*:describe"]),
        ] {
            let principal = mapping.principal(&claims(json!({"sub": "s", "scope": scope})));
            assert_eq!(principal.unwrap().scopes.unwrap().valid().len(), 1);
        }
    }

    #[test]
    fn a_claim_of_another_type_is_refused_and_an_absent_one_gives_nothing() {
        let mapping = ClaimMapping::for_client(Some("c"));
        for wrong in [
            json!({"sub": "s", "groups": [1]}),
            json!({"sub": "s", "groups": {"a": 1}}),
            json!({"sub": "s", "roles": true}),
            json!({"sub": "s", "scope": 7}),
            json!({"sub": "s", "resource_access": {"c": {"roles": {"a": "b"}}}}),
            json!({"sub": ""}),
            json!({"sub": 1}),
            json!({}),
        ] {
            assert!(
                mapping.principal(&claims(wrong.clone())).is_err(),
                "{wrong}"
            );
        }
        for nothing in [
            json!({"sub": "s", "groups": null}),
            json!({"sub": "s", "resource_access": []}),
            json!({"sub": "s", "resource_access": {"other": 1}}),
        ] {
            let principal = mapping.principal(&claims(nothing)).unwrap();
            assert_eq!((principal.roles.len(), principal.groups.len()), (0, 0));
        }
    }
}
