"""A transform under its parameters: what one call of it does.

All that can be decided when the parameters are known is decided then; a call decodes its columns, calls the function
and encodes what it returns.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from itertools import compress
from typing import Any, NoReturn

from . import _parameters
from ._declare import Column, Declaration
from ._errors import InvalidInput, TransformError
from ._wire import Batch, Computed

#: What a codec raises where a value isn't of its type.
_WRONG = (TypeError, ValueError, ArithmeticError, AttributeError, RecursionError)

#: Modules in which no author looks for a fault.
_NOT_THE_AUTHORS = (sys.stdlib_module_names - {"__main__"}) | {"salver_transform"}


class Bound:
    """`call` computes a batch."""

    def __init__(self, declaration: Declaration, parameters: str) -> None:
        arguments = _parameters.read(parameters, declaration.parameters)
        function = declaration.function
        self._inputs = [(column, column.codec.decode, not column.optional) for column in declaration.inputs]
        self._outputs = [(column, column.codec.encode) for column in declaration.outputs]
        self._names = [column.name for column in declaration.inputs]
        self._output_names = [column.name for column in declaration.outputs]
        self._get = declaration.get
        self._function = functools.partial(function, **arguments) if arguments else function
        self._takes_dict = declaration.takes_dict
        self._compute = self._of_columns if declaration.of_columns else self._of_rows
        if declaration.takes_dict and not declaration.of_columns:
            self._function = self._with_dict(self._function)

    def call(self, rows: int, batch: Any) -> Any:
        """Raises `TransformError` and nothing else."""
        children = batch.children
        lists = []
        skipped = None
        for (column, decode, required), values in zip(self._inputs, batch.columns):
            try:
                lists.append(decode(values, children))
            except _WRONG as error:
                raise InvalidInput(str(error), column=column.name) from None
            if required and values.validity:
                skipped = _either(skipped, values.validity)
        results = self._compute(rows, lists, skipped)
        children = []
        encoded = [
            _encode(column, encode, values, children) for (column, encode), values in zip(self._outputs, results)
        ]
        return Computed(self._output_names, Batch(encoded, children))

    def _of_rows(self, rows: int, lists: list[list], skipped: bytes | None) -> list[list]:
        results: list = []
        try:
            if skipped is not None:
                function = self._function
                for row, null in zip(zip(*lists), skipped):
                    results.append(None if null else function(*row))
            elif lists:
                # When the function raises, `results` has the rows before it.
                results.extend(map(self._function, *lists))
                if len(results) < rows:
                    self._stopped(len(results), lists)
            else:
                for _ in range(rows):
                    results.append(self._function())
        except TransformError as error:
            error.row = len(results) if error.row is None else error.row
            raise
        except (Exception, SystemExit) as error:
            raise failed(error, row=len(results)) from error
        return self._split(results)

    def _stopped(self, row: int, lists: list[list]) -> NoReturn:
        """`map` takes a StopIteration of the function for its own end: the row is run again, so that the line is told."""
        self._function(*[values[row] for values in lists])
        raise StopIteration

    def _split(self, results: list) -> list[list]:
        get = self._get
        if get is None:
            return [results]
        try:
            return [[get(result, column.name) for result in results] for column, _ in self._outputs]
        except (KeyError, AttributeError, TypeError):
            return self._split_slowly(results)

    def _split_slowly(self, results: list) -> list[list]:
        """Where a row has no result, or there is something that isn't as it was declared."""
        return [
            [None if result is None else self._one(result, column.name, row) for row, result in enumerate(results)]
            for column, _ in self._outputs
        ]

    def _one(self, result: Any, name: str, row: int | None) -> Any:
        try:
            return self._get(result, name)
        except (KeyError, AttributeError, TypeError, IndexError):
            kind = type(result).__name__
            message = f"what the function returned (`{kind}`) has no `{name}`"
            raise TransformError(message, row=row, column=name) from None

    def _of_columns(self, rows: int, lists: list[list], skipped: bytes | None) -> list[list]:
        kept = rows
        if rows == 0:
            return [[] for _ in self._outputs]
        if skipped is not None:
            keep = [not null for null in skipped]
            lists = [list(compress(values, keep)) for values in lists]
            kept = sum(keep)
            if kept == 0:
                return [[None] * rows for _ in self._outputs]
        computed = self._call_columns(lists, skipped)
        results = [self._checked(computed, column.name, kept) for column, _ in self._outputs]
        return results if skipped is None else [_scattered(values, skipped) for values in results]

    def _call_columns(self, lists: list[list], skipped: bytes | None) -> Any:
        try:
            return self._function(dict(zip(self._names, lists))) if self._takes_dict else self._function(*lists)
        except TransformError as error:
            if skipped is not None and error.row is not None:
                error.row = _row_before(error.row, skipped)
            raise
        except (Exception, SystemExit) as error:
            raise failed(error) from error

    def _checked(self, computed: Any, name: str, rows: int) -> list:
        values = computed if self._get is None else self._one(computed, name, None)
        if not isinstance(values, (list, tuple)):
            kind = type(values).__name__
            raise TransformError(f"the function gave a `{kind}` for a column, and should give a list", column=name)
        if len(values) != rows:
            message = f"the function gave {len(values)} values for {rows} rows"
            raise TransformError(message, column=name)
        return values if isinstance(values, list) else list(values)

    def _with_dict(self, function: Callable) -> Callable:
        names = self._names
        return lambda *row: function(dict(zip(names, row)))


def _either(skipped: bytes | None, validity: bytes) -> bytes:
    if skipped is None:
        return bytes([not valid for valid in validity])
    return bytes([null or not valid for null, valid in zip(skipped, validity)])


def _row_before(row: int, skipped: bytes) -> int | None:
    """The row of the call that is row `row` of those that the function was given."""
    kept = [index for index, null in enumerate(skipped) if not null]
    return kept[row] if 0 <= row < len(kept) else None


def _scattered(values: list, skipped: bytes) -> list:
    each = iter(values)
    return [None if null else next(each) for null in skipped]


def _encode(column: Column, encode: Callable, values: list, children: list) -> Any:
    try:
        return encode(values, children)
    except _WRONG as error:
        raise TransformError(str(error), row=_row_of(encode, values), column=column.name) from None


def _row_of(encode: Callable, values: list) -> int | None:
    """The first row whose value can't be encoded alone."""
    for row, value in enumerate(values):
        try:
            encode([value], [])
        except _WRONG:
            return row
    return None


def failed(error: BaseException, row: int | None = None) -> TransformError:
    """What the gateway is told of an error that the function didn't mean to raise."""
    said = f": {error}" if str(error) else ""
    return TransformError(f"{type(error).__name__}{said}{_place(error)}", row=row)


def _place(error: BaseException) -> str:
    """The last line of the author's own. `traceback` would look for the sources, and a plugin has no files."""
    found = ""
    trace = error.__traceback__
    while trace is not None:
        frame = trace.tb_frame
        if frame.f_globals.get("__name__", "").partition(".")[0] not in _NOT_THE_AUTHORS:
            found = f" (`{frame.f_code.co_filename.rpartition('/')[2]}`, line {trace.tb_lineno})"
        trace = trace.tb_next
    return found
