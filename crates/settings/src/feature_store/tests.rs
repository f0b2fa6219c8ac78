use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

use feature_model::EntityKeyVersion;

use super::load::{Reader, parse_for};
use crate::{
    CacheSettings, FeatureStoreConfig, LogFormat, NonFinite, OnlineStore, ReadFrom, RedisStore,
    RegistryLocation, ResponseLayout, Topology, load, parse,
};

mod authentication;
mod plugins;

fn environment(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    pairs.iter().map(owned).collect()
}

fn with(text: &str, pairs: &[(&str, &str)]) -> FeatureStoreConfig {
    let loaded = parse(text, Path::new("/repo"), &environment(pairs)).unwrap();
    assert_eq!(loaded.warnings, []);
    loaded.config
}

fn told(text: &str, pairs: &[(&str, &str)]) -> String {
    match parse(text, Path::new("/repo"), &environment(pairs)) {
        Err(problems) => problems.to_string(),
        Ok(loaded) => {
            let lines: Vec<String> = loaded.warnings.iter().map(ToString::to_string).collect();
            lines.join("\n")
        }
    }
}

fn redis(store: &OnlineStore) -> &RedisStore {
    match store {
        OnlineStore::Redis(redis) => redis,
        OnlineStore::Sqlite(_) => panic!("a Redis store was expected"),
    }
}

const MINIMAL: &str = "project: p\nregistry: data/registry.db\n";

#[test]
fn the_shortest_file_has_feasts_defaults() {
    let config = with(MINIMAL, &[]);
    assert_eq!(config.project.as_str(), "p");
    assert_eq!(
        config.registry.location,
        RegistryLocation::Local(PathBuf::from("/repo/data/registry.db"))
    );
    assert_eq!(config.entity_key_version, EntityKeyVersion::V3);
    let OnlineStore::Sqlite(store) = &config.online_store else {
        panic!("SQLite is the default");
    };
    assert_eq!(store.path, Path::new("/repo/data/online.db"));
    assert_eq!(store.timezone, "UTC");
    assert_eq!(config.salver, crate::Salver::default());
    assert_eq!(config.admin_online_store, config.online_store);
}

#[test]
fn what_feast_init_writes_is_taken_without_a_word() {
    let text = "\
project: my_project
registry: data/registry.db
provider: local
online_store:
    type: sqlite
    path: data/online_store.db
entity_key_serialization_version: 3
auth:
    type: no_auth
";
    let _ = with(text, &[]);
}

#[test]
fn every_key_of_salver_is_read() {
    let text = "\
project: p
registry: {path: 's3://bucket/registry.db', s3_additional_kwargs: {ServerSideEncryption: AES256}, enable_online_feature_view_versioning: true}
online_store: {type: redis, connection_string: 'r:6379,db=3', key_ttl_seconds: 60}
entity_key_serialization_version: 2
salver:
  response_layout: rows
  non_finite: string
  registry_poll: 1s
  sqlite_timezone: Europe/Berlin
  admin: {online_store: {connection_string: 'r:6379,db=3,username=writer'}}
  limits: {max_body_bytes: 1, max_entities: 2, max_values: 3, max_concurrent_requests: 4, max_queue_time: 9ms, max_unsent_bytes: 2KiB,
           max_connections: 5, request_timeout: 6s, header_read_timeout: 7s, idle_timeout: 8s, drain_delay: 0, drain_timeout: 500ms}
  log: {format: json, level: 'gateway=debug,info'}
  metrics: {address: '127.0.0.1:9090'}
  cache: {max_bytes: 1MiB, ttl: 1m, view_ttls: {trips: 2s, stops: 0}, stale_if_error: 3s}
";
    let config = with(text, &[]);
    assert_eq!(
        config.registry.location,
        RegistryLocation::Url("s3://bucket/registry.db".into())
    );
    assert_eq!(config.registry.options["ServerSideEncryption"], "AES256");
    assert!(config.registry.online_feature_view_versioning);
    assert_eq!(config.entity_key_version, EntityKeyVersion::V2);
    assert_eq!(redis(&config.online_store).username, None);
    let admin = redis(&config.admin_online_store);
    assert_eq!(
        (admin.username.as_deref(), admin.key_ttl_seconds),
        (Some("writer"), Some(60))
    );
    let salver = &config.salver;
    assert_eq!(
        (salver.response_layout, salver.non_finite),
        (ResponseLayout::Rows, NonFinite::String)
    );
    assert_eq!(salver.registry_poll, Duration::from_secs(1));
    let limits = &salver.limits;
    assert_eq!(
        (
            limits.max_body_bytes,
            limits.max_entities,
            limits.max_values
        ),
        (1, 2, 3)
    );
    assert_eq!(
        (limits.max_concurrent_requests, limits.max_connections),
        (4, 5)
    );
    assert_eq!(limits.max_queue_time, Duration::from_millis(9));
    assert_eq!(limits.max_unsent_bytes, 2048);
    assert_eq!(
        (limits.request_timeout, limits.drain_timeout),
        (Duration::from_secs(6), Duration::from_millis(500))
    );
    assert_eq!(
        (limits.header_read_timeout, limits.idle_timeout),
        (Duration::from_secs(7), Duration::from_secs(8))
    );
    assert_eq!(
        (salver.log.format, salver.log.level.as_str()),
        (LogFormat::Json, "gateway=debug,info")
    );
    assert_eq!(
        salver.metrics.address,
        Some("127.0.0.1:9090".parse().unwrap())
    );
    let seconds = |count| Some(Duration::from_secs(count));
    assert_eq!(
        salver.cache,
        Some(CacheSettings {
            max_bytes: 1024 * 1024,
            ttl: seconds(60),
            view_ttls: [("trips".to_owned(), seconds(2)), ("stops".to_owned(), None)].into(),
            stale_if_error: Duration::from_secs(3),
        })
    );
}

