"""Calls deferred in a loop run in the reverse order, with the arguments that they had then."""

import contextlib


async def main():
    with contextlib.ExitStack() as deferred:
        for i in range(10):
            deferred.callback(print, i)
