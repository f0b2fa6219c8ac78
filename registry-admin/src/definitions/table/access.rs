//! Who may do what.

use settings::shape::{Key, Kind, Shape};

use super::TAGS;

pub(super) static ROLE_BINDING: Shape = Shape {
    name: "a role binding",
    doc: "Gives a role in the whole project to everybody whom one of its lists names.",
    keys: &[
        Key::new("name", Kind::Name, "Its name.").required(),
        Key::new(
            "role",
            Kind::OneOf(&["consumer", "producer", "admin"]),
            "What is given: `consumer` describes and reads, `producer` also writes feature values, `admin` also changes \
             definitions and access.",
        )
        .required(),
        Key::new(
            "subjects",
            Kind::List(&Kind::Text),
            "Subjects of tokens (`sub`).",
        ),
        Key::new("groups", Kind::List(&Kind::Text), "Groups that tokens name."),
        Key::new(
            "token_roles",
            Kind::List(&Kind::Text),
            "Roles that tokens name: those of the identity provider.",
        ),
    ],
};

pub(super) static PERMISSION: Shape = Shape {
    name: "a permission",
    doc: "Feast's access rule: actions on the objects that all of its conditions match, for those whom its policy names.",
    keys: &[
        Key::new("name", Kind::Name, "Its name.").required(),
        Key::new(
            "types",
            Kind::List(&Kind::OneOf(TYPES)),
            "Which kinds of objects.",
        )
        .default("all of them"),
        Key::new(
            "name_patterns",
            Kind::List(&Kind::Text),
            "Regular expressions, one of which matches the whole name.",
        )
        .default("any name"),
        Key::new(
            "required_tags",
            Kind::TextMap,
            "Tags that an object must have, with these values.",
        ),
        Key::new(
            "actions",
            Kind::List(&Kind::OneOf(ACTIONS)),
            "What may be done.",
        )
        .required(),
        Key::new("policy", Kind::Mapping(&POLICY), "Who may do it.").required(),
        TAGS,
    ],
};

static POLICY: Shape = Shape {
    name: "a `policy`",
    doc: "Whose token names one of these: `roles` alone, `groups` alone, `namespaces` alone, or `groups` and `namespaces`.",
    keys: &[
        Key::new(
            "roles",
            Kind::List(&Kind::Text),
            "Roles of the identity provider.",
        ),
        Key::new("groups", Kind::List(&Kind::Text), "Groups."),
        Key::new(
            "namespaces",
            Kind::List(&Kind::Text),
            "Kubernetes namespaces, for Feast's servers; no token proves one to Salver.",
        ),
    ],
};

/// [`feature_model::access::ResourceType::KNOWN`]
pub(in super::super) const TYPES: &[&str] = &[
    "feature_view",
    "on_demand_feature_view",
    "batch_feature_view",
    "stream_feature_view",
    "entity",
    "feature_service",
    "data_source",
    "validation_reference",
    "saved_dataset",
    "permission",
    "project",
    "label_view",
];

/// [`feature_model::access::Action::ALL`] but for `manage_access`, which Feast doesn't know.
pub(in super::super) const ACTIONS: &[&str] = &[
    "describe",
    "read_online",
    "read_offline",
    "write_online",
    "write_offline",
    "create",
    "update",
    "delete",
];

#[cfg(test)]
mod tests {
    use feature_model::access::{Action, ResourceType, Role};

    use super::{ACTIONS, Kind, ROLE_BINDING, TYPES};

    #[test]
    fn the_words_are_those_of_the_model() {
        assert_eq!(TYPES, ResourceType::KNOWN.map(ResourceType::as_str));
        let manage = Action::ManageAccess;
        let actions = Action::ALL.into_iter().filter(|action| *action != manage);
        assert!(ACTIONS.iter().copied().eq(actions.map(Action::as_str)));
        let role = ROLE_BINDING.key("role").unwrap();
        assert!(matches!(role.kind, Kind::OneOf(words) if words == Role::ALL.map(Role::as_str)));
    }
}