#[test]
fn all_problems_are_told_at_once_with_their_lines() {
    let text = "\
project: _p
regstry: data/registry.db
online_store:
  type: redis
  connection_string: localhost
  key_ttl_seconds: -1
  pasword: hush
entity_key_serialization_version: 1
offline_store: {type: bigquery, datset: x}
auth: {type: oidc, auth_discovery_url: x, client_idd: c}
mlflow: {enabled: true}
salver:
  response_layout: row
  limits: {max_entities: 0}
  log: {level: inof}
  metrics: {address: here}
  sqlite_timezone: Mars
";
    insta::assert_snapshot!(told(text, &[("SALVER__ONLINESTORE__TYPE", "x")]));
}

#[test]
fn a_missing_file_says_how_to_make_one() {
    let told = load(Path::new("/nowhere"), &environment(&[]))
        .unwrap_err()
        .to_string();
    assert_eq!(
        told,
        "/nowhere/feature_store.yaml: there is no such file: name a feature repository with `-c DIR`, or make one \
         with `registry-admin init DIR`"
    );
}

#[test]
fn a_cluster_is_found_by_its_nodes_and_read_from_its_masters() {
    let store = |section: &str, salver: &str| {
        let text = format!("{MINIMAL}online_store: {section}\nsalver: {salver}\n");
        with(&text, &[]).online_store
    };
    let section =
        "{type: redis, redis_type: redis_cluster, connection_string: 'a:1,b:2,password=c'}";
    let cluster = store(section, "{}");
    let nodes = [("a".to_owned(), 1), ("b".to_owned(), 2)];
    assert_eq!(redis(&cluster).topology, Topology::Cluster);
    assert_eq!(redis(&cluster).read_from, ReadFrom::Master);
    assert_eq!(redis(&cluster).nodes, nodes);
    let replicas = store(section, "{redis_read_from: replica_preferred}");
    assert_eq!(redis(&replicas).read_from, ReadFrom::ReplicaPreferred);
}

#[test]
fn what_a_cluster_has_not_and_one_server_has_not_is_told() {
    let mut all = String::new();
    for (section, salver) in [
        (
            "redis_type: redis_cluster, connection_string: 'h:1,db=2'",
            "{}",
        ),
        ("connection_string: 'h:1,g:2'", "{}"),
        (
            "connection_string: 'h:1'",
            "{redis_read_from: replica_preferred}",
        ),
        ("redis_type: redis_cluster", "{redis_read_from: replica}"),
    ] {
        let text = format!("{MINIMAL}online_store: {{type: redis, {section}}}\nsalver: {salver}\n");
        all += &told(&text, &[]);
        all += "\n";
    }
    insta::assert_snapshot!(all);
}

