"""Values whose kind isn't declared: those of maps, and of lists whose element type isn't told."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from . import _wire as wire
from ._markers import ZonedTimestamp
from ._nested import Map, ScalarMap, Sequence, put
from ._scalars import BOOLEAN, BYTES, DECIMAL, FLOAT64, INT64, SCALARS, TEXT, TIME, UUID, ZONED, Codec, validity_of, wrong


class AnyKind(Codec):
    """Each value says itself of which kind it is."""

    nested = True
    data_type = "Any"

    def decode(self, values: Any, children: list) -> list:
        if type(values.values) is wire.Values_Mixed:
            return self._decode_mixed(values, children)
        if type(values.values) is wire.Values_Struct:
            return _struct_like(values).decode(values, children)
        return _BY_CASE[type(values.values)].decode(values, children)

    def _decode_mixed(self, values: Any, children: list) -> list:
        mixed = values.values.value
        alternatives = [self.decode(children[index], children) for index in mixed.alternatives]
        pairs = zip(mixed.choices, mixed.positions)
        if values.validity:
            triples = zip(pairs, values.validity)
            return [alternatives[choice][at] if valid else None for (choice, at), valid in triples]
        return [alternatives[choice][at] for choice, at in pairs]

    def encode(self, values: list, children: list) -> Any:
        groups: dict[Codec, tuple[int, list]] = {}
        choices = bytearray()
        positions = []
        for value in values:
            choice, group = (0, []) if value is None else groups.setdefault(_codec_of(value), (len(groups), []))
            choices.append(choice)
            positions.append(len(group))
            group.append(value)
        alternatives = [put(codec, group, children) for codec, (_, group) in groups.items()]
        mixed = wire.Mixed(bytes(choices), positions, alternatives)
        return wire.Array(validity_of(values), wire.Values_Mixed(mixed))

    def of_one_kind(self, values: list) -> Codec:
        """The codec of these values (the keys of scalar maps)."""
        if None in values:
            raise TypeError("a key of a ScalarMap can't be None")
        codecs = {_codec_of(value) for value in values}
        if len(codecs) > 1:
            kinds = ", ".join(sorted(codec.data_type for codec in codecs))
            raise TypeError(f"the keys of a ScalarMap are of one type, not of {kinds}")
        codec = codecs.pop() if codecs else INT64
        if codec.nested or codec is TEXT:
            raise TypeError(f"{codec.data_type} can't be the key of a ScalarMap")
        return codec


ANY = AnyKind()
_MAP = Map(ANY)
_SCALAR_MAP = ScalarMap(ANY)
_VALUE_LIST = Sequence("ValueList", ANY, is_set=False)
_VALUE_SET = Sequence("ValueSet", ANY, is_set=True)
_SCALAR_KINDS: list[tuple[type, Codec]] = [
    (bool, BOOLEAN),
    (int, INT64),
    (float, FLOAT64),
    (str, TEXT),
    (bytes, BYTES),
    (datetime, TIME),
    (uuid.UUID, UUID),
    (ZonedTimestamp, ZONED),
]
_LISTS = {codec: Sequence(f"Array({codec.data_type})", codec, is_set=False) for _, codec in _SCALAR_KINDS}
_SETS = {codec: Sequence(f"Set({codec.data_type})", codec, is_set=True) for _, codec in _SCALAR_KINDS}
_BY_CASE: dict[type, Codec] = {
    wire.Values_Boolean: BOOLEAN,
    wire.Values_Int32: SCALARS["Int32"],
    wire.Values_Int64: INT64,
    wire.Values_Float32: SCALARS["Float32"],
    wire.Values_Float64: FLOAT64,
    wire.Values_UnixTimestamp: TIME,
    wire.Values_ZonedTimestamp: ZONED,
    wire.Values_Bytes: BYTES,
    wire.Values_Text: TEXT,
    wire.Values_Json: SCALARS["Json"],
    wire.Values_Uuid: UUID,
    wire.Values_TimeUuid: SCALARS["TimeUuid"],
    wire.Values_Decimal: DECIMAL,
    wire.Values_List: _VALUE_LIST,
    wire.Values_Set: _VALUE_SET,
    wire.Values_Map: _MAP,
    wire.Values_ScalarMap: _SCALAR_MAP,
}


def _codec_of(value: Any) -> Codec:
    """A typed list where all elements are scalars of one type, else one whose elements say their kinds."""
    if isinstance(value, dict):
        return _MAP if all(isinstance(key, str) for key in value) else _SCALAR_MAP
    if isinstance(value, (list, tuple)) and not isinstance(value, ZonedTimestamp):
        return _LISTS.get(_common(value), _VALUE_LIST)
    if isinstance(value, (set, frozenset)):
        return _SETS.get(_common(value), _VALUE_SET)
    return _scalar_of(value)


def _common(elements: Any) -> Codec | None:
    kinds = {type(element) for element in elements}
    return next((codec for kind, codec in _SCALAR_KINDS if kinds == {kind}), None)


def _scalar_of(value: Any) -> Codec:
    for kind, codec in _SCALAR_KINDS:
        if isinstance(value, kind):
            return codec
    if type(value).__name__ == "Decimal":
        return DECIMAL
    raise wrong(value, "value that a feature can have")


def _struct_like(values: Any) -> Codec:
    """Structs whose members aren't declared are dicts."""
    from ._nested import Struct

    names = [member.name for member in values.values.value.members]
    return Struct(dict.fromkeys(names, ANY), lambda row: dict(zip(names, row)), lambda value, name: value[name])
