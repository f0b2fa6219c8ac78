//! A project for tests of the stages: one object of each sort that a request can meet.

pub(crate) mod plugins;

use std::{collections::BTreeMap, sync::Arc};

use access::{ClaimMapping, KeySet, Keyring, Permit, Verifier, VerifierOptions};
use feature_model::{
    DataSource, DataSourceKind, DataType, Entity, FeatureService, FeatureView, Field,
    OnDemandFeatureView, OnDemandSource, OnPluginError, PluginBinding, PluginDigest, PluginLimits,
    Project, ProjectName, Projection, RegistrySnapshot, Tags, Ttl, ViewKind, ViewState, Wasi,
};

use crate::{authenticate::TokenChecker, authorise::Guard};

pub(crate) fn project_name() -> ProjectName {
    "prj".parse().expect("a valid name")
}

/// Leave to read everything of it.
pub(crate) fn permit() -> Permit {
    Permit::without_authentication(project_name())
}

/// Checks tokens for [`project_name`] by a key that signs none.
pub(crate) fn guard() -> Guard {
    let keys = KeySet::from_secret(&[7; 32]).expect("long enough");
    let keyring = Arc::new(Keyring::fixed(keys));
    let options = VerifierOptions {
        issuer: "i".into(),
        audiences: vec!["a".into()],
        typ: None,
        require_scope: false,
        claims: ClaimMapping::for_client(None),
        remembered_tokens: 1,
    };
    let verifier = Arc::new(Verifier::new(options, Arc::clone(&keyring)));
    Guard::new(project_name(), TokenChecker { verifier, keyring })
}

/// A registry with the one project [`project_name`].
pub(crate) fn snapshot() -> RegistrySnapshot {
    RegistrySnapshot {
        projects: [(project_name(), project())].into_iter().collect(),
        ..RegistrySnapshot::default()
    }
}

fn project() -> Project {
    let entities = [
        entity("driver", "driver_id", DataType::Int64),
        entity("customer", "customer_id", DataType::String),
        entity("zone", "zone_id", DataType::Unknown(0)),
        entity("score", "score", DataType::Float64),
    ];
    let mut project = Project::default();
    for entity in entities {
        project.entities.insert(entity.name.clone(), entity);
    }
    for view in views() {
        project.feature_views.insert(view.name.clone(), view);
    }
    for view in on_demand_views() {
        project
            .on_demand_feature_views
            .insert(view.name.clone(), view);
    }
    for service in services() {
        project
            .feature_services
            .insert(service.name.clone(), service);
    }
    let source = request_source();
    project.data_sources.insert(source.name.clone(), source);
    project
}

fn views() -> [FeatureView; 9] {
    let trips = [("trips", DataType::Int64)];
    [
        FeatureView {
            ttl: Ttl::new(86_400, 0),
            ..view(
                "stats",
                &["driver"],
                &[
                    ("conv_rate", DataType::Float32),
                    ("acc_rate", DataType::Float32),
                    ("trips", DataType::Int64),
                ],
            )
        },
        view(
            "multi",
            &["customer", "driver"],
            &[("trips", DataType::Int64), ("label", DataType::String)],
        ),
        view("entityless", &[], &[("level", DataType::Float64)]),
        FeatureView {
            enabled: false,
            ..view("off", &["driver"], &trips)
        },
        FeatureView {
            state: ViewState::Materializing,
            online: false,
            ..view("loading", &["driver"], &[("speed", DataType::Int64)])
        },
        view("zones", &["zone"], &[("area", DataType::Float64)]),
        view("scored", &["score"], &[("rank", DataType::Int64)]),
        FeatureView {
            entity_columns: vec![Field::new("driver_id", DataType::String)],
            ..view("labels", &["driver"], &[("color", DataType::String)])
        },
        FeatureView {
            current_version_number: 2,
            ..view("versioned", &["driver"], &[("count", DataType::Int64)])
        },
    ]
}