#[test]
fn stores_and_registries_that_salver_does_not_open_are_refused_with_advice() {
    let mut all = String::new();
    for store in [
        "{type: remote, path: 'http://x'}",
        "{type: dynamodb, region: eu}",
        "{type: reddis}",
        "my.module.FooOnlineStore",
        "null",
        "{type: redis, redis_type: redis_sentinel, connection_string: 'h:1'}",
        "{type: [a]}",
        "[]",
    ] {
        all += &told(&format!("{MINIMAL}online_store: {store}\n"), &[]);
        all += "\n";
    }
    for registry in [
        "{registry_type: sql, path: 'postgresql://u:p@h/d', schema_mode: auto}",
        "{registry_type: snowflake.registry}",
        "{registry_type: remote, path: 'h:6570'}",
        "{registry_type: fil, path: x}",
        "''",
        "{}",
        "7",
    ] {
        all += &told(&format!("project: p\nregistry: {registry}\n"), &[]);
        all += "\n";
    }
    insta::assert_snapshot!(all);
}

#[test]
fn entity_key_versions_other_than_2_and_3_are_refused() {
    for version in ["0", "1", "4", "-1", "three"] {
        let text = format!("{MINIMAL}entity_key_serialization_version: {version}\n");
        assert!(
            told(&text, &[]).starts_with("/repo/feature_store.yaml:3: `entity_key"),
            "{version}"
        );
    }
}

#[test]
fn hyphens_in_project_names_are_for_redis_only() {
    let text = "project: a-b\nregistry: r.db\n";
    assert!(told(text, &[]).contains("cannot have `-`"));
    let told = told(&format!("{text}online_store: redis\n"), &[]);
    assert!(
        told.starts_with("/repo/feature_store.yaml:1: warning: `project`: Feast refuses"),
        "{told}"
    );
}

#[test]
fn variables_of_the_environment_are_put_in() {
    let text = format!(
        "{MINIMAL}# ${{COMMENT}}\nonline_store: {{type: redis, connection_string: \"${{HOST}}:${{PORT:6379}},password=${{PW}}\"}}\n"
    );
    let config = with(&text, &[("HOST", "r"), ("PW", "hush")]);
    let store = redis(&config.online_store);
    assert_eq!(store.nodes, [("r".to_owned(), 6379)]);
    assert_eq!(store.password.as_ref().unwrap().reveal(), "hush");
    let told = told(&text, &[("HOST", "r")]);
    assert_eq!(
        told,
        "/repo/feature_store.yaml:4: the environment variable `PW` is not set; set it, or write `${PW:default}`"
    );
}

#[test]
fn another_type_from_the_environment_takes_the_place_of_the_files_whole_section() {
    let text = format!("{MINIMAL}\nonline_store: {{type: sqlite, path: data/online.db}}\n");
    let config = with(
        &text,
        &[
            ("SALVER__ONLINE_STORE__TYPE", "redis"),
            ("SALVER__ONLINE_STORE__CONNECTION_STRING", "r:1"),
        ],
    );
    assert!(matches!(config.online_store, OnlineStore::Redis(_)));
    let config = with(&text, &[("SALVER__ONLINE_STORE__TYPE", "sqlite")]);
    let OnlineStore::Sqlite(store) = config.online_store else {
        panic!("{:?}", config.online_store);
    };
    assert!(store.path.ends_with("data/online.db"), "{store:?}");
}

