"""Type hints to codecs."""

from __future__ import annotations

import dataclasses
import operator
import types
import typing
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin, get_type_hints

from ._markers import Kind, ZonedTimestamp
from ._mixed import ANY
from ._nested import Map, ScalarMap, Sequence, Struct
from ._scalars import SCALARS, Codec

_PLAIN: dict[Any, str] = {
    bool: "Bool",
    int: "Int64",
    float: "Float64",
    str: "String",
    bytes: "Bytes",
    datetime: "UnixTimestamp",
    uuid.UUID: "Uuid",
    ZonedTimestamp: "ZonedTimestamp",
}
_KNOWN = (
    "bool, int, Int32, float, Float32, str, bytes, datetime, UnixSeconds, Decimal, UUID, Json, list[...], set[...], "
    "dict[str, ...], dict[int, ...], a TypedDict, a dataclass or a NamedTuple; any of them with `| None`"
)


class Hint(NamedTuple):
    """What a hint says of a column."""

    codec: Codec
    optional: bool
    documentation: str


def read(hint: Any) -> Hint:
    """Reads the hint of a column of rows; `TypeError` where it names no type of columns."""
    hint, documentation = _documented(hint)
    inner, optional = without_none(hint)
    inner, more = _documented(inner)
    return Hint(_codec(inner), optional, documentation or more)


def without_none(hint: Any) -> tuple[Any, bool]:
    """`T | None` is `T`, and optional."""
    if get_origin(hint) not in (Union, types.UnionType):
        return hint, False
    members = [member for member in get_args(hint) if member is not type(None)]
    if len(members) != 1 or len(members) == len(get_args(hint)):
        raise TypeError(f"`{hint}` is of several types; a column is of one, or of one and `None`")
    return members[0], True


def _documented(hint: Any) -> tuple[Any, str]:
    """`Annotated[float, "what it is"]`."""
    if get_origin(hint) is not Annotated:
        return hint, ""
    inner, *metadata = get_args(hint)
    texts = [it for it in metadata if isinstance(it, str)]
    kinds = tuple(it for it in metadata if isinstance(it, Kind))
    return (Annotated[(inner, *kinds)] if kinds else inner), " ".join(texts)


def _codec(hint: Any) -> Codec:
    if get_origin(hint) is Annotated:
        return _marked(hint)
    if hint in _PLAIN:
        return SCALARS[_PLAIN[hint]]
    if getattr(hint, "__module__", "") in ("decimal", "_decimal", "_pydecimal") and hint.__name__ == "Decimal":
        return SCALARS["Decimal"]
    if hint in (list, set, frozenset, dict) or get_origin(hint) in (list, set, frozenset, dict):
        return _container(get_origin(hint) or hint, get_args(hint))
    struct = fields_of(hint)
    if struct is not None:
        return _struct(hint, struct)
    raise TypeError(f"`{_name(hint)}` is no type of a column; those are: {_KNOWN}")


def _marked(hint: Any) -> Codec:
    kind = next(it for it in get_args(hint)[1:] if isinstance(it, Kind))
    return ScalarMap(ANY) if kind.name == "ScalarMap" else SCALARS[kind.name]


def _container(origin: type, args: tuple) -> Codec:
    if origin is dict:
        return Map(ANY) if not args or args[0] in (str, Any) else ScalarMap(ANY)
    is_set = origin is not list
    if not args or args[0] is Any:
        return Sequence("ValueSet" if is_set else "ValueList", ANY, is_set=is_set)
    element = read(args[0])
    if element.optional and not element.codec.nested:
        raise TypeError(f"an element of `{_name(origin)}[{_name(args[0])}]` can't be None; say `{origin.__name__}[Any]`")
    name = "Set" if is_set else "Array"
    return Sequence(f"{name}({element.codec.data_type})", element.codec, is_set=is_set)


def fields_of(hint: Any) -> dict[str, Any] | None:
    """The hints of a TypedDict, a dataclass or a NamedTuple; `None` where it is none of them."""
    if not isinstance(hint, type):
        return None
    if typing.is_typeddict(hint) or dataclasses.is_dataclass(hint) or hasattr(hint, "_fields"):
        return get_type_hints(hint, include_extras=True)
    return None


def getter_of(hint: type) -> Callable[[Any, str], Any]:
    """How one field is taken from an instance."""
    return operator.getitem if typing.is_typeddict(hint) else getattr


def _struct(hint: type, fields: dict[str, Any]) -> Codec:
    members = {name: read(member).codec for name, member in fields.items()}
    names = list(members)
    if typing.is_typeddict(hint):
        return Struct(members, lambda row: dict(zip(names, row)), getter_of(hint))
    return Struct(members, lambda row: hint(*row), getter_of(hint))


def _name(hint: Any) -> str:
    return hint.__name__ if isinstance(hint, type) and not get_args(hint) else str(hint)
