//! Feast's permissions, made ready to be asked.

use feature_model::access::{Action, Permission, Policy};
use regex::{Regex, RegexBuilder};

use crate::{Principal, Resource, ResourceKind, Via, Warning};

/// A pattern may need this many bytes once it is compiled.
const MAX_PATTERN_BYTES: usize = 256 * 1024;

/// A [`Permission`] with its patterns compiled.
#[derive(Clone, Debug)]
pub(crate) struct ReadyPermission {
    pub(crate) permission: Permission,
    patterns: Vec<Regex>,
}

impl ReadyPermission {
    /// A pattern that can't be compiled matches nothing, and is told in `warnings`.
    pub(crate) fn new(permission: Permission, warnings: &mut Vec<Warning>) -> Self {
        let mut patterns = Vec::new();
        for pattern in &permission.name_patterns {
            match whole(pattern) {
                Ok(regex) => patterns.push(regex),
                Err(reason) => warnings.push(Warning::BadPattern {
                    permission: permission.name.clone(),
                    pattern: pattern.clone(),
                    reason,
                }),
            }
        }
        warn_of_policy(&permission, warnings);
        Self {
            permission,
            patterns,
        }
    }

    pub(crate) fn allows(&self, action: Action) -> bool {
        self.permission.actions.contains(&action)
    }

    /// Type, name and tags all match.
    pub(crate) fn matches(&self, resource: &Resource<'_>) -> bool {
        self.matches_type(resource) && self.matches_name(resource) && self.matches_tags(resource)
    }

    /// Whatever its name and tags are.
    pub(crate) fn matches_all(&self, kind: ResourceKind) -> bool {
        let names = &self.permission.name_patterns;
        let any_name = names.is_empty() || names.iter().any(|name| name == ".*" || name == ".+");
        any_name
            && self.permission.required_tags.is_empty()
            && self.matches_type(&Resource::new(kind, ""))
    }

    fn matches_type(&self, resource: &Resource<'_>) -> bool {
        let mut types = self.permission.types.iter();
        self.permission.types.is_empty() || types.any(|one| resource.kind.is_a(*one))
    }

    fn matches_name(&self, resource: &Resource<'_>) -> bool {
        let mut patterns = self.patterns.iter();
        self.permission.name_patterns.is_empty()
            || patterns.any(|pattern| pattern.is_match(resource.name))
    }

    fn matches_tags(&self, resource: &Resource<'_>) -> bool {
        let mut required = self.permission.required_tags.iter();
        required.all(|(tag, value)| resource.tags.and_then(|tags| tags.get(tag)) == Some(value))
    }

    /// What of the principal the policy accepts. A namespace is nothing that a token of ours could prove.
    pub(crate) fn accepts(&self, principal: &Principal) -> Option<Via> {
        let role = |roles: &[String]| common(roles, &principal.roles).map(Via::TokenRole);
        let group = |groups: &[String]| common(groups, &principal.groups).map(Via::Group);
        match &self.permission.policy {
            Policy::AllowAll => Some(Via::Anybody),
            Policy::RoleBased(roles) => role(roles),
            Policy::GroupBased(groups) | Policy::CombinedGroupNamespace { groups, .. } => {
                group(groups)
            }
            Policy::NamespaceBased(_) | Policy::Unknown => None,
        }
    }
}

/// The first of `wanted` that is among `held`.
pub(crate) fn common(wanted: &[String], held: &[String]) -> Option<String> {
    wanted.iter().find(|one| held.contains(one)).cloned()
}

/// Whether a name pattern of a permission can be compiled; else why it would match nothing.
///
/// # Errors
/// What is wrong with it, in words.
pub fn check_name_pattern(pattern: &str) -> Result<(), String> {
    whole(pattern).map(drop)
}

