use std::{fs, path::PathBuf};

use feature_model::{
    DataSourceKind, DataType, FileFormat, ObjectId, ObjectKind, OnDemandSource, Ttl,
};
use settings::Problems;

use super::{DefinitionFile, Definitions, load, parse};

mod access;
mod documentation;
mod json_schema;
mod plugins;

const SAMPLE: [(&str, &str); 5] = [
    (
        "entities.yaml",
        include_str!("../init/features/entities.yaml"),
    ),
    (
        "data_sources.yaml",
        include_str!("../init/features/data_sources.yaml"),
    ),
    (
        "feature_views.yaml",
        include_str!("../init/features/feature_views.yaml"),
    ),
    (
        "on_demand_feature_views.yaml",
        include_str!("../init/features/on_demand_feature_views.yaml"),
    ),
    (
        "feature_services.yaml",
        include_str!("../init/features/feature_services.yaml"),
    ),
];

fn files(texts: &[(&str, &str)]) -> Vec<DefinitionFile> {
    let file = |(name, text): &(&str, &str)| DefinitionFile {
        path: PathBuf::from(name),
        text: (*text).to_owned(),
    };
    texts.iter().map(file).collect()
}

fn sample() -> Definitions {
    parse(&files(&SAMPLE)).unwrap()
}

fn parsed(text: &str) -> Result<Definitions, Problems> {
    parse(&files(&[("f.yaml", text)]))
}

fn good(text: &str) -> Definitions {
    parsed(text).unwrap_or_else(|problems| panic!("{problems}"))
}

fn told(text: &str) -> String {
    parsed(text).unwrap_err().to_string()
}

/// A view `stats` of entity `driver`, with a file source and a request source, to add to.
const BASE: &str = "\
entities: [{name: driver, join_key: driver_id, value_type: Int64}]
data_sources:
- {type: file, name: stats_source, path: stats.parquet, timestamp_field: ts}
- {type: request, name: request, schema: [{name: amount, type: Float64}]}
feature_views:
- {name: stats, entities: [driver], source: stats_source, schema: [{name: rate, type: Float32}, {name: trips, type: Int64}]}
";

fn on_base(text: &str) -> String {
    format!("{BASE}{text}")
}

#[test]
fn the_repository_that_init_makes_is_that_of_feasts_docs() {
    let project = sample().project;
    let driver = &project.entities["driver"];
    assert_eq!(
        (&*driver.join_key, &driver.value_type),
        ("driver_id", &DataType::Int64)
    );
    let view = &project.feature_views["driver_hourly_stats"];
    let features: Vec<String> = view
        .features
        .iter()
        .map(|field| format!("{} {}", field.name, field.data_type))
        .collect();
    assert_eq!(
        features,
        [
            "conv_rate Float32",
            "acc_rate Float32",
            "avg_daily_trips Int64"
        ]
    );
    assert_eq!(view.ttl, Ttl::new(86_400, 0));
    assert_eq!(view.entity_columns[0].name, "driver_id");
    let source = view
        .batch_source
        .as_ref()
        .and_then(feature_model::DataSource::file)
        .unwrap();
    assert_eq!(
        (&*source.path, source.format),
        ("data/driver_stats.parquet", FileFormat::Parquet)
    );
    let push = &project.data_sources["driver_stats_push_source"];
    assert_eq!(push.file(), Some(source));
    let on_demand = &project.on_demand_feature_views["transformed_conv_rate"];
    assert!(matches!(
        on_demand.sources["vals_to_add"],
        OnDemandSource::Request(_)
    ));
    assert!(
        matches!(&on_demand.sources["driver_hourly_stats"], OnDemandSource::View(p) if p.features.len() == 3)
    );
    let chosen = |service: &str| {
        let service = &project.feature_services[service];
        service
            .projections
            .iter()
            .map(|projection| projection.features.len())
            .collect::<Vec<_>>()
    };
    assert_eq!(chosen("driver_activity_v1"), [1, 2]);
    assert_eq!(chosen("driver_activity_v2"), [3, 2]);
}

#[test]
fn everything_knows_its_place() {
    let definitions = sample();
    let view = ObjectId::new(ObjectKind::FeatureView, "driver_hourly_stats");
    let place = |part: &str| {
        let mark = definitions.mark(&view, part).unwrap();
        format!("{}:{}", mark.source.display(), mark.line)
    };
    assert_eq!(place(""), "feature_views.yaml:4");
    assert_eq!(place("features.acc_rate"), "feature_views.yaml:12");
    assert_eq!(place("entities.driver"), "feature_views.yaml:5");
    assert_eq!(place("features.nope"), "feature_views.yaml:4");
}

