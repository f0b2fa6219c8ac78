"""Puts a field that nobody knows into every message of a registry, and finds it again.

in:  {"registry": path, "mark": true or false}
out: [[number, path of the message]] for each message that has the field

Each message gets field 9999 with a number of its own. Entries of maps get none: Feast's protobuf would
drop the whole entry.
"""

import itertools

from feast.protos.feast.core.Registry_pb2 import Registry
from google.protobuf.unknown_fields import UnknownFieldSet

from feast_json import read_input, write_output

FIELD = 9999


def messages(message, path=""):
    yield path, message
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        inner = f"{path}/{field.name}"
        if field.message_type.GetOptions().map_entry:
            if field.message_type.fields_by_name["value"].message_type is not None:
                for key in value:
                    yield from messages(value[key], inner)
        elif field.is_repeated:
            for element in value:
                yield from messages(element, inner)
        else:
            yield from messages(value, inner)


def varint(number):
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def mark(registry):
    for number, (_, message) in zip(itertools.count(1), list(messages(registry))):
        message.MergeFromString(varint(FIELD << 3) + varint(number))


def marks(registry):
    for path, message in messages(registry):
        for field in UnknownFieldSet(message):
            if field.field_number == FIELD:
                yield field.data, path


given = read_input()
registry = Registry()
with open(given["registry"], "rb") as file:
    registry.ParseFromString(file.read())
if given["mark"]:
    mark(registry)
    with open(given["registry"], "wb") as file:
        file.write(registry.SerializeToString())
write_output(sorted(marks(registry)))
