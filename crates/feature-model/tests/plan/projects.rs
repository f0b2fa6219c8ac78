//! Random projects whose references fit, from few names, so that two of them share objects.

use std::{collections::BTreeMap, time::Duration};

use feature_model::{
    DataSource, DataSourceKind, DataType, Entity, FeatureService, FeatureView, Field, FileFormat,
    FileSource, OnDemandFeatureView, OnDemandSource, OnPluginError, PluginBinding, PluginDigest,
    PluginInput, PluginLimits, Project, Projection, Tags, Ttl, ViewKind, ViewState, Wasi,
    access::{Action, Permission, Policy, ResourceType, Role, RoleBinding},
};
use proptest::{
    collection::btree_map,
    prelude::*,
    sample::{select, subsequence},
};

const TYPES: [&str; 8] = [
    "Int64",
    "String",
    "Float32",
    "UnixTimestamp",
    "Array(Float64)",
    "Set(String)",
    "Array(Array(Int64))",
    "Struct({a: Int64, b: Array(Struct({c: Bool}))})",
];

type About = (String, Tags, String);

fn word() -> impl Strategy<Value = String> {
    select(vec!["", "one", "two"]).prop_map(str::to_owned)
}

fn about() -> impl Strategy<Value = About> {
    (word(), btree_map(word(), word(), 0..2), word())
}

fn data_type() -> impl Strategy<Value = DataType> {
    select(TYPES.to_vec()).prop_map(|text| text.parse().unwrap())
}

fn columns(names: &'static [&'static str]) -> impl Strategy<Value = Vec<Field>> {
    let column = (data_type(), about()).prop_map(|(data_type, (description, tags, _))| Field {
        description,
        tags,
        ..Field::new("", data_type)
    });
    btree_map(select(names), column, 1..=names.len()).prop_map(|columns| {
        let named = columns.into_iter();
        named
            .map(|(name, column)| Field {
                name: name.to_owned(),
                ..column
            })
            .collect()
    })
}

fn file() -> impl Strategy<Value = DataSourceKind> {
    (
        word(),
        select(vec![
            FileFormat::Parquet,
            FileFormat::Csv,
            FileFormat::Delta,
        ]),
        word(),
        btree_map(word(), word(), 0..2),
    )
        .prop_map(|(path, format, column, field_mapping)| {
            DataSourceKind::File(FileSource {
                path: format!("data/{path}"),
                format,
                timestamp_field: "event_timestamp".to_owned(),
                created_timestamp_column: (!column.is_empty()).then_some(column),
                field_mapping,
                s3_endpoint_override: None,
            })
        })
}

fn source(name: &str, kind: DataSourceKind, (description, tags, owner): About) -> DataSource {
    DataSource {
        name: name.to_owned(),
        kind,
        description,
        tags,
        owner,
    }
}

/// File sources `file_1`, `file_2`, push source `push` of the first, request source `request`.
fn sources() -> impl Strategy<Value = BTreeMap<String, DataSource>> {
    let request = columns(&["r1", "r2"]);
    (
        file(),
        file(),
        request,
        about(),
        about(),
        any::<[bool; 2]>(),
    )
        .prop_map(|(one, two, schema, about, other, [has_two, has_push])| {
            let one = source("file_1", one, about.clone());
            let push = DataSourceKind::Push {
                batch_source: Some(Box::new(one.clone())),
            };
            let mut sources = vec![
                one,
                source("request", DataSourceKind::Request { schema }, other),
            ];
            if has_two {
                sources.push(source("file_2", two, about.clone()));
            }
            if has_push {
                sources.push(source("push", push, about));
            }
            let named = sources.into_iter();
            named.map(|source| (source.name.clone(), source)).collect()
        })
}

fn entities() -> impl Strategy<Value = BTreeMap<&'static str, Entity>> {
    let entity = (select(vec!["Int64", "String"]), about());
    btree_map(select(vec!["driver", "car"]), entity, 0..=2).prop_map(|entities| {
        let named = entities.into_iter();
        named
            .map(|(name, (value_type, (description, tags, owner)))| {
                let entity = Entity {
                    name: name.to_owned(),
                    join_key: format!("{name}_id"),
                    value_type: value_type.parse().unwrap(),
                    description,
                    tags,
                    owner,
                };
                (name, entity)
            })
            .collect()
    })
}

/// What a view is made of, before its references are looked up.
type ViewParts = (Vec<Field>, About, Option<Ttl>, bool, usize, bool);