fn on_demand_views() -> [OnDemandFeatureView; 2] {
    let inputs = [
        (
            "stats".to_owned(),
            OnDemandSource::View(projection("stats", &["conv_rate"])),
        ),
        ("vals".to_owned(), OnDemandSource::Request(request_source())),
    ];
    let computed = OnDemandFeatureView {
        name: "computed".into(),
        features: vec![Field::new("ratio", DataType::Float64)],
        sources: inputs.into_iter().collect(),
        entities: Vec::new(),
        entity_columns: Vec::new(),
        mode: "python".into(),
        body_text: String::new(),
        write_to_online_store: false,
        singleton: false,
        enabled: true,
        description: String::new(),
        tags: Tags::new(),
        owner: String::new(),
    };
    let stored = OnDemandFeatureView {
        name: "computed_before".into(),
        entities: vec!["driver".into()],
        entity_columns: vec![Field::new("driver_id", DataType::Int64)],
        write_to_online_store: true,
        singleton: false,
        ..computed.clone()
    };
    [computed, stored]
}

/// A binding for the view `computed`.
pub(crate) fn binding() -> PluginBinding {
    PluginBinding {
        digest: PluginDigest::new([7; 32]),
        transform: "ratio".into(),
        parameters: "{}".into(),
        inputs: BTreeMap::new(),
        outputs: BTreeMap::new(),
        limits: PluginLimits::default(),
        on_error: OnPluginError::FailRequest,
        fresh_instance: false,
        wasi: Wasi::None,
        body_text: None,
    }
}

fn services() -> [FeatureService; 4] {
    let mapped = Projection {
        alias: Some("m2".into()),
        join_key_map: BTreeMap::from([("driver_id".to_owned(), "second_driver".to_owned())]),
        ..projection("multi", &["trips", "label"])
    };
    [
        service(
            "stats_service",
            vec![projection("stats", &["trips", "conv_rate"])],
        ),
        service("two_drivers", vec![projection("stats", &["trips"]), mapped]),
        service("on_demand", vec![projection("computed", &["ratio"])]),
        service("empty", Vec::new()),
    ]
}

fn request_source() -> DataSource {
    DataSource {
        name: "vals".into(),
        kind: DataSourceKind::Request {
            schema: vec![Field::new("val_to_add", DataType::Int64)],
        },
        description: String::new(),
        tags: Tags::new(),
        owner: String::new(),
    }
}

fn entity(name: &str, join_key: &str, value_type: DataType) -> Entity {
    Entity {
        name: name.into(),
        join_key: join_key.into(),
        value_type,
        description: String::new(),
        tags: Tags::new(),
        owner: String::new(),
    }
}

fn view(name: &str, entities: &[&str], features: &[(&str, DataType)]) -> FeatureView {
    let field = |(name, data_type): &(&str, DataType)| Field::new(*name, data_type.clone());
    FeatureView {
        name: name.into(),
        kind: ViewKind::Feature,
        entities: entities.iter().map(|name| (*name).to_owned()).collect(),
        entity_columns: Vec::new(),
        features: features.iter().map(field).collect(),
        ttl: None,
        batch_source: None,
        stream_source: None,
        online: true,
        enabled: true,
        description: String::new(),
        tags: Tags::new(),
        owner: String::new(),
        state: ViewState::Unspecified,
        materialization_intervals: Vec::new(),
        current_version_number: 0,
    }
}

fn projection(view: &str, features: &[&str]) -> Projection {
    let field = |name: &&str| Field::new(*name, DataType::Unknown(0));
    Projection {
        view: view.into(),
        alias: None,
        features: features.iter().map(field).collect(),
        join_key_map: BTreeMap::new(),
        version_tag: None,
    }
}

fn service(name: &str, projections: Vec<Projection>) -> FeatureService {
    FeatureService {
        name: name.into(),
        projections,
        description: String::new(),
        tags: Tags::new(),
        owner: String::new(),
    }
}
