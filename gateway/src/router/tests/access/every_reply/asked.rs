//! Rules, callers and requests.

use access::{AccessRules, Principal, Scopes};
use feature_model::{
    Project, ProjectName,
    access::{Permission, RoleBinding},
};
use serde_json::{Value, json};

#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) rules: Rules,
    pub(super) first: Who,
    pub(super) second: Who,
    pub(super) asked: Vec<Asked>,
}

#[derive(Clone, Debug)]
pub(super) struct Rules {
    pub(super) bindings: Vec<RoleBinding>,
    pub(super) permissions: Vec<Permission>,
}

impl Rules {
    pub(super) fn of_access(&self, project: ProjectName) -> AccessRules {
        let bindings = self.bindings.iter().cloned();
        AccessRules::new(project, bindings, self.permissions.iter().cloned())
    }

    pub(super) fn replace_those_of(&self, project: &mut Project) {
        let bindings = self.bindings.iter().cloned();
        project.role_bindings = bindings.map(|one| (one.name.clone(), one)).collect();
        let permissions = self.permissions.iter().cloned();
        project.permissions = permissions.map(|one| (one.name.clone(), one)).collect();
    }
}

/// What a token says.
#[derive(Clone, Debug)]
pub(super) struct Who {
    pub(super) subject: String,
    pub(super) groups: Vec<String>,
    pub(super) roles: Vec<String>,
    pub(super) scopes: Vec<String>,
}

impl Who {
    /// Somebody whom no rule names, and whose token is for another project.
    pub(super) fn stranger() -> Self {
        Self {
            subject: "stranger".into(),
            groups: vec![],
            roles: vec![],
            scopes: vec!["salver:twin:*:read_online".into()],
        }
    }

    pub(super) fn principal(&self) -> Principal {
        Principal::new(&self.subject)
            .with_groups(self.groups.clone())
            .with_roles(self.roles.clone())
            .with_scopes(Scopes::of(self.scopes.iter().map(String::as_str)))
    }

    pub(super) fn claims(&self, issuer: &str, audience: &str) -> Value {
        let mut claims = json!({
            "iss": issuer, "aud": audience, "sub": self.subject, "exp": 9_999_999_999_u64,
            "groups": self.groups, "roles": self.roles,
        });
        if !self.scopes.is_empty() {
            claims["scope"] = json!(self.scopes.join(" "));
        }
        claims
    }
}

#[derive(Clone, Debug)]
pub(super) enum Wanted {
    Service(String),
    References(Vec<(String, String)>),
}

/// A request.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) wanted: Wanted,
    pub(super) rows: usize,
    pub(super) columns: bool,
    pub(super) full_names: bool,
    pub(super) versions: bool,
}

impl Asked {
    pub(super) fn layout(&self) -> &'static str {
        if self.columns { "columns" } else { "rows" }
    }

    pub(super) fn body(&self) -> Value {
        let rows = 0..self.rows;
        let mut entities = json!({
            "driver_id": rows.clone().map(|row| 1001 + row).collect::<Vec<_>>(),
            "customer_id": rows.clone().map(|row| format!("c{row}")).collect::<Vec<_>>(),
            "zone_id": rows.clone().collect::<Vec<_>>(),
            "val_to_add": rows.clone().collect::<Vec<_>>(),
        });
        let mut body = json!({
            "full_feature_names": self.full_names,
            "include_feature_view_version_metadata": self.versions,
        });
        match &self.wanted {
            Wanted::Service(name) => {
                body["feature_service"] = json!(name);
                if name == "two_drivers" {
                    entities["second_driver"] = json!(rows.collect::<Vec<_>>());
                }
            }
            Wanted::References(references) => {
                let texts = references
                    .iter()
                    .map(|(view, feature)| format!("{view}:{feature}"));
                body["features"] = json!(texts.collect::<Vec<_>>());
            }
        }
        body["entities"] = entities;
        body
    }

    /// The same request with names that nothing has.
    pub(super) fn of_nothing(&self) -> Self {
        let no_name = |(index, _): (usize, &(String, String))| {
            (format!("nothing{index}"), "at_all".to_owned())
        };
        let wanted = match &self.wanted {
            Wanted::Service(_) => Wanted::Service("no_service".into()),
            Wanted::References(all) => {
                Wanted::References(all.iter().enumerate().map(no_name).collect())
            }
        };
        Self {
            wanted,
            ..self.clone()
        }
    }

    /// The views that it names.
    pub(super) fn views(&self) -> impl Iterator<Item = &str> {
        let references = match &self.wanted {
            Wanted::Service(_) => &[][..],
            Wanted::References(references) => references,
        };
        references.iter().map(|(view, _)| view.as_str())
    }

    /// Whether its sender knows the word already.
    pub(super) fn names(&self, word: &str) -> bool {
        match &self.wanted {
            Wanted::Service(name) => name == word,
            Wanted::References(references) => references
                .iter()
                .any(|(view, feature)| view == word || feature == word),
        }
    }

    /// A feature's name in the reply.
    pub(super) fn told(&self, view: &str, feature: &str) -> String {
        if self.full_names {
            format!("{view}__{feature}")
        } else {
            feature.to_owned()
        }
    }

    /// The names of the features that it asks for, in their order.
    pub(super) fn features(&self, project: &Project) -> Vec<String> {
        match &self.wanted {
            Wanted::References(references) => {
                let told = |(view, feature): &(String, String)| self.told(view, feature);
                references.iter().map(told).collect()
            }
            Wanted::Service(name) => {
                let projections = project.feature_services[name.as_str()].projections.iter();
                let told = projections.flat_map(|one| {
                    let view = one.alias.as_ref().unwrap_or(&one.view);
                    one.features
                        .iter()
                        .map(|field| self.told(view, &field.name))
                });
                told.collect()
            }
        }
    }

    /// Whether the version of what has that name belongs into the reply.
    pub(super) fn tells_version_of(&self, name: &str, project: &Project) -> bool {
        let is_wanted = match &self.wanted {
            Wanted::References(_) => self.views().any(|view| view == name),
            Wanted::Service(service) => {
                let mut projections = project.feature_services[service.as_str()]
                    .projections
                    .iter();
                projections.any(|one| one.alias.as_ref().unwrap_or(&one.view) == name)
            }
        };
        self.versions && is_wanted
    }
}