fn views() -> impl Strategy<Value = BTreeMap<&'static str, ViewParts>> {
    let ttl = select(vec![None, Ttl::new(60, 0), Ttl::new(1, 500)]);
    let parts = (
        columns(&["f1", "f2", "f3"]),
        about(),
        ttl,
        any::<bool>(),
        any::<usize>(),
        any::<bool>(),
    );
    btree_map(select(vec!["stats", "trips", "places"]), parts, 0..=3)
}

fn feature_view(
    name: &str,
    (features, (description, tags, owner), ttl, online, pick, has_entities): ViewParts,
    project: &Project,
) -> FeatureView {
    let sources = project.data_sources.values();
    let usable: Vec<&DataSource> = sources.filter(|source| source.file().is_some()).collect();
    let picked = usable[pick % usable.len()];
    let (batch_source, stream_source) = match &picked.kind {
        DataSourceKind::Push { batch_source } => (batch_source.as_deref(), Some(picked)),
        _ => (Some(picked), None),
    };
    let entities: Vec<String> = project.entities.keys().cloned().collect();
    FeatureView {
        name: name.to_owned(),
        kind: ViewKind::Feature,
        entities: if has_entities { entities } else { Vec::new() },
        entity_columns: Vec::new(),
        features,
        ttl,
        batch_source: batch_source.cloned(),
        stream_source: stream_source.cloned(),
        online,
        enabled: true,
        description,
        tags,
        owner,
        state: ViewState::Unspecified,
        materialization_intervals: Vec::new(),
        current_version_number: 0,
    }
}

fn projection(view: &FeatureView, pick: usize, alias: Option<&str>) -> Projection {
    let count = 1 + pick % view.features.len();
    Projection {
        view: view.name.clone(),
        alias: alias.map(str::to_owned),
        features: view.features[..count].to_vec(),
        join_key_map: match pick % 3 {
            0 => [("driver_id".to_owned(), "who".to_owned())].into(),
            _ => BTreeMap::new(),
        },
        version_tag: None,
    }
}

fn on_demand(
    project: &Project,
    (features, about, pick): (Vec<Field>, About, usize),
) -> OnDemandFeatureView {
    let request = project.data_sources["request"].clone();
    let mut sources = indexmap::IndexMap::new();
    sources.insert("request".to_owned(), OnDemandSource::Request(request));
    if let Some(view) = project.feature_views.values().next() {
        let mut projection = projection(view, pick, None);
        projection.join_key_map.clear();
        sources.insert(view.name.clone(), OnDemandSource::View(projection));
    }
    let (description, tags, owner) = about;
    OnDemandFeatureView {
        name: "computed".to_owned(),
        features,
        sources,
        entities: Vec::new(),
        entity_columns: Vec::new(),
        mode: String::new(),
        body_text: String::new(),
        write_to_online_store: false,
        singleton: false,
        enabled: true,
        description,
        tags,
        owner,
    }
}

/// A view that computes from another on-demand view and from nothing else.
fn on_demand_of(view: &OnDemandFeatureView) -> OnDemandFeatureView {
    let projection = Projection {
        view: view.name.clone(),
        alias: None,
        features: view.features.clone(),
        join_key_map: BTreeMap::new(),
        version_tag: None,
    };
    OnDemandFeatureView {
        name: "computed_again".to_owned(),
        sources: [(view.name.clone(), OnDemandSource::View(projection))].into(),
        ..view.clone()
    }
}

fn binding() -> impl Strategy<Value = PluginBinding> {
    let limits = (
        prop::option::of(any::<u32>()),
        prop::option::of(any::<u64>()),
        prop::option::of(any::<u32>()),
    );
    let names = (word(), btree_map(word(), word(), 0..3), any::<[bool; 4]>());
    (any::<[u8; 32]>(), names, limits).prop_map(|(sha256, names, limits)| {
        let (transform, renames, [nulls, fresh_instance, wasi, has_body_text]) = names;
        let (nanos, bytes, log_lines) = limits;
        let inputs = renames.iter().map(|(column, field)| {
            let source = "request".to_owned();
            let field = field.clone();
            (column.clone(), PluginInput { source, field })
        });
        PluginBinding {
            digest: PluginDigest::new(sha256),
            transform,
            parameters: format!("{{\"count\":{}}}", renames.len()),
            inputs: inputs.collect(),
            outputs: renames,
            limits: PluginLimits {
                deadline: nanos.map(|nanos| Duration::from_nanos(nanos.into())),
                memory_bytes: bytes,
                output_bytes: bytes,
                stack_bytes: None,
                log_lines,
            },
            on_error: match nulls {
                true => OnPluginError::NullColumns,
                false => OnPluginError::FailRequest,
            },
            fresh_instance,
            wasi: if wasi { Wasi::Empty } else { Wasi::None },
            body_text: has_body_text.then(|| PluginDigest::new(sha256)),
        }
    })
}