#[test]
fn every_key_is_read() {
    let definitions = good(
        "\
entities:
- {name: driver, join_key: driver_id, value_type: Int64, description: d, tags: {a: 1.10}, owner: o}
- {name: rider, value_type: String}
data_sources:
- {type: file, name: csv, path: 's3://b/*.CSV', timestamp_field: ts, created_timestamp_column: c,
   field_mapping: {Rate: rate}, s3_endpoint_override: 'http://minio', description: d, tags: {a: b}, owner: o}
- {type: push, name: pushed, batch_source: files}
- {type: file, name: files, path: folder, format: csv, timestamp_field: ts}
feature_views:
- name: v
  entities: [driver, rider]
  source: pushed
  online: no
  ttl: 90m
  description: d
  tags: {a: b}
  owner: o
  features:
  - {name: rate, type: 'Array(Float32)', description: d, tags: {a: b}}
on_demand_feature_views:
- {name: od, sources: [{feature_view: v, features: [rate]}], features: [{name: f, type: Bool}], owner: o}
feature_services:
- name: s
  owner: o
  features:
  - od
  - {feature_view: v, features: [rate], name: origin, join_key_map: {driver_id: origin_id}}
",
    );
    let project = &definitions.project;
    assert_eq!(project.entities["driver"].tags["a"], "1.10");
    assert_eq!(project.entities["rider"].join_key, "rider");
    let csv = project.data_sources["csv"].file().unwrap();
    assert_eq!(
        (csv.format, &*csv.field_mapping["Rate"]),
        (FileFormat::Csv, "rate")
    );
    assert_eq!(csv.s3_endpoint_override.as_deref(), Some("http://minio"));
    assert_eq!(csv.created_timestamp_column.as_deref(), Some("c"));
    let view = &project.feature_views["v"];
    assert!(!view.online && view.enabled);
    assert_eq!(view.ttl, Ttl::new(5_400, 0));
    assert_eq!(view.features[0].data_type.to_string(), "Array(Float32)");
    assert_eq!(view.features[0].tags["a"], "b");
    let stream = view.stream_source.as_ref().unwrap();
    assert!(matches!(stream.kind, DataSourceKind::Push { .. }));
    assert_eq!(view.batch_source.as_ref().unwrap().name, "files");
    let service = &project.feature_services["s"];
    assert_eq!(service.projections[0].view, "od");
    let origin = &service.projections[1];
    assert_eq!(
        (origin.name_to_use(), &*origin.join_key_map["driver_id"]),
        ("origin", "origin_id")
    );
}

#[test]
fn a_view_can_have_no_entities() {
    let definitions = good(
        "data_sources: [{type: file, name: s, path: p, timestamp_field: t}]\nfeature_views: [{name: v, source: s, schema: [{name: f, type: Int64}]}]\n",
    );
    let view = &definitions.project.feature_views["v"];
    assert!(view.entities.is_empty() && view.entity_columns.is_empty() && view.ttl.is_none());
}

#[test]
fn a_join_key_in_the_schema_tells_its_type_and_is_no_feature() {
    let text = "\
entities: [{name: driver, join_key: driver_id}]
data_sources: [{type: file, name: s, path: p, timestamp_field: t}]
feature_views:
- {name: v, entities: [driver], source: s, schema: [{name: driver_id, type: String}, {name: f, type: Int64}]}
";
    let view = &good(text).project.feature_views["v"];
    assert_eq!(view.entity_columns[0].data_type, DataType::String);
    assert_eq!(view.features.len(), 1);
    let untold = text.replace("{name: driver_id, type: String}, ", "");
    assert!(told(&untold).contains("f.yaml:4: the type of the join key `driver_id` is not known"));
    let other = text.replace(
        "join_key: driver_id}",
        "join_key: driver_id, value_type: Int64}",
    );
    assert!(
        told(&other).contains("the join key `driver_id` is String here and Int64 in the entity")
    );
    let float = text.replace("type: String", "type: Float32");
    assert!(told(&float).contains("a join key cannot be of type Float32"));
}

#[test]
fn unknown_references_are_told_with_the_nearest_name() {
    insta::assert_snapshot!(told(&on_base("\
- {name: a, entities: [drivr], source: stats_sorce, schema: [{name: f, type: Int64}]}
- {name: b, source: request, schema: [{name: f, type: Int64}]}
- {name: c, source: bare, schema: [{name: f, type: Int64}]}
on_demand_feature_views:
- {name: d, sources: [stat, reqest, d, stats_source, {feature_view: stats, features: [rat]}], schema: [{name: g, type: Int64}]}
feature_services:
- name: s
  features: [statz, 'stats:rate', {feature_view: stats, features: [rates, rate, rate], name: x, join_key_map: {driver: d}}]
"
    ).replace("- {type: request", "- {type: push, name: bare}\n- {type: push, name: p, batch_source: stats_sourc}\n- {type: request")));
}

