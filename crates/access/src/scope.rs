//! What a token is narrowed to: `salver:<project>:<kind>/<name>:<action>`, or `salver:<project>:*:<action>` for all
//! objects of the project and the project itself. Project and name are percent-encoded.

use std::{borrow::Cow, fmt, str::FromStr};

use feature_model::{
    ProjectName,
    access::{Action, Role},
};

use crate::{Resource, ResourceId};

/// How scopes of ours begin. Others in the same claim are somebody else's.
const PREFIX: &str = "salver:";
/// In place of an object.
const ALL_OBJECTS: &str = "*";

/// One scope.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Scope {
    project: String,
    /// Absent: every object of the project, and the project itself.
    object: Option<ResourceId>,
    action: Action,
}

/// The text is no scope of ours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is no scope; write `salver:<project>:<kind>/<name>:<action>`, such as \
     `salver:fraud:feature_service/driver_activity_v1:read_online`, names percent-encoded"
)]
pub struct ParseScopeError {
    text: String,
}

impl Scope {
    /// One action on one object.
    #[must_use]
    pub fn on(project: &ProjectName, object: ResourceId, action: Action) -> Self {
        Self {
            project: project.to_string(),
            object: Some(object),
            action,
        }
    }

    /// One action on every object of a project.
    #[must_use]
    pub fn on_all(project: &ProjectName, action: Action) -> Self {
        Self {
            project: project.to_string(),
            object: None,
            action,
        }
    }

    /// Everything that a role may do in a project.
    pub fn of_role(project: &ProjectName, role: Role) -> impl Iterator<Item = Self> {
        let actions = role.actions().iter();
        actions.map(move |action| Self::on_all(project, *action))
    }

    fn is_within(&self, project: &ProjectName) -> bool {
        self.project == project.as_str()
    }

    fn covers(&self, project: &ProjectName, action: Action, resource: &Resource<'_>) -> bool {
        let names =
            |object: &ResourceId| object.kind == resource.kind && object.name == resource.name;
        self.is_within(project) && self.action == action && self.object.as_ref().is_none_or(names)
    }
}

impl FromStr for Scope {
    type Err = ParseScopeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse(text).ok_or_else(|| ParseScopeError {
            text: text.to_owned(),
        })
    }
}

fn parse(text: &str) -> Option<Scope> {
    let mut parts = text.strip_prefix(PREFIX)?.split(':');
    let (project, object, action) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let object = match object {
        ALL_OBJECTS => None,
        object => {
            let (kind, name) = object.split_once('/')?;
            let (kind, name) = (kind.parse().ok()?, decode(name)?);
            Some(ResourceId { kind, name })
        }
    };
    Some(Scope {
        project: decode(project)?,
        object,
        action: action.parse().ok()?,
    })
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}:", encode(&self.project))?;
        match &self.object {
            None => f.write_str(ALL_OBJECTS)?,
            Some(object) => write!(f, "{}/{}", object.kind.as_str(), encode(&object.name))?,
        }
        write!(f, ":{}", self.action)
    }
}

/// The scopes of one token that are ours: what they allow together. Those that are malformed allow nothing. A word that
/// holds `salver:` anywhere but at its beginning, in whatever case, is malformed: somebody meant to narrow the token, and
/// what they meant can't be told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Scopes {
    valid: Vec<Scope>,
    malformed: usize,
}

