"""Records the bytes that the real Feast writes, as the JSON that feature-codec's tests compare with.

    python tests/feast/record_golden.py > crates/feature-codec/tests/golden.json

The same Feast always prints the same text. Every value is told twice: as the bytes that Feast's protobuf
makes, and as a description made from the message by reflection (numbers as text, floats as their bits).
"""

import datetime
import decimal
import json
import struct
import uuid
import warnings
import zoneinfo

import feast
from feast.infra.key_encoding_utils import deserialize_entity_key, serialize_entity_key
from feast.infra.online_stores.helpers import _mmh3, _redis_key, extract_text_and_num
from feast.protos.feast.types.EntityKey_pb2 import EntityKey
from feast.protos.feast.types.Value_pb2 import (
    BoolList,
    BoolSet,
    BytesList,
    BytesSet,
    DoubleList,
    DoubleSet,
    FloatList,
    FloatSet,
    Int32List,
    Int32Set,
    Int64List,
    Int64Set,
    Map,
    MapKey,
    MapList,
    RepeatedValue,
    ScalarMap,
    ScalarMapEntry,
    StringList,
    StringSet,
    Value,
    ZonedTimestamp,
)
from feast.type_map import python_values_to_proto_values
from feast.value_type import ValueType
from google.protobuf.timestamp_pb2 import Timestamp

UTC = datetime.timezone.utc
NAN, INF = float("nan"), float("inf")
I32_MIN, I32_MAX = -(2**31), 2**31 - 1
I64_MIN, I64_MAX = -(2**63), 2**63 - 1


