"""What Feast's SDK answers.

in:  {"config": a feature_store.yaml as an object, or null for the one in the current folder,
      "requests": [{"features": [...] or "feature_service": name, "entities": {...},
                    "full_feature_names": false}]}
out: for each request {"values": {name: [...]}, "statuses": {name: [...]}, "attempts": n}
     or {"error": {"class", "message"}, "attempts": n}

`attempts` counts HTTP requests on the wire: the remote online store sends one again when it fails.
"""

import urllib3.connectionpool
from feast import FeatureStore, RepoConfig
from feast.protos.feast.serving.ServingService_pb2 import FieldStatus

from feast_json import read_input, write_output

attempts = 0
_original = urllib3.connectionpool.HTTPConnectionPool._make_request


def _counted(self, *args, **kwargs):
    global attempts
    attempts += 1
    return _original(self, *args, **kwargs)


def ask(store, request):
    if "feature_service" in request:
        features = store.get_feature_service(request["feature_service"])
    else:
        features = request["features"]
    response = store.get_online_features(
        features=features,
        entity_rows=request["entities"],
        full_feature_names=request.get("full_feature_names", False),
    )
    proto = response.proto
    statuses = {
        name: [FieldStatus.Name(status) for status in result.statuses]
        for name, result in zip(proto.metadata.feature_names.val, proto.results)
    }
    return {"values": response.to_dict(), "statuses": statuses}


def answer(store, request):
    global attempts
    attempts = 0
    try:
        reply = ask(store, request)
    except Exception as error:
        reply = {"error": {"class": type(error).__name__, "message": str(error)}}
    return {**reply, "attempts": attempts}


def main():
    urllib3.connectionpool.HTTPConnectionPool._make_request = _counted
    given = read_input()
    if given.get("config"):
        store = FeatureStore(config=RepoConfig(**given["config"]))
    else:
        store = FeatureStore(repo_path=".")
    write_output([answer(store, request) for request in given["requests"]])


main()