#[test]
fn names_that_are_taken_or_invalid_are_told() {
    insta::assert_snapshot!(told(&on_base("\
- {name: Stats, source: stats_source, schema: [{name: f, type: Int64}, {name: f, type: Int64}, {name: __x, type: Int64}]}
- {name: _v, source: stats_source, schema: [{name: 'a:b', type: Int64}, {name: ' ', type: Int64}]}
on_demand_feature_views:
- {name: stats, sources: [request], schema: [{name: g, type: Int64}]}
feature_services:
- {name: s, features: [stats]}
- {name: s, features: [stats, stats, {feature_view: stats, name: other}]}
- {name: e, features: []}
"
    ).replace("entities: [{", "entities: [{name: driver}, {name: a b}, {")));
}

#[test]
fn a_key_that_stands_twice_hides_nothing_else() {
    let file = DefinitionFile {
        path: "features/a.yaml".into(),
        text: "entities:\n  - {name: driver, name: rider, join_key: id, value_tipe: Int64}\n"
            .to_owned(),
    };
    let told = parse(&[file]).unwrap_err().to_string();
    assert!(told.contains("`name` stands here a second time"), "{told}");
    assert!(told.contains("`value_tipe`"), "{told}");
}

#[test]
fn what_does_not_fit_the_tables_is_told_with_its_line() {
    insta::assert_snapshot!(told(
        "\
entities:
- {name: driver, join_kye: driver_id, value_type: Integer}
data_sources:
- {type: fil, name: a}
- {type: file, name: b, format: orc}
feature_views:
- {name: v, source: b, ttl: -1d, schema: [{name: f, dtype: Int64}], online: maybe}
- {name: w, source: b, ttl: 1 day, schema: {f: Int64}}
feature_service: []
"
    ));
    assert!(
        told("- a").contains("f.yaml:1: a definition file is a mapping with the keys `entities`")
    );
    assert!(told("entities: [").contains("this is no YAML"));
}

#[test]
fn two_entities_of_one_view_cannot_share_a_join_key() {
    let text = on_base("- {name: w, entities: [driver, rider, rider], source: stats_source, schema: [{name: f, type: Int64}]}\n")
        .replace("entities: [{", "entities: [{name: rider, join_key: driver_id, value_type: Int64}, {");
    let told = told(&text);
    assert!(
        told.contains("two entities of this view have the join key `driver_id`"),
        "{told}"
    );
    assert!(told.contains("the entity `rider` is named twice"), "{told}");
}

#[test]
fn features_of_equal_hashes_are_told_where_they_share_join_keys() {
    let (first, second) = colliding();
    let field = |name: &str| format!("{{name: {name}, type: Int64}}");
    let together = on_base(&format!(
        "- {{name: w, entities: [driver], source: stats_source, schema: [{}, {}]}}\n",
        field(&first),
        field(&second)
    ));
    assert!(told(&together).contains(&format!(
        "`w:{second}` would be stored in the same place as `w:{first}`"
    )));
}

/// Two names of features of `w` that `feature_codec::value_field` gives the same four bytes.
fn colliding() -> (String, String) {
    let mut seen = std::collections::HashMap::new();
    for number in 0.. {
        let name = format!("f{number}");
        if let Some(other) = seen.insert(feature_codec::value_field("w", &name), name.clone()) {
            return (other, name);
        }
    }
    unreachable!("four bytes repeat")
}

#[test]
fn all_files_below_features_are_read_and_their_problems_told_together() {
    let repo = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = repo.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let missing = load(repo.path()).unwrap_err().to_string();
    assert!(
        missing.contains("features: there is no such folder"),
        "{missing}"
    );
    write("features/deep/er/a.yml", "entities: [{name: a}]\n");
    write("features/b.yaml", "entities: [{name: A}]\n");
    write("features/.hidden.yaml", "nonsense");
    write("features/notes.txt", "nonsense");
    write("features/empty.yaml", "# nothing yet\n");
    let told = load(repo.path()).unwrap_err().to_string();
    assert!(
        told.contains("deep/er/a.yml:1: the name `a` is taken: there is the entity `A` at"),
        "{told}"
    );
    fs::remove_file(repo.path().join("features/b.yaml")).unwrap();
    assert_eq!(load(repo.path()).unwrap().project.entities.len(), 1);
    fs::remove_dir_all(repo.path().join("features/deep")).unwrap();
    fs::remove_file(repo.path().join("features/empty.yaml")).unwrap();
    let empty = load(repo.path()).unwrap();
    assert!(empty.warnings[0].message.contains("no definition files"));
}
