"""Imports within functions, done when the component is built: later there are no files to import from."""

from __future__ import annotations

import dis
import importlib
import sys
from collections.abc import Iterator
from types import CodeType, FunctionType, ModuleType


def preload() -> None:
    """Imports what the functions of all modules that aren't Python's own would import when they are called."""
    seen: set[str] = set()
    while True:
        modules = [module for name, module in list(sys.modules.items()) if name not in seen and _is_own(name)]
        if not modules:
            return
        seen.update(module.__name__ for module in modules)
        seen.update(name for name, module in sys.modules.items() if module in modules)
        for module in modules:
            for name in filter(None, _imported(module)):
                _import(name, module)


def _import(name: str, module: ModuleType) -> None:
    """What isn't there is told now, and again when the function is called: that may never be."""
    try:
        importlib.import_module(name)
    except ImportError as error:
        if "site-packages" not in (getattr(module, "__file__", None) or ""):
            print(f"warning: a function of `{module.__name__}` can't import `{name}`: {error}", file=sys.stderr)


def _is_own(name: str) -> bool:
    top = name.partition(".")[0]
    return top not in sys.stdlib_module_names and top not in ("salver_transform", "wit_world", "poll_loop") and (
        not top.startswith("componentize_py")
    )


def _imported(module: ModuleType) -> Iterator[str]:
    for value in list(vars(module).values()):
        members = list(vars(value).values()) if isinstance(value, type) else [value]
        for member in members:
            if isinstance(member, FunctionType):
                yield from _of_code(member.__code__)


def _of_code(code: CodeType) -> Iterator[str]:
    for instruction in dis.get_instructions(code):
        if instruction.opname == "IMPORT_NAME":
            yield instruction.argval
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _of_code(constant)
