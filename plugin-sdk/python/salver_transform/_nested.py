"""Columns of lists, sets, maps and structs. Their elements are in arrays of their own, which `children` holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import accumulate, chain
from typing import Any

from ._scalars import TEXT, Codec, validity_of, wrong
from ._wire import (
    Array,
    Lists,
    Maps,
    ScalarMaps,
    StructMember,
    Structs,
    Values_List,
    Values_Map,
    Values_ScalarMap,
    Values_Set,
    Values_Struct,
)


def put(codec: Codec, values: list, children: list) -> int:
    """Adds an array to the children, before those that it refers to itself, and tells its index."""
    index = len(children)
    children.append(None)
    children[index] = codec.encode(values, children)
    return index


def _offsets(values: list) -> list[int]:
    return [0, *accumulate(0 if value is None else len(value) for value in values)]


def _nulled(decoded: list, validity: bytes | None) -> list:
    return [value if valid else None for value, valid in zip(decoded, validity)] if validity else decoded


class Sequence(Codec):
    """Lists, and sets."""

    nested = True

    def __init__(self, data_type: str, element: Codec, *, is_set: bool) -> None:
        self.data_type = data_type
        self.element = element
        self.case = Values_Set if is_set else Values_List
        self.make: Callable[[list], Any] = _as_set if is_set else list
        self.accepts = (set, frozenset) if is_set else (list, tuple)
        self.listed: Callable[[Any], Any] = _in_order if is_set else _as_it_is

    def decode(self, values: Any, children: list) -> list:
        lists = values.values.value
        offsets = lists.offsets
        elements = self.element.decode(children[lists.elements], children)
        make = self.make
        decoded = [make(elements[start:end]) for start, end in zip(offsets, offsets[1:])]
        return _nulled(decoded, values.validity)

    def encode(self, values: list, children: list) -> Any:
        for value in values:
            if value is not None and not isinstance(value, self.accepts):
                raise wrong(value, self.data_type)
        listed = self.listed
        elements = list(chain.from_iterable(listed(value) for value in values if value is not None))
        if None in elements and not self.element.nested:
            raise TypeError(f"an element of {self.data_type} can't be None")
        index = put(self.element, elements, children)
        return Array(validity_of(values), self.case(Lists(_offsets(values), index)))


def _as_it_is(elements: Any) -> Any:
    return elements


def _in_order(elements: set) -> list:
    """Equal sets come out equally, where their elements have an order."""
    try:
        return sorted(elements)
    except TypeError:
        return list(elements)


def _as_set(elements: list) -> set:
    return {_hashable(element) for element in elements}


def _hashable(element: Any) -> Any:
    if isinstance(element, list):
        return tuple(map(_hashable, element))
    return frozenset(element) if isinstance(element, set) else element


class Map(Codec):
    """Dicts with texts for keys, and values of any kind."""

    nested = True
    data_type = "Map"

    def __init__(self, values: Codec) -> None:
        self.values = values

    def decode(self, values: Any, children: list) -> list:
        maps = values.values.value
        starts = maps.keys.offsets
        keys = [maps.keys.data[start:end].decode() for start, end in zip(starts, starts[1:])]
        items = self.values.decode(children[maps.values], children)
        return _nulled(_dicts(maps.offsets, keys, items), values.validity)

    def encode(self, values: list, children: list) -> Any:
        keys, items = _entries(values, self.data_type)
        blobs = TEXT.blobs(keys)
        if None in keys:
            raise TypeError("a key of a Map can't be None")
        return Array(validity_of(values), Values_Map(Maps(_offsets(values), blobs, put(self.values, items, children))))


class ScalarMap(Codec):
    """Dicts with other keys."""

    nested = True
    data_type = "ScalarMap"

    def __init__(self, values: Codec) -> None:
        self.values = values

    def decode(self, values: Any, children: list) -> list:
        maps = values.values.value
        keys = self.values.decode(children[maps.keys], children)
        items = self.values.decode(children[maps.values], children)
        return _nulled(_dicts(maps.offsets, keys, items), values.validity)

    def encode(self, values: list, children: list) -> Any:
        keys, items = _entries(values, self.data_type)
        at = put(self.values.of_one_kind(keys), keys, children)
        maps = ScalarMaps(_offsets(values), at, put(self.values, items, children))
        return Array(validity_of(values), Values_ScalarMap(maps))


def _dicts(offsets: list[int], keys: list, items: list) -> list[dict]:
    return [dict(zip(keys[start:end], items[start:end])) for start, end in zip(offsets, offsets[1:])]


def _entries(values: list, data_type: str) -> tuple[list, list]:
    keys: list = []
    items: list = []
    for value in values:
        if value is None:
            continue
        if not isinstance(value, dict):
            raise wrong(value, data_type)
        keys.extend(value)
        items.extend(value.values())
    return keys, items


class Struct(Codec):
    """Dicts, or instances of a dataclass or a NamedTuple, with the same members each."""

    nested = True

    def __init__(self, members: dict[str, Codec], make: Callable[[Iterable], Any], get: Callable[[Any, str], Any]) -> None:
        fields = ", ".join(f"{name}: {codec.data_type}" for name, codec in members.items())
        self.data_type = f"Struct({{{fields}}})"
        self.members = members
        self.make = make
        self.get = get

    def decode(self, values: Any, children: list) -> list:
        structs = values.values.value
        codecs = self.members.values()
        columns = [
            codec.decode(children[member.values], children) for codec, member in zip(codecs, structs.members)
        ]
        rows = zip(*columns) if columns else [()] * structs.length
        return _nulled([self.make(row) for row in rows], values.validity)

    def encode(self, values: list, children: list) -> Any:
        members = []
        for name, codec in self.members.items():
            column = [None if value is None else self._member(value, name) for value in values]
            members.append(StructMember(name, put(codec, column, children)))
        return Array(validity_of(values), Values_Struct(Structs(len(values), members)))

    def _member(self, value: Any, name: str) -> Any:
        try:
            return self.get(value, name)
        except (KeyError, AttributeError, TypeError, IndexError):
            raise TypeError(f"`{value!r}` has no `{name}`, as {self.data_type} has") from None
