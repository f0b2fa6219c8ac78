"""A Parquet file of many types, loaded into a store by Feast's own `materialize`.

Standard input: `{"seed": 1, "salver": SECTION, "feast": SECTION}`, the `online_store` sections of two
`feature_store.yaml`. The current folder becomes a repository for `registry-admin`, the folder `feast` below it one
for Feast, which is applied and materialized. The last line of standard output is `{"start": .., "end": ..}`.

Columns hold what Feast's way over pandas keeps whole: integers have no nulls beside them, and no two rows of an
entity have equal times, because Feast takes any of them then.
"""

import datetime
import json
import os
import random
import sys
import uuid
import warnings

import pyarrow as pa
import pyarrow.parquet
import yaml

UTC = datetime.timezone.utc
END = datetime.datetime(2026, 3, 1, tzinfo=UTC)
START = END - datetime.timedelta(days=10)
ROWS = 400

SETTINGS = "project: prj\nprovider: local\nregistry: data/registry.db\n{}entity_key_serialization_version: 3\n"


def columns(rng):
    """Name -> (declared type, arrow type, values)."""

    def some(make):
        return [make() for _ in range(ROWS)]

    def nullable(make):
        return [None if rng.random() < 0.3 else make() for _ in range(ROWS)]

    def text():
        return "".join(rng.choices('abc é"\\\n\u4e2d', k=rng.randrange(6)))

    def moment():
        # Feast rounds seconds before 1970 in two ways; see the unit tests of `offline-store` for those.
        return datetime.datetime.fromtimestamp(rng.randrange(10**9), UTC).replace(microsecond=rng.randrange(10**6))

    def several(make):
        return lambda: [make() for _ in range(rng.randrange(4))]

    def int64():
        return rng.randrange(-(2**63), 2**63)

    def int32():
        return rng.randrange(-(2**31), 2**31)

    return {
        "i64": ("Int64", pa.int64(), some(int64)),
        "i32": ("Int32", pa.int32(), some(int32)),
        "i8_as_i32": ("Int32", pa.int8(), some(lambda: rng.randrange(-128, 128))),
        "u32_as_i64": ("Int64", pa.uint32(), some(lambda: rng.randrange(2**32))),
        "i64_as_text": ("String", pa.int64(), some(int64)),
        "f64_as_i64": ("Int64", pa.float64(), nullable(lambda: float(rng.randrange(-(10**6), 10**6)))),
        "f64": ("Float64", pa.float64(), nullable(lambda: rng.choice([rng.uniform(-1e9, 1e9), float("inf"), float("nan"), 0.0, 1e-300]))),
        "f32": ("Float32", pa.float32(), nullable(lambda: rng.uniform(-1, 1))),
        "f64_as_f32": ("Float32", pa.float64(), nullable(lambda: rng.uniform(-1, 1))),
        "f64_as_text": ("String", pa.float64(), nullable(lambda: rng.choice([1.5, -0.25, 1e16, 1e-7, rng.random()]))),
        "flag": ("Bool", pa.bool_(), nullable(lambda: rng.random() < 0.5)),
        "flag_as_text": ("String", pa.bool_(), nullable(lambda: rng.random() < 0.5)),
        "name": ("String", pa.string(), nullable(text)),
        "large_name": ("String", pa.large_string(), nullable(text)),
        "data": ("Bytes", pa.binary(), nullable(lambda: rng.randbytes(rng.randrange(5)))),
        "at_us": ("UnixTimestamp", pa.timestamp("us", tz="UTC"), some(moment)),
        "at_ms": ("UnixTimestamp", pa.timestamp("ms"), some(lambda: moment().replace(microsecond=0, tzinfo=None))),
        "day": ("UnixTimestamp", pa.date32(), some(lambda: moment().date())),
        "day_as_text": ("String", pa.date32(), some(lambda: moment().date())),
        "uuid": ("Uuid", pa.string(), nullable(lambda: str(uuid.UUID(int=rng.getrandbits(128))))),
        "dec": ("Decimal", pa.decimal128(12, 3), nullable(lambda: __import__("decimal").Decimal(rng.randrange(10**9)).scaleb(-3))),
        "json": ("Json", pa.string(), nullable(lambda: rng.choice(['{"a": [1, null]}', "[]", '"é"', "17"]))),
        "map": ("Map", pa.string(), nullable(lambda: json.dumps({text(): rng.choice([1, 2.5, "x", True, None, [1, 2], {"in": 1}]) for _ in range(3)}))),
        "struct": ("Struct({a: String, b: Float64})", pa.struct([("a", pa.string()), ("b", pa.float64())]), nullable(lambda: {"a": text(), "b": rng.random()})),
        "ints": ("Array(Int64)", pa.list_(pa.int64()), nullable(several(int64))),
        "small_ints": ("Array(Int32)", pa.list_(pa.int16()), nullable(several(lambda: rng.randrange(100)))),
        "floats": ("Array(Float32)", pa.list_(pa.float32()), nullable(several(rng.random))),
        "doubles": ("Array(Float64)", pa.large_list(pa.float64()), nullable(several(lambda: rng.choice([None, rng.random()])))),
        "texts": ("Array(String)", pa.list_(pa.string()), nullable(several(lambda: rng.choice([None, text()])))),
        "flags": ("Array(Bool)", pa.list_(pa.bool_()), nullable(several(lambda: rng.choice([None, True, False])))),
        "moments": ("Array(UnixTimestamp)", pa.list_(pa.timestamp("us", tz="UTC")), nullable(several(moment))),
        "decimals": ("Array(Decimal)", pa.list_(pa.string()), nullable(several(lambda: str(rng.random())))),
        "int_set": ("Set(Int64)", pa.list_(pa.int64()), nullable(several(lambda: rng.randrange(3)))),
        "text_set": ("Set(String)", pa.list_(pa.string()), nullable(several(lambda: rng.choice("abc")))),
        "nested": ("Array(Array(Int32))", pa.list_(pa.list_(pa.int32())), nullable(several(several(int32)))),
        "nested_floats": ("Array(Array(Float32))", pa.list_(pa.list_(pa.float32())), nullable(several(several(rng.random)))),
    }


