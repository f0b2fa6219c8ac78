"""Pushes rows by Feast's SDK into the store of the repository in the current folder.

in:  {"push_source": name, "rows": {column: [...]}}; columns named event_timestamp or created are dates
out: {}
"""

import pandas as pd
from feast import FeatureStore

from feast_json import read_input, write_output

given = read_input()
frame = pd.DataFrame(given["rows"])
for column in ("event_timestamp", "created"):
    if column in frame:
        frame[column] = pd.to_datetime(frame[column], utc=True)
FeatureStore(repo_path=".").push(given["push_source"], frame)
write_output({})
