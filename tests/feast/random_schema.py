"""Random entities, feature views and values: every type of Feast, from a seed.

The same seed makes the same repository. Values are `feast.types.Value` messages, so that nothing that the
stores can hold is out of reach of a conversion.
"""

import base64
import random
import string
import uuid

from feast import Entity, FeatureView, Field, FileSource
from feast.infra.key_encoding_utils import serialize_entity_key
from feast.protos.feast.types import Value_pb2 as pb
from feast.protos.feast.types.EntityKey_pb2 import EntityKey
from feast.types import (
    Array,
    Bool,
    Bytes,
    Decimal,
    Float32,
    Float64,
    ImageBytes,
    Int32,
    Int64,
    Json,
    Map,
    PdfBytes,
    ScalarMap,
    Set,
    String,
    Struct,
    TimeUuid,
    UnixTimestamp,
    Uuid,
    ZonedTimestamp,
)
from feast.value_type import ValueType

NUMBERS_AND_TEXTS = [Bytes, String, Int32, Int64, Float32, Float64, Bool, UnixTimestamp]
TEXT_LIKE = [Uuid, TimeUuid, Decimal]
TYPES = [
    *NUMBERS_AND_TEXTS,
    *TEXT_LIKE,
    PdfBytes,
    ImageBytes,
    Json,
    Map,
    ScalarMap,
    ZonedTimestamp,
    Struct({"name": String, "age": Int64}),
    *(Array(scalar) for scalar in (*NUMBERS_AND_TEXTS, *TEXT_LIKE, Json, Map)),
    *(Set(scalar) for scalar in (*NUMBERS_AND_TEXTS, *TEXT_LIKE)),
    Array(Struct({"name": String, "score": Float64})),
    Array(Array(Int64)),
    Array(Array(Array(String))),
    Array(Set(String)),
    Set(Array(Float64)),
]

NAN, INF = float("nan"), float("inf")
I32, I64 = 2**31, 2**63


class RandomValues:
    """Values of any type, the odd ones more often than chance would have them."""

    def __init__(self, rng):
        self.rng = rng

    def text(self):
        alphabet = string.ascii_letters + ' "\\/\n\t\x01éß\u4e2d\U0001f600'
        return "".join(self.rng.choices(alphabet, k=self.rng.randrange(12)))

    def data(self):
        return self.rng.randbytes(self.rng.choice([0, 1, 5, 200]))

    def int32(self):
        return self.rng.choice([0, 1, -1, I32 - 1, -I32, self.rng.randrange(-I32, I32)])

    def int64(self):
        return self.rng.choice([0, -1, 2**53 + 1, I64 - 1, -I64, self.rng.randrange(-I64, I64)])

    def float64(self):
        odd = [0.0, -0.0, 1e16, 1e-7, 5e-324, NAN, INF, -INF]
        return self.rng.choice([*odd, *(self.rng.uniform(-1e6, 1e6) for _ in range(8))])

    def float32(self):
        odd = [0.0, 0.1, 16777216.0, 3.4028234663852886e38, NAN, INF, -INF]
        return self.rng.choice([*odd, *(self.rng.uniform(-100, 100) for _ in range(8))])

    def seconds(self):
        return self.rng.choice([0, -1, -2208988800, self.rng.randrange(0, 2**31)])

    def uuid(self):
        return str(uuid.UUID(int=self.rng.getrandbits(128)))

    def decimal(self):
        return f"{self.rng.randrange(-(10**12), 10**12)}.{self.rng.randrange(10**6):06}"

    def json(self):
        return self.rng.choice(["null", "{}", '{"a": [1, 2.5, null], "é": "ü"}', '"text"', "17"])

    def several(self, make, least=0):
        return [make() for _ in range(self.rng.randrange(least, 5))]

    def distinct(self, make):
        return list({repr(value): value for value in self.several(make)}.values())

    def scalar(self, dtype):
        """The name of a scalar's field in a message, and a function that makes one."""
        return {
            Bytes: ("bytes", self.data),
            PdfBytes: ("bytes", self.data),
            ImageBytes: ("bytes", self.data),
            String: ("string", self.text),
            Int32: ("int32", self.int32),
            Int64: ("int64", self.int64),
            Float32: ("float", self.float32),
            Float64: ("double", self.float64),
            Bool: ("bool", lambda: self.rng.random() < 0.5),
            UnixTimestamp: ("unix_timestamp", self.seconds),
            Json: ("json", self.json),
            Uuid: ("uuid", self.uuid),
            TimeUuid: ("time_uuid", self.uuid),
            Decimal: ("decimal", self.decimal),
        }[dtype]

    def value(self, dtype):
        if isinstance(dtype, Array):
            return self.array(dtype.base_type)
        if isinstance(dtype, Set):
            return self.set(dtype.base_type)
        if isinstance(dtype, Struct):
            return pb.Value(struct_val=self.struct(dtype))
        if dtype == Map:
            return pb.Value(map_val=self.map(2))
        if dtype == ScalarMap:
            return pb.Value(scalar_map_val=self.scalar_map())
        if dtype == ZonedTimestamp:
            zone = self.rng.choice(["", "UTC", "Europe/Berlin", "America/New_York", "UTC+05:30"])
            instant = pb.ZonedTimestamp(unix_timestamp=self.seconds(), zone=zone)
            return pb.Value(zoned_timestamp_val=instant)
        name, make = self.scalar(dtype)
        return pb.Value(**{f"{name}_val": make()})

    def array(self, element):
        if isinstance(element, (Array, Set)):
            return pb.Value(list_val=self.nested(element))
        if isinstance(element, Struct):
            structs = self.several(lambda: self.struct(element))
            return pb.Value(struct_list_val=pb.MapList(val=structs))
        if element == Map:
            return pb.Value(map_list_val=pb.MapList(val=self.several(lambda: self.map(1))))
        name, make = self.scalar(element)
        return collection(f"{name}_list_val", self.several(make))

    def set(self, element):
        if isinstance(element, (Array, Set)):
            return pb.Value(set_val=self.nested(element))
        name, make = self.scalar(element)
        return collection(f"{name}_set_val", self.distinct(make))

    def nested(self, element):
        inner = self.several(lambda: self.rng.choice([pb.Value(), self.value(element)]))
        return pb.RepeatedValue(val=inner)

    def struct(self, dtype):
        return a_map({name: self.value(field) for name, field in dtype.fields.items()})

    def map(self, depth):
        kinds = [String, Int64, Float64, Float32, Bool, Array(Int64), Array(String)]
        made = {self.text(): self.value(self.rng.choice(kinds)) for _ in range(3)}
        made["none"] = pb.Value()
        if depth > 0:
            made["deeper"] = pb.Value(map_val=self.map(depth - 1))
        return a_map(made)

    def scalar_map(self):
        entries = [
            pb.ScalarMapEntry(key=pb.MapKey(int64_key=key), value=self.value(String))
            for key in self.distinct(self.int64)
        ]
        return pb.ScalarMap(val=entries)


