"""Transforms called as the gateway calls them, for tests: through columns, with parameters as a view gives them."""

from __future__ import annotations

import json
from typing import Any

from ._bound import Bound
from ._decorator import DECLARED
from ._wire import Batch


def call(name: str, inputs: dict[str, list], *, parameters: dict[str, Any] | None = None) -> dict[str, list]:
    """The output columns for these input columns; raises `TransformError` where the transform fails."""
    declaration = DECLARED[name]
    missing = [column.name for column in declaration.inputs if column.name not in inputs]
    if missing or len(inputs) != len(declaration.inputs):
        names = ", ".join(f"`{column.name}`" for column in declaration.inputs)
        raise ValueError(f"the inputs of `{name}` are {names}")
    rows = len(next(iter(inputs.values()), []))
    children: list = []
    columns = [column.codec.encode(inputs[column.name], children) for column in declaration.inputs]
    computed = Bound(declaration, json.dumps(parameters or {})).call(rows, Batch(columns, children))
    outputs = computed.columns
    return {
        name: column.codec.decode(values, outputs.children)
        for name, column, values in zip(computed.names, declaration.outputs, outputs.columns)
    }
