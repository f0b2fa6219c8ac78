"""Compares two online stores value by value.

Standard input: two stores, each `{"sqlite": FILE, "table": NAME}` or `{"redis": PORT, "db": NUMBER}`. The last line
of standard output is `{"compared": 123, "differences": [".."]}`.
"""

import json
import sqlite3
import sys

import redis
from feast.protos.feast.types.Value_pb2 import Value


def rows(store):
    """(key, field) -> bytes; times as text."""
    if "sqlite" in store:
        found = sqlite3.connect(store["sqlite"]).execute(
            f'select entity_key, feature_name, value, event_ts from "{store["table"]}"'
        )
        for key, name, value, event_ts in found:
            yield (bytes(key), name), value
            yield (bytes(key), f"_ts:{name}"), str(event_ts).encode()
        return
    client = redis.Redis(port=store["redis"], db=store["db"])
    for key in client.scan_iter(count=1000):
        for field, value in client.hgetall(key).items():
            yield (key, field), value


def comparable(field, stored):
    name = field if isinstance(field, str) else field.decode("latin-1")
    if name.startswith("_ts:"):
        return stored
    value = Value.FromString(stored)
    kind = value.WhichOneof("val")
    if kind and kind.endswith("_set_val"):
        return kind, sorted(repr(one) for one in getattr(value, kind).val)
    return kind, value.SerializeToString(deterministic=True)


def shown(stored):
    return "nothing" if stored is None else " ".join(str(Value.FromString(stored)).split()) or "null"


def main():
    one, other = (dict(rows(store)) for store in json.load(sys.stdin))
    differences = []
    for place in sorted(one.keys() | other.keys(), key=repr):
        left, right = one.get(place), other.get(place)
        if left is None or right is None or comparable(place[1], left) != comparable(place[1], right):
            differences.append(f"{place}: {shown(left)} and {shown(right)}")
    print(json.dumps({"compared": len(one), "differences": differences}))


if __name__ == "__main__":
    main()
