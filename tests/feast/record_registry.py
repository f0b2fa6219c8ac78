"""Records registry documents that the real Feast writes, as fixtures for feature-codec's tests.

    python tests/feast/record_registry.py crates/feature-codec/tests/registry

Three documents come out: `drivers.pb`, which `feast apply` makes of the definitions that
`crates/feature-codec/tests/registry/drivers.rs` makes of the same things; `everything.pb`, which holds
one of each kind of object that Feast 0.67 has, in two projects, after a materialization; and `permissions.pb`,
which holds a permission of each kind of policy.
"""

import datetime
import pathlib
import shutil
import sys
import tempfile
import warnings

warnings.simplefilter("ignore")

import pandas as pd
from feast import (
    Entity,
    FeatureService,
    FeatureStore,
    FeatureView,
    Field,
    FileSource,
    KafkaSource,
    PushSource,
    RequestSource,
    StreamFeatureView,
    ValueType,
)
from feast.data_format import JsonFormat, ParquetFormat
from feast.infra.offline_stores.file_source import SavedDatasetFileStorage
from feast.labeling.label_view import LabelView
from feast.on_demand_feature_view import on_demand_feature_view
from feast.permissions.action import AuthzedAction
from feast.permissions.permission import Permission
from feast.permissions.policy import (
    AllowAll,
    CombinedGroupNamespacePolicy,
    GroupBasedPolicy,
    NamespaceBasedPolicy,
    RoleBasedPolicy,
)
from feast.saved_dataset import SavedDataset
from feast.types import Array, Float32, Float64, Int64, Set, String, Struct, UnixTimestamp

NOW = datetime.datetime(2026, 3, 1, tzinfo=datetime.timezone.utc)

CONFIG = """
project: {project}
registry: registry.db
provider: local
online_store: {{type: sqlite, path: online.db}}
offline_store: {{type: file}}
entity_key_serialization_version: 3
"""


def write_sources(folder: pathlib.Path) -> None:
    (folder / "data").mkdir()
    frame = pd.DataFrame(
        {
            "driver_id": [1001, 1002],
            "event_timestamp": pd.to_datetime([NOW, NOW]),
            "created": pd.to_datetime([NOW, NOW]),
            "conv_rate": pd.Series([0.5, 0.25], dtype="float32"),
            "acc_rate": pd.Series([0.1, 0.2], dtype="float32"),
            "trips": [10, 20],
        }
    )
    frame.to_parquet(folder / "data" / "stats.parquet")


def drivers():
    driver = Entity(
        name="driver",
        join_keys=["driver_id"],
        value_type=ValueType.INT64,
        description="a person who drives",
        tags={"team": "rides"},
        owner="ann@example.org",
    )
    stats_source = FileSource(
        name="stats_source",
        path="data/stats.parquet",
        timestamp_field="event_timestamp",
        created_timestamp_column="created",
        field_mapping={"trips": "avg_daily_trips"},
        description="hourly statistics",
        tags={"team": "rides"},
        owner="bob@example.org",
    )
    push = PushSource(name="stats_push", batch_source=stats_source)
    request = RequestSource(
        name="vals_to_add",
        schema=[Field(name="val_to_add", dtype=Int64), Field(name="val_to_add_2", dtype=Int64)],
    )
    schema = [
        Field(name="conv_rate", dtype=Float32, description="of offers", tags={"unit": "share"}),
        Field(name="acc_rate", dtype=Float32),
        Field(name="avg_daily_trips", dtype=Int64),
    ]
    stats = FeatureView(
        name="driver_hourly_stats",
        entities=[driver],
        ttl=datetime.timedelta(days=1),
        schema=schema,
        source=stats_source,
        online=True,
        tags={"team": "rides"},
        description="by the hour",
        owner="ann@example.org",
    )
    fresh = FeatureView(
        name="driver_hourly_stats_fresh",
        entities=[driver],
        ttl=datetime.timedelta(days=1),
        schema=[
            *schema,
            Field(name="home", dtype=Struct({"city": String, "since": UnixTimestamp})),
            Field(name="routes", dtype=Array(Array(Int64))),
        ],
        source=push,
    )
    everywhere = FeatureView(
        name="global_stats",
        schema=[Field(name="trips", dtype=Int64)],
        source=FileSource(
            name="global_source", path="data/stats.parquet", timestamp_field="event_timestamp"
        ),
        online=False,
    )

    @on_demand_feature_view(
        sources=[stats, request],
        schema=[Field(name="conv_rate_plus_val1", dtype=Float64)],
        mode="python",
        description="adds",
    )
    def transformed_conv_rate(inputs):
        return {
            "conv_rate_plus_val1": [
                a + b for a, b in zip(inputs["conv_rate"], inputs["val_to_add"])
            ]
        }

    services = [
        FeatureService(
            name="driver_activity_v1",
            features=[stats[["conv_rate"]], transformed_conv_rate],
            tags={"model": "m1"},
            description="first",
            owner="ann@example.org",
        ),
        FeatureService(
            name="driver_activity_v2",
            features=[
                stats.with_name("stats").with_join_key_map({"driver_id": "who"}),
                fresh[["avg_daily_trips", "acc_rate"]],
                everywhere,
            ],
        ),
    ]
    return [driver, stats_source, push, request, stats, fresh, everywhere, transformed_conv_rate, *services]


