"""Hints for the types that Python has no type of its own for."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta, timezone
from typing import Annotated, Any, NamedTuple


class Kind:
    """In an `Annotated` hint: the column's type, by Feast's name."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


class ZonedTimestamp(NamedTuple):
    """Whole seconds since 1970-01-01T00:00:00Z, and the name of a time zone or an offset."""

    seconds: int
    zone: str

    def utc(self) -> datetime:
        """The time, in UTC: a plugin has no table of time zones."""
        return EPOCH + timedelta(seconds=self.seconds)


EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)

Int32 = Annotated[int, Kind("Int32")]
Float32 = Annotated[float, Kind("Float32")]
#: Whole seconds since 1970 as an `int`; the hint `datetime` gives a time in UTC.
UnixSeconds = Annotated[int, Kind("UnixSeconds")]
#: A JSON document, parsed.
Json = Annotated[Any, Kind("Json")]
#: A JSON document, as its text.
JsonText = Annotated[str, Kind("JsonText")]
PdfBytes = Annotated[bytes, Kind("PdfBytes")]
ImageBytes = Annotated[bytes, Kind("ImageBytes")]
TimeUuid = Annotated[uuid.UUID, Kind("TimeUuid")]
#: A dict whose keys aren't texts; the hint `dict[int, ...]` says the same.
ScalarMap = Annotated[dict, Kind("ScalarMap")]
