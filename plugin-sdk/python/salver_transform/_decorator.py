"""`@transform`, and the transforms of this component."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, overload

from ._declare import Declaration, declare

#: By their names, in the order in which they were declared.
DECLARED: dict[str, Declaration] = {}


@overload
def transform(function: Callable, /) -> Callable: ...


@overload
def transform(
    *,
    name: str | None = None,
    documentation: str | None = None,
    columns: bool = False,
    inputs: dict[str, Any] | None = None,
    outputs: dict[str, Any] | None = None,
    output: str | None = None,
    deterministic: bool = True,
) -> Callable[[Callable], Callable]: ...


def transform(function: Callable | None = None, /, **options: Any) -> Any:
    """Declares a function as a transform. The function itself stays as it is.

    - `name`: the transform's name; the function's where it isn't given.
    - `documentation`: what it computes; the function's doc string where it isn't given.
    - `columns`: the function takes a list for each column, and returns lists as long.
    - `inputs`: columns and their hints, for a function of one dict in place of an argument for each column.
    - `outputs`: columns and their hints, for a function that returns a plain dict.
    - `output`: the name of the only output column; the transform's where it isn't given.
    - `deterministic`: whether equal inputs have equal outputs, always.
    """
    unknown = next((name for name in options if name not in _DEFAULTS), None)
    if unknown is not None:
        raise TypeError(f"`transform` has no option `{unknown}`; it has {', '.join(_DEFAULTS)}")

    def declared(function: Callable) -> Callable:
        _add(function, {**_DEFAULTS, **options})
        return function

    return declared if function is None else declared(function)


_DEFAULTS: dict[str, Any] = {
    "name": None,
    "documentation": None,
    "columns": False,
    "inputs": None,
    "outputs": None,
    "output": None,
    "deterministic": True,
}


def _add(function: Callable, options: dict[str, Any]) -> None:
    try:
        declaration = declare(function, **options)
    except TypeError as error:
        raise TypeError(f"the transform `{function.__name__}`: {error}") from None
    known = DECLARED.get(declaration.name)
    if known is not None and known.function.__module__ != function.__module__:
        raise TypeError(f"there are two transforms `{declaration.name}`; give one another name: `@transform(name=...)`")
    DECLARED[declaration.name] = declaration