impl Scopes {
    /// Of all scopes of a token, ours; `None` where it has none, so that it isn't narrowed. Each text may hold several with
    /// spaces between.
    #[must_use]
    pub fn of<'s>(texts: impl IntoIterator<Item = &'s str>) -> Option<Self> {
        let mut found = Self::default();
        let words = texts.into_iter().flat_map(|text| text.split(' '));
        for word in words.filter(|word| holds_prefix(word)) {
            match word.parse() {
                Ok(scope) => found.valid.push(scope),
                Err(_) => found.malformed += 1,
            }
        }
        found.valid.sort_unstable();
        found.valid.dedup();
        (!found.valid.is_empty() || found.malformed > 0).then_some(found)
    }

    /// Those that are well formed.
    #[must_use]
    pub fn valid(&self) -> &[Scope] {
        &self.valid
    }

    /// How many allow nothing, because they are malformed.
    #[must_use]
    pub fn malformed(&self) -> usize {
        self.malformed
    }

    /// Whether any of them is about the project.
    pub(crate) fn enter(&self, project: &ProjectName) -> bool {
        self.valid.iter().any(|scope| scope.is_within(project))
    }

    /// Whether one of them is about everything in the project.
    pub(crate) fn cover_all(&self, project: &ProjectName, action: Action) -> bool {
        let all = |scope: &Scope| scope.object.is_none() && scope.action == action;
        let mut scopes = self.valid.iter();
        scopes.any(|scope| scope.is_within(project) && all(scope))
    }

    pub(crate) fn cover(
        &self,
        project: &ProjectName,
        action: Action,
        resource: &Resource<'_>,
    ) -> bool {
        let mut scopes = self.valid.iter();
        scopes.any(|scope| scope.covers(project, action, resource))
    }
}

fn holds_prefix(word: &str) -> bool {
    let mut places = word.as_bytes().windows(PREFIX.len());
    places.any(|place| place.eq_ignore_ascii_case(PREFIX.as_bytes()))
}

/// All but RFC 3986's unreserved characters as `%XX`.
fn encode(name: &str) -> String {
    let mut encoded = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// `None` where the name is empty, holds what should be encoded, or isn't UTF-8.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'%' => bytes.push(hex(rest.next()?)? << 4 | hex(rest.next()?)?),
            b'-' | b'.' | b'_' | b'~' => bytes.push(byte),
            _ if byte.is_ascii_alphanumeric() => bytes.push(byte),
            _ => return None,
        }
    }
    let name = String::from_utf8_lossy(&bytes);
    match name {
        Cow::Borrowed("") | Cow::Owned(_) => None,
        Cow::Borrowed(name) => Some(name.to_owned()),
    }
}

fn hex(digit: u8) -> Option<u8> {
    let value = char::from(digit).to_digit(16)?;
    u8::try_from(value).ok()
}

#[cfg(test)]
mod tests {
    use feature_model::access::{Action, Role};
    use proptest::prelude::*;

    use super::{Scope, Scopes};
    use crate::{Resource, ResourceId, ResourceKind};