def scalar(value):
    """A scalar of a message as JSON that loses nothing."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, bool) or isinstance(value, str):
        return value
    return str(value)


def float_bits(field, value):
    kind = field.split("_")[0]
    return struct.pack(">f" if kind == "float" else ">d", value).hex()


def describe_scalar(field, value):
    is_float = field.startswith(("float", "double"))
    return float_bits(field, value) if is_float else scalar(value)


def describe(value):
    """`{"int64_val": "5"}`, `{"list_val": [..]}`; null is None."""
    field = value.WhichOneof("val")
    if field is None or field == "null_val":
        return None
    inner = getattr(value, field)
    if field in ("map_val", "struct_val"):
        told = describe_map(inner)
    elif field in ("map_list_val", "struct_list_val"):
        told = [describe_map(one) for one in inner.val]
    elif field in ("list_val", "set_val"):
        told = [describe(one) for one in inner.val]
    elif field == "scalar_map_val":
        told = [[describe_key(one.key), describe(one.value)] for one in inner.val]
    elif field == "zoned_timestamp_val":
        told = [str(inner.unix_timestamp), inner.zone]
    elif field.endswith(("_list_val", "_set_val")):
        told = [describe_scalar(field, one) for one in inner.val]
    else:
        told = describe_scalar(field, inner)
    return {field: told}


def describe_map(message):
    return {key: describe(message.val[key]) for key in sorted(message.val)}


def describe_key(key):
    field = key.WhichOneof("key")
    return None if field is None else {field: describe_scalar(field, getattr(key, field))}


def a_map(**values):
    message = Map()
    for key, value in values.items():
        message.val[key].CopyFrom(value)
    return message


def scalar_values():
    yield from (Value(bytes_val=v) for v in (b"", b"\x00\xff", b"x" * 200))
    yield from (Value(string_val=v) for v in ("", "x", "aé\u4e2d\U0001f600", "y" * 128))
    yield from (Value(int32_val=v) for v in (0, 1, -1, 127, 128, I32_MIN, I32_MAX))
    yield from (Value(int64_val=v) for v in (0, 1, -1, 2**53 + 1, I64_MIN, I64_MAX))
    doubles = (0.0, -0.0, 0.1, 1.0, -1.5, 1e-5, 1e-4, 1e15, 1e16, 1.5e300, 5e-324, NAN, INF, -INF)
    yield from (Value(double_val=v) for v in doubles)
    floats = (0.0, -0.0, 0.1, 1.0, 16777216.0, 1e-30, 3.4028234663852886e38, NAN, INF, -INF)
    yield from (Value(float_val=v) for v in floats)
    yield from (Value(bool_val=v) for v in (False, True))
    yield from (Value(unix_timestamp_val=v) for v in (0, 1700000000, -1, I64_MIN, I64_MAX))
    yield from (Value(json_val=v) for v in ("", "null", '{"a": [1, 2.5, "é"]}'))
    yield from (Value(uuid_val=v) for v in ("", str(uuid.UUID(int=1))))
    yield from (Value(time_uuid_val=v) for v in ("", str(uuid.UUID(int=2))))
    yield from (Value(decimal_val=v) for v in ("", "-12.3400", "1E+400"))
    for seconds, zone in ((0, ""), (1700000000, "Europe/Berlin"), (-1, "UTC+05:30")):
        yield Value(zoned_timestamp_val=ZonedTimestamp(unix_timestamp=seconds, zone=zone))


def collection_values():
    strings = [[], [""], ["a", "", "é"]]
    lists = {
        "bytes": (BytesList, BytesSet, [[], [b""], [b"\x00", b"", b"z" * 130]]),
        "string": (StringList, StringSet, strings),
        "int32": (Int32List, Int32Set, [[], [0], [1, -1, I32_MIN, I32_MAX]]),
        "int64": (Int64List, Int64Set, [[], [0], [1, -1, I64_MIN, I64_MAX], list(range(300))]),
        "double": (DoubleList, DoubleSet, [[], [0.0], [0.1, -0.0, NAN, INF]]),
        "float": (FloatList, FloatSet, [[], [0.0], [0.1, -0.0, NAN, -INF], [0.5] * 64]),
        "bool": (BoolList, BoolSet, [[], [False], [True, False, True]]),
        "unix_timestamp": (Int64List, Int64Set, [[], [0], [1700000000, -1]]),
        "json": (StringList, None, [[], ['{"a":1}', "null"]]),
        "uuid": (StringList, StringSet, strings),
        "time_uuid": (StringList, StringSet, strings),
        "decimal": (StringList, StringSet, [[], ["1.50", "-0"]]),
    }
    for name, (list_type, set_type, samples) in lists.items():
        for sample in samples:
            yield Value(**{f"{name}_list_val": list_type(val=sample)})
            if set_type is not None:
                yield Value(**{f"{name}_set_val": set_type(val=sample)})


def nested(depth):
    value = Value(int64_val=1)
    for _ in range(depth):
        value = Value(list_val=RepeatedValue(val=[value]))
    return value


def map_values():
    empty = Value()
    one = a_map(b=Value(int64_val=0), a=empty, long=Value(string_val="v" * 200))
    no_key = Map()
    no_key.val[""].CopyFrom(Value(bool_val=False))
    deep = a_map(inner=Value(map_val=one), list=Value(map_list_val=MapList(val=[one, Map()])))
    for field in ("map_val", "struct_val"):
        yield from (Value(**{field: message}) for message in (Map(), one, no_key, deep))
    for field in ("map_list_val", "struct_list_val"):
        yield from (Value(**{field: MapList(val=val)}) for val in ([], [Map()], [one, deep]))
    for field in ("list_val", "set_val"):
        samples = ([], [empty], [Value(int64_list_val=Int64List(val=[1])), empty, nested(3)])
        yield from (Value(**{field: RepeatedValue(val=val)}) for val in samples)
    yield nested(50)
    keys = [
        MapKey(int32_key=-1),
        MapKey(int64_key=0),
        MapKey(float_key=0.1),
        MapKey(double_key=-0.0),
        MapKey(bool_key=False),
        MapKey(unix_timestamp_key=1700000000),
        MapKey(bytes_key=b"\x00"),
        MapKey(uuid_key=str(uuid.UUID(int=3))),
        MapKey(time_uuid_key=""),
        MapKey(decimal_key="1.0"),
    ]
    entries = [ScalarMapEntry(key=key, value=Value(string_val="v")) for key in keys]
    entries.append(ScalarMapEntry(key=MapKey(int64_key=1), value=empty))
    entries.append(ScalarMapEntry(value=Value(map_val=one)))
    yield Value(scalar_map_val=ScalarMap())
    yield Value(scalar_map_val=ScalarMap(val=entries))
    yield empty


def converted_values():
    """What Feast's own conversion makes of Python values: the way in which data gets into a store."""
    berlin = datetime.datetime(2026, 3, 29, 12, tzinfo=zoneinfo.ZoneInfo("Europe/Berlin"))
    cases = [
        (ValueType.INT64, [1, None, 2**53 + 1]),
        (ValueType.FLOAT, [0.1, None, 2.5]),
        (ValueType.DOUBLE, [0.1, None]),
        (ValueType.STRING, ["a", None, ""]),
        (ValueType.BYTES, [b"a", None]),
        (ValueType.BOOL, [True, False, None]),
        (ValueType.UNIX_TIMESTAMP, [datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)]),
        (ValueType.ZONED_TIMESTAMP, [berlin]),
        (ValueType.JSON, [{"a": [1, None]}, '{"b":2}']),
        (ValueType.UUID, [uuid.UUID(int=7)]),
        (ValueType.DECIMAL, [decimal.Decimal("12.50")]),
        (ValueType.STRUCT, [{"name": "n", "count": 1, "none": None, "list": [1, 2]}]),
        (ValueType.MAP, [{"k": {"deeper": [True, False]}, "maps": [{"a": 1.5}, {}]}]),
        (ValueType.MAP_LIST, [[{"a": 1}, {}]]),
        (ValueType.STRUCT_LIST, [[{"a": "x"}]]),
        (ValueType.SCALAR_MAP, [{1: "one", 2: None, 3: {"x": 1}}]),
        (ValueType.VALUE_LIST, [[[1, 2], [], None, [[3.5], ["s"]]]]),
        (ValueType.VALUE_SET, [[[1, 2], [3]]]),
        (ValueType.INT64_LIST, [[1, 2], []]),
        (ValueType.FLOAT_LIST, [[0.1, 0.2]]),
        (ValueType.STRING_SET, [{"only"}]),
        (ValueType.UNIX_TIMESTAMP_LIST, [[datetime.datetime(2026, 1, 2, tzinfo=UTC)]]),
    ]
    for value_type, values in cases:
        yield from python_values_to_proto_values(values, value_type)


