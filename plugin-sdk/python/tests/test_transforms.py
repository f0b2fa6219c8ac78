"""Functions are called with their columns, rows and parameters."""

import unittest
from dataclasses import dataclass
from typing import Annotated, Any, Literal, NamedTuple, TypedDict

from salver_transform import InvalidInput, InvalidParameters, TransformError, transform
from salver_transform._bound import Bound
from salver_transform._decorator import DECLARED
from salver_transform._wire import Batch
from salver_transform.testing import call


class Rates(TypedDict):
    plus: float | None
    minus: float | None


class Both(NamedTuple):
    text: str
    length: int


@dataclass
class One:
    it: list[int]


@transform
def rates(rate: float | None, by: int) -> Rates:
    """Adds and subtracts."""
    if rate is None:
        return {"plus": None, "minus": None}
    return {"plus": rate + by, "minus": rate - by}


@transform(name="measure", documentation="Measures.", deterministic=False)
def both(text: Annotated[str, "what is measured"]) -> Both | None:
    return Both(text, len(text)) if text else None


@transform(output="ratio")
def divide(a: int, b: int) -> float:
    if b == 0:
        raise InvalidInput("division by zero", column="b")
    return a / b


@transform
def broken(a: int) -> int:
    return [1, 2][a]


@transform
def first_above(a: int) -> int:
    return next(it for it in [1, 2] if it > a)


@transform
def never() -> int:
    return next(iter([]))


@transform
def leaves(a: int) -> int:
    raise SystemExit(a)


@transform(columns=True)
def refuses_negative(a: list[int]) -> list[int]:
    for row, value in enumerate(a):
        if value < 0:
            raise InvalidInput("negative", row=row, column="a")
    return a


@transform
def wrong_type(a: int) -> int:
    return a if a < 2 else "two"


@transform(columns=True)
def summed(a: list[int], b: list[int | None]) -> list[int | None]:
    return [None if y is None else x + y for x, y in zip(a, b)]


@transform(columns=True, inputs={"a": int, "v__a": int | None}, outputs={"doubled": int | None})
def in_feasts_way(inputs: dict[str, Any]) -> dict[str, Any]:
    return {"doubled": [None if it is None else it * 2 for it in inputs["v__a"]]}


@transform(inputs={"a": int | None}, outputs={"doubled": int})
def one_at_a_time(inputs: dict[str, Any]) -> dict[str, Any]:
    return {"doubled": inputs["a"] * 2, "more": 1}


@transform
def scaled(a: float, *, factor: float = 1.0, mode: Literal["up", "down"], more: list[int] | None = None) -> float:
    return (a * factor if mode == "up" else a / factor) + sum(more or [])


@transform
def nothing() -> int:
    return 7


@transform(columns=True)
def too_short(a: list[int]) -> list[int]:
    return a[1:]


@transform(columns=True)
def no_list(a: list[int]) -> One:
    return One(5)


