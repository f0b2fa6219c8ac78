"""Functions of Feast's on-demand feature views as transforms: what `registry-admin plugin from-feast` writes uses this."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ._decorator import DECLARED, transform

#: What Feast makes of a value before it stores it as one of these types.
_CASTS: dict[str, Callable[[Any], Any]] = {"Int32": int, "Int64": int, "Float32": float, "Float64": float, "String": str}


def serve(
    function: Callable[[dict[str, Any]], dict[str, Any]],
    *,
    name: str,
    inputs: dict[str, Any],
    outputs: dict[str, Any],
    also: dict[str, list[str]] | None = None,
    singleton: bool = False,
    documentation: str = "",
) -> None:
    """Declares a function of a dict of lists (or, for `singleton`, of the values of one row) as a transform.

    `also` has the other names under which the function finds a column: Feast gives `view__feature` beside `feature`.
    """
    names = [(column, other) for column, others in (also or {}).items() for other in others]
    casts: dict[str, Callable[[Any], Any]] = {}

    def one(value: Any, cast: Callable[[Any], Any]) -> Any:
        return None if value is None else cast(value)

    def missing(computed: dict[str, Any]) -> list[str]:
        return [column for column in outputs if column not in computed]

    def run(given: dict[str, Any]) -> dict[str, Any]:
        for column, other in names:
            given[other] = given[column]
        # Feast gives the inputs on, beside what the function returns, and leaves out what neither has.
        computed = {**given, **function(given)}
        for column in missing(computed):
            computed[column] = None if singleton else [None] * len(next(iter(given.values()), ()))
        for column, cast in casts.items():
            if column in computed:
                values = computed[column]
                computed[column] = one(values, cast) if singleton else [one(value, cast) for value in values]
        return computed

    declare = transform(name=name, documentation=documentation, columns=not singleton, inputs=inputs, outputs=outputs)
    declare(run)
    for column in DECLARED[name].outputs:
        if column.codec.data_type in _CASTS:
            casts[column.name] = _CASTS[column.codec.data_type]