def write_source(rng):
    made = columns(rng)
    moments = rng.sample(range(-1000, 11 * 86_400), ROWS)
    arrays = {
        "city": pa.array([rng.choice("ab") for _ in range(ROWS)]),
        "id": pa.array([rng.randrange(40) for _ in range(ROWS)], pa.int64()),
        "at": pa.array([START + datetime.timedelta(seconds=one) for one in moments], pa.timestamp("us", tz="UTC")),
    }
    for name, (_, arrow, values) in made.items():
        arrays[f"raw_{name}" if name == "i64" else name] = pa.array(values, arrow)
    os.makedirs("data", exist_ok=True)
    pa.parquet.write_table(pa.table(arrays), "data/typed.parquet", row_group_size=150)
    return {name: declared for name, (declared, _, _) in made.items()}


def write_salvers(types, section):
    with open("feature_store.yaml", "w") as file:
        file.write(SETTINGS.format(section))
    os.makedirs("features", exist_ok=True)
    told = {
        "entities": [
            {"name": "id", "join_key": "id", "value_type": "Int64"},
            {"name": "city", "join_key": "city", "value_type": "String"},
        ],
        "data_sources": [
            {
                "name": "typed",
                "type": "file",
                "path": "data/typed.parquet",
                "timestamp_field": "at",
                "field_mapping": {"raw_i64": "i64"},
            }
        ],
        "feature_views": [
            {
                "name": "typed",
                "entities": ["id", "city"],
                "source": "typed",
                "schema": [{"name": name, "type": declared} for name, declared in types.items()],
            }
        ],
    }
    with open("features/typed.yaml", "w") as file:
        yaml.safe_dump(told, file, sort_keys=False, allow_unicode=True)


def load_with_feast(types, section):
    from feast import Entity, FeatureStore, FeatureView, Field, FileSource, ValueType
    from feast import types as feast_types

    names = {**vars(feast_types), "a": "a", "b": "b"}
    source = os.path.abspath("data/typed.parquet")
    os.makedirs("feast/data", exist_ok=True)
    with open("feast/feature_store.yaml", "w") as file:
        file.write(SETTINGS.format(section))
    store = FeatureStore(repo_path="feast")
    ident = Entity(name="id", join_keys=["id"], value_type=ValueType.INT64)
    city = Entity(name="city", join_keys=["city"], value_type=ValueType.STRING)
    view = FeatureView(
        name="typed",
        entities=[ident, city],
        schema=[
            Field(name="id", dtype=feast_types.Int64),
            Field(name="city", dtype=feast_types.String),
            *(Field(name=name, dtype=eval(declared, names)) for name, declared in types.items()),
        ],
        source=FileSource(name="typed", path=source, timestamp_field="at", field_mapping={"raw_i64": "i64"}),
    )
    store.apply([ident, city, view])
    store.materialize(START, END)


def main():
    warnings.simplefilter("ignore")
    given = json.load(sys.stdin)
    types = write_source(random.Random(given["seed"]))
    write_salvers(types, given["salver"])
    load_with_feast(types, given["feast"])
    print(json.dumps({"start": START.isoformat(), "end": END.isoformat()}))


if __name__ == "__main__":
    main()
