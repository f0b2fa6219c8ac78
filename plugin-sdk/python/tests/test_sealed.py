"""What a component doesn't have is told by an exception. Sealing changes the whole of Python: each case is a process."""

import subprocess
import sys
import unittest
from pathlib import Path

SEALED = """
import salver_transform._bound
from salver_transform._log import LogStream
from salver_transform._sealed import seal_off, warm_up
import contextlib, datetime, json, logging, os, random, sys, time, traceback, uuid, warnings, zoneinfo
from time import time as from_time
out = sys.stdout
warm_up(); seal_off()
lines = []
LogStream.write = lambda self, text: lines.append(self._level + " " + text)
salver_transform._log._write = lambda level, message, fields: lines.append(f"{level} {message} {fields}")
try:
    print(eval(sys.argv[1]), *lines, file=out)
except Exception as error:
    print(f"{type(error).__name__}: {error}", file=out)
"""


def sealed(expression: str) -> str:
    root = Path(__file__).parent.parent
    run = subprocess.run([sys.executable, "-c", SEALED, expression], cwd=root, capture_output=True, text=True, check=True)
    return run.stdout.strip()


class Sealed(unittest.TestCase):
    def test_what_isnt_there_raises(self) -> None:
        for said, expressions in {
            "RuntimeError: a plugin has no clock": [
                "time.time()",
                "from_time()",
                "datetime.datetime.now(datetime.timezone.utc)",
                "datetime.datetime.utcnow()",
                "datetime.date.today()",
                "time.strftime('%Y')",
                "time.gmtime()",
            ],
            "PermissionError: a plugin has no files": ["open('x')", "os.listdir('/')", "os.stat('/')", "os.getcwd()"],
            "NotImplementedError: a plugin has no source of randomness": [
                "uuid.uuid4()",
                "os.urandom(4)",
                "random.Random()",
                "random.SystemRandom().random()",
            ],
            "ModuleNotFoundError: module `wave` isn't in the plugin: import it at the top of plugin.py": ["__import__('wave')"],
            "ZoneInfoNotFoundError: 'a plugin has no table of time zones'": ["zoneinfo.ZoneInfo('Europe/Berlin')"],
            "RuntimeError: ": ["input()"],
        }.items():
            for expression in expressions:
                with self.subTest(expression):
                    self.assertIn(said, sealed(expression))

    def test_what_needs_none_of_it_works(self) -> None:
        for expression, value in [
            ("datetime.datetime.strptime('2026-03-01', '%Y-%m-%d').year", "2026"),
            ("time.strftime('%Y', time.gmtime(0))", "1970"),
            ("random.Random(5).random() == random.Random(5).random()", "True"),
            ("random.seed(5)", "None"),
            ("uuid.uuid5(uuid.NAMESPACE_DNS, 'a').version", "5"),
            ("os.path.join('a', 'b')", "a/b"),
            ("os.path.exists('/')", "False"),
            ("traceback.format_exception(ValueError('x'))", "['ValueError: x\\n']"),
        ]:
            with self.subTest(expression):
                self.assertEqual(sealed(expression), value)

    def test_warnings_and_logging_are_lines_of_the_log(self) -> None:
        self.assertEqual(sealed("logging.getLogger('a').warning('b %s', 1)"), "None WARN b 1 {'logger': 'a'}")
        self.assertRegex(sealed("warnings.warn('careful')"), "^None WARN .*UserWarning: careful")


if __name__ == "__main__":
    unittest.main()
