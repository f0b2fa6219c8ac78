"""The gateway's log: `log.info("nothing to add", driver=1001)`. Outside of a component: stderr."""

from __future__ import annotations

import logging
import sys

try:
    from wit_world.imports import log as _host  # type: ignore[import-not-found]
except ImportError:
    _host = None


def debug(message: str, **fields: object) -> None:
    """A line for whoever looks for a fault."""
    _write("DEBUG", message, fields)


def info(message: str, **fields: object) -> None:
    """A line that says what goes on."""
    _write("INFO", message, fields)


def warn(message: str, **fields: object) -> None:
    """A line about something that should be looked at."""
    _write("WARN", message, fields)


def error(message: str, **fields: object) -> None:
    """A line about something that went wrong."""
    _write("ERROR", message, fields)


def _write(level: str, message: str, fields: dict[str, object]) -> None:
    texts = [(name, str(value)) for name, value in fields.items()]
    if _host is None:
        rest = "".join(f" {name}={value}" for name, value in texts)
        print(f"{level} {message}{rest}", file=sys.stderr)
    else:
        _host.log(_host.Level[level], str(message), texts)


class LogStream:
    """What `print` writes to inside of a component: a line is a line of the log."""

    encoding = "utf-8"

    def __init__(self, level: str) -> None:
        self._level = level
        self._rest = ""

    def write(self, text: str) -> int:
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            if line:
                _write(self._level, line, {})
        return len(text)

    def flush(self) -> None:
        """Lines are written when they end."""

    def isatty(self) -> bool:
        return False


class LogHandler(logging.Handler):
    """What Python's `logging` writes to inside of a component: the logger's name is a field of the line."""

    def emit(self, record: logging.LogRecord) -> None:
        levels = [(logging.ERROR, "ERROR"), (logging.WARNING, "WARN"), (logging.INFO, "INFO")]
        level = next((name for least, name in levels if record.levelno >= least), "DEBUG")
        _write(level, self.format(record), {"logger": record.name})