    #[test]
    fn a_scope_is_printed_as_it_is_read() {
        for text in [
            "salver:fraud:feature_service/driver_activity_v1:read_online",
            "salver:fraud:feature_view/a%2Fb%3Ac%20%C3%A4:describe",
            "salver:fraud:*:manage_access",
            "salver:fraud:project/fraud:describe",
        ] {
            assert_eq!(text.parse::<Scope>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_malformed_is_no_scope() {
        for text in [
            "",
            "salver:",
            "salver:fraud",
            "salver:fraud:*",
            "salver::*:describe",
            "salver:fraud:*:describe:",
            "salver:fraud:*:*",
            "salver:fraud:*:DESCRIBE",
            "salver:*:*:describe",
            "salver:fraud:feature_service:read_online",
            "salver:fraud:feature_service/:read_online",
            "salver:fraud:feature_service/*:read_online",
            "salver:fraud:service/x:read_online",
            "salver:fraud:feature_service/a/b:read_online",
            "salver:fraud:feature_service/%:read_online",
            "salver:fraud:feature_service/%2:read_online",
            "salver:fraud:feature_service/%zz:read_online",
            "salver:fraud:feature_service/%ff:read_online",
            "salver:fraud:feature_service/%+1:read_online",
            "salver:fraud:feature_service/ä:read_online",
            "Salver:fraud:*:describe",
            " salver:fraud:*:describe",
        ] {
            assert!(text.parse::<Scope>().is_err(), "{text}");
        }
    }

    #[test]
    fn malformed_scopes_narrow_to_nothing_and_foreign_ones_not_at_all() {
        assert_eq!(Scopes::of(["openid", "profile", "salver"]), None);
        let project = "fraud".parse().unwrap();
        let malformed = Scopes::of(["salver:fraud:*:read"]).unwrap();
        assert_eq!((malformed.valid(), malformed.malformed()), (&[][..], 1));
        assert!(!malformed.enter(&project));
    }

    #[test]
    fn a_scope_that_is_no_clean_word_narrows_to_nothing() {
        let scope = "salver:fraud:feature_service/s:read_online";
        for (before, after) in [
            ("openid,", ""),
            ("openid;", ""),
            ("openid\t", ""),
            ("openid\n", ""),
            ("openid\u{a0}", ""),
            ("+", ""),
            ("\"", "\""),
            ("'", "'"),
            ("", ","),
            ("", "\t"),
            ("", "\r\n"),
            ("openid ", ",profile"),
            ("xsalver:", ""),
        ] {
            let text = format!("{before}{scope}{after}");
            let scopes = Scopes::of([text.as_str()]).unwrap();
            assert_eq!((scopes.valid(), scopes.malformed()), (&[][..], 1), "{text}");
        }
        for text in ["Salver:fraud:*:describe", "openid SALVER:", "a:sAlVeR:b"] {
            let scopes = Scopes::of([text]).unwrap();
            assert_eq!((scopes.valid(), scopes.malformed()), (&[][..], 1), "{text}");
        }
        let beside = format!("openid,{scope} {scope}");
        let scopes = Scopes::of([beside.as_str()]).unwrap();
        assert_eq!((scopes.valid().len(), scopes.malformed()), (1, 1));
    }

    #[test]
    fn a_scope_covers_its_object_its_action_and_its_project_only() {
        let scopes = Scopes::of(["salver:fraud:feature_service/s:read_online"]).unwrap();
        let service = Resource::new(ResourceKind::FeatureService, "s");
        let covers = |project: &str, action, resource: &Resource<'_>| {
            scopes.cover(&project.parse().unwrap(), action, resource)
        };
        assert!(covers("fraud", Action::ReadOnline, &service));
        assert!(!covers("fraud2", Action::ReadOnline, &service));
        assert!(!covers("fraud", Action::ReadOffline, &service));
        let other = Resource::new(ResourceKind::FeatureService, "t");
        assert!(!covers("fraud", Action::ReadOnline, &other));
        let view = Resource::new(ResourceKind::FeatureView, "s");
        assert!(!covers("fraud", Action::ReadOnline, &view));
    }

    #[test]
    fn the_scopes_of_a_role_cover_what_the_role_may_do() {
        let project = "fraud".parse().unwrap();
        let texts: Vec<String> = Scope::of_role(&project, Role::Producer)
            .map(|scope| scope.to_string())
            .collect();
        let scopes = Scopes::of(texts.iter().map(String::as_str)).unwrap();
        let view = Resource::new(ResourceKind::FeatureView, "v");
        for action in Action::ALL {
            let allowed = Role::Producer.actions().contains(&action);
            assert_eq!(scopes.cover(&project, action, &view), allowed, "{action}");
        }
    }

    proptest! {
        #[test]
        fn every_name_survives(name in ".+") {
            let object = ResourceId { kind: ResourceKind::FeatureService, name };
            let scope = Scope::on(&"p".parse().unwrap(), object, Action::ReadOnline);
            let text = scope.to_string();
            // OAuth's characters: see RFC 6749, section 3.3
            prop_assert!(text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\'));
            prop_assert_eq!(text.parse(), Ok(scope));
        }

        #[test]
        fn any_text_is_read_or_refused(text: String) {
            let _ = text.parse::<Scope>();
        }
    }
}
