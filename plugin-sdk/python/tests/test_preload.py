"""What functions import is there before they are called."""

import contextlib
import io
import sys
import types
import unittest

from salver_transform._preload import preload

SOURCE = """
def outer(inputs):
    def inner():
        import chunk_of_a_name_that_nobody_has
        from wave import Error
    return inner

class Helper:
    def method(self):
        import colorsys
        from . import sibling
"""


class Preload(unittest.TestCase):
    def test_imports_within_functions_are_done(self) -> None:
        module = types.ModuleType("authors_own")
        exec(SOURCE, module.__dict__)
        sys.modules["authors_own"] = module
        said = io.StringIO()
        try:
            with contextlib.redirect_stderr(said):
                preload()
        finally:
            del sys.modules["authors_own"]
        self.assertIn("a function of `authors_own` can't import `chunk_of_a_name_that_nobody_has`", said.getvalue())
        self.assertIn("wave", sys.modules)
        self.assertIn("colorsys", sys.modules)


if __name__ == "__main__":
    unittest.main()
