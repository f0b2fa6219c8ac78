"""Every kind of column goes through its records and comes back."""

import unittest
import uuid
from dataclasses import dataclass
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any, NamedTuple, TypedDict

from salver_transform import (
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
from salver_transform import _wire as wire
from salver_transform._hints import read

ID = uuid.UUID("6f3d1f6e-7a0e-4c57-9f0e-0d4a3f1b2c3d")
NOON = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)


class Place(TypedDict):
    name: str
    at: list[float]


@dataclass
class Pair:
    left: int
    right: str | None


class Named(NamedTuple):
    it: bool


CASES: list[tuple[Any, str, list]] = [
    (bool, "Bool", [True, None, False]),
    (int, "Int64", [1, None, -(2**63)]),
    (Int32, "Int32", [1, None, -(2**31)]),
    (float, "Float64", [0.5, None, float("inf")]),
    (Float32, "Float32", [0.5, None]),
    (str, "String", ["", None, "é", "日本"]),
    (bytes, "Bytes", [b"\xff\x00", None, b""]),
    (PdfBytes, "PdfBytes", [b"%PDF"]),
    (ImageBytes, "ImageBytes", [b"GIF"]),
    (datetime, "UnixTimestamp", [NOON, None]),
    (UnixSeconds, "UnixTimestamp", [-1, None]),
    (ZonedTimestamp, "ZonedTimestamp", [ZonedTimestamp(5, "Europe/Berlin"), None]),
    (Json, "Json", [{"a": [1, None]}, None, 5]),
    (JsonText, "Json", ['{"a": 1}', None]),
    (uuid.UUID, "Uuid", [ID, None]),
    (TimeUuid, "TimeUuid", [ID]),
    (Decimal, "Decimal", [Decimal("1.10"), None]),
    (list[int], "Array(Int64)", [[1, 2], None, []]),
    (list[str], "Array(String)", [["a", "é"], None, []]),
    (list[list[Float32]], "Array(Array(Float32))", [[[0.5], []], None, [[1.5, 2.5]]]),
    (set[str], "Set(String)", [{"b", "a"}, None, set()]),
    (list[Place], "Array(Struct({name: String, at: Array(Float64)}))", [[{"name": "x", "at": [1.0]}], []]),
    (Place, "Struct({name: String, at: Array(Float64)})", [{"name": "x", "at": [1.0]}, None]),
    (Pair, "Struct({left: Int64, right: String})", [Pair(1, None), None, Pair(2, "b")]),
    (Named, "Struct({it: Bool})", [Named(True), None]),
    (list, "ValueList", [[1, "a", None, [2.5], {"b": 1}], None, []]),
    (set, "ValueSet", [{1}, None]),
    (dict, "Map", [{"a": 1, "b": [1, 2], "c": None, "d": {"e": b"f", "g": NOON, "h": ID}}, None, {}]),
    (dict[str, float], "Map", [{"a": 0.5}]),
    (dict[int, Any], "ScalarMap", [{1: "a", 2: None}, None]),
    (ScalarMap, "ScalarMap", [{True: 1}]),
    (list[dict], "Array(Map)", [[{"a": 1}, {}], None]),
]


class Kinds(unittest.TestCase):
    def test_values_come_back_as_they_went(self) -> None:
        for hint, data_type, values in CASES:
            for some in (values, [], [None, None]):
                with self.subTest(data_type, values=some):
                    codec = read(hint).codec
                    self.assertEqual(codec.data_type, data_type)
                    children: list = []
                    array = codec.encode(some, children)
                    self.assertEqual(array.validity is None, None not in some)
                    self.assertNotIn(None, children)
                    self.assertEqual(codec.decode(array, children), some)

    def test_a_child_comes_after_the_array_that_refers_to_it(self) -> None:
        children: list = []
        array = read(list[list[int]]).codec.encode([[[1], [2, 3]], []], children)
        self.assertEqual(array.values.value.elements, 0)
        self.assertEqual(children[0].values.value.elements, 1)
        self.assertEqual(children[1], wire.Array(None, wire.Values_Int64([1, 2, 3])))

    def test_sets_are_in_the_order_of_their_elements(self) -> None:
        children: list = []
        read(set[str]).codec.encode([{"c", "a", "b"}], children)
        self.assertEqual(children[0].values.value.data, b"abc")

    def test_what_is_of_another_type_is_refused(self) -> None:
        for hint, value in [
            (int, 1.5),
            (int, 2**63),
            (Int32, 2**31),
            (float, "1"),
            (bool, 1),
            (str, b"a"),
            (str, "\ud800"),
            (bytes, "a"),
            (datetime, 1),
            (Decimal, 0.5),
            (Json, float("nan")),
            (list[int], (x for x in [1])),
            (list[int], [None]),
            (list[int], "12"),
            (set[int], [1]),
            (dict, {1: 2}),
            (dict[int, int], {"a": 2}),
            (dict[int, int], {1: 2, b"a": 3}),
            (Place, {"name": "x"}),
            (list, [object()]),
        ]:
            with self.subTest(hint=hint, value=value), self.assertRaises((TypeError, ValueError, OverflowError)):
                read(hint).codec.encode([value, None], [])

    def test_what_no_other_side_could_read_is_refused(self) -> None:
        deep: list = []
        for _ in range(100_000):
            deep = [deep]
        for hint, value, said in [
            (Decimal, True, "`True` .bool. is no Decimal"),
            (Decimal, Decimal("sNaN123"), "is no Decimal"),
            (Decimal, Decimal("-NaN"), "is no Decimal"),
            (JsonText, "{nope", "`'{nope'` .str. is no JSON document: Expecting property name"),
            (JsonText, "[NaN]", "JSON has no `NaN`"),
            (Json, [float("nan")], "not JSON compliant"),
            (Json, deep, "nested too deeply"),
            (Json, "\ud800", "surrogates not allowed"),
            (str, "\ud800", "surrogates not allowed"),
            (Float32, 1e300, "`1e.300` .float. is no Float32"),
            (Float32, -1e300, "is no Float32"),
            (list[Float32], [1e39], "is no Float32"),
        ]:
            for values in ([value], [None, value]):
                with self.subTest(hint=hint), self.assertRaisesRegex((TypeError, ValueError, OverflowError), said):
                    read(hint).codec.encode(values, [])

    def test_what_is_infinite_stays_so(self) -> None:
        inf = float("inf")
        for values in ([inf, -inf, 3.4e38], [None, inf]):
            array = read(Float32).codec.encode(values, [])
            self.assertEqual(list(array.values.value)[-1], values[-1])
        for value in (Decimal("Infinity"), Decimal("NaN"), 5):
            read(Decimal).codec.encode([value], [])

    def test_the_document_null_is_none_and_text_keeps_it(self) -> None:
        documents = read(JsonText).codec.encode(["null", None], [])
        self.assertEqual(read(JsonText).codec.decode(documents, []), ["null", None])
        self.assertEqual(read(Json).codec.decode(documents, []), [None, None])
        self.assertEqual(read(Json).codec.encode([None], []).validity, b"\0")

    def test_hints_of_no_column_are_refused(self) -> None:
        for hint in [object, int | str, list[int | None], None, complex, "int"]:
            with self.subTest(hint=hint), self.assertRaises(TypeError):
                read(hint)


if __name__ == "__main__":
    unittest.main()
