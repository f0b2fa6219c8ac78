import unittest

from plugin import PLUGIN_NAME
from salver_transform.testing import call


class Test(unittest.TestCase):
    def test_the_number_is_added(self) -> None:
        self.assertEqual(PLUGIN_NAME(0.5, 1), 1.5)

    def test_columns_are_computed_as_the_gateway_does_it(self) -> None:
        got = call("PLUGIN_NAME", {"conv_rate": [0.5, None, 0.5], "val_to_add": [1, 2, None]})
        self.assertEqual(got, {"conv_rate_plus_val": [1.5, None, None]})


if __name__ == "__main__":
    unittest.main()
