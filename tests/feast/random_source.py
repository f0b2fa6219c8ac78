"""A random repository for `registry-admin`: definitions, Parquet files, and what has to come out of them.

Standard input: `{"seed": 1, "whole_seconds": false}`; the current folder holds the `feature_store.yaml`. Writes
`features/random.yaml`, `data/*.parquet` and `expected.json`; the last line of standard output is
`{"start": .., "end": ..}`, the interval to materialize.

What has to come out: of each key the row of the latest event time in the interval, then of the latest creation,
its values as Feast's `python_values_to_proto_values` converts Python's own values. (Feast's materialization sends
columns through numpy first, which has no integers beside nulls, and it raises on some types.)
"""

import datetime
import decimal
import json
import os
import sys
import warnings
import zoneinfo

import pyarrow as pa
import pyarrow.parquet
import yaml
from feast.type_map import python_values_to_proto_values
from feast.types import (
    Array,
    Bytes,
    Decimal,
    Float32,
    Float64,
    ImageBytes,
    Json,
    Map,
    PdfBytes,
    ScalarMap,
    Set,
    Struct,
    UnixTimestamp,
    ZonedTimestamp,
    from_feast_to_pyarrow_type,
)

from random_schema import RandomSchema, in_json, key_bytes

UTC = datetime.timezone.utc
BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")
MOMENT = pa.timestamp("us", tz="UTC")
KEYS = 10
ROWS_OF_A_KEY = 4


class Column:
    """A column of a file: its arrow type, and random Python values."""

    def __init__(self, values, dtype):
        self.values = values
        self.rng = values.rng
        self.dtype = dtype
        self.as_text = dtype == Map and self.rng.random() < 0.5 or dtype == Array(Map)
        self.decimals = self.rng.random() < 0.5
        self.arrow = self.arrow_type(dtype)

    def arrow_type(self, dtype):
        if dtype in (Bytes, PdfBytes, ImageBytes):
            return pa.binary()
        if dtype == Json or self.as_text:
            return pa.string()
        if dtype == Map:
            return pa.map_(pa.string(), pa.string())
        if dtype == ScalarMap:
            return pa.map_(pa.int64(), pa.string())
        if dtype == ZonedTimestamp:
            return pa.timestamp("us", tz=BERLIN.key)
        if dtype == Decimal and self.decimals:
            return pa.decimal128(20, 6)
        if isinstance(dtype, Struct):
            return pa.struct([(name, self.arrow_type(one)) for name, one in dtype.fields.items()])
        if isinstance(dtype, (Array, Set)):
            return pa.list_(self.arrow_type(dtype.base_type))
        return from_feast_to_pyarrow_type(dtype)

    def native(self, dtype=None):
        """A Python value of the type, as it stands in the file."""
        dtype = dtype or self.dtype
        values = self.values
        if isinstance(dtype, (Array, Set)):
            element = dtype.base_type
            return values.several(lambda: self.native(element))
        if isinstance(dtype, Struct):
            return {name: self.native(one) for name, one in dtype.fields.items()}
        if dtype == Map:
            return {values.text(): values.text() for _ in range(self.rng.randrange(4))}
        if dtype == ScalarMap:
            return {values.int64(): values.text() for _ in range(self.rng.randrange(4))}
        if dtype == ZonedTimestamp:
            return self.moment().astimezone(BERLIN)
        if dtype == UnixTimestamp:
            return self.moment()
        if dtype == Decimal:
            return decimal.Decimal(values.decimal())
        _, make = values.scalar(dtype)
        return make()

    def moment(self):
        seconds = self.rng.randrange(-(10**9), 2 * 10**9)
        micros = self.rng.randrange(10**6) if seconds > 0 else 0
        return datetime.datetime.fromtimestamp(seconds, UTC).replace(microsecond=micros)

    def in_file(self, value):
        if value is None or not self.as_text:
            return stored_decimals(value, self.decimals)
        return json.dumps(value)

    def expected(self, natives):
        """What Feast makes of the column. (Alone, an empty text would be a null to it.)"""
        return python_values_to_proto_values(natives, self.dtype.to_value_type())


def stored_decimals(value, as_decimals):
    """Decimals as text, where the column is one of text."""
    if isinstance(value, decimal.Decimal):
        return value if as_decimals else str(value)
    if isinstance(value, list):
        return [stored_decimals(one, as_decimals) for one in value]
    return value