def everything():
    objects = drivers()
    driver = objects[0]
    plain_source = FileSource(
        name="plain_source", path="data/stats.parquet", timestamp_field="event_timestamp"
    )
    kafka = KafkaSource(
        name="trips_kafka",
        kafka_bootstrap_servers="localhost:9092",
        topic="trips",
        timestamp_field="event_timestamp",
        batch_source=plain_source,
        message_format=JsonFormat(schema_json="driver_id integer"),
        watermark_delay_threshold=datetime.timedelta(minutes=5),
    )
    stream = StreamFeatureView(
        name="trips_stream",
        entities=[driver],
        ttl=datetime.timedelta(hours=2),
        schema=[Field(name="trips", dtype=Int64)],
        source=kafka,
        timestamp_field="event_timestamp",
    )
    labels = LabelView(
        name="driver_labels",
        entities=[driver],
        schema=[Field(name="is_good", dtype=String), Field(name="labeler", dtype=String)],
        source=PushSource(name="label_push", batch_source=plain_source),
        labeler_field="labeler",
    )
    embedding = FeatureView(
        name="embeddings",
        entities=[driver],
        schema=[
            Field(name="vector", dtype=Array(Float32), vector_index=True, vector_length=8, vector_search_metric="cosine"),
            Field(name="seen", dtype=Set(String)),
        ],
        source=FileSource(
            name="parquet_source",
            path="data/stats.parquet",
            timestamp_field="event_timestamp",
            file_format=ParquetFormat(),
        ),
    )
    readers = Permission(
        name="readers",
        types=[FeatureView],
        name_patterns=["driver.*"],
        policy=RoleBasedPolicy(roles=["reader"]),
        actions=[AuthzedAction.READ_ONLINE],
    )
    return [*objects, plain_source, kafka, stream, labels, embedding, readers]


def permissions():
    def of(name, policy, **rest):
        actions = rest.pop("actions", [AuthzedAction.DESCRIBE])
        return Permission(name=name, policy=policy, actions=actions, **rest)

    return [
        of(
            "by_role",
            RoleBasedPolicy(roles=["reader", "writer"]),
            types=[FeatureView, FeatureService],
            name_patterns=["driver_.*", "x{1,2}"],
            required_tags={"team": "rides"},
            actions=list(AuthzedAction),
            tags={"why": "test"},
        ),
        of("by_group", GroupBasedPolicy(groups=["rides"])),
        of("by_namespace", NamespaceBasedPolicy(namespaces=["prod"])),
        of("by_either", CombinedGroupNamespacePolicy(groups=["g"], namespaces=["n"])),
        # Feast writes this one, and fails to read it back: it is the last one.
        of("for_everybody", AllowAll),
    ]


def apply(folder: pathlib.Path, project: str, objects) -> FeatureStore:
    (folder / "feature_store.yaml").write_text(CONFIG.format(project=project))
    store = FeatureStore(repo_path=str(folder))
    store.apply(objects)
    return store


def record(target: pathlib.Path, make, materialized: bool) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        write_sources(folder)
        store = apply(folder, "rides", make())
        if materialized:
            store.materialize(NOW - datetime.timedelta(days=1), NOW, feature_views=["driver_hourly_stats"])
            dataset = SavedDataset(
                name="training",
                features=["driver_hourly_stats:conv_rate"],
                join_keys=["driver_id"],
                storage=SavedDatasetFileStorage(path="data/training.parquet"),
            )
            store.registry.apply_saved_dataset(dataset, "rides")
            apply(folder, "other", drivers())
        shutil.copyfile(folder / "registry.db", target)


def main() -> None:
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    record(folder / "drivers.pb", drivers, materialized=False)
    record(folder / "everything.pb", everything, materialized=True)
    record(folder / "permissions.pb", permissions, materialized=False)


if __name__ == "__main__":
    main()