class Transforms(unittest.TestCase):
    def test_a_row_with_a_null_where_none_is_taken_is_null(self) -> None:
        got = call("rates", {"rate": [0.5, None, 1.5], "by": [1, 2, None]})
        self.assertEqual(got, {"plus": [1.5, None, None], "minus": [-0.5, None, None]})

    def test_no_rows_are_computed(self) -> None:
        self.assertEqual(call("rates", {"rate": [], "by": []}), {"plus": [], "minus": []})
        self.assertEqual(call("summed", {"a": [], "b": []}), {"summed": []})
        self.assertEqual(call("nothing", {}), {"nothing": []})

    def test_what_is_described_is_read_from_the_function(self) -> None:
        declared = DECLARED["measure"]
        self.assertEqual((declared.documentation, declared.deterministic), ("Measures.", False))
        self.assertEqual(declared.inputs[0].documentation, "what is measured")
        self.assertEqual([it.codec.data_type for it in declared.outputs], ["String", "Int64"])
        self.assertEqual(DECLARED["rates"].documentation, "Adds and subtracts.")

    def test_a_result_may_be_none(self) -> None:
        self.assertEqual(call("measure", {"text": ["ab", "", None]}), {"text": ["ab", None, None], "length": [2, None, None]})

    def test_the_function_stays_a_function(self) -> None:
        self.assertEqual(rates(1.5, 1), {"plus": 2.5, "minus": 0.5})
        self.assertEqual(summed([1], [2]), [3])

    def test_errors_name_row_and_column(self) -> None:
        with self.assertRaises(InvalidInput) as caught:
            call("divide", {"a": [1, 1, 1], "b": [1, None, 0]})
        self.assertEqual((caught.exception.row, caught.exception.column), (2, "b"))
        with self.assertRaises(TransformError) as caught:
            call("broken", {"a": [0, 1, 2]})
        self.assertEqual(caught.exception.row, 2)
        self.assertRegex(caught.exception.message, r"^IndexError: list index out of range \(`test_transforms.py`, line \d+\)$")
        with self.assertRaises(TransformError) as caught:
            call("wrong_type", {"a": [0, 1, 2]})
        self.assertEqual((caught.exception.row, caught.exception.column), (2, "wrong_type"))
        self.assertEqual(caught.exception.message, "`'two'` (str) is no Int64")

    def test_a_stop_iteration_is_an_error_as_any_other(self) -> None:
        for inputs, row in [([0, 1, 2, 0], 2), ([2], 0), ([0, None, 2], 2)]:
            with self.subTest(inputs), self.assertRaises(TransformError) as caught:
                call("first_above", {"a": inputs})
            self.assertEqual(caught.exception.row, row)
            self.assertRegex(caught.exception.message, r"^StopIteration \(`test_transforms.py`, line \d+\)$")
        with self.assertRaisesRegex(TransformError, r"^StopIteration \(`test_transforms.py`, line \d+\)$") as caught:
            Bound(DECLARED["never"], "{}").call(2, Batch([], []))
        self.assertEqual(caught.exception.row, 0)

    def test_leaving_python_is_an_error_too(self) -> None:
        with self.assertRaisesRegex(TransformError, "SystemExit: 5"):
            call("leaves", {"a": [5]})

    def test_a_row_of_lists_without_nulls_is_told_as_the_row_of_the_call(self) -> None:
        for inputs, row in [([None, 1, None, -1], 3), ([1, -1], 1)]:
            with self.subTest(inputs), self.assertRaises(InvalidInput) as caught:
                call("refuses_negative", {"a": inputs})
            self.assertEqual(caught.exception.row, row)

    def test_lists_are_given_without_rows_that_they_dont_take(self) -> None:
        self.assertEqual(call("summed", {"a": [1, None, 3], "b": [1, 2, None]}), {"summed": [2, None, None]})
        self.assertEqual(call("summed", {"a": [None], "b": [1]}), {"summed": [None]})
        self.assertEqual(call("divide", {"a": [1], "b": [2]}), {"ratio": [0.5]})

    def test_dicts_are_given_in_feasts_way(self) -> None:
        self.assertEqual(call("in_feasts_way", {"a": [1, 2], "v__a": [3, None]}), {"doubled": [6, None]})
        self.assertEqual(call("one_at_a_time", {"a": [1, 2]}), {"doubled": [2, 4]})

    def test_parameters_are_keyword_arguments(self) -> None:
        self.assertEqual(call("scaled", {"a": [1.0]}, parameters={"mode": "up", "factor": 3}), {"scaled": [3.0]})
        self.assertEqual(call("scaled", {"a": [1.0]}, parameters={"mode": "up", "more": [1, 2]}), {"scaled": [4.0]})
        for parameters, said in [
            ({}, "the parameter `mode` isn't given"),
            ({"mode": "up", "x": 1}, "no parameter `x`; there is: `factor`, `mode`, `more`"),
            ({"mode": "left"}, "should be one of `up`, `down`"),
            ({"mode": "up", "factor": "a"}, "should be float"),
            ({"mode": "up", "more": ["a"]}, "should be int"),
        ]:
            with self.subTest(parameters), self.assertRaisesRegex(InvalidParameters, said):
                call("scaled", {"a": [1.0]}, parameters=parameters)

    def test_a_list_of_another_length_is_refused(self) -> None:
        with self.assertRaisesRegex(TransformError, "gave 1 values for 2 rows"):
            call("too_short", {"a": [1, 2]})
        with self.assertRaisesRegex(TransformError, "gave a `int` for a column"):
            call("no_list", {"a": [1, 2]})

    def test_declarations_that_cant_be_served_are_refused_at_once(self) -> None:
        def no_hint(a) -> int: ...
        def no_return(a: int): ...
        def any_number(*a: int) -> int: ...
        def not_a_type(a: object) -> int: ...
        def with_default(a: int, k: int = 3) -> int: ...

        for function, said in [
            (no_hint, "argument `a` has no type hint"),
            (no_return, "no hint of what it returns"),
            (any_number, "write an argument for each column"),
            (with_default, r"`k` is a column, which has no default; behind `\*` it is a parameter: `\*, k: int = 3`"),
            (not_a_type, "`a`: `object` is no type of a column"),
        ]:
            with self.subTest(function), self.assertRaisesRegex(TypeError, said):
                transform(function)
        with self.assertRaisesRegex(TypeError, "no option `colums`"):
            transform(colums=True)


if __name__ == "__main__":
    unittest.main()