def golden_values():
    groups = (scalar_values(), collection_values(), map_values(), converted_values())
    for group in groups:
        for value in group:
            yield {
                "value": describe(value),
                "bytes": value.SerializeToString(deterministic=True).hex(),
                "text": extract_text_and_num(value, False)[0],
            }


def golden_entity_keys():
    cases = [
        {},
        {"__dummy_id": Value(string_val="")},
        {"driver_id": Value(int64_val=1001), "customer_id": Value(string_val="a")},
        {"b": Value(int32_val=1), "a": Value(int32_val=2), "a_": Value(int32_val=3), "B": Value(int32_val=4)},
        {"é": Value(string_val="é"), "z": Value(bytes_val=b"\x00"), "\U0001f600": Value(int64_val=0), "\uffee": Value(int64_val=1)},
    ]
    cases += [{"driver_id": Value(int64_val=v)} for v in (0, 1001, -1, I64_MIN, I64_MAX)]
    cases += [{"id": Value(int32_val=v)} for v in (0, 7, I32_MIN, I32_MAX)]
    cases += [{"s": Value(string_val=v)} for v in ("", "aé", "x" * 300)]
    cases += [{"b": Value(bytes_val=v)} for v in (b"", b"\x00\x01")]
    cases += [{"t": Value(unix_timestamp_val=v)} for v in (0, 1700000000, -1)]
    for case in cases:
        key = EntityKey(join_keys=list(case), entity_values=list(case.values()))
        yield {
            "keys": [[name, describe(value)] for name, value in case.items()],
            "v2": serialize_entity_key(key, 2).hex(),
            "v3": read_back(serialize_entity_key(key, 3)).hex(),
            "redis": _redis_key("prj", key, 3).hex(),
        }


def read_back(key):
    assert serialize_entity_key(deserialize_entity_key(key)) == key
    return key


def golden_timestamps():
    instants = [(0, 0), (0, 1), (1704067200, 0), (1704067200, 123456000), (-1, 999999999)]
    instants += [(-62135596800, 0), (253402300799, 999999999)]
    for seconds, nanos in instants:
        message = Timestamp(seconds=seconds, nanos=nanos)
        yield {"seconds": seconds, "nanos": nanos, "bytes": message.SerializeToString().hex()}


def golden_fields():
    names = [("driver_hourly_stats", name) for name in ("conv_rate", "acc_rate", "avg_daily_trips")]
    names += [("v", "f"), ("view_v2", "f"), ("", ""), ("é", "特徴"), ("a" * 100, "b" * 101)]
    for view, feature in names:
        yield {"view": view, "feature": feature, "bytes": _mmh3(f"{view}:{feature}").hex()}


def lines(name, items):
    body = ",\n".join(json.dumps(item) for item in items)
    return f'"{name}": [\n{body}\n]'


def main():
    warnings.simplefilter("ignore")
    parts = [
        f'"feast": {json.dumps(feast.__version__)}',
        lines("entity_keys", golden_entity_keys()),
        lines("fields", golden_fields()),
        lines("timestamps", golden_timestamps()),
        lines("values", golden_values()),
    ]
    print("{" + ",\n".join(parts) + "}")


if __name__ == "__main__":
    main()
