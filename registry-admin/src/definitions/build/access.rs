use feature_model::{
    ObjectKind,
    access::{Permission, Policy, Role, RoleBinding},
};
use settings::yaml::{Mark, Node};

use super::{Builder, Declared, declared};

impl Builder {
    pub(super) fn role_bindings(&mut self, roots: &[Node]) {
        for declared in declared(roots, "role_bindings") {
            self.object(ObjectKind::RoleBinding, declared);
            let names = ["subjects", "groups", "token_roles"];
            let [subjects, groups, token_roles] =
                names.map(|key| self.somebody(declared.node, key));
            let Some(role) = parsed::<Role>(declared.node.get("role")) else {
                continue;
            };
            if subjects.is_empty() && groups.is_empty() && token_roles.is_empty() {
                let message =
                    "this role binding names nobody; fill `subjects`, `groups` or `token_roles`";
                self.problems.push(declared.mark.warning(message));
            }
            let binding = RoleBinding {
                name: declared.name.to_owned(),
                role,
                subjects,
                groups,
                token_roles,
            };
            let bindings = &mut self.project.role_bindings;
            bindings.entry(binding.name.clone()).or_insert(binding);
        }
    }

    pub(super) fn permissions(&mut self, roots: &[Node]) {
        for declared in declared(roots, "permissions") {
            if let Some(permission) = self.permission(declared) {
                let permissions = &mut self.project.permissions;
                let entry = permissions.entry(permission.name.clone());
                entry.or_insert(permission);
            }
        }
    }

    fn permission(&mut self, declared: Declared<'_>) -> Option<Permission> {
        self.object(ObjectKind::Permission, declared);
        let node = declared.node;
        let name_patterns = self.name_patterns(node);
        let [required_tags, tags] = ["required_tags", "tags"].map(|key| {
            self.check_trimmed(node, key);
            node.text_map_at(key)
        });
        let policy = node
            .entry("policy")
            .map(|entry| (&entry.mark, &entry.value));
        let policy = self.policy(policy);
        let actions = node.get("actions").and_then(Node::list)?;
        if actions.is_empty() {
            self.error(declared.mark, "a permission allows an action at least");
        }
        let actions = actions.iter().filter_map(|one| parsed(Some(one)));
        let types = node.list_at("types").iter();
        Some(Permission {
            name: declared.name.to_owned(),
            types: types.filter_map(|one| parsed(Some(one))).collect(),
            name_patterns,
            required_tags,
            actions: actions.collect(),
            policy: policy?,
            tags,
        })
    }

    /// Feast has a policy for each of these, and one for groups and namespaces. It also writes one for everybody, but
    /// fails to open a registry with it, so that a definition can't ask for it.
    fn policy(&mut self, policy: Option<(&Mark, &Node)>) -> Option<Policy> {
        let (mark, node) = policy.filter(|(_, node)| node.mapping().is_some())?;
        let is_told = |key: &str| node.get(key).is_some_and(|given| !given.is_null());
        let told = ["roles", "groups", "namespaces"].map(is_told);
        let [roles, groups, namespaces] =
            ["roles", "groups", "namespaces"].map(|key| self.somebody(node, key));
        let policy = match told {
            [true, false, false] => Policy::RoleBased(roles),
            [false, true, false] => Policy::GroupBased(groups),
            [false, false, true] => Policy::NamespaceBased(namespaces),
            [false, true, true] => Policy::CombinedGroupNamespace { groups, namespaces },
            [false, false, false] => {
                let message = "a `policy` names `roles`, `groups`, `namespaces`, or `groups` and `namespaces`";
                self.error(mark, message);
                return None;
            }
            [true, ..] => {
                let message =
                    "Feast has no policy of roles and something else; write a permission for each";
                self.error(mark, message);
                return None;
            }
        };
        if let Some(doubt) = is_for_nobody(&policy) {
            self.problems.push(mark.warning(doubt));
        }
        Some(policy)
    }

    /// The names in a list, none of which is empty.
    fn somebody(&mut self, node: &Node, key: &str) -> Vec<String> {
        let mut names = Vec::new();
        for item in node.list_at(key) {
            let Some(name) = item.text() else {
                continue;
            };
            if name.trim().is_empty() {
                self.error(
                    &item.mark,
                    format!("an item of `{key}` is empty; it names nobody"),
                );
            } else if names.iter().any(|known| known == name) {
                self.error(&item.mark, format!("`{name}` stands in `{key}` already"));
            } else {
                names.push(name.to_owned());
            }
        }
        names
    }

    fn name_patterns(&mut self, node: &Node) -> Vec<String> {
        let mut patterns = Vec::new();
        for item in node.list_at("name_patterns") {
            let Some(pattern) = item.text() else {
                continue;
            };
            if let Err(reason) = check_pattern(pattern) {
                let message = format!("`{pattern}` can't be a name pattern: {reason}");
                self.error(&item.mark, message);
            }
            patterns.push(pattern.to_owned());
        }
        patterns
    }

    /// Feast takes spaces around tags away when it reads them, so that they would mean something else to it.
    fn check_trimmed(&mut self, node: &Node, key: &str) {
        let entries = node.get(key).and_then(Node::mapping);
        for (name, entry) in entries.into_iter().flatten() {
            let value = entry.value.text().unwrap_or_default();
            if name.trim() != name || value.trim() != value {
                let message =
                    format!("`{key}`: Feast takes the spaces around `{name}: {value}` away");
                self.error(&entry.mark, message);
            }
        }
    }
}

fn parsed<T: std::str::FromStr>(node: Option<&Node>) -> Option<T> {
    node.and_then(Node::text)?.parse().ok()
}

fn check_pattern(pattern: &str) -> Result<(), String> {
    if pattern.trim() != pattern {
        return Err("Feast takes the spaces around it away".to_owned());
    }
    access::check_name_pattern(pattern)
}

fn is_for_nobody(policy: &Policy) -> Option<&'static str> {
    match policy {
        Policy::NamespaceBased(_) => Some(
            "no token proves a Kubernetes namespace to Salver: this permission is for Feast's servers alone",
        ),
        Policy::RoleBased(names) | Policy::GroupBased(names) if names.is_empty() => {
            Some("this policy names nobody")
        }
        Policy::CombinedGroupNamespace { groups, .. } if groups.is_empty() => {
            Some("this policy names no group, and no token proves a Kubernetes namespace to Salver")
        }
        _ => None,
    }
}
