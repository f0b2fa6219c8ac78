"""What the component exports. Only the entry module that `plugin build` writes imports this."""

from __future__ import annotations

import gc
from typing import Any

from componentize_py_types import Err  # type: ignore[import-not-found]
from wit_world.exports.transforms import Description, Error, Failure, Field  # type: ignore[import-not-found]

from . import _parameters
from ._bound import Bound
from ._decorator import DECLARED
from ._errors import TransformError, UnknownTransform
from ._preload import preload
from ._sealed import seal_off, warm_up

_FAILURES = {
    "unknown-transform": Failure.UNKNOWN_TRANSFORM,
    "invalid-parameters": Failure.INVALID_PARAMETERS,
    "invalid-input": Failure.INVALID_INPUT,
    "failed": Failure.FAILED,
}
#: One for each pair of a transform and parameters. Few: a view has one.
_BOUND: dict[tuple[str, str], Bound] = {}
_MOST_BOUND = 64


class Transforms:
    """`interface transforms` of transform.wit."""

    def names(self) -> list[str]:
        return list(DECLARED)

    def describe(self, name: str, parameters: str) -> Description:
        try:
            declaration = _declared(name)
            _parameters.read(parameters, declaration.parameters)
        except TransformError as error:
            raise Err(_told(error)) from None
        inputs, outputs = _fields(declaration.inputs), _fields(declaration.outputs)
        return Description(declaration.documentation, inputs, outputs, declaration.deterministic)

    def transform(self, name: str, parameters: str, rows: int, inputs: Any) -> Any:
        try:
            bound = _BOUND.get((name, parameters)) or _bind(name, parameters)
            return bound.call(rows, inputs)
        except TransformError as error:
            raise Err(_told(error)) from None


def _bind(name: str, parameters: str) -> Bound:
    if len(_BOUND) >= _MOST_BOUND:
        _BOUND.clear()
    bound = _BOUND[name, parameters] = Bound(_declared(name), parameters)
    return bound


def _declared(name: str) -> Any:
    try:
        return DECLARED[name]
    except KeyError:
        names = ", ".join(f"`{name}`" for name in DECLARED)
        raise UnknownTransform(f"there is no transform `{name}`; there is: {names}") from None


def _fields(columns: list) -> list[Field]:
    return [Field(column.name, column.codec.data_type, column.documentation) for column in columns]


def _told(error: TransformError) -> Error:
    return Error(_FAILURES[error.failure], error.message, error.row, error.column)


def seal() -> None:
    """Ends the preparation, once all modules are imported: the component is a snapshot of what there is now."""
    if not DECLARED:
        raise TypeError("there is no transform; put `@transform` before a function of `plugin.py`")
    preload()
    warm_up()
    seal_off()
    gc.collect()
    # What there is now stays; a collection needn't look at it.
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
