"""The newest row of each entity in a Parquet file.

in:  {"path": ..., "key": column}
out: {key: {column: value}}, timestamps in ISO 8601
"""

import pandas as pd

from feast_json import read_input, write_output

given = read_input()
frame = pd.read_parquet(given["path"])
order = [name for name in ("event_timestamp", "created") if name in frame]
newest = frame.sort_values(order).groupby(given["key"]).tail(1)
write_output({str(row[given["key"]]): row for row in newest.to_dict("records")})