fn service(project: &Project, (description, tags, owner): About, pick: usize) -> FeatureService {
    let views = project.feature_views.values().enumerate();
    let aliases = [None, Some("other")];
    let mut projections: Vec<Projection> = views
        .map(|(index, view)| {
            projection(
                view,
                pick / (index + 1),
                aliases[usize::from(pick % 5 == index)],
            )
        })
        .collect();
    if pick.is_multiple_of(2) {
        projections.reverse();
    }
    FeatureService {
        name: "model".to_owned(),
        projections,
        description,
        tags,
        owner,
    }
}

fn names() -> impl Strategy<Value = Vec<String>> {
    let all = ["", "a, b", "ann", "bob"].map(str::to_owned).to_vec();
    subsequence(all, 0..=3)
}

fn role_binding() -> impl Strategy<Value = RoleBinding> {
    let role = select(Role::ALL.to_vec());
    (role, names(), names(), names()).prop_map(|(role, subjects, groups, token_roles)| {
        RoleBinding {
            name: "team".to_owned(),
            role,
            subjects,
            groups,
            token_roles,
        }
    })
}

fn policy() -> impl Strategy<Value = Policy> {
    prop_oneof![
        Just(Policy::AllowAll),
        names().prop_map(Policy::RoleBased),
        names().prop_map(Policy::GroupBased),
        names().prop_map(Policy::NamespaceBased),
        (names(), names())
            .prop_map(|(groups, namespaces)| Policy::CombinedGroupNamespace { groups, namespaces }),
    ]
}

fn permission() -> impl Strategy<Value = Permission> {
    let tags = || btree_map(word(), word(), 0..2);
    let types = subsequence(ResourceType::KNOWN.to_vec(), 0..4);
    let actions = subsequence(Action::ALL[..8].to_vec(), 1..8);
    (types, names(), tags(), actions, policy(), tags()).prop_map(
        |(types, name_patterns, required_tags, actions, policy, tags)| Permission {
            name: "readers".to_owned(),
            types,
            name_patterns,
            required_tags,
            actions,
            policy,
            tags,
        },
    )
}

/// A project with references only to what it has.
pub(crate) fn project() -> impl Strategy<Value = Project> {
    let rest = (
        prop::option::of((columns(&["c1", "c2"]), about(), any::<usize>())),
        prop::option::of(binding()),
        prop::option::of((about(), any::<usize>())),
        prop::option::of(permission()),
        prop::option::of(role_binding()),
    );
    (entities(), sources(), views(), rest).prop_map(|(entities, sources, views, rest)| {
        let mut project = Project::default();
        let entities = entities.into_iter();
        project.entities = entities
            .map(|(name, entity)| (name.to_owned(), entity))
            .collect();
        project.data_sources = sources.into_iter().collect();
        for (name, parts) in views {
            let view = feature_view(name, parts, &project);
            project.feature_views.insert(name.to_owned(), view);
        }
        let (computed, plugin, model, permission, role_binding) = rest;
        let permission = permission.map(|one| (one.name.clone(), one));
        project.permissions.extend(permission);
        let role_binding = role_binding.map(|one| (one.name.clone(), one));
        project.role_bindings.extend(role_binding);
        if let Some(parts) = computed {
            let pick = parts.2;
            let view = on_demand(&project, parts);
            project
                .on_demand_feature_views
                .insert(view.name.clone(), view.clone());
            if pick.is_multiple_of(2) {
                let from = on_demand_of(&view);
                project
                    .on_demand_feature_views
                    .insert(from.name.clone(), from);
            }
            let plugin = plugin.map(|plugin| (view.name, plugin));
            project.plugin_bindings.extend(plugin);
        }
        if let Some((about, pick)) = model {
            let service = service(&project, about, pick);
            project
                .feature_services
                .insert(service.name.clone(), service);
        }
        project
    })
}
