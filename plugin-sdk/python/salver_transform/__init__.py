"""Plugins for Salver in Python: functions of rows or of columns, with type hints for the columns.

    from salver_transform import transform

    @transform
    def conv_rate_plus_val(conv_rate: float | None, val_to_add: int) -> float | None:
        return None if conv_rate is None else conv_rate + val_to_add

`registry-admin plugin build` makes a WebAssembly component of the module `plugin` and of what it imports. The functions
stay plain functions: call them in your tests, or call them as the gateway would with `salver_transform.testing`.
"""

from . import _log as log
from ._decorator import transform
from ._errors import InvalidInput, InvalidParameters, TransformError
from ._markers import (
    Float32,
    ImageBytes,
    Int32,
    Json,
    JsonText,
    PdfBytes,
    ScalarMap,
    TimeUuid,
    UnixSeconds,
    ZonedTimestamp,
)

__all__ = [
    "Float32",
    "ImageBytes",
    "Int32",
    "InvalidInput",
    "InvalidParameters",
    "Json",
    "JsonText",
    "PdfBytes",
    "ScalarMap",
    "TimeUuid",
    "TransformError",
    "UnixSeconds",
    "ZonedTimestamp",
    "log",
    "transform",
]
