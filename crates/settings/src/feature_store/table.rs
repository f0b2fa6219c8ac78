//! What `feature_store.yaml` may hold: Feast 0.67's keys, and Salver's under `salver`.

mod authentication;
mod cache;
mod plugins;

use super::feast_keys as feast;
use crate::shape::{Key, Kind, Shape, Variants};
use authentication::{AUDIT, AUTH, SALVER_AUTH};
use cache::CACHE;
use plugins::PLUGINS;

/// The whole file.
pub static FEATURE_STORE: Shape = Shape {
    name: "feature_store.yaml",
    doc: "Where one project's registry and online store are, and how Salver serves it.",
    keys: &[
        Key::new(
            "project",
            Kind::FeastText,
            "Name of the project in the registry: letters, digits, `_` and `-`.",
        )
        .required(),
        Key::new(
            "registry",
            Kind::Either(&Kind::FeastText, &Kind::Mapping(&REGISTRY)),
            "Where the registry document is: a path, an object-store URL, or a mapping.",
        )
        .required(),
        Key::new(
            "online_store",
            Kind::Either(&Kind::Text, &ONLINE_STORE),
            "Where feature values are kept for serving.",
        )
        .default("sqlite"),
        Key::new(
            "entity_key_serialization_version",
            Kind::Integer { min: 0 },
            "Layout of the keys in the online store: `3`, or `2` to read what an old Feast wrote.",
        )
        .default("3"),
        Key::new("auth", AUTH, "Whose tokens are taken.").default("no_auth"),
        Key::new(
            "salver",
            Kind::Mapping(&SALVER),
            "Everything that Feast has no key for.",
        ),
        Key::new("provider", Kind::Text, "Feast's cloud provider.").feast(&["local"]),
        Key::new("project_description", Kind::Text, "For people.").feast(&[]),
        Key::new(
            "offline_store",
            Kind::FeastTyped(&feast::OFFLINE_STORES),
            "Where Feast reads training data; Salver reads the files of each data source itself.",
        )
        .feast(&["file", "dask", "duckdb"]),
        Key::new(
            "batch_engine",
            Kind::FeastTyped(&feast::BATCH_ENGINES),
            "What Feast materializes with.",
        )
        .feast(&["local"]),
        Key::new(
            "batch_engine_config",
            Kind::FeastTyped(&feast::BATCH_ENGINES),
            "Another name for `batch_engine`.",
        )
        .feast(&["local"]),
        Key::new(
            "feature_server",
            Kind::FeastKeys(feast::FEATURE_SERVER),
            "Feast's own HTTP server; Salver's is set up under `salver`.",
        )
        .feast(&[]),
        Key::new(
            "embedding_model",
            Kind::FeastKeys(feast::EMBEDDING_MODEL),
            "Model for Feast's vector search.",
        )
        .feast(&[]),
        Key::new("flags", Kind::Any, "Deprecated by Feast.").feast(&[]),
        Key::new("repo_path", Kind::Text, "Feast fills this in itself.").feast(&[]),
        Key::new(
            "coerce_tz_aware",
            Kind::Bool,
            "Time zones of training data.",
        )
        .feast(&["true"]),
        Key::new(
            "materialization",
            Kind::FeastKeys(feast::MATERIALIZATION),
            "How `feast materialize` writes.",
        )
        .feast(&[]),
        Key::new(
            "materialization_config",
            Kind::FeastKeys(feast::MATERIALIZATION),
            "Another name for `materialization`.",
        )
        .feast(&[]),
        Key::new(
            "openlineage",
            Kind::FeastKeys(feast::OPENLINEAGE),
            "Lineage events of Feast.",
        )
        .feast(&[]),
        Key::new(
            "openlineage_config",
            Kind::FeastKeys(feast::OPENLINEAGE),
            "Another name for `openlineage`.",
        )
        .feast(&[]),
        Key::new(
            "mlflow",
            Kind::FeastKeys(feast::MLFLOW),
            "Experiment tracking of Feast.",
        )
        .feast(&[]),
        Key::new(
            "mlflow_config",
            Kind::FeastKeys(feast::MLFLOW),
            "Another name for `mlflow`.",
        )
        .feast(&[]),
        Key::new(
            "data_quality_monitoring",
            Kind::FeastKeys(feast::DATA_QUALITY_MONITORING),
            "Baselines that `feast apply` computes.",
        )
        .feast(&[]),
        Key::new(
            "data_quality_monitoring_config",
            Kind::FeastKeys(feast::DATA_QUALITY_MONITORING),
            "Another name for `data_quality_monitoring`.",
        )
        .feast(&[]),
    ],
};

