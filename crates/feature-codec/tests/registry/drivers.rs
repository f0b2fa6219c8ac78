//! The definitions of `drivers()` in `tests/feast/record_registry.py`.

use std::collections::BTreeMap;

use feature_model::{
    DataSource, DataSourceKind, Entity, FeatureService, FeatureView, Field, FileFormat, FileSource,
    OnDemandFeatureView, OnDemandSource, Project, Projection, Tags, ViewKind, ViewState,
};

pub(crate) fn tags(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    let pairs = pairs.iter();
    pairs
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

pub(crate) fn field(name: &str, data_type: &str) -> Field {
    Field::new(name, data_type.parse().unwrap())
}

pub(crate) fn project() -> Project {
    let mut project = Project::default();
    let sources = [
        stats_source(),
        push_source(),
        global_source(),
        request_source(),
    ];
    project.entities.insert("driver".to_owned(), driver());
    project
        .data_sources
        .extend(sources.map(|source| (source.name.clone(), source)));
    let views = [stats(), fresh(), everywhere()];
    project
        .feature_views
        .extend(views.map(|view| (view.name.clone(), view)));
    let transformed = transformed();
    project
        .on_demand_feature_views
        .insert(transformed.name.clone(), transformed);
    let services = [first_service(), second_service()];
    project
        .feature_services
        .extend(services.map(|service| (service.name.clone(), service)));
    project
}

fn driver() -> Entity {
    Entity {
        name: "driver".to_owned(),
        join_key: "driver_id".to_owned(),
        value_type: "Int64".parse().unwrap(),
        description: "a person who drives".to_owned(),
        tags: tags(&[("team", "rides")]),
        owner: "ann@example.org".to_owned(),
    }
}

pub(crate) fn source(name: &str, kind: DataSourceKind) -> DataSource {
    DataSource {
        name: name.to_owned(),
        kind,
        description: String::new(),
        tags: Tags::new(),
        owner: String::new(),
    }
}

pub(crate) fn file() -> FileSource {
    FileSource {
        path: "data/stats.parquet".to_owned(),
        format: FileFormat::Parquet,
        timestamp_field: "event_timestamp".to_owned(),
        created_timestamp_column: None,
        field_mapping: BTreeMap::new(),
        s3_endpoint_override: None,
    }
}

fn stats_source() -> DataSource {
    DataSource {
        description: "hourly statistics".to_owned(),
        tags: tags(&[("team", "rides")]),
        owner: "bob@example.org".to_owned(),
        ..source(
            "stats_source",
            DataSourceKind::File(FileSource {
                created_timestamp_column: Some("created".to_owned()),
                field_mapping: tags(&[("trips", "avg_daily_trips")]),
                ..file()
            }),
        )
    }
}

fn push_source() -> DataSource {
    let batch_source = Some(Box::new(stats_source()));
    source("stats_push", DataSourceKind::Push { batch_source })
}

fn global_source() -> DataSource {
    source("global_source", DataSourceKind::File(file()))
}

fn request_source() -> DataSource {
    let schema = vec![field("val_to_add", "Int64"), field("val_to_add_2", "Int64")];
    source("vals_to_add", DataSourceKind::Request { schema })
}

fn schema() -> Vec<Field> {
    let conv_rate = Field {
        description: "of offers".to_owned(),
        tags: tags(&[("unit", "share")]),
        ..field("conv_rate", "Float32")
    };
    vec![
        conv_rate,
        field("acc_rate", "Float32"),
        field("avg_daily_trips", "Int64"),
    ]
}

pub(crate) fn view(name: &str, features: Vec<Field>, batch_source: DataSource) -> FeatureView {
    FeatureView {
        name: name.to_owned(),
        kind: ViewKind::Feature,
        entities: Vec::new(),
        entity_columns: Vec::new(),
        features,
        ttl: None,
        batch_source: Some(batch_source),
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

fn stats() -> FeatureView {
    FeatureView {
        entities: vec!["driver".to_owned()],
        ttl: Some("1d".parse().unwrap()),
        description: "by the hour".to_owned(),
        tags: tags(&[("team", "rides")]),
        owner: "ann@example.org".to_owned(),
        ..view("driver_hourly_stats", schema(), stats_source())
    }
}

fn fresh() -> FeatureView {
    let mut features = schema();
    features.push(field(
        "home",
        "Struct({city: String, since: UnixTimestamp})",
    ));
    features.push(field("routes", "Array(Array(Int64))"));
    FeatureView {
        entities: vec!["driver".to_owned()],
        ttl: Some("1d".parse().unwrap()),
        stream_source: Some(push_source()),
        ..view("driver_hourly_stats_fresh", features, stats_source())
    }
}

fn everywhere() -> FeatureView {
    FeatureView {
        online: false,
        ..view(
            "global_stats",
            vec![field("trips", "Int64")],
            global_source(),
        )
    }
}

pub(crate) fn projection(view: &str, features: Vec<Field>) -> Projection {
    Projection {
        view: view.to_owned(),
        alias: None,
        features,
        join_key_map: BTreeMap::new(),
        version_tag: None,
    }
}

fn transformed() -> OnDemandFeatureView {
    let whole = projection("driver_hourly_stats", schema());
    OnDemandFeatureView {
        name: "transformed_conv_rate".to_owned(),
        features: vec![field("conv_rate_plus_val1", "Float64")],
        sources: [
            (
                "driver_hourly_stats".to_owned(),
                OnDemandSource::View(whole),
            ),
            (
                "vals_to_add".to_owned(),
                OnDemandSource::Request(request_source()),
            ),
        ]
        .into(),
        entities: Vec::new(),
        entity_columns: Vec::new(),
        mode: String::new(),
        body_text: String::new(),
        write_to_online_store: false,
        singleton: false,
        enabled: true,
        description: "adds".to_owned(),
        tags: Tags::new(),
        owner: String::new(),
    }
}

fn first_service() -> FeatureService {
    FeatureService {
        name: "driver_activity_v1".to_owned(),
        projections: vec![
            projection("driver_hourly_stats", schema()[..1].to_vec()),
            projection("transformed_conv_rate", transformed().features),
        ],
        description: "first".to_owned(),
        tags: tags(&[("model", "m1")]),
        owner: "ann@example.org".to_owned(),
    }
}

fn second_service() -> FeatureService {
    let renamed = Projection {
        alias: Some("stats".to_owned()),
        join_key_map: tags(&[("driver_id", "who")]),
        ..projection("driver_hourly_stats", schema())
    };
    let some = vec![schema()[2].clone(), schema()[1].clone()];
    FeatureService {
        name: "driver_activity_v2".to_owned(),
        projections: vec![
            renamed,
            projection("driver_hourly_stats_fresh", some),
            projection("global_stats", everywhere().features),
        ],
        description: String::new(),
        tags: Tags::new(),
        owner: String::new(),
    }
}