/// As Python's `re.fullmatch`: some way to match reaches from the first to the last character.
fn whole(pattern: &str) -> Result<Regex, String> {
    if has_set_notation(pattern) {
        return Err("a class within a class means something else to Python".to_owned());
    }
    let compile = |pattern: &str| {
        RegexBuilder::new(pattern)
            .size_limit(MAX_PATTERN_BYTES)
            .build()
            .map_err(|error| last_line(&error))
    };
    // alone first, so that a parenthesis too many can't close the group around it
    compile(pattern)?;
    compile(&format!(r"\A(?:{pattern})\z"))
}

/// Whether a class `[...]` holds `[`, `&&`, `--` or `~~`: plain characters to Python, set operations to our library.
fn has_set_notation(pattern: &str) -> bool {
    // what the class that is open holds so far
    let mut class: Option<String> = None;
    let mut characters = pattern.chars();
    while let Some(c) = characters.next() {
        let escaped = (c == '\\').then(|| characters.next());
        match (&mut class, c) {
            (None, '[') => class = Some(String::new()),
            (Some(seen), '^') if seen.is_empty() => seen.push('^'),
            (Some(seen), ']') if !matches!(seen.as_str(), "" | "^") => class = None,
            (Some(_), '[') => return true,
            (Some(seen), '&' | '-' | '~') if seen.ends_with(c) => return true,
            (Some(seen), _) => seen.push(if escaped.is_some() { 'x' } else { c }),
            (None, _) => {}
        }
    }
    false
}

fn last_line(error: &regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().last().unwrap_or_default();
    last.trim_start_matches("error: ").to_owned()
}

fn warn_of_policy(permission: &Permission, warnings: &mut Vec<Warning>) {
    let permission_name = || permission.name.clone();
    match &permission.policy {
        Policy::AllowAll => warnings.push(Warning::NoPolicy {
            permission: permission_name(),
        }),
        Policy::NamespaceBased(_) => warnings.push(Warning::NamespacesOnly {
            permission: permission_name(),
        }),
        Policy::Unknown => warnings.push(Warning::UnknownPolicy {
            permission: permission_name(),
        }),
        Policy::RoleBased(_) | Policy::GroupBased(_) | Policy::CombinedGroupNamespace { .. } => {}
    }
}

#[cfg(test)]
mod tests {
    use super::whole;

    #[test]
    fn a_pattern_matches_the_whole_name_or_not_at_all() {
        for (pattern, name, matches) in [
            ("driver_.*", "driver_stats", true),
            ("driver_.*", "my_driver_stats", false),
            ("driver", "driver_stats", false),
            ("driver|driver_stats", "driver_stats", true),
            ("a|b", "ab", false),
            ("(?i)DRIVER", "driver", true),
            ("", "", true),
            ("", "x", false),
            ("^driver$", "driver", true),
            ("driver", "driver\n", false),
            ("[]x]+", "]x", true),
            ("[^]x]+", "ab", true),
            (r"[a\-\-b\[]+", "-[", true),
            (r"\[a&&b", "[a&&b", true),
            ("[a-z]-[a-z]--", "a-b--", true),
        ] {
            let regex = whole(pattern).unwrap();
            assert_eq!(regex.is_match(name), matches, "{pattern} on {name}");
        }
    }

    #[test]
    fn a_class_that_python_reads_otherwise_matches_nothing() {
        for pattern in [
            "[a-z&&[^x]]",
            "[a-z&&x]",
            "[a-z--x]",
            "[a~~b]",
            "[[a]b]",
            "[^[a]]",
            "[]&&]",
        ] {
            assert!(whole(pattern).is_err(), "{pattern}");
        }
    }

    #[test]
    fn a_pattern_cannot_break_out_of_its_group_or_grow_without_bounds() {
        for pattern in [
            "a)|(?:b",
            "a)",
            "(",
            r"\w{1000}{1000}",
            "(?=a)b",
            r"(a)\1",
            "(?x)a # b",
        ] {
            assert!(whole(pattern).is_err(), "{pattern}");
        }
    }
}