static REGISTRY: Shape = Shape {
    name: "`registry`",
    doc: "Where the registry document is.",
    keys: &[
        Key::new(
            "path",
            Kind::FeastText,
            "A path (relative to the feature repository), or a URL such as `s3://bucket/registry.db`.",
        )
        .required(),
        Key::new("registry_type", Kind::Text, "Only `file`: one document at `path`.").default("file"),
        Key::new(
            "s3_additional_kwargs",
            Kind::TextMap,
            "Arguments that go with each write to S3.",
        ),
        Key::new(
            "enable_online_feature_view_versioning",
            Kind::Bool,
            "Whether names of views carry their version in the online store (`view_v2`).",
        )
        .default("false"),
        Key::new("registry_store_type", Kind::Text, "A Python class of Feast.").feast(&[]),
        Key::new(
            "cache_ttl_seconds",
            Kind::Integer { min: 0 },
            "How long Feast keeps its copy; Salver polls every `salver.registry_poll`.",
        )
        .feast(&["600"]),
        Key::new("cache_mode", Kind::Text, "How Feast renews its copy.").feast(&["sync"]),
        Key::new("purge_feast_metadata", Kind::Bool, "For SQL registries.").feast(&["false"]),
        Key::new(
            "serve_features_while_materializing",
            Kind::Bool,
            "Salver always does.",
        )
        .feast(&["true"]),
        Key::new("mcp", Kind::FeastKeys(feast::REGISTRY_MCP), "Feast's registry server.").feast(&[]),
    ],
};

const ONLINE_STORE: Kind = Kind::Variants(&Variants {
    name: "`online_store`",
    default: Some("sqlite"),
    shapes: &[("sqlite", &SQLITE), ("redis", &REDIS)],
});

/// Feast takes the class's name for the type, too.
pub(super) const SQLITE_CLASS: &str = "feast.infra.online_stores.sqlite.SqliteOnlineStore";

static SQLITE: Shape = Shape {
    name: "a SQLite `online_store`",
    doc: "A database file beside the program.",
    keys: &[
        Key::new("type", Kind::OneOf(&["sqlite", SQLITE_CLASS]), "`sqlite`.").default("sqlite"),
        Key::new(
            "path",
            Kind::FeastText,
            "The database file, relative to the feature repository.",
        )
        .default("data/online.db"),
        Key::new("vector_enabled", Kind::Bool, "Feast's vector search.").feast(&["false"]),
        Key::new("similarity", Kind::Text, "Feast's vector search.").feast(&["cosine"]),
        Key::new("text_search_enabled", Kind::Bool, "Feast's text search.").feast(&["false"]),
        Key::new(
            "enable_openai_compatible_store",
            Kind::Bool,
            "Feast's vector search.",
        )
        .feast(&["false"]),
    ],
};

static REDIS: Shape = Shape {
    name: "a Redis `online_store`",
    doc: "A Redis server.",
    keys: &[
        Key::new("type", Kind::OneOf(&["redis"]), "`redis`.").required(),
        Key::new(
            "connection_string",
            Kind::SecretText,
            "`host:port`, then settings: `redis.example.com:6379,ssl=true,password=...`.",
        )
        .default("localhost:6379"),
        Key::new(
            "redis_type",
            Kind::OneOf(&["redis", "redis_cluster", "redis_sentinel"]),
            "`redis`: one server. `redis_cluster`: Redis Cluster.",
        )
        .default("redis"),
        Key::new(
            "key_ttl_seconds",
            Kind::Integer { min: 0 },
            "A whole entity expires so many seconds after it was written last; `0` is never.",
        )
        .default("0"),
        Key::new(
            "client",
            Kind::OneOf(&["redis", "glide"]),
            "Feast's Python client.",
        )
        .feast(&["redis"]),
        Key::new("sentinel_master", Kind::Text, "For `redis_sentinel`.").feast(&["mymaster"]),
        Key::new(
            "full_scan_for_deletion",
            Kind::Bool,
            "Whether Feast looks for the keys of a deleted view; Salver always does.",
        )
        .feast(&["true"]),
        Key::new(
            "skip_dedup",
            Kind::Bool,
            "Whether Feast writes without looking; Salver never replaces a newer row.",
        )
        .feast(&["false"]),
    ],
};

