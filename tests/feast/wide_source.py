"""A repository for `registry-admin` that takes a while to load.

Standard input: `{"rows": 60000, "entities": 20000, "features": 10}`. Writes `features/wide.yaml` and
`data/wide.parquet`, whose row `n` has the event time 2026-01-01 and `n` seconds.
"""

import json
import os
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import yaml


def main():
    given = json.load(sys.stdin)
    rows, rng = given["rows"], np.random.default_rng(1)
    first = np.datetime64("2026-01-01", "us").astype(np.int64)
    columns = {
        "id": pa.array(rng.integers(0, given["entities"], rows)),
        "at": pa.array(first + np.arange(rows) * 1_000_000).cast(pa.timestamp("us", tz="UTC")),
    }
    names = [f"f{index}" for index in range(given["features"])]
    columns.update({name: pa.array(rng.random(rows)) for name in names})
    os.makedirs("data", exist_ok=True)
    os.makedirs("features", exist_ok=True)
    pa.parquet.write_table(pa.table(columns), "data/wide.parquet", row_group_size=10_000)
    source = {"name": "wide", "type": "file", "path": "data/wide.parquet", "timestamp_field": "at"}
    schema = [{"name": name, "type": "Float64"} for name in names]
    told = {
        "entities": [{"name": "id", "join_key": "id", "value_type": "Int64"}],
        "data_sources": [source],
        "feature_views": [{"name": "wide", "entities": ["id"], "source": "wide", "schema": schema}],
    }
    with open("features/wide.yaml", "w") as file:
        yaml.safe_dump(told, file, sort_keys=False)
    print(json.dumps({}))


if __name__ == "__main__":
    main()
