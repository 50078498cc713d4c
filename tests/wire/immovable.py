"""Goroutines that cannot move, because of what they hold, by a part of what the refusal says."""

import contextlib
import contextvars
import sys
import threading
from collections.abc import Callable

from tests.wire.movable import SETTING, Main, park, series

STAYS: dict[str, Main] = {}


def stays(text: str) -> Callable[[Main], Main]:
    return lambda fn: STAYS.setdefault(text, fn)


@stays("has_lock (immovable.py:{line}) local 'lock': lock: cannot pickle '_thread.lock' object")
async def has_lock():
    lock = threading.Lock()
    await park("here")  # line
    return lock


@stays("local 'file': TextIOWrapper: cannot pickle 'TextIOWrapper' object: an open file of this process")
async def has_file():
    with open(__file__) as file:
        await park("here")
        return file


@stays("an open file of this process")
async def has_file_iterator():
    with open(__file__, "rb") as lines:
        for line in lines:
            await park(line)


@stays("holds_one (immovable.py:{line}) local 'lock': lock: cannot pickle '_thread.lock' object")
async def has_it_in_a_context_manager():
    @contextlib.contextmanager
    def holds_one():
        lock = threading.Lock()
        with lock:
            yield  # line

    with holds_one():
        await park("here")


@stays("local 'view': memoryview: cannot pickle 'memoryview' object: a view of memory of this process")
async def has_memoryview():
    view = memoryview(b"abc")
    await park("here")
    return view


class Unfit:
    def __reduce__(self):
        raise LookupError("not today")


@stays("local 'unfit': Unfit: not today")
async def has_unfit_object():
    unfit = Unfit()
    await park("here")
    return unfit


@stays("local 'thread': Thread: cannot pickle '_thread.")
async def has_thread():
    thread = threading.Thread(target=print)
    await park("here")
    return thread


@stays("local 'frame': frame: cannot pickle 'frame' object: a frame of this process")
async def has_frame():
    frame = sys._getframe()
    await park("here")
    return frame


@stays("local 'token': Token: cannot pickle")
async def has_token():
    token = SETTING.set(1)
    await park("here")
    SETTING.reset(token)


@stays("local 'elsewhere': ContextVar: <ContextVar name='local'")
async def has_local_context_variable():
    elsewhere = contextvars.ContextVar("local")
    await park("here")
    return elsewhere


@stays("local 'it': dict_keyiterator: dictionary changed size during iteration")
async def has_spoilt_iterator():
    items = {1: 1}
    it = iter(items)
    items[2] = 2
    await park("here")
    return it


@stays("local 'thrown': async_generator_athrow: an athrow() that nobody has awaited yet cannot move")
async def has_athrow():
    thrown = series(1).athrow(KeyError)
    await park("here")
    with contextlib.suppress(KeyError):
        await thrown


@stays("local 'big': bytes: more than 64 MiB (MOVE_BYTES_MAX)")
async def has_too_much():
    big = bytes(100_000_000)
    await park("here")
    return big