static SALVER: Shape = Shape {
    name: "`salver`",
    doc: "Everything that Feast has no key for.",
    keys: &[
        Key::new(
            "response_layout",
            Kind::OneOf(&["columns", "rows"]),
            "One `results` item of an answer for each feature (`columns`) or for each entity row (`rows`).",
        )
        .default("columns"),
        Key::new(
            "non_finite",
            Kind::OneOf(&["null", "string"]),
            "NaN and infinities in an answer: `null`, or Feast's strings.",
        )
        .default("null"),
        Key::new(
            "registry_poll",
            Kind::Duration,
            "How often the gateway looks for a new registry.",
        )
        .default("5s"),
        Key::new(
            "sqlite_timezone",
            Kind::Text,
            "Time zone of the machine on which Feast writes the SQLite store: Feast keeps local time there.",
        )
        .default("UTC"),
        Key::new(
            "redis_read_from",
            Kind::OneOf(&["master", "replica_preferred"]),
            "Which servers of a Redis Cluster tell the gateway rows.",
        )
        .default("master"),
        Key::new(
            "default_project",
            Kind::Text,
            "Where one gateway serves several projects, the one of requests that name none.",
        ),
        Key::new(
            "require_read_only",
            Kind::Bool,
            "Whether the gateway refuses to serve the project where `gateway doctor` finds that it could write.",
        )
        .default("false"),
        Key::new("admin", Kind::Mapping(&ADMIN), "What `registry-admin` alone reads."),
        Key::new("auth", Kind::Mapping(&SALVER_AUTH), "Who is asking, as far as Feast has no key for it."),
        Key::new("audit", Kind::Mapping(&AUDIT), "Log lines that tell who was denied what."),
        Key::new("cache", Kind::Mapping(&CACHE), "What the gateway keeps of the rows that it reads; nothing where absent."),
        Key::new("limits", Kind::Mapping(&LIMITS), "What one gateway takes on."),
        Key::new("log", Kind::Mapping(&LOG), "Log lines of the gateway."),
        Key::new("metrics", Kind::Mapping(&METRICS), "Where metrics are served."),
        Key::new("plugins", Kind::Mapping(&PLUGINS), "How plugins of on-demand feature views are run."),
    ],
};

static ADMIN: Shape = Shape {
    name: "`salver.admin`",
    doc: "What `registry-admin` alone reads, so that the gateway never sees write credentials.",
    keys: &[Key::new(
        "online_store",
        Kind::Mapping(&ADMIN_ONLINE_STORE),
        "Keys of `online_store` that are different for `registry-admin`.",
    )],
};

static ADMIN_ONLINE_STORE: Shape = Shape {
    name: "`salver.admin.online_store`",
    doc: "Keys that take the place of those in `online_store`.",
    keys: &[
        Key::new("path", Kind::FeastText, "SQLite: the database file."),
        Key::new(
            "connection_string",
            Kind::SecretText,
            "Redis: with the user that may write.",
        ),
        Key::new(
            "key_ttl_seconds",
            Kind::Integer { min: 0 },
            "Redis: see `online_store`.",
        ),
    ],
};

static LIMITS: Shape = Shape {
    name: "`salver.limits`",
    doc: "What one gateway takes on.",
    keys: &[
        Key::new(
            "max_body_bytes",
            Kind::Integer { min: 1 },
            "Longest request body, in bytes.",
        )
        .default("1048576"),
        Key::new(
            "max_entities",
            Kind::Integer { min: 1 },
            "Most entity rows in one request.",
        )
        .default("10000"),
        Key::new(
            "max_values",
            Kind::Integer { min: 1 },
            "Most values (entity rows times features) in one answer.",
        )
        .default("1000000"),
        Key::new(
            "max_concurrent_requests",
            Kind::Integer { min: 1 },
            "Requests that are worked on at once.",
        )
        .default("1024"),
        Key::new(
            "max_queue_time",
            Kind::Duration,
            "While more requests arrive than can be answered, longest wait of one for its turn.",
        )
        .default("3ms"),
        Key::new(
            "max_unsent_bytes",
            Kind::Size,
            "Memory of answers that clients have not taken yet, such as `64MiB`.",
        )
        .default("256MiB"),
        Key::new(
            "max_connections",
            Kind::Integer { min: 1 },
            "Connections that are open at once.",
        )
        .default("4096"),
        Key::new(
            "request_timeout",
            Kind::Duration,
            "Longest time from a request's head to its answer.",
        )
        .default("10s"),
        Key::new(
            "header_read_timeout",
            Kind::Duration,
            "Longest time in which a request's head must arrive.",
        )
        .default("10s"),
        Key::new(
            "idle_timeout",
            Kind::Duration,
            "A connection without a request is closed after this long.",
        )
        .default("75s"),
        Key::new(
            "drain_delay",
            Kind::Ttl,
            "After SIGTERM, how long new connections are still taken while `/ready` says 503; `0` is not at all.",
        )
        .default("2s"),
        Key::new(
            "drain_timeout",
            Kind::Duration,
            "After `drain_delay`, longest wait for what was accepted.",
        )
        .default("30s"),
    ],
};

static LOG: Shape = Shape {
    name: "`salver.log`",
    doc: "Log lines of the gateway.",
    keys: &[
        Key::new("format", Kind::OneOf(&["text", "json"]), "For people, or one JSON object a line.").default("text"),
        Key::new(
            "level",
            Kind::Text,
            "`off`, `error`, `warn`, `info`, `debug` or `trace`, or one for each module: `gateway=debug,info`.",
        )
        .default("info"),
    ],
};

static METRICS: Shape = Shape {
    name: "`salver.metrics`",
    doc: "Where metrics are served.",
    keys: &[Key::new(
        "address",
        Kind::Text,
        "Address and port of a listener of its own, such as `0.0.0.0:9090`; on the serving port where absent.",
    )],
};
