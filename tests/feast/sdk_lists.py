"""Opens the repository in the current folder with Feast's SDK and lists everything in it.

in:  {}
out: {kind: [names]}
"""

from feast import FeatureStore

from feast_json import read_input, write_output

read_input()
store = FeatureStore(repo_path=".")
write_output(
    {
        "entities": [it.name for it in store.list_entities()],
        "feature_views": [it.name for it in store.list_feature_views()],
        "on_demand_feature_views": [it.name for it in store.list_on_demand_feature_views()],
        "feature_services": [it.name for it in store.list_feature_services()],
        "data_sources": [it.name for it in store.list_data_sources()],
        "projects": [it.name for it in store.list_projects()],
    }
)
