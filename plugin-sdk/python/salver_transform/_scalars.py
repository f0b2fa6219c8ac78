"""Columns of one value each to lists of Python values, and back.

A codec is made once for each column. Its `decode` gives a list with `None` where the value is null; its `encode`
takes such a list, and raises `TypeError`, `ValueError` or `OverflowError` where a value isn't of its type.
"""

from __future__ import annotations

import json
import uuid
from array import array
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from itertools import accumulate
from math import inf, isinf
from typing import Any

from ._markers import EPOCH, ZonedTimestamp
from ._wire import (
    Array,
    Blobs,
    Values_Boolean,
    Values_Bytes,
    Values_Decimal,
    Values_Float32,
    Values_Float64,
    Values_Int32,
    Values_Int64,
    Values_Json,
    Values_Text,
    Values_TimeUuid,
    Values_UnixTimestamp,
    Values_Uuid,
    Values_ZonedTimestamp,
    ZonedTimestamps,
)


class Codec:
    """One type of columns."""

    #: Feast's name of the type.
    data_type: str
    #: Whether it may be null as the element of a list.
    nested = False

    def decode(self, values: Any, children: list) -> list:
        """The values of an array, `None` where they are null."""
        raise NotImplementedError

    def encode(self, values: list, children: list) -> Any:
        """The array of these values; what it refers to is added to `children`."""
        raise NotImplementedError


def validity_of(values: list) -> bytes | None:
    """None where nothing is null."""
    return bytes([value is not None for value in values]) if None in values else None


def wrong(value: object, data_type: str) -> TypeError:
    """The error for a value of another type."""
    text = repr(value)
    shown = text if len(text) <= 60 else f"{text[:60]}…"
    return TypeError(f"`{shown}` ({type(value).__name__}) is no {data_type}")


class Number(Codec):
    """Numbers cross as they are."""

    def __init__(self, data_type: str, case: type, code: str) -> None:
        self.data_type = data_type
        self.case = case
        self.code = code

    def decode(self, values: Any, children: list) -> list:
        numbers = values.values.value
        validity = values.validity
        if validity:
            return [number if valid else None for number, valid in zip(numbers, validity)]
        return numbers

    def encode(self, values: list, children: list) -> Any:
        try:
            self._made(values)  # checks types and ranges, in C
        except (TypeError, OverflowError):
            return self._with_nulls(values)
        return Array(None, self.case(values))

    def _made(self, values: list) -> Any:
        return array(self.code, values)

    def _with_nulls(self, values: list) -> Any:
        numbers = [0 if value is None else value for value in values]
        try:
            self._made(numbers)
        except (TypeError, OverflowError):
            for number in numbers:
                self._check(number)
            raise
        return Array(validity_of(values), self.case(numbers))

    def _check(self, number: object) -> None:
        try:
            self._made([number])
        except (TypeError, OverflowError):
            raise wrong(number, self.data_type) from None


class Single(Number):
    """Numbers of 32 bits: one that is too large would become infinite."""

    def _made(self, values: list) -> Any:
        made = array(self.code, values)
        if inf in made or -inf in made:
            for number, single in zip(values, made):
                if isinf(single) and not isinf(number):
                    raise OverflowError
        return made


class Converted(Codec):
    """What crosses as whole numbers and is something else in Python."""

    def __init__(self, data_type: str, case: type, load: Callable, dump: Callable) -> None:
        self.data_type = data_type
        self.case = case
        self.load = load
        self.dump = dump

    def decode(self, values: Any, children: list) -> list:
        numbers = values.values.value
        load = self.load
        if values.validity:
            return [load(number) if valid else None for number, valid in zip(numbers, values.validity)]
        return [load(number) for number in numbers]

    def encode(self, values: list, children: list) -> Any:
        dump = self.dump
        numbers = [0 if value is None else dump(value) for value in values]
        return Array(validity_of(values), self.case(numbers))


class Boolean(Codec):
    """A byte each."""

    data_type = "Bool"

    def decode(self, values: Any, children: list) -> list:
        if values.validity:
            return [byte == 1 if valid else None for byte, valid in zip(values.values.value, values.validity)]
        return [byte == 1 for byte in values.values.value]

    def encode(self, values: list, children: list) -> Any:
        for value in values:
            if value is not True and value is not False and value is not None:
                raise wrong(value, "Bool")
        return Array(validity_of(values), Values_Boolean(bytes([value is True for value in values])))


class Blob(Codec):
    """Texts and bytes: one after the other, with offsets."""

    def __init__(self, data_type: str, case: type, load: Callable, dump: Callable) -> None:
        self.data_type = data_type
        self.case = case
        self.load = load
        self.dump = dump

    def decode(self, values: Any, children: list) -> list:
        blobs = values.values.value
        data = blobs.data
        offsets = blobs.offsets
        load = self.load
        spans = zip(offsets, offsets[1:])
        if values.validity:
            spans = zip(spans, values.validity)
            return [load(data[start:end]) if valid else None for (start, end), valid in spans]
        return [load(data[start:end]) for start, end in spans]

    def encode(self, values: list, children: list) -> Any:
        return Array(validity_of(values), self.case(self.blobs(values)))

    def blobs(self, values: list) -> Any:
        dump = self.dump
        pieces = [b"" if value is None else dump(value) for value in values]
        return Blobs([0, *accumulate(map(len, pieces))], b"".join(pieces))