def collection(field, elements):
    message = pb.Value()
    inner = getattr(message, field)
    inner.SetInParent()
    inner.val.extend(elements)
    return message


def a_map(entries):
    message = pb.Map()
    for key, value in entries.items():
        message.val[key].CopyFrom(value)
    return message


KEY_TYPES = [
    (ValueType.INT64, Int64),
    (ValueType.STRING, String),
    (ValueType.INT32, Int32),
    (ValueType.BYTES, Bytes),
    (ValueType.UNIX_TIMESTAMP, UnixTimestamp),
]


class RandomSchema:
    """An entity for each type of key, and views of one, several and no entities that share out all types."""

    def __init__(self, seed, ttl):
        self.rng = random.Random(seed)
        self.values = RandomValues(self.rng)
        self.key_types = {}
        self.entities = [self.entity(number) for number in range(len(KEY_TYPES))]
        types = [*TYPES, *self.rng.choices(TYPES, k=5)]
        self.rng.shuffle(types)
        chosen = [[entity] for entity in self.entities]
        chosen += [[], self.rng.sample(self.entities, 2), self.rng.sample(self.entities, 3)]
        share = -(-len(types) // len(chosen))
        self.views = [
            self.view(number, entities, types[number * share : (number + 1) * share], ttl)
            for number, entities in enumerate(chosen)
        ]

    def entity(self, number):
        value_type, dtype = KEY_TYPES[number]
        join_key = f"{self.rng.choice(['key', 'id', 'Z'])}_{number}"
        self.key_types[join_key] = dtype
        return Entity(name=f"entity_{number}", join_keys=[join_key], value_type=value_type)

    def view(self, number, entities, types, ttl):
        source = FileSource(
            name=f"source_{number}",
            path=f"data/view_{number}.parquet",
            timestamp_field="event_timestamp",
            created_timestamp_column="created",
        )
        join_keys = [entity.join_key for entity in entities]
        schema = [Field(name=key, dtype=self.key_types[key]) for key in join_keys]
        schema += [Field(name=f"f{number}_{at}", dtype=one) for at, one in enumerate(types)]
        return FeatureView(
            name=f"view_{number}",
            entities=entities,
            ttl=ttl if self.rng.random() < 0.7 else None,
            schema=schema,
            source=source,
        )

    def join_keys(self, view):
        """The join keys of a view with their types; none for a view without entities."""
        names = [column.name for column in view.entity_columns]
        return {name: self.key_types[name] for name in names if name in self.key_types}

    def entity_key(self, view):
        """A random key: `{join_key: Value}`."""
        keys = self.join_keys(view)
        return {name: self.key_value(dtype) for name, dtype in keys.items()}

    def key_value(self, dtype):
        value = self.values.value(dtype)
        # A key must differ from others, and be tellable in JSON: no empty and no binary nonsense.
        if dtype == String:
            value.string_val += self.values.uuid()[:8]
        return value


def in_json(dtype, value):
    """A key's value as a request has it."""
    plain = getattr(value, value.WhichOneof("val"))
    return base64.b64encode(plain).decode() if dtype == Bytes else plain


def stored_key(key):
    """The key under which a row is stored; a view without entities has the key of the empty text."""
    key = key or {"__dummy_id": pb.Value(string_val="")}
    return EntityKey(join_keys=list(key), entity_values=list(key.values()))


def key_bytes(key):
    return serialize_entity_key(stored_key(key), 3)