#[test]
fn every_key_can_come_from_the_environment() {
    let config = with(
        MINIMAL,
        &[
            ("SALVER__PROJECT", "12"),
            ("SALVER__REGISTRY__PATH", "gs://b/r.db"),
            (
                "salver__Registry__enable_online_feature_view_versioning",
                "yes",
            ),
            (
                "SALVER__REGISTRY__S3_ADDITIONAL_KWARGS",
                "{ServerSideEncryption: AES256}",
            ),
            ("SALVER__ONLINE_STORE", "redis"),
            (
                "SALVER__ONLINE_STORE__CONNECTION_STRING",
                "r:1,password=#a: b",
            ),
            ("SALVER__ONLINE_STORE__KEY_TTL_SECONDS", "5"),
            ("SALVER__SALVER__RESPONSE_LAYOUT", "rows"),
            ("SALVER__SALVER__LIMITS__MAX_ENTITIES", "7"),
            ("SALVER_BIN_DIR", "/not/ours"),
        ],
    );
    assert_eq!(config.project.as_str(), "12");
    assert_eq!(
        config.registry.location,
        RegistryLocation::Url("gs://b/r.db".into())
    );
    assert!(config.registry.online_feature_view_versioning);
    assert_eq!(config.registry.options["ServerSideEncryption"], "AES256");
    let store = redis(&config.online_store);
    assert_eq!(store.password.as_ref().unwrap().reveal(), "#a: b");
    assert_eq!(store.key_ttl_seconds, Some(5));
    assert_eq!(config.salver.response_layout, ResponseLayout::Rows);
    assert_eq!(config.salver.limits.max_entities, 7);
}

#[test]
fn a_registry_given_as_a_word_keeps_its_path_under_an_override() {
    let config = with(
        MINIMAL,
        &[(
            "SALVER__REGISTRY__ENABLE_ONLINE_FEATURE_VIEW_VERSIONING",
            "true",
        )],
    );
    assert_eq!(
        config.registry.location,
        RegistryLocation::Local(PathBuf::from("/repo/data/registry.db"))
    );
}

#[test]
fn the_whole_configuration_can_come_from_the_environment() {
    let config = with(
        "",
        &[("SALVER__PROJECT", "p"), ("SALVER__REGISTRY", "/r.db")],
    );
    assert_eq!(
        config.registry.location,
        RegistryLocation::Local(PathBuf::from("/r.db"))
    );
}

#[test]
fn a_variable_that_names_no_key_is_told() {
    insta::assert_snapshot!(told(
        MINIMAL,
        &[
            ("SALVER__ONLINE_STOER__PATH", "x"),
            ("SALVER__ONLINE_STORE__PAHT", "x"),
            ("SALVER__LIMITS__MAX_ENTITIES", "1"),
            ("SALVER__SALVER__LIMITS__MAX_ENTITIES", "many"),
            ("SALVER__PROJECT__NAME", "x"),
            ("SALVER__", "x"),
        ]
    ));
}

#[test]
fn the_gateway_does_not_need_the_write_credentials() {
    let text = format!(
        "{MINIMAL}online_store: {{type: redis, connection_string: 'r:1,password=${{READER}}'}}\nsalver: {{admin: {{online_store: {{connection_string: 'r:1,password=${{WRITER}}'}}}}}}\n"
    );
    let repo = Path::new("/repo");
    let reader = environment(&[("READER", "r")]);
    let gateway = parse_for(&text, repo, &reader, Reader::Gateway)
        .unwrap()
        .config;
    assert_eq!(
        redis(&gateway.admin_online_store)
            .password
            .as_ref()
            .unwrap()
            .reveal(),
        "r"
    );
    assert!(parse_for(&text, repo, &reader, Reader::Admin).is_err());

    let writer = environment(&[("WRITER", "w")]);
    let admin = parse_for(&text, repo, &writer, Reader::Admin)
        .unwrap()
        .config;
    assert_eq!(
        redis(&admin.admin_online_store)
            .password
            .as_ref()
            .unwrap()
            .reveal(),
        "w"
    );
    assert!(parse_for(&text, repo, &writer, Reader::Gateway).is_err());
}

#[test]
fn a_key_of_the_admins_store_must_fit_its_type() {
    let text = format!(
        "{MINIMAL}online_store: redis\nsalver:\n  admin:\n    online_store: {{path: x.db}}\n"
    );
    let told = told(&text, &[]);
    assert!(
        told.starts_with("/repo/feature_store.yaml:6: `path` is no key of a Redis `online_store`"),
        "{told}"
    );
}

#[test]
fn no_password_is_shown_by_debug() {
    let text =
        format!("{MINIMAL}online_store: {{type: redis, connection_string: 'r:1,password=hush'}}\n");
    assert!(!format!("{:?}", with(&text, &[])).contains("hush"));
}