class Zoned(Codec):
    """Times with the names of their zones."""

    data_type = "ZonedTimestamp"

    def decode(self, values: Any, children: list) -> list:
        times = values.values.value
        offsets = times.zones.offsets
        zones = [times.zones.data[start:end].decode() for start, end in zip(offsets, offsets[1:])]
        decoded = list(map(ZonedTimestamp, times.seconds, zones))
        if values.validity:
            return [value if valid else None for value, valid in zip(decoded, values.validity)]
        return decoded

    def encode(self, values: list, children: list) -> Any:
        for value in values:
            if value is not None and not isinstance(value, ZonedTimestamp):
                raise wrong(value, self.data_type)
        seconds = [0 if value is None else int64(value.seconds) for value in values]
        zones = TEXT.blobs([None if value is None else value.zone for value in values])
        return Array(validity_of(values), Values_ZonedTimestamp(ZonedTimestamps(seconds, zones)))


def int64(value: object) -> int:
    """The number, where it fits."""
    if not isinstance(value, int) or not -(2**63) <= value < 2**63:
        raise wrong(value, "Int64")
    return value


def _load_time(seconds: int) -> datetime:
    try:
        return EPOCH + timedelta(seconds=seconds)
    except OverflowError:
        message = f"`{seconds}` seconds since 1970 is no year that Python has; use the hint `UnixSeconds`"
        raise ValueError(message) from None


def _dump_time(value: object) -> int:
    if not isinstance(value, datetime):
        raise wrong(value, "UnixTimestamp")
    moment = value if value.tzinfo else value.replace(tzinfo=timezone.utc)
    return (moment - EPOCH) // timedelta(seconds=1)


def _dump_seconds(value: object) -> int:
    return _dump_time(value) if isinstance(value, datetime) else int64(value)


def _dump_text(value: object) -> bytes:
    if not isinstance(value, str):
        raise wrong(value, "String")
    return value.encode()


def _dump_bytes(value: object) -> bytes:
    if not isinstance(value, (bytes, bytearray, memoryview)):
        raise wrong(value, "Bytes")
    return bytes(value)


def _load_uuid(data: bytes) -> uuid.UUID:
    return uuid.UUID(data.decode())


def _dump_uuid(value: object) -> bytes:
    if not isinstance(value, uuid.UUID):
        raise wrong(value, "Uuid")
    return str(value).encode()


def _load_decimal(data: bytes) -> Any:
    from decimal import Decimal

    return Decimal(data.decode())


def _dump_decimal(value: object) -> bytes:
    from decimal import Decimal

    if not isinstance(value, (Decimal, int)) or isinstance(value, bool):
        raise wrong(value, "Decimal")
    # A NaN that signals or has digits is no number that others can read.
    if isinstance(value, Decimal) and value.is_nan() and str(value) != "NaN":
        raise wrong(value, "Decimal")
    return str(value).encode()


def _load_json(data: bytes) -> Any:
    try:
        return json.loads(data)
    except RecursionError:
        raise ValueError("the document is nested too deeply") from None


def _dump_json(value: object) -> bytes:
    try:
        return json.dumps(value, separators=(",", ":"), allow_nan=False, ensure_ascii=False).encode()
    except RecursionError:
        raise ValueError("the document is nested too deeply") from None


def _dump_json_text(value: object) -> bytes:
    data = _dump_text(value)
    try:
        json.loads(data, parse_constant=_no_json)
    except ValueError as error:
        raise ValueError(f"{wrong(value, 'JSON document')}: {error}") from None
    except RecursionError:
        raise ValueError("the document is nested too deeply") from None
    return data


def _no_json(constant: str) -> Any:
    raise ValueError(f"JSON has no `{constant}`")


def _same(data: bytes) -> bytes:
    return data


BOOLEAN = Boolean()
INT64 = Number("Int64", Values_Int64, "q")
FLOAT64 = Number("Float64", Values_Float64, "d")
TEXT = Blob("String", Values_Text, bytes.decode, _dump_text)
BYTES = Blob("Bytes", Values_Bytes, _same, _dump_bytes)
TIME = Converted("UnixTimestamp", Values_UnixTimestamp, _load_time, _dump_time)
UUID = Blob("Uuid", Values_Uuid, _load_uuid, _dump_uuid)
DECIMAL = Blob("Decimal", Values_Decimal, _load_decimal, _dump_decimal)
ZONED = Zoned()

#: By the names of markers and of Feast's types.
SCALARS: dict[str, Codec] = {
    "Bool": BOOLEAN,
    "Int32": Number("Int32", Values_Int32, "i"),
    "Int64": INT64,
    "Float32": Single("Float32", Values_Float32, "f"),
    "Float64": FLOAT64,
    "String": TEXT,
    "Bytes": BYTES,
    "PdfBytes": Blob("PdfBytes", Values_Bytes, _same, _dump_bytes),
    "ImageBytes": Blob("ImageBytes", Values_Bytes, _same, _dump_bytes),
    "UnixTimestamp": TIME,
    "UnixSeconds": Converted("UnixTimestamp", Values_UnixTimestamp, int, _dump_seconds),
    "ZonedTimestamp": ZONED,
    "Json": Blob("Json", Values_Json, _load_json, _dump_json),
    "JsonText": Blob("Json", Values_Json, bytes.decode, _dump_json_text),
    "Uuid": UUID,
    "TimeUuid": Blob("TimeUuid", Values_TimeUuid, _load_uuid, _dump_uuid),
    "Decimal": DECIMAL,
}
