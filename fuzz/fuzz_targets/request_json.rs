//! Whatever a client sends: it is answered or refused, and every answer is JSON of the promised shape.
#![no_main]

use std::sync::LazyLock;

use access::Permit;
use feature_model::{
    DataType, Entity, EntityKeyVersion, FeatureView, Field, Project, ProjectName, RegistrySnapshot,
    Tags, Timestamp, ViewKind, ViewState,
};
use gateway::{
    ask::Ask,
    encode::{Beside, EncodeOptions, encode},
    plugins::PluginTable,
    resolve::{ResolveOptions, resolve},
    rows::{RowOptions, Rows},
    transform::Computed,
};
use libfuzzer_sys::fuzz_target;
use online_store::StoredRows;
use settings::{NonFinite, ResponseLayout};

static PROJECT: LazyLock<ProjectName> = LazyLock::new(|| "prj".parse().expect("a valid name"));
static PERMIT: LazyLock<Permit> = LazyLock::new(|| Permit::without_authentication(PROJECT.clone()));
static PLUGINS: LazyLock<PluginTable> = LazyLock::new(PluginTable::default);
static SNAPSHOT: LazyLock<RegistrySnapshot> = LazyLock::new(|| RegistrySnapshot {
    projects: [(PROJECT.clone(), project())].into_iter().collect(),
    ..RegistrySnapshot::default()
});

fuzz_target!(|body: &[u8]| {
    answer(body, false);
    answer(body, true);
});

/// Runs the stages around a store in which nothing is; `None` where the request is refused.
fn answer(body: &[u8], online_feature_view_versioning: bool) -> Option<()> {
    let ask = Ask::parse(body, 1_000).ok()?;
    let options = ResolveOptions {
        online_feature_view_versioning,
    };
    let plan = resolve(&ask.shape, &SNAPSHOT, &PERMIT, &PLUGINS, options).ok()?;
    let rows = Rows::new(&plan, &ask.rows, row_options()).ok()?;
    let absent = plan
        .reads
        .iter()
        .map(|read| vec![None; rows.keys[read.key_set].distinct.len()]);
    let stored = StoredRows::from(absent.collect::<Vec<_>>());
    for layout in [ResponseLayout::Columns, ResponseLayout::Rows] {
        let options = EncodeOptions {
            layout,
            beside: Beside::wanted(ask.metadata, true),
            non_finite: NonFinite::Null,
            now: Timestamp::EPOCH,
        };
        let encoded = encode(&plan, &rows, &stored, &Computed::default(), options);
        let values = plan.outputs.len() * rows.len;
        assert_eq!(values_in(&encoded.body, options.beside), values);
    }
    Some(())
}

/// How many values the reply has; each has a status and an event time, where they are wanted.
fn values_in(reply: &[u8], beside: Beside) -> usize {
    let json: serde_json::Value = serde_json::from_slice(reply).expect("a reply is JSON");
    let results = json["results"].as_array().expect("a list").iter();
    let len = |item: &serde_json::Value, key: &str| item[key].as_array().expect("a list").len();
    results
        .map(|item| {
            let values = len(item, "values");
            for (key, wanted) in [
                ("statuses", beside.statuses),
                ("event_timestamps", beside.event_timestamps),
            ] {
                assert_eq!(item.get(key).is_some(), wanted);
                assert!(!wanted || len(item, key) == values);
            }
            values
        })
        .sum()
}

fn row_options() -> RowOptions {
    RowOptions {
        key_version: EntityKeyVersion::V3,
        max_values: 10_000,
    }
}

fn project() -> Project {
    let keys = [
        ("a", DataType::Int64),
        ("b", DataType::String),
        ("c", DataType::Int32),
        ("d", DataType::Bytes),
        ("e", DataType::UnixTimestamp),
        ("f", DataType::Unknown(0)),
    ];
    let mut project = Project::default();
    for (name, value_type) in keys {
        let view = view(&format!("v{name}"), &[name]);
        project.feature_views.insert(view.name.clone(), view);
        project
            .entities
            .insert(name.into(), entity(name, value_type));
    }
    for view in [view("w", &["a", "b"]), view("x", &[])] {
        project.feature_views.insert(view.name.clone(), view);
    }
    project
}

fn entity(name: &str, value_type: DataType) -> Entity {
    Entity {
        name: name.into(),
        join_key: format!("{name}k"),
        value_type,
        description: String::new(),
        tags: Tags::new(),
        owner: String::new(),
    }
}

fn view(name: &str, entities: &[&str]) -> FeatureView {
    FeatureView {
        name: name.into(),
        kind: ViewKind::Feature,
        entities: entities.iter().map(|name| (*name).to_owned()).collect(),
        entity_columns: Vec::new(),
        features: vec![
            Field::new("x", DataType::Int64),
            Field::new("y", DataType::Float32),
        ],
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
        current_version_number: 1,
    }
}
