"""Functions of Feast's on-demand views are called as Feast calls them."""

import unittest
from typing import Any

from salver_transform import Float32
from salver_transform.feast import serve
from salver_transform.testing import call


def of_lists(inputs: dict[str, Any]) -> dict[str, Any]:
    return {
        "short": [None if x is None else x + y for x, y in zip(inputs["rate"], inputs["by"])],
        "full": (x for x in inputs["stats__rate"]),
        "text": inputs["by"],
        "more": [],
    }


def of_one_row(inputs: dict[str, Any]) -> dict[str, Any]:
    return {"sum": inputs["rate"] + inputs["stats__rate"]}


def forgets(inputs: dict[str, Any]) -> dict[str, Any]:
    return {"more": inputs["by"]}


INPUTS = {"rate": Float32 | None, "by": int | None}
ALSO = {"rate": ["stats__rate"]}
serve(of_lists, name="of_lists", inputs=INPUTS, outputs={"short": float, "full": int, "text": str}, also=ALSO)
serve(of_one_row, name="of_one_row", inputs={"rate": Float32 | None}, outputs={"sum": float}, also=ALSO, singleton=True)

FORGOTTEN = {"nothing": int, "rate": float}
serve(forgets, name="forgets", inputs=INPUTS, outputs=FORGOTTEN)
serve(forgets, name="forgets_of_one", inputs=INPUTS, outputs=FORGOTTEN, singleton=True)


class Feast(unittest.TestCase):
    def test_lists_go_in_under_both_names_and_come_out_as_declared(self) -> None:
        got = call("of_lists", {"rate": [1.5, None], "by": [2, 3]})
        self.assertEqual(got, {"short": [3.5, None], "full": [1, None], "text": ["2", "3"]})

    def test_an_output_that_is_not_returned_is_the_input_of_its_name_or_null(self) -> None:
        for name in ("forgets", "forgets_of_one"):
            got = call(name, {"rate": [1.5, None], "by": [2, 3]})
            self.assertEqual(got, {"nothing": [None, None], "rate": [1.5, None]})

    def test_a_singleton_takes_one_row_at_a_time(self) -> None:
        self.assertEqual(call("of_one_row", {"rate": [1.5, 2.5]}), {"sum": [3.0, 5.0]})


if __name__ == "__main__":
    unittest.main()
