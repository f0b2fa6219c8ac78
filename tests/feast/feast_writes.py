"""Feast applies a random repository, writes random rows, and answers requests for them.

Standard input: `{"seed": 1}`; the current folder holds the `feature_store.yaml`. The last line of standard
output: `{"cases": [..]}`, each the body of a request, the reply of Feast's server to it, and for each
feature what is really stored for each row: `present`, `null`, `missing` or `expired`.
"""

import datetime
import json
import sys
import warnings

from feast import FeatureService, FeatureStore
from feast.feature_server_utils import convert_response_to_dict

from random_schema import RandomSchema, in_json, key_bytes, pb, stored_key

UTC = datetime.timezone.utc
TTL = datetime.timedelta(days=1)
ROWS = 12


class Rows:
    """What was written of one view: rows and their event times, by the bytes of their key."""

    def __init__(self, schema, view, now):
        self.view = view
        self.keys = distinct(schema.entity_key(view) for _ in range(ROWS))
        self.stored = {}
        for key in self.keys:
            values = {
                field.name: pb.Value() if schema.rng.random() < 0.2 else schema.values.value(field.dtype)
                for field in view.features
            }
            self.stored[key_bytes(key)] = (values, event_time(schema.rng, now))

    def batch(self):
        return [
            (stored_key(key), values, moment.replace(tzinfo=None), None)
            for key in self.keys
            for values, moment in [self.stored[key_bytes(key)]]
        ]

    def state(self, key, feature, now):
        row = self.stored.get(key_bytes(key))
        if row is None:
            return "missing"
        values, moment = row
        if self.view.ttl and now - moment > self.view.ttl:
            return "expired"
        return "null" if values[feature].WhichOneof("val") is None else "present"


def distinct(keys):
    return list({key_bytes(key): key for key in keys}.values())


def event_time(rng, now):
    """Recent, long past its ttl, before 1970, or the epoch itself; to the microsecond."""
    recent = now - datetime.timedelta(microseconds=rng.randrange(60 * 10**6, 3600 * 10**6))
    old = now - TTL - datetime.timedelta(seconds=rng.randrange(3600, 10**8))
    ancient = datetime.datetime(1955, 11, 5, 6, 15, tzinfo=UTC)
    return rng.choices([recent, old, ancient], weights=[6, 2, 1])[0]


def plain(value):
    """A key's value as the SDK takes it."""
    return getattr(value, value.WhichOneof("val"))


class Ask:
    """One request: what is asked of which rows, and under which names the answers come."""

    def __init__(self, tables, rows, features=None, service=None, renamed=None):
        self.tables = tables
        self.rows = rows
        self.features = features
        self.service = service
        # The join keys that the request names otherwise: `{join_key: name in the request}`.
        self.renamed = renamed or {}


def asks(schema, tables):
    """All features of each view; of several views at once; of a service."""
    for table in tables:
        yield Ask([table], asked_rows(schema, [table]), all_features([table]))
    several = [table for table in tables if schema.rng.random() < 0.6] or tables
    yield Ask(several, asked_rows(schema, several), all_features(several))
    first, second = tables[:2]
    [join_key] = schema.join_keys(first.view)
    rows = asked_rows(schema, [first, second])
    yield Ask([first, second], rows, service="service", renamed={join_key: "other_key"})


def all_features(tables):
    return [f"{table.view.name}:{field.name}" for table in tables for field in table.view.features]


def asked_rows(schema, tables):
    """Rows of keys: those that are stored in turn, three that are not, and one of them twice."""
    names = {name for table in tables for name in schema.join_keys(table.view)} or {first_key(schema)}
    known = {name: [] for name in sorted(names)}
    for table in tables:
        for key in table.keys:
            for name, value in key.items():
                known[name].append(value)
    widest = max(tables, key=lambda table: len(schema.join_keys(table.view)))
    rows = [
        {name: key.get(name) or some_key(schema, name, known[name]) for name in known}
        for key in widest.keys
    ]
    rows += [{name: some_key(schema, name, []) for name in known} for _ in range(3)]
    return [*rows, rows[0]]


def first_key(schema):
    """A view without entities needs a list to count its rows by: any join key that the project knows."""
    return next(iter(schema.key_types))


def some_key(schema, name, known):
    return schema.rng.choice(known) if known else schema.key_value(schema.key_types[name])


def case(schema, store, ask, now):
    full_names = ask.service is not None or schema.rng.random() < 0.5
    asked = {"features": ask.features} if ask.features else {"feature_service": ask.service}
    entities = {
        ask.renamed.get(name, name): [in_json(schema.key_types[name], row[name]) for row in ask.rows]
        for name in ask.rows[0]
    }
    reply = store.get_online_features(
        features=ask.features or store.get_feature_service(ask.service),
        entity_rows=[
            {ask.renamed.get(name, name): plain(value) for name, value in row.items()} for row in ask.rows
        ],
        full_feature_names=full_names,
    )
    reply = convert_response_to_dict(reply.proto)
    told = states(schema, ask, full_names, now)
    names = [name for name in reply["metadata"]["feature_names"] if name in told]
    return {
        "request": {**asked, "entities": entities, "full_feature_names": full_names},
        "reply": reply,
        "states": {name: told[name] for name in names},
    }


def states(schema, ask, full_names, now):
    """For each feature, by its name in the reply, how it is stored for each row."""
    told = {}
    for table in ask.tables:
        view = table.view
        prefix = "other_name" if ask.service and table is ask.tables[0] else view.name
        for field in view.features:
            name = f"{prefix}__{field.name}" if full_names else field.name
            keys = [{join_key: row[join_key] for join_key in schema.join_keys(view)} for row in ask.rows]
            told[name] = [table.state(key, field.name, now) for key in keys]
    return told


def service(schema):
    """Two projections: one view under another name and another key, one with some of its features."""
    first, second = schema.views[0], schema.views[1]
    [join_key] = schema.join_keys(first)
    other = first.with_name("other_name").with_join_key_map({join_key: "other_key"})
    some = [field.name for field in second.features][:3]
    return FeatureService(name="service", features=[other, second[some]])


def main():
    warnings.simplefilter("ignore")
    seed = json.load(sys.stdin)["seed"]
    now = datetime.datetime.now(UTC)
    schema = RandomSchema(seed, TTL)
    store = FeatureStore(repo_path=".")
    store.apply([*schema.entities, *schema.views])
    store.apply([service(schema)])
    tables = [Rows(schema, store.get_feature_view(view.name), now) for view in schema.views]
    for table in tables:
        store._get_provider().online_write_batch(store.config, table.view, table.batch(), None)
    print(json.dumps({"cases": [case(schema, store, ask, now) for ask in asks(schema, tables)]}))


if __name__ == "__main__":
    main()
