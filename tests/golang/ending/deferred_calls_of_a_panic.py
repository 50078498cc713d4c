"""A panic runs deferred calls from the innermost outwards, and then ends the program."""

from cluster import panic


def inner():
    try:
        panic("oops")
    finally:
        print("inner")


async def main():
    try:
        inner()
        print("never")
    finally:
        print("outer")