class Table:
    """The rows of one view, as they stand in its file."""

    def __init__(self, schema, view, start, end):
        self.schema = schema
        self.view = view
        self.join_keys = schema.join_keys(view)
        self.columns = {field.name: Column(schema.values, field.dtype) for field in view.features}
        keys = {key_bytes(key): key for key in (schema.entity_key(view) for _ in range(KEYS))}
        self.rows = [
            self.row(key, moment)
            for key in keys.values()
            for moment in moments(schema.rng, start, end)
        ]
        schema.rng.shuffle(self.rows)
        for number, row in enumerate(self.rows):
            row["created"] = end + datetime.timedelta(seconds=number)

    def row(self, key, moment):
        rng = self.schema.rng
        natives = {
            name: None if rng.random() < 0.2 else column.native()
            for name, column in self.columns.items()
        }
        return {"key": key, "event_timestamp": moment, "values": natives, "expected": {}}

    def write(self, path):
        arrays = {
            name: pa.array([self.key_in_file(row, name) for row in self.rows], self.key_arrow(name))
            for name in self.join_keys
        }
        for name, column in self.columns.items():
            arrays[name] = pa.array([column.in_file(row["values"][name]) for row in self.rows], column.arrow)
        for name in ("event_timestamp", "created"):
            arrays[name] = pa.array([row[name] for row in self.rows], MOMENT)
        # Several row groups: the reader has to find the latest row across them.
        pa.parquet.write_table(pa.table(arrays), path, row_group_size=7)

    def key_arrow(self, name):
        dtype = self.join_keys[name]
        return pa.binary() if dtype == Bytes else from_feast_to_pyarrow_type(dtype)

    def key_in_file(self, row, name):
        value = row["key"][name]
        plain = getattr(value, value.WhichOneof("val"))
        if self.join_keys[name] == UnixTimestamp:
            return datetime.datetime.fromtimestamp(plain, UTC)
        return plain

    def expected(self, start, end, whole_seconds):
        for name, column in self.columns.items():
            for row, value in zip(self.rows, column.expected([row["values"][name] for row in self.rows])):
                row["expected"][name] = value.SerializeToString(deterministic=True).hex()
        latest = {}
        for row in self.rows:
            if start <= row["event_timestamp"] <= end:
                rank = (row["event_timestamp"], row["created"])
                known = latest.get(key_bytes(row["key"]))
                if known is None or rank > known[0]:
                    latest[key_bytes(row["key"])] = (rank, row)
        return [self.expected_row(row, whole_seconds) for _, row in latest.values()]

    def expected_row(self, row, whole_seconds):
        moment = row["event_timestamp"]
        moment = moment.replace(microsecond=0) if whole_seconds else moment
        return {
            "key": {name: in_json(self.join_keys[name], value) for name, value in row["key"].items()},
            "event_timestamp": moment.isoformat(),
            "values": row["expected"],
        }


def moments(rng, start, end):
    """Event times of one key's rows: within the interval, at its ends, twice the same, outside of it."""
    span = int((end - start).total_seconds() * 10**6)
    inside = [start + datetime.timedelta(microseconds=rng.randrange(span)) for _ in range(2)]
    outside = [start - datetime.timedelta(microseconds=1), end + datetime.timedelta(microseconds=1)]
    choices = [start, end, *inside, *inside, *outside]
    return rng.choices(choices, k=ROWS_OF_A_KEY)


def definitions(schema):
    """The definition file: what a person would write for this repository."""
    return {
        "entities": [
            {"name": one.name, "join_key": one.join_key, "value_type": str(schema.key_types[one.join_key])}
            for one in schema.entities
        ],
        "data_sources": [
            {
                "name": view.batch_source.name,
                "type": "file",
                "path": view.batch_source.path,
                "timestamp_field": "event_timestamp",
                "created_timestamp_column": "created",
            }
            for view in schema.views
        ],
        "feature_views": [feature_view(schema, view) for view in schema.views],
    }


def feature_view(schema, view):
    by_key = {entity.join_key: entity.name for entity in schema.entities}
    told = {
        "name": view.name,
        "entities": [by_key[name] for name in schema.join_keys(view)],
        "source": view.batch_source.name,
        "schema": [{"name": field.name, "type": str(field.dtype)} for field in view.features],
    }
    return {**told, "ttl": "1d"} if view.ttl else told


def main():
    warnings.simplefilter("ignore")
    given = json.load(sys.stdin)
    end = datetime.datetime.now(UTC).replace(microsecond=0) - datetime.timedelta(hours=1)
    start = end - datetime.timedelta(days=10)
    schema = RandomSchema(given["seed"], datetime.timedelta(days=1))
    expected = []
    os.makedirs("data", exist_ok=True)
    os.makedirs("features", exist_ok=True)
    for view in schema.views:
        table = Table(schema, view, start, end)
        table.write(view.batch_source.path)
        rows = table.expected(start, end, given["whole_seconds"])
        expected.append({"view": view.name, "rows": rows})
    with open("expected.json", "w") as file:
        json.dump(expected, file)
    with open("features/random.yaml", "w") as file:
        yaml.safe_dump(definitions(schema), file, sort_keys=False, allow_unicode=True)
    print(json.dumps({"start": start.isoformat(), "end": end.isoformat()}))


if __name__ == "__main__":
    main()
