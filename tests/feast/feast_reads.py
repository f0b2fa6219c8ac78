"""Feast's SDK reads what `registry-admin` has materialized, and compares it with `expected.json`.

The current folder is one that `random_source.py` has filled. The last line of standard output is
`{"compared": 123, "differences": [".."]}`.
"""

import base64
import datetime
import json
import sys
import warnings

from feast import FeatureStore
from feast.protos.feast.types.Value_pb2 import Value
from feast.types import Bytes


def plain_key(dtype, told):
    return base64.b64decode(told) if dtype == Bytes else told


def comparable(value):
    """A value as text that is equal where the values are: the elements of a set have no order."""
    field = value.WhichOneof("val")
    if field and field.endswith("_set_val"):
        return field, sorted(repr(one) for one in getattr(value, field).val)
    return field, value.SerializeToString(deterministic=True)


def moment_of(timestamp):
    moment = datetime.datetime.fromtimestamp(timestamp.seconds, datetime.timezone.utc)
    return moment.replace(microsecond=timestamp.nanos // 1000).isoformat()


def compare_view(store, told):
    """Every value and event time of one view; yields None for what is equal, or the difference as text."""
    view = store.get_feature_view(told["view"])
    rows = told["rows"]
    types = {column.name: column.dtype for column in view.entity_columns}
    asked = [{name: plain_key(types[name], value) for name, value in row["key"].items()} for row in rows]
    if not any(asked):
        # A view without entities: the rows of the request are only counted.
        key = min(entity.join_key for entity in store.list_entities() if entity.value_type.name == "INT64")
        asked = [{key: 1} for _ in rows]
    features = [f"{view.name}:{field.name}" for field in view.features]
    reply = store.get_online_features(features=features, entity_rows=asked).proto
    columns = dict(zip(reply.metadata.feature_names.val, reply.results))
    for field in view.features:
        column = columns[field.name]
        for at, row in enumerate(rows):
            where = f"{view.name}:{field.name} ({field.dtype}) of {row['key']}"
            wanted = Value.FromString(bytes.fromhex(row["values"][field.name]))
            yield difference(where, wanted, column.values[at])
            yield time_difference(where, row["event_timestamp"], moment_of(column.event_timestamps[at]))


def difference(where, wanted, found):
    if comparable(wanted) == comparable(found):
        return None
    return f"{where}: expected {one_line(wanted)}, found {one_line(found)}"


def time_difference(where, wanted, found):
    return None if wanted == found else f"{where}: expected event time {wanted}, found {found}"


def one_line(message):
    return " ".join(str(message).split()) or "null"


def main():
    warnings.simplefilter("ignore")
    json.load(sys.stdin)
    with open("expected.json") as file:
        expected = json.load(file)
    store = FeatureStore(repo_path=".")
    results = [one for told in expected for one in compare_view(store, told)]
    differences = [one for one in results if one is not None]
    print(json.dumps({"compared": len(results), "differences": differences}))


if __name__ == "__main__":
    main()
