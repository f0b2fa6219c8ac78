mod access;

use super::*;
use crate::{
    DataSource, DataSourceKind, DataType, Entity, FeatureService, FeatureView, Field, FileFormat,
    FileSource, OnDemandFeatureView, OnDemandSource, Projection, Tags, Ttl, ViewState,
};

fn file_source(name: &str) -> DataSource {
    DataSource {
        name: name.to_owned(),
        kind: DataSourceKind::File(FileSource {
            path: "data/stats.parquet".to_owned(),
            format: FileFormat::Parquet,
            timestamp_field: "event_timestamp".to_owned(),
            created_timestamp_column: None,
            field_mapping: Tags::new(),
            s3_endpoint_override: None,
        }),
        description: String::new(),
        tags: Tags::new(),
        owner: String::new(),
    }
}

fn view() -> FeatureView {
    FeatureView {
        name: "stats".to_owned(),
        kind: ViewKind::Feature,
        entities: vec!["driver".to_owned()],
        entity_columns: Vec::new(),
        features: ["conv_rate", "acc_rate"]
            .map(|name| Field::new(name, DataType::Float32))
            .into(),
        ttl: Ttl::new(86_400, 0),
        batch_source: Some(file_source("source")),
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

fn projection(alias: Option<&str>) -> Projection {
    Projection {
        view: "stats".to_owned(),
        alias: alias.map(str::to_owned),
        features: view().features,
        join_key_map: Tags::new(),
        version_tag: None,
    }
}

fn project() -> Project {
    let entity = Entity {
        name: "driver".to_owned(),
        join_key: "driver_id".to_owned(),
        value_type: DataType::Int64,
        description: String::new(),
        tags: Tags::new(),
        owner: String::new(),
    };
    let computed = OnDemandFeatureView {
        name: "computed".to_owned(),
        features: vec![Field::new("sum", "Array(Array(Int64))".parse().unwrap())],
        sources: [("stats".to_owned(), OnDemandSource::View(projection(None)))].into(),
        entities: Vec::new(),
        entity_columns: Vec::new(),
        mode: String::new(),
        body_text: String::new(),
        write_to_online_store: false,
        singleton: false,
        enabled: true,
        description: String::new(),
        tags: Tags::new(),
        owner: String::new(),
    };
    let service = FeatureService {
        name: "model".to_owned(),
        projections: vec![projection(None), projection(Some("again"))],
        description: String::new(),
        tags: Tags::new(),
        owner: String::new(),
    };
    Project {
        entities: [("driver".to_owned(), entity)].into(),
        data_sources: ["source", "other"]
            .map(|name| (name.to_owned(), file_source(name)))
            .into(),
        feature_views: [("stats".to_owned(), view())].into(),
        on_demand_feature_views: [("computed".to_owned(), computed)].into(),
        feature_services: [("model".to_owned(), service)].into(),
        ..Project::default()
    }
}

fn everything_is_managed(project: &Project) -> BTreeSet<ObjectId> {
    plan(&Project::default(), project, &BTreeSet::new(), false)
        .changes
        .into_iter()
        .map(|change| change.object)
        .collect()
}

/// The changes of a plan as lines, when the registry has `stored` and the files say `declared`.
fn lines(stored: impl FnOnce(&mut Project), declared: impl FnOnce(&mut Project)) -> Vec<String> {
    let (mut current, mut desired) = (project(), project());
    stored(&mut current);
    declared(&mut desired);
    let plan = plan(
        &current,
        &desired,
        &everything_is_managed(&project()),
        false,
    );
    let mut lines = Vec::new();
    for Change { object, action } in plan.changes {
        let Action::Update { fields } = action else {
            lines.push(format!("{object}: {action:?}"));
            continue;
        };
        for FieldChange {
            path,
            before,
            after,
        } in fields
        {
            let text = |side: Option<String>| side.unwrap_or_else(|| "-".to_owned());
            lines.push(format!(
                "{object}: {path}: {} -> {}",
                text(before),
                text(after)
            ));
        }
    }
    lines
}

fn declared(change: impl FnOnce(&mut Project)) -> Vec<String> {
    lines(|_| {}, change)
}

fn stored(change: impl FnOnce(&mut Project)) -> Vec<String> {
    lines(change, |_| {})
}

fn file(source: &mut DataSource) -> &mut FileSource {
    match &mut source.kind {
        DataSourceKind::File(file) => file,
        _ => panic!("a file source"),
    }
}

#[test]
fn fields_are_told_one_by_one() {
    let lines = declared(|project| {
        project.entities["driver"].value_type = DataType::String;
        let view = &mut project.feature_views["stats"];
        view.ttl = None;
        view.online = false;
        view.features[0].data_type = DataType::Float64;
        view.features[1] = Field::new("trips", DataType::Int64);
        view.tags.insert("team".to_owned(), "rides".to_owned());
        let service = &mut project.feature_services["model"];
        service.owner = "ann".to_owned();
        service.projections[1]
            .join_key_map
            .insert("driver_id".to_owned(), "who".to_owned());
    });
    assert_eq!(
        lines,
        [
            "entity `driver`: value_type: Int64 -> String",
            "feature view `stats`: ttl: 1d -> -",
            "feature view `stats`: online: true -> false",
            "feature view `stats`: features.conv_rate.type: Float32 -> Float64",
            "feature view `stats`: features.acc_rate: Float32 -> -",
            "feature view `stats`: features.trips: - -> Int64",
            "feature view `stats`: tags.team: - -> rides",
            "feature service `model`: features.again.join_key_map.driver_id: - -> who",
            "feature service `model`: owner: - -> ann",
        ]
    );
}

#[test]
fn the_order_of_features_counts_in_services_only() {
    let lines = declared(|project| {
        project.feature_views["stats"].features.reverse();
        project.feature_services["model"].projections.reverse();
        project.feature_services["model"].projections[1]
            .features
            .reverse();
    });
    assert_eq!(
        lines,
        [
            "feature service `model`: features.stats: conv_rate, acc_rate -> acc_rate, conv_rate",
            "feature service `model`: features: stats, again -> again, stats",
        ]
    );
}

#[test]
fn a_source_that_changes_is_told_once_and_its_copies_follow() {
    let lines = declared(|project| {
        file(&mut project.data_sources["source"]).path = "moved".to_owned();
        let copy = project.feature_views["stats"].batch_source.as_mut();
        file(copy.unwrap()).path = "moved".to_owned();
    });
    assert_eq!(
        lines,
        ["data source `source`: path: data/stats.parquet -> moved"]
    );
}

#[test]
fn a_copy_that_contradicts_its_original_is_told() {
    let lines = stored(|project| {
        let copy = project.feature_views["stats"].batch_source.as_mut();
        file(copy.unwrap()).path = "old".to_owned();
        let service = &mut project.feature_services["model"];
        service.projections[0].features[0].data_type = DataType::Int32;
    });
    assert_eq!(
        lines,
        [
            "feature view `stats`: source.path: old -> data/stats.parquet",
            "feature service `model`: features.stats.conv_rate.type: Int32 -> Float32",
        ]
    );
}

#[test]
fn another_source_is_told_by_its_name() {
    let lines = declared(|project| {
        let other = project.data_sources["other"].clone();
        project.feature_views["stats"].batch_source = Some(other);
    });
    assert_eq!(lines, ["feature view `stats`: source: source -> other"]);
}

#[test]
fn what_feast_infers_or_keeps_for_itself_is_no_change() {
    let lines = stored(|project| {
        project.entities["driver"].value_type = DataType::Unknown(0);
        let view = &mut project.feature_views["stats"];
        view.entity_columns = vec![Field::new("driver_id", DataType::Int64)];
        view.state = ViewState::AvailableOnline;
        view.current_version_number = 3;
        view.enabled = false;
        let computed = &mut project.on_demand_feature_views["computed"];
        computed.mode = "pandas".to_owned();
        computed.body_text = "def computed(df): ...".to_owned();
        computed.features[0].data_type = DataType::ValueList;
    });
    assert_eq!(lines, Vec::<String>::new());
}

#[test]
fn a_join_key_that_feast_inferred_otherwise_is_a_change() {
    let lines = stored(|project| {
        project.entities["driver"].value_type = DataType::Unknown(0);
        let view = &mut project.feature_views["stats"];
        view.entity_columns = vec![Field::new("driver_id", DataType::Int32)];
    });
    assert_eq!(lines, ["entity `driver`: value_type: Int32 -> Int64"]);
}

#[test]
fn a_join_key_that_only_the_view_types_is_told_at_the_view() {
    let typed = |data_type: DataType| {
        move |project: &mut Project| {
            project.entities["driver"].value_type = DataType::Unknown(0);
            let view = &mut project.feature_views["stats"];
            view.entity_columns = vec![Field::new("driver_id", data_type)];
        }
    };
    assert_eq!(
        lines(typed(DataType::Int32), typed(DataType::Int64)),
        ["feature view `stats`: join_keys.driver_id.type: Int32 -> Int64"]
    );
}

#[test]
fn a_name_that_a_view_of_feast_has_is_left_alone() {
    let (mut current, desired) = (project(), project());
    current.feature_views["stats"].kind = ViewKind::Stream;
    let plan = plan(&current, &desired, &everything_is_managed(&desired), true);
    assert!(plan.is_empty());
    assert_eq!(
        plan.unmanaged,
        [ObjectId::new(ObjectKind::StreamFeatureView, "stats")]
    );
}

#[test]
fn a_plan_that_was_saved_is_read_again() {
    let (current, mut desired) = (project(), project());
    desired.feature_services.clear();
    desired.feature_views["stats"].ttl = None;
    let plan = plan(&current, &desired, &everything_is_managed(&current), false);
    let saved = serde_json::to_string(&plan).unwrap();
    assert_eq!(serde_json::from_str::<Plan>(&saved).unwrap(), plan);
}
