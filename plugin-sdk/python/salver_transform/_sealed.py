"""What a component doesn't have: files, a clock, randomness, modules that aren't packed.

Each of them would end the instance, for there is nothing behind the functions of Python that ask for them. So they raise
what Python has for such a case, and the author reads the row and the line.
"""

from __future__ import annotations

import builtins
import gc
import importlib.machinery
import io
import logging
import os
import random
import sys
import time
import traceback
import uuid
import warnings
from collections.abc import Callable
from datetime import date, datetime
from typing import Any, NoReturn

from ._log import LogHandler, LogStream

_NO_CLOCK = "a plugin has no clock; take the time as an input column"
_NO_FILES = "a plugin has no files; what it reads belongs into a module, or is read at the top of `plugin.py`, when it is built"
_NO_RANDOMNESS = "a plugin has no source of randomness; `random.Random(seed)` needs none, with a seed of an input column"
_NO_NETWORK = "a plugin has no network"
_CLOCKS = ("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "sleep")
_MORE_CLOCKS = ("process_time", "process_time_ns", "thread_time", "thread_time_ns", "clock_gettime", "clock_gettime_ns")
#: By how many arguments they take where they are told the time.
_OF_A_TIME = {"localtime": 1, "gmtime": 1, "ctime": 1, "asctime": 1, "strftime": 2}
#: Functions of the system that ask the system for nothing.
_HARMLESS = frozenset(("fspath", "strerror", "register_at_fork", "putenv", "unsetenv", "get_terminal_size", "cpu_count"))


def warm_up() -> None:
    """Has Python import what it imports when it first needs it, while there are files."""
    datetime.strptime("2026-01-01", "%Y-%m-%d").astimezone()
    uuid.uuid5(uuid.NAMESPACE_DNS, "")
    time.strftime("%c", time.localtime(0))
    try:
        raise ValueError
    except ValueError:
        traceback.format_exc()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.warn("nothing", stacklevel=1)
    warnings.formatwarning("nothing", UserWarning, __file__, 1)


def seal_off() -> None:
    """From here on, what isn't there is told by an exception."""
    replaced: dict[int, Any] = {}
    _seal_clock(replaced)
    _seal_files(replaced)
    _seal_randomness(replaced)
    _seal_network(replaced)
    _seal_zones()
    _replace(replaced)
    _seal_streams()
    _seal_logging()
    sys.meta_path[:] = [importlib.machinery.BuiltinImporter, importlib.machinery.FrozenImporter, _NotPacked]


def _raising(kind: type[Exception], text: str) -> Callable:
    def missing(*_: object, **__: object) -> NoReturn:
        raise kind(text)

    return missing


def _seal_clock(replaced: dict[int, Any]) -> None:
    no_clock = _raising(RuntimeError, _NO_CLOCK)
    for name in (*_CLOCKS, *_MORE_CLOCKS):
        if hasattr(time, name):
            replaced[id(getattr(time, name))] = no_clock
    for name, told in _OF_A_TIME.items():
        replaced[id(getattr(time, name))] = _told_the_time(getattr(time, name), told)
    for kind, names in ((datetime, ("now", "utcnow", "today")), (date, ("today",))):
        # The types are Python's own and can't be written to, except for the dict that they look into.
        members = gc.get_referents(kind.__dict__)[0]
        for name in names:
            members[name] = classmethod(no_clock)


def _told_the_time(function: Callable, told: int) -> Callable:
    def with_time(*given: Any) -> Any:
        if len(given) < told or given[told - 1] is None:
            raise RuntimeError(_NO_CLOCK)
        return function(*given)

    return with_time


def _seal_files(replaced: dict[int, Any]) -> None:
    no_files = _raising(PermissionError, _NO_FILES)
    system = sys.modules[os.name if os.name in sys.modules else "posix"]
    for name, value in vars(system).items():
        if isinstance(value, type(len)) and not name.startswith(("_", "W")) and name not in _HARMLESS:
            replaced[id(value)] = no_files
    replaced[id(os.urandom)] = _raising(NotImplementedError, _NO_RANDOMNESS)
    for value in (builtins.open, io.open_code, io.FileIO):
        replaced[id(value)] = no_files


def _seal_randomness(replaced: dict[int, Any]) -> None:
    """`Random()` asks the system for a seed, and `Random(seed)` doesn't."""
    seed = random.Random.seed

    def with_seed(self: random.Random, a: Any = None, version: int = 2) -> None:
        if a is None:
            raise NotImplementedError(_NO_RANDOMNESS)
        seed(self, a, version)

    random.Random.seed = with_seed  # type: ignore[method-assign]
    replaced[id(random.seed)] = random.seed = random._inst.seed  # type: ignore[attr-defined]


def _seal_network(replaced: dict[int, Any]) -> None:
    if "_socket" not in sys.modules or "socket" not in sys.modules:
        return
    no_network = _raising(OSError, _NO_NETWORK)
    for name, value in vars(sys.modules["_socket"]).items():
        if isinstance(value, type(len)) and not name.startswith(("hto", "nto", "inet_", "CMSG_", "get", "set")):
            replaced[id(value)] = no_network
    for name in ("getaddrinfo", "gethostbyname", "gethostbyaddr", "gethostname", "getnameinfo"):
        replaced[id(getattr(sys.modules["socket"], name, None))] = no_network
    replaced.pop(id(None), None)
    sys.modules["socket"].socket.__init__ = no_network


def _seal_zones() -> None:
    """`zoneinfo` would look for a package with their table."""
    common = sys.modules.get("zoneinfo._common")
    if common is not None:
        no_zones = common.ZoneInfoNotFoundError  # type: ignore[attr-defined]
        common.load_tzdata = _raising(no_zones, "a plugin has no table of time zones")  # type: ignore[attr-defined]


def _replace(replaced: dict[int, Any]) -> None:
    """Wherever a module names one of them: `from time import time` makes a name of its own."""
    for module in list(sys.modules.values()):
        names = getattr(module, "__dict__", None)
        if names is None or names is globals():
            continue
        for name, value in list(names.items()):
            if id(value) in replaced:
                names[name] = replaced[id(value)]


def _seal_streams() -> None:
    old = (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__)
    sys.stdout = sys.__stdout__ = LogStream("INFO")  # type: ignore[assignment,misc]
    sys.stderr = sys.__stderr__ = LogStream("WARN")  # type: ignore[assignment,misc]
    sys.stdin = sys.__stdin__ = None  # type: ignore[assignment,misc]
    for reference in logging._handlerList:  # type: ignore[attr-defined]
        handler = reference()
        if isinstance(handler, logging.StreamHandler) and handler.stream in old:
            handler.stream = sys.stderr


class _Clock:
    """What `logging` takes for the module `time`: a line of the gateway's log has its own time."""

    def __getattr__(self, name: str) -> Any:
        return (lambda: 0) if name in _CLOCKS else getattr(time, name)


def _seal_logging() -> None:
    logging.time = _Clock()  # type: ignore[attr-defined]
    logging.logProcesses = logging.logThreads = logging.logMultiprocessing = logging.logAsyncioTasks = False
    if not logging.root.handlers:
        logging.root.addHandler(LogHandler())


class _NotPacked:
    """The last finder of modules."""

    @staticmethod
    def find_spec(name: str, *_: object) -> NoReturn:
        text = f"module `{name}` isn't in the plugin: import it at the top of plugin.py so that it is packed"
        raise ModuleNotFoundError(text, name=name)
