"""What pyarrow reads from a reply of the gateway, beside what the same request gets in JSON.

in:  {"url": the gateway's, "body": the request}
out: {"content_type", "fields": [[name, type], ...], "metadata": {...}, "columns": {name: [...]}, "json": the reply in JSON}
"""

import json
import urllib.request

import pyarrow

from feast_json import read_input, write_output

MEDIA_TYPE = "application/vnd.apache.arrow.stream"


def ask(given, accept):
    request = urllib.request.Request(
        given["url"] + "/get-online-features",
        data=json.dumps(given["body"]).encode(),
        headers={"Accept": accept, "Salver-Response-Layout": "columns"},
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request) as reply:
        return reply.headers["Content-Type"], reply.read()


def main():
    given = read_input()
    content_type, stream = ask(given, f"{MEDIA_TYPE}, application/json;q=0.5")
    _, text = ask(given, "*/*")
    table = pyarrow.ipc.open_stream(stream).read_all()
    metadata = table.schema.metadata or {}
    write_output(
        {
            "content_type": content_type,
            "fields": [[field.name, str(field.type)] for field in table.schema],
            "metadata": {key.decode(): value.decode() for key, value in metadata.items()},
            "columns": {name: table.column(name).to_pylist() for name in table.column_names},
            "json": json.loads(text),
        }
    )


main()
