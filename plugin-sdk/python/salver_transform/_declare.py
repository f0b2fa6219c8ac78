"""A function and its hints to a declaration: columns, parameters, and how the function is called."""

from __future__ import annotations

import inspect
import operator
from collections.abc import Callable
from typing import Any, NamedTuple, get_args, get_origin, get_type_hints

from . import _hints
from ._parameters import Parameter, parameter
from ._scalars import Codec


class Column(NamedTuple):
    """A column that a transform takes or gives."""

    name: str
    codec: Codec
    optional: bool
    documentation: str


class Declaration(NamedTuple):
    """All that is known of a transform when its module is imported."""

    name: str
    function: Callable
    documentation: str
    inputs: list[Column]
    outputs: list[Column]
    parameters: list[Parameter]
    deterministic: bool
    #: Whether the function takes lists, or else the values of one row.
    of_columns: bool
    #: Whether it takes one dict, or else an argument for each column.
    takes_dict: bool
    #: How one output is taken from what it returns; `None` where what it returns is the only output.
    get: Callable[[Any, str], Any] | None


def declare(
    function: Callable,
    *,
    name: str | None,
    documentation: str | None,
    columns: bool,
    inputs: dict[str, Any] | None,
    outputs: dict[str, Any] | None,
    output: str | None,
    deterministic: bool,
) -> Declaration:
    """Reads a function; `TypeError` where something isn't as it should be."""
    name = name or function.__name__
    hints = get_type_hints(function, include_extras=True)
    arguments = list(inspect.signature(function).parameters.values())
    keyword_only = [it for it in arguments if it.kind is it.KEYWORD_ONLY]
    positional = [it for it in arguments if it.kind is not it.KEYWORD_ONLY]
    given, get = _outputs(hints.get("return"), outputs, output or name, columns)
    return Declaration(
        name=name,
        function=function,
        documentation=(documentation or inspect.getdoc(function) or "").strip(),
        inputs=_inputs(positional, hints, columns) if inputs is None else _dict_inputs(inputs, positional),
        outputs=given,
        parameters=[parameter(it, hints.get(it.name, Any)) for it in keyword_only],
        deterministic=deterministic,
        of_columns=columns,
        takes_dict=inputs is not None,
        get=get,
    )


def _inputs(arguments: list[inspect.Parameter], hints: dict[str, Any], columns: bool) -> list[Column]:
    found = []
    for argument in arguments:
        if argument.kind in (argument.VAR_POSITIONAL, argument.VAR_KEYWORD):
            raise TypeError(f"`{argument}` names no columns; write an argument for each column")
        if argument.name not in hints:
            raise TypeError(f"the argument `{argument.name}` has no type hint; write for example `{argument.name}: float`")
        if argument.default is not argument.empty:
            said = f"`{argument.name}` is a column, which has no default; behind `*` it is a parameter: `*, {argument}`"
            raise TypeError(f"the argument {said}")
        found.append(_column(argument.name, hints[argument.name], columns))
    return found


def _dict_inputs(inputs: dict[str, Any], arguments: list[inspect.Parameter]) -> list[Column]:
    if len(arguments) != 1:
        raise TypeError("with `inputs=` the function takes one argument: a dict of the inputs by their names")
    return [_column(name, hint, False) for name, hint in inputs.items()]


def _outputs(
    hint: Any, outputs: dict[str, Any] | None, output: str, columns: bool
) -> tuple[list[Column], Callable[[Any, str], Any] | None]:
    if outputs is not None:
        return [_column(name, it, False) for name, it in outputs.items()], operator.getitem
    if hint is None or hint is type(None):
        raise TypeError("the function has no hint of what it returns; write for example `-> float | None`")
    inner, _ = _hints.without_none(hint)
    fields = _hints.fields_of(inner)
    if fields is None or inner.__module__ == "salver_transform._markers":
        return [_column(output, hint, columns)], None
    return [_column(name, it, columns) for name, it in fields.items()], _hints.getter_of(inner)


def _column(name: str, hint: Any, of_columns: bool) -> Column:
    try:
        if of_columns:
            hint = _element_of(hint)
        codec, optional, documentation = _hints.read(hint)
    except TypeError as error:
        raise TypeError(f"`{name}`: {error}") from None
    return Column(name, codec, optional, documentation)


def _element_of(hint: Any) -> Any:
    if get_origin(hint) is not list or not get_args(hint):
        raise TypeError(f"`{hint}` is no list of the values of a column; write for example `list[float | None]`")
    return get_args(hint)[0]
