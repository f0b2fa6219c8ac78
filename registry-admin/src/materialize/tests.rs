use feature_model::{
    DataSource, DataSourceKind, FeatureView, FileFormat, FileSource, MaterializationInterval,
    Project, Tags, Timestamp, Ttl, ViewKind, ViewState,
};

use super::{Span, choose, interval};

fn view(name: &str) -> FeatureView {
    FeatureView {
        name: name.to_owned(),
        kind: ViewKind::Feature,
        entities: Vec::new(),
        entity_columns: Vec::new(),
        features: Vec::new(),
        ttl: None,
        batch_source: None,
        stream_source: None,
        online: true,
        enabled: true,
        description: String::new(),
        tags: Tags::new(),
        owner: String::new(),
        state: ViewState::Created,
        materialization_intervals: Vec::new(),
        current_version_number: 0,
    }
}

fn project(views: impl IntoIterator<Item = FeatureView>) -> Project {
    let named = views.into_iter().map(|view| (view.name.clone(), view));
    Project {
        feature_views: named.collect(),
        ..Project::default()
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn names(project: &Project, asked: &[&str]) -> Result<Vec<String>, String> {
    let asked: Vec<String> = asked.iter().map(ToString::to_string).collect();
    choose::views(project, &asked)
        .map(|views| views.into_iter().map(|view| view.name.clone()).collect())
        .map_err(|error| error.to_string())
}

fn several() -> Project {
    project([
        view("driver_stats"),
        FeatureView {
            online: false,
            ..view("offline_only")
        },
        FeatureView {
            enabled: false,
            ..view("switched_off")
        },
        FeatureView {
            kind: ViewKind::Label,
            ..view("labels")
        },
        FeatureView {
            kind: ViewKind::Stream,
            ..view("stream_stats")
        },
    ])
}

#[test]
fn without_names_every_view_that_is_online_and_enabled_is_loaded_but_labels() {
    assert_eq!(
        names(&several(), &[]).unwrap(),
        ["driver_stats", "stream_stats"]
    );
}

#[test]
fn a_project_that_was_never_applied_is_told_so() {
    let told = names(&Project::default(), &[]).unwrap_err();
    assert!(told.contains("run `registry-admin apply` first"), "{told}");
}

#[test]
fn a_named_view_is_loaded_once() {
    let asked = ["stream_stats", "driver_stats", "stream_stats"];
    assert_eq!(
        names(&several(), &asked).unwrap(),
        ["stream_stats", "driver_stats"]
    );
}

#[test]
fn a_view_that_cannot_be_loaded_is_refused_with_the_reason() {
    let refusal = |name| names(&several(), &[name]).unwrap_err();
    assert_eq!(
        refusal("driver_stat"),
        "there is no feature view `driver_stat` in the registry; did you mean `driver_stats`?"
    );
    assert!(refusal("offline_only").contains("is not served online"));
    assert!(refusal("switched_off").contains("is disabled"));
    assert!(refusal("labels").contains("its rows are pushed"));
}

fn source(kind: DataSourceKind) -> Option<DataSource> {
    Some(DataSource {
        name: "source".to_owned(),
        kind,
        description: String::new(),
        tags: Tags::new(),
        owner: String::new(),
    })
}

#[test]
fn the_files_of_a_push_source_are_those_of_its_batch_source() {
    let file = FileSource {
        path: "data/stats.parquet".to_owned(),
        format: FileFormat::Parquet,
        timestamp_field: "event_timestamp".to_owned(),
        created_timestamp_column: None,
        field_mapping: std::collections::BTreeMap::new(),
        s3_endpoint_override: None,
    };
    let batch_source = source(DataSourceKind::File(file.clone())).map(Box::new);
    let pushed = FeatureView {
        batch_source: source(DataSourceKind::Push { batch_source }),
        ..view("pushed")
    };
    assert_eq!(choose::source(&pushed).unwrap(), &file);
    let warehouse = DataSourceKind::Other {
        type_name: "BATCH_BIGQUERY".to_owned(),
    };
    let other = FeatureView {
        batch_source: source(warehouse),
        ..view("other")
    };
    let told = choose::source(&other).unwrap_err().to_string();
    assert!(
        told.contains("reads from BATCH_BIGQUERY, which only Feast can load"),
        "{told}"
    );
    assert!(choose::source(&view("none")).is_err());
}

const NOW: &str = "2026-06-30T12:00:00Z";

fn since_last(view: &FeatureView, end: &str) -> Result<(String, String), String> {
    interval::of(view, Span::UpTo { end: at(end) }, at(NOW))
        .map(|interval| {
            (
                interval.start_time.to_string(),
                interval.end_time.to_string(),
            )
        })
        .map_err(|error| error.to_string())
}

#[test]
fn an_incremental_load_begins_where_the_last_one_ended() {
    let loaded = |start, end| MaterializationInterval {
        start_time: at(start),
        end_time: at(end),
    };
    let view = FeatureView {
        materialization_intervals: vec![
            loaded("2026-01-01", "2026-03-01T00:00:00.5Z"),
            loaded("2026-01-01", "2026-02-01"),
        ],
        ttl: Ttl::new(86_400, 0),
        ..view("stats")
    };
    let (start, _) = since_last(&view, NOW).unwrap();
    assert_eq!(start, "2026-03-01T00:00:00.500Z");
    let told = since_last(&view, "2026-02-28").unwrap_err();
    assert!(
        told.starts_with("feature view `stats` is loaded up to 2026-03-01T00:00:00.500Z already"),
        "{told}"
    );
    assert!(since_last(&view, "2026-03-01T00:00:00.5Z").is_ok());
}

#[test]
fn the_first_incremental_load_begins_the_ttl_ago_or_52_weeks_ago() {
    let with_ttl = FeatureView {
        ttl: Ttl::new(86_400, 500_000_000),
        ..view("stats")
    };
    assert_eq!(
        since_last(&with_ttl, NOW).unwrap().0,
        "2026-06-29T11:59:59.500Z"
    );
    assert_eq!(
        since_last(&view("stats"), NOW).unwrap().0,
        "2025-07-01T12:00:00Z"
    );
    let told = since_last(&with_ttl, "2026-01-01").unwrap_err();
    assert!(
        told.contains("was never loaded and would be from 2026-06-29T11:59:59.500Z on"),
        "{told}"
    );
}

#[test]
fn an_interval_that_ends_before_it_begins_is_refused() {
    let between = |start, end| {
        let span = Span::Between {
            start: at(start),
            end: at(end),
        };
        interval::of(&view("stats"), span, at(NOW)).map_err(|error| error.to_string())
    };
    assert!(between("2026-01-01", "2026-01-01").is_ok());
    assert_eq!(
        between("2026-01-02", "2026-01-01").unwrap_err(),
        "the end 2026-01-01T00:00:00Z is before the start 2026-01-02T00:00:00Z; give the earlier time first"
    );
}
