"""JSON in on standard input, JSON out on the last line of standard output."""

import base64
import json
import sys
from datetime import datetime


def read_input():
    return json.load(sys.stdin)


def write_output(value):
    print(json.dumps(value, default=_plain))


def _plain(value):
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    if hasattr(value, "tolist"):
        return value.tolist()
    return str(value)
