"""Deferred calls run in the reverse order when a function returns."""

import contextlib


def f():
    with contextlib.ExitStack() as deferred:
        deferred.callback(print, "first")
        deferred.callback(print, "second")
        print("body")


async def main():
    f()
    print("main")
