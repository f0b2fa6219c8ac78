"""The view's parameters: the keyword-only arguments of a transform's function."""

from __future__ import annotations

import inspect
import json
from typing import Any, Literal, NamedTuple, get_args, get_origin

from ._errors import InvalidParameters
from ._hints import without_none

_SIMPLE = (bool, int, float, str, list, dict)


class Parameter(NamedTuple):
    """One of them."""

    name: str
    hint: Any
    required: bool


def parameter(argument: inspect.Parameter, hint: Any) -> Parameter:
    """Reads a keyword-only argument; `TypeError` where JSON has nothing like its hint."""
    _check_hint(hint, argument.name)
    return Parameter(argument.name, hint, argument.default is inspect.Parameter.empty)


def _check_hint(hint: Any, name: str) -> None:
    inner, _ = without_none(hint)
    if inner is Any or inner in _SIMPLE or get_origin(inner) is Literal:
        return
    if get_origin(inner) in (list, dict):
        return _check_hint(get_args(inner)[-1], name)
    raise TypeError(f"the parameter `{name}` is of `{hint}`; parameters are of bool, int, float, str, list or dict")


def read(text: str, parameters: list[Parameter]) -> dict[str, Any]:
    """The keyword arguments out of a JSON object."""
    try:
        given = json.loads(text)
    except ValueError as error:
        raise InvalidParameters(f"the parameters aren't JSON: {error}") from None
    if not isinstance(given, dict):
        raise InvalidParameters("the parameters aren't a JSON object")
    names = [it.name for it in parameters]
    unknown = next((name for name in given if name not in names), None)
    if unknown is not None:
        known = ", ".join(f"`{name}`" for name in names) or "none"
        raise InvalidParameters(f"there is no parameter `{unknown}`; there is: {known}")
    missing = next((it.name for it in parameters if it.required and it.name not in given), None)
    if missing is not None:
        raise InvalidParameters(f"the parameter `{missing}` isn't given")
    return {it.name: _value(given[it.name], it.hint, it.name) for it in parameters if it.name in given}


def _value(value: Any, hint: Any, name: str) -> Any:
    inner, optional = without_none(hint)
    if inner is Any or (value is None and optional):
        return value
    if get_origin(inner) is Literal:
        return _one_of(value, get_args(inner), name)
    kind = get_origin(inner) or inner
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:
        raise InvalidParameters(f"the parameter `{name}` is `{json.dumps(value)}`, and should be {kind.__name__}")
    if get_args(inner):
        return _elements(value, get_args(inner)[-1], name)
    return value


def _one_of(value: Any, choices: tuple, name: str) -> Any:
    if value in choices:
        return value
    listed = ", ".join(f"`{choice}`" for choice in choices)
    raise InvalidParameters(f"the parameter `{name}` is `{json.dumps(value)}`, and should be one of {listed}")


def _elements(value: Any, hint: Any, name: str) -> Any:
    if isinstance(value, list):
        return [_value(element, hint, name) for element in value]
    return {key: _value(element, hint, name) for key, element in value.items()}
